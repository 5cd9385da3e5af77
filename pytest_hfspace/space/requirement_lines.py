"""The lines of a requirements file, as pip reads them.  What they lead to is not opened here."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple


class Requirement(NamedTuple):
    """``name`` is normalised (PEP 503), ``text`` the line as written, without its options.

    ``hashed``: it has a ``--hash``.
    """

    name: str
    text: str
    path: str
    line: int
    extras: frozenset[str] = frozenset()
    specifier: str = ""
    marker: str = ""
    url: str = ""
    hashed: bool = False


class Invalid(NamedTuple):
    """A line that pip refuses."""

    path: str
    line: int
    text: str
    reason: str


class Option(NamedTuple):
    """A line of a requirements file that is an option for pip (``--extra-index-url ...``)."""

    path: str
    line: int
    text: str


class Place(NamedTuple):
    """A line that installs what lies at a path of the image.

    ``target``: the path as written; ``found``: does it lie there when the step runs?  None where
    nobody can tell.  ``editable``: of ``-e``.
    """

    path: str
    line: int
    text: str
    target: str
    editable: bool = False
    found: bool | None = None
    marker: str = ""


@dataclass
class Lines:
    """What a requirements file says.

    ``includes`` and ``constraints``: files that it names, as written, with the line.
    ``projects``: lines that name the repository's own package (``-e .``).  ``unknown``: sentences
    on lines that install something whose name cannot be told.  ``places``: lines that name a path,
    those of ``projects`` among them.
    """

    requirements: list[Requirement] = field(default_factory=list)
    includes: list[tuple[str, int]] = field(default_factory=list)
    constraints: list[tuple[str, int]] = field(default_factory=list)
    projects: list[tuple[str, int]] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)
    invalid: list[Invalid] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)


#: Lines of a requirements file that are looked at; a lock file has some thousands.
_MOST_LINES: Final = 20_000

#: No requirement is longer, and parsing one costs time.
_LONGEST: Final = 2_000

_COMMENT: Final = re.compile(r"(?:^|\s+)#.*$")
_VARIABLE: Final = re.compile(r"\$\{[A-Z0-9_]+\}")
_OWN_OPTIONS: Final = re.compile(r"\s--?[A-Za-z]")
_URL: Final = re.compile(r"(?:[a-z]+\+)?[a-z][a-z0-9]*://", re.IGNORECASE)
_EGG: Final = re.compile(r"[#&]egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_ARCHIVE: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9._]*?)-\d[^/]*\.(?:whl|tar\.gz|zip|tar\.bz2)\Z")
_OPTION: Final = re.compile(
    r"(--[a-z][a-z-]*|-[A-Za-z])(?:\s*=\s*|\s+|(?<=-[A-Za-z])(?=\S)|\Z)(.*)", re.DOTALL
)

#: Of pip, behind a requirement.
_BEHIND: Final = frozenset({"-C", "--config-setting", "--global-option", "--install-option"})
_OPTION_NAME: Final = re.compile(r"(?:^|\s)(--[a-z][a-z-]*|-[A-Za-z])")

#: Of pip, for lines of their own.  [pip: requirements file format]
_OPTIONS: Final = frozenset(
    {
        "--all-releases",
        "--config-settings",
        "--extra-index-url",
        "--find-links",
        "--hash",
        "--index-url",
        "--no-binary",
        "--no-index",
        "--no-require-hashes",
        "--only-binary",
        "--only-final",
        "--pre",
        "--prefer-binary",
        "--pypi-url",
        "--require-hashes",
        "--trusted-host",
        "--use-feature",
        "-f",
        "-i",
    }
)


def normalised(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_lines(text: str, path: str) -> Lines:
    """Read the text of a requirements file."""
    lines = Lines()
    for number, line in _logical(text):
        read_line(lines, line, path, number)
    return lines


def read_line(lines: Lines, line: str, path: str, number: int) -> None:
    """Add what one line says, its comment being gone already."""
    if _VARIABLE.search(line):
        lines.unknown.append(f"{path}:{number} takes a value from the build's environment")
    elif line.startswith("-"):
        _read_option(lines, line, path, number)
    else:
        own = _OWN_OPTIONS.search(line)
        options = line[own.start() :] if own else ""
        if set(_OPTION_NAME.findall(options)) - _OPTIONS - _BEHIND:
            # "python -m spacy download": a command
            reason = "pip knows no such option in a file"
            lines.invalid.append(Invalid(path, number, line[:_LONGEST], reason))
            return
        text = line[: own.start()] if own else line
        _read_requirement(lines, text, path, number, hashed="--hash" in options)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments, continuations joined, each with the number of its first."""
    joined, first = "", 0
    # not splitlines(): pip breaks lines where text files do, not at form feeds
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text)[:_MOST_LINES], 1):
        comment = line.lstrip().startswith("#")
        first = number if not joined else first
        if line.endswith("\\") and not comment:
            joined += line[:-1] + " "
            continue
        # a comment ends a continuation, as in pip
        whole = (
            joined if comment else _COMMENT.sub("", joined + line) if len(line) <= _LONGEST else joined + line
        )
        joined = ""
        if whole.strip():
            yield first, whole.strip()
    if joined.strip():
        yield first, _COMMENT.sub("", joined).strip()


