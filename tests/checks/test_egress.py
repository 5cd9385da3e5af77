"""8xx: whom the app reaches, and what it does while nobody answers."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.checks.lifecycle.egress import CHECKS, egress_port, egress_startup
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Connect, Rehearsal, Variant, Where

from .factories import (
    make_failure,
    make_raised,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

LINE = Where("mail.py", 12)


def reached(host: str, port: int, **changes: Any) -> Rehearsal:
    return make_rehearsal(connects=(Connect(host, port, LINE),), **changes)


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts, c.starts) for c in CHECKS] == [
        ("HFS804-egress-port", "error", Stage.RUNNING, ()),
        ("HFS805-egress-startup", "warn", Stage.APP_STARTING, ("silent",)),
    ]


# -- HFS804


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("example.com", 80),
        ("example.com", 443),
        ("example.com", 8080),
        ("8.8.8.8", 53),
        ("example.com", 0),
        ("stand-in.invalid", 6379),
        ("stand-in.invalid", 443),
    ],
)
def test_what_may_be_reached(host: str, port: int) -> None:
    assert outcome(egress_port, rehearsal=reached(host, port)).outcome == "passed"


def test_nobody_is_reached() -> None:
    assert outcome(egress_port).outcome == "passed"


@pytest.mark.parametrize("port", [22, 25, 465, 587, 993, 3306, 4317, 6379, 8000, 8443, 27017])
@pytest.mark.parametrize(
    "host", ["smtp.example.com", "203.0.113.9", "172.15.0.1", "172.32.0.1", "2001:db8::1"]
)
def test_what_is_blocked(host: str, port: int) -> None:
    finding = only_finding(egress_port, rehearsal=reached(host, port))
    assert finding.message == (
        f"the app connects to {host}:{port}; a Space reaches only ports 80, 443 and 8080"
    )
    assert (finding.path, finding.line, finding.level) == ("mail.py", 12, "error")
    assert "[Errno 101] Network is unreachable" in finding.consequence


@pytest.mark.parametrize("port", [5432, 6543])
def test_postgresql_is_disputed(port: int) -> None:
    assert only_finding(egress_port, rehearsal=reached("db.example.com", port)).level == "note"


@pytest.mark.parametrize(
    "host",
    ["10.0.0.5", "172.16.0.1", "172.31.255.1", "192.168.1.2", "169.254.169.254", "100.64.0.1", "redis",
     "printer.local", "db.internal", "fd00::1", "fe80::1"],
)  # fmt: skip
def test_a_service_beside_the_app(host: str) -> None:
    finding = only_finding(egress_port, rehearsal=reached(host, 6379))
    assert finding.level == "warn"
    assert "a service beside the app" in finding.message


def test_a_service_beside_the_app_on_an_open_port() -> None:
    assert outcome(egress_port, rehearsal=reached("redis", 8080)).outcome == "passed"


def test_each_target_once_and_without_a_line() -> None:
    mail = Connect("smtp.example.com", 25, None)
    rehearsal = make_rehearsal(connects=(mail, mail, Connect("smtp.example.com", 587, LINE)))
    found = outcome(egress_port, rehearsal=rehearsal).findings
    assert [(finding.path, finding.line) for finding in found] == [("", None), ("mail.py", 12)]


@pytest.mark.parametrize(
    ("default", "example", "counts"),
    [
        ("587", "", True),
        ("smtp://mail.example.com:587/x", "", True),
        (None, "smtp://mail.example.com:587", True),
        ("5870", "", False),
        (None, "", False),
        ("465", "", False),
    ],
)
def test_the_port_of_a_stand_in_counts_if_it_is_the_repositorys(
    default: str | None, example: str, counts: bool
) -> None:
    space = make_space(settings=make_settings(SMTP=example))
    rehearsal = reached("stand-in.invalid", 587, reads=(make_read("SMTP", default=default),))
    result = outcome(egress_port, space, rehearsal)
    assert len(result.findings) == counts
    if counts:
        assert "port 587 (by SMTP)" in result.findings[0].message


def test_seen_although_the_app_did_not_come_up() -> None:
    rehearsal = reached("smtp.example.com", 25, failure=make_failure(message="no"))
    assert outcome(egress_port, rehearsal=rehearsal).outcome == "failed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_without_evidence(check: Any) -> None:
    assert outcome(check, rehearsal=make_rehearsal(impossible="no command")).reason == "no command"
    assert outcome(check, make_static_space()).applicable is False


# -- HFS805


def asked(variant: Variant | None, phase: Any = "startup") -> Rehearsal:
    connects = (Connect("models.example.com", 443, LINE, phase),)
    return make_rehearsal(connects=connects, variants=(variant,) if variant else ())


def test_an_app_that_reaches_for_nobody_while_it_starts() -> None:
    assert outcome(egress_startup).applicable is False
    assert outcome(egress_startup, rehearsal=asked(None, "serve")).applicable is False


def test_it_comes_up_all_the_same() -> None:
    assert outcome(egress_startup, rehearsal=asked(Variant("silent"))).outcome == "passed"


def test_it_was_not_tried() -> None:
    result = outcome(egress_startup, rehearsal=asked(None))
    assert result.reason == "the app was not started with a network that does not answer"
    impossible = asked(Variant("silent", impossible="no room"))
    assert outcome(egress_startup, rehearsal=impossible).reason == "no room"


def test_it_waits() -> None:
    failure = make_failure("startup", "hung", "still starting up after 20 s", where=LINE, seconds=20.1)
    finding = only_finding(egress_startup, rehearsal=asked(Variant("silent", failure=failure)))
    assert finding.message == (
        "the start waits for models.example.com:443: not up after 20 s in which nobody answered"
    )
    assert (finding.path, finding.line, finding.level) == ("mail.py", 12, "warn")


def test_it_waits_nobody_knows_where() -> None:
    failure = make_failure("startup", "hung", seconds=20.1)
    finding = only_finding(egress_startup, rehearsal=asked(Variant("silent", failure=failure)))
    assert (finding.path, finding.line) == ("mail.py", 12)  # where it asked


def test_it_waits_for_the_one_that_the_line_asks() -> None:
    failure = make_failure("startup", "hung", where=LINE, seconds=20.0)
    rehearsal = make_rehearsal(
        connects=(Connect("first.example.com", 443, Where("a.py", 1), "import"), *asked(None).connects),
        variants=(Variant("silent", failure=failure),),
    )
    assert "waits for models.example.com:443:" in only_finding(egress_startup, rehearsal=rehearsal).message


def test_it_says_what_it_lacks() -> None:
    failure = make_failure("startup", raised=make_raised("TimeoutError", "timed out", LINE))
    finding = only_finding(egress_startup, rehearsal=asked(Variant("silent", failure=failure)))
    assert finding.level == "note"
    assert "without an answer of models.example.com:443" in finding.message
    assert "TimeoutError: timed out" in finding.message
