"""No OpenAPI, no FastAPI."""

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket


async def home(_request: Request) -> Response:
    return HTMLResponse("<h1>Starlette</h1>")


class Notes(HTTPEndpoint):
    async def get(self, _request: Request) -> Response:
        return JSONResponse([])

    async def post(self, request: Request) -> Response:
        body = await request.body()
        return JSONResponse({"bytes": len(body)}, status_code=201)


async def note(request: Request) -> Response:
    return JSONResponse({"id": request.path_params["note_id"]})


async def clock(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("tick")
    await socket.close()


app = Starlette(
    routes=[
        Route("/", home),
        Mount("/api", routes=[Route("/notes", Notes), Route("/notes/{note_id:int}", note)]),
        WebSocketRoute("/clock", clock),
    ]
)
