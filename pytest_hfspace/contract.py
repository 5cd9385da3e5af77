"""What the Hub does with a Space, as dated data, each fact with its source.

Sources are named by the file of the Hub's public documentation (``docs/hub/<name>.md``), by the
class of ``huggingface_hub``, or "field": what many public post-mortems agree on and no document
states.  A fact that is only *likely* must never become an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

#: The month in which these facts were last compared with their sources.
DATE: Final = "2026-08"
#: The oldest contract that a run can be pinned to.
FIRST: Final = "2026-08"


class Stage(str, Enum):
    """Where a Space can end up.  [huggingface_hub ``SpaceStage``]

    ``PUSH_REJECTED`` is our own word: the Hub refuses the push and the old build keeps serving.

    The members stand in the order in which the pipeline reaches them.  ``RUNTIME_ERROR`` stands
    before ``APP_STARTING``: a process that exits is reported at once, while the Hub waits half
    an hour for one that listens in the wrong place.  ``PAUSED`` stands behind both: what the Hub
    does to a Space that ran.
    """

    PUSH_REJECTED = "PUSH_REJECTED"
    CONFIG_ERROR = "CONFIG_ERROR"
    NO_APP_FILE = "NO_APP_FILE"
    BUILD_ERROR = "BUILD_ERROR"
    RUNTIME_ERROR = "RUNTIME_ERROR"
    APP_STARTING = "APP_STARTING"
    PAUSED = "PAUSED"
    RUNNING = "RUNNING"


#: SDKs that a new Space can choose.  [spaces-config-reference]
SDKS: Final = ("gradio", "docker", "static")

#: SDKs that old Spaces may still have.  Deprecated since 2025-04-30.  [spaces-config-reference]
RETIRED_SDKS: Final = ("streamlit",)

#: The port that the Hub connects to unless the card says otherwise.  [spaces-config-reference]
DEFAULT_APP_PORT: Final = 7860

#: The Hub refuses a smaller ``app_port``.  [field: error text]
LOWEST_APP_PORT: Final = 1025

#: Where the card of a gradio Space names no Python: what the documentation says
#: [spaces-config-reference], and what builders use since 2026-05 [field: build logs].
DOCUMENTED_PYTHON: Final = "3.10"
BUILDERS_PYTHON: Final = "3.13"

#: A process of user id 1000 cannot bind a smaller port.  [Linux; spaces-sdks-docker]
LOWEST_UNPRIVILEGED_PORT: Final = 1024

#: The limit of a start-up, in seconds, unless the card says otherwise.  [spaces-config-reference]
STARTUP_LIMIT: Final = 30 * 60.0

#: The page that shows a Space in a frame.  [spaces-embed]
EMBEDDING_ORIGIN: Final = "https://huggingface.co"

#: The Space's host as the rehearsal spells it.
SPACE_HOST: Final = "owner-name.hf.space"

#: What every Space finds in its environment.  [spaces-overview]
BUILTIN_ENVIRONMENT: Final = {
    "ACCELERATOR": "none",
    "CPU_CORES": "2",
    "MEMORY": "16Gi",
    "SPACE_AUTHOR_NAME": "owner",
    "SPACE_REPO_NAME": "name",
    "SPACE_TITLE": "name",
    "SPACE_ID": "owner/name",
    "SPACE_HOST": SPACE_HOST,
    "SPACE_CREATOR_USER_ID": "0123456789abcdef01234567",
}

#: Added with ``hf_oauth: true``.  [spaces-overview, spaces-oauth]
OAUTH_ENVIRONMENT: Final = {
    "OAUTH_CLIENT_ID": "00000000-0000-4000-8000-000000000000",
    "OAUTH_CLIENT_SECRET": "00000000-0000-4000-8000-000000000001",
    "OAUTH_SCOPES": "openid profile",
    "OPENID_PROVIDER_URL": EMBEDDING_ORIGIN,
}

#: Added by the gradio SDK: SYSTEM for certain [huggingface_hub PR 2450], the rest likely.
GRADIO_ENVIRONMENT: Final = {
    "SYSTEM": "spaces",
    "PYTHONUNBUFFERED": "1",
    "GRADIO_SERVER_NAME": "0.0.0.0",  # noqa: S104 - what the Hub sets
    "GRADIO_NUM_PORTS": "1",
    "GRADIO_ALLOW_FLAGGING": "never",
    "GRADIO_THEME": "huggingface",
}

#: Outbound connections reach these ports only.  [spaces-overview]
EGRESS_PORTS: Final = (80, 443, 8080)

#: Believed by many to be injected, listed by no document: treated as absent.
NOT_INJECTED: Final = ("PORT", "GRADIO_SERVER_PORT", "HF_HOME", "HF_TOKEN")


class Hardware(NamedTuple):
    """What a Space runs on: number of vCPU, and memory in GiB."""

    vcpu: int
    memory: float


#: What a Space gets unless its owner chooses another.  [spaces-overview]
DEFAULT_HARDWARE: Final = "cpu-basic"

#: By the names of the card.  The tables say GB; that it is GiB is what the Hub's own error says:
#: "Memory limit exceeded (16Gi)".  [spaces-gpus, spaces-overview, field]
HARDWARE: Final[Mapping[str, Hardware]] = {
    "cpu-basic": Hardware(2, 16),
    "cpu-upgrade": Hardware(8, 32),
    "t4-small": Hardware(4, 15),
    "t4-medium": Hardware(8, 30),
    "l4x1": Hardware(8, 30),
    "l4x4": Hardware(48, 186),
    "l40sx1": Hardware(8, 62),
    "l40sx4": Hardware(48, 382),
    "l40sx8": Hardware(192, 1534),
    "a10g-small": Hardware(4, 15),
    "a10g-large": Hardware(12, 46),
    "a10g-largex2": Hardware(24, 92),
    "a10g-largex4": Hardware(48, 184),
    "a100-large": Hardware(12, 142),
    "a100x4": Hardware(48, 568),
    "a100x8": Hardware(96, 1136),
}
