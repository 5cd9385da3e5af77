"""Why a start failed, decided once for the whole family: one failure belongs to one code."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Final

from ..check import NotApplicable, Skip
from ..contract import SDKS
from ..rehearsal.facts import Failure, Phase, Raised, Rehearsal, chain
from ..space import Space
from ..space.command import of_base
from ..space.image import TOO_LONG
from ..space.modules import entry_file as entry_file  # noqa: PLC0414 - how typing says that others take it from here
from ..space.modules import search_path
from .absent import lost_of_start, uncopied_target
from .distributions import brought, candidates, is_standard, space_python
from .pointers import pointer_of
from .refused import refusal_of_start

NO_PROCESS: Final = "a static Space runs no process"

#: Which check tells of a file that is absent.
CODES_OF_LOST: Final[Mapping[str, str]] = {"untracked": "HFS206", "case": "HFS207", "copy": "HFS311"}

_PHASES: Final[tuple[Phase, ...]] = ("launch", "import", "startup", "serve", "shutdown")
#: What the text of an exception says of a file that is not there.
_SAYS_ABSENT: Final = re.compile(
    r"\b(not found|missing|not exist|no such|cannot find|could not find)\b", re.I
)
_NO_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_NOT_IMPORTED = re.compile(r"Could not import module \"([\w.]+)\"")


def failure_code(space: Space, rehearsal: Rehearsal) -> str:
    """The code that the failure of the rehearsal belongs to, "" where there was none."""
    failure = rehearsal.failure
    if failure is None or failure.phase == "shutdown":
        return ""
    if failure.kind == "not listening" or failure.phase == "serve":
        return "HFS419"
    if failure.phase == "launch" and space.command is not None:
        if space.command.unexpanded:
            return "HFS415"
        if space.command.port is not None and space.command.port.source == "unset":
            return "HFS411"
    if uncopied_target(space, _targets(space, rehearsal)):
        return "HFS311"
    if missing_target(space, rehearsal):
        return "HFS401"
    if failure.phase in ("launch", "import") and lost_file(space):
        return "HFS107" if space.sdk == "gradio" else "HFS401"
    if failure.kind == "target" or _is_attribute_missing(failure):
        return "HFS402"
    if dotenv_missing(rehearsal):
        return "HFS701"
    return _code_of_cause(space, rehearsal) or _code_of_phase(failure)


def _code_of_cause(space: Space, rehearsal: Rehearsal) -> str:
    """The code of what the exception is about, "" where it is the app's own."""
    if _lacks_oauth(space, rehearsal):
        return "HFS110"
    refused = refusal_of_start(space, rehearsal)
    if refused is not None:
        return refused.code
    lost = lost_of_start(space, rehearsal)
    if lost is not None:
        return CODES_OF_LOST[lost.why]
    if undeclared_module(space, rehearsal):
        return "HFS303"
    return "HFS203" if read_pointer(space, rehearsal) else ""


def _code_of_phase(failure: Failure) -> str:
    if failure.phase == "launch":
        return "HFS401"
    if failure.phase == "startup":
        return "HFS407" if failure.kind == "hung" else "HFS406"
    is_exception = failure.kind == "raised" and not _is_exit(failure)
    return "HFS403" if is_exception else "HFS404"


def failure_of(space: Space, rehearsal: Rehearsal, code: str, phase: Phase) -> Failure | None:
    """The failure, where it belongs to this code; None where this part of the start went well.

    Raises Skip where the start did not come so far as to show it: ``phase`` is the one looked at.
    """
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if rehearsal.impossible:
        raise Skip(rehearsal.impossible)
    actual = failure_code(space, rehearsal)
    if actual == code:
        reason = not_installed(space, rehearsal)
        if reason:
            raise Skip(reason)
        there, module = space_python(space), missing_module(rehearsal)
        if module and there and is_standard(module, there) and not is_standard(module, rehearsal.python):
            raise Skip(f"{module} is a module of the Space's Python {there}, and not of {rehearsal.python}")
        return rehearsal.failure
    failure = rehearsal.failure
    if actual and failure is not None and _PHASES.index(failure.phase) <= _PHASES.index(phase):
        raise Skip(f"needs {actual}")
    return None


def _is_exit(failure: Failure) -> bool:
    return failure.raised is not None and failure.raised.kind in ("SystemExit", "KeyboardInterrupt")


def _is_attribute_missing(failure: Failure) -> bool:
    raised = failure.raised
    return raised is not None and raised.kind == "ImportFromStringError" and "Attribute" in raised.message


def without_command(space: Space) -> str:
    """Why there is no start command, as the reason of a check that needs one; "" if there is one."""
    if space.command is not None:
        return ""
    if space.sdk == "static":
        return NO_PROCESS
    if space.image is None:
        return without_image(space)
    if TOO_LONG in space.image.not_followed:
        return TOO_LONG
    return of_base(space.image) or "needs HFS312"


def without_image(space: Space) -> str:
    """The check whose finding is the reason that nothing is known of an image."""
    if space.card.missing:
        return "needs HFS101"
    if space.card.unreadable:
        return "needs HFS102"
    return "needs HFS108" if space.sdk in SDKS else "needs HFS103"


def is_kind(raised: Raised, name: str) -> bool:
    """Is it of this class, or of one below it?"""
    return any(kind.rpartition(".")[2] == name for kind in raised.kinds)


# -- a .env file


def dotenv_missing(rehearsal: Rehearsal) -> bool:
    """Did the start end because there is no ``.env`` file?"""
    failure = rehearsal.failure
    return failure is not None and any(
        (is_kind(raised, "FileNotFoundError") or _SAYS_ABSENT.search(raised.message))
        and _names_dotenv(raised.message)
        for raised in chain(failure.raised)
    )


