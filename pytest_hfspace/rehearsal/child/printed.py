"""What the app has printed, and nobody can see yet: a pipe gets it when a buffer is full."""

from __future__ import annotations

import contextlib
import os
import sys

#: how much of it is told
LONGEST = 2000


def unprinted() -> str:
    """Push out what waits in standard output's buffer, and give it.

    The pipe is replaced by one of ours while it is pushed, so that it is known how much it was;
    then it goes where it belongs.
    """
    stream = sys.stdout
    try:
        if stream is None or stream.fileno() != 1:
            return ""
        reader, writer = os.pipe()
    except (OSError, ValueError, AttributeError):  # an app may put anything in its place
        return ""
    try:
        text = _pushed(reader, writer)
        _write_all(text)
    except Exception:  # noqa: BLE001 - its flush may be the app's code
        return ""
    finally:
        os.close(reader)
    return text[:LONGEST].decode("utf-8", "replace")


def _pushed(reader: int, writer: int) -> bytes:
    """What a flush of standard output writes; it is at most two buffers of 8 KiB."""
    for end in (reader, writer):  # a process that is forked just now may keep the writing end
        os.set_blocking(end, False)
    kept = os.dup(1)
    try:
        os.dup2(writer, 1)
        sys.stdout.flush()
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(writer)
    text = b""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(reader, 1 << 16):
            text += data
    return text


def _write_all(text: bytes) -> None:
    while text:
        text = text[os.write(1, text) :]
