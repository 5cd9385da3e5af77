"""Python's own warnings, kept from whoever runs this."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """While this block lasts, warnings are ignored: the parser warns of odd escapes in the text of others.

    The filters belong to the process.  Two threads that put back, in the wrong order, what each has
    found would leave everything ignored for good: one at a time.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
