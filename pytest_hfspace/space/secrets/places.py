"""Which tracked files are read, and which of their places make a credential doubtful."""

from __future__ import annotations

import re
from typing import Final

from .rules import Rule

#: Binary formats: they are not read, however large.
_BINARY: Final = frozenset(
    {
        "7z", "arrow", "avi", "avif", "bin", "bmp", "bz2", "ckpt", "class", "db", "dll", "doc",
        "docx", "dylib", "eot", "exe", "faiss", "feather", "flac", "gguf", "gif", "gz", "h5",
        "hdf5", "heic", "ico", "jar", "joblib", "jpeg", "jpg", "keras", "m4a", "mkv", "mo", "mov",
        "mp3", "mp4", "mpeg", "msgpack", "npy", "npz", "o", "ogg", "onnx", "otf", "parquet", "pb",
        "pdf", "pickle", "pkl", "png", "ppt", "pptx", "pt", "pth", "pyc", "pyd", "rar",
        "safetensors", "so", "sqlite", "sqlite3", "tar", "tflite", "tgz", "tif", "tiff", "ttf",
        "wasm", "wav", "webm", "webp", "whl", "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
    }
)  # fmt: skip

#: Hashes, one a line, that nobody writes by hand.
_LOCKS: Final = frozenset(
    {
        "Cargo.lock", "Gemfile.lock", "Pipfile.lock", "bun.lock", "bun.lockb", "composer.lock",
        "conda-lock.yml", "deno.lock", "flake.lock", "go.sum", "npm-shrinkwrap.json", "package-lock.json",
        "pdm.lock", "pixi.lock", "pnpm-lock.yaml", "poetry.lock", "pylock.toml", "uv.lock", "yarn.lock",
    }
)  # fmt: skip

_TESTS: Final = frozenset(
    {"__tests__", "cassettes", "e2e", "fixtures", "spec", "specs", "test", "test_data", "testdata", "testing",
     "tests"}
)  # fmt: skip
_OTHERS: Final = frozenset(
    {"dist-packages", "node_modules", "site-packages", "third_party", "vendor", "vendored", "_vendor"}
)
_TEST_NAME: Final = re.compile(r"test_.*|conftest\.py|.*_test\.\w+|.*[.-](?:test|spec)\.\w+")
_PAGE: Final = (".html", ".htm", ".js", ".mjs", ".jsx", ".ts", ".tsx", ".vue", ".svelte", ".css")


def is_read(path: str) -> bool:
    """Is a tracked file of this name looked into?"""
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() not in _BINARY and name not in _LOCKS


def _in_tests(path: str) -> bool:
    """Is it a test, or what a test reads?"""
    *folders, name = path.lower().split("/")
    return not _TESTS.isdisjoint(folders) or _TEST_NAME.fullmatch(name) is not None


def aside(path: str) -> str:
    """Why a credential that stands here may be made up, or ""."""
    if _in_tests(path):
        return "it stands among tests, whose credentials are often made up"
    if not _OTHERS.isdisjoint(path.split("/")[:-1]):
        return "it stands in a library that was copied here, whose examples are often made up"
    return ""


def doubt(path: str, rule: Rule, value: str) -> str:
    """Why what the rule found here may be harmless, or "".  ``value``: what it found."""
    if rule.setting == "GITHUB_TOKEN" and "_pat_" not in value:
        return ""  # its checksum is right: nobody makes that up
    if rule.setting == "GOOGLE_API_KEY" and path.lower().endswith(_PAGE):
        return "a browser gets it anyway; what protects it is the list of sites that may use it"
    return aside(path)
