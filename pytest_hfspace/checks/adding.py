"""What to type so that a file which lies here, or lay here, arrives."""

from __future__ import annotations

from typing import Final

from ..space.files import Files
from ..space.untracked import Untracked, look
from .serving import one_line

#: What the message says of a tracked file that is not in the working tree.
DELETED: Final = "is deleted here"


def git_add(files: Files, path: str) -> str:
    """The command for an untracked path; with what ignores it, as git refuses it without -f then."""
    seen = look(files, path)
    rule = rule_text(seen)
    if seen.kind == "empty directory":
        name = f"{one_line(path).rstrip('/')}/.gitkeep"
        return f"touch {name} && git add {'-f ' if rule else ''}{name} (git keeps no empty folder)"
    return f"git add {'-f ' if rule else ''}{one_line(path)}{rule and f' ({rule})'}"


def rule_text(seen: Untracked) -> str:
    """``.gitignore:3 ignores "*.db"``; "" for a path that was just not added."""
    if seen.rule is None:
        return ""
    return f'{one_line(seen.rule.source, 60)}:{seen.rule.line} ignores "{one_line(seen.rule.pattern, 40)}"'


def git_restore(path: str) -> str:
    """The command for a tracked path that is deleted here."""
    return f"git restore {one_line(path)}"
