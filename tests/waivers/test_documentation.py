"""The examples of docs/waivers.md do what the page says."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pytest_hfspace.check import Finding, Result, outcome_of
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.space import Space
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.waivers import Waiver, apply, inline_waivers, parse
from pytest_hfspace.waivers.syntax import resolve
from tests.checks.factories import make_space, outcome

from .facts import TODAY, make_finding

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PAGE = (Path(__file__).parents[2] / "docs" / "waivers.md").read_text(encoding="utf-8")
KNOWN = {check.code: check for check in CATALOGUE}


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


def configured() -> list[Waiver]:
    lines = tomllib.loads(example("toml"))["tool"]["pytest"]["ini_options"]["hfspace_waive"]
    return [parse(line, KNOWN) for line in lines]


def result_of(code: str, *findings: Finding, route: str | None = None) -> Result:
    return Result(KNOWN[code], outcome_of(findings), findings, route=route)


def test_the_lines_of_the_configuration() -> None:
    path, route, everything = configured()
    cache = result_of("HFS802", make_finding(path="app/cache.py"))
    assert apply(cache, [path], TODAY).reason == "filled again at every start (hfspace_waive)"
    report = result_of("HFS501", make_finding(path="app/api.py"), route="GET /reports/{report_id}")
    assert apply(report, [route], TODAY).outcome == "waived"
    assert apply(result_of("HFS703", make_finding()), [everything], TODAY).outcome == "waived"
    assert apply(result_of("HFS802", make_finding(path="app/data.py")), [path], TODAY).outcome == "failed"


def test_the_comments_in_python() -> None:
    source = "import os\nimport sqlite3\n\n" + example("python")
    space = make_space({"main.py": source})
    waivers = inline_waivers(space, KNOWN)
    assert [waiver.problem for waiver in waivers] == ["", ""]
    found = outcome(KNOWN["HFS703"], space)
    assert found.outcome == "failed"
    assert apply(found, waivers, TODAY).outcome == "waived"
    line = source.splitlines().index('words = sqlite3.connect("words.db")') + 1
    kept = result_of("HFS802", make_finding(path="main.py", line=line))
    assert apply(kept, waivers, TODAY).reason.startswith("the next start fills it again (main.py:")


def dockerfile(source: str) -> Space:
    return make_space({"Dockerfile": source}, dockerfile=parse_dockerfile(source))


def test_the_comment_in_a_dockerfile() -> None:
    source = f"FROM python:3.12-slim\n{example('dockerfile')}COPY . .\nCMD python main.py\n"
    space = dockerfile(source)
    found = outcome(KNOWN["HFS313"], space)
    assert found.outcome == "failed"
    assert apply(found, inline_waivers(space, KNOWN), TODAY).outcome == "waived"
    assert inline_waivers(dockerfile(re.sub(r"(?m)^#.*\n", "", source)), KNOWN) == ()


def test_the_page_itself_waives_nothing() -> None:
    assert inline_waivers(make_space({"docs/waivers.md": PAGE}), KNOWN) == ()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(HFS[^`\[ ]+)`", PAGE))))
def test_every_code_on_the_page_means_a_check(name: str) -> None:
    assert resolve(name, KNOWN)


def test_the_command_for_a_baseline_is_that_of_the_ci_stage() -> None:
    commands = re.findall(r"pytest --hfspace --hfspace-baseline \S+", PAGE)
    assert len(commands) == 2
    assert len(set(commands)) == 1
