"""7xx: secrets with a line feed, settings that are empty, and values that cannot be read."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.checks.environment.values import CHECKS, secret_untrimmed, setting_empty, setting_invalid
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import Failure, Rehearsal, Variant, Where
from pytest_hfspace.rehearsal.variants import UNREADABLE, wanted

from .factories import (
    make_failure,
    make_raised,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_visit,
    only_finding,
    outcome,
)

HERE = Where("config.py", 9)
SPACE = make_space(settings=make_settings(MAX_ITEMS="", TIMEOUT="", APP_PORT="1"))
READS = (
    make_read("MAX_ITEMS", default="5", where=Where("config.py", 4)),
    make_read("TIMEOUT", default="3", where=Where("config.py", 5)),
    make_read("API_TOKEN", secret=True, where=Where("config.py", 6)),
)
NAMES: dict[str, Any] = {
    "canaries": {"API_TOKEN": "stand-in"},
    "untrimmed": {"API_TOKEN": "stand-in\n"},
    "empty": {"MAX_ITEMS": "", "TIMEOUT": ""},
    "invalid": {"MAX_ITEMS": UNREADABLE, "TIMEOUT": UNREADABLE},
}
BY_CHECK = {"HFS706": "untrimmed", "HFS707": "empty", "HFS710": "invalid"}


def ended(name: Any, failure: Failure | None, **changes: Any) -> Rehearsal:
    """An app that came up, and again with other values of its settings; this one start ended so."""
    output = changes.pop("output", "")
    variants = tuple(
        Variant(each, NAMES[each], failure if each == name else None, output=output if each == name else "")
        for each in NAMES
    )
    return make_rehearsal(**{"reads": READS, "variants": variants, **changes})


def raised(message: str, where: Where | None = HERE, kinds: str = "ValueError", **changes: Any) -> Failure:
    return make_failure(raised=make_raised(kinds, message, where), **changes)


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [
        ("HFS706-secret-untrimmed", "warn", Stage.RUNNING),
        ("HFS707-setting-empty", "warn", Stage.RUNTIME_ERROR),
        ("HFS710-setting-invalid", "warn", Stage.RUNTIME_ERROR),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_comes_up_with_all_of_them(check: Any) -> None:
    assert outcome(check, SPACE, ended("", None)).outcome == "passed"


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_an_app_without_such_settings(check: Any) -> None:
    result = outcome(check)
    assert (result.outcome, result.applicable) == ("skipped", False)


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_not_seen(check: Any) -> None:
    assert outcome(check, SPACE, make_rehearsal(impossible="no command")).reason == "no command"
    result = outcome(check, SPACE, make_rehearsal(reads=READS))
    assert (result.reason, result.applicable) == (
        "the app was not started with other values of its settings",
        True,
    )
    name: Any = BY_CHECK[check.code]
    broken = make_rehearsal(reads=READS, variants=(Variant(name, NAMES[name], impossible="no room"),))
    assert outcome(check, SPACE, broken).reason == "no room"
    slow = ended(name, make_failure("startup", "hung", "still starting up after 9 s"))
    assert outcome(check, SPACE, slow).reason.startswith("a start with other values was not through in time")


# -- HFS706


def test_a_line_feed_ends_the_start() -> None:
    failure = raised(
        "Illegal header value b'Bearer …\\n'", phase="startup", kinds="LocalProtocolError Exception"
    )
    finding = only_finding(secret_untrimmed, SPACE, ended("untrimmed", failure))
    assert finding.message == "API_TOKEN with a line feed behind it ends the startup (LocalProtocolError)"
    assert finding.hint == 'strip it where it is read: os.environ["API_TOKEN"].strip()'
    assert (finding.path, finding.line, finding.level) == ("config.py", 9, "warn")


def test_a_line_feed_in_a_settings_class() -> None:
    reads = (*READS[:2], make_read("API_TOKEN", secret=True, reader="pydantic_settings"))
    finding = only_finding(secret_untrimmed, SPACE, ended("untrimmed", raised("x"), reads=reads))
    assert "str_strip_whitespace=True" in finding.hint


def test_made_up_secrets_are_refused_anyhow() -> None:
    failure = raised("401 Unauthorized")
    variants = tuple(Variant(name, NAMES[name], failure) for name in ("canaries", "untrimmed"))  # type: ignore[arg-type]
    result = outcome(secret_untrimmed, SPACE, make_rehearsal(reads=READS, variants=variants))
    assert (result.outcome, result.findings) == ("skipped", ())
    assert "with or without" in result.reason


ENVIRONMENT = b'{"SPACE_AUTHOR_NAME": "a", "SPACE_CREATOR_USER_ID": "b", "SPACE_REPO_NAME": "c"}'


@pytest.mark.parametrize(("body", "names"), [(ENVIRONMENT, ["STRIPE_API_KEY"]), (b"SPACE_AUTHOR_NAME", None)])
def test_secrets_that_nobody_reads_are_made_up_where_the_environment_is_shown(
    body: bytes, names: list[str] | None
) -> None:
    space = make_space(settings=make_settings(STRIPE_API_KEY="", MAX_ITEMS="5"))
    facts = make_rehearsal(visits=(make_visit(body=body),))
    starts = {each.name: list(each.env) for each in wanted(space, facts)}
    assert (starts.get("canaries"), starts.get("untrimmed")) == (names, None)


# -- HFS707


@pytest.mark.parametrize(
    ("failure", "names"),
    [
        (raised("invalid literal for int()", Where("config.py", 5)), "TIMEOUT"),
        (raised("TIMEOUT must be a number"), "TIMEOUT"),
        (raised("1 validation error for S\nmax_items\n  Input should be a valid integer"), "MAX_ITEMS"),
        (raised("x", output="  t = int(TIMEOUT)\nValueError: x"), "TIMEOUT"),
        (raised("invalid literal for int()"), "MAX_ITEMS, TIMEOUT"),
        (make_failure(kind="exited", message="the process ended with exit code 1"), "MAX_ITEMS, TIMEOUT"),
    ],
    ids=["line", "message", "field", "output", "unknown", "exit"],
)
def test_an_empty_setting_ends_the_start(failure: Failure, names: str) -> None:
    finding = only_finding(setting_empty, SPACE, ended("empty", failure))
    assert finding.message.startswith(f"{names} ends the import where it is set and empty")
    assert finding.path == "config.py"


@pytest.mark.parametrize(("value", "started"), [("", True), (" ", True), ("5", False)])
def test_only_what_an_example_leaves_empty_is_tried_empty(value: str, started: bool) -> None:
    space = make_space(settings=make_settings(MAX_ITEMS=value, TIMEOUT="3"))
    starts = {each.name: each.env for each in wanted(space, make_rehearsal(reads=READS))}
    assert starts.get("empty") == ({"MAX_ITEMS": ""} if started else None)


def test_empty_settings_of_a_settings_class() -> None:
    reads = (make_read("MAX_ITEMS", default="5", reader="pydantic_settings"), *READS[1:])
    finding = only_finding(setting_empty, SPACE, ended("empty", raised("max_items\n  Input"), reads=reads))
    assert finding.hint.endswith("SettingsConfigDict(env_ignore_empty=True)")


def test_an_empty_builtin() -> None:
    variant = Variant("empty", {"PORT": ""}, raised("invalid literal for int() with base 10: ''"))
    reads = (make_read("PORT", default="7860"),)
    result = outcome(setting_empty, SPACE, make_rehearsal(reads=reads, variants=(variant,)))
    assert result.reason == "the start ends with an empty PORT, which is not the owner's to set"


# -- HFS710


@pytest.mark.parametrize(
    "failure",
    [
        raised("MAX_ITEMS must be a whole number"),
        raised("Environment variable \"TIMEOUT\" invalid: ['Not a valid integer.']"),
        raised(
            "1 validation error for S\nmax_items\n  Input should be a valid integer [input_value='not!a{va']"
        ),
        raised("1 validation error for S\nITEMS\n  Input should be a valid integer"),
        raised('error parsing value for field "max_items" from source "EnvSettingsSource"'),
        # the traceback shows the line
        raised(
            "invalid literal for int()", output='    MAX = int(os.getenv("MAX_ITEMS", "5"))\nValueError: x'
        ),
        make_failure(kind="exited", message="the process ended with exit code 2", output="bad TIMEOUT"),
    ],
    ids=["said", "environs", "field", "alias", "json", "traceback", "printed"],
)
def test_an_error_that_names_the_setting(failure: Failure) -> None:
    assert outcome(setting_invalid, SPACE, ended("invalid", failure)).outcome == "passed"


def test_the_prefix_of_a_settings_class() -> None:
    variant = Variant(
        "invalid", {"APP_DB__PORT": UNREADABLE}, raised("1 validation error\ndb.port\n  Input should")
    )
    facts = make_rehearsal(reads=(make_read("APP_DB__PORT", type="int"),), variants=(variant,))
    assert outcome(setting_invalid, SPACE, facts).outcome == "passed"


@pytest.mark.parametrize(
    ("failure", "names", "line"),
    [
        (raised(f"invalid literal for int() with base 10: '{UNREADABLE}'"), "MAX_ITEMS, TIMEOUT", 9),
        (raised("invalid literal", Where("config.py", 5)), "TIMEOUT", 5),
        (raised("the maximum of max itemss", None), "MAX_ITEMS, TIMEOUT", 4),
        (make_failure(kind="exited", message="the process ended with exit code 2"), "MAX_ITEMS, TIMEOUT", 4),
    ],
)
def test_an_error_that_names_nothing(failure: Failure, names: str, line: int) -> None:
    finding = only_finding(setting_invalid, SPACE, ended("invalid", failure))
    assert finding.message.startswith(
        f"an invalid value of {names} ends the import, and nothing that is printed names the setting"
    )
    assert (finding.path, finding.line) == ("config.py", line)


def test_the_value_of_a_secret_is_shown() -> None:
    reads = (make_read("KEY_LIST_SECRET", type="json", secret=True),)
    variant = Variant(
        "invalid", {"KEY_LIST_SECRET": UNREADABLE}, raised(f"KEY_LIST_SECRET: {UNREADABLE} is no list")
    )
    finding = only_finding(setting_invalid, SPACE, make_rehearsal(reads=reads, variants=(variant,)))
    assert finding.message.startswith(
        "an invalid value of KEY_LIST_SECRET ends the import, and the log shows"
    )
    assert "SecretStr" in finding.hint
    assert UNREADABLE not in finding.message


def test_the_value_of_no_secret_may_be_shown() -> None:
    failure = raised(f"MAX_ITEMS: {UNREADABLE} is no number")
    assert outcome(setting_invalid, SPACE, ended("invalid", failure)).outcome == "passed"


def test_an_invalid_builtin() -> None:
    variant = Variant("invalid", {"PORT": UNREADABLE}, raised("invalid literal for int() with base 10"))
    reads = (make_read("PORT", default="7860"),)
    result = outcome(setting_invalid, SPACE, make_rehearsal(reads=reads, variants=(variant,)))
    assert (result.outcome, result.findings) == ("skipped", ())
