"""The repository's own package, where an install step puts it."""

from __future__ import annotations

import pytest

from .image_helpers import image

SITE = "lib/python3/site-packages"
SRC = ("pyproject.toml", "src/shop/__init__.py", "src/shop/data/prices.txt")
FLAT = ("pyproject.toml", "main.py", "shop/__init__.py", "tests/test_shop.py", "docs/page.md")


@pytest.mark.parametrize(
    ("steps", "paths", "path"),
    [
        ("COPY . .\nRUN pip install .", SRC, f"/usr/local/{SITE}"),
        ("COPY . .\nRUN uv pip install --system .", SRC, f"/usr/local/{SITE}"),
        ("COPY . /src\nRUN pip install /src && rm -rf /src", SRC, f"/usr/local/{SITE}"),
        ("RUN --mount=type=bind,target=/b pip install /b", SRC, f"/usr/local/{SITE}"),
        ("COPY . .\nRUN python -m venv /v && /v/bin/pip install .", SRC, f"/v/{SITE}"),
        ('ENV PATH="/v/bin:$PATH"\nCOPY . .\nRUN pip install .', SRC, f"/v/{SITE}"),
        ("ENV VIRTUAL_ENV=/v\nCOPY . .\nRUN uv pip install .", SRC, f"/v/{SITE}"),
        ("COPY . .\nRUN pip install -e .", SRC, "/app/src"),
        ("COPY . .\nRUN uv sync --frozen", SRC, "/app/src"),
        ("COPY . .\nRUN uv sync --no-editable", SRC, f"/app/.venv/{SITE}"),
        ("COPY . .\nRUN poetry install", FLAT, "/app"),
        ("ENV PYTHONPATH=/lib\nCOPY . .\nRUN pip install -e .", FLAT, "/lib:/app"),
    ],
)
def test_where_the_package_is(steps: str, paths: tuple[str, ...], path: str) -> None:
    made = image(steps, *paths)
    assert made.env["PYTHONPATH"].value == path
    found = path.rpartition(":")[2]
    package = {name: source for name, source in made.layout.items() if name.startswith(f"{found}/shop/")}
    assert set(package.values()) == {name for name in paths if "shop/" in name}
    assert made.not_followed == ()


@pytest.mark.parametrize(
    "steps",
    [
        "COPY . .\nRUN uv sync --frozen --no-install-project",
        "COPY . .\nRUN poetry install --no-root",
        "COPY . .\nRUN pipenv install",
        "COPY . .\nRUN pip install -r requirements.txt",
        "COPY pyproject.toml .\nRUN pip install .\nCOPY . .",
    ],
)
def test_only_what_it_needs_is_installed(steps: str) -> None:
    assert "PYTHONPATH" not in image(steps, *SRC, "requirements.txt").env


def test_what_is_no_package_stays_where_it_is() -> None:
    made = image("COPY . .\nRUN pip install .", *FLAT)
    assert [name for name in made.layout if SITE in name] == [f"/usr/local/{SITE}/shop/__init__.py"]


def test_an_environment_of_another_stage() -> None:
    made = image(
        "FROM python:3.12 AS b\nRUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n"
        "WORKDIR /b\nCOPY . .\nRUN pip install .\n"
        "FROM python:3.12-slim\nCOPY --from=b /opt/venv /opt/venv\n",
        *SRC,
    )
    assert made.env["PYTHONPATH"].value == f"/opt/venv/{SITE}"
    assert set(made.layout.values()) == {"src/shop/__init__.py", "src/shop/data/prices.txt"}
    assert made.not_followed == ()


def test_a_package_that_stays_in_another_stage() -> None:
    text = "FROM python:3.12 AS b\nWORKDIR /b\nCOPY . .\nRUN {}\nFROM python:3.12\nCOPY --from=b /b/x.txt /\n"
    for step in ("pip install .", "pip install -e ."):
        assert "PYTHONPATH" not in image(text.format(step), *SRC, "x.txt").env
