"""7xx: what values of settings does the app survive, and what does it say of the others?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ...check import Check, Finding, NotApplicable, Skip, check
from ...contract import BUILTIN_ENVIRONMENT, GRADIO_ENVIRONMENT, NOT_INJECTED, OAUTH_ENVIRONMENT, Stage
from ...rehearsal.facts import Failure, Read, Rehearsal, Variant, VariantName, Where, chain
from ...rehearsal.variants import UNREADABLE, wanted
from ...space import Space
from ..serving import SERVED, listing, one_line, serving

#: What the Hub sets, or nobody does: no owner types it in.
_NOT_THE_OWNERS: Final = frozenset(
    (*BUILTIN_ENVIRONMENT, *OAUTH_ENVIRONMENT, *GRADIO_ENVIRONMENT, *NOT_INJECTED)
)


@check(
    "HFS706",
    "secret-untrimmed",
    level="warn",
    predicts=Stage.RUNNING,
    needs=SERVED,
    starts=("canaries", "untrimmed"),
    consequence="A secret that was pasted with its line feed ends the start, or is refused where it is sent.",
)
def secret_untrimmed(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """A line feed behind a secret does not end the start.  [field]"""
    variant = _made(space, space_rehearsal, "untrimmed", "the app reads no secret")
    if variant.failure is None:
        return
    plain = space_rehearsal.variant("canaries")
    if plain is None or plain.impossible or plain.failure is not None:
        raise Skip("the app does not come up with made-up secrets, with or without a line feed behind them")
    failure = _ended(variant)
    names = _blamed(space_rehearsal, variant, failure)
    yield _finding(
        space_rehearsal,
        failure,
        names,
        f"{listing(names)} with a line feed behind it ends the {failure.phase}",
        _how_to_strip(space_rehearsal, names),
    )


@check(
    "HFS707",
    "setting-empty",
    level="warn",
    predicts=Stage.RUNTIME_ERROR,
    needs=SERVED,
    starts=("empty",),
    consequence="A variable that is left empty in the Space's settings ends the start.",
)
def setting_empty(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """A setting that an example file leaves empty, and that has a default, may be empty.  [field]"""
    variant = _made(space, space_rehearsal, "empty", "no example file leaves a setting with a default empty")
    if variant.failure is None:
        return
    failure = _ended(variant)
    names = _blamed(space_rehearsal, variant, failure)
    if _NOT_THE_OWNERS.issuperset(names):
        raise Skip(f"the start ends with an empty {names[0]}, which is not the owner's to set")
    yield _finding(
        space_rehearsal,
        failure,
        names,
        f"{listing(names)} ends the {failure.phase} where it is set and empty, "
        "though it has a default where it is not set",
        _how_to_ignore_empty(space_rehearsal, names),
    )


@check(
    "HFS710",
    "setting-invalid",
    level="warn",
    predicts=Stage.RUNTIME_ERROR,
    needs=SERVED,
    starts=("invalid",),
    consequence="The log of the failed start does not say which setting has to be mended.",
)
def setting_invalid(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """A value that cannot be read is complained of by its variable's name.  [field]"""
    variant = _made(space, space_rehearsal, "invalid", "the app reads no setting that is not a text")
    if variant.failure is None:
        return
    failure = _ended(variant)
    blamed = _blamed(space_rehearsal, variant, failure)
    if _NOT_THE_OWNERS.issuperset(blamed):
        raise Skip(f"the start ends with an invalid {blamed[0]}, which is not the owner's to set")
    said = _said(variant, failure)
    named = [name for name in variant.settings if _is_named(name, said)]
    if not named:
        yield _finding(
            space_rehearsal,
            failure,
            blamed,
            f"an invalid value of {listing(blamed)} ends the {failure.phase}, and nothing that is printed "
            "names the setting",
            f"read it where its name stands, and say it in the error: {one_line(blamed[0], 60)} is not …",
        )
        return
    secret = [read.name for read in space_rehearsal.reads if read.secret and read.name in named]
    if secret and UNREADABLE in said:
        yield _finding(
            space_rehearsal,
            failure,
            secret,
            f"an invalid value of {listing(secret)} ends the {failure.phase}, and the log shows the value",
            "say the name alone; in a settings class, declare it as SecretStr",
        )


