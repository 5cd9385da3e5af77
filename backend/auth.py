"""Who may publish, and how often."""

from __future__ import annotations

import hashlib
import hmac
import math
import time
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

_bearer = HTTPBearer(auto_error=False, scheme_name="publisher", description="A token of BOARD_TOKENS")


class Publishers:
    """Those who may publish.  ``digests``: of their tokens; ``rate``: reports a minute for each.

    A publisher who was silent may send a minute's reports at once.
    """

    def __init__(
        self, digests: tuple[bytes, ...], rate: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._digests = digests
        self._rate = rate
        self._clock = clock
        self._left = [float(rate)] * len(digests)
        self._at = [clock()] * len(digests)

    def __bool__(self) -> bool:
        return bool(self._digests)

    def find(self, token: str) -> int | None:
        """The number of the publisher with this token."""
        given = hashlib.sha256(token.encode()).digest()
        # Every token is compared, whichever matches.
        matches = [hmac.compare_digest(given, digest) for digest in self._digests]
        return matches.index(True) if True in matches else None

    def wait(self, publisher: int) -> int:
        """Seconds until this publisher may send a report; 0, and it is counted, where that is now."""
        now = self._clock()
        gained = (now - self._at[publisher]) * self._rate / 60
        left = min(float(self._rate), self._left[publisher] + gained)
        self._at[publisher] = now
        self._left[publisher] = left - 1 if left >= 1 else left
        return 0 if left >= 1 else math.ceil((1 - left) * 60 / self._rate)


async def require_publisher(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Let publishers pass who keep to their rate.  Others get 401, everybody 503 where no token is set."""
    publishers: Publishers = request.app.state.publishers
    if not publishers:
        raise HTTPException(503, "Publishing is off: set BOARD_TOKENS.")
    publisher = publishers.find(credentials.credentials if credentials else "")
    if publisher is None:
        raise HTTPException(401, "A publisher's bearer token is needed.", {"WWW-Authenticate": "Bearer"})
    seconds = publishers.wait(publisher)
    if seconds:
        raise HTTPException(
            429, f"Too many reports with this token: wait {seconds} s.", {"Retry-After": str(seconds)}
        )
