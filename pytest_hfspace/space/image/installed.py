"""Where the repository's own package can be imported from once a step has installed it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from .installs import Installer
from .stage import Stage, Variable, absolute

#: Stands for an environment's site-packages, whatever the version of its Python.
_SITE = "lib/python3/site-packages"
_NO_PACKAGES = frozenset({"build", "dist", "docs", "examples", "test", "tests"})


def install_project(
    stage: Stage, found: Installer, directory: str, program: str, mounted: Mapping[str, str]
) -> None:
    """Lay out a project that is installed: in place, or copied as ``pip install .`` does.

    ``program``: the installer as written; ``mounted``: files that only this step sees.
    """
    if found.editable:
        stage.projects.append(directory)
        return
    known = {**stage.tree.below(directory), **{p: s for p, s in mounted.items() if p.startswith(directory)}}
    source = (
        f"{directory}/src/" if any(_is_source(p, f"{directory}/src/") for p in known) else f"{directory}/"
    )
    packages = _packages(source, known)
    site = absolute(_SITE, _environment(stage, found, program))
    for path, content in known.items():
        name = path[len(source) :] if path.startswith(source) else ""
        if name.partition("/")[0] in packages and stage.tree.spend(1):
            stage.tree.put(absolute(name, site), content)


def search_path(final: Stage, stages: Iterable[Stage]) -> Variable | None:
    """PYTHONPATH as it would have to be for what is installed in the final image; None where the
    image's own will do."""
    roots = [path for path in sorted(final.tree.directories) if path.endswith(f"/{_SITE}")]
    for directory in dict.fromkeys(path for stage in stages for path in stage.projects):
        source = absolute("src", directory)
        known = final.tree.below(source)
        roots += [source] if known else [directory] if final.tree.below(directory) else []
    if not roots:
        return None
    own = final.env.get("PYTHONPATH")
    value = ":".join([*(own.value.split(":") if own else ()), *roots])
    return Variable("PYTHONPATH", value, own.path if own else final.path, own.line if own else 1)


def _packages(source: str, known: Mapping[str, object]) -> set[str]:
    """The names below a directory that a build back end takes for packages and modules."""
    names = [path[len(source) :] for path in known if path.startswith(source) and path.endswith(".py")]
    tops = {name.partition("/")[0] for name in names if "/" in name or source.endswith("/src/")}
    return {top for top in tops if top not in _NO_PACKAGES}


def _is_source(path: str, source: str) -> bool:
    return path.startswith(source) and path.endswith(".py")


def _environment(stage: Stage, found: Installer, program: str) -> str:
    """The directory of the environment that is installed into."""
    active = stage.env.get("UV_PROJECT_ENVIRONMENT") if found.tool == "uv" else None
    active = active or stage.env.get("VIRTUAL_ENV")
    if found.into:
        return absolute(found.into[0], stage.workdir)
    if active is not None:
        return absolute(active.value, stage.workdir)
    first = program if program.startswith("/") else f"{stage.values['PATH'].partition(':')[0]}/{program}"
    return posixpath.dirname(posixpath.dirname(first)) or "/usr/local"
