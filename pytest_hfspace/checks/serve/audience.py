"""For whom an app is: browsers or programs, everybody or who has credentials."""

from __future__ import annotations

import re

from ...rehearsal.facts import Rehearsal, Route, Visit
from .answers import detail

#: What a route says that only wants credentials.
_ASKS = re.compile(
    r"(?:invalid|missing|incorrect|wrong|bad|expired|no|requires?|provide)\W+(?:\w+\W+){0,3}?"
    r"(?:api[ _-]?key|password|credentials?|token|signature)\b"
    r"|\b(?:api[ _-]?key|password|credentials?|token|signature)\W+(?:\w+\W+){0,2}?"
    r"(?:missing|required|invalid|incorrect|wrong|expired)\b|\bunauthori[sz]ed\b|\bnot authenticated\b"
    # what another site, or a mail, brings back: OAuth's redirect, a link that is good once
    r"|\b(?:sign-?in|log-?in|oauth|authentication|authori[sz]ation)\W+(?:\w+\W+){0,2}?(?:failed|required|error)\b"
    r"|\bmismatching_state\b|\bstate\W+(?:\w+\W+){0,2}?mismatch|\b(?:invalid|missing) (?:oauth|csrf) state\b"
    r"|\blink\W+(?:\w+\W+){0,2}?(?:invalid|expired)\b|\b(?:invalid|expired) (?:\w+ )?link\b",
    re.IGNORECASE,
)

#: Pages about the API, which every framework adds.
_DOCUMENTATION = re.compile(r"swagger|redoc|openapi|scalar|rapidoc|stoplight", re.IGNORECASE)


def has_pages(rehearsal: Rehearsal, front: Visit) -> bool:
    """Is it an app for browsers, and not an API, of which nobody expects a page?"""
    if (front.header("www-authenticate") or "").lower().startswith("basic"):
        return True
    for route in rehearsal.routes:
        if _DOCUMENTATION.search(f"{route.path} {route.endpoint} {route.name}"):
            continue
        if _declares_page(route) or any(map(_is_page, rehearsal.of(route.label))):
            return True
    return False


def _is_page(visit: Visit) -> bool:
    kind = (visit.header("content-type") or "").lower()
    return visit.status is not None and visit.status < 400 and kind.startswith("text/html")


def _declares_page(route: Route) -> bool:
    """Does its schema say so, as FastAPI's does of ``response_class=HTMLResponse``?"""
    responses = (route.operation or {}).get("responses")
    answers = responses.values() if isinstance(responses, dict) else ()
    contents = (answer.get("content") for answer in answers if isinstance(answer, dict))
    return any("text/html" in content for content in contents if isinstance(content, dict))


def asks_for_credentials(visit: Visit) -> bool:
    """Is this a 400 that would better be a 401, as of a log-in with a wrong password?"""
    return visit.status == 400 and _ASKS.search(detail(visit)) is not None
