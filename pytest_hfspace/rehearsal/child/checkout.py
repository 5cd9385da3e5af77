"""An editable install of the repository itself: on the Space there is none, and what the image lacks
must not be found in the working tree instead."""

from __future__ import annotations

import os
import sys
from typing import Any


def leave_out(checkout: str) -> None:
    """Take a directory and what lies below it off the search for modules."""
    below = os.path.realpath(checkout)
    sys.path[:] = [entry for entry in sys.path if not (entry and _is_below(entry, below))]
    sys.meta_path[:] = [finder for finder in sys.meta_path if not _finds_below(finder, below)]


def _is_below(path: str, directory: str) -> bool:
    real = os.path.realpath(path)
    # a virtual environment inside the repository stays
    inside = real == directory or real.startswith(directory + os.sep)
    return inside and not real.startswith((os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix)))


def _finds_below(finder: Any, directory: str) -> bool:
    """setuptools' finder of an editable install maps names to paths, in its module."""
    name = getattr(finder, "__module__", "")
    module = sys.modules.get(name) if isinstance(name, str) and name.startswith("__editable__") else None
    mapping = getattr(module, "MAPPING", None)
    return isinstance(mapping, dict) and any(
        isinstance(path, str) and _is_below(path, directory) for path in mapping.values()
    )
