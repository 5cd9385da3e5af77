"""Which of the files that an app writes are meant to last."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...rehearsal.facts import FileUse, Read, Rehearsal
from ...space import Space
from ...space.mounts import is_mounted
from ..serving import text_of

_DATABASES: Final = re.compile(r"\.(?:db|db3|duckdb|ldb|mdb|rdb|s3db|sqlite|sqlite3)\Z", re.IGNORECASE)
_INDEXES: Final = re.compile(r"\.(?:ann|annoy|faiss|hnsw|lance|usearch)\Z", re.IGNORECASE)
_INDEX_FOLDERS: Final = frozenset(
    {
        "chroma", "chroma_data", "chroma_db", "chromadb", "faiss_index", "lancedb", "milvus", "qdrant",
        "qdrant_data", "qdrant_storage", "vector_db", "vector_store", "vectordb", "vectorstore",
    }
)  # fmt: skip
_UPLOADS: Final = frozenset({"upload", "uploaded", "uploaded_files", "uploads", "user_uploads"})
#: Who deletes what was uploaded keeps it for the time of a request.
_DELETES: Final = re.compile(r"\b(?:remove|unlink|rmtree|TemporaryDirectory|NamedTemporaryFile)\b")

#: What is not meant to last.
_PASSING: Final = ("/tmp", "/var/tmp", "/dev", "/proc", "/run")  # noqa: S108 - compared
_PASSING_PART: Final = re.compile(r"cache|\A\.?(?:tmp|temp|logs?)\Z|\.log\Z|\Astand-in\.db\Z", re.IGNORECASE)

#: Names of variables that say where data is.
_PLACE: Final = re.compile(
    r"DATABASE|(?:^|_)(?:DB|SQLITE|DATA|STORAGE|PERSIST\w*|CHROMA\w*|FAISS\w*|UPLOADS?|INDEX|VECTOR\w*)(?:_|$)"
)
#: What a page says of data that is lost.
_SAYS_LOST: Final = re.compile(
    r"ephemeral|(?:lost|gone|wiped|reset|emptied|loses)\b[^.\n]{0,60}\b(?:restart|rebuild|sleep|reboot)"
    r"|(?:restart|rebuild)s?\b[^.\n]{0,40}\b(?:lose|wipe|reset|delete)s?\b|not persist(?:ed|ent)?\b",
    re.IGNORECASE,
)
_DOCUMENTS: Final = (".md", ".rst", ".example")
_MOST_DOCUMENTS: Final = 40
_TOP: Final = re.compile(r"\A[/~]+")


class Kept(NamedTuple):
    """``kind``: "a database", ...  ``setting``: the variable that names its place, or "".
    ``documented``: the page that says that it is lost, or ""."""

    use: FileUse
    kind: str
    setting: str = ""
    documented: str = ""


def kept_files(space: Space, rehearsal: Rehearsal) -> Iterator[Kept]:
    """Each file or folder once, where it was first written."""
    told: set[str] = set()
    for use in rehearsal.files:
        kind, place = _kind(space, use) if use.write and not _is_passing(space, use) else ("", "")
        if not kind or place in told:
            continue
        told.add(place)
        yield Kept(use, kind, _setting(space, rehearsal, use.path), _documented(space))


def _is_passing(space: Space, use: FileUse) -> bool:
    path = use.path
    if is_mounted(path) or any(path == top or path.startswith(f"{top}/") for top in _PASSING):
        return True
    if space.image is not None and path in space.image.layout:
        return True  # it arrives with the repository, and may only be read
    return any(_PASSING_PART.search(part) for part in path.split("/"))


def _kind(space: Space, use: FileUse) -> tuple[str, str]:
    """What it is, and the file or folder that stands for it; "" for anything else."""
    parts = [part.lower() for part in use.path.split("/")]
    for index, part in enumerate(parts):
        if part in _INDEX_FOLDERS:
            return "an index", "/".join(parts[: index + 1])
    if use.where is None and not use.path.startswith("/"):
        return "", ""  # a library's own, below the home
    if _DATABASES.search(use.path):
        return "a database", use.path
    if _INDEXES.search(use.path):
        return "an index", use.path
    folder = next((part for part in parts[:-1] if part in _UPLOADS), "")
    if folder and use.phase == "serve" and use.where and not _DELETES.search(text_of(space, use.where.path)):
        return "what users upload", use.path.lower().partition(f"/{folder}/")[0]
    return "", ""


def _setting(space: Space, rehearsal: Rehearsal, path: str) -> str:
    """The variable that an owner can give another place with, or ""."""
    return next((read.name for read in rehearsal.reads if read.own and _decides(space, read, path)), "")


def _decides(space: Space, read: Read, path: str) -> bool:
    declared = space.settings.get(read.name)
    values = [read.default or "", declared.value if declared else ""]
    if any(_leads_to(value, path) for value in values):
        return True
    return not read.default and _PLACE.search(read.name.upper()) is not None


def _leads_to(value: str, path: str) -> bool:
    """Is it the path, the end of it, or one of its folders?"""
    named = value.partition("://")[2] or value
    named = _TOP.sub("", posixpath.normpath(named.partition("?")[0].strip()))
    return len(named) > 1 and f"/{named}/" in f"/{_TOP.sub('', path)}/"


def _documented(space: Space) -> str:
    pages = [path for path in space.files.tracked if path.lower().endswith(_DOCUMENTS)]
    return next((page for page in pages[:_MOST_DOCUMENTS] if _SAYS_LOST.search(text_of(space, page))), "")
