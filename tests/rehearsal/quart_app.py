"""A Quart app with one of each kind of rule."""

from __future__ import annotations

from pathlib import Path

from quart import Blueprint, Quart, websocket
from quart.views import MethodView


class View(MethodView):
    async def get(self) -> str:
        return "ok"


def make(directory: Path) -> Quart:
    app = Quart(__name__, root_path=str(directory))

    @app.route("/items/<int:item_id>", methods=["GET", "POST"])
    async def item(item_id: int) -> str:
        return str(item_id)

    @app.route("/files/<path:rest>")
    async def file(rest: str) -> str:
        return rest

    @app.route("/any/<any(a, b):kind>")
    async def either(kind: str) -> str:
        return kind

    @app.websocket("/ws")
    async def talk() -> None:
        await websocket.accept()

    app.add_url_rule("/view", view_func=View.as_view("view"))
    blue = Blueprint("blue", __name__, url_prefix="/blue")

    @blue.route("/a")
    async def inner() -> str:
        return "ok"

    app.register_blueprint(blue)
    return app
