"""1xx: fields that are misspelt, that nothing reads, or that the code contradicts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import BUILDERS_PYTHON, DOCUMENTED_PYTHON, Stage
from ...rehearsal.facts import Rehearsal, Visit
from ...space import Space
from ...space.card import CARD, Field
from ...space.sources import Sources
from ..serving import SERVED, control_visit, one_line, request_name, root_visits, route_of, serving
from .fields import shown
from .keys import meant, misspelt
from .names import Script, Setting, collision, is_public_secret
from .oauth import Use, oauth_uses
from .python import unfit
from .schema import RULES
from .scripts import read_scripts

#: Findings of one kind that a reader would look at.
_MOST_FINDINGS: Final = 20
#: Keys whose singular many write for a purpose of their own.
_PLURALS: Final = ("tags", "models", "datasets")
#: Places of one name that are compared.
_MOST_PAIRS: Final = 1_000


@check(
    "HFS105",
    "card-key-unknown",
    level="warn",
    predicts=Stage.RUNNING,
    needs=("HFS102",),
    consequence="The Hub ignores a key that it does not know, and the Space runs as if it were not there.",
)
def card_key_unknown(space: Space) -> Iterator[Finding]:
    """No key of the card is nearly a known one: a slip, other separators.  [spaces-config-reference]"""
    fields = space.card.fields
    slips = ((field, meant(field, fields)) for field in fields.values())
    # a card without sdk is a finding of HFS103, which names the key that was meant for it
    found = [(field, wanted) for field, wanted in slips if wanted and (wanted != "sdk" or "sdk" in fields)]
    for field, wanted in found[:_MOST_FINDINGS]:
        key = one_line(field.key, 60)
        yield Finding(
            f"{key} is no key of a card{_look_alike(field.key)}; did you mean {wanted}?",
            _spell(field, wanted, space),
            CARD,
            field.line,
            level="note" if _is_own(field, wanted) else None,
        )
    if len(found) > _MOST_FINDINGS:
        more = len(found) - _MOST_FINDINGS
        yield Finding(f"{more} more keys are nearly known ones", "mend those above first", CARD)


def _is_own(field: Field, wanted: str) -> bool:
    """``tag: latest`` and ``model: owner/name`` are common keys of somebody's own."""
    return f"{field.key}s" == wanted and wanted in _PLURALS and not isinstance(field.value, list)


def _look_alike(key: str) -> str:
    """Names a letter that cannot be told from the right one by looking at it."""
    odd = next((letter for letter in key[:60] if not letter.isascii()), "")
    return f" (it has the letter U+{ord(odd):04X})" if odd else ""


def _spell(field: Field, wanted: str, space: Space) -> str:
    there = space.card.fields.get(wanted)
    if there is not None:
        return f"remove it: the card has {wanted} in line {there.line}"
    return f"write {_pair(wanted, field)} in place of {one_line(field.key, 60)}"


def _pair(key: str, field: Field) -> str:
    """The key with the field's value as it is written, where that fits a line."""
    is_short = isinstance(field.value, (str, int, float)) and len(field.raw) <= 60
    return f"{key}: {one_line(field.raw, 60)}" if is_short and "\n" not in field.raw else f"{key}:"


@check(
    "HFS106",
    "card-key-ignored",
    level="note",
    predicts=Stage.RUNNING,
    needs=("HFS103",),
    consequence="Nothing happens: the Space runs as if the field were not there.",
)
def card_key_ignored(space: Space) -> Iterator[Finding]:
    """Every known field of the card is one that its SDK reads.  [spaces-config-reference]"""
    for field in space.card.fields.values():
        rule = RULES.get(field.key)
        if rule is None:
            continue
        if rule.retired:
            message = f"{field.key} is not read any more: {rule.retired}"
            yield Finding(message, "remove it", CARD, field.line)
        elif rule.sdks and space.sdk not in rule.sdks:
            readers = f"{' and '.join(rule.sdks)} {'does' if len(rule.sdks) == 1 else 'do'}"
            yield Finding(
                f"{field.key} is {shown(field.value)}, which sdk: {space.sdk} does not read; {readers}",
                rule.instead.get(space.sdk or "", "remove it"),
                CARD,
                field.line,
            )


