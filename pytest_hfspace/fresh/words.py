"""The words of the tools cut to what matters, with nothing in them of this machine or of an index."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_MOST_LINES: Final = 12
_LONGEST_LINE: Final = 300
_LONGEST_READ: Final = 2_000
#: of the beginning and of the end of an output, in characters
_MOST: Final = 128 * 1024
_LONG_WORD: Final = re.compile(r"(\S{150})\S+")
#: of what a package's build printed
_LAST_OF_BUILD: Final = 6
#: of the versions that pip lists
_NEWEST: Final = 5

_URL: Final = re.compile(r"(?:[a-z]+\+)?[a-z][a-z0-9]*://[^\s'\"`)>\]]+", re.IGNORECASE)
#: An absolute path with at least two parts: what is shorter is an option, a fraction, a slash.
_PATH: Final = re.compile(r"(?<![\w.:/~\0-])(?:~|/[\w.@+~-]+)(?:/[\w.@+~-]+)+/?")
_BOX: Final = re.compile(r"^[ \t]*(?:[\u00d7│├╰─▶]+[ \t]*)+")
_LABEL: Final = re.compile(r"^[ \t]*(?:error: |ERROR: |cause: |Caused by: )+", re.IGNORECASE)
_ERROR: Final = re.compile(r"\s*(?:error: |\u00d7 )", re.IGNORECASE)
_ANSI: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")

#: Lines that tell what the tool is doing, not why it stopped.
_NOISE: Final = re.compile(
    r"Using (?:C?Python|virtual)|Looking in |Collecting |Processing |Resolved \d|Prepared \d|Audited \d"
    r"|Creating virtual|Ignoring |Activate with|WARNING: |warning: |INFO: |DEBUG |Requirement already"
    r"|\s*(?:Downloading|Building|Updating|Updated|Built|Using cached|Cloning|Running command|Obtaining)\b"
    r"|\s*(?:Getting requirements|Preparing metadata|Installing build|Building wheels?|Saved |Stored in )"
    r"|\s*note: |\[notice\]|\s*hint: (?:See above|This usually|Build failures usually)|See above for"
    r"|╰─> (?:See above|No available)|\s*Created wheel|\+ \S+==|Looking at|To fix this|\s*[12]\. |Discarding "
    r"|\s*\[end of output\]|\s*\u2501|.*for help visit|.*pip is looking at multiple"
)
_BUILD_OUTPUT: Final = re.compile(r"\[\d+ lines of output\]|\[stderr\]|--- stderr")
_FRAME: Final = re.compile(r"(\s*)File(?: \".*|\s*)\Z")
_TRACE: Final = re.compile(
    r'\s*(?:"[^"]*", line \d+|line \d+, in |Traceback \(most recent|\^+\s*$|[~^]+\s*$)'
)
_SENTENCE: Final = re.compile(r"\s*(?:Because|And because|hint:) ")
_DEEP: Final = re.compile(r"\A {5,}")
_VERSIONS: Final = re.compile(r"\(from versions: ([^)]*)\)")


def bounded(text: str) -> str:
    """A text in which no line and no word is so long that to search it takes time."""
    kept = text if len(text) <= 2 * _MOST else f"{text[:_MOST]}\n{text[-_MOST:]}"
    lines = (line[:_LONGEST_READ] for line in _ANSI.sub("", kept).splitlines())
    return "\n".join(_LONG_WORD.sub(r"\1", line) for line in lines)


def cut(text: str, here: Mapping[str, str]) -> str:
    """What a tool said of a failure, in at most twelve lines.

    ``here``: directories of this machine, and what to call them.
    """
    lines = [line.rstrip() for line in bounded(text).splitlines()]
    lines = [line for line in _without_build_output(lines) if line.strip() and not _NOISE.match(line)]
    first = next((index for index, line in enumerate(lines) if _ERROR.match(line)), 0)
    told = _joined(lines[first:])
    clean = [cleaned(_versions_cut(line), here)[:_LONGEST_LINE] for line in told]
    unique = list(dict.fromkeys(line for line in clean if line))
    return "\n".join(unique[:_MOST_LINES])


def cleaned(text: str, here: Mapping[str, str]) -> str:
    """A text without URLs and without this machine's paths."""
    text = _URL.sub(_place_of_url, text.replace("\0", ""))
    for directory, name in sorted(here.items(), key=lambda pair: -len(pair[0])):
        # the mark keeps what follows from being taken for a path of this machine
        text = re.sub(rf"{re.escape(directory)}(?=/|\b|\Z)", lambda _, name=name: f"\0{name}", text)  # type: ignore[misc]  # a default that binds
    text = _PATH.sub(lambda match: "…/" + match[0].rstrip("/").rpartition("/")[2], text)
    return text.replace("\0", "")


def _place_of_url(match: re.Match[str]) -> str:
    """An archive or a repository keeps its name, nothing keeps its host."""
    last = re.split(r"[?#]", match[0])[0].rstrip("/").rpartition("/")[2]
    return f"<{last}>" if re.search(r"\.(?:whl|tar\.gz|zip|git)", last) else "<URL>"


def _without_build_output(lines: list[str]) -> list[str]:
    """Of what a package's build printed, its last words."""
    result: list[str] = []
    index = 0
    while index < len(lines):
        if not _BUILD_OUTPUT.search(lines[index]):
            result.append(lines[index])
            index += 1
            continue
        index += 1
        block = []
        while index < len(lines) and not re.match(r"\s*(?:\[end of output\]|hint: )", lines[index]):
            frame = _FRAME.match(lines[index])
            if frame is None and lines[index].strip() and not _TRACE.match(lines[index]):
                block.append("  " + lines[index].strip())
            index += 1
            while frame is not None and index < len(lines) and lines[index].startswith(f"{frame[1]} "):
                index += 1
        result += block[-_LAST_OF_BUILD:]
    return result


def _joined(lines: list[str]) -> list[str]:
    """Sentences that uv breaks at 80 columns made whole, the frame around them gone."""
    result: list[str] = []
    for line in lines:
        bare = _LABEL.sub("", _BOX.sub("", line))
        begins = bare != line or _SENTENCE.match(line) is not None
        if begins:
            result.append(bare.strip())
        elif result and _SENTENCE.match(result[-1]) and line.startswith("      "):
            result[-1] += f" {line.strip()}"
        else:
            result.append(_DEEP.sub("    ", line))
    return result


def _versions_cut(line: str) -> str:
    """pip names every version that there is: the newest will do."""

    def cut_versions(match: re.Match[str]) -> str:
        versions = match[1].split(", ")
        more = "…, " if len(versions) > _NEWEST else ""
        return f"(from versions: {more}{', '.join(versions[-_NEWEST:])})"

    return _VERSIONS.sub(cut_versions, line)
