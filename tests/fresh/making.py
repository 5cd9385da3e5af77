"""Distributions made by hand, and Spaces that install them without any index."""

from __future__ import annotations

import gzip
import io
import os
import stat
import sys
import tarfile
import textwrap
import zipfile
from collections.abc import Iterable
from pathlib import Path

from pytest_hfspace.space import Space, read_space

CARD = "---\nsdk: docker\n---\n"
DOCKERFILE = """\
FROM python:{python}-slim
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["uvicorn", "main:app", "--port", "7860"]
"""
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


def make_wheel(
    directory: Path,
    name: str,
    version: str,
    requires: Iterable[str] = (),
    python: str = ">=3.8",
    tag: str = "py3-none-any",
) -> None:
    """A wheel with one module of its name."""
    directory.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: {python}\n"
    with zipfile.ZipFile(directory / f"{name}-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{name}.py", f"version = {version!r}\n")
        wheel.writestr(
            f"{info}/METADATA", metadata + "".join(f"Requires-Dist: {each}\n" for each in requires)
        )
        wheel.writestr(
            f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


def make_sdist(directory: Path, name: str, backend: str) -> None:
    """A source distribution, version 1.0, with this text as its build backend."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": textwrap.dedent(backend),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{name}-1.0/{path}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    (directory / f"{name}-1.0.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=0))


def make_space(root: Path, files: dict[str, str | bytes]) -> Space:
    """A Space of these files; docker's with requirements.txt unless they say otherwise."""
    for path, text in ({"README.md": CARD, "Dockerfile": DOCKERFILE.format(python=HERE)} | files).items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_space(root)


def make_program(path: Path, text: str) -> Path:
    """A program in Python that this interpreter runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{os.path.realpath(sys.executable)} -IS\n{textwrap.dedent(text)}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path
