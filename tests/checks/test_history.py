"""Would the Hub accept what git would push?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.check import Check, Result
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.checks.push.history import CHECKS
from pytest_hfspace.rehearsal.facts import FileUse, Where
from pytest_hfspace.space import Space
from pytest_hfspace.space.deployments import Deployment
from pytest_hfspace.space.files import SUBMODULE, SYMLINK, Tracked
from pytest_hfspace.space.history import EARLIER, Blob, History, Link, Pointer, Weight
from tests.checks.factories import (
    make_failure,
    make_image,
    make_raised,
    make_rehearsal,
    make_route,
    make_space,
    make_static_space,
    make_visit,
    only_finding,
    outcome,
)

BY_CODE = {check.code: check for check in CHECKS}
MIB = 2**20
BIG = Blob("models/m.bin", 24 * MIB)
PNG = Blob("assets/logo.png", 3000, binary=True)
AS_IS = BY_CODE["HFS201"], BY_CODE["HFS202"]
HUB_SYNC = Deployment("hub-sync", ".github/workflows/sync.yml", 9, checkout=7)
UPLOAD = Deployment("upload", "deploy.sh", 3)
PUSH = Deployment("git push", ".github/workflows/push.yml", 12, fetch_depth=0, checkout=7)


def result(code: str, space: Space | None = None, rehearsal: Any = None, **history: Any) -> Result:
    """What the check says of a history; nobody sends the repository unless ``deployments`` does."""
    deployments = history.pop("deployments", ())
    return outcome(
        BY_CODE[code],
        space,
        rehearsal,
        space_history=History(**history),
        space_deployments=deployments,
    )


@pytest.mark.parametrize("check", [*AS_IS, BY_CODE["HFS208"]], ids=lambda check: check.code)
def test_nothing_that_the_hub_refuses(check: Check) -> None:
    assert result(check.code, commits=3).outcome == "passed"


@pytest.mark.parametrize("check", AS_IS, ids=lambda check: check.code)
@pytest.mark.parametrize("deployments", [(HUB_SYNC,), (UPLOAD,), (UPLOAD, HUB_SYNC)])
def test_the_hubs_client_stores_what_is_large_or_binary_itself(
    check: Check, deployments: tuple[Deployment, ...]
) -> None:
    said = result(check.code, large=(BIG,), binary=(PNG,), deployments=deployments)
    assert (said.outcome, said.applicable) == ("skipped", False)
    assert "in Xet by itself" in said.reason
    assert deployments[0].path in said.reason


@pytest.mark.parametrize("check", AS_IS, ids=lambda check: check.code)
@pytest.mark.parametrize(
    ("remote", "deployments"), [("space", (HUB_SYNC,)), ("", (PUSH,)), ("", (HUB_SYNC, PUSH)), ("", ())]
)
def test_a_push_is_looked_at(check: Check, remote: str, deployments: tuple[Deployment, ...]) -> None:
    said = result(check.code, large=(BIG,), binary=(PNG,), remote=remote, deployments=deployments)
    assert said.outcome == "failed"


@pytest.mark.parametrize("check", AS_IS, ids=lambda check: check.code)
@pytest.mark.parametrize(
    "step",
    [
        "git lfs track '*.png'",
        "git checkout --orphan deploy",
        "git init -q && git add -A",
        'git -c user.name=x lfs migrate import --include="*.bin"',
        "git rm -r --cached docs",
        "printf '*.png filter=lfs' > .gitattributes",
    ],
)
def test_a_step_that_pushes_commits_of_its_own_making(check: Check, step: str) -> None:
    space = make_space({PUSH.path: f"jobs:\n  run: |\n    {step}\n    git push space main\n"})
    said = result(check.code, space, large=(BIG,), binary=(PNG,), deployments=(PUSH,))
    assert said.outcome == "skipped"
    assert said.reason == ".github/workflows/push.yml:12 pushes commits that it makes itself"
    also_by_hand = result(check.code, space, large=(BIG,), binary=(PNG,), deployments=(PUSH,), remote="space")
    assert also_by_hand.outcome == "failed"


def test_a_large_file() -> None:
    (finding,) = result("HFS201", large=(BIG,)).findings
    assert finding.message == "a file of 24.0 MiB in git itself; wanted at most 10 MiB outside LFS and Xet"
    assert finding.hint == 'git lfs migrate import --everything --include="*.bin" (rewrites the commits)'
    assert (finding.path, finding.line) == ("models/m.bin", None)
    assert "Your push was rejected because it contains files larger than 10 MiB" in finding.consequence


def test_a_byte_too_many() -> None:
    (finding,) = result("HFS201", large=(Blob("a.json", 10 * MIB + 1),)).findings
    assert "10485761 bytes, 1 too many" in finding.message
    assert '--include="a.json"' in finding.hint, "not every JSON file belongs into LFS"


def test_a_file_that_is_not_committed_yet() -> None:
    (finding,) = result("HFS201", large=(BIG._replace(committed=False),)).findings
    assert finding.hint == 'git lfs track "*.bin"; git add .gitattributes; git add --renormalize .'


@pytest.mark.parametrize("code", ["HFS201", "HFS202"])
@pytest.mark.parametrize(
    ("commit", "named"), [("1a2b3c4d5", "in commit 1a2b3c4d5"), (EARLIER, "in an earlier commit")]
)
def test_a_file_of_the_history(code: str, commit: str, named: str) -> None:
    blobs = (BIG._replace(commit=commit),)
    (finding,) = result(code, large=blobs, binary=blobs).findings
    assert finding.message.startswith("models/m.bin: a ")
    assert f"it is {named}, which is pushed too, although a later one has it no more" in finding.message
    assert finding.path == "", "it is not there to be pointed at"
    assert "git lfs migrate import" in finding.hint


def test_many_are_counted() -> None:
    blobs = tuple(Blob(f"img/{number:02}.png", 900) for number in range(35))
    found = result("HFS202", binary=blobs).findings
    assert [finding.path for finding in found[:10]] == [blob.path for blob in blobs[:10]]
    assert len(found) == 11
    assert found[-1].message.startswith("35 binary files in all: also img/10.png, ")
    assert found[0].hint.count("*.png") == 1
    assert {finding.hint for finding in found[1:]} == {"as for img/00.png"}


def test_the_command_is_said_once_for_all() -> None:
    blobs = (PNG, PNG._replace(path="a.pdf"), PNG._replace(path="b.db", committed=False))
    hints = [finding.hint for finding in result("HFS202", binary=blobs).findings]
    assert hints == [
        'git lfs migrate import --everything --include="*.png,*.pdf" (rewrites the commits)',
        "as for assets/logo.png",
        'git lfs track "*.db"; git add .gitattributes; git add --renormalize .',
    ]


def test_a_binary_file() -> None:
    (finding,) = result("HFS202", binary=(PNG,)).findings
    assert finding.message == "a binary file in git itself; wanted in LFS or Xet"
    assert '"Your push was rejected because it contains binary files"' in finding.consequence


@pytest.mark.parametrize(
    ("changes", "known", "wanted"),
    [
        ({"time": 1_650_000_000}, False, "warned"),
        ({"time": 1_650_000_000, "commit": "abc"}, False, "warned"),
        ({"time": 1_650_000_000}, True, "failed"),
        ({"time": 1_650_000_000, "size": 2 * MIB}, False, "failed"),
        ({"time": 1_780_000_000}, False, "failed"),
        ({"time": 0}, False, "failed"),
    ],
)
def test_what_the_space_may_have_from_before(changes: dict[str, Any], known: bool, wanted: str) -> None:
    said = result("HFS202", binary=(PNG._replace(**changes),), known=known, remote="space" if known else "")
    assert said.outcome == wanted


@pytest.mark.parametrize("code", ["HFS201", "HFS202", "HFS208"])
def test_what_is_not_seen_is_said(code: str) -> None:
    assert result(code, problem="the reason").reason == "the reason"
    assert "fetch-depth: 0" in result(code, shallow=True).reason
    found = {"large": (BIG,), "binary": (PNG,), "weight": Weight(2 * 10**9)}
    assert result(code, shallow=True, problem="the reason", **found).outcome in ("failed", "warned")


@pytest.mark.parametrize(("last", "wanted"), [(1_650_000_000, "warned"), (1_790_000_000, "failed")])
def test_the_others_are_as_grave_as_the_gravest_of_them(last: int, wanted: str) -> None:
    blobs = [PNG._replace(path=f"{number:02}.png", time=1_650_000_000) for number in range(20)]
    blobs[15] = blobs[15]._replace(time=last)
    assert result("HFS202", binary=tuple(blobs)).outcome == wanted


def test_hostile_names_are_printed_on_one_line() -> None:
    blob = Blob("a\n\x1b[31mb\udcff.bin", 11 * MIB, commit="abc")
    (finding,) = result("HFS201", large=(blob,)).findings
    assert "\n" not in finding.message + finding.hint
    assert "\x1b" not in finding.message + finding.hint


# -- pointers

POINTER = Pointer("model.bin", 25_165_824)
FILTERED = POINTER._replace(filtered=True)
OPENED = make_rehearsal(files=(FileUse("model.bin", Where("main.py", 4), found=True),))


@pytest.mark.parametrize(
    "use",
    [
        FileUse("model.bin", Where("main.py", 4), found=True, write=True),
        FileUse("model.bin", Where("main.py", 4), found=False),
        FileUse("data/model.bin", Where("main.py", 4), found=True),
    ],
)
def test_a_pointer_that_is_not_read(use: FileUse) -> None:
    assert result("HFS203", rehearsal=make_rehearsal(files=(use,)), pointers=(POINTER,)).outcome == "passed"


@pytest.mark.parametrize(
    "deployments", [(), (PUSH,), (HUB_SYNC._replace(lfs=True),), (UPLOAD,), (PUSH, HUB_SYNC)]
)
def test_a_pointer_that_the_hub_makes_the_file_of(deployments: tuple[Deployment, ...]) -> None:
    said = result("HFS203", rehearsal=OPENED, pointers=(FILTERED,), deployments=deployments)
    assert said.outcome == "passed"


def test_an_input_that_nobody_knows() -> None:
    step = HUB_SYNC._replace(unknown=frozenset({"lfs"}))
    assert result("HFS203", rehearsal=OPENED, pointers=(FILTERED,), deployments=(step,)).outcome == "passed"


@pytest.mark.parametrize("path", ["model.bin", "./model.bin", "/app/model.bin"])
def test_a_pointer_that_stays_one(path: str) -> None:
    rehearsal = make_rehearsal(files=(FileUse(path, Where("main.py", 4), found=True),))
    space = make_space({"model.bin": "version"})
    (finding,) = result("HFS203", space, rehearsal, pointers=(POINTER,)).findings
    assert finding.message == (
        "an LFS pointer to a file of 25.2 MB, and the app opens it (main.py:4); no line of "
        ".gitattributes says filter=lfs for it"
    )
    assert (finding.path, finding.level) == ("model.bin", "warn")
    assert 'git lfs track "model.bin"' in finding.hint


def test_a_pointer_that_a_checkout_without_lfs_sends() -> None:
    of_workflow = {"rehearsal": OPENED, "deployments": (HUB_SYNC,)}
    assert result("HFS203", pointers=(FILTERED,), **of_workflow).reason == "needs HFS209"
    assert len(result("HFS203", pointers=(FILTERED, POINTER), **of_workflow).findings) == 1


def test_pointers_need_an_app_that_runs() -> None:
    impossible = make_rehearsal(impossible="no start command")
    assert result("HFS203", rehearsal=impossible, pointers=(POINTER,)).reason == "no start command"
    assert result("HFS203", rehearsal=impossible).outcome == "passed"
    failed = make_rehearsal(failure=make_failure())
    assert "did not come up" in result("HFS203", rehearsal=failed, pointers=(POINTER,)).reason
    assert result("HFS203", rehearsal=replace(failed, files=OPENED.files), pointers=(POINTER,)).findings
    assert not result("HFS203", make_static_space(), pointers=(POINTER,)).applicable


# -- size, links, submodules


@pytest.mark.parametrize(("total", "wanted"), [(499_999_999, "passed"), (500_000_000, "warned")])
def test_size(total: int, wanted: str) -> None:
    weight = Weight(total, (("data/a.faiss", 400_000_000), ("b.bin", 90_000_000)))
    said = result("HFS208", weight=weight)
    assert said.outcome == wanted
    if said.findings:
        assert said.findings[0].message == (
            "the repository takes 500.0 MB with its history, the Hub takes at most 1 GB; most of it: "
            "data/a.faiss (400.0 MB), b.bin (90.0 MB)"
        )


def test_more_than_the_limit() -> None:
    (finding,) = result("HFS208", weight=Weight(1_400_000_000)).findings
    assert finding.consequence == (
        'The Hub refuses the push: "Repository storage limit reached (Max: 1 GB)".'
    )


def test_the_client_sends_no_history() -> None:
    heavy = Weight(2 * 10**9)
    assert result("HFS208", weight=heavy, deployments=(UPLOAD,)).outcome == "passed"
    assert result("HFS208", weight=heavy, newest=heavy, deployments=(UPLOAD,)).outcome == "warned"
    assert result("HFS208", weight=heavy, deployments=(UPLOAD, PUSH)).outcome == "warned"


def linked(path: str, **image: Any) -> Space:
    space = make_space({path: ""})
    space.files.tracked[path] = Tracked(path, SYMLINK)
    if image and space.image:
        space = replace(space, image=replace(space.image, **image))
    return space


@pytest.mark.parametrize(
    ("target", "image"),
    [
        ("/data", {}),
        ("/usr/share/fonts", {}),
        ("/tmp/cache", {}),
        ("/home/user/models", {}),
        ("/mnt/models", {"directories": ("/mnt/models",)}),
        ("../shared", {"directories": ("/app", "/shared")}),
        ("../shared.py", {"layout": {"/app/link": "link", "/shared.py": "lib/shared.py"}}),
        ("../shared.py", {"layout": {"/app/main.py": "main.py"}}),
    ],
)
def test_links_that_the_image_gives_a_place(target: str, image: dict[str, Any]) -> None:
    assert result("HFS208", linked("link", **image), links=(Link("link", target),)).outcome == "passed"


@pytest.mark.parametrize("target", ["../shared", "/home/me/models", "/Users/me/models", "/mnt/d/x"])
def test_links_that_lead_nowhere(target: str) -> None:
    (finding,) = result("HFS208", linked("link"), links=(Link("link", target),)).findings
    assert finding.message == f"a link to {target}, which is not in this repository"
    assert (finding.path, finding.level) == ("link", "warn")
    assert "finds no file" in finding.consequence
    by_client = result("HFS208", linked("link"), links=(Link("link", target),), deployments=(HUB_SYNC,))
    assert by_client.outcome == "passed", "the client sends what the link leads to"


def test_links_of_a_static_space() -> None:
    (finding,) = result("HFS208", make_static_space(), links=(Link("a", "../b"),)).findings
    assert finding.path == "a"


def test_submodules() -> None:
    space = make_space({"vendor/lib": "", "docs/theme": "", ".dockerignore": "docs\n"})
    for path in ("vendor/lib", "docs/theme"):
        space.files.tracked[path] = Tracked(path, SUBMODULE)
    (finding,) = result("HFS208", space).findings
    assert finding.message == "a submodule, whose files are not in this repository"
    assert (finding.path, finding.level) == ("vendor/lib", "warn")
    assert result("HFS208", space, deployments=(HUB_SYNC,)).outcome == "passed"


def test_many_links_are_counted() -> None:
    links = tuple(Link(f"l{number}", "/home/me/x") for number in range(30))
    found = result("HFS208", links=links).findings
    assert len(found) == 11
    assert found[-1].message == "30 of these in all"


def test_a_space_that_cannot_be_read_is_skipped() -> None:
    space = replace(make_space(image=make_image()), root=Path("/nowhere"))
    for code in ("HFS201", "HFS202", "HFS208"):
        said = outcome(BY_CODE[code], space)
        assert said.outcome == "skipped"
        assert said.reason.startswith("git does not tell")


def test_one_finding_for_one_file() -> None:
    assert only_finding(
        BY_CODE["HFS201"], space_history=History(large=(BIG,)), space_deployments=()
    ).path.endswith("m.bin")
    assert result("HFS202", large=(BIG,)).findings == ()


# -- pointers that end something

ROUTE_ANSWERS = next(check for check in CATALOGUE if check.code == "HFS501")
TEXT = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "4d" * 32 + "\nsize 25165824\n"
READ = FileUse("/app/model.bin", Where("main.py", 4), found=True)


@pytest.mark.parametrize(
    ("use", "line", "message", "blamed"),
    [
        (READ, 4, "anything", True),
        (READ._replace(write=True, database=True), 4, "file is not a database", True),
        (READ, 6, "invalid load key, 'v'.", True),
        (READ, 6, "division by zero", False),
        (READ._replace(write=True), 4, "anything", False),
        (READ._replace(path="/app/main.py"), 4, "anything", False),
    ],
)
def test_a_start_and_a_route_that_end_with_a_pointer(
    use: FileUse, line: int, message: str, blamed: bool
) -> None:
    space = make_space({"model.bin": TEXT})
    raised = make_raised("ValueError", message, Where("main.py", line))
    failed = make_rehearsal(failure=make_failure(raised=raised), files=(use,))
    visited = make_rehearsal(visits=(make_visit(status=500, raised=raised),), files=(use,))
    levels = [
        [(each.level, each.predicts) for each in result("HFS203", space, seen, pointers=(POINTER,)).findings]
        for seen in (failed, visited)
    ]
    assert (levels == [[("error", None)], [("error", "RUNNING")]]) is blamed
    answered = outcome(ROUTE_ANSWERS, space, visited, space_route=make_route())
    assert (answered.reason == "needs HFS203") is blamed
