"""What libraries import only when they are asked for something: no metadata says that an app needs it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from ...rehearsal.facts import Rehearsal, Route
from ...space.command import StartCommand
from ..imports import Wanted
from ..modules import minor
from ..serving import one_line
from .usage import Code, Need, Use, uses


class _Rule(NamedTuple):
    """``names``: dotted names of a library that ask for a distribution when they are used.  ``late``:
    nothing is said before a request is answered.  ``when``: of a call, whether it asks."""

    names: tuple[str, ...]
    by: str
    any_of: tuple[str, ...]
    says: str
    late: bool = False
    when: Callable[[ast.Call], bool] | None = None
    write: str = ""


def _constants(call: ast.Call, *keywords: str) -> list[object]:
    """The literals among the arguments of a call, those in its lists included; or in these keywords."""
    given = [each.value for each in call.keywords if not keywords or each.arg in keywords]
    nodes = given if keywords else [*call.args, *given]
    return [
        each.value
        for node in nodes
        for each in (node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node])
        if isinstance(each, ast.Constant)
    ]


def _is_first_scheme(name: str) -> Callable[[ast.Call], bool]:
    return lambda call: (_constants(call, "schemes") or [""])[0] == name


def _reads_workbook(call: ast.Call) -> bool:
    texts = [each for each in _constants(call) if isinstance(each, str)]
    return bool(texts) and texts[0].endswith((".xlsx", ".xlsm")) and not _has(call, "engine")


def _has(call: ast.Call, keyword: str) -> bool:
    return any(each.arg in (keyword, None) for each in call.keywords)


_ASYMMETRIC: Final = frozenset(f"{kind}{bits}" for kind in ("RS", "ES", "PS") for bits in (256, 384, 512))

#: [the libraries' own sources; their texts are quoted as they are]
_RULES: Final = (
    _Rule(
        (
            "pydantic.EmailStr",
            "pydantic.NameEmail",
            "pydantic.networks.EmailStr",
            "pydantic.networks.NameEmail",
        ),
        "pydantic",
        ("email-validator",),
        "ImportError: email-validator is not installed, run `pip install 'pydantic[email]'`",
    ),
    _Rule(
        ("fastapi.templating.Jinja2Templates", "starlette.templating.Jinja2Templates"),
        "starlette",
        ("jinja2",),
        "jinja2 must be installed to use Jinja2Templates",
    ),
    _Rule(
        ("request.form",),
        "starlette",
        ("python-multipart",),
        "The `python-multipart` library must be installed to use form parsing.",
        late=True,
    ),
    _Rule(
        ("fastapi.responses.ORJSONResponse",),
        "fastapi",
        ("orjson",),
        "orjson must be installed to use ORJSONResponse",
        late=True,
    ),
    _Rule(
        ("fastapi.responses.UJSONResponse",),
        "fastapi",
        ("ujson",),
        "ujson must be installed to use UJSONResponse",
        late=True,
    ),
    _Rule(
        ("httpx.AsyncClient", "httpx.Client"),
        "httpx",
        ("h2",),
        "ImportError: Using http2=True, but the 'h2' package is not installed.",
        when=lambda call: True in _constants(call, "http2"),
        write="httpx[http2]",
    ),
    _Rule(
        ("passlib.context.CryptContext",),
        "passlib",
        ("bcrypt",),
        "passlib.exc.MissingBackendError: bcrypt: no backends available",
        late=True,
        when=_is_first_scheme("bcrypt"),
    ),
    _Rule(
        ("passlib.context.CryptContext",),
        "passlib",
        ("argon2-cffi",),
        "passlib.exc.MissingBackendError: argon2: no backends available",
        late=True,
        when=_is_first_scheme("argon2"),
    ),
    _Rule(
        ("jwt.encode", "jwt.decode"),
        "pyjwt",
        ("cryptography",),
        "NotImplementedError: Algorithm 'RS256' could not be found. Do you have cryptography installed?",
        late=True,
        when=lambda call: not _ASYMMETRIC.isdisjoint(map(str, _constants(call))),
        write="pyjwt[crypto]",
    ),
    _Rule(
        ("pandas.read_excel",),
        "pandas",
        ("openpyxl", "python-calamine"),
        "ImportError: Missing optional dependency 'openpyxl'.",
        when=_reads_workbook,
    ),
    _Rule(
        ("pandas.read_parquet",),
        "pandas",
        ("pyarrow", "fastparquet"),
        "ImportError: Unable to find a usable engine; tried using: 'pyarrow', 'fastparquet'.",
        when=lambda call: not _has(call, "engine"),
    ),
    _Rule(
        ("huggingface_hub.attach_huggingface_oauth",),
        "huggingface-hub",
        ("authlib",),
        "ImportError: Cannot initialize OAuth to due a missing library.",
        write="huggingface_hub[oauth]",
    ),
)
_FORM: Final = "request.form"
_READS_FORM: Final = re.compile(rb"\brequest\.form\(")


class _Module(NamedTuple):
    """A module that cannot be imported without another distribution.  ``since``: the minor version of
    Python from which on that is so."""

    name: str
    by: str
    any_of: tuple[str, ...]
    says: str
    since: int = 0
    write: str = ""


_NO_GREENLET: Final = (
    "ImportError: The SQLAlchemy asyncio module requires that the Python 'greenlet' library is installed."
)

_MODULES: Final = (
    _Module(
        "starlette.middleware.sessions",
        "starlette",
        ("itsdangerous",),
        "ModuleNotFoundError: No module named 'itsdangerous'",
    ),
    _Module("sqlalchemy.ext.asyncio", "sqlalchemy", ("greenlet",), _NO_GREENLET, write="sqlalchemy[asyncio]"),
    _Module("sqlmodel.ext.asyncio", "sqlalchemy", ("greenlet",), _NO_GREENLET, write="sqlalchemy[asyncio]"),
    _Module(
        "authlib.integrations.starlette_client",
        "authlib",
        ("httpx",),
        "ModuleNotFoundError: No module named 'httpx'",
    ),
    _Module("pydub", "pydub", ("audioop-lts",), "ModuleNotFoundError: No module named 'pyaudioop'", since=13),
)

#: Values of uvicorn's options that are names of modules.
_OPTIONS: Final = {
    "--loop": ("uvloop", "zuvloop"),
    "--http": ("httptools", "zttp"),
    "--ws": ("websockets", "websockets-sansio", "wsproto"),
}


def used_needs(code: Code, brought: Collection[str]) -> Iterator[Need]:
    """What the app's use of names asks for, beyond the distributions that are ``brought``."""
    rules = [rule for rule in _RULES if not any(name in brought for name in rule.any_of)]
    names = {name for rule in rules for name in rule.names}
    paths = [*code.naming(names - {_FORM}), *(code.mentioning(_READS_FORM) if _FORM in names else ())]
    for path in dict.fromkeys(paths):
        for use in uses(code.tree(path), names):
            yield from _of_use(rules, use, path, reached=code.reached[path])


