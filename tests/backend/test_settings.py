"""Settings, the entry points, and the files of the image."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from dotenv import dotenv_values

from backend import __main__ as entry_point
from backend.models import UtcDateTime
from backend.settings import Settings, SettingsError, read_settings

ROOT = Path(__file__).parents[2]


def environment(tmp_path, **variables):
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1", **variables}


def test_nothing_has_to_be_set(tmp_path):
    settings = read_settings()
    assert settings.database_url == f"sqlite:///{tmp_path}/.readiness-board/board.db"
    assert settings.board_tokens is None
    assert settings.token_digests() == ()
    assert settings.board_title == "Readiness board"
    assert (settings.history_limit, settings.rate_limit) == (500, 600)
    assert settings.history_of("acme/atlas") == 500
    assert not settings.ephemeral


def test_empty_variables_count_as_not_set(monkeypatch):
    defaults = read_settings()
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "")
    assert read_settings() == defaults


def test_a_newline_after_a_value_is_no_part_of_it(monkeypatch, tmp_path):
    for name, value in (("DATABASE_URL", "sqlite:///~/b.db"), ("BOARD_TOKENS", "a,b"), ("BOARD_TITLE", "T")):
        monkeypatch.setenv(name, f"{value}\n")
    settings = read_settings()
    assert settings.database_url == f"sqlite:///{tmp_path}/b.db"
    assert len(settings.token_digests()) == 2
    assert settings.board_title == "T"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "hunter2"),
        ("DATABASE_URL", "hunter2://somewhere"),
        ("DATABASE_URL", "postgresql://user:hunter2@host:port/name"),
        ("DATABASE_URL", "mssql+pymssql://user:hunter2@host/name"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite+aiosqlite:///hunter2.db"),
        ("DATABASE_URL", "sqlite:///file:hunter2?mode=memory&uri=true"),
        ("BOARD_TOKENS", "fine,hunter2 with spaces"),
        ("BOARD_TOKENS", "hunter2\u00e9"),
        ("BOARD_TOKENS", "hunter2\x07"),
        ("DATABASE_URL", "postgresql+asyncpg://hunter2@host/name"),
        ("HISTORY_LIMIT", "hunter2"),
        ("HISTORY_LIMIT", "0"),
        ("HISTORY_LIMIT", "1.5"),
        ("HISTORY_LIMITS", "hunter2"),
        ("HISTORY_LIMITS", "acme/atlas=hunter2"),
        ("HISTORY_LIMITS", "acme/atlas=10,hunter2=10"),
        ("HISTORY_LIMITS", "acme/hunter2=0"),
        ("HISTORY_LIMITS", "acme/hunter2=100001"),
        ("HISTORY_LIMITS", "acme/hunter2=-1"),
        ("HISTORY_LIMITS", '{"acme/hunter2": 10}'),
        ("RATE_LIMIT", "-1"),
        ("BOARD_TITLE", "hunter2" * 20),
        ("BOARD_TITLE", "hunter2\nnewline"),
    ],
)
def test_a_malformed_variable_is_named_without_its_value(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=rf"^malformed settings: {name} \([^\n]+\)$") as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_space_may_have_a_history_of_its_own_length(monkeypatch):
    monkeypatch.setenv("HISTORY_LIMIT", "30")
    monkeypatch.setenv("HISTORY_LIMITS", " acme/atlas=1000,\nacme/other = 5, ")
    settings = read_settings()
    named = ("acme/atlas", "acme/other", "acme/third", "acme/atlas2")
    assert [settings.history_of(name) for name in named] == [1000, 5, 30, 30]


def test_without_a_home_the_default_file_has_no_place(monkeypatch):
    def nowhere(path):
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "expanduser", nowhere)
    with pytest.raises(SettingsError, match=r"DATABASE_URL .*home"):
        read_settings()


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_server_s_url_may_be_spelled_in_every_usual_way(monkeypatch, scheme):
    pytest.importorskip("psycopg")
    monkeypatch.setenv("DATABASE_URL", f"{scheme}://user:p%40ss@host:5432/~name?sslmode=require")
    assert read_settings().database_url == "postgresql+psycopg://user:p%40ss@host:5432/~name?sslmode=require"


def test_the_disk_of_a_space_is_lost_and_storage_that_is_attached_is_not(monkeypatch, tmp_path):
    def is_lost(**members):
        return Settings(**members).ephemeral

    space = {"space_id": "acme/board"}
    at = {tmp_path: 1, Path("/"): 1}
    monkeypatch.setattr("backend.settings._device", lambda path: at[path])
    kept = f"sqlite:///{tmp_path}/not/there/board.db"
    assert is_lost(database_url=kept, **space)
    assert not is_lost(database_url=kept)
    at[tmp_path] = 2
    assert not is_lost(database_url=kept, **space)


def test_a_database_server_outlives_the_space():
    pytest.importorskip("psycopg")
    assert not Settings(database_url="postgresql://host/name", space_id="acme/board").ephemeral


def test_no_value_is_shown(monkeypatch):
    monkeypatch.setenv("BOARD_TOKENS", "hunter2")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///hunter2.db")
    assert "hunter2" not in repr(Settings())


@pytest.mark.parametrize("command", [["-c", "import main"], ["-m", "uvicorn", "main:app", "--port", "0"]])
def test_malformed_settings_stop_the_start_with_one_line(tmp_path, command):
    variables = {
        "DATABASE_URL": "hunter2",
        "BOARD_TOKENS": "a b",
        "BOARD_TITLE": "\x07",
        "HISTORY_LIMIT": "hunter2",
        "HISTORY_LIMITS": "hunter2",
        "RATE_LIMIT": "0",
    }
    ended = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(tmp_path, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 1
    assert re.findall(r"[A-Z]+_[A-Z]+", line) == list(variables)
    assert "hunter2" not in ended.stdout + line


def test_the_image_s_server_starts_answers_and_stops(tmp_path):
    command = re.search(r'^CMD \["uvicorn", (.*)\]$', (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    arguments = [word.strip('"') for word in command[1].split(", ")]
    assert arguments[arguments.index("--host") + 1] == "0.0.0.0"
    assert arguments[arguments.index("--port") + 1] == "7860"
    assert arguments[arguments.index("--forwarded-allow-ips") + 1] == "*"
    arguments[arguments.index("--host") + 1] = "127.0.0.1"
    arguments[arguments.index("--port") + 1] = "0"
    server = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", *arguments],
        cwd=ROOT,
        env=environment(tmp_path),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    deadline = threading.Timer(60, server.kill)
    deadline.start()
    try:
        assert server.stderr is not None
        urls = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in server.stderr)
        url = next(found for found in urls if found)[0]
        assert httpx.get(f"{url}/health", trust_env=False).json() == {"status": "ok"}
        server.send_signal(signal.SIGTERM)
        log = server.stderr.read()
        assert server.wait() in (0, -signal.SIGTERM)
        assert "Traceback" not in log
    finally:
        deadline.cancel()
        server.kill()
        server.wait()
        server.stderr.close()
    assert (tmp_path / ".readiness-board" / "board.db").exists()


def test_the_example_names_every_variable_and_works():
    values = dotenv_values(ROOT / ".env.example")
    assert {name.lower() for name in values} == set(Settings.model_fields)
    settings = Settings(**{name.lower(): value for name, value in values.items() if value})
    assert len(settings.token_digests()) == 1


def test_the_local_entry_point_reads_the_file_beside_main(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("BOARD_TITLE=From the file\nBOARD_TOKENS=from-the-file\n")
    served = []
    monkeypatch.setattr(entry_point, "__file__", str(tmp_path / "backend" / "__main__.py"))
    monkeypatch.setattr(entry_point.uvicorn, "run", lambda *args, **options: served.append((args, options)))
    monkeypatch.setattr(os, "environ", {"BOARD_TITLE": "From outside"})
    entry_point.main()
    ((target,), options) = served[0]
    assert (target, options["host"], options["port"]) == ("main:app", "127.0.0.1", 7860)
    assert os.environ == {"BOARD_TITLE": "From outside", "BOARD_TOKENS": "from-the-file"}


def test_only_the_local_entry_point_reads_a_dotenv_file():
    readers = {path.name for path in ROOT.glob("backend/*.py") if "dotenv" in path.read_text()}
    assert readers == {"__main__.py"}
    assert "dotenv" not in (ROOT / "main.py").read_text()


def test_the_image_takes_what_the_board_needs_and_no_more():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    copied = re.findall(r"^COPY (?:--\S+ )*(\S+) ", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert lines[1] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied)
    assert all((ROOT / source).exists() for source in copied)


# -- moments


def test_a_moment_is_kept_in_utc():
    moment = datetime(2026, 3, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    kept = UtcDateTime().process_bind_param(moment, None)
    assert kept.isoformat() == "2026-02-28T22:30:00+00:00"
    read = UtcDateTime().process_result_value(kept.replace(tzinfo=None), None)
    assert read == moment
    assert read.tzinfo is timezone.utc
    assert UtcDateTime().process_result_value(moment, None).utcoffset() == timedelta(0)


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 3, 1), None)  # noqa: DTZ001 (naive on purpose)


def test_no_moment_stays_none():
    assert UtcDateTime().process_bind_param(None, None) is None
    assert UtcDateTime().process_result_value(None, None) is None
