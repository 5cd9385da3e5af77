"""3xx: would the Dockerfile build, and would what it builds run as user 1000?"""

from __future__ import annotations

import difflib
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from ...check import Check, Finding, Skip, check
from ...contract import Stage
from ...space import Space
from ...space.dockerfile import Dockerfile
from ...space.image import TOO_LONG, Copy, Image, PipInstall
from ...space.image.copying import excluding_rule
from ...space.secrets.secret_files import is_secret_file
from ..adding import DELETED, git_add, git_restore
from ..causes import without_command
from ..distributions import applies
from ..serving import listing, one_line
from . import steps
from .docker_image import docker_image
from .inputs import absent_readme, absent_stages
from .prerequisites import repository_path

_MOST_FINDINGS: Final = 3

_INSTRUCTIONS: Final = (
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
)  # fmt: skip


# -- COPY


@check(
    "HFS311",
    "copy-source",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence='The build fails: "failed to calculate checksum of ref …: not found".',
)
def copy_source(space: Space) -> Iterator[Finding]:
    """Every file that COPY or ADD takes from the repository is tracked, and not in .dockerignore.  [field]"""
    dockerfile, image = docker_image(space)
    installed = {
        posixpath.basename(file.path)
        for file in space.requirements.files
        if not file.found and not _is_tracked(space, file.path)
    }
    told: set[tuple[str, int]] = set()
    left = ""
    for copy in (*image.copies, *image.mounts):
        path = posixpath.normpath(f"/{copy.source}").lstrip("/")
        if copy.found or not copy.certain or (path, copy.line) in told:
            continue
        told.add((path, copy.line))
        if posixpath.basename(path) in installed:
            left = "needs HFS301"
            continue
        message, hint = _why_not_copied(space, dockerfile, path)
        if is_secret_file(path):
            hint = "take it out of the Dockerfile, and set what it holds as secrets on the Space"
        step = f"{copy.instruction} {one_line(copy.source, 60)}"
        yield Finding(
            f"{step}: {message}",
            hint,
            dockerfile.path,
            copy.line,
            consequence=_checksum_failure(dockerfile, copy, path),
        )
    yield from absent_stages(dockerfile)
    yield from absent_readme(space)
    if left:
        raise Skip(left)


def _is_tracked(space: Space, path: str) -> bool:
    """Is a file that the build looks for in the image one of the repository, which does not arrive?"""
    return repository_path(space, path) in space.files


def _checksum_failure(dockerfile: Dockerfile, copy: Copy, path: str) -> str:
    said = f'The build fails: "failed to calculate checksum of ref …: "/{one_line(path, 60)}": not found".'
    step = next((each for each in dockerfile.instructions if each.line == copy.line), None)
    if step is None or step.name == "RUN":
        return said
    shown = one_line(f"{step.name} {step.text}", 80)
    return f'{said} The Space may only show "Job failed with exit code: 1. Reason: cache miss: […] {shown}".'


def _why_not_copied(space: Space, dockerfile: Dockerfile, path: str) -> tuple[str, str]:
    """What is wrong with a source, and what to do."""
    files, name = space.files, one_line(path, 80)
    prefix = f"{path}/"
    tracked = (
        path if path in files else next((other for other in files.tracked if other.startswith(prefix)), "")
    )
    rule = excluding_rule(files, dockerfile.path, tracked) if tracked else None
    if rule is not None:
        ignore, line, text = rule
        return (
            f'{one_line(ignore)} keeps it out of the build: line {line}, "{one_line(text, 60)}"',
            f"take that rule out, or add a line !{name} at the end of {one_line(ignore)}",
        )
    other = files.similar(path) or next(
        (each for each in files.directories if each != path and each.casefold() == path.casefold()), None
    )
    if files.exists_untracked(path):
        added = git_add(files, path)
        return f"{name} is here, but git does not track it", f"{added}, or let a build stage make it"
    if path in files.deleted:
        return f"{name} {DELETED}", git_restore(path)
    if other is not None:
        return (
            f"the repository has {one_line(other)}, in another case",
            f"write {one_line(other)}: Linux tells A from a",
        )
    elsewhere = [each for each in files.tracked if posixpath.basename(each) == posixpath.basename(path)]
    if len(elsewhere) == 1:
        return f"{name} is not in the repository", f"write {one_line(elsewhere[0])}, which is"
    return f"{name} is not in the repository", "add it, or take it out of the Dockerfile"


