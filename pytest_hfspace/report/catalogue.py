"""The catalogue for people and for scripts: ``--hfspace-list``, ``--hfspace-explain``, and what
``docs/checks.md`` is made of."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Final, Literal, NamedTuple

from ..check import Check
from ..settings import matches
from .text import one_line, printable, terminal_columns, text_width, wrap

Form = Literal["text", "json"]


class Family(NamedTuple):
    """The checks whose codes begin alike, and what they ask together."""

    name: str
    question: str


#: In the order of the pipeline.
FAMILIES: Final[Mapping[str, Family]] = {
    "HFS1": Family("Configure", "Would the Hub accept the card and what it configures?"),
    "HFS2": Family("Push", "Would the push be accepted, and would everything arrive?"),
    "HFS3": Family("Build", "Would it build, with everything that the app imports?"),
    "HFS4": Family("Start", "Would it come up, and be reachable?"),
    "HFS5": Family("Serve", "Does every route answer?"),
    "HFS6": Family("Browser", "Does it work behind the Hub's proxy, inside the Space page?"),
    "HFS7": Family("Environment", "Does its configuration come only from the environment?"),
    "HFS8": Family("Life cycle", "Does it live with a Space's disk, network, end and restart?"),
}

#: "[spaces-config-reference]" at the end of a docstring: the explanation names it in full.
_SOURCE: Final = re.compile(r"\s*\[[^\]]*\]\s*$")
#: The end of a sentence; "e.g. this" and ".env" are none.
_SENTENCE: Final = re.compile(r"(?<=[^\s.][.!?])\s+(?![a-z])")

#: Sources that are no page of the Hub's documentation.
_ELSEWHERE: Final[Mapping[str, str]] = {
    "field": "public post-mortems of Spaces; no document states it",
    "uvicorn": "https://uvicorn.dev/settings/",
    "gunicorn": "https://docs.gunicorn.org/en/stable/settings.html",
    "moby/buildkit": "https://github.com/moby/buildkit",
    "Dockerfile reference": "https://docs.docker.com/reference/dockerfile/",
    "huggingface_hub PR 2450": "https://github.com/huggingface/huggingface_hub/pull/2450",
    "ASGI, Lifespan Protocol": "https://asgi.readthedocs.io/en/latest/specs/lifespan.html",
    "Python, -u": "https://docs.python.org/3/using/cmdline.html#cmdoption-u",
}


def answer(code: str | None, form: Form | None, catalogue: Collection[Check]) -> int:
    """Print the catalogue, or the checks that ``code`` means, and give the exit code."""
    found = find_all(code, catalogue) if code else list(catalogue)
    if form == "json":
        text = json.dumps(entries(found), indent=1)
    elif code:
        width = text_width(terminal_columns())
        text = f"\n\n{'-' * width}\n\n".join("\n".join(explained(check, width)) for check in found)
    else:
        text = "\n".join(listed(found))
    encoding = sys.stdout.encoding or "ascii"
    # what a project writes of its own checks, on a terminal that may not have all of Unicode
    sys.stdout.write(printable(text).encode(encoding, "backslashreplace").decode(encoding) + "\n")
    return 0


def listed(catalogue: Iterable[Check]) -> list[str]:
    """One line for each check: code, name, level, stage."""
    checks = in_order(catalogue)
    code = max((len(check.code) for check in checks), default=0)
    name = max((len(check.name) for check in checks), default=0)
    return [
        f"{check.code:{code}} {check.name:{name}} {check.level:5} {check.predicts.value}" for check in checks
    ]


def entries(catalogue: Iterable[Check]) -> list[dict[str, Any]]:
    """The same as data for ``json.dumps``, with what each check looks for."""
    return [
        {
            "code": check.code,
            "name": check.name,
            "level": check.level,
            "stage": check.predicts.value,
            "since": check.since,
            "needs": list(check.needs),
            "summary": summary(check),
        }
        for check in in_order(catalogue)
    ]


def in_order(catalogue: Iterable[Check]) -> list[Check]:
    """By their codes."""
    return sorted(catalogue, key=lambda check: check.code)


def paragraphs(check: Check) -> list[str]:
    """What a check looks for: its docstring without the source, each paragraph on one line."""
    what = inspect.getdoc(check.function) or ""
    told = (_SOURCE.sub("", one_line(paragraph)) for paragraph in re.split(r"\n\s*\n", what))
    return [text.replace("``", "`") for text in told if text]


def summary(check: Check) -> str:
    """The first sentence of its docstring, "" where it has none."""
    return next((_SENTENCE.split(text)[0] for text in paragraphs(check)), "")


def explained(check: Check, width: int) -> list[str]:
    """What a check looks for, why the Hub cares, what follows, a wrong and a right example.

    Of a check that a project or another plugin has added, its docstring is all there is.
    """
    from ..explanations import explanation

    more = explanation(check.code)
    lines = [f"{check.id} ({check.level}, predicts {check.predicts.value})", ""]
    for paragraph in [*paragraphs(check), *([more.why] if more else [])]:
        lines += [*wrap(paragraph, width), ""]
    lines += wrap(f"On the Hub: {check.consequence}", width, hanging="  ")
    if check.needs:
        lines += wrap(f"Needs: {', '.join(check.needs)}", width, hanging="  ")
    if more and more.leaves:
        lines += wrap(f"Left alone: {more.leaves}", width, hanging="  ")
    for title, files in (("Wrong", more.wrong), ("Right", more.right)) if more else ():
        lines += ["", f"{title}:", *_example(files)]
    lines += [
        "",
        *wrap(
            f"To leave it out: --hfspace-ignore {check.code}, or hfspace_ignore = {check.code} "
            "in the pytest configuration.",
            width,
            hanging="  ",
        ),
    ]
    return [*lines, *(f"Source: {source(name)}" for name in (more.sources if more else ()))]


def _example(files: Mapping[str, str | bytes | None]) -> list[str]:
    lines = []
    for path, content in files.items():
        if isinstance(content, str):
            lines += [f"  {path}:", *(f"    {line}".rstrip() for line in content.splitlines())]
        else:
            lines.append(f"  {path}: {instead(content)}")
    return lines


def instead(content: bytes | None) -> str:
    """What stands in place of an example's file that cannot be shown."""
    return "not there" if content is None else f"{_size(len(content))}, binary"


