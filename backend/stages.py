"""What the pages call the states of a Space and the stages of the Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .report import State, state_of


@dataclass(frozen=True)
class Look:
    """How a state is shown.  ``tone``: its colour and symbol; ``few``: what counts it."""

    label: str
    tone: str
    few: str


LOOKS: Final[dict[State, Look]] = {
    "ready": Look("Ready", "passed", "ready"),
    "unready": Look("Not ready", "failed", "not ready"),
    "unknown": Look("No prediction", "unseen", "without a prediction"),
}

#: What each stage means for who opens the Space, in the order in which the Hub gets there.
MEANINGS: Final[dict[str, str]] = {
    "PUSH_REJECTED": "The Hub would refuse the push. What ran before would go on running.",
    "CONFIG_ERROR": "The Hub could not make sense of the Space's configuration.",
    "NO_APP_FILE": "The Hub would find nothing to start.",
    "BUILD_ERROR": "The image could not be built.",
    "RUNTIME_ERROR": "The app would end instead of serving.",
    "APP_STARTING": "The app would start, and the Hub would wait for it in vain.",
    "PAUSED": "The Hub would pause the Space.",
    "RUNNING": "The Space would run, and yet something about it is wrong.",
}
_READY: Final = "The Space would come up and serve."
_UNKNOWN: Final = "The run could not predict a stage."


def meaning(stage: str | None, *, ready: bool) -> str:
    """A sentence for what a run predicts; "" for a stage that nobody knows."""
    state = state_of(stage, ready=ready)
    if state == "ready":
        return _READY
    return _UNKNOWN if stage is None else MEANINGS.get(stage, "")