# -- the file itself


@check(
    "HFS312",
    "dockerfile-invalid",
    level="error",
    predicts=Stage.BUILD_ERROR,
    consequence='The build ends before its first step: "dockerfile parse error".',
)
def dockerfile_invalid(space: Space) -> Iterator[Finding]:
    """The Dockerfile parses, has FROM first, and says what to start.  [moby/buildkit]"""
    dockerfile, image = docker_image(space)
    if dockerfile.cut:
        raise Skip(TOO_LONG)
    found = list(_mistakes(dockerfile))
    found += _lists(dockerfile, image)
    yield from found[:_MOST_FINDINGS]
    if found or space.command is not None or not dockerfile.stages:
        return
    reason = without_command(space)
    if reason != "needs HFS312":
        raise Skip(reason)
    last = dockerfile.stages[-1][-1]
    yield Finding(
        "the Dockerfile has neither CMD nor ENTRYPOINT, so no server is started",
        f'add CMD ["uvicorn", "{space.app}", "--host", "0.0.0.0", "--port", "{space.port}"]',
        dockerfile.path,
        last.line,
        predicts=Stage.RUNTIME_ERROR,
        consequence=f"The image builds; the container runs what {one_line(image.base, 60)} starts by itself, "
        "which has no input and ends at once.",
    )


def _mistakes(dockerfile: Dockerfile) -> Iterator[Finding]:
    before = -1
    left: dict[str, list[int]] = {}
    for line, sentence in dockerfile.errors:
        strange = next((words for mark, words in _STRANGE.items() if mark.search(sentence)), "")
        if strange:
            left.setdefault(strange, []).append(line)
            continue
        # lines without the mark that continues a step: the first one tells all
        if line != before + 1 or "unknown instruction" not in sentence:
            yield Finding(sentence, _advice(sentence, dockerfile), dockerfile.path, line)
        before = line
    for words, lines in left.items():
        message, _, hint = words.partition("|")
        more = listing(map(str, lines[1:]), 4)
        more = f" (so {'are lines' if len(lines) > 2 else 'is line'} {more})" if more else ""
        yield Finding(f"{message}{more}", hint, dockerfile.path, lines[0])


#: What is no instruction, and was never meant as one: in the words of the error, and what it is.
_STRANGE: Final = {
    re.compile(r"instruction: (?:<{7}|={7}|>{7}|\|{7})"): "this line is left from a merge|finish the merge, "
    "and remove its marks",
    re.compile(r"instruction: (?:```|~~~)"): "this line is a fence of Markdown|remove the fences: the file "
    "has instructions only",
}


def _advice(sentence: str, dockerfile: Dockerfile) -> str:
    written = sentence.partition("unknown instruction: ")[2]
    if written:
        near = difflib.get_close_matches(written.upper(), _INSTRUCTIONS, 1, 0.7)
        if near:
            return f"write {near[0]}"
        mark = "a backtick" if dockerfile.escape == "`" else "a backslash"
        return f"begin the line with RUN or another instruction, or end the line above with {mark}"
    return _ADVICE.get(next((key for key in _ADVICE if key in sentence), ""), "correct the line")


_ADVICE: Final = {
    "there is no FROM": "begin with FROM python:3.12-slim",
    "stands before the first FROM": "move it below FROM: only ARG and comments may stand above",
    "here-document": "add a line with nothing but that word; no blanks before or after it",
    "has no flag": "take it out; a flag is written after the instruction: COPY --chown=user a b",
    "needs a source and a destination": "name both: COPY requirements.txt ./",
    "strings only": 'write every word in double quotes: CMD ["uvicorn", "main:app"]',
    "COPY takes no URL": "write ADD in place of COPY",
    "declares": "write ARG with a default above FROM",
    "AS a name": "write FROM python:3.12-slim, or FROM python:3.12-slim AS build",
    "a value with blanks": 'put the value in double quotes: NAME="two words"',
}