def _read_option(lines: Lines, line: str, path: str, number: int) -> None:
    match = _OPTION.match(line)
    name, value = (match[1], match[2].strip()) if match else (line, "")
    value = value.strip("\"'")
    if name in {"-r", "--requirement"} and value:
        lines.includes.append((value, number))
    elif name in {"-c", "--constraint"} and value:
        lines.constraints.append((value, number))
    elif name in {"-e", "--editable"} and value:
        _read_requirement(lines, value, path, number, editable=True)
    elif name in _OPTIONS:
        lines.options.append(Option(path, number, line))
    else:
        lines.invalid.append(Invalid(path, number, line[:_LONGEST], "pip knows no such option in a file"))


def _read_requirement(
    lines: Lines, text: str, path: str, number: int, *, hashed: bool = False, editable: bool = False
) -> None:
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    text = text.strip()
    if _is_url(text) or _is_path(text):
        _read_place(lines, text, path, number, hashed=hashed, editable=editable)
        return
    if len(text) > _LONGEST:
        lines.invalid.append(Invalid(path, number, text[:80] + "...", "longer than any requirement"))
        return
    try:
        parsed = Parsed(text)
    except (InvalidRequirement, RecursionError) as error:
        reason = (str(error).splitlines() or ["not a requirement"])[0]
        lines.invalid.append(Invalid(path, number, text, reason))
        return
    target = _local(parsed.url or "")
    if target:
        marker = str(parsed.marker or "")
        lines.places.append(Place(path, number, text, target, editable=editable, marker=marker))
    lines.requirements.append(
        Requirement(
            normalised(parsed.name),
            text,
            path,
            number,
            frozenset(normalised(extra) for extra in parsed.extras),
            str(parsed.specifier),
            str(parsed.marker or ""),
            parsed.url or "",
            hashed,
        )
    )


def _read_place(
    lines: Lines, text: str, path: str, number: int, *, hashed: bool = False, editable: bool = False
) -> None:
    """A requirement that says where it lies, and perhaps what it is called."""
    place, _, marker = text.partition(";")
    place = place.split(" ", maxsplit=1)[0]
    directory = re.sub(r"\[[^\]]*\]\Z", "", place)
    target = _local(directory) if _is_url(directory) else directory
    if target:
        marker = marker.strip()
        lines.places.append(Place(path, number, text, target, editable=editable, marker=marker))
    archive = _ARCHIVE.search(posixpath.basename(re.split(r"[?#]", place)[0]))
    named = _EGG.search(place) or archive
    if named is not None:
        name = normalised(named[1])
        lines.requirements.append(Requirement(name, text, path, number, url=place, hashed=hashed))
    elif not _is_url(place) and not archive:
        lines.projects.append((directory, number))
    else:
        lines.unknown.append(f"{path}:{number} installs a package without saying its name")


def _local(url: str) -> str:
    """The path of a ``file:`` URL, "" for any other."""
    if not url.lower().startswith("file:"):
        return ""
    path = re.split(r"[#?]", url[len("file:") :])[0]
    return re.sub(r"\A//(?:localhost)?", "", path).replace("%20", " ") or "/"


def _is_url(text: str) -> bool:
    return _URL.match(text) is not None or text.startswith("file:")


def _is_path(text: str) -> bool:
    if re.match(r"[A-Za-z0-9._-]+\s*(?:\[[^\]]*\]\s*)?@", text):
        return False  # name @ url
    start = re.split(r"[;\s\[]", text, maxsplit=1)[0]
    return start.startswith((".", "/", "~")) or "/" in start or start.endswith((".whl", ".tar.gz", ".zip"))
