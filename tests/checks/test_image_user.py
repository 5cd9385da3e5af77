from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_hfspace.checks.build.image_user import copy_owner, home_changes, user
from pytest_hfspace.rehearsal.facts import FileUse, Rehearsal, Where
from pytest_hfspace.rehearsal.layout import make_layout
from tests.checks.built import built
from tests.checks.factories import (
    make_failure,
    make_gradio_space,
    make_rehearsal,
    make_static_space,
    only_finding,
    outcome,
)

USER = "RUN useradd -m -u 1000 user\n"
DOCUMENTED = (
    USER + "USER user\nENV HOME=/home/user\nWORKDIR $HOME/app\nCOPY --chown=user . $HOME/app\n"
)  # fmt: skip
ROOTS = "COPY . .\n"
HOME = "~"


def wrote(*paths: str, **changes: Any) -> Rehearsal:
    uses = tuple(FileUse(path, Where("main.py", 12), found=False, write=True) for path in paths)
    return make_rehearsal(files=uses, **changes)


def test_the_rehearsals_home_is_known_by_its_name() -> None:
    layout = make_layout(built(ROOTS), "/app")
    try:
        cache, other = (layout.image_path(str(place / "x")) for place in (layout.home, layout.scratch))
        assert "~ is /" in outcome(user, built(ROOTS), wrote(str(cache))).findings[0].message
        assert outcome(user, built(ROOTS), wrote(str(other))).findings == ()
    finally:
        layout.remove()
    assert Path(layout.top).exists() is False


# -- HFS314


@pytest.mark.parametrize("check", [user, copy_owner])
@pytest.mark.parametrize(
    ("steps", "paths"),
    [
        (ROOTS, ()),  # without a write, nobody is hurt: 35 of 47 healthy Spaces have no USER
        (ROOTS, ("/tmp/x", "/dev/shm/y", "/dev/null", "/var/tmp/z")),
        (ROOTS, ("/app/__pycache__/main.cpython-312.pyc.1234", "/app/x/__pycache__/y.pyc")),
        (ROOTS, ("/tmp/tmpx",)),
        (ROOTS, ("/home/me/venv/lib/python3.12/site-packages/x/cache.json", "/opt/py/dist-packages/y")),
        (DOCUMENTED, ("/home/user/app/data.json", f"{HOME}/.cache/x", "/home/user/app/logs/a/b.log")),
        (USER + "COPY --chown=user . /app/app\n", ("/app/app/data.json",)),
        (USER + "COPY . .\nRUN chown -R user /app\nUSER user\n", ("/app/data.json", f"{HOME}/.cache/x")),
        ("COPY . .\nRUN chmod -R 777 /app\n", ("/app/data.json",)),
        ("COPY . .\nRUN mkdir -m 777 data\n", ("/app/data/x.db",)),
        ("COPY . .\nENV HOME=/tmp\n", (f"{HOME}/.cache/x",)),
        ("COPY . .\nRUN mkdir /.cache && chmod 777 /.cache && chmod 777 /\n", (f"{HOME}/.cache/x",)),
        (USER + "USER user\nWORKDIR /srv/app\nCOPY . .\n", ("/srv/app/new.db",)),
        ("RUN mkdir -p /data && chmod 777 /data\nCOPY . .\n", ("/data/x",)),
    ],
)
def test_writes_that_are_allowed(check: Any, steps: str, paths: tuple[str, ...]) -> None:
    result = outcome(check, built(steps), wrote(*paths))
    assert (result.outcome, result.findings) == ("passed", ())


def test_reads_are_no_writes() -> None:
    uses = (FileUse("/app/data.json", Where("main.py", 3), found=True),)
    assert outcome(user, built(ROOTS), make_rehearsal(files=uses)).outcome == "passed"


