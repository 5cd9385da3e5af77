"""Takes from the app's process, before the app runs, the right to write where it must not.

Below the layout the modes of files say who may write: what the app's user may not is read-only
there, and root gives up the capability by which it would not care.  Outside of it, Landlock keeps
the machine as it is.  Both hold for every process that the app starts, and neither asks for
privileges.
"""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from collections.abc import Iterable

_PR_SET_NO_NEW_PRIVS = 38
_CAP_DAC_OVERRIDE = 1 << 1
_CAPABILITY_VERSION_3 = 0x20080522

#: the same on every architecture that Linux has had since 2019
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION_FLAG, _PATH_BENEATH = 1, 1

_WRITE_FILE, _REMOVE, _MAKE, _REFER, _TRUNCATE = 1 << 1, 0b11 << 4, 0b1111111 << 6, 1 << 13, 1 << 14
#: the first version that lets a file be moved to another directory
_OLDEST = 2
_WITH_TRUNCATE = 3

#: where whoever may write, may write
_EVERYBODYS = ("/tmp", "/var/tmp", "/dev", "/proc")  # noqa: S108 - the app's own choice


class _Attribute(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def confine(writable: Iterable[str], *, heed_modes: bool) -> str:
    """From here on, only what lies below these directories (and temporary ones) can be written, and
    with ``heed_modes`` only if its mode allows it.  Why that is not so, or ""."""
    if sys.platform != "linux":
        return f"{sys.platform} has no Landlock"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return _problem("no_new_privs")
    problem = _heed_modes(libc) if heed_modes else ""
    return _only_below(places(writable), libc) or problem


def places(writable: Iterable[str]) -> list[str]:
    """These directories, temporary ones, and those of the interpreter's packages."""
    return [*writable, *_EVERYBODYS, *_packages()]


def _heed_modes(libc: ctypes.CDLL) -> str:
    """Give up the capability to write what a mode forbids; no child has it again."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; the lower 32, then the others
    if libc.capget(header, sets):
        return _problem("capget")
    if not sets[1] & _CAP_DAC_OVERRIDE:
        return ""
    before = sets[0]
    sets[0] &= ~_CAP_DAC_OVERRIDE
    if libc.capset(header, sets):
        return _problem("capset")
    hidden = next((path for path in sys.path if os.path.isabs(path) and not _can_read(path)), "")
    if hidden:  # it was that capability by which root could read there
        sets[0] = before
        libc.capset(header, sets)
        return f"without its capabilities, root cannot read {hidden}"
    sets[1] &= ~_CAP_DAC_OVERRIDE
    sets[2] &= ~_CAP_DAC_OVERRIDE
    return _problem("capset") if libc.capset(header, sets) else ""


def _can_read(path: str) -> bool:
    try:
        os.stat(path)
        if os.path.isdir(path):
            os.scandir(path).close()
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _only_below(directories: Iterable[str], libc: ctypes.CDLL) -> str:
    version = _call(libc, _CREATE_RULESET, None, 0, _VERSION_FLAG)
    if version < 0:
        return _problem("Landlock")
    if version < _OLDEST:
        return f"this kernel's Landlock is of version {version}"
    rights = _WRITE_FILE | _REMOVE | _MAKE | _REFER
    rights |= _TRUNCATE if version >= _WITH_TRUNCATE else 0
    attribute = _Attribute(rights)
    ruleset = _call(libc, _CREATE_RULESET, ctypes.byref(attribute), ctypes.sizeof(attribute), 0)
    if ruleset < 0:
        return _problem("Landlock")
    try:
        for directory in directories:
            _allow(libc, ruleset, rights, directory)
        return _problem("Landlock") if _call(libc, _RESTRICT_SELF, ruleset, 0) else ""
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, rights: int, directory: str) -> None:
    try:
        descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        rule = _Beneath(rights, descriptor)
        _call(libc, _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(descriptor)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    words = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return int(libc.syscall(ctypes.c_long(number), *words))


def _problem(what: str) -> str:
    number = ctypes.get_errno()
    if what == "Landlock" and number in (errno.ENOSYS, errno.EOPNOTSUPP):
        return "this kernel has no Landlock"
    return f"{what}: {os.strerror(number)}"


def _packages() -> list[str]:
    """Where this interpreter's packages are: some keep what they compile beside themselves."""
    return [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