@check(
    "HFS109",
    "python-unset",
    level="warn",
    predicts=Stage.BUILD_ERROR,
    needs=("HFS103",),
    consequence=(
        'On another Python than expected, the build ends with "requires a different Python: '
        f"{BUILDERS_PYTHON}.x not in '<{BUILDERS_PYTHON},>=3.11'\", or the app with "
        "\"No module named 'audioop'\"."
    ),
)
def python_unset(space: Space, space_sources: Sources) -> Iterator[Finding]:
    """A gradio Space says which Python it wants.  [spaces-config-reference; field: build logs]

    Most apps run on the builders' as well: a warning needs something that speaks against that.
    """
    if space.sdk != "gradio":
        raise NotApplicable("only gradio Spaces have a python_version")
    if "python_version" in space.card.fields:
        return
    slip = misspelt(space.card.fields, "python_version")
    if slip is not None:
        raise Skip(f"the card has {one_line(slip.key, 60)}: see HFS105")
    against = unfit(space, space_sources)
    if against is not None:
        yield Finding(
            f"python_version is not set: builders use {BUILDERS_PYTHON}, and {against.seen}",
            f'write python_version: "3.{against.minor}"',
            CARD,
            1,
            consequence=against.consequence,
        )
        return
    here = f"3.{sys.version_info.minor}"
    yield Finding(
        f"python_version is not set: {DOCUMENTED_PYTHON} by the documentation, "
        f"{BUILDERS_PYTHON} by builders since 2026-05",
        f'write python_version: "{here}", the version that runs here, or the one that the app needs',
        CARD,
        1,
        level="note",
    )


@check(
    "HFS110",
    "oauth-unset",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS102",),
    consequence=(
        "The app ends with \"OAuth is required but 'OAUTH_CLIENT_ID' environment variable is not set. "
        "Make sure you've enabled OAuth in your Space by setting `hf_oauth: true` in the Space metadata.\""
    ),
)
def oauth_unset(space: Space, space_sources: Sources) -> Iterator[Finding]:
    """Code that uses the Hub's sign-in has ``hf_oauth: true``.  [spaces-oauth; huggingface_hub]"""
    if space.sdk == "static":
        raise NotApplicable("a static Space runs no Python")
    if space.card.hf_oauth:
        return
    uses = oauth_uses(space, space_sources)
    if not uses:
        if space_sources.unknown or not space_sources.app:
            raise Skip(space_sources.unknown or "no Python file of the app is known")
        return
    _only_by_the_card(space)
    # code that also runs without the sign-in asks first
    needed = [use for use in uses if not use.guarded]
    raising = [use for use in needed if use.raises]
    if raising:
        yield _unset(space, raising[0])
    elif needed and len(needed) == len(uses):
        yield _unset(space, needed[0])


def _only_by_the_card(space: Space) -> None:
    """Raise Skip where the variables may come from elsewhere, or the card's value is another's finding."""
    field = space.card.fields.get("hf_oauth")
    if field is not None and not isinstance(field.value, bool):
        raise Skip("needs HFS104")
    declared = space.settings.get("OAUTH_CLIENT_ID")
    if declared is not None:
        raise Skip(f"{one_line(declared.path, 60)} declares OAUTH_CLIENT_ID: the app may have its own")
    if "OAUTH_CLIENT_ID" in (space.image.env if space.image else ()):
        raise Skip("the image sets OAUTH_CLIENT_ID itself")


def _unset(space: Space, use: Use) -> Finding:
    field = space.card.fields.get("hf_oauth")
    slip = misspelt(space.card.fields, "hf_oauth")
    message = f"{use.name} needs hf_oauth: true, and the card has no hf_oauth"
    path, line = use.path, use.line
    if field is not None:
        message = f"hf_oauth is {shown(field.value)}, and {one_line(use.path, 80)}:{use.line} has {use.name}"
        path, line = CARD, field.line
    place = f" in place of {one_line(slip.key, 60)} in line {slip.line}" if slip is not None else ""
    return Finding(
        message,
        f"write hf_oauth: true{place or ' in the card of README.md'}",
        path,
        line,
        level=None if use.raises else "warn",
        consequence="" if use.raises else "The Space runs, and nobody can sign in.",
    )