def wrote_at(source: str) -> tuple[Any, Rehearsal]:
    """A Space whose main.py writes beside itself on the line that calls ``save``."""
    line = next(n for n, text in enumerate(source.splitlines(), 1) if "save(" in text and "def" not in text)
    use = FileUse("/app/data.json", Where("main.py", line), found=False, write=True)
    return {"main.py": source}, make_rehearsal(files=(use,))


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    save()\nexcept PermissionError:\n    log('no')\n",
        "try:\n    save()\nexcept (KeyError, OSError) as e:\n    log(e)\n",
        "def f():\n    try:\n        with x:\n            save()\n    except Exception:\n        return\n",
        "try:\n    save()\nexcept:\n    pass\n",
        "try:\n    save()\nexcept ValueError:\n    raise\nexcept OSError:\n    pass\n",
        "with contextlib.suppress(OSError):\n    save()\n",
        "if os.access('.', os.W_OK):\n    save()\n",
        "def keep():\n    save()\ntry:\n    keep()\nexcept OSError:\n    pass\n",
    ],
)
def test_writes_that_the_app_can_do_without(source: str) -> None:
    files, rehearsal = wrote_at(source)
    assert outcome(user, built(ROOTS, files), rehearsal).outcome == "passed"
    result = outcome(copy_owner, built(USER + "COPY . .\nUSER user\n", files), rehearsal)
    assert result.findings == ()
    unknown = built("FROM ghcr.io/a/b\nWORKDIR /app\nCOPY . .\n", files)
    assert outcome(user, unknown, rehearsal).outcome == "passed"


@pytest.mark.parametrize(
    "source",
    [
        "save()\n",
        "try:\n    save()\nexcept ValueError:\n    pass\n",
        "try:\n    save()\nexcept FileNotFoundError:\n    pass\n",
        "try:\n    save()\nexcept OSError as e:\n    raise RuntimeError('no') from e\n",
        "try:\n    save()\nexcept PermissionError:\n    sys.exit(1)\n",
        "try:\n    pass\nexcept OSError:\n    save()\n",
        "try:\n    pass\nexcept OSError:\n    pass\nelse:\n    save()\n",
        "with contextlib.suppress(KeyError):\n    save()\n",
        "if os.path.exists('.'):\n    save()\n",
        "def keep():\n    save()\nkeep()\ntry:\n    keep()\nexcept OSError:\n    pass\n",
        "def keep():\n    save()\ntry:\n    keep()\nexcept OSError:\n    pass\nThread(target=keep).start()\n",
        "@app.get('/')\ndef keep():\n    save()\n",
        "save(\n",
    ],
)
def test_writes_whose_refusal_is_not_survived(source: str) -> None:
    files, rehearsal = wrote_at(source)
    assert only_finding(user, built(ROOTS, files), rehearsal).path == "Dockerfile"


def test_no_user_and_a_write_beside_the_code() -> None:
    finding = only_finding(user, built(ROOTS), wrote("/app/data.json"))
    assert finding.message == (
        "main.py:12 writes /app/data.json, and user id 1000 may not: /app belongs to root"
    )
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", 2, "warn")
    assert "useradd -m -u 1000 user" in finding.hint
    assert "[Errno 13] Permission denied: '/app/data.json'" in finding.consequence
    result = outcome(copy_owner, built(ROOTS), wrote("/app/data.json"))
    assert (result.outcome, result.reason) == ("skipped", "needs HFS314")


def test_no_user_and_a_cache_below_home() -> None:
    finding = only_finding(user, built(ROOTS), wrote(f"{HOME}/.cache/huggingface/hub/x"))
    assert "the image has no such user, so ~ is /" in finding.message
    assert "Permission denied: '/.cache'" in finding.consequence
    assert (finding.path, finding.line) == ("main.py", 12)
    assert outcome(copy_owner, built(ROOTS), wrote(f"{HOME}/.cache/x")).findings == ()


def test_several_writes_have_one_cause() -> None:
    finding = only_finding(user, built(ROOTS), wrote(*(f"/app/{name}" for name in "abcde")))
    assert "/app/a, /app/b, /app/c and 2 others" in finding.message


def test_another_user_than_the_hubs() -> None:
    steps = "RUN useradd -m -u 1001 app\nUSER app\nWORKDIR /srv/app\nCOPY --chown=app . .\n"
    finding = only_finding(user, built(steps), wrote("/srv/app/x"))
    assert "/srv/app belongs to app" in finding.message


