"""3xx: is everything that the app imports among what the build installs?"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from ...check import Check, Finding, Skip, check
from ...contract import Stage
from ...rehearsal.facts import Rehearsal, chain
from ...space import Space
from ...space.files import SUBMODULE
from ...space.modules import entry_file
from ...space.requirement_lines import normalised
from ...space.sources import Sources
from ..causes import (
    failure_code,
    is_own,
    own_modules,
    undeclarable,
    undeclared_module,
)
from ..distributions import Closure, Installed, brought, installed_for, space_python
from ..imports import Wanted, app_files, is_likely, wanted_imports
from ..modules import ADDED, NAMESPACES, REMOVED, candidates, is_known, is_standard
from ..serving import one_line
from .bounds import requirement_unbounded
from .drivers import driver_needs
from .extras import form_need, imported_needs, started_needs, used_needs
from .prerequisites import need_build, requirements_file
from .usage import Code, Need
from .websockets import websocket_library

#: Children that a parent's own documentation tells to import.
_COUPLES: Final[Mapping[str, frozenset[str]]] = {
    "fastapi": frozenset({"starlette", "pydantic"}),
    "flask": frozenset({"werkzeug", "jinja2", "markupsafe", "itsdangerous", "click"}),
    "gradio": frozenset({"fastapi", "starlette", "pydantic", "gradio-client", "pillow", "numpy", "pandas"}),
    "litestar": frozenset({"msgspec"}),
    "pydantic": frozenset({"pydantic-core", "annotated-types"}),
    "pydantic-settings": frozenset({"pydantic"}),
    "quart": frozenset({"werkzeug", "jinja2", "flask"}),
    "sqlmodel": frozenset({"sqlalchemy", "pydantic"}),
    "starlette": frozenset({"anyio"}),
}

#: Brought by so many that nobody loses them.
_EVERYWHERE: Final = frozenset({"typing-extensions", "pip", "setuptools"})

Verdict = Literal["brought", "undeclared", "unknown"]


@dataclass(frozen=True)
class _Judge:
    """What is declared, and what is known of it."""

    space: Space
    found: Closure
    installed: Installed
    own: frozenset[str]
    python: str
    known: dict[str, Verdict] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The Space's Python as people write it: 3.12."""
        return ".".join(self.python.split(".")[:2])

    def verdict(self, module: str) -> Verdict:
        """Is a module there on the Space?"""
        if module not in self.known:
            self.known[module] = self._verdict(module)
        return self.known[module]

    def _verdict(self, module: str) -> Verdict:
        if self.is_given(module) or self.bearers(module) or is_own(self.space, module):
            return "brought"
        return "unknown" if self.found.unknown else "undeclared"

    def is_given(self, module: str) -> bool:
        """Is it the repository's own, or Python's?"""
        return module.partition(".")[0] in self.own or is_standard(module, self.python)

    def bearers(self, module: str) -> frozenset[str]:
        """The distributions among those that the build installs which have this module."""
        by_name = self.found.names.intersection(candidates(module))
        return by_name or self.found.names.intersection(self.installed.providers(module))

    def suggestion(self, module: str) -> str:
        """The distribution to declare for a module, "" where nobody knows it."""
        here, known = self.installed.providers(module), candidates(module)
        if here:
            return next((name for name in known if name in here), here[0])
        is_told = known and (is_known(module) or module.partition(".")[0] in REMOVED)
        return known[0] if is_told else ""


def _judge(space: Space, rehearsal: Rehearsal) -> _Judge:
    own = own_modules(space) | frozenset(_opaque_modules(space))
    return _Judge(space, brought(space, rehearsal), installed_for(rehearsal), own, space_python(space))


def _opaque_modules(space: Space) -> Iterator[str]:
    """Modules of the repository that are no Python source: compiled ones, and submodules."""
    for path, entry in space.files.tracked.items():
        if path.endswith((".so", ".pyd", ".pyx", ".pyc")) or entry.mode == SUBMODULE:
            yield posixpath.basename(path).partition(".")[0]


def _need_declarations(space: Space) -> None:
    """Raise Skip where nobody can tell what is declared."""
    need_build(space)
    unknown = undeclarable(space)
    if unknown:
        raise Skip(unknown)
    if space.requirements.invalid:
        first = space.requirements.invalid[0]
        raise Skip(f"{first.path}:{first.line} is no requirement that pip understands")