def _how_to_strip(rehearsal: Rehearsal, names: list[str]) -> str:
    if _in_settings_class(rehearsal, names):
        return "have the settings class strip them: SettingsConfigDict(str_strip_whitespace=True)"
    name = f'"{names[0]}"' if len(names) == 1 else "…"
    return f"strip it where it is read: os.environ[{name}].strip()"


def _how_to_ignore_empty(rehearsal: Rehearsal, names: list[str]) -> str:
    if _in_settings_class(rehearsal, names):
        return "have the settings class take empty for not set: SettingsConfigDict(env_ignore_empty=True)"
    name = f'"{names[0]}"' if len(names) == 1 else "…"
    return f"take empty for not set: os.environ.get({name}) or the default"


def _in_settings_class(rehearsal: Rehearsal, names: list[str]) -> bool:
    return any(read.reader == "pydantic_settings" and read.name in names for read in rehearsal.reads)


def _made(space: Space, rehearsal: Rehearsal, name: VariantName, nothing: str) -> Variant:
    """The start in this environment.  NotApplicable where no setting of the app asks for one."""
    serving(rehearsal)
    variant = rehearsal.variant(name)
    if variant is None and any(each.name == name for each in wanted(space, rehearsal)):
        raise Skip("the app was not started with other values of its settings")
    if variant is None:
        raise NotApplicable(nothing)
    if variant.impossible:
        raise Skip(variant.impossible)
    return variant


def _ended(variant: Variant) -> Failure:
    """Its failure; Skip where it may only have been slow."""
    assert variant.failure is not None
    if variant.failure.kind == "hung":
        raise Skip(f"a start with other values was not through in time ({one_line(variant.failure.message)})")
    return variant.failure


def _said(variant: Variant, failure: Failure) -> str:
    """Everything that somebody who reads the Space's log finds there."""
    return "\n".join(
        [failure.message, *(r.message for r in chain(failure.raised)), failure.output, variant.output]
    )


def _blamed(rehearsal: Rehearsal, variant: Variant, failure: Failure) -> list[str]:
    """The settings that the failure is about; all that were changed where nothing tells."""
    messages = "\n".join(raised.message for raised in chain(failure.raised))
    lines = {raised.where for raised in chain(failure.raised) if raised.where} | {failure.where}
    reads = [read for read in rehearsal.reads if read.own and read.name in variant.settings]
    by_line = [read.name for read in reads if read.where in lines]
    by_text = [name for name in variant.settings if _is_named(name, messages)]
    by_output = [name for name in variant.settings if _is_named(name, failure.output)]
    only_one = next(filter(None, (by_text, by_line, by_output)), list(variant.settings))
    return list(dict.fromkeys(one_line(name, 60) for name in only_one))


def _is_named(name: str, text: str) -> bool:
    """Does the text say the name, or the field that a settings class has for it?"""
    spelled = {name, name.lower()} if "_" in name else {name}
    if any(re.search(rf"(?<![^\W_]){re.escape(each)}(?!\w)", text) for each in spelled):
        return True
    # a prefix is the settings class's: APP_PORT is its field "port", DB__PORT is "db.port"
    words = name.replace("__", ".").split("_")
    fields = "|".join(re.escape("_".join(words[start:])) for start in range(min(3, len(words))))
    return re.search(rf"(?im)(^|['\"`])({fields})($|['\"`])", text) is not None


def _finding(
    rehearsal: Rehearsal, failure: Failure, names: Iterable[str], message: str, hint: str
) -> Finding:
    where = failure.where or _read_at(rehearsal.reads, names)
    kind = f" ({failure.raised.kind})" if failure.raised else f" ({one_line(failure.message, 60)})"
    return Finding(
        message + kind,
        hint,
        path=where.path if where else "",
        line=where.line if where else None,
    )


def _read_at(reads: Iterable[Read], names: Iterable[str]) -> Where | None:
    wanted = set(names)
    return next((read.where for read in reads if read.own and read.where and read.name in wanted), None)


CHECKS: Final[tuple[Check, ...]] = (secret_untrimmed, setting_empty, setting_invalid)
