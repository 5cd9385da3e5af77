"""How many workers a server is told to start, and whether that is computed from the host's cores."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ...rehearsal.facts import Listener, Where
from ...space import Space
from ...space.command import StartCommand
from ..serving import text_of
from .gunicorn import config_file, is_told_file, parsed

#: "cores": computed from the number of cores; None: nobody can tell before it runs.
Count = int | Literal["cores"] | None

_DEEPEST: Final = 20
#: Names that stand for themselves twice would multiply.
_MOST_STEPS: Final = 1000

#: What tells how many cores there are.
_CORES: Final = frozenset({"cpu_count", "process_cpu_count", "sched_getaffinity"})
_CORES_IN_SHELL: Final = re.compile(r"\bnproc\b|cpu_count|/proc/cpuinfo|_NPROCESSORS_ONLN|\blscpu\b")
_CALLS: Final = {"max": max, "min": min}
_ARITHMETIC: Final = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Div)

#: The options and variables that say how many, by the server that reads them.
_OPTIONS: Final = ("--workers", "-w", "--web-concurrency", "--wc", "-W")
_VARIABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "uvicorn": ("WEB_CONCURRENCY", "UVICORN_WORKERS"),
    "fastapi": ("WEB_CONCURRENCY",),
    "gunicorn": ("WEB_CONCURRENCY", "GUNICORN_CMD_ARGS"),
    "granian": ("GRANIAN_WORKERS", "WEB_CONCURRENCY"),
    "hypercorn": ("WEB_CONCURRENCY",),
    "litestar": ("LITESTAR_WEB_CONCURRENCY", "WEB_CONCURRENCY"),
    "python": ("WEB_CONCURRENCY",),
}


@dataclass(frozen=True)
class Workers:
    """``count`` None: it is made up at run time.  ``path`` and ``line``: where it is written."""

    count: Count
    path: str
    line: int | None


def workers_of(space: Space, command: StartCommand, listener: Listener | None) -> Workers:
    """What the start command says, or the program that it runs as far as it came."""
    if listener is not None and listener.where is not None and command.runner == "python":
        return _of_program(space, listener, listener.where)
    if command.workers is not None:
        return Workers(command.workers, *_written(space, command))
    if any(word.partition("=")[0] in _OPTIONS for word in command.words[1:]):
        computed = _CORES_IN_SHELL.search(_shell_text(space, command))
        return Workers("cores" if computed else None, command.path, command.line)
    if command.runner == "gunicorn":
        return _of_gunicorn_file(space, command)
    count = listener.workers if listener is not None else 1
    return Workers(count, *_written(space, command))


def _written(space: Space, command: StartCommand) -> tuple[str, int | None]:
    """The ENV that says how many, else the start command."""
    if not any(word.partition("=")[0] in _OPTIONS for word in command.words[1:]):
        known = space.image.env if space.image else {}
        for name in _VARIABLES.get(command.runner or "", ()):
            if name in known:
                return known[name].path, known[name].line
    return command.path, command.line


def _shell_text(space: Space, command: StartCommand) -> str:
    """The shell program that the command stands in."""
    image = space.image
    words = [each.words for each in (image.entrypoint, image.command) if each] if image else []
    script = text_of(space, command.path) if command.path != "Dockerfile" else ""
    return "\n".join([script, *(word for each in words for word in each)])


def _of_program(space: Space, listener: Listener, where: Where) -> Workers:
    """From the call that started the server: on this machine the number may be another."""
    tree = parsed(text_of(space, where.path))
    given = next(
        (
            keyword.value
            for node in (ast.walk(tree) if tree else ())
            if isinstance(node, ast.Call) and node.lineno <= where.line <= (node.end_lineno or 0)
            for keyword in node.keywords
            if keyword.arg == "workers"
        ),
        None,
    )
    if tree is not None and given is not None and _Reader(space, tree).count(given) == "cores":
        return Workers("cores", where.path, where.line)
    return Workers(listener.workers, where.path, where.line)


def _of_gunicorn_file(space: Space, command: StartCommand) -> Workers:
    """From ``workers = …`` in the configuration file, which only gunicorn itself would run."""
    source = config_file(space, command)
    if source is None:
        return Workers(None if is_told_file(command) else 1, *_written(space, command))
    tree = parsed(text_of(space, source))
    if tree is None:
        return Workers(None, source, None)
    reader = _Reader(space, tree)
    last = next((node for name, node in reversed(reader.assigned) if name == "workers"), None)
    return Workers(reader.count(last), source, last.lineno) if last is not None else Workers(1, source, None)


class _Reader:
    """Computes what can be known of an expression without running it."""

    def __init__(self, space: Space, tree: ast.Module) -> None:
        self.env = {name: each.value for name, each in space.image.env.items()} if space.image else {}
        self.assigned = list(_assignments(tree))
        self._left = _MOST_STEPS

    def count(self, node: ast.expr | None, depth: int = 0) -> Count:
        """A number, "cores", or None."""
        found = self._value(node, depth)
        if not isinstance(found, str):
            return found
        if found == "cores":
            return "cores"
        return int(found) if re.fullmatch(r"\d{1,6}", found) else None

    def _value(self, node: ast.expr | None, depth: int) -> int | str | None:
        self._left -= 1
        if node is None or depth > _DEEPEST or self._left < 0:
            return None
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, (int, str)) else None
        if isinstance(node, ast.Name):
            values = [value for name, value in self.assigned if name == node.id]
            return self._value(values[-1], depth + 1) if values else None
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
            counts = (self._value(each, depth + 1) for each in node.values)
            return next((count for count in counts if count), None)
        if isinstance(node, ast.BinOp) and isinstance(node.op, _ARITHMETIC):
            return self._computed(node, depth)
        if isinstance(node, ast.Subscript):
            return self._variable([node.slice], depth) if _name_of(node.value) == "environ" else None
        return self._called(node, depth) if isinstance(node, ast.Call) else None

    def _computed(self, node: ast.BinOp, depth: int) -> Count:
        left, right = self.count(node.left, depth + 1), self.count(node.right, depth + 1)
        if "cores" in (left, right):
            return "cores"
        if not isinstance(left, int) or not isinstance(right, int):
            return None
        if isinstance(node.op, (ast.FloorDiv, ast.Div)):
            return left // right if right else None
        if isinstance(node.op, ast.Mult):
            return left * right
        return left + right if isinstance(node.op, ast.Add) else left - right

    def _called(self, node: ast.Call, depth: int) -> int | str | None:
        name = _name_of(node.func)
        if name in _CORES:
            return None if "PYTHON_CPU_COUNT" in self.env else "cores"
        if name in ("getenv", "get"):
            return self._variable(node.args, depth)
        counts = [self.count(each, depth + 1) for each in node.args]
        if name in ("int", "round", "len", "abs") and len(counts) == 1:
            return counts[0]
        if name not in _CALLS or not counts or None in counts:
            return None
        numbers = [each for each in counts if isinstance(each, int)]
        # the smaller of a number and the cores is at most the number
        if "cores" in counts and (name == "max" or not numbers):
            return "cores"
        return _CALLS[name](numbers)

    def _variable(self, arguments: list[ast.expr], depth: int) -> int | str | None:
        """``os.environ.get("NAME", default)``"""
        name = arguments[0].value if arguments and isinstance(arguments[0], ast.Constant) else None
        if not isinstance(name, str):
            return None
        if name in self.env:
            return self.env[name]
        return self._value(arguments[1], depth + 1) if len(arguments) > 1 else None


def _name_of(node: ast.expr) -> str:
    """``environ`` of ``os.environ`` and of ``environ``."""
    return node.id if isinstance(node, ast.Name) else str(getattr(node, "attr", ""))


def _assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Every name that is assigned anywhere, in the order of the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
