"""Does an answer let the Space page show it in a frame?  As browsers decide it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ...contract import EMBEDDING_ORIGIN
from ...rehearsal.facts import Visit

_PAGE = urlsplit(EMBEDDING_ORIGIN)
_HOST_SOURCE = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)"
    r"(?::(?P<port>\d+|\*))?(?:/.*)?"
)

#: An http source matches the https page as well.  [CSP Level 3, 6.7.2.8]
_SCHEMES = frozenset({"http", "https"})


def refusal(visit: Visit) -> str:
    """The header that keeps the Space page from framing an answer, as sent; "" if none does.

    Every enforced policy with ``frame-ancestors`` must admit the page; where there is one,
    X-Frame-Options is not looked at.  [CSP Level 3, 6.4.2; HTML, 7.5 ("X-Frame-Options")]
    """
    policies = [
        sources
        for policy in _values(visit, "content-security-policy")
        if (sources := frame_ancestors(policy)) is not None
    ]
    for sources in policies:
        if not any(admits(source) for source in sources):
            return (
                f"Content-Security-Policy: frame-ancestors {' '.join(sources) or chr(39) + 'none' + chr(39)}"
            )
    if policies:
        return ""
    values = list(
        dict.fromkeys(value.strip() for value in _values(visit, "x-frame-options") if value.strip())
    )
    known = {value.lower() for value in values} & {"deny", "sameorigin", "allowall"}
    refused = known != {"allowall"} or len(values) > 1
    return f"X-Frame-Options: {', '.join(values)}" if known and refused else ""


def _values(visit: Visit, name: str) -> list[str]:
    """The values of all headers of a name; a comma separates values as two headers do."""
    return [part for key, text in visit.headers if key.lower() == name for part in text.split(",")]


def frame_ancestors(policy: str) -> list[str] | None:
    """The sources of a policy's first ``frame-ancestors``, None where it has none."""
    for directive in policy.split(";"):
        words = directive.split()
        if words and words[0].lower() == "frame-ancestors":
            return words[1:]
    return None


def admits(source: str) -> bool:
    """Does one source of ``frame-ancestors`` match https://huggingface.co?

    A path is taken to match: browsers differ, and it is no business of an origin.
    """
    source = source.lower()
    if source.endswith(":") and "/" not in source:
        return source[:-1] in _SCHEMES
    found = _HOST_SOURCE.fullmatch(source)
    if not found or (found["scheme"] or "https") not in _SCHEMES:
        return False
    if found["port"] not in (None, "*", "443", "80" if found["scheme"] == "http" else "443"):
        return False
    # "*.huggingface.co" does not match huggingface.co itself
    return found["host"] in ("*", _PAGE.hostname)


def is_near_miss(header: str) -> bool:
    """Does a refusing policy name the page's subdomains only?"""
    return f"*.{_PAGE.hostname}" in header.lower()
