"""7xx: are cache variables set before what reads them is imported?"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from ...check import Finding, NotApplicable, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.sources import Import, Sources
from ..causes import NO_PROCESS
from ..serving import one_line, text_of

_HUB: Final = (
    "transformers",
    "diffusers",
    "datasets",
    "sentence_transformers",
    "peft",
    "huggingface_hub.constants",
)

#: The packages that read a variable once, when they are imported.  Not here, because they are read when
#: they are used: TORCH_HOME, SENTENCE_TRANSFORMERS_HOME, TOKENIZERS_PARALLELISM.
READ_AT_IMPORT: Final[Mapping[str, tuple[str, ...]]] = {
    "HF_HOME": _HUB,
    "HF_HUB_CACHE": _HUB,
    "HUGGINGFACE_HUB_CACHE": _HUB,
    "TRANSFORMERS_CACHE": ("transformers",),
    "HF_DATASETS_CACHE": ("datasets",),
    "MPLCONFIGDIR": ("matplotlib", "seaborn"),
    "NLTK_DATA": ("nltk",),
    "KERAS_HOME": ("keras",),
    "YOLO_CONFIG_DIR": ("ultralytics",),
}
#: Modules with a name that is loaded only when something is taken of them.
_LAZY: Final = "huggingface_hub"
_CHAIN: Final = 200


@check(
    "HFS708",
    "setting-late",
    level="warn",
    predicts=Stage.RUNNING,
    consequence="The cache stays in the library's own place: not writable, or lost at a restart.",
)
def setting_late(space: Space, space_sources: Sources) -> Iterator[Finding]:
    """Cache variables are set before the import that reads them.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if not space_sources.app:
        raise Skip(space_sources.unknown or "the app's sources are not known")
    set_before: set[str] = set()
    late: list[tuple[str, str, int, Import, str]] = []
    for path in space_sources.app:
        if (
            not any(name in text_of(space, path) for name in READ_AT_IMPORT)
            or path not in space_sources.trees
        ):
            continue
        for name, line in assignments(space_sources.trees[path]):
            found = _read_before(space_sources, path, name, line)
            if found is None or path not in space_sources.certain:
                set_before.add(name)
            else:
                late.append((name, path, line, *found))
    given = set(space.image.env if space.image else ()) | set(space.command.env if space.command else ())
    for name, path, line, statement, reader in late:
        if name in set_before | given:
            continue
        through = f" (through {one_line(statement.module, 60)})" if reader != _top(statement.module) else ""
        yield Finding(
            f"{name} is set on line {line}, after line {statement.line} imports {reader}{through}, "
            "which has read it by then",
            f"set it above line {statement.line}, or by ENV in the Dockerfile"
            if space.sdk == "docker"
            else f"set it above line {statement.line}, or as a variable of the Space",
            path=path,
            line=line,
        )


def _read_before(sources: Sources, path: str, name: str, line: int) -> tuple[Import, str] | None:
    """The import above this line that has the variable read, and the package that reads it."""
    for statement in sources.imports.get(path, ()):
        if statement.line < line and _happens(statement):
            reader = _reader(sources, statement, name)
            if reader:
                return statement, reader
    return None


def _reader(sources: Sources, statement: Import, name: str) -> str:
    """The package that reads the variable when this is imported, "" if none does for certain."""
    waiting, met = [statement], {statement.path}
    while waiting and len(met) < _CHAIN:
        each = waiting.pop(0)
        if reader := _reads(each, name):
            return reader
        path = _own_path(sources, each.module)
        if path and path not in met and not _sets(sources, path, name):
            met.add(path)
            waiting += [below for below in sources.imports.get(path, ()) if _happens(below)]
    return ""


def _reads(statement: Import, name: str) -> str:
    top = _top(statement.module)
    if top in READ_AT_IMPORT[name]:
        return top
    taken = statement.names and statement.module == _LAZY
    return _LAZY if taken and "huggingface_hub.constants" in READ_AT_IMPORT[name] else ""


def _happens(statement: Import) -> bool:
    return not statement.deferred and not statement.optional


def _own_path(sources: Sources, module: str) -> str:
    """The app's file of this module, "" where it is none or more than one."""
    stem = module.replace(".", "/")
    found = [
        path
        for path in sources.app
        for ending in (f"{stem}.py", f"{stem}/__init__.py")
        if f"/{path}".endswith(f"/{ending}")
    ]
    return found[0] if len(found) == 1 else ""


def _sets(sources: Sources, path: str, name: str) -> bool:
    """Does this file set the variable itself?  Then nobody knows here what comes first."""
    tree = sources.trees.get(path)
    return tree is not None and any(found == name for found, _ in assignments(tree))


def assignments(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The variables of the table that a module sets when it is loaded, with the lines."""
    stack: list[ast.stmt] = list(reversed(tree.body))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If):
            stack += reversed([*node.body, *node.orelse])
        elif isinstance(node, ast.Assign):
            yield from ((name, node.lineno) for target in node.targets if (name := _subscripted(target)))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            name = _called(node.value)
            if name:
                yield name, node.lineno


def _subscripted(target: ast.expr) -> str:
    """``os.environ["NAME"] =``"""
    if isinstance(target, ast.Subscript) and _ends(target.value, "environ"):
        return _known(target.slice)
    return ""


def _called(call: ast.Call) -> str:
    """``os.environ.setdefault("NAME", ...)`` and ``os.putenv``; putenv alone changes no os.environ."""
    function = call.func
    is_default = (
        isinstance(function, ast.Attribute)
        and function.attr == "setdefault"
        and _ends(function.value, "environ")
    )
    return _known(call.args[0]) if is_default and call.args else ""


def _ends(value: ast.expr, name: str) -> bool:
    return (isinstance(value, ast.Attribute) and value.attr == name) or (
        isinstance(value, ast.Name) and value.id == name
    )


def _known(value: ast.expr) -> str:
    text = value.value if isinstance(value, ast.Constant) else None
    return text if isinstance(text, str) and text in READ_AT_IMPORT else ""


def _top(module: str) -> str:
    return module.partition(".")[0]
