"""From modules to distributions by name: which module comes from where, and what Python itself has."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import Final

from ..space.requirement_lines import normalised

#: Modules whose distributions have other names.  A dotted name is a part of a namespace package.
DISTRIBUTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Crypto": ("pycryptodome", "pycrypto"),
    "Cryptodome": ("pycryptodomex",),
    "Levenshtein": ("levenshtein", "python-levenshtein"),
    "MySQLdb": ("mysqlclient",),
    "OpenSSL": ("pyopenssl",),
    "PIL": ("pillow", "pillow-simd"),
    "absl": ("absl-py",),
    "argon2": ("argon2-cffi",),
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
    "dns": ("dnspython",),
    "docx": ("python-docx",),
    "dotenv": ("python-dotenv", "dotenv"),
    "environ": ("django-environ", "environ-config"),
    "faiss": ("faiss-cpu", "faiss-gpu", "faiss-gpu-cu12"),
    "fitz": ("pymupdf",),
    "git": ("gitpython",),
    "github": ("pygithub",),
    "google.adk": ("google-adk",),
    "google.api_core": ("google-api-core",),
    "google.auth": ("google-auth",),
    "google.cloud.pubsub_v1": ("google-cloud-pubsub",),
    "google.cloud.secretmanager": ("google-cloud-secret-manager",),
    "google.generativeai": ("google-generativeai",),
    "google.genai": ("google-genai",),
    "google.oauth2": ("google-auth",),
    "google.protobuf": ("protobuf",),
    "google_auth_oauthlib": ("google-auth-oauthlib",),
    "googleapiclient": ("google-api-python-client",),
    "grpc": ("grpcio",),
    "igraph": ("igraph", "python-igraph"),
    "jose": ("python-jose",),
    "jwt": ("pyjwt", "jwt"),
    "kafka": ("kafka-python", "kafka-python-ng"),
    "ldap": ("python-ldap",),
    "llama_cpp": ("llama-cpp-python",),
    "llama_index.core": ("llama-index-core", "llama-index"),
    "magic": ("python-magic", "python-magic-bin", "file-magic"),
    "mpl_toolkits": ("matplotlib",),
    "multipart": ("python-multipart", "multipart"),
    "mx": ("mxnet",),
    "nacl": ("pynacl",),
    "odf": ("odfpy",),
    "opentelemetry.trace": ("opentelemetry-api",),
    "pinecone": ("pinecone", "pinecone-client"),
    "pkg_resources": ("setuptools",),
    "playhouse": ("peewee",),
    "pptx": ("python-pptx",),
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "psycopg": ("psycopg", "psycopg-binary"),
    "pyaudioop": ("audioop-lts",),
    "rest_framework": ("djangorestframework",),
    "ruamel.yaml": ("ruamel-yaml",),
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
    "vertexai": ("google-cloud-aiplatform",),
    "websocket": ("websocket-client",),
    "whisper": ("openai-whisper",),
    "wx": ("wxpython",),
    "xdg": ("xdg", "pyxdg"),
    "yaml": ("pyyaml",),
    "zmq": ("pyzmq",),
}

#: Distributions that many apps import under their own names.
_OF_THEIR_NAME: Final = frozenset(
    (
        *(
            "accelerate",
            "aiofiles",
            "aiohttp",
            "anthropic",
            "anyio",
            "asyncpg",
            "authlib",
            "boto3",
            "datasets",
        ),
        *(
            "diffusers",
            "django",
            "fastapi",
            "flask",
            "gradio",
            "groq",
            "httpx",
            "jinja2",
            "joblib",
            "langchain",
        ),
        *(
            "litestar",
            "matplotlib",
            "mcp",
            "networkx",
            "nltk",
            "numpy",
            "openai",
            "orjson",
            "pandas",
            "plotly",
        ),
        *(
            "polars",
            "psutil",
            "pyarrow",
            "pydantic",
            "pymongo",
            "redis",
            "requests",
            "rich",
            "scipy",
            "seaborn",
        ),
        *(
            "sentence-transformers",
            "spacy",
            "sqlalchemy",
            "sqlmodel",
            "starlette",
            "tiktoken",
            "timm",
            "torch",
        ),
        *("torchaudio", "torchvision", "tqdm", "transformers", "typer", "uvicorn", "websockets", "xgboost"),
    )
)

#: Modules that several distributions share: the part that is imported tells which.
NAMESPACES: Final = frozenset(
    {
        "azure",
        "backports",
        "google",
        "jaraco",
        "llama_index",
        "opentelemetry",
        "ruamel",
        "sphinxcontrib",
        "zope",
    }
)

#: What Python had: the 3.x that has it no more, and the distributions that bring it back.
#: [What's New in Python 3.10 to 3.13: Removed]
REMOVED: Final[Mapping[str, tuple[int, tuple[str, ...]]]] = {
    **dict.fromkeys(("formatter", "parser", "symbol"), (10, ())),
    "binhex": (11, ()),
    "asynchat": (12, ("pyasynchat", "standard-asynchat")),
    "asyncore": (12, ("pyasyncore", "standard-asyncore")),
    "distutils": (12, ("setuptools", "standard-distutils")),
    "imp": (12, ("zombie-imp",)),
    "smtpd": (12, ("standard-smtpd",)),
    "audioop": (13, ("audioop-lts",)),
    "cgi": (13, ("legacy-cgi", "standard-cgi")),
    "cgitb": (13, ("legacy-cgi", "standard-cgitb")),
    "telnetlib": (13, ("standard-telnetlib", "telnetlib-313-and-up")),
    **{
        name: (13, (f"standard-{name}",))
        for name in (
            *("aifc", "chunk", "crypt", "imghdr", "mailcap", "nntplib", "pipes", "sndhdr", "sunau", "uu"),
            "xdrlib",
        )
    },
    **dict.fromkeys(("lib2to3", "msilib", "nis", "ossaudiodev", "spwd"), (13, ())),
}

#: What Python has since a 3.x only.
ADDED: Final[Mapping[str, int]] = {
    "graphlib": 9,
    "zoneinfo": 9,
    "tomllib": 11,
    "annotationlib": 14,
    "compression": 14,
}

_NEVER_INSTALLED: Final = frozenset({"__main__", "_typeshed"})


def candidates(module: str) -> tuple[str, ...]:
    """The distributions that a module may come from, by table or by its own name."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        known = DISTRIBUTIONS.get(".".join(parts[:length]))
        if known:
            return known
    if parts[0] in REMOVED:
        return REMOVED[parts[0]][1]
    if parts[0] in NAMESPACES and len(parts) > 1:
        # google.cloud.storage is google-cloud-storage
        return tuple(normalised("-".join(parts[:length])) for length in (3, 2) if length <= len(parts))
    return (normalised(parts[0]),)


def is_known(module: str) -> bool:
    """Does a table say where this module comes from?"""
    own_name = normalised(module.partition(".")[0])
    return own_name in _OF_THEIR_NAME or candidates(module) != (own_name,)


def minor(python: str) -> int | None:
    """12 of "3.12.1"; None where that is not said."""
    found = re.match(r"3\.(\d{1,2})(?!\d)", python)
    return int(found[1]) if found else None


def is_standard(module: str, python: str = "") -> bool:
    """Is it a module of this Python ("3.12") itself?  Without a version: is it, or was it, of any?"""
    top = module.partition(".")[0]
    version = minor(python)
    if top in REMOVED:
        return version is None or version < REMOVED[top][0]
    if top in ADDED:
        return version is None or version >= ADDED[top]
    return top in sys.stdlib_module_names or top in _NEVER_INSTALLED
