"""Why a run predicts what it predicts, in the words of the run's own summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from . import view

#: The checks that tell whether the app comes up at all.
_COMING_UP: Final = ("HFS402", "HFS403", "HFS404", "HFS406")
#: How many checks are named.
_MOST: Final = 5


def why(document: Mapping[str, Any]) -> str:
    """A sentence, or "" where there is nothing to explain."""
    checks = view.objects(document.get("checks"))
    stage = view.text(document.get("stage"), 20)
    return _causes(checks, stage) if stage else _obstacle(document, checks)


def _causes(checks: list[Mapping[str, Any]], stage: str) -> str:
    """The checks that stand in the way of a better stage."""
    blamed = [each for each in checks if each.get("outcome") == "failed" and each.get("predicts") == stage]
    names = list(
        dict.fromkeys(
            f"{view.text(each.get('code'), 50)}-{view.text(each.get('name'), 100)}" for each in blamed
        )
    )
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"Because of {', '.join(names[:_MOST])}{more}." if names else ""


def _obstacle(document: Mapping[str, Any], checks: list[Mapping[str, Any]]) -> str:
    """What kept the app from being rehearsed."""
    said = view.text(document.get("partial"))
    reasons = Counter(
        view.text(check.get("reason"))
        for check in checks
        if check.get("outcome") == "skipped" and check.get("code") in _COMING_UP
    )
    told = [reason for reason, _ in reasons.most_common() if reason and not reason.startswith("needs ")]
    reason = said or (told[0] if told else "")
    return f"Because {reason}." if reason else ""