@check(
    "HFS111",
    "base-path",
    level="error",
    predicts=Stage.RUNNING,
    needs=("HFS102", *SERVED),
    consequence="The Space runs, and its page shows this answer in place of an app.",
)
def base_path(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """The path that the Space's page shows is answered.  [spaces-config-reference; field]"""
    field = space.card.fields.get("base_path")
    if field is None or space.card.base_path == "/":
        raise NotApplicable("the card has no base_path, so that the page shows /: see HFS505")
    if space.sdk == "static":
        raise NotApplicable("a static Space has no base_path")
    serving(space_rehearsal)
    visits = root_visits(space_rehearsal)
    visit = next((visit for visit in visits if visit.status is not None), None)
    if visit is None or visit.status is None:
        why = one_line(visits[0].problem) if visits else ""
        raise Skip(f"base_path was not visited: {why or 'the rehearsal came to its end before'}")
    if visit.status < 400:
        return
    _only_by_the_path(space, space_rehearsal, visit)
    yield Finding(
        f"base_path is {shown(field.value)}, and {request_name(visit)} is answered {visit.status}; "
        "wanted a page",
        _other_path(space, space_rehearsal, visit.status),
        CARD,
        field.line,
    )


def _only_by_the_path(space: Space, rehearsal: Rehearsal, visit: Visit) -> None:
    """Raise Skip where another check tells why the path is not answered."""
    control = control_visit(rehearsal)
    if control is not None and control.status is not None and control.status < 400:
        raise Skip("the app refuses the Space's host: see HFS604")
    if visit.raised is not None or ((visit.status or 0) >= 500 and route_of(rehearsal, visit) is not None):
        raise Skip(f"{request_name(visit)} is answered {visit.status}: see HFS501")
    if visit.status == 404 and space.image is not None and space.image.not_followed:
        raise Skip(f"it is answered 404, and its page may come from {space.image.not_followed[0]}")


def _other_path(space: Space, rehearsal: Rehearsal, status: int) -> str:
    """What to write in place of a path that is not answered."""
    wanted = space.card.base_path.partition("?")[0]
    if status in (401, 403):
        return (
            f"let GET {one_line(wanted, 60)} answer without credentials, with a page that tells how to log in"
        )
    answering = [
        visit.request.path.partition("?")[0]
        for visit in rehearsal.visits
        if visit.kind == "valid" and visit.request.method == "GET" and (visit.status or 500) < 300
    ]
    close = next(iter(get_close_matches(wanted[:200], answering, n=1)), "")
    if close:
        return f"write base_path: {one_line(close, 80)}, which answers"
    there = "remove it: GET / answers" if "/" in answering else "remove it"
    return f"{there}, or add a route GET {one_line(wanted, 60)}"


@check(
    "HFS112",
    "names-collide",
    level="error",
    predicts=Stage.CONFIG_ERROR,
    consequence='The Space shows the configuration error "Collision on variables and secrets names".',
)
def names_collide(space: Space) -> Iterator[Finding]:
    """No script sets one name as variable and as secret, or a secret in public.  [field; spaces-overview]"""
    scripts = {script.path: script for script in read_scripts(space)}
    if not scripts:
        raise NotApplicable("no script of the repository sets variables or secrets of a Space")
    found = islice(_collisions(scripts), _MOST_FINDINGS)
    for variable, secret, how in found:
        name = one_line(variable.name, 80)
        if secret is None:
            yield Finding(
                f"{name} is set as a variable, which everybody can read; by its name it is a secret",
                "set it as a secret: add_space_secret(), or hf spaces secrets add",
                variable.path,
                variable.line,
                level="warn",
                consequence="The Space runs, and its settings show the value to every visitor.",
            )
            continue
        yield Finding(
            f"{name} is set as a variable, and as a secret in {_place(secret, variable)}",
            f'keep one of the two; the other goes with delete_space_variable(repo_id, "{name}")',
            variable.path,
            variable.line,
            level="error" if how == "certain" else "warn",
        )


def _place(setting: Setting, other: Setting) -> str:
    return (
        f"line {setting.line}"
        if setting.path == other.path
        else f"{one_line(setting.path, 80)}:{setting.line}"
    )


def _collisions(scripts: dict[str, Script]) -> Iterator[tuple[Setting, Setting | None, str]]:
    """Each name once: a variable with the secret of its name, or one that should be a secret."""
    secrets: dict[str, list[Setting]] = {}
    variables: dict[str, list[Setting]] = {}
    for script in scripts.values():
        for setting in script.settings:
            by_name = secrets if setting.kind == "secret" else variables
            by_name.setdefault(setting.name, []).append(setting)
    for name, those in variables.items():
        pairs = ((variable, secret) for variable in those for secret in secrets.get(name, ()))
        colliding = {
            how: (variable, secret)
            for variable, secret in islice(pairs, _MOST_PAIRS)
            if (how := collision(variable, secret, scripts))
        }
        how = "certain" if "certain" in colliding else "likely"
        if colliding:
            variable, secret = colliding[how]
            yield variable, secret, how
        else:
            public = next((variable for variable in those if is_public_secret(variable, scripts)), None)
            if public is not None:
                yield public, None, ""


CHECKS: Final[tuple[Check, ...]] = (
    card_key_unknown,
    card_key_ignored,
    python_unset,
    oauth_unset,
    base_path,
    names_collide,
)
