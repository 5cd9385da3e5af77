"""A run with ``--hfspace-offline`` finds what one without a network finds by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.helpers import ReadinessRun, readiness, write_space

CARD = "---\ntitle: t\nemoji: 🐳\nsdk: docker\n---\n# t\n"
DOCKERFILE = (
    "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]\n'
)
MAIN = """
import smtplib
import urllib.request
from fastapi import FastAPI

try:
    news = urllib.request.urlopen("http://service.invalid/news", timeout=5).read()
except OSError:
    news = b""

app = FastAPI()


@app.get("/")
def root() -> int:
    return len(news)


@app.get("/send")
def send() -> str:
    smtplib.SMTP("mail.service.invalid", 587, timeout=5)
    return "sent"
"""


def found(run: ReadinessRun) -> set[tuple[str, str | None, str, str | None, int | None]]:
    return {
        (check["code"], check["route"], check["outcome"], finding["path"], finding["line"])
        for check in run.report["checks"]
        for finding in check["findings"]
    }


def test_the_same_is_found(tmp_path: Path) -> None:
    files = {
        "README.md": CARD,
        "Dockerfile": DOCKERFILE,
        "main.py": MAIN,
        "requirements.txt": "fastapi<1\nuvicorn<1\n",
    }
    spaces = [write_space(tmp_path / name, files) for name in ("with", "without")]
    options = ("--hfspace-select=HFS4*,HFS5*,HFS804", "-q")
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(readiness, spaces[0], *options),
            pool.submit(readiness, spaces[1], *options, "--hfspace-offline"),
        ]
        online, offline = (run.result() for run in runs)
    assert online.code == offline.code == 1, offline.output
    assert found(online) == found(offline)
    codes = {code for code, *_ in found(offline)}
    assert {"HFS405", "HFS501", "HFS804"} <= codes, offline.output
