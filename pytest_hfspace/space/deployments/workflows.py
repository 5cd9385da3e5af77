"""Workflows of GitHub and GitLab: which of their jobs' steps send the repository to the Hub."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ..files import Files
from .commands import EXPRESSION, Place, Send, is_here, plain, python_uploads, read_commands
from .deployment import Deployment, Kind
from .nodes import Node, read_nodes

_LARGEST: Final = 256 * 1024
_MOST_STEPS: Final = 2_000
_DEEPEST_ACTION: Final = 4

#: The action of the Hub's own, which uploads the checkout.
_HUB_SYNC: Final = "huggingface/hub-sync"

#: Actions that clone the repository anew before they send it: no checkout has a part in that.
_CLONING: Final = ("nateraw/huggingface-sync-action", "jacoblincool/huggingface-sync")

#: What a script of the repository sends, by its path; the name of a task runner gives its recipes.
Scripts = Callable[[str], Iterable[Deployment]]


class _Checkout(NamedTuple):
    line: int
    path: str
    fetch_depth: int | None
    lfs: bool
    unknown: frozenset[str]


@dataclass
class _Job:
    """A job while its steps are followed."""

    scripts: Scripts
    place: Place
    checkout: _Checkout | None = None
    found: list[Deployment] = field(default_factory=list)

    def add(self, deployment: Deployment) -> None:
        """A step that sends, with what it finds checked out."""
        checkout = self.checkout
        if checkout is not None:
            deployment = deployment._replace(
                fetch_depth=checkout.fetch_depth,
                lfs=checkout.lfs or self.place.lfs,
                checkout=checkout.line,
                workflow=checkout.path,
                unknown=deployment.unknown | checkout.unknown,
                complete=self.place.complete or deployment.complete,
            )
        self.found.append(deployment)


def read_workflow(files: Files, path: str, scripts: Scripts) -> Iterator[Deployment]:
    """The sending steps of a workflow of GitHub's, in all its jobs."""
    document = _document(files, path)
    jobs = document.get("jobs") if document else None
    if document is None or jobs is None:
        return
    for job in jobs.pairs.values():
        if _is_off(job):
            continue
        variables = {**_variables(document), **_variables(job)}
        state = _Job(scripts, Place(variables))
        _follow(_steps(files, job.get("steps"), path), state, _directory(document, job))
        yield from state.found


def read_gitlab(files: Files, path: str, scripts: Scripts) -> Iterator[Deployment]:
    """The sending lines of a pipeline of GitLab's, whose checkout is a setting of the server."""
    document = _document(files, path)
    for job in document.pairs.values() if document else ():
        state = _Job(scripts, Place(_variables(document, "variables") | _variables(job, "variables")))
        for key in ("before_script", "script", "after_script"):
            node = job.get(key)
            for row in (node.items or [node]) if node else ():
                _run(row.text, row.line + row.block, path, state)
        yield from state.found


def _document(files: Files, path: str) -> Node | None:
    try:
        content = files.text(path, _LARGEST + 1)
    except FileNotFoundError:
        return None
    return read_nodes(content) if len(content) <= _LARGEST else None


def _variables(node: Node | None, key: str = "env") -> dict[str, str]:
    found = node.get(key) if node else None
    return {name: plain(value.text) for name, value in found.pairs.items()} if found else {}


def _directory(*nodes: Node) -> str:
    named = [node.said("defaults", "run", "working-directory") for node in nodes]
    return next(filter(None, reversed(named)), "")


def _is_off(node: Node) -> bool:
    return node.said("if").strip().removeprefix("${{").removesuffix("}}").strip() == "false"


def _steps(files: Files, steps: Node | None, path: str, depth: int = 0) -> Iterator[tuple[Node, str]]:
    """The steps with the file that each is in: an action of the repository's gives its own."""
    for step in steps.items[:_MOST_STEPS] if steps else ():
        named = step.said("uses")
        if _is_off(step):
            continue
        if not named.startswith("./") or depth >= _DEEPEST_ACTION:
            yield step, path
            continue
        for name in ("action.yml", "action.yaml"):
            action = posixpath.normpath(posixpath.join(named, name))
            document = _document(files, action) if action in files else None
            if document is not None:
                yield from _steps(files, document.get("runs", "steps"), action, depth + 1)


def _follow(steps: Iterator[tuple[Node, str]], job: _Job, directory: str) -> None:
    before = dict(job.place.variables)
    for count, (step, path) in enumerate(steps):
        if count >= _MOST_STEPS:
            return
        action = step.said("uses").partition("@")[0].lower()
        if action == "actions/checkout":
            _check_out(step, path, job)
        elif action == _HUB_SYNC:
            _synchronise(step, path, job)
        elif action in _CLONING and _sends_root(step.get("with") or Node(0)):
            job.found.append(Deployment("upload", path, _line(step, "uses")))
        job.place.variables = {**before, **_variables(step)}
        _run_step(step, path, job, directory)


def _run_step(step: Node, path: str, job: _Job, directory: str) -> None:
    run = step.get("run")
    if run is None:
        return
    line = run.line + run.block
    if step.said("shell").startswith("python"):
        for at in python_uploads(run.text):
            job.add(Deployment("upload", path, line + at - 1))
    else:
        is_root = is_here(step.said("working-directory") or directory)
        _run(run.text, line, path, job, is_root=is_root)


def _sends_root(given: Node) -> bool:
    return given.said("repo_type") in ("", "space") and is_here(given.said("subdirectory"))


def _line(step: Node, key: str) -> int:
    node = step.get(key)
    return node.line if node else step.line


def _check_out(step: Node, path: str, job: _Job) -> None:
    repository = step.said("with", "repository")
    if repository and "github.repository" not in repository:
        return
    unknown = {name for name in ("fetch-depth", "lfs") if EXPRESSION in plain(step.said("with", name))}
    depth = step.said("with", "fetch-depth").strip()
    job.checkout = _Checkout(
        _line(step, "uses"),
        path,
        int(depth) if depth.isascii() and depth.isdigit() and len(depth) < 10 else None,
        step.said("with", "lfs").strip().lower() == "true",
        frozenset(unknown),
    )
    job.place.complete = job.place.lfs = False


def _synchronise(step: Node, path: str, job: _Job) -> None:
    given = step.get("with")
    if given is None or not _sends_root(given):
        return
    sdk = given.get("space_sdk")
    unknown = {"space_sdk"} if sdk and EXPRESSION in plain(sdk.text) else set()
    name = plain(given.said("huggingface_repo_id"))
    job.add(
        Deployment(
            "hub-sync",
            path,
            _line(step, "uses"),
            space_sdk=sdk.text.strip() if sdk and sdk.text.strip() and not unknown else None,
            sdk_line=sdk.line if sdk else None,
            space="" if EXPRESSION in name else name,
            unknown=frozenset(unknown),
        )
    )


def _run(text: str, line: int, path: str, job: _Job, *, is_root: bool = True) -> None:
    for send in read_commands(text, line, job.place):
        kind = _kind(send)
        if kind is None:
            for deployment in job.scripts(send.script):
                job.add(deployment)
        elif kind == "git push" or is_root:
            job.add(Deployment(kind, path, send.line, space=send.space))


def _kind(send: Send) -> Kind | None:
    return None if send.kind == "script" else send.kind
