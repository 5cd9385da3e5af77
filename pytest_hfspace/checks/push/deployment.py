"""2xx: would the workflows that send the repository to the Hub do what they should?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...check import Check, Finding, Level, NotApplicable, check
from ...contract import SDKS, Stage
from ...space import Space
from ...space.deployments import Deployment
from ...space.sources import Sources
from ..serving import listing, one_line
from .tunnels import DISTRIBUTIONS, MINER, Evidence, evidence, kind_of

_SHALLOW: Final = (
    'The push ends with "! [remote rejected] main -> main (shallow update not allowed)", '
    "and the old build keeps serving."
)

#: The SDK of a Space that hub-sync creates, unless it is told.  [spaces-github-actions]
_SYNC_DEFAULT: Final = "gradio"


@check(
    "HFS209",
    "sync-workflow",
    level="warn",
    predicts=Stage.PUSH_REJECTED,
    consequence=_SHALLOW,
)
def sync_workflow(space: Space, space_deployments: tuple[Deployment, ...]) -> Iterator[Finding]:
    """A workflow that sends the repository to the Hub sends all of it, for the card's SDK.

    [spaces-github-actions]
    """
    steps = [step for step in space_deployments if step.workflow or step.kind == "hub-sync"]
    if not steps:
        raise NotApplicable("no workflow here sends the repository to a Space")
    told: set[tuple[str, str, int | None]] = set()
    for step in steps:
        for about, finding in (
            ("depth", _shallow(step)),
            ("lfs", _pointers(step)),
            ("sdk", _other_sdk(space, step)),
        ):
            place = (about, finding.path, finding.line) if finding else None
            if finding is not None and place is not None and place not in told:
                told.add(place)
                yield finding


def _shallow(step: Deployment) -> Finding | None:
    """A push of a history of which only the newest commits are there."""
    depth = 1 if step.fetch_depth is None else step.fetch_depth
    is_known = step.checkout is not None and "fetch-depth" not in step.unknown
    if step.kind != "git push" or step.complete or depth == 0 or not is_known:
        return None
    written = f"fetch-depth is {depth}" if step.fetch_depth is not None else "no fetch-depth, so 1"
    level: Level | None = "note" if depth > 1 else None
    commits = "the newest commit" if depth == 1 else f"the {depth} newest commits"
    return Finding(
        f"the checkout has only {commits} ({written}), and {_place(step)} pushes to a Space",
        "add fetch-depth: 0 to the with: of this actions/checkout step",
        step.workflow,
        step.checkout,
        level=level,
        consequence=""
        if depth == 1
        else f'A push of more than {depth} commits ends with "shallow update not allowed".',
    )


def _pointers(step: Deployment) -> Finding | None:
    """Files that are in LFS, and are pointers where the step finds them."""
    if step.checkout is None or step.lfs or "lfs" in step.unknown or not step.lfs_files:
        return None
    names = listing([one_line(name, 60) for name in step.lfs_files], 2)
    pushes = step.kind == "git push"
    return Finding(
        f"the checkout leaves LFS files as pointers ({names}), and {_place(step)} sends them to a Space",
        "add lfs: true to the with: of this actions/checkout step",
        step.workflow,
        step.checkout,
        consequence="The Hub refuses pointers to LFS files that it does not have."
        if pushes
        else "The Space receives text files of some 130 bytes, and what reads them fails.",
    )


def _other_sdk(space: Space, step: Deployment) -> Finding | None:
    """hub-sync would create a Space of another SDK than the card's."""
    wanted = space.card.sdk
    sdk = step.space_sdk or _SYNC_DEFAULT
    if step.kind != "hub-sync" or wanted not in SDKS or sdk == wanted or "space_sdk" in step.unknown:
        return None
    seen = (
        f"space_sdk is {one_line(sdk, 40)}" if step.space_sdk else f"space_sdk is not set, so {_SYNC_DEFAULT}"
    )
    return Finding(
        f"{seen}; the card says sdk: {wanted}",
        f"write space_sdk: {wanted} in the with: of this step",
        step.path,
        step.sdk_line if step.space_sdk else step.line,
        consequence=f"hub-sync creates a Space that is not there yet as a {one_line(sdk, 40)} Space, "
        "and fails where that cannot be created.",
    )


def _place(step: Deployment) -> str:
    return f"line {step.line}" if step.path == step.workflow else f"{one_line(step.path, 60)}:{step.line}"


@check(
    "HFS210",
    "platform-policy",
    level="warn",
    predicts=Stage.PAUSED,
    consequence='The Hub pauses such Spaces ("Flagged as abusive"), and answers a restart with 503.',
)
def platform_policy(space: Space, space_sources: Sources) -> Iterator[Finding]:
    """No tunnel, proxy or miner is installed or run.  [field]"""
    told: dict[str, Evidence] = {}
    for found in evidence(space, space_sources):
        told.setdefault(found.name, found)
    for found in told.values():
        yield Finding(
            f"the Space {found.verb} {found.name}, a {found.kind}",
            _instead(found.kind),
            found.path,
            found.line,
        )
    yield from _packages(space, space_sources)


def _instead(kind: str) -> str:
    if kind == MINER:
        return "remove it: the Hub does not allow mining on Spaces"
    return "remove it: the Hub serves the app port at https://OWNER-NAME.hf.space without one"


def _packages(space: Space, sources: Sources) -> Iterator[Finding]:
    """Python packages that open tunnels: imported by the app, or only installed.

    An import that only a developer's setting leads to is none on the Space.
    """
    declared = {each.name: each for each in reversed(space.requirements.declared)}
    for name, module in DISTRIBUTIONS.items():
        requirement = declared.get(name)
        if requirement is None:
            continue
        used = next(
            (each for path in sources.app for each in sources.imports.get(path, ())
             if each.module.partition(".")[0] == module and not (each.deferred or each.optional)),
            None,
        )  # fmt: skip
        verb, path, line = (
            ("imports", used.path, used.line) if used else ("installs", requirement.path, requirement.line)
        )
        yield Finding(
            f"the Space {verb} {name}, a {kind_of('ngrok')}",
            _instead(kind_of("ngrok")),
            path,
            line,
            # what is installed and not imported opens no tunnel
            level=None if used else "note",
        )


CHECKS: Final[tuple[Check, ...]] = (sync_workflow, platform_policy)