def test_a_home_that_is_somebody_elses() -> None:
    steps = USER + "ENV HOME=/root\nUSER user\n"
    finding = only_finding(user, built(steps), wrote(f"{HOME}/.cache/x"))
    assert finding.hint == "write ENV HOME=/home/user, the home of user"
    assert "/root/.cache/x" in finding.message


@pytest.mark.parametrize("check", [user, copy_owner])
@pytest.mark.parametrize(
    ("steps", "path", "said"),
    [
        ("FROM ghcr.io/a/b\nWORKDIR /app\nCOPY . .\n", "/app/x", "whether user 1000 may write /app/x"),
        ("COPY . .\nRUN ./setup.sh\n", "/app/x", "RUN setup.sh"),
        (ROOTS, "/data/x", "/data/x"),
        ("FROM ghcr.io/a/b\nCOPY . .\n", f"{HOME}/x", "~/x"),
    ],
)
def test_images_of_which_nobody_can_tell(check: Any, steps: str, path: str, said: str) -> None:
    result = outcome(check, built(steps), wrote(path))
    assert result.outcome == "skipped"
    assert said in result.reason


@pytest.mark.parametrize("check", [user, copy_owner])
def test_without_a_rehearsal(check: Any) -> None:
    result = outcome(check, built(ROOTS), make_rehearsal(impossible="no interpreter"))
    assert (result.outcome, result.reason) == ("skipped", "no interpreter")
    result = outcome(check, built(ROOTS), make_rehearsal(failure=make_failure(message="it broke")))
    assert (result.outcome, result.reason) == ("skipped", "the app did not come up: it broke")
    for space in (make_gradio_space(), make_static_space()):
        assert outcome(check, space).applicable is False


def test_a_write_that_was_seen_before_the_app_failed() -> None:
    rehearsal = wrote("/app/x", failure=make_failure(message="it broke"))
    assert outcome(user, built(ROOTS), rehearsal).outcome == "warned"


# -- HFS315


@pytest.mark.parametrize(
    ("steps", "path", "line", "hint"),
    [
        (USER + "USER user\nWORKDIR /srv/app\nCOPY . .\n", "/srv/app/main.py", 6, "write COPY --chown=user"),
        (USER + "WORKDIR /srv/app\nCOPY --chown=user . .\nUSER user\n", "/srv/app/x.db", 4, "RUN chown user"),
        (USER + "COPY . .\nUSER user\n", "/app/x.db", 2, "RUN chown user /app"),
        (USER + "USER user\nWORKDIR /srv\nCOPY data data\n", "/srv/data/x", 6, "write COPY --chown=user"),
        (USER + "RUN chown -R user /app\nCOPY data data\nUSER user\n", "/app/data/x", 5, "COPY --chown=user"),
        (USER + "COPY . .\nRUN mkdir logs\nUSER user\n", "/app/logs/x", 5, "RUN chown user /app/logs"),
    ],
)
def test_a_user_and_files_of_root(steps: str, path: str, line: int, hint: str) -> None:
    space = built(steps, {"data/a": ""})
    finding = only_finding(copy_owner, space, wrote(path))
    assert hint in finding.hint
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", line, "warn")
    assert outcome(user, space, wrote(path)).findings == ()


def test_hostile_paths() -> None:
    finding = only_finding(user, built(ROOTS), wrote("/app/\x1b[31m\n" + "x" * 9000))
    assert finding.message.isprintable()
    assert len(finding.message) < 300
    assert outcome(user, built(ROOTS), wrote("relative", "", "/" + "../" * 50)).outcome in (
        "passed",
        "warned",
    )


# -- HFS318

LOAD = (
    "RUN python -c \"from transformers import AutoModel; AutoModel.from_pretrained('bert-base-uncased')\"\n"
)


