"""The same verdict without a pytest session: for scripts, and for services that verify Spaces."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .check import Check, Result
from .report import Report
from .run import Additions, Run
from .settings import Settings, matches

if TYPE_CHECKING:
    from .rehearsal.facts import Route
    from .rehearsal.requests import Override


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
    waive: Iterable[str] = (),
    baseline: str | os.PathLike[str] | None = None,
    contract: str = "",
    build: bool = False,
    offline: bool = False,
    timeout: float = 120.0,
    checks: Iterable[Check] = (),
    requests: Callable[[Route], Override | None] | None = None,
) -> Report:
    """Rehearse the Space in this folder, and give the verdict.

    The parameters are the options of ``pytest --hfspace``; no configuration file is read.
    ``checks``: your own, besides the catalogue; ``requests``: what the hook
    ``pytest_hfspace_request`` is under pytest.  ``timeout`` is in seconds.

    Nothing of the app stays behind when it returns or raises.  Raises NotADirectoryError if
    ``path`` is none, and ValueError for an option that cannot be meant.
    """
    from .checks import CATALOGUE
    from .custom import checked

    root = Path(path)
    if not root.is_dir():
        raise NotADirectoryError(f"{str(path)!r} is not a directory")
    own = checked(checks, CATALOGUE)
    settings = Settings(
        root=root.resolve(),
        app=app,
        ref=ref,
        env=tuple((env or {}).items()),
        headers=tuple((headers or {}).items()),
        secrets=tuple(secrets),
        select=_codes("select", select, (*CATALOGUE, *own)),
        ignore=_codes("ignore", ignore, (*CATALOGUE, *own)),
        strict=strict,
        waive=tuple(waive),
        baseline=Path(baseline) if baseline is not None else None,
        contract=contract,
        build=build,
        offline=offline,
        timeout=timeout,
    )
    run = Run(settings, Additions(overrides=lambda: requests, checks=lambda: own))
    run.judgement.validate()
    try:
        results = examine(run)
        return run.report(results, run.partial(result.check.code for result in results))
    finally:
        run.abort()


def examine(run: Run) -> list[Result]:
    """Evaluate every check that was selected, those of the repository while the app starts."""
    if run.needs_app:
        run.begin()
    run.examine_static()
    results: list[Result] = []
    for check in run.selected:
        results += run.examine_each(check, {}) if check.each else [run.examine(check, {})]
    return results


def _codes(name: str, globs: Iterable[str], catalogue: Iterable[Check]) -> tuple[str, ...]:
    found = tuple(glob.upper() for glob in ([globs] if isinstance(globs, str) else globs))
    codes = [check.code for check in catalogue]
    for glob in found:
        if not any(matches(code, (glob,)) for code in codes):
            raise ValueError(f"{name}: there is no check {glob!r}")
    return found
