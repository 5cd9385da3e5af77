"""Errors that the app logs."""

from __future__ import annotations

import sys
from functools import wraps
from types import ModuleType
from typing import Any

from .channel import Channel
from .sources import Sources, text_of

#: how many are told, and how much of each message
MOST = 50
LONGEST = 500


def tell_errors(logging: ModuleType, channel: Channel, sources: Sources) -> None:
    """Tell of each record of level ERROR or above that is made while the app comes up."""
    original = logging.getLogRecordFactory()
    told = 0

    @wraps(original)
    def factory(*args: Any, **kwargs: Any) -> Any:
        nonlocal told
        record = original(*args, **kwargs)
        if record.levelno >= logging.ERROR and channel.phase in ("import", "startup") and told < MOST:
            told += 1
            raised = record.exc_info[1] if record.exc_info else None
            channel.emit(
                "logged",
                logger=record.name,
                message=_message(record),
                where=sources.caller(sys._getframe(1))
                or (raised and sources.innermost(raised.__traceback__)),
                raised=sources.describe(raised) if raised is not None else None,
                phase=channel.phase,
            )
        return record

    logging.setLogRecordFactory(factory)


def _message(record: Any) -> str:
    try:
        return str(record.getMessage())[:LONGEST]
    except Exception as error:  # noqa: BLE001 - its arguments are the app's objects
        return text_of(error)[:LONGEST]
