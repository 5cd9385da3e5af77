"""``python -m backend``: the board on this machine, with the settings of a local ``.env`` file."""

from __future__ import annotations

from pathlib import Path

import uvicorn
from dotenv import load_dotenv


def main() -> None:
    """Serve on http://127.0.0.1:7860 until interrupted."""
    # An explicit path: the search of load_dotenv() would climb out of the repository.
    load_dotenv(Path(__file__).parent.parent / ".env")
    uvicorn.run("main:app", host="127.0.0.1", port=7860, timeout_graceful_shutdown=10)


if __name__ == "__main__":
    main()