def _lists(dockerfile: Dockerfile, image: Image) -> Iterator[Finding]:
    """RUN, COPY and ADD with a list that is not JSON, which is then taken for something else."""
    hint = "write it as JSON: double quotes, and a comma between every two words"
    for ran in image.ran:
        first, last = ran.words[0], ran.words[-1]
        if re.match(r"\[[^\[ ]", first) and last.endswith("]") and len(ran.words) > 1:
            yield Finding(
                f"the list of RUN is not JSON, so a shell runs it and finds no {one_line(first, 40)}",
                hint,
                dockerfile.path,
                ran.line,
                consequence=f'The build fails: "/bin/sh: 1: {one_line(first, 40)}: not found".',
            )
    for instruction in dockerfile.stages[-1] if dockerfile.stages else ():
        if instruction.name not in ("COPY", "ADD") or instruction.words is not None:
            continue
        if re.match(r"\[\s*['\"].*\]\Z", instruction.text, re.DOTALL):
            yield Finding(
                f"the list of {instruction.name} is not JSON, so its words are taken for names of files",
                hint,
                dockerfile.path,
                instruction.line,
                consequence="The build does not find these files, and fails.",
            )


# -- tools


_WITHOUT_GIT: Final = re.compile(
    r"(?:(?:docker\.io|public\.ecr\.aws/docker|mirror\.gcr\.io)/)?(?:library/)?"
    r"(?:(?:python|node):[^@]*(?:slim|alpine)[^@]*|(?:debian|ubuntu|alpine)(?::[^@]*)?)(?:@.*)?\Z"
    r"|ghcr\.io/astral-sh/uv:[^@]*(?:slim|alpine)[^@]*(?:@.*)?\Z"
)
#: What is fetched with a key is told by another check.
_GIT: Final = re.compile(r"(?:\A|[\s@])git\+(?:https?|git|file)://")
#: Images that are known to the last program.
_OFFICIAL: Final = re.compile(r"(?:docker\.io/)?(?:library/)?(?:python:[^@]*(?:slim|alpine)|alpine(?::|\Z))")
#: Ends in a message of its own: uv says that no git executable is there; poetry needs none.
_CALLS_GIT: Final = frozenset({"pip", "uv"})


@check(
    "HFS320",
    "base-image-tools",
    level="note",
    predicts=Stage.BUILD_ERROR,
    consequence="The build fails: \"ERROR: Cannot find command 'git' - do you have 'git' installed and in "
    'your PATH?".',
)
def base_image_tools(space: Space) -> Iterator[Finding]:
    """An image without git, such as a slim one, installs nothing from git.  [field]"""
    dockerfile, image = docker_image(space)
    for install in image.installs:
        if install.conditional or not _WITHOUT_GIT.match(install.base) or _has_git(install):
            continue
        wanted = next(_from_git(space, install), None)
        if wanted is not None:
            text, path, line = wanted
            manager = "apk add --no-cache git" if "alpine" in install.base else _APT_GIT
            yield Finding(
                f"{one_line(text, 60)} is fetched by git, which {one_line(install.base, 40)} has not",
                f"add RUN {manager} above line {install.line} of the Dockerfile",
                path or dockerfile.path,
                line or install.line,
                level="error" if _is_certain(install, path) else None,
                consequence=_UV_SAYS if install.tool == "uv" else "",
            )


def _is_certain(install: PipInstall, path: str) -> bool:
    """Is there no git for sure, and the requirement one that is installed for sure?"""
    is_listed = not path.endswith((".toml", ".lock"))
    return bool(
        install.there is not None
        and is_listed
        and install.tool in _CALLS_GIT
        and _OFFICIAL.match(install.base)
    )


_UV_SAYS: Final = 'The build fails: "Git executable not found. Ensure that Git is installed and available."'
_APT_GIT: Final = "apt-get update && apt-get install -y --no-install-recommends git"


def _has_git(install: PipInstall) -> bool:
    """Was git installed before, or may it have been?"""
    return install.system is None or any(name.startswith("git") for name in install.system)


def _from_git(space: Space, install: PipInstall) -> Iterator[tuple[str, str, int]]:
    yield from ((text, "", 0) for text in install.requirements if _GIT.search(text))
    sources = _sources(install)
    for requirement in space.requirements.declared:
        applied = not requirement.marker or applies(requirement.marker)
        if requirement.path in sources and applied and _GIT.search(requirement.text):
            yield requirement.text, requirement.path, requirement.line


def _sources(install: PipInstall) -> frozenset[str]:
    wanted: Iterable[str] = install.sources
    if not install.project:
        wanted = [path for path in install.sources if path in install.files]
    return frozenset(install.sources[path] for path in wanted)


CHECKS: Final[tuple[Check, ...]] = (
    copy_source,
    dockerfile_invalid,
    *steps.CHECKS,
    base_image_tools,
)
