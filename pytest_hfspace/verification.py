"""The same verdict without a pytest session: for scripts, and for services that verify Spaces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from . import values
from .check import Check, Result
from .report import Report
from .run import Additions, Run
from .settings import Settings, matches

if TYPE_CHECKING:
    from .rehearsal.facts import Route
    from .rehearsal.requests import Override

_T = TypeVar("_T")


def verify(
    path: str | os.PathLike[str] = ".",
    *,
    app: str | None = None,
    ref: str | None = None,
    env: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    secrets: Iterable[str] = (),
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    strict: bool = False,
    strict_codes: Iterable[str] = (),
    waive: Iterable[str] = (),
    baseline: str | os.PathLike[str] | None = None,
    contract: str = "",
    hub_id: str = "",
    build: bool = False,
    offline: bool = False,
    timeout: float = 120.0,
    checks: Iterable[Check] = (),
    requests: Callable[[Route], Override | Mapping[str, Any] | None] | None = None,
) -> Report:
    """Rehearse the Space in this folder, and give the verdict.

    The parameters are the options of ``pytest --hfspace``, with the same meanings; no configuration
    file is read.  What is different: ``path`` is one folder; ``env`` and ``headers`` are mappings;
    ``baseline`` has to exist; ``hub_id`` is ``--hfspace-id``.  ``checks``: your own, besides the
    catalogue; ``requests``: what the hook ``pytest_hfspace_request`` is under pytest.  ``timeout`` is in
    seconds.

    Nothing of the app stays behind when it returns or raises.  It works in any thread, and in several
    at once.  Raises NotADirectoryError if ``path`` is none, and ValueError, in one line, for a value that
    cannot be meant.
    """
    from .checks import CATALOGUE
    from .custom import checked

    root = Path(path)
    if not root.is_dir():
        raise NotADirectoryError(f"{str(path)!r} is not a directory")
    with _naming("checks"):
        own = checked(checks, CATALOGUE)
    catalogue = (*CATALOGUE, *own)
    settings = Settings(
        root=root.resolve(),
        app=_meant("app", values.app_name, app or ""),
        ref=None if ref is None else _meant("ref", values.revision, ref),
        env=tuple(_variable(name, value) for name, value in (env or {}).items()),
        headers=tuple(_meant("headers", values.header, f"{n}: {v}") for n, v in (headers or {}).items()),
        secrets=_texts(secrets),
        select=_codes("select", select, catalogue),
        ignore=_codes("ignore", ignore, catalogue),
        strict=strict,
        strict_codes=_codes("strict_codes", strict_codes, catalogue),
        waive=tuple(line for line in _texts(waive) if line.strip()),
        baseline=_baseline(baseline),
        contract=_meant("contract", values.month, contract),
        hub_id=_meant("hub_id", values.hub_id, hub_id),
        build=build,
        offline=offline,
        timeout=_meant("timeout", values.seconds, timeout),
    )
    run = _run(settings, own, requests)
    with ended(run):
        refuse_unknown_facts(run, own)
        results = examine(run)
        evidence = replace(run.evidence(), hub_id=run.hub_id())
        return run.report(results, run.partial(result.check.code for result in results), evidence)


@contextmanager
def ended(run: Run) -> Iterator[None]:
    """Behind this block nothing of the app is left, however it ends."""
    try:
        yield
    finally:
        try:
            run.abort()
        except BaseException:
            # a second Ctrl-C while the first one is obeyed
            run.abort()
            raise


def examine(run: Run, others: Mapping[str, object] | None = None) -> list[Result]:
    """Evaluate every check that was selected, those of the repository while the app starts.

    ``others``: what checks ask for besides the facts.
    """
    more = others or {}
    if run.needs_app:
        run.begin()
    run.examine_static()
    results: list[Result] = []
    for check in run.selected:
        results += run.examine_each(check, more) if check.each else [run.examine(check, more)]
    return results


def refuse_unknown_facts(run: Run, checks: Iterable[Check], others: Iterable[str] = ()) -> None:
    """ValueError for a check that asks for what nothing here gives."""
    known = (*run.facts, "space_route", *others)
    for check in checks:
        for name in check.facts:
            if name not in known:
                raise ValueError(f"{check.id} asks for {name!r}; without pytest there are {', '.join(known)}")


def _run(
    settings: Settings,
    own: Iterable[Check],
    requests: Callable[[Route], Override | Mapping[str, Any] | None] | None,
) -> Run:
    """The run, its waivers and its baseline read."""
    from .rehearsal.requests.given import given

    asked = given(requests, "requests") if requests is not None else None
    try:
        run = Run(settings, Additions(overrides=lambda: asked, checks=lambda: own))
    except ValueError as error:
        raise ValueError(str(error).removeprefix("--hfspace-")) from error.__cause__
    try:
        run.judgement.validate()
    except ValueError as error:
        about = "" if str(error).startswith("hfspace_") else "baseline: "
        raise ValueError(f"{about}{str(error).removeprefix('hfspace_')}") from None
    return run


def _meant(name: str, meant: Callable[[_T], Any], value: _T) -> Any:
    with _naming(name):
        return meant(value)


@contextmanager
def _naming(name: str) -> Iterator[None]:
    """A ValueError says which parameter it is about."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None


def _variable(name: str, value: str) -> tuple[str, str]:
    pair = _meant("env", values.variable, f"{name}={value}")
    if pair != (name, value):
        raise ValueError("env: takes names of letters, digits and _, and values that are text")
    return name, value


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    """One text alone is meant as a list of it."""
    return (given,) if isinstance(given, str) else tuple(given)


def _codes(name: str, given: Iterable[str], catalogue: Iterable[Check]) -> tuple[str, ...]:
    known = {check.code: check for check in catalogue}
    found = values.codes(_texts(given))
    for glob in found:
        if not any(matches(code, (glob,)) for code in known):
            from .report.catalogue import did_you_mean

            raise ValueError(f"{name}: there is no check {glob!r}{did_you_mean(glob, known)}")
    return found


def _baseline(path: str | os.PathLike[str] | None) -> Path | None:
    if path is None:
        return None
    if not Path(path).is_file():
        # a new one would turn everything green, and nobody is there to be told so
        raise ValueError(f"baseline: there is no file {str(path)!r}; pytest --hfspace-baseline writes one")
    return Path(path)
