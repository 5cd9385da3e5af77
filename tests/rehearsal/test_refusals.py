"""Requests that are refused for whom they come from, or go to: they are made once more otherwise."""

from __future__ import annotations

from pathlib import Path

from .rehearse import Case, routes, side_by_side

HOST = """
async def odd(request):
    host = request.headers["host"]
    return PlainTextResponse(host, {status} if host.endswith(".hf.space") else 406)
"""
LIMIT = """
from collections import Counter
seen = Counter()
class Limit:
    def __init__(self, app):
        self.app = app
    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            seen[{who}] += 1
            if seen[{who}] > 2:
                return await PlainTextResponse("slow down", 429)(scope, receive, send)
        await self.app(scope, receive, send)
odd = fine
"""
BY_VISITOR = "dict(scope['headers'])[b'x-forwarded-for']"


def limited(who: str) -> Case:
    case = routes(LIMIT.format(who=who))
    code = case.code.replace("])", "], middleware=[Middleware(Limit)])")
    return Case("from starlette.middleware import Middleware\n" + code)


def test_what_is_refused_is_asked_otherwise(tmp_path: Path) -> None:
    cases = {str(status): routes(HOST.format(status=status)) for status in (200, 404, 421)}
    cases |= {"visitor": limited(BY_VISITOR), "everybody": limited("''")}
    seen = side_by_side(tmp_path, cases)

    compared = {name: [v for v in each.visits if v.route == "CONTROL"] for name, each in seen.items()}
    (control,) = compared.pop("421")
    assert (control.request.path, control.status) == ("/odd", 406)
    assert not any(compared.values())

    of_routes = {name: {v.status for v in seen[name].visits if v.kind == "valid"} for name in cases}
    assert (of_routes["visitor"], 429 in of_routes["everybody"]) == ({200}, True)
