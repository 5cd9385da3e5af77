"""The environment that the app sees, and values for settings that it cannot do without."""

from __future__ import annotations

import os
import re
import site
from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from ..contract import BUILTIN_ENVIRONMENT, GRADIO_ENVIRONMENT, OAUTH_ENVIRONMENT
from ..space import Space
from ..space.settings import is_placeholder, is_secret_name
from .facts import Read
from .layout import Layout

#: What of the caller's environment describes the machine and not the caller.
KEPT = (
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "PYTHONDONTWRITEBYTECODE",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)
_KEPT_PREFIX = "LC_"

#: An Ed25519 private key up to its 32 bytes, as PKCS #8 has it.
_KEY_HEADER = bytes.fromhex("302e020100300506032b657004220420")

#: Shapes that a name promises, tried in this order.  "{n}" makes the value unique.
_SHAPES = (
    (r"REDIS.*_(URL|URI)$", "redis://stand-in.invalid:6379/0"),
    (r"(MONGO|MONGODB).*_(URL|URI)$", "mongodb://stand-in.invalid:27017/stand_in"),
    (
        (
            r"(^|_)(DATABASE|DB|PG|POSTGRES|POSTGRESQL|MYSQL|MARIADB|SQLALCHEMY|SQLITE)(_.*)?_(URL|URI|DSN)$"
            r"|^(URL|URI)$"
        ),
        "sqlite:///{home}/stand-in.db",
    ),
    (r"(^|_)DSN$", "https://standin{n}@stand-in.invalid/1"),
    (r"(^|_)(URL|URI|ENDPOINT|BASE|ORIGIN|WEBHOOK)$", "https://stand-in.invalid/{n}"),
    (r"(^|_)ORIGINS$", "https://stand-in.invalid"),
    (r"PRIVATE_KEY$|(^|_)PEM$", "{pem}"),
    (r"(^|_)PORT$", "8080"),
    (r"(^|_)(HOST|HOSTNAME|SERVER|DOMAIN)$", "stand-in.invalid"),
    (
        (
            r"(^|_)(TIMEOUT|SECONDS|MINUTES|HOURS|DAYS|COUNT|SIZE|LIMIT|MAX|MIN|NUM|TTL|RETRIES|WORKERS|INTERVAL)"
            r"($|_)|^(MAX|MIN|NUM|N)_"
        ),
        "1",
    ),
    (r"(TEMPERATURE|THRESHOLD|RATIO|RATE|TOP_P)$", "0.5"),
    (r"^(ENABLE|USE|IS|HAS|ALLOW|DISABLE|DEBUG)(_|$)|_(ENABLED|DISABLED|FLAG|DEBUG)$", "false"),
    (r"(^|_)E?MAIL(_ADDRESS)?$", "stand-in@example.com"),
    (r"(^|_)JSON$", "{}"),
    (r"LOG_?LEVEL$", "INFO"),
    (r"REGION$", "us-east-1"),
    (r"(^|_)(DIR|DIRECTORY|FOLDER|PATH|ROOT)$", "{home}"),
    (r"OPENAI.*KEY$", "sk-standin{n}"),
    (r"^(HF|HUGGING).*TOKEN$", "hf_standin{n}"),
)

#: The scheme of an example's address that only an engine for asyncio takes, and one that needs no server.
_ASYNC_DRIVER = re.compile(
    r"([a-z]+\+(?:aiomysql|aioodbc|aiosqlite|asyncmy|asyncpg|oracledb_async|psycopg_async))://"
)
_ASYNC_FILE = "sqlite+aiosqlite:///{home}/stand-in.db"

#: A database that is a file: the address up to the path, which is absolute, and the path.
_DATABASE = re.compile(r"(sqlite(?:\+\w+)?:///)(/[^?]+)")

#: Values for a settings class's types, and for what its validation complains of.
_TYPED = {
    "int": "1",
    "float": "0.5",
    "bool": "false",
    "url": "https://stand-in.invalid/{n}",
    "json": "[]",
    "path": "{home}",
    "fernet": "{fernet}",
}


