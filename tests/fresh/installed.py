"""Wheels of what is installed here, so that a fresh build needs no index."""

from __future__ import annotations

import importlib.metadata
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def repack(directory: Path, *names: str) -> None:
    """A wheel of each of these distributions, and of what they require.  They are pure Python."""
    directory.mkdir(parents=True, exist_ok=True)
    waiting, seen = list(names), set()
    for name in waiting:
        key = canonicalize_name(name)
        if key in seen:
            continue
        seen.add(key)
        distribution = importlib.metadata.distribution(name)
        _write(directory, distribution)
        needed = (Requirement(text) for text in distribution.requires or ())
        waiting += [
            each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})
        ]


def _write(directory: Path, distribution: importlib.metadata.Distribution) -> None:
    stem = f"{distribution.metadata['Name'].replace('-', '_')}-{distribution.version}"
    with zipfile.ZipFile(directory / f"{stem}-py3-none-any.whl", "w") as wheel:
        for path in distribution.files or ():
            text = str(path)
            if text.startswith("..") or text.endswith(
                (".pyc", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json")
            ):
                continue
            wheel.write(path.locate(), text)
        info = next(str(path.parent) for path in distribution.files or () if path.name == "METADATA")
        wheel.writestr(f"{info}/RECORD", "")
