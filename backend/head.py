"""HEAD, of whatever can be got: monitors and the proxies of badges ask so."""

from __future__ import annotations

import anyio
from starlette.datastructures import MutableHeaders

from .limit import App, Message, Receive, Send


class Head:
    """ASGI middleware: answers HEAD as GET, without the body."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass the request on, a HEAD as a GET that ends when the headers of its answer are known."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["method"] != "HEAD":
            await self.app(scope, receive, _allowing(send))
            return
        with anyio.CancelScope() as answered:

            async def begin(message: Message) -> None:
                if message["type"] == "http.response.start":
                    await _allowing(send)(message)
                    await send({"type": "http.response.body", "body": b""})
                    # A stream of events would go on, for nobody.
                    answered.cancel()

            await self.app({**scope, "method": "GET"}, receive, begin)


def _allowing(send: Send) -> Send:
    async def allowing(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 405:
            headers = MutableHeaders(scope=message)
            if "GET" in headers.get("allow", ""):
                headers["allow"] += ", HEAD"
        await send(message)

    return allowing
