"""Database drivers: SQLAlchemy imports the one that a URL names, and no package declares it for you."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ...space import Space
from .usage import Code, Need, Use, uses

_DATABASES: Final = "databases.Database"
_ASYNC_ENGINE: Final = "create_async_engine"
_ENGINES: Final = frozenset(
    {
        "sqlalchemy.create_engine",
        "sqlalchemy.engine.create_engine",
        "sqlalchemy.ext.asyncio.create_async_engine",
        "sqlmodel.create_engine",
        _DATABASES,
    }
)

#: Modules of drivers by their names in a URL, and the distributions that have them.
#: [SQLAlchemy 2.1: Dialects]
_DRIVERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "aiomysql": ("aiomysql", ("aiomysql",)),
    "aioodbc": ("aioodbc", ("aioodbc",)),
    "aiosqlite": ("aiosqlite", ("aiosqlite",)),
    "asyncmy": ("asyncmy", ("asyncmy",)),
    "asyncpg": ("asyncpg", ("asyncpg",)),
    "mysqlconnector": ("mysql", ("mysql-connector-python",)),
    "mysqldb": ("MySQLdb", ("mysqlclient",)),
    "oracledb": ("oracledb", ("oracledb",)),
    "pg8000": ("pg8000", ("pg8000",)),
    "psycopg": ("psycopg", ("psycopg",)),
    "psycopg2": ("psycopg2", ("psycopg2-binary", "psycopg2")),
    "psycopg_async": ("psycopg", ("psycopg",)),
    "pymssql": ("pymssql", ("pymssql",)),
    "pymysql": ("pymysql", ("pymysql",)),
    "pyodbc": ("pyodbc", ("pyodbc",)),
}
_DIALECTS: Final = "sqlite|postgresql|mysql|mariadb|oracle|mssql"

#: Of a URL that names no driver: since SQLAlchemy 2.1, and before.  [SQLAlchemy 2.1: What's New]
_DEFAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "postgresql": ("psycopg", "psycopg2"),
    "mysql": ("mysqldb", "mysqldb"),
    "mariadb": ("mysqldb", "mysqldb"),
}
_OF_DATABASES: Final = {
    "sqlite": "aiosqlite",
    "postgresql": "asyncpg",
    "postgres": "asyncpg",
    "mysql": "aiomysql",
}
_ANY_URL: Final = re.compile(rb"(?:sqlite|postgres|postgresql|mysql|mariadb|oracle|mssql)(?:\+\w+)?://")
_URL: Final = re.compile(rf"({_DIALECTS}|postgres)(?:\+(\w+))?://(\S*)\Z")

#: The wheels of these bring no library of the database along.
_WRITE: Final = {"psycopg": "psycopg[binary]", "psycopg_async": "psycopg[binary]"}


class _Url(NamedTuple):
    """``direct``: it is what the engine is made with while the app starts."""

    dialect: str
    driver: str
    path: str
    line: int
    direct: bool = False


def driver_needs(code: Code, sqlalchemy: str) -> Iterator[Need]:
    """What the engines of the app ask for.  ``sqlalchemy``: its version, "" where it is not known."""
    engines = [(path, use) for path in code.naming(_ENGINES) for use in uses(code.tree(path), _ENGINES)]
    if not engines:
        return
    given = [url for path, use in engines for url in _given(code, path, use)]
    mentioned = [*_mentioned(code), *_declared(code.space)]
    named = {url.dialect for url in mentioned if url.driver}
    is_databases = all(use.name == _DATABASES for _, use in engines)
    is_sync = any(not use.name.endswith((_ASYNC_ENGINE, _DATABASES)) for _, use in engines)
    told: set[str] = set()
    for url in [*sorted(given, key=lambda url: not url.direct), *mentioned]:
        if not url.driver and not url.direct and (url.dialect in named or not (is_sync or is_databases)):
            continue  # the app turns it into another one
        driver = url.driver or _default(url.dialect, sqlalchemy, is_databases=is_databases)
        if driver in _DRIVERS and driver not in told:
            told.add(driver)
            yield _need(url, driver, "databases" if is_databases else "sqlalchemy")


def _need(url: _Url, driver: str, by: str) -> Need:
    module, distributions = _DRIVERS[driver]
    scheme = f"{url.dialect}+{url.driver}" if url.driver else url.dialect
    return Need(
        f"a database URL is {scheme}://…",
        by,
        distributions,
        f"ModuleNotFoundError: No module named '{module}'",
        url.path,
        url.line,
        url.direct,
        _WRITE.get(driver, ""),
    )


def _default(dialect: str, sqlalchemy: str, *, is_databases: bool) -> str:
    if is_databases:
        return _OF_DATABASES.get(dialect, "")
    since, before = _DEFAULTS.get(dialect, ("", ""))
    numbers = tuple(int(part) for part in re.findall(r"\d{1,6}", sqlalchemy)[:2])
    if not numbers:
        return since if since == before else ""
    return since if numbers >= (2, 1) else before


def _given(code: Code, path: str, use: Use) -> Iterator[_Url]:
    """What an engine is made with."""
    call = use.call
    if call is None:
        return
    named = [keyword.value for keyword in call.keywords if keyword.arg == "url"]
    argument = next(iter([*call.args, *named]), None)
    is_sure = code.reached[path] and use.place == "import"
    if isinstance(argument, ast.Name):
        argument = _assigned(code.tree(path), argument.id)
    if isinstance(argument, (ast.Constant, ast.JoinedStr)):
        url = _url(_text(argument), path, argument.lineno)
        if url is not None:
            yield url._replace(direct=is_sure)


def _assigned(tree: ast.Module, name: str) -> ast.expr | None:
    """What the top level of a module assigns to a name, if it does so once."""
    values = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == name
    ]
    is_top = any(getattr(node, "value", None) is values[0] for node in tree.body) if values else False
    return values[0] if len(values) == 1 and is_top else None


def _mentioned(code: Code) -> Iterator[_Url]:
    """Texts of the app that are such URLs: defaults of settings, and what is replaced by what."""
    for path in code.mentioning(_ANY_URL):
        for node in ast.walk(code.tree(path)):
            if isinstance(node, (ast.Constant, ast.JoinedStr)):
                url = _url(_text(node), path, node.lineno)
                if url is not None:
                    yield url


def _declared(space: Space) -> Iterator[_Url]:
    for setting in space.settings.values():
        url = _url(setting.value, setting.path, setting.line)
        if url is not None:
            yield url


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        return f"{first.value}x" if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return node.value if isinstance(node.value, str) and len(node.value) < 1000 else ""


def _url(text: str, path: str, line: int) -> _Url | None:
    """None also for "postgresql://" alone, which an app compares with, or replaces."""
    found = _URL.match(text)
    if found is None or not (found[2] or found[3]):
        return None
    return _Url(found[1], (found[2] or "").lower(), path, line)