def _unknown(found: Closure) -> Skip:
    return Skip(found.reason)


@check(
    "HFS303",
    "dependency-undeclared",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS301",),
    consequence="The Space's log ends with ModuleNotFoundError, and the Space stops with a runtime error.",
)
def dependency_undeclared(
    space: Space, space_sources: Sources, space_rehearsal: Rehearsal
) -> Iterator[Finding]:
    """Every distribution that the app imports is declared, or comes with one that is.  [field]"""
    _need_declarations(space)
    judge = _judge(space, space_rehearsal)
    code = failure_code(space, space_rehearsal)
    files = app_files(space, space_sources, space_rehearsal)
    wanted = wanted_imports(space, space_sources, files)
    findings: dict[str, Finding] = {}
    if code == "HFS303":
        module = undeclared_module(space, space_rehearsal)
        place = _where_missing(space, space_rehearsal)
        findings[_key(module)] = _undeclared(judge, Wanted(module, *place, certain=True))
    is_unsure = False
    for each in wanted:
        verdict = judge.verdict(each.module)
        is_unsure |= verdict == "unknown"
        is_new = verdict == "undeclared" and _key(each.module) not in findings
        if is_new and _is_sure(judge, each, space_rehearsal) and is_likely(space, space_sources, each):
            findings[_key(each.module)] = _undeclared(judge, each)
    # what is not installed here may bring what is needed
    if not judge.found.unknown:
        findings |= _extras(judge, space_sources, space_rehearsal, files, wanted)
    yield from findings.values()
    if not findings:
        _say_what_is_not_known(space_rehearsal, code, judge.found, is_unsure=is_unsure)


def _say_what_is_not_known(rehearsal: Rehearsal, code: str, found: Closure, *, is_unsure: bool) -> None:
    if rehearsal.impossible:
        raise Skip(rehearsal.impossible)
    if code:
        raise Skip(f"needs {code}")
    if is_unsure:
        raise _unknown(found)


def _key(module: str) -> str:
    top = module.partition(".")[0]
    return candidates(module)[0] if top in NAMESPACES else top


def _is_sure(judge: _Judge, each: Wanted, rehearsal: Rehearsal) -> bool:
    """May this be said, after all that could make such a module unseen?"""
    if each.top in ADDED or each.top in REMOVED:
        return True
    if each.certain and rehearsal.served and not judge.installed.providers(each.module):
        # the app came up without it: nothing has imported it
        return False
    if judge.suggestion(each.module):
        return True
    image = judge.space.image
    if image is None or image.not_followed:
        return False
    # where the app came up, the start found every module that it wanted
    return not each.certain


def _where_missing(space: Space, rehearsal: Rehearsal) -> tuple[str, int]:
    failure = rehearsal.failure
    where = failure.where or (failure.raised.where if failure.raised else None) if failure else None
    return (where.path, where.line) if where else (entry_file(space), 0)


def _undeclared(judge: _Judge, each: Wanted) -> Finding:
    shown = each.module if each.top in NAMESPACES else each.top
    name = one_line(each.module, 80)
    distribution = judge.suggestion(each.module) or (candidates(each.module) or ("",))[0]
    file = requirements_file(judge.space)
    # pkg_resources is gone from newer ones  [setuptools: 82.0.0]
    line = "setuptools<81" if each.top == "pkg_resources" else distribution
    hint = f"add the line {line} to {file}"
    brings = "" if normalised(each.module) == distribution else f" ({distribution})"
    message = f"{name}{brings} is imported{'' if each.certain else ' in a function'}, "
    message += "and no declared package brings it"
    if each.top in REMOVED:
        message = f"{name} is imported, which Python {judge.version} has no more"
        if not REMOVED[each.top][1]:
            hint = f"replace it: nothing brings {each.top} back"
    elif each.top in ADDED:
        message = f"{name} is imported, which Python {judge.version} does not have yet"
        hint = f"let the Space run Python 3.{ADDED[each.top]} or a newer one"
    elif not distribution or not (each.certain or judge.suggestion(each.module)):
        hint = f"declare in {file} the package that has it, or catch the ImportError"
    return Finding(
        message,
        hint,
        each.path,
        each.line or None,
        level=None if each.certain else "warn",
        consequence=_consequence(f"ModuleNotFoundError: No module named '{shown}'", certain=each.certain),
    )


