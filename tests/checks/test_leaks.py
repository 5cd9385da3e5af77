"""7xx: a secret that comes out of an answer or stands in the log, in whichever spelling."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest

from pytest_hfspace.checks.environment.escapes import needles, spellings
from pytest_hfspace.checks.environment.leaks import CHECKS, secret_leak
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.environment import marker, stand_in
from pytest_hfspace.rehearsal.facts import Rehearsal, Request, StandIn, Variant, Where

from .factories import (
    make_failure,
    make_read,
    make_rehearsal,
    make_route,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

SPACE = make_space()


def canary(name: str) -> str:
    return stand_in(name, make_read(name), SPACE, "~")


KEY, MARK = canary("OPENAI_API_KEY"), marker("OPENAI_API_KEY")


def varied(*names: str, visits: Any = (), output: str = "", **changes: Any) -> Rehearsal:
    """A second start in which the secrets have values of ours."""
    settings = {name: canary(name) for name in names}
    variant = Variant("canaries", settings, visits=tuple(visits), output=output, **changes)
    reads = tuple(make_read(name, secret=True) for name in names)
    return make_rehearsal(reads=reads, variants=(variant,))


def answer(body: str = "{}", **changes: Any) -> Any:
    return make_visit("GET /", body=body.encode(), **changes)


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [("HFS705-secret-leak", "error", Stage.RUNNING)]


@pytest.mark.parametrize(
    "facts",
    [
        make_rehearsal(),
        varied("OPENAI_API_KEY", visits=[answer("hello")], output="INFO: GET /?q=1 200 OK\n"),
        varied("OPENAI_API_KEY", visits=[answer(f"****{KEY[-4:]}")], output=f"key ends in {KEY[-4:]}"),
        # what the visitor sent comes back
        varied(
            "OPENAI_API_KEY",
            visits=[answer(f"you sent {MARK}", request=Request("POST", "/", body=MARK.encode()))],
        ),
        varied(
            "OPENAI_API_KEY",
            visits=[answer(f"you sent {MARK}", request=Request("GET", "/", (("authorization", KEY),)))],
        ),
        # made for browsers
        varied("GOOGLE_MAPS_API_KEY", visits=[answer(f"<script src=…?key={canary('GOOGLE_MAPS_API_KEY')}>")]),
        varied("MAPBOX_TOKEN", visits=[answer(canary("MAPBOX_TOKEN"))]),
        # a value that all stand-ins share tells nothing
        make_rehearsal(
            reads=(make_read("DB_PASSWORD_URL", secret=True),),
            variants=(
                Variant(
                    "canaries",
                    {"DB_PASSWORD_URL": "sqlite:///~/stand-in.db"},
                    visits=(answer("sqlite:///~/stand-in.db"),),
                ),
            ),
        ),
        make_rehearsal(stand_ins=(StandIn("GREETING", None),), visits=(answer(marker("GREETING")),)),
    ],
    ids=["none", "silent", "masked", "body echo", "header echo", "maps", "mapbox", "shared", "not secret"],
)
def test_nothing_comes_out(facts: Rehearsal) -> None:
    assert outcome(secret_leak, rehearsal=facts).outcome == "passed"


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (make_rehearsal(impossible="no command"), "no command"),
        (make_rehearsal(failure=make_failure(message="x")), "the app did not come up: x"),
        (
            make_rehearsal(reads=(make_read("API_TOKEN", secret=True),)),
            "the app was not started with secrets of the rehearsal's own",
        ),
        (varied("API_TOKEN", impossible="no room"), "no room"),
        (
            varied("API_TOKEN", failure=make_failure(message="died", kind="exited")),
            "the app does not come up with made-up values of API_TOKEN (died)",
        ),
    ],
)
def test_not_seen(facts: Rehearsal, reason: str) -> None:
    result = outcome(secret_leak, rehearsal=facts)
    assert (result.outcome, result.reason) == ("skipped", reason)


def test_not_started_again_but_seen() -> None:
    """All secrets were stand-ins: the first start has told everything."""
    facts = make_rehearsal(
        reads=(make_read("API_TOKEN", secret=True),), stand_ins=(StandIn("API_TOKEN", None, secret=True),)
    )
    assert outcome(secret_leak, rehearsal=facts).outcome == "passed"


def test_leak_in_an_answer() -> None:
    route = make_route("GET", "/debug", where=Where("api.py", 12))
    facts = varied("OPENAI_API_KEY", visits=[make_visit("GET /debug", body=f'{{"key": "{KEY}"}}'.encode())])
    finding = only_finding(secret_leak, rehearsal=make_rehearsal(**{**vars(facts), "routes": (route,)}))
    assert (
        finding.message == 'OPENAI_API_KEY: the value comes out of GET /debug, as {"key": "<OPENAI_API_KEY>"}'
    )
    assert (finding.path, finding.line, finding.level) == ("api.py", 12, "error")
    assert "settings" in finding.hint


def _basic() -> str:
    return base64.b64encode(f"user:{KEY}".encode()).decode()


@pytest.mark.parametrize(
    ("visit", "place"),
    [
        (answer(f"before {KEY} after"), "GET /"),
        (answer(quote(f"?k={KEY}&x", safe="")), "GET /"),
        (answer(base64.b64encode(KEY.encode()).decode()), "GET /"),
        (answer(base64.b64encode(b"x" + KEY.encode()).decode()), "GET /"),
        (answer(base64.urlsafe_b64encode(b"xy" + KEY.encode() + b"z").decode()), "GET /"),
        (
            answer(status=401, headers=(("WWW-Authenticate", f"Bearer {KEY}"),)),
            "GET / (header www-authenticate)",
        ),
        (answer(status=307, headers=(("location", f"https://x/?t={KEY}"),)), "GET / (header location)"),
        (answer(headers=(("set-cookie", f"s={_basic()}; Path=/"),)), "GET / (cookie)"),
        (answer(f"Internal Server Error {MARK}", status=500), "GET /"),
    ],
    ids=["plain", "url", "base64", "base64+1", "base64+2", "challenge", "location", "cookie", "error page"],
)
def test_spellings_and_places(visit: Any, place: str) -> None:
    finding = only_finding(secret_leak, rehearsal=varied("OPENAI_API_KEY", visits=[visit]))
    assert finding.message.startswith(f"OPENAI_API_KEY: the value comes out of {place}, as ")
    for text in (KEY, MARK, *spellings(MARK)):
        assert text not in finding.message


def test_leak_in_the_log() -> None:
    finding = only_finding(
        secret_leak, rehearsal=varied("OPENAI_API_KEY", output=f"up\nusing key {KEY}\ndone\n")
    )
    assert finding.message == "OPENAI_API_KEY: the value is printed to the log, as using key <OPENAI_API_KEY>"
    assert "logs" in finding.consequence
    assert (finding.path, finding.line) == ("", None)


def test_stand_in_of_the_first_start() -> None:
    facts = make_rehearsal(
        stand_ins=(StandIn("OPENAI_API_KEY", None, secret=True),),
        visits=(make_visit("GET /openapi.json", body=f"default: {KEY}".encode()),),
    )
    finding = only_finding(secret_leak, rehearsal=facts)
    assert finding.message.startswith(
        "OPENAI_API_KEY: the value comes out of GET /openapi.json, as default: "
    )
    assert finding.message.endswith(", as default: <OPENAI_API_KEY>")


def test_listed_by_the_user() -> None:
    facts = make_rehearsal(
        reads=(make_read("LICENCE_CODE", secret=True),),
        stand_ins=(StandIn("LICENCE_CODE", None),),
        output=marker("LICENCE_CODE"),
    )
    assert only_finding(secret_leak, rehearsal=facts).message.startswith("LICENCE_CODE: the value is printed")


def test_what_shows_everything_is_one_finding() -> None:
    everything = "".join(f"{name}={canary(name)}\n" for name in ("OPENAI_API_KEY", "HF_TOKEN"))
    visits = [make_visit(f"GET /{n}", body=everything.encode()) for n in range(5)]
    facts = varied("OPENAI_API_KEY", "HF_TOKEN", visits=visits, output=everything)
    finding = only_finding(secret_leak, rehearsal=facts)
    assert finding.message.startswith(
        "OPENAI_API_KEY, HF_TOKEN: the value comes out of GET /0, GET /1, GET /2 and 3 others, as "
    )
    assert canary("HF_TOKEN") not in finding.message


def test_different_secrets_in_different_places() -> None:
    facts = varied("OPENAI_API_KEY", "HF_TOKEN", visits=[answer(KEY)], output=canary("HF_TOKEN"))
    messages = [finding.message for finding in outcome(secret_leak, rehearsal=facts).findings]
    assert [message.partition(",")[0] for message in messages] == [
        "OPENAI_API_KEY: the value comes out of GET /",
        "HF_TOKEN: the value is printed to the log",
    ]


def test_private_key_has_no_marker() -> None:
    pem = canary("SIGNING_PRIVATE_KEY")
    facts = varied("SIGNING_PRIVATE_KEY", visits=[answer(pem.replace("\n", "\\n"))])
    finding = only_finding(secret_leak, rehearsal=facts)
    body = pem.splitlines()[1]
    assert body not in finding.message
    assert "<SIGNING_PRIVATE_KEY>" in finding.message


@pytest.mark.parametrize("body", [b"\xff\xfe" + MARK.encode() + b"\0" * 1000, b"x" * 60_000 + MARK.encode()])
def test_hostile_bodies(body: bytes) -> None:
    finding = only_finding(
        secret_leak, rehearsal=varied("OPENAI_API_KEY", visits=[make_visit("GET /", body=body)])
    )
    assert len(finding.message) < 300
    assert finding.message.isprintable()


def test_spellings_are_found_at_every_alignment() -> None:
    for before in range(6):
        for after in range(3):
            text = base64.b64encode(b"\xf0" * before + MARK.encode() + b"\xf0" * after).decode()
            assert any(spelling in text for spelling in spellings(MARK)), (before, after)


@pytest.mark.parametrize("value", ["8080", "stand-in.invalid", "false", "sqlite:////x/stand-in.db", "short"])
def test_values_that_are_not_known_from_others(value: str) -> None:
    assert needles("A_SECRET", value, "123456789012") == ()
