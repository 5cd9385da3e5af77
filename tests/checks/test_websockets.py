"""HFS321: the library that uvicorn speaks WebSocket with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.build.dependencies import (
    websocket_library,
)

from .factories import (
    make_command,
    make_listener,
    make_rehearsal,
    make_requirements,
    make_route,
    make_site,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

CHAT = make_route("WS", "/chat", kind="websocket")
WITH_CHAT = make_rehearsal(routes=(make_route(), CHAT))


@pytest.mark.parametrize(
    ("words", "requirements"),
    [
        ("uvicorn main:app", "uvicorn[standard]"),
        ("uvicorn main:app", "uvicorn\nwebsockets"),
        ("uvicorn main:app --ws wsproto", "uvicorn\nwsproto"),
        ("fastapi run main.py", "fastapi[standard]"),
        ("gunicorn main:app -k uvicorn.workers.UvicornWorker", "uvicorn\nwsproto"),
        ("python main.py", "uvicorn\nwebsockets"),
    ],
)
def test_servers_with_a_websocket_library(words, requirements):
    space = make_space(command=make_command(words), requirements=f"{requirements}\n")

    assert outcome(websocket_library, space, WITH_CHAT).outcome == "passed"


@pytest.mark.parametrize(
    ("words", "listener"),
    [
        ("hypercorn main:app", "hypercorn"),
        ("granian main:app", "granian"),
        ("daphne main:app", "daphne"),
        ("gunicorn main:app -k aiohttp.GunicornWebWorker", "gunicorn"),
        ("python main.py", "hypercorn"),
    ],
)
def test_servers_that_bring_their_own(words, listener):
    space = make_space(command=make_command(words), requirements="fastapi\n")
    rehearsal = replace(WITH_CHAT, listener=make_listener(server=listener))

    result = outcome(websocket_library, space, rehearsal)

    assert (result.outcome, result.applicable) == ("skipped", False)
    assert result.reason == f"{listener} brings its own WebSocket protocol"


@pytest.mark.parametrize("routes", [(make_route(),), (replace(CHAT, own=False),)])
def test_an_app_without_websockets(routes):
    result = outcome(websocket_library, make_space(), make_rehearsal(routes=routes))

    assert (result.reason, result.applicable) == ("the app has no WebSocket routes", False)


@pytest.mark.parametrize("words", ["uvicorn main:app", "python main.py", "uvicorn main:app --ws auto"])
def test_uvicorn_without_a_websocket_library(words):
    finding = only_finding(websocket_library, make_space(command=make_command(words)), WITH_CHAT)

    assert (finding.level, finding.path, finding.line) == ("error", "requirements.txt", 2)
    assert finding.message == (
        "WS /chat is a WebSocket route, and no declared package brings websockets or wsproto"
    )
    assert finding.hint == "write uvicorn[standard]>=0.30,<1"
    assert "404" in finding.consequence
    assert "No supported WebSocket library detected." in finding.consequence


def test_uvicorn_that_comes_with_another(tmp_path):
    site = make_site(tmp_path, ("toolbox 1.0", ("uvicorn",)), ("uvicorn 0.54",))
    space = make_space(requirements="toolbox\n")

    finding = only_finding(websocket_library, space, replace(WITH_CHAT, site=site))

    assert (finding.path, finding.line, finding.hint) == (
        "main.py",
        7,
        "add the line websockets to requirements.txt",
    )


def test_websockets_that_are_switched_off():
    space = make_space(command=make_command("uvicorn main:app --ws none"), requirements="uvicorn[standard]\n")

    finding = only_finding(websocket_library, space, WITH_CHAT)

    assert (finding.path, finding.line) == ("Dockerfile", 6)
    assert finding.message == "WS /chat is a WebSocket route, and the start command has --ws none"
    assert finding.hint == 'remove "--ws none" from the start command'


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (
            make_space(requirements="uvicorn\nnot-a-distribution-here\n"),
            "what comes with not-a-distribution-here is not known: it is not installed here",
        ),
        (
            make_space(
                requirements=make_requirements("uvicorn\n", complete=False, reason="conda is not read")
            ),
            "conda is not read",
        ),
        (make_space(command=make_command("uvicorn main:app --ws websockets")), "needs HFS303"),
        (make_static_space(), "a static Space installs no Python packages"),
    ],
)
def test_where_no_websocket_library_can_be_missed(space, reason):
    assert outcome(websocket_library, space, WITH_CHAT).reason == reason


def test_where_the_app_did_not_come_up():
    rehearsal = replace(WITH_CHAT, impossible="no interpreter")

    assert outcome(websocket_library, make_space(), rehearsal).reason == "no interpreter"
