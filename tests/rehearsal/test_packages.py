"""What is declared and not installed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_hfspace.rehearsal.packages import Interpreter, missing_of_extras
from pytest_hfspace.space.requirement_lines import Requirement

DEPENDS = (
    "Requires-Dist: plain\n"
    "Requires-Dist: kit-cli[standard] ; extra == 'standard'\n"
    "Requires-Dist: tables ; extra == 'all'\n"
    "Requires-Dist: only-there ; sys_platform == 'win32' and extra == 'standard'\n"
    "Requires-Dist: not a requirement ; extra == 'standard'\n"
)


def install(folder: Path, name: str, depends: str = "") -> None:
    metadata = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{depends}")


@pytest.mark.parametrize(
    ("extras", "installed", "missing"),
    [
        ((), (), ()),
        (("standard",), ("kit-cli", "rich-lines"), ()),
        (("standard",), ("kit-cli",), ("rich-lines",)),
        (("standard",), (), ("kit-cli",)),
        (("standard", "all"), (), ("kit-cli", "tables")),
        (("unknown",), (), ()),
    ],
)
def test_what_extras_bring(
    tmp_path: Path, extras: tuple[str, ...], installed: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    brought = ("Rich_Lines", "kit[standard]")  # in a circle
    circle = "".join(f"Requires-Dist: {each} ; extra == 'standard'\n" for each in brought)
    install(tmp_path, "kit", DEPENDS)
    for name in installed:
        install(tmp_path, name, circle if name == "kit-cli" else "")
    python = Interpreter(packages=dict.fromkeys(("kit", *installed), "1.0"), site=(str(tmp_path),))
    declared = [
        Requirement("kit", "kit[…]", "requirements.txt", 1, frozenset(extras)),
        Requirement("absent", "absent[standard]", "requirements.txt", 2, frozenset(["standard"])),
    ]
    assert missing_of_extras(declared, python) == missing
