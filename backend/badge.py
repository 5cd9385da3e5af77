"""The badge of a Space: a flat SVG with the predicted stage."""

from __future__ import annotations

from html import escape

from .report import Stage

GREY = "#9f9f9f"
#: Of a Space that would run, and yet is not ready.
AMBER = "#dfb317"
_RED = "#e05d44"

#: The colour of each stage.
COLOURS: dict[str, str] = {stage.value: _RED for stage in Stage} | {
    Stage.APP_STARTING.value: "#fe7d37",
    Stage.RUNNING.value: "#4c1",
}

_LABEL = "space"
_PADDING = 5

_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{alt}">
<title>{alt}</title>
<linearGradient id="s" x2="0" y2="100%">\
<stop offset="0" stop-color="#bbb" stop-opacity=".1"/><stop offset="1" stop-opacity=".1"/>\
</linearGradient>
<clipPath id="r"><rect width="{width}" height="20" rx="3" fill="#fff"/></clipPath>
<g clip-path="url(#r)">\
<rect width="{left}" height="20" fill="#555"/>\
<rect x="{left}" width="{right}" height="20" fill="{colour}"/>\
<rect width="{width}" height="20" fill="url(#s)"/>\
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
{label}
{message}
</g>
</svg>
"""


def render_badge(space: str, stage: str | None, *, ready: bool = True) -> str:
    """The badge as SVG.  ``space``: ``owner/name``, of any origin; ``stage``: None where unknown;
    ``ready``: whether a Space that would run is in order, too."""
    flawed = stage == Stage.RUNNING.value and not ready
    message = "not ready" if flawed else stage or "unknown"
    colour = AMBER if flawed else COLOURS.get(message, GREY)
    left, right = _width(_LABEL), _width(message)
    name = "".join(character for character in space if character.isprintable())
    return _SVG.format(
        width=left + right,
        left=left,
        right=right,
        alt=escape(f"{name}: {message}"),
        colour=colour,
        label=_text(_LABEL, left / 2),
        message=_text(message, left + right / 2),
    )


def _width(text: str) -> int:
    """Pixels for a text of Verdana 11, near enough: ``textLength`` makes it fit."""
    return 2 * _PADDING + round(sum(7.6 if character.isupper() else 6.5 for character in text))


def _text(text: str, middle: float) -> str:
    length = _width(text) - 2 * _PADDING
    shown = escape(text)
    place = f'x="{middle:g}" textLength="{length}"'
    shadow = f'<text {place} y="15" fill="#010101" fill-opacity=".3" aria-hidden="true">{shown}</text>'
    return f'{shadow}<text {place} y="14">{shown}</text>'
