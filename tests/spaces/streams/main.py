"""WebSockets, an endless stream of events, mounted applications."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.staticfiles import StaticFiles
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

app = FastAPI()
admin = FastAPI()


@app.get("/", response_class=HTMLResponse)
def front_page() -> str:
    return "<script src='/static/app.js'></script>"


@app.get("/events")
async def events() -> StreamingResponse:
    async def stream() -> AsyncIterator[str]:
        number = 0
        while True:
            yield f"data: {number}\n\n"
            number += 1
            await asyncio.sleep(1)

    return StreamingResponse(stream(), media_type="text/event-stream")


@app.websocket("/echo")
async def echo(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/rooms/{room_id}")
async def room(socket: WebSocket, room_id: int) -> None:
    if room_id > 100:
        await socket.close()
        return
    await socket.accept()
    await socket.send_json({"room": room_id})
    await socket.close()


@admin.get("/status")
def status() -> dict[str, str]:
    return {"status": "fine"}


async def plain(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain")


app.mount("/admin", admin)
app.mount("/legacy", Starlette(routes=[Route("/plain", plain)]))
app.mount("/static", StaticFiles(directory="static"), name="static")
