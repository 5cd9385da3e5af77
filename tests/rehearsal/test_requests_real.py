"""The planner against real frameworks: every request that a schema can promise is accepted."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import httpx
import pytest

from pytest_hfspace.rehearsal.facts import Route
from pytest_hfspace.rehearsal.requests import Override, Planned, RequestPlanner

with warnings.catch_warnings():
    # The oldest Starlette imports multipart under the name that it had.
    warnings.simplefilter("ignore", PendingDeprecationWarning)
    from .hardapp import BEARER_ROUTES, UNKNOWABLE, build

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def routes_of(document: dict[str, Any]) -> list[Route]:
    return [
        Route(method=method.upper(), path=path, operation=operation, index=at)
        for at, (path, item) in enumerate(document["paths"].items())
        for method, operation in item.items()
        if method in METHODS
    ]


def send(app: Any, planner: RequestPlanner) -> dict[tuple[str, str], tuple[int, str]]:
    """Visit every route as a rehearsal does: (label, kind) → (status, body)."""
    answers: dict[tuple[str, str], tuple[int, str]] = {}

    async def ask(client: httpx.AsyncClient, planned: Planned) -> httpx.Response:
        request = planned.request
        return await client.request(
            request.method, request.path, headers=list(request.headers), content=request.body
        )

    async def visit() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://owner-name.hf.space") as client:
            for route in planner.order():
                for planned in planner.plan(route):
                    answer = await ask(client, planned)
                    planner.learn(planned, answer.status_code, answer.content)
                    again = planner.retry(planned, answer.status_code, answer.content)
                    if again is not None:
                        answer = await ask(client, again)
                        planner.learn(again, answer.status_code, answer.content)
                        assert planner.retry(again, 422, answer.content) is None
                    answers[route.label, planned.kind] = answer.status_code, answer.text

    asyncio.run(visit())
    return answers


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = build().openapi()
    return found


@pytest.fixture(scope="module")
def answers(document: dict[str, Any]) -> dict[tuple[str, str], tuple[int, str]]:
    planner = RequestPlanner(
        routes_of(document), document, {"Authorization": "Bearer good-token", "X-Api-Key": "k"}, {}
    )
    return send(build(), planner)


def test_it_is_a_hard_app(document: dict[str, Any]) -> None:
    assert len(routes_of(document)) >= 50


def test_every_valid_request_is_accepted(answers: dict[tuple[str, str], tuple[int, str]]) -> None:
    refused = {
        label: answer
        for (label, kind), answer in answers.items()
        if kind == "valid" and not 200 <= answer[0] < 300
    }
    assert refused.keys() == UNKNOWABLE, json.dumps(refused, indent=1)


def test_a_body_that_is_none_is_refused_and_not_fatal(
    answers: dict[tuple[str, str], tuple[int, str]],
) -> None:
    statuses = {answer[0] for (_, kind), answer in answers.items() if kind == "malformed body"}
    assert statuses <= {200, 201, 400, 422}
    assert {400, 422} & statuses


def test_routes_with_a_token_refuse_the_wrong_one(answers: dict[tuple[str, str], tuple[int, str]]) -> None:
    wrong = {label: answer[0] for (label, kind), answer in answers.items() if kind == "wrong token"}
    assert wrong == dict.fromkeys(BEARER_ROUTES, 401)


def test_two_planners_send_the_same_bytes_in_the_same_order(document: dict[str, Any]) -> None:
    def planned() -> list[Planned]:
        planner = RequestPlanner(routes_of(document), document, {}, {})
        return [one for route in planner.order() for one in planner.plan(route)]

    assert planned() == planned()


def test_the_order_of_planning_does_not_change_a_request(document: dict[str, Any]) -> None:
    routes = routes_of(document)
    forwards = RequestPlanner(routes, document, {}, {})
    backwards = RequestPlanner(routes, document, {}, {})
    one = {route.label: forwards.plan(route) for route in routes}
    other = {route.label: backwards.plan(route) for route in reversed(routes)}
    assert one == other


def test_without_credentials_the_guarded_routes_are_the_only_difference(
    document: dict[str, Any], answers: dict[tuple[str, str], tuple[int, str]]
) -> None:
    bare = send(build(), RequestPlanner(routes_of(document), document, {}, {}))
    differing = {
        label
        for label, kind in answers
        if kind == "valid" and bare[label, kind][0] != answers[label, kind][0]
    }
    assert differing == BEARER_ROUTES | {"GET /auth/key"}


def test_the_hook_makes_the_unknowable_known(document: dict[str, Any]) -> None:
    overrides = {
        "POST /unknowable/range": Override(json={"left": 1, "right": 2}),
        "GET /unknowable/even": Override(params={"number": 2}),
    }
    answers = send(build(), RequestPlanner(routes_of(document), document, {}, overrides))
    for label in overrides:
        assert answers[label, "valid"][0] == 200, answers[label, "valid"]


def test_each_schema_is_worked_out_once(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Speed by counting: a second plan of everything makes few new values and reads no operation."""
    from pytest_hfspace.rehearsal import requests
    from pytest_hfspace.rehearsal.requests import values

    counts = {"make": 0, "read": 0}
    make, read = values.Values._make, requests.read

    def counted_make(self: Any, *arguments: Any) -> Any:
        counts["make"] += 1
        return make(self, *arguments)

    def counted_read(*arguments: Any) -> Any:
        counts["read"] += 1
        return read(*arguments)

    monkeypatch.setattr(values.Values, "_make", counted_make)
    monkeypatch.setattr(requests, "read", counted_read)
    routes = routes_of(document)
    planner = RequestPlanner(routes, document, {}, {})
    for route in routes:
        planner.plan(route)
    first = dict(counts)
    for route in routes:
        planner.plan(route)
    assert first["read"] == counts["read"] == len(routes)
    assert first["make"] < 6 * len(routes)
    assert counts["make"] - first["make"] < first["make"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the newest has another name for header parameters
def test_litestar() -> None:
    pytest.importorskip("litestar")
    from .litestarapp import build_litestar

    app = build_litestar()
    document = app.openapi_schema.to_schema()
    routes = routes_of(json.loads(json.dumps(document, default=str)))
    assert len(routes) >= 8
    answers = send(app, RequestPlanner(routes, document, {}, {}))
    refused = {
        label: answer
        for (label, kind), answer in answers.items()
        if kind == "valid" and not 200 <= answer[0] < 300
    }
    assert refused == {}