def _names_dotenv(message: str) -> bool:
    return re.search(r"(^|[\s'\"/\\])\.env(\.\w+)?($|['\"\s:,])", message) is not None


# -- what the card, or git, keeps from the app


def _lacks_oauth(space: Space, rehearsal: Rehearsal) -> bool:
    """Did the start end because the card does not ask for the Hub's OAuth?"""
    failure = rehearsal.failure
    declared = space.card.fields.get("hf_oauth")
    return (
        failure is not None
        and (declared is None or declared.value is not True)
        and any("OAuth is required but" in raised.message for raised in chain(failure.raised))
    )


def read_pointer(space: Space, rehearsal: Rehearsal) -> str:
    """The tracked LFS pointer that ended the start, or ""."""
    failure = rehearsal.failure
    return pointer_of(space, rehearsal, failure.raised) if failure else ""


# -- the target of the start command


def _targets(space: Space, rehearsal: Rehearsal) -> list[str]:
    """The image paths that what the start command runs could have, where it is not there."""
    lost = lost_file(space)
    named = missing_target(space, rehearsal).replace(".", "/")
    modules = [posixpath.join(folder, named) for folder in search_path(space)] if named else []
    return [
        *filter(None, [lost]),
        *(f"{path}{ending}" for path in modules for ending in (".py", "/__init__.py")),
    ]


def missing_target(space: Space, rehearsal: Rehearsal) -> str:
    """The module that the start command names and that is not there, or ""."""
    command, failure = space.command, rehearsal.failure
    if command is None or failure is None or failure.phase not in ("launch", "import"):
        return ""
    named = (command.target or command.module or "").partition(":")[0]
    if not named:
        return ""
    for raised in chain(failure.raised):
        absent = _NOT_IMPORTED.search(raised.message) or _NO_MODULE.search(raised.message)
        is_absent = absent is not None and f"{named}.".startswith(f"{absent[1]}.")
        # raised from a line of the repository, it is an import inside the target that fails
        if is_absent and raised.where is None:
            return named
    return "" if failure.raised or not _NOT_IMPORTED.search(failure.output) else named


def lost_file(space: Space) -> str:
    """The image path of a script that the start command names and the image has not, or "".

    Where the build could not be followed nobody can tell.
    """
    command, image = space.command, space.image
    if command is None or image is None or image.not_followed:
        return ""
    name = command.script or (_shell_script(command.words) if command.runner is None else "")
    if not name:
        return ""
    path = posixpath.normpath(posixpath.join(command.cwd, name))
    folders = tuple(f"{folder}/" for folder in (image.workdir, command.cwd) if folder != "/")
    is_inside = not name.startswith("/") or path.startswith(folders)
    return path if is_inside and path not in image.layout else ""


def _shell_script(words: tuple[str, ...]) -> str:
    """The script that a command which is not understood runs."""
    program = words[0] if words else ""
    if posixpath.basename(program) in ("sh", "bash", "dash", "ash"):
        return next((word for word in words[1:] if word.endswith(".sh")), "")
    return program if program.endswith((".sh", ".py")) and "/" in program else ""


# -- distributions


def missing_module(rehearsal: Rehearsal) -> str:
    """The module that an import of the start did not find, or ""."""
    failure = rehearsal.failure
    if failure is None:
        return ""
    return next(filter(None, map(missing_name, chain(failure.raised))), "")


def missing_name(raised: Raised) -> str:
    """The module that a ModuleNotFoundError names, "" for any other exception."""
    found = _NO_MODULE.search(raised.message) if is_kind(raised, "ModuleNotFoundError") else None
    return found[1] if found else ""


def own_modules(space: Space) -> frozenset[str]:
    """Names under which the repository's Python files, and their folders, could be imported."""
    names: set[str] = set()
    for path in space.files.tracked:
        if path.endswith(".py"):
            names.update(path[: -len(".py")].split("/"))
    return frozenset(names)


def is_own(space: Space, module: str) -> bool:
    """Is it the repository's own module, arriving or not?"""
    top = module.partition(".")[0]
    return top in own_modules(space) or any(
        space.files.exists_untracked(path) or space.files.similar(path)
        for path in (f"{top}.py", f"{top}/__init__.py")
    )


def undeclarable(space: Space) -> str:
    """Why nobody can tell what is not declared, or ""."""
    if space.requirements.complete:
        return ""
    return space.requirements.reason or "not every install step is understood"


def undeclared_module(space: Space, rehearsal: Rehearsal) -> str:
    """The missing module that no declared distribution brings, or ""."""
    module = missing_module(rehearsal)
    if not module or undeclarable(space) or is_own(space, module):
        return ""
    if is_standard(module, space_python(space)):
        return ""
    known = candidates(module)
    if "." in module and known == candidates(module.partition(".")[0]):
        # the package is there, and lacks a part: another version, not another distribution
        return ""
    found = brought(space, rehearsal)
    return "" if found.unknown or found.names.intersection(known) else module


def not_installed(space: Space, rehearsal: Rehearsal) -> str:
    """Why the missing module says nothing: what is declared and may bring it is not installed here, or
    in another version; "" where that is not so."""
    module = missing_module(rehearsal)
    if not module or "." in module or is_own(space, module) or is_standard(module):
        return ""
    found = brought(space, rehearsal)
    absent = next((name for name in candidates(module) if name in found.names), "")
    if absent:
        command = space.requirements.install_command([absent])
        return f"{absent} comes with the requirements, but is not installed here: {command}"
    if not found.unknown:
        return ""
    command = space.requirements.install_command([found.unknown[0]])
    return f"No module named '{module}': {found.reason}: {command}"