def _consequence(says: str, *, certain: bool) -> str:
    if certain:
        return f'The Space\'s log ends with "{says}", and the Space stops with a runtime error.'
    return f'What reaches this on the Space fails with "{says}".'


# -- what libraries import when they are asked


def _extras(
    judge: _Judge,
    sources: Sources,
    rehearsal: Rehearsal,
    files: Mapping[str, bool],
    wanted: list[Wanted],
) -> dict[str, Finding]:
    said = " ".join(
        raised.message for raised in chain(rehearsal.failure.raised if rehearsal.failure else None)
    )
    findings: dict[str, Finding] = {}
    for need in _needs(judge, sources, rehearsal, files, wanted):
        name = need.any_of[0]
        is_told = any(each in said for each in (*need.any_of, need.says)) if said else False
        if is_told or need.by not in judge.found.names or judge.found.names.intersection(need.any_of):
            continue
        key = f"for {name}"
        if key not in findings or (need.certain and findings[key].level == "warn"):
            findings[key] = _needed(judge.space, need)
    return findings


def _needs(
    judge: _Judge,
    sources: Sources,
    rehearsal: Rehearsal,
    files: Mapping[str, bool],
    wanted: list[Wanted],
) -> Iterator[Need]:
    space = judge.space
    code = Code(space, sources, files)
    yield from started_needs(space.command)
    yield from form_need(rehearsal, entry_file(space))
    for each, need in imported_needs(wanted, judge.python):
        if is_likely(space, sources, each):
            yield need
    yield from used_needs(code, judge.found.names)
    yield from driver_needs(code, judge.installed.version("sqlalchemy"))


_NAMES: Final = {"fastapi": "FastAPI", "sqlalchemy": "SQLAlchemy", "pyjwt": "PyJWT", "httpx": "HTTPX"}


def _needed(space: Space, need: Need) -> Finding:
    by = _NAMES.get(need.by, need.by)
    return Finding(
        f"{need.what}, for which {by} imports {' or '.join(need.any_of)}, and no declared package brings it",
        f"add the line {need.write or need.any_of[0]} to {requirements_file(space)}",
        need.path,
        need.line,
        level=None if need.certain else "warn",
        consequence=_consequence(need.says, certain=need.certain),
    )


# -- what comes along by chance


@check(
    "HFS304",
    "dependency-transitive",
    level="note",
    predicts=Stage.RUNNING,
    needs=("HFS301",),
    consequence="The day that package no longer brings it, the Space stops with ModuleNotFoundError.",
)
def dependency_transitive(
    space: Space, space_sources: Sources, space_rehearsal: Rehearsal
) -> Iterator[Finding]:
    """What the app imports is declared by itself, and not only brought by another.  [spaces-dependencies]"""
    _need_declarations(space)
    judge = _judge(space, space_rehearsal)
    wanted = wanted_imports(space, space_sources, app_files(space, space_sources, space_rehearsal))
    told: set[str] = set()
    is_unsure = False
    for each in wanted:
        if judge.is_given(each.module):
            continue
        bearers = judge.bearers(each.module)
        is_unsure |= judge.verdict(each.module) == "unknown"
        if not bearers or bearers & (judge.found.direct | _EVERYWHERE | told):
            continue
        child = min(bearers)
        if not _is_documented(judge.found, child) and is_likely(space, space_sources, each):
            told.add(child)
            yield _transitive(space, judge.found, each, child)
    if is_unsure and not told:
        raise _unknown(judge.found)


def _is_documented(found: Closure, child: str) -> bool:
    """Is it one that a declared parent tells to import, or one that this one tells to import?"""
    parents = [parent for parent, children in _COUPLES.items() if child in children and parent in found.names]
    return any(parent in found.direct or _is_documented(found, parent) for parent in parents)


def _transitive(space: Space, found: Closure, each: Wanted, child: str) -> Finding:
    parent = found.parents.get(child, "another package")
    named = "" if normalised(each.module) == child else f" ({child})"
    return Finding(
        f"{one_line(each.module, 80)}{named} is imported, and comes only because {parent} needs it",
        f"add the line {child} to {requirements_file(space)}",
        each.path,
        each.line,
    )


CHECKS: Final[tuple[Check, ...]] = (
    dependency_undeclared,
    dependency_transitive,
    requirement_unbounded,
    websocket_library,
)
