"""HFS401: start commands that cannot be run as they are written, whatever the app is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.start.form import unreadable_start
from pytest_hfspace.space import Space
from pytest_hfspace.space.files import Tracked
from tests.checks.built import built

SCRIPT = "#!/bin/sh\nexec uvicorn main:app\n"
RUN_IT = 'COPY . .\nCMD ["./start.sh"]'


def with_script(steps: str, text: str = SCRIPT, mode: int = 0o100644, **files: str) -> Space:
    given = {name.replace("_", "."): content for name, content in files.items()}
    space = built(steps, {"start.sh": text, **given})
    space.files.tracked["start.sh"] = Tracked("start.sh", mode)
    return space


@pytest.mark.parametrize(
    "space",
    [
        with_script(RUN_IT, mode=0o100755),
        with_script('COPY . .\nCMD ["sh", "start.sh"]'),
        with_script('COPY . .\nCMD ["bash", "./start.sh"]'),
        with_script("COPY . .\nCMD sh ./start.sh"),
        with_script("COPY . .\nCMD . ./start.sh"),
        with_script('COPY . .\nRUN chmod +x start.sh\nCMD ["./start.sh"]'),
        with_script('COPY . .\nRUN chmod +x *.sh\nCMD ["./start.sh"]'),
        with_script('COPY . .\nRUN chmod -R 755 /app\nCMD ["./start.sh"]'),
        with_script('COPY . .\nRUN find . -name "*.sh" -exec chmod +x {} +\nCMD ["./start.sh"]'),
        with_script('COPY . .\nRUN ./prepare\nCMD ["./start.sh"]'),
        with_script('COPY --chmod=755 . .\nCMD ["./start.sh"]'),
        with_script('COPY --chmod=+x . .\nCMD ["./start.sh"]'),
        with_script('COPY start.sh /usr/local/bin/\nRUN chmod +x /usr/local/bin/start.sh\n'
                    'ENTRYPOINT ["/usr/local/bin/start.sh"]'),
        with_script('COPY start.sh /a.sh\nRUN install -m 755 /a.sh /start.sh\nCMD ["/start.sh"]'),
        with_script('COPY . .\nCMD ["uvicorn", "main:app"]'),
        with_script('COPY . .\nCMD ["./absent.sh"]'),
        with_script("COPY . .\nCMD $START"),
        with_script("COPY . .\nCMD ./start.sh || sh start.sh"),
        with_script(RUN_IT, SCRIPT.replace("\n", "\r\n"), 0o100755, _gitattributes="* text=auto\n"),
        with_script(f"RUN sed -i 's/\\r$//' start.sh || true\n{RUN_IT}",
                    SCRIPT.replace("\n", "\r\n"), 0o100755),
        with_script('COPY . .\nRUN dos2unix start.sh\nCMD ["./start.sh"]',
                    SCRIPT.replace("\n", "\r\n"), 0o100755),
        with_script(RUN_IT, SCRIPT.replace("main:app\n", "main:app\r\n"), 0o100755),
    ],
)  # fmt: skip
def test_scripts_that_run(space: Space) -> None:
    assert list(unreadable_start(space)) == []


@pytest.mark.parametrize(
    "steps",
    [
        RUN_IT,
        "COPY . .\nCMD ./start.sh",
        "COPY . .\nCMD exec ./start.sh",
        'COPY . .\nENTRYPOINT ["/app/start.sh"]\nCMD ["x"]',
        'COPY . .\nENTRYPOINT ["tini", "--", "./start.sh"]',
        'COPY --chown=1000 --chmod=644 . .\nUSER 1000\nCMD ["./start.sh"]',
        'RUN chmod +x /tmp\nCOPY start.sh ./\nCMD ["./start.sh"]',
    ],
)
def test_a_script_without_its_mode(steps: str) -> None:
    (finding,) = unreadable_start(with_script(steps))

    assert finding.path == "Dockerfile"
    assert "start.sh is not executable (its mode in git is 100644)" in finding.message
    assert "permission denied" in finding.consequence
    assert finding.hint.startswith("git update-index --chmod=+x start.sh")


def test_a_script_with_windows_line_ends() -> None:
    crlf = SCRIPT.replace("\n", "\r\n")
    (finding,) = unreadable_start(with_script(RUN_IT, crlf, 0o100755))
    assert (finding.path, finding.line) == ("start.sh", 1)
    assert "exec ./start.sh: no such file or directory" in finding.consequence

    (both,) = unreadable_start(with_script(RUN_IT, crlf))
    assert "not executable" in both.message


def test_no_image() -> None:
    assert list(unreadable_start(replace(with_script(RUN_IT), image=None))) == []
