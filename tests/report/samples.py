"""Runs made by hand, as the pages of the HTML report show them."""

from __future__ import annotations

from dataclasses import replace

from pytest_hfspace.check import Finding, Result, check
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Where
from pytest_hfspace.report import Evidence, Report, WaiverUse, gather
from tests.checks.factories import (
    make_command,
    make_read,
    make_rehearsal,
    make_route,
    make_space,
    make_static_space,
    make_visit,
)

CHECKS = {check.code: check for check in CATALOGUE}
FIXED = {"id": "0123456789abcdef0123456789abcdef", "created": "2026-08-14T09:30:00+00:00"}

#: Whatever of it reaches the page as markup is a hole.
HOSTILE = "</style></title><script>alert('x')</script><b id=\"x\" onclick='y'>&amp;\u202e\x1b[31m\u2028\ud800"


def result(code: str, outcome: str = "passed", *findings: Finding, **changes) -> Result:
    return Result(CHECKS[code], outcome, findings, **changes)


def finding(
    code: str, message: str, hint: str, path: str = "", line: int | None = None, **changes
) -> Finding:
    entry = CHECKS[code]
    return Finding(
        message, hint, path, line, **{"level": entry.level, "consequence": entry.consequence} | changes
    )


def passed(*but: str) -> list[Result]:
    """Every check but those, not looking for anything."""
    return [Result(each, "passed") for each in CATALOGUE if each.code not in but]


def report(*results: Result, space=None, rehearsal=None, **changes) -> Report:
    """These results of healthy facts."""
    evidence = gather(space or make_space(), rehearsal or make_rehearsal())
    return Report(evidence, results, **FIXED | changes)


def rehearsal(**changes):
    routes = (
        make_route(),
        make_route("GET", "/words/{text}", where=Where("main.py", 17)),
        make_route("POST", "/v1/chat/completions", where=Where("chat/api.py", 210)),
        make_route("GET", "/admin", where=Where("chat/admin.py", 8)),
        make_route("DELETE", "/v1/conversations/{conversation_id}/messages/{message_id}/attachments/{name}"),
    )
    visits = (
        make_visit(seconds=0.0021),
        make_visit("GET /words/{text}", status=500, seconds=0.0134),
        make_visit("POST /v1/chat/completions", seconds=1.82),
        make_visit("GET /admin", status=401, seconds=0.0008),
    )
    reads = (
        make_read("CHAT_API_KEY", required=True, given=True, secret=True),
        make_read("LEVEL", default="info"),
        make_read("MODEL_NAME", default="small", where=Where("chat/settings.py", 12)),
    )
    timings = {"export": 0.08, "import": 1.31, "startup": 0.42, "first_response": 0.02, "visits": 1.9}
    given = {
        "routes": routes,
        "visits": visits,
        "reads": reads,
        "timings": {**timings, "shutdown": 0.11, "total": 4.2},
        "peak_rss_mb": 212.0,
    }
    return make_rehearsal(**given | changes)


def healthy(**changes) -> Report:
    """A Space that is ready, with a condition."""
    routes = (make_route(), make_route("GET", "/words/{text}"))
    visits = (make_visit(), make_visit("GET /words/{text}"))
    evidence = gather(make_space(), rehearsal(routes=routes, visits=visits))
    return Report(evidence, tuple(passed()), **FIXED | changes)


def broken(**changes) -> Report:
    """A Space with something of everything."""
    space = make_space(command=make_command("uvicorn main:app --host 0.0.0.0 --port 8000"))
    evidence = replace(
        gather(space, rehearsal(notes=("granian itself: uvicorn served the app in its place",))),
        name="spaces/chat",
        prefix="spaces/chat/",
        hub_id="acme/chat",
        build="Python 3.12.4, 41 packages, uv, 6.3 s",
    )
    port = "the server listens on port 8000, the Hub connects to 7860"
    unset = "CHAT_API_KEY must be set before the app starts, and nothing declares it"
    raised = "GET /words/rehearsal raised ZeroDivisionError: division by zero at main.py:17, wanted an answer"
    lost = 'open("data/chat.db", "w") writes where nothing outlives a restart'
    found = [
        result(
            "HFS410",
            "failed",
            finding("HFS410", port, "write --port 7860, or app_port: 8000", "Dockerfile", 6),
        ),
        result(
            "HFS420", "failed", finding("HFS420", unset, "add CHAT_API_KEY= to .env.example", "main.py", 5)
        ),
        result(
            "HFS501",
            "failed",
            finding("HFS501", raised, "see the exception", "main.py", 17),
            route="GET /words/{text}",
        ),
        result("HFS501", route="GET /"),
        result(
            "HFS305", "noted", finding("HFS305", "numpy has no upper bound", "numpy<3", "requirements.txt", 4)
        ),
        result(
            "HFS413",
            "warned",
            finding("HFS413", "the start command reloads", "remove --reload", "Dockerfile", 6),
        ),
        result(
            "HFS802",
            "waived",
            finding("HFS802", lost, "write below /data", "chat/store.py", 31, waived="a cache, made anew"),
        ),
        result("HFS507", "skipped", reason="there is no WebSocket route", applicable=False),
        result("HFS201", "skipped", reason="the clone is shallow"),
        result("HFS202", "skipped", reason="the clone is shallow"),
        result("HFS806", "skipped", reason="needs HFS419"),
        result("HFS105", "waived"),
    ]
    waivers = (
        WaiverUse("HFS802[chat/store.py]", "hfspace_waive", "a cache, made anew", "2027-01-31", used=1),
        WaiverUse("HFS703", "main.py:12", "rotated", problem="it matches nothing"),
    )
    results = (*passed(*(each.check.code for each in found)), *found)
    return Report(evidence, results, waivers=waivers, **FIXED | changes)


