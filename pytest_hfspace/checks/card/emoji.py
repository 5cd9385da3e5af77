"""Is a text exactly one emoji?  A small range check instead of the Unicode tables."""

from __future__ import annotations

_JOINER = 0x200D
_TEXT_STYLE = 0xFE0E
_EMOJI_STYLE = 0xFE0F
_KEYCAP = 0x20E3
_KEYCAP_BASES = frozenset(map(ord, "0123456789#*"))
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_BLACK_FLAG = 0x1F3F4
_TAGS = range(0xE0020, 0xE0080)

#: Generous: blocks in which emoji lie.  What a browser draws as a sign is not refused.
_BASES = (
    range(0x00A9, 0x00AA),
    range(0x00AE, 0x00AF),
    range(0x203C, 0x203D),
    range(0x2049, 0x204A),
    range(0x2122, 0x2123),
    range(0x2139, 0x213A),
    range(0x2194, 0x21AB),
    range(0x231A, 0x2400),
    range(0x24C2, 0x24C3),
    range(0x25A0, 0x2800),
    range(0x2934, 0x2936),
    range(0x2B00, 0x2C00),
    range(0x3030, 0x3031),
    range(0x303D, 0x303E),
    range(0x3297, 0x329A),
    range(0x1F000, 0x1F1E6),
    range(0x1F200, 0x1FB00),
)


def is_emoji(text: str) -> bool:
    """Exactly one emoji: a sign, a keycap, a flag, or signs that joiners make into one."""
    points = [ord(character) for character in text]
    if not points:
        return False
    return _is_keycap(points) or _is_flag(points) or all(map(_is_sign, _split(points)))


def _is_keycap(points: list[int]) -> bool:
    return (
        points[0] in _KEYCAP_BASES
        and points[-1] == _KEYCAP
        and points[1:-1] in ([], [_EMOJI_STYLE])
        and len(points) > 1
    )


def _is_flag(points: list[int]) -> bool:
    return len(points) == 2 and all(point in _REGIONAL for point in points)


def _split(points: list[int]) -> list[list[int]]:
    """The parts between joiners."""
    parts: list[list[int]] = [[]]
    for point in points:
        if point == _JOINER:
            parts.append([])
        else:
            parts[-1].append(point)
    return parts


def _is_sign(part: list[int]) -> bool:
    """One base, with its style and skin tone; the black flag also with the tags of a region."""
    if not part or not any(part[0] in block for block in _BASES):
        return False
    rest = part[1:]
    if part[0] == _BLACK_FLAG:
        rest = [point for point in rest if point not in _TAGS]
    return len(rest) <= 2 and all(
        point in (_EMOJI_STYLE, _TEXT_STYLE) or point in _SKIN_TONES for point in rest
    )
