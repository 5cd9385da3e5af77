"""Deletes a directory, whatever an app has done to it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess


def remove_tree(top: str) -> None:
    """Delete everything; what cannot be deleted is not worth an exception."""
    with contextlib.suppress(RecursionError):  # a tree deeper than the interpreter's stack
        shutil.rmtree(top, ignore_errors=True)
    if not os.path.lexists(top):
        return
    # Folders without permissions, and those too deep for the above.
    for command in (["chmod", "-R", "u+rwx"], ["rm", "-rf"]):
        with contextlib.suppress(OSError):
            subprocess.run([*command, top], capture_output=True, check=False)