def static(**changes) -> Report:
    """A Space without a process."""
    results = [
        Result(each, "skipped", reason="a static Space runs no process", applicable=False)
        if each.code > "HFS4"
        else Result(each, "passed")
        for each in CATALOGUE
    ]
    return Report(
        replace(gather(make_static_space(), None), name="spaces/pages"), tuple(results), **FIXED | changes
    )


def impossible(**changes) -> Report:
    """A Space that cannot be rehearsed here."""
    why = "torch is not installed here"
    evidence = gather(make_space(), make_rehearsal(impossible=why, missing_packages=("torch",)))
    results = [
        Result(each, "skipped", reason=why) if each.code > "HFS402" else Result(each, "passed")
        for each in CATALOGUE
    ]
    return Report(replace(evidence, name="spaces/speech"), tuple(results), **FIXED | changes)


@check(HOSTILE, HOSTILE, level="error", predicts=Stage.BUILD_ERROR, consequence=HOSTILE)
def foreign(space):
    """A check of somebody else's."""


def hostile(**changes) -> Report:
    """Every text that a repository, a plugin or a user can put into a report."""
    evil = Finding(HOSTILE, HOSTILE, HOSTILE, 3, "error", HOSTILE)
    long = Finding("x" * 5000, "y" * 5000, "z" * 5000, 3, "warn", "w" * 5000)
    space = {"root": HOSTILE, "sdk": HOSTILE, "app": HOSTILE, "port": 7860, "launch": [HOSTILE, "a" * 3000]}
    route = {"method": HOSTILE, "path": HOSTILE, "endpoint": HOSTILE, "status": 200, "seconds": 0.1}
    variable = {"name": HOSTILE, "secret": True, "required": True, "default": False, "documented": False}
    evidence = Evidence(
        space,
        name=HOSTILE,
        prefix=HOSTILE,
        hub_id=HOSTILE,
        build=HOSTILE,
        rehearsed=True,
        served=True,
        impossible=HOSTILE,
        not_rehearsed=[HOSTILE, "q" * 5000],
        routes=[{**route, "outcome": "answered"}, {**route, "path": "/" + "p" * 5000, "outcome": "failed"}],
        requires=[HOSTILE, "R" * 5000],
        environment=[{**variable, "where": [HOSTILE] * 9}, {**variable, "name": "N" * 5000, "where": []}],
        timings={"import": 0.3},
    )
    results = (
        Result(foreign, "failed", (evil, long), route=HOSTILE),
        Result(foreign, "waived", (replace(evil, waived=HOSTILE),)),
        Result(foreign, "skipped", reason=HOSTILE),
        Result(foreign, "skipped", reason="r" * 5000),
    )
    waivers = (WaiverUse(HOSTILE, HOSTILE, HOSTILE, HOSTILE, problem=HOSTILE),)
    return Report(evidence, results, waivers=waivers, **FIXED | changes)


def enormous(**changes) -> Report:
    """10,000 of everything, each long, of characters that escaping makes longer."""
    number = 10_000
    many = Result(foreign, "failed", (Finding('"<' * 1000, "&" * 2000, "'" * 2000, 3, "error"),) * number)
    each = Result(foreign, "failed", (Finding("an error", "fix it", level="error"),))
    evidence = healthy().evidence
    evidence = replace(
        evidence,
        routes=evidence.routes * number,
        environment=evidence.environment * number,
        not_rehearsed=["something"] * number,
    )
    return Report(evidence, (many, *[each] * number), **FIXED | changes)


PAGES = {
    "healthy": [healthy],
    "broken": [broken],
    "impossible": [impossible],
    "static": [static],
    "hostile": [hostile],
    "several": [broken, healthy, static, impossible],
    "hostile-several": [hostile, hostile],
    "none": [],
}