@pytest.mark.parametrize(
    "steps",
    [
        "COPY . .",
        "ENV HF_HOME=/opt/hf\n" + LOAD + USER + "USER user",
        USER + "USER user\nENV HOME=/home/user\n" + LOAD,
        USER + "USER user\n" + LOAD,
        "ENV HOME=/opt/home\n" + LOAD + USER + "USER user",
        LOAD + USER + "ENV HF_HOME=/root/.cache/huggingface",
        LOAD + USER + "RUN cp -r /root/.cache /home/user/.cache",
        LOAD + USER + "RUN mv /root/.cache/huggingface /home/user/.cache/",
        LOAD.replace("python", "HF_HOME=/opt/hf python") + USER + "ENV HF_HOME=/opt/hf",
        LOAD.replace("')", "', cache_dir='/models')") + USER,
        LOAD.replace("bert-base-uncased", "./model") + USER,
        LOAD.replace("import AutoModel;", "import AutoModel; x.save_pretrained('/m');") + USER,
        "RUN hf download a/b --local-dir /models\n" + USER,
        "RUN huggingface-cli download a/b --cache-dir=/models\n" + USER,
        "RUN python -m spacy download en_core_web_sm\n" + USER,
        "RUN python download.py\n" + USER,
        "ENV PLAYWRIGHT_BROWSERS_PATH=/browsers\nRUN playwright install chromium\n" + USER,
        "RUN playwright install-deps\n" + USER,
        "RUN python -m nltk.downloader -d /usr/share/nltk_data punkt\n" + USER,
        "RUN python -c \"import nltk; nltk.download('x', download_dir='/usr/share/nltk_data')\"\n" + USER,
        "ENV NLTK_DATA=/nltk\nRUN python -m nltk.downloader punkt\n" + USER,
        LOAD.rstrip() + " || true\n" + USER,
        "FROM python:3.12 AS m\n" + LOAD + "FROM python:3.12\nCOPY --from=m /root/.cache /x\n" + USER,
    ],
)
def test_caches_that_are_found_again(steps: str) -> None:
    assert outcome(home_changes, built(steps)).findings == ()


@pytest.mark.parametrize(
    ("steps", "filled", "looked"),
    [
        (LOAD + USER + "USER user", "/root/.cache/huggingface/hub", "/home/user/.cache/huggingface/hub"),
        (LOAD, "/root/.cache/huggingface/hub", "/.cache/huggingface/hub"),
        (LOAD + USER + "ENV HF_HOME=/opt/hf", "/root/.cache/huggingface/hub", "/opt/hf/hub"),
        ("RUN hf download a/b\n" + USER, "/root/.cache/huggingface/hub", "/home/user/.cache/huggingface/hub"),
        ("RUN playwright install chromium\n" + USER, "/root/.cache/ms-playwright", "/home/user/.cache/ms-"),
        ("RUN python -m playwright install\n" + USER, "/root/.cache/ms-playwright", "/home/user/.cache/ms-"),
        ("RUN python -m nltk.downloader punkt\n" + USER, "/root/nltk_data", "/home/user/nltk_data"),
        (
            "RUN python - <<EOF\nimport nltk\nnltk.download('punkt')\nEOF\n" + USER,
            "/root/nltk_data",
            "/home/",
        ),
        (
            "RUN python -c \"import whisper; whisper.load_model('base')\"\n" + USER,
            "/root/.cache/whisper",
            "/home",
        ),
        ("RUN python -c \"import torch; torch.hub.load('a', 'b')\"\n" + USER, "/root/.cache/torch", "/home"),
        ("FROM python:3.12 AS base\n" + LOAD + "FROM base\n" + USER, "/root/.cache/huggingface", "/home"),
    ],
)
def test_caches_of_another_home(steps: str, filled: str, looked: str) -> None:
    finding = only_finding(home_changes, built(steps))
    assert filled in finding.message
    assert looked in finding.message
    assert finding.level == "warn"
    assert finding.path == "Dockerfile"


def test_an_app_that_says_itself_where_its_cache_is() -> None:
    files = {"main.py": 'import os\nos.environ["HF_HOME"] = "/root/.cache/huggingface"\n'}
    assert outcome(home_changes, built(LOAD + USER, files)).findings == ()


def test_a_home_that_is_not_known() -> None:
    result = outcome(home_changes, built("FROM ghcr.io/a/b\nENV HOME=/x\n" + LOAD + "ENV HOME=\n"))
    assert (result.outcome, result.reason) == ("skipped", "which home user 1000 has is not known")