def base_environment(
    space: Space, layout: Layout, given: Mapping[str, str], caller: Mapping[str, str] | None = None
) -> dict[str, str]:
    """What the app finds before any setting of its own: nothing of the caller's but the machine."""
    caller = os.environ if caller is None else caller
    environment = {k: v for k, v in caller.items() if k in KEPT or k.startswith(_KEPT_PREFIX)}
    if site.ENABLE_USER_SITE:  # HOME moves, the packages under the old one stay in use
        environment["PYTHONUSERBASE"] = site.getuserbase()
    environment |= {"HOME": str(layout.home), "TMPDIR": str(layout.scratch)}
    if not any(source.rpartition("/")[2] == ".env" for source in layout.files.values()):
        # the search for a .env climbs out of the layout
        environment["PYTHON_DOTENV_DISABLED"] = "1"
    environment |= BUILTIN_ENVIRONMENT
    if space.card.hf_oauth:
        environment |= OAUTH_ENVIRONMENT
    if space.sdk == "gradio":
        environment |= GRADIO_ENVIRONMENT
    if space.image is not None:
        values = {name: variable.value for name, variable in space.image.env.items()}
        environment |= _image_environment(values, layout)
    if space.command is not None:
        environment |= _image_environment(space.command.env, layout)
    return environment | dict(given)


def _image_environment(values: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """Variables of the image.  Its paths become those of the layout where they exist there, and
    those of databases where their directory does."""
    result = {}
    for name, value in values.items():
        if name in ("PATH", "HOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH"):
            continue  # about the image's programs, which are not here
        parts = value.split(":") if value.startswith("/") else [value]
        result[name] = ":".join(_moved(part, layout) for part in parts)
    return result


def _moved(part: str, layout: Layout) -> str:
    database = _DATABASE.fullmatch(part)
    if database is not None:
        here = layout.inside(database[2])
        return f"{database[1]}{here}" if here.parent != layout.root and here.parent.is_dir() else part
    if not part.startswith("/"):
        return part
    here = layout.inside(part)
    # a file that is yet to be made lies where its directory does
    found = here.exists() or (here.parent != layout.root and here.parent.is_dir())
    return str(here) if found else part


def stand_in(name: str, read: Read | None, space: Space, home: str, complaint: str = "") -> str:
    """A value for a setting that start-up cannot do without.

    In this order: the declared example, unless it is a placeholder; the type that its settings
    class demands, or that its validation complained of (``complaint``); the driver that the example
    names; the shape that the name promises; a text that is unique to the name.
    """
    fill = _filling(name, home)
    declared = space.settings.get(name)
    usable = declared is not None and not complaint and not is_placeholder(declared.value)
    if declared is not None and usable and not is_secret_name(name) and "://" not in declared.value:
        return declared.value
    wants, _, exactly = complaint.partition(":")
    if wants == "text":
        return exactly
    if wants == "scheme" and (scheme := _scheme(exactly, declared.value if declared is not None else "")):
        return f"{scheme}://stand-in.invalid/stand_in"
    wants = "url" if wants == "scheme" else wants
    kind = wants if wants in _TYPED else read.type if read else ""
    shapes: Iterable[str] = (shape for pattern, shape in _SHAPES if re.search(pattern, name.upper()))
    shape = _TYPED.get(kind) or next(iter(shapes), "stand-in-{n}")
    driver = _ASYNC_DRIVER.match(declared.value) if declared is not None and not complaint else None
    if driver is not None:
        has_file = find_spec("aiosqlite") is not None
        shape = _ASYNC_FILE if has_file else f"{driver[1]}://stand-in.invalid/stand_in"
    if kind == "json" and complaint.startswith("json:dict"):
        shape = "{}"
    value = re.sub(r"\{(\w+)\}", lambda part: fill.get(part[1], part[0]), shape)
    return value.ljust(int(exactly), "x") if wants == "length" else value


def _scheme(admitted: str, example: str) -> str:
    """Of the schemes that a complaint admits, the example's or the usual one; "" for those of the web."""
    schemes = re.findall(r"'([a-z][\w.+-]*)'", admitted)
    if not schemes or "https" in schemes:
        return ""
    usual = (example.partition("://")[0], "postgresql", schemes[0])
    return next(scheme for scheme in usual if scheme in schemes)


def marker(name: str) -> str:
    """The twelve digits by which the stand-in of a setting is known wherever it turns up."""
    return f"{int.from_bytes(_seed(name)[:8], 'big') % 10**12:012d}"


def _seed(name: str) -> bytes:
    from hashlib import sha256

    return sha256(name.encode()).digest()


def _filling(name: str, home: str) -> dict[str, str]:
    import base64

    seed = _seed(name)
    key = base64.b64encode(_KEY_HEADER + seed).decode()
    return {
        "n": marker(name),
        "home": home,
        "pem": f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n",
        "fernet": base64.urlsafe_b64encode(seed).decode(),
    }
