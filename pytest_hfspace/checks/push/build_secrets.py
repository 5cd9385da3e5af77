"""Secrets in the steps of a Dockerfile: ENV, ARG and RUN."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ...check import Finding
from ...space import Space
from ...space.dockerfile import Dockerfile, Instruction
from ...space.dockerwords import assignments, expand, split_words
from ...space.secrets import Secret, is_given_away, shown
from ...space.settings import is_secret_name

_STEPS: Final = frozenset({"ARG", "ENV", "RUN"})

#: Of a shell: NAME=value, in front of a command or inside an argument.
_ASSIGNED: Final = re.compile(r"(?<![\w$./-])([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|[^\s\"';&|]+)")
_OPTION: Final = re.compile(
    r"--(token|password|(?:auth|access)[-_]token|(?:api|secret)[-_]key)[= ]\s*"
    r"(\"[^\"]*\"|'[^']*'|[^\s;&|]+)"
)
_HEADER: Final = re.compile(r"(?i:authorization:\s{0,9}(?:bearer|token))\s{1,9}(?P<value>[^\s\"'\\]+)")

_LONGEST_NAME: Final = 60

_EMPTY: Final = (
    "Only public variables of a Space become build arguments, so {} is empty in the build, "
    "and a download that needs it ends with 401."
)


def in_build(space: Space, secrets: Iterable[Secret]) -> list[Secret]:
    """The credentials that stand in a step of the Dockerfile that is built, comments left out."""
    if space.dockerfile is None:
        return []
    path = space.dockerfile.path
    here = [secret for secret in secrets if secret.path == path]
    if not here:
        return []
    lines = space.files.text(path).split("\n")
    return [
        secret
        for secret in here
        if _step(space.dockerfile, secret.line) is not None
        and not "".join(lines[secret.line - 1 : secret.line]).lstrip().startswith("#")
    ]


def _step(dockerfile: Dockerfile, line: int) -> Instruction | None:
    """The ENV, ARG or RUN that a line belongs to."""
    before = [step for step in dockerfile.instructions if step.line <= line]
    return before[-1] if before and before[-1].name in _STEPS else None


def given_away(dockerfile: Dockerfile, secrets: Iterable[Secret]) -> Iterator[Finding]:
    """By their form, then by the names that they are given to; one finding for each value."""
    told: set[int] = set()
    seen: set[tuple[int, str]] = set()
    for secret in secrets:
        step = _step(dockerfile, secret.line)
        if step is None:
            continue
        seen.add((step.line, secret.shown))
        if secret.same not in told:
            told.add(secret.same)
            what = f"{secret.kind} ({secret.shown})"
            yield _found(dockerfile, step, what, secret.setting, secret.line)
    values: dict[str, str] = {}
    for step in dockerfile.instructions:
        for name, value in _pairs(step, values, dockerfile.escape):
            if (step.line, shown(value)) not in seen and is_given_away(name, value):
                seen.add((step.line, shown(value)))
                setting = name.upper().replace("-", "_")[:_LONGEST_NAME]
                yield _found(dockerfile, step, f"{setting} ({shown(value)})", setting, step.line)


def _found(dockerfile: Dockerfile, step: Instruction, what: str, setting: str, line: int) -> Finding:
    if step.name == "RUN":
        hint = (
            f"revoke it, set {setting} as a secret of the Space, and read it in the step: "
            f"RUN --mount=type=secret,id={setting},mode=0444,required=true … $(cat /run/secrets/{setting})"
        )
    else:
        hint = (
            f"revoke it, delete it here, and set {setting} as a secret of the Space: "
            f'the app finds it in os.environ["{setting}"]'
        )
    return Finding(f"{step.name} holds {what}, wanted: no secret in the image", hint, dockerfile.path, line)


def _pairs(step: Instruction, values: dict[str, str], escape: str) -> Iterator[tuple[str, str]]:
    """Names and values that a step writes down."""
    if step.name == "ENV":
        for name, value in assignments(step.text, values, escape):
            values[name] = value
            yield name, value
    elif step.name == "ARG":
        for name, value in _arguments(step, values, escape):
            values[name] = value
            yield name, value
    elif step.name == "RUN":
        text = _script(step)
        for pattern in (_ASSIGNED, _OPTION):
            yield from ((match[1], match[2].strip("\"'")) for match in pattern.finditer(text))
        yield from (("TOKEN", match["value"]) for match in _HEADER.finditer(text))


def _arguments(step: Instruction, values: dict[str, str], escape: str) -> Iterator[tuple[str, str]]:
    for word in split_words(step.text, escape):
        name, _, value = word.partition("=")
        yield name, expand(value, values, escape)


def _script(step: Instruction) -> str:
    words = " ".join(step.words) if step.words is not None else step.text
    return "\n".join([words, *(heredoc.body for heredoc in step.heredocs)])


def arguments_used(dockerfile: Dockerfile) -> Iterator[Finding]:
    """Build arguments that are called like secrets: on the Hub nothing gives them a value."""
    for stage in dockerfile.stages:
        found: dict[str, Finding] = {}
        empty: dict[str, int] = {}
        for step in stage:
            if step.name == "ARG":
                pairs = _arguments(step, {}, dockerfile.escape)
                empty |= {name: step.line for name, value in pairs if is_secret_name(name) and not value}
            elif step.name == "ENV":
                for name, value in assignments(step.text, {}, dockerfile.escape):
                    if value:
                        empty.pop(name, None)
                    elif name in empty and _uses(step.text, name):
                        found.setdefault(name, _kept(dockerfile, name, step.line))
            elif step.name == "RUN":
                used = [name for name in empty if _needs(step, name)]
                found |= {name: _argument(dockerfile, name, empty[name]) for name in used}
        yield from found.values()


def _uses(text: str, name: str) -> bool:
    return re.search(rf"\$(?:{re.escape(name)}(?!\w)|\{{{re.escape(name)}\}})", text) is not None


def _needs(step: Instruction, name: str) -> bool:
    """Does a step use the argument, without a value of its own and without asking if it is there?"""
    text, quoted = _script(step), re.escape(name)
    if f"env={name}" in step.flags.get("mount", "") or re.search(
        rf"(?<!\w){quoted}=|-[nz] [\"']?\$\{{?{quoted}", text
    ):
        return False
    return _uses(text, name)


def _argument(dockerfile: Dockerfile, name: str, line: int) -> Finding:
    shown_name = name[:_LONGEST_NAME]
    return Finding(
        f"a RUN uses ARG {shown_name}, which is empty on the Hub, wanted: a secret mount",
        f"delete the ARG, set {shown_name} as a secret of the Space, and begin the step with "
        f"RUN --mount=type=secret,id={shown_name},mode=0444,required=true "
        f"export {shown_name}=$(cat /run/secrets/{shown_name}) && …",
        dockerfile.path,
        line,
        level="warn",
        consequence=_EMPTY.format(shown_name),
    )


def _kept(dockerfile: Dockerfile, name: str, line: int) -> Finding:
    shown_name = name[:_LONGEST_NAME]
    return Finding(
        f"ENV keeps the build argument {shown_name}, which is empty on the Hub",
        f"delete the ARG and the ENV: a secret {shown_name} of the Space reaches the app without them",
        dockerfile.path,
        line,
        level="note",
        consequence="Built elsewhere with a value, the image would hold the secret.",
    )
