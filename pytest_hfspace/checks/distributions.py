"""From imports to distributions, and from declared distributions to those that come with them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: Modules whose distributions have other names.  A dotted name is a part of a namespace package.
DISTRIBUTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Crypto": ("pycryptodome", "pycrypto"),
    "Cryptodome": ("pycryptodomex",),
    "Levenshtein": ("levenshtein", "python-levenshtein"),
    "MySQLdb": ("mysqlclient",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow", "pillow-simd"),
    "absl": ("absl-py",),
    "attr": ("attrs",),
    "azure.identity": ("azure-identity",),
    "azure.storage.blob": ("azure-storage-blob",),
    "bs4": ("beautifulsoup4", "bs4"),
    "bson": ("pymongo",),
    "chromadb": ("chromadb", "chromadb-client"),
    "cv2": (
        "opencv-python",
        "opencv-python-headless",
        "opencv-contrib-python",
        "opencv-contrib-python-headless",
    ),
    "dateutil": ("python-dateutil",),
    "decouple": ("python-decouple",),
    "discord": ("discord-py", "py-cord"),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv", "dotenv"),
    "environ": ("django-environ", "environ-config"),
    "faiss": ("faiss-cpu", "faiss-gpu", "faiss-gpu-cu12"),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "github": ("pygithub",),
    "google.cloud.storage": ("google-cloud-storage",),
    "google.generativeai": ("google-generativeai",),
    "google.genai": ("google-genai",),
    "googleapiclient": ("google-api-python-client",),
    "grpc": ("grpcio",),
    "igraph": ("igraph", "python-igraph"),
    "jose": ("python-jose",),
    "jwt": ("pyjwt",),
    "kafka": ("kafka-python", "kafka-python-ng"),
    "ldap": ("python-ldap",),
    "llama_cpp": ("llama-cpp-python",),
    "magic": ("python-magic", "python-magic-bin"),
    "multipart": ("python-multipart", "multipart"),
    "mx": ("mxnet",),
    "nacl": ("pynacl",),
    "odf": ("odfpy",),
    "pinecone": ("pinecone", "pinecone-client"),
    "pkg_resources": ("setuptools",),
    "playhouse": ("peewee",),
    "pptx": ("python-pptx",),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "psycopg": ("psycopg", "psycopg-binary"),
    "rest_framework": ("djangorestframework",),
    "ruamel": ("ruamel-yaml",),
    "serial": ("pyserial",),
    "skimage": ("scikit-image",),
    "sklearn": ("scikit-learn",),
    "slugify": ("python-slugify", "unicode-slugify"),
    "socketio": ("python-socketio",),
    "engineio": ("python-engineio",),
    "talib": ("ta-lib",),
    "telegram": ("python-telegram-bot",),
    "tensorflow": ("tensorflow", "tensorflow-cpu", "tf-nightly"),
    "umap": ("umap-learn",),
    "usb": ("pyusb",),
    "websocket": ("websocket-client",),
    "whisper": ("openai-whisper",),
    "wx": ("wxpython",),
    "xdg": ("xdg", "pyxdg"),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}

#: Modules that Python itself had and has no more.
_REMOVED = frozenset(
    (
        *("aifc", "asynchat", "asyncore", "audioop", "binhex", "cgi", "cgitb", "chunk", "crypt", "distutils"),
        *("formatter", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib", "ossaudiodev"),
        *("parser", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "symbol", "telnetlib", "uu", "xdrlib"),
    )
)


@dataclass(frozen=True)
class Closure:
    """``names``: the declared distributions and what comes with them.  ``unknown``: those of them
    that are not installed here, so that nobody can tell what comes with them."""

    names: frozenset[str]
    unknown: tuple[str, ...]


def candidates(module: str) -> tuple[str, ...]:
    """The distributions that a module may come from, by table or by its own name."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        known = DISTRIBUTIONS.get(".".join(parts[:length]))
        if known:
            return known
    return (normalised(parts[0]),)


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_standard(module: str) -> bool:
    """Is it, or was it, a module of Python itself?"""
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or top in _REMOVED


@lru_cache(maxsize=8)
def closure(declared: frozenset[tuple[str, frozenset[str]]]) -> Closure:
    """Follow the metadata of this interpreter from (distribution, extras), extras counted."""
    names: set[str] = set()
    unknown: list[str] = []
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = sorted(declared, key=lambda entry: (entry[0], sorted(entry[1])))
    while waiting:
        entry = waiting.pop()
        if entry in seen:
            continue
        seen.add(entry)
        names.add(entry[0])
        needed = _needed(*entry)
        if needed is None:
            unknown.append(entry[0])
        else:
            waiting.extend(needed)
    return Closure(frozenset(names), tuple(sorted(set(unknown))))


def _needed(name: str, extras: frozenset[str]) -> list[tuple[str, frozenset[str]]] | None:
    """What a distribution requires on Linux; None where it is not installed here."""
    from importlib.metadata import PackageNotFoundError, requires

    from packaging.requirements import InvalidRequirement, Requirement

    try:
        texts = requires(name) or []
    except (PackageNotFoundError, ValueError):
        return None
    needed = []
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker is None or applies(str(requirement.marker), extras):
            needed.append((normalised(requirement.name), frozenset(map(normalised, requirement.extras))))
    return needed


def applies(marker: str, extras: Iterable[str] = ()) -> bool:
    """Does an environment marker hold on the Hub's Linux?  True for one that is not understood."""
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    system = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    try:
        parsed = Marker(marker)
        return any(parsed.evaluate({**system, "extra": extra}) for extra in ("", *extras))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return True


def providers(module: str) -> list[str]:
    """The installed distributions that a top-level module may come from, in this interpreter."""
    from importlib.metadata import PackageNotFoundError, version

    found = [normalised(name) for name in _top_levels().get(module, ())]
    # Python 3.10 knows the modules of few distributions only
    for name in () if found else candidates(module):
        with suppress(PackageNotFoundError, ValueError):
            version(name)
            found.append(name)
    return found


@lru_cache(maxsize=1)
def _top_levels() -> Mapping[str, list[str]]:
    from importlib.metadata import packages_distributions

    return packages_distributions()
