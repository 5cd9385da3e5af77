"""Who may publish."""

from __future__ import annotations

import hashlib
import hmac
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

_bearer = HTTPBearer(auto_error=False, scheme_name="publisher", description="A token of BOARD_TOKENS")


async def require_publisher(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Let publishers pass.  Others get 401, everybody 503 where no token is set."""
    digests: tuple[bytes, ...] = request.app.state.token_digests
    if not digests:
        raise HTTPException(503, "Publishing is off: set BOARD_TOKENS.")
    given = hashlib.sha256(credentials.credentials.encode() if credentials else b"").digest()
    # A list: every token is compared, whichever matches.
    if True not in [hmac.compare_digest(given, digest) for digest in digests]:
        raise HTTPException(401, "A publisher's bearer token is needed.", {"WWW-Authenticate": "Bearer"})