def _of_use(rules: Sequence[_Rule], use: Use, path: str, *, reached: bool) -> Iterator[Need]:
    for rule in rules:
        asks = rule.when is None or (use.call is not None and rule.when(use.call))
        if use.name in rule.names and asks:
            what = f"{use.name.rpartition('.')[2] if use.name != _FORM else use.name} is used"
            certain = reached and use.place == "import" and not rule.late
            yield Need(what, rule.by, rule.any_of, rule.says, path, use.line, certain, rule.write)


def imported_needs(wanted: Sequence[Wanted], python: str) -> Iterator[tuple[Wanted, Need]]:
    """What modules of libraries ask for when they are imported."""
    version = minor(python) or 0
    for each in wanted:
        for rule in _MODULES:
            if f"{each.module}.".startswith(f"{rule.name}.") and version >= rule.since:
                what = f"{rule.name} is imported"
                yield (
                    each,
                    Need(
                        what, rule.by, rule.any_of, rule.says, each.path, each.line, each.certain, rule.write
                    ),
                )


def started_needs(command: StartCommand | None) -> Iterator[Need]:
    """What options of the start command ask for."""
    if command is None or command.runner != "uvicorn":
        return
    words = [part for word in command.words for part in (word.split("=", 1) if word[:2] == "--" else [word])]
    for option, value in pairwise(words):
        if value in _OPTIONS.get(option, ()):
            name = value.partition("-")[0]
            says = f"ModuleNotFoundError: No module named '{name}'"
            what = f"the start command has {option} {value}"
            yield Need(what, "uvicorn", (name,), says, command.path, command.line, certain=True)


def form_need(rehearsal: Rehearsal, path: str) -> Iterator[Need]:
    """What the first route that takes a form asks for.  ``path``: of the app, for want of a better."""
    route = next((route for route in rehearsal.routes if route.own and _takes_form(route)), None)
    if route is not None:
        place = route.where
        yield Need(
            f"{one_line(route.label, 80)} takes form data",
            "fastapi",
            ("python-multipart",),
            'RuntimeError: Form data requires "python-multipart" to be installed.',
            place.path if place else path,
            place.line if place else None,
            certain=True,
        )


def _takes_form(route: Route) -> bool:
    body = (route.operation or {}).get("requestBody")
    content = body.get("content") if isinstance(body, dict) else None
    return (
        isinstance(content, dict)
        and bool(content)
        and all(str(kind).startswith(("multipart/", "application/x-www-form-urlencoded")) for kind in content)
    )