def _size(count: int) -> str:
    units = ((1 << 20, "MiB"), (1 << 10, "KiB"))
    return next((f"{count / size:.3g} {unit}" for size, unit in units if count >= size), f"{count} bytes")


def source(name: str) -> str:
    """Where a source of an explanation can be read: a link, or words where there is none."""
    return _ELSEWHERE.get(name, f"https://huggingface.co/docs/hub/{name}")


def find(text: str, catalogue: Collection[Check]) -> Check:
    """By code, by name, or by both; raises :class:`pytest.UsageError` that names the near ones."""
    found = _called(text, catalogue)
    if not found:
        import pytest  # here, because the rest serves where there is none

        by_name = {name: check for check in catalogue for name in _names(check)}
        raise pytest.UsageError(f"there is no check {text!r}{did_you_mean(text, by_name)}")
    return found[0]


def find_all(text: str, catalogue: Collection[Check]) -> list[Check]:
    """Every check that is called so, whose code or name a glob matches (HFS41*), or of a family (HFS4).

    Raises what :func:`find` does.
    """
    glob = text.strip().upper()
    found = _called(text, catalogue) or [
        check
        for check in catalogue
        if any(fnmatchcase(name, glob) for name in _names(check)) or matches(check.code, (glob,))
    ]
    return in_order(found or [find(text, catalogue)])


def _called(text: str, catalogue: Collection[Check]) -> list[Check]:
    return [check for check in catalogue if text.strip().upper() in _names(check)]


def _names(check: Check) -> tuple[str, str, str]:
    return check.code.upper(), check.name.upper(), check.id.upper()


def did_you_mean(text: str, names: Mapping[str, Check]) -> str:
    """ "; did you mean HFS410-port-mismatch?", or "" where nothing is near."""
    wanted = text.upper()
    codes = [name for name, check in names.items() if name == check.code.upper()]
    near = [name for name, check in names.items() if wanted in check.name.upper().split("-")]
    near = near or get_close_matches(wanted.partition("-")[0], codes, cutoff=0.8)
    near = near or get_close_matches(wanted, list(names), n=6)
    ids = list(dict.fromkeys(names[name].id for name in near))[:3]
    return f"; did you mean {' or '.join(ids)}?" if ids else " (--hfspace-list shows them all)"
