"""1xx: healthy cards first, then each defect with the whole of what is said about it."""

from __future__ import annotations

import pytest

from pytest_hfspace.check import Examination
from pytest_hfspace.checks import CATALOGUE
from pytest_hfspace.checks.card.accepted import (
    app_file,
    card_missing,
    card_sdk,
    card_unreadable,
    card_value,
    dockerfile,
)
from pytest_hfspace.checks.card.emoji import is_emoji
from pytest_hfspace.contract import Stage
from pytest_hfspace.space.at_rest import AT_REST

from .factories import (
    CARD,
    make_card,
    make_gradio_space,
    make_rehearsal,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

GRADIO = "sdk: gradio\n"


# -- HFS101 and HFS102


def test_a_card_that_can_be_read_is_neither_missing_nor_unreadable():
    space = make_space({"docs/README.md": "---\ntitle: no card\n---\n"})

    assert [outcome(check, space).outcome for check in (card_missing, card_unreadable)] == [
        "passed",
        "passed",
    ]


def test_a_readme_without_a_block_is_no_card():
    missing = 'README.md begins with "# Example", not with "---"'
    space = make_space({"README.md": "# Example\n"}, card=make_card("", missing=missing))

    finding = only_finding(card_missing, space)

    assert (finding.level, finding.path, finding.line) == ("error", "README.md", 1)
    assert finding.message == missing
    assert finding.hint == (
        "begin README.md, without anything before, with the lines "
        '"---", "title: My Space", "sdk: docker", "---"'
    )
    assert "Missing configuration in README" in finding.consequence


@pytest.mark.parametrize(
    ("name", "untracked", "message", "hint"),
    [
        (
            "main.py",
            {"README.md": CARD},
            "README.md exists here, but git does not track it",
            "git add README.md",
        ),
        (
            "readme.md",
            {},
            "the Space's card must be called README.md; the repository has readme.md",
            "git mv readme.md README.md",
        ),
        (
            "main.py",
            {},
            "README.md is not there",
            'write a README.md that begins with the lines "---", "title: My Space", "sdk: docker", "---"',
        ),
    ],
)
def test_a_readme_that_would_not_arrive(name, untracked, message, hint):
    from dataclasses import replace

    from .factories import make_files

    files = make_files({name: ""}, untracked=untracked)
    space = replace(make_space(card=make_card("", missing="README.md is not there")), files=files)

    finding = only_finding(card_missing, space)

    assert (finding.message, finding.hint) == (message, hint)


@pytest.mark.parametrize(
    ("line", "unreadable", "hint"),
    [
        (
            "\tsdk: docker",
            "line 3 is not YAML: found a tab",
            "write spaces in place of the tab in line 3, or nothing: sdk: docker",
        ),
        (
            "title: My app: the best",
            "line 3 is not YAML: mapping values are not allowed",
            'write the value in quotes: title: "My app: the best"',
        ),
        ("emoji: :rocket:", "line 3 is not YAML", 'write the value in quotes: emoji: ":rocket:"'),
        ("title: x", "the key 'title' is there twice", "remove one of the two; line 3 is the later one"),
        (
            "title: x",
            "the YAML block is not closed: no line '---' follows",
            'write a line "---", with nothing before or after, below the last field',
        ),
        (
            "tags: [a",
            "line 3 is not YAML: no closing bracket",
            'write one "key: value" a line between two lines "---"; quote values that contain ": " or "#"',
        ),
    ],
)
def test_a_block_that_is_no_yaml(line, unreadable, hint):
    card = make_card("", unreadable=unreadable, unreadable_line=3)

    finding = only_finding(card_unreadable, make_space({"README.md": f"---\na: b\n{line}\n---\n"}, card=card))

    assert (finding.level, finding.path, finding.line) == ("error", "README.md", 3)
    assert (finding.message, finding.hint) == (unreadable, hint)


@pytest.mark.parametrize(
    ("missing", "hint"),
    [
        (
            "a byte order mark stands before the '---' of the YAML block",
            "save README.md as UTF-8 without a byte order mark",
        ),
        (
            "the YAML block starts in line 3 instead of line 1, after a badge or picture",
            'move the block to the very top of README.md: its "---" must be the first line',
        ),
    ],
)
def test_a_block_that_only_stands_in_the_wrong_place(missing, hint):
    finding = only_finding(card_missing, make_space(card=make_card("", missing=missing)))

    assert (finding.message, finding.hint) == (missing, hint)


@pytest.mark.parametrize("text", ["---\ntitle: A\nsdk: docker\n---\n", "---\r\nsdk: docker\r\n---\r\n"])
def test_a_card_in_a_folder(text):
    space = make_space({"web/README.md": text}, card=make_card("", missing="there is no block"))

    finding = only_finding(card_missing, space)

    assert finding.message == "there is no block; web/README.md has a card"
    assert (
        finding.hint == "run in that folder, or with --hfspace-root web, if it is what is pushed to the Hub"
    )


@pytest.mark.parametrize("text", ["# Web\n", "---\ntitle: A\n---\n", "text\n---\nsdk: docker\n---\n"])
def test_a_readme_in_a_folder_that_is_no_card(text):
    space = make_space({"web/README.md": text}, card=make_card("", missing="there is no block"))

    assert only_finding(card_missing, space).message == "there is no block"


def test_a_missing_card_is_said_once():
    space = make_space({"README.md": "# Example\n"}, card=make_card("", missing="no block"))
    examination = Examination({check.code: check for check in CATALOGUE})
    facts = {"space": space, "space_rehearsal": make_rehearsal()}

    of_the_card = [check for check in CATALOGUE if check.code.startswith("HFS1") and check.code != "HFS112"]
    results = [examination.examine(check, facts) for check in of_the_card]

    assert [result.outcome for result in results] == ["failed", *["skipped"] * 10]
    assert {result.reason for result in results[1:]} == {"needs HFS101"}


# -- HFS103


@pytest.mark.parametrize("sdk", ["docker", "gradio", "static"])
def test_an_sdk_that_can_be_chosen(sdk):
    assert outcome(card_sdk, make_space(card=f"sdk: {sdk}\n")).outcome == "passed"


@pytest.mark.parametrize(
    ("card", "line", "message", "hint"),
    [
        ("title: A\n", 1, "the card has no sdk; wanted one of gradio, docker, static", "write sdk: docker"),
        ("sdk: Docker\n", 2, 'sdk is "Docker"; wanted one of gradio, docker, static', "write sdk: docker"),
        (
            "a: 1\nsdk: gradoi\n",
            3,
            'sdk is "gradoi"; wanted one of gradio, docker, static',
            "write sdk: gradio",
        ),
        (
            "sdk: [docker]\n",
            2,
            "sdk is a list of 1; wanted one of gradio, docker, static",
            "write sdk: docker",
        ),
        ("sdk:\n", 2, "sdk is empty; wanted one of gradio, docker, static", "write sdk: docker"),
        (
            "sdk: streamlit\n",
            2,
            'sdk is "streamlit", which a new Space cannot choose since 2025-04-30',
            "write sdk: docker, with a Dockerfile that starts the app",
        ),
    ],
)
def test_an_sdk_that_cannot_be_chosen(card, line, message, hint):
    finding = only_finding(card_sdk, make_space(card=card))

    assert (finding.level, finding.path, finding.line) == ("error", "README.md", line)
    assert (finding.message, finding.hint) == (message, hint)


def test_an_old_sdk_keeps_no_other_check_from_being_evaluated():
    space = make_space(card="sdk: streamlit\ncolorTo: teal\napp_prot: 1\n", dockerfile=None)
    examination = Examination({check.code: check for check in CATALOGUE})
    facts: dict[str, object] = {"space": space, "space_rehearsal": make_rehearsal()}
    facts |= {name: read(space) for name, read in AT_REST.items()}

    results = {check.code: examination.examine(check, facts) for check in CATALOGUE if check.code < "HFS3"}

    assert results["HFS103"].findings[0].consequence == (
        "An old Space of this SDK keeps running; a new or duplicated one cannot choose it, "
        "and shows a configuration error."
    )
    assert [results[code].outcome for code in ("HFS104", "HFS105")] == ["failed", "warned"]
    waiting = {code for code, result in results.items() if result.reason == "needs HFS103"}
    assert waiting <= {"HFS106", "HFS107", "HFS108", "HFS109", "HFS111", "HFS206", "HFS207"}


# -- HFS104


@pytest.mark.parametrize(
    "text",
    [
        *("🚀", "⚡", "⚡️", "☁️", "❤️", "\u2139\ufe0f", "™️", "〰️", "㊙️", "🀄", "🅰️"),
        *("👍🏽", "🧑🏿‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴‍☠️", "❤️‍🔥", "🕵🏻‍♂️", "🐻‍❄️"),
        *("🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#️⃣", "*⃣", "🫠", "🪿"),
    ],
)
def test_exactly_one_emoji(text):
    assert is_emoji(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rocket",
        ":rocket:",
        "🚀🚀",
        "🚀 ",
        "a",
        "1",
        "🇩",
        "🚀\u200d",
        "\u200d",
        "\ufe0f",
        "é",
        "1️",
        "👍👎🏽",
    ],
)
def test_not_exactly_one_emoji(text):
    assert not is_emoji(text)


HEALTHY_VALUES = [
    *(
        "title: No",
        "title: On",
        "title: 12:30",
        "title: 1:30",
        "short_description: 1_000",
        "tags: [on, no, y]",
    ),
    *("title: My Space", 'title: "2048"', "short_description: " + "x" * 60, "license: apache-2.0"),
    *("app_port: 8000", "app_port: 1025", "app_port: 65535", "base_path: /docs", "emoji: 🇩🇪"),
    *("pinned: false", "fullWidth: true", "disable_embedding: false", "hf_oauth: true", "header: mini"),
    *("suggested_hardware: cpu-basic", "suggested_hardware: zero-a10g", "colorTo: gray"),
    *("models: [owner/name, owner/na.me_2-x]", "datasets: []", "tags: [fastapi, docker]"),
    *("thumbnail: https://example.org/a.png", "hf_oauth_scopes: [email, read-repos]"),
    *(
        "hf_oauth_expiration_minutes: 43200",
        "hf_oauth_authorized_org: org",
        "hf_oauth_authorized_org: [a, b]",
    ),
    *("startup_duration_timeout: 1h", "startup_duration_timeout: 30m", "startup_duration_timeout: 1h30m"),
    *("startup_duration_timeout: 90 minutes", "custom_headers: {cross-origin-opener-policy: same-origin}"),
    *("preload_from_hub: [owner/name]", "preload_from_hub: ['owner/name a.bin,b.bin']"),
    "preload_from_hub: ['owner/name a.bin 0123456789abcdef0123456789abcdef01234567', gpt2]",
    # nothing but another SDK reads these
    *("sdk_version: latest", "python_version: 3.10", "app_file: 3", "app_build_command: [npm, ci]"),
    # keys that a repository card may have
    *("language: [en]", "library_name: 3", "unknown: {a: 1}"),
]


@pytest.mark.parametrize("line", HEALTHY_VALUES)
def test_a_value_that_a_docker_space_may_have(line):
    assert outcome(card_value, make_space(card=f"sdk: docker\n{line}\n")).findings == ()


@pytest.mark.parametrize(
    "line",
    [
        *(
            'python_version: "3.10"',
            "python_version: 3.12",
            "python_version: 3.12.4",
            "python_version: '3.9'",
        ),
        *("sdk_version: 6.17.3", 'sdk_version: "4.10"', "sdk_version: 5.0.0b1", "sdk_version: 4.44"),
        *("app_file: src/app.py", "app_port: 80", "app_port: nonsense"),
    ],
)
def test_a_value_that_a_gradio_space_may_have(line):
    assert outcome(card_value, make_space(card=f"{GRADIO}{line}\n")).findings == ()


DEFECTS = [
    ("emoji: ':rocket:'", 'emoji is ":rocket:"; wanted exactly one emoji', "write emoji: 🚀"),
    ("emoji: 🚀🚀", 'emoji is "🚀🚀"; wanted exactly one emoji', "write emoji: 🚀"),
    (
        "colorFrom: grey",
        'colorFrom is "grey"; wanted one of red, yellow, green, blue, indigo, purple, pink, gray',
        "write colorFrom: gray",
    ),
    (
        "colorTo: Blue",
        'colorTo is "Blue"; wanted one of red, yellow, green, blue, indigo, purple, pink, gray',
        "write colorTo: blue",
    ),
    ("app_port: 80", "app_port is 80; wanted a whole number from 1025 to 65535", "write app_port: 7860"),
    (
        "app_port: 65536",
        "app_port is 65536; wanted a whole number from 1025 to 65535",
        "write app_port: 7860",
    ),
    ("app_port: true", "app_port is true; wanted a whole number from 1025 to 65535", "write app_port: 7860"),
    (
        "app_port: 0x" + "f" * 36,
        "app_port is a huge number; wanted a whole number from 1025 to 65535",
        "write app_port: 7860",
    ),
    (
        "short_description: " + "x" * 61,
        "short_description has 61 characters; wanted at most 60 characters",
        'write short_description: "What it does, in a few words"',
    ),
    ("app_port: abc", 'app_port is "abc"; wanted a whole number from 1025 to 65535', "write app_port: 7860"),
    ("hf_oauth: 2", "hf_oauth is 2; wanted true or false", "write hf_oauth: true"),
    ("pinned: maybe", 'pinned is "maybe"; wanted true or false', "write pinned: true"),
    ("tags: {a: b}", "tags is a mapping; wanted a list of words", "write tags: [fastapi]"),
    (
        "tags: [a, [b]]",
        "tags has a list of 1, a list to YAML; wanted a list of words",
        "write tags: [fastapi]",
    ),
    ("title: [a]", "title is a list of 1; wanted text", 'write title: "My Space"'),
    ("header: large", 'header is "large"; wanted one of mini, default', "write header: mini"),
    ("base_path: docs", 'base_path is "docs"; wanted a path that begins with "/"', "write base_path: /docs"),
    (
        "suggested_hardware: t4-smal",
        'suggested_hardware is "t4-smal"; did you mean t4-small?',
        "write suggested_hardware: t4-small",
    ),
    (
        "suggested_hardware: cpu_basic",
        'suggested_hardware is "cpu_basic"; did you mean cpu-basic?',
        "write suggested_hardware: cpu-basic",
    ),
    (
        "suggested_hardware: T4small",
        'suggested_hardware is "T4small"; did you mean t4-small?',
        "write suggested_hardware: t4-small",
    ),
    (
        "suggested_hardware: a10g-smal",
        'suggested_hardware is "a10g-smal"; did you mean a10g-small?',
        "write suggested_hardware: a10g-small",
    ),
    (
        "hf_oauth_scopes: [read_repos]",
        'hf_oauth_scopes has "read_repos"; did you mean read-repos?',
        "write hf_oauth_scopes: [read-repos]",
    ),
    (
        "hf_oauth_expiration_minutes: 0",
        "hf_oauth_expiration_minutes is 0; wanted a whole number from 1 to 43200",
        "write hf_oauth_expiration_minutes: 480",
    ),
    (
        "startup_duration_timeout: soon",
        'startup_duration_timeout is "soon"; wanted a duration such as 30m or 1h',
        "write startup_duration_timeout: 1h",
    ),
    (
        "custom_headers: {x-frame-options: deny}",
        (
            'custom_headers has "x-frame-options"; '
            "wanted cross-origin-{embedder,opener,resource}-policy with a value, in lower case"
        ),
        "write custom_headers: {cross-origin-opener-policy: same-origin}",
    ),
    (
        "custom_headers: {cross-origin-opener-policy: Same-Origin}",
        (
            'custom_headers has "cross-origin-opener-policy": "Same-Origin"; '
            "wanted cross-origin-{embedder,opener,resource}-policy with a value, in lower case"
        ),
        "write custom_headers: {cross-origin-opener-policy: same-origin}",
    ),
]


@pytest.mark.parametrize(("line", "message", "hint"), DEFECTS)
def test_a_value_that_the_hub_refuses(line, message, hint):
    finding = only_finding(card_value, make_space(card=f"sdk: docker\n{line}\n"))

    assert (finding.level, finding.path, finding.line) == ("error", "README.md", 3)
    assert (finding.message, finding.hint) == (message, hint)
    assert card_value.predicts is Stage.PUSH_REJECTED


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (
            "python_version: 3.10",
            'python_version is 3.10 without quotes, which YAML reads as 3.1; wanted a version such as "3.12"',
            'write python_version: "3.10"',
        ),
        (
            "python_version: 3",
            'python_version is 3 without quotes, a number to YAML; wanted a version such as "3.12"',
            'write python_version: "3.12"',
        ),
        (
            "python_version: '2.7'",
            'python_version is "2.7"; wanted a version such as "3.12"',
            'write python_version: "3.12"',
        ),
        (
            "sdk_version: 4.10",
            "sdk_version is 4.10 without quotes, which YAML reads as 4.1; wanted a version such as 6.17.3",
            'write sdk_version: "4.10"',
        ),
        (
            "sdk_version: latest",
            'sdk_version is "latest"; wanted a version such as 6.17.3',
            'write sdk_version: "6.17.3"',
        ),
        ("app_file: ''", 'app_file is ""; wanted a path from the Space\'s root', "write app_file: app.py"),
    ],
)
def test_a_value_that_the_gradio_builder_cannot_use(line, message, hint):
    finding = only_finding(card_value, make_space(card=f"{GRADIO}{line}\n"))

    assert (finding.level, finding.line, finding.message, finding.hint) == ("error", 3, message, hint)


@pytest.mark.parametrize(
    ("line", "consequence"),
    [
        ("app_port: 80", 'The Hub refuses the push: "app_port" must be greater than or equal to 1025.'),
        ("app_port: 70000", "The Hub refuses the push, and the old build keeps serving."),
        ('app_port: "80"', "The Hub refuses the push, and the old build keeps serving."),
        (
            "short_description: " + "x" * 61,
            (
                'The Hub refuses the push: "short_description" length must be '
                "less than or equal to 60 characters long."
            ),
        ),
        (
            "colorTo: teal",
            (
                'The Hub refuses the push: "colorTo" must be one of '
                "[red, yellow, green, blue, indigo, purple, pink, gray]."
            ),
        ),
    ],
)
def test_the_hubs_own_words_are_quoted_where_they_are_known(line, consequence):
    finding = only_finding(card_value, make_space(card=f"sdk: docker\n{line}\n"))

    assert finding.consequence == consequence


UNCERTAIN = [
    (
        'app_port: "8000"',
        'app_port is "8000"; wanted a whole number from 1025 to 65535',
        "write app_port: 8000",
    ),
    (
        "app_port: 8_080",
        'app_port is "8_080"; wanted a whole number from 1025 to 65535',
        "write app_port: 8080",
    ),
    ('pinned: "false"', 'pinned is "false"; wanted true or false', "write pinned: false"),
    ("pinned: no", 'pinned is "no"; wanted true or false', "write pinned: false"),
    ('hf_oauth: "true"', 'hf_oauth is "true"; wanted true or false', "write hf_oauth: true"),
    ("hf_oauth: 1", "hf_oauth is 1; wanted true or false", "write hf_oauth: true"),
    (
        'hf_oauth_expiration_minutes: "480"',
        'hf_oauth_expiration_minutes is "480"; wanted a whole number from 1 to 43200',
        "write hf_oauth_expiration_minutes: 480",
    ),
    ("tags: mcp", 'tags is "mcp"; wanted a list of words', "write tags: [mcp]"),
    ("tags: 5", "tags is 5; wanted a list of words", "write tags: [fastapi]"),
    (
        "tags: [a, 2]",
        "tags has 2, a number to YAML; wanted a list of words",
        'write "2", with the quotes, or remove it',
    ),
    (
        'emoji: "🚀 "',
        'emoji is "🚀" with blanks around it; wanted exactly one emoji',
        "remove the blanks: write emoji: 🚀",
    ),
    (
        "models: owner/x",
        'models is "owner/x"; wanted a list of "owner/name"',
        "write models: [owner/x]",
    ),
    (
        "models: [gpt2, https://huggingface.co/a/b]",
        'models has "https://huggingface.co/a/b"; wanted a list of "owner/name"',
        "write models: [owner/name]",
    ),
    (
        "thumbnail: picture.png",
        'thumbnail is "picture.png"; wanted the URL of a picture',
        "write thumbnail: https://example.org/picture.png",
    ),
    ("title: 2048", "title is 2048 without quotes, a number to YAML; wanted text", 'write title: "2048"'),
    (
        "title: 007",
        "title is 007 without quotes, which YAML reads as 7; wanted text",
        'write title: "007"',
    ),
    ("title: true", "title is true without quotes, a boolean to YAML; wanted text", 'write title: "true"'),
    (
        "title: 2024-05-01",
        "title is 2024-05-01 without quotes, no text to YAML; wanted text",
        'write title: "2024-05-01"',
    ),
    (
        "startup_duration_timeout: 3600",
        (
            "startup_duration_timeout is 3600 without quotes, a number to YAML; "
            "wanted a duration such as 30m or 1h"
        ),
        "write startup_duration_timeout: 1h",
    ),
    (
        "startup_duration_timeout: '3600'",
        'startup_duration_timeout is "3600"; wanted a duration such as 30m or 1h',
        "write startup_duration_timeout: 1h",
    ),
    (
        "hf_oauth_scopes: [email, read-mcp]",
        'hf_oauth_scopes has "read-mcp"; wanted a list of the Hub\'s OAuth scopes',
        "look whether the Hub's documentation has it, or remove it",
    ),
    (
        "hf_oauth_scopes: email",
        'hf_oauth_scopes is "email"; wanted a list of the Hub\'s OAuth scopes',
        "write hf_oauth_scopes: [email]",
    ),
    *(
        (
            f"suggested_hardware: {name}",
            f'suggested_hardware is "{name}"; wanted a hardware such as cpu-basic or t4-small',
            "look whether the Hub's documentation has it, or remove it",
        )
        for name in ("h100", "inf2x6", "cpu-xl", "a100x2", "l40sx2", "a10g-largex8")
    ),
    (
        "preload_from_hub: ['owner/name a b c']",
        'preload_from_hub has "owner/name a b c"; wanted a list of "owner/name [file,file [commit]]"',
        "write preload_from_hub: [owner/name]",
    ),
    (
        "short_description: 🚀" + "x" * 59,
        "short_description has 61 characters where an emoji counts as two; wanted at most 60 characters",
        'write short_description: "What it does, in a few words"',
    ),
    (
        "suggested_storage: huge",
        'suggested_storage is "huge"; wanted one of small, medium, large',
        "write suggested_storage: small",
    ),
]


@pytest.mark.parametrize(("line", "message", "hint"), UNCERTAIN)
def test_what_no_source_says_the_hub_refuses_is_a_warning(line, message, hint):
    finding = only_finding(card_value, make_space(card=f"sdk: docker\n{line}\n"))

    assert (finding.level, finding.message, finding.hint) == ("warn", message, hint)
    assert finding.consequence == "The Hub may refuse the push, or ignore the field."


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("tags:", "tags is empty; wanted a list of words", "remove the line"),
        ("thumbnail: ~", "thumbnail is empty; wanted the URL of a picture", "remove the line"),
        ("app_port:", "app_port is empty; wanted a whole number from 1025 to 65535", "remove the line"),
        (
            "models: [a/b, gpt2]",
            'models has "gpt2"; wanted a list of "owner/name"',
            "keep it, or write the owner as well: owner/gpt2",
        ),
        (
            "datasets: [squad]",
            'datasets has "squad"; wanted a list of "owner/name"',
            "keep it, or write the owner as well: owner/squad",
        ),
    ],
)
def test_what_very_likely_does_no_harm_is_a_note(line, message, hint):
    finding = only_finding(card_value, make_space(card=f"sdk: docker\n{line}\n"))

    assert (finding.level, finding.message, finding.hint) == ("note", message, hint)
    assert finding.consequence == "Very likely nothing happens."


def test_every_wrong_value_is_reported():
    card = "sdk: docker\ncolorFrom: teal\napp_port: 80\ntitle: fine\n"

    findings = outcome(card_value, make_space(card=card)).findings

    assert [finding.line for finding in findings] == [3, 4]


def test_nested_aliases_are_not_expanded():
    bomb: list[object] = ["x"]
    for _ in range(60):
        bomb = [bomb, bomb]
    card = make_card("sdk: docker\ntitle: a\n")
    field = card.fields["title"]
    card.fields["title"] = type(field)("title", bomb, "*a", 3)

    assert only_finding(card_value, make_space(card=card)).message == "title is a list of 2; wanted text"


# -- HFS107


@pytest.mark.parametrize(
    "space",
    [
        make_gradio_space(),
        make_gradio_space({"src/ui.py": ""}, card=f"{GRADIO}app_file: src/ui.py\n"),
        make_gradio_space({"src/ui.py": ""}, card=f"{GRADIO}app_file: ./src/ui.py\n"),
        make_static_space(),
        make_static_space({"public/index.html": ""}, card="sdk: static\napp_file: public/index.html\n"),
    ],
)
def test_an_app_file_that_is_tracked(space):
    assert outcome(app_file, space).outcome == "passed"


@pytest.mark.parametrize(
    ("space", "reason"),
    [
        (make_space(), "only gradio and static Spaces have an app_file"),
        (
            make_static_space(
                card="sdk: static\napp_build_command: npm run build\napp_file: dist/index.html\n"
            ),
            "the files of this Space are made by its app_build_command",
        ),
        (make_gradio_space(card=f"{GRADIO}app_file: [a]\n"), "needs HFS104"),
    ],
)
def test_where_an_app_file_cannot_be_judged(space, reason):
    result = outcome(app_file, space)

    assert (result.outcome, result.reason) == ("skipped", reason)


@pytest.mark.parametrize(
    ("card", "untracked", "line", "message", "hint"),
    [
        (
            "app_file: App.py",
            {},
            3,
            'app_file is "App.py"; the repository has "app.py", in another case',
            "write app_file: app.py",
        ),
        (
            "app_file: ui.py",
            {"ui.py": ""},
            3,
            'app_file is "ui.py"; it exists here, but git does not track it',
            "git add ui.py",
        ),
        (
            "app_file: ui.py",
            {},
            3,
            'app_file is "ui.py"; the repository has no such file',
            "write app_file: app.py, or add ui.py",
        ),
    ],
)
def test_an_app_file_that_would_not_arrive(card, untracked, line, message, hint):
    finding = only_finding(app_file, make_gradio_space(card=f"{GRADIO}{card}\n", untracked=untracked))

    assert (finding.level, finding.path, finding.line) == ("error", "README.md", line)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_default_app_file_that_is_not_there():
    finding = only_finding(app_file, make_space(card="sdk: static\n", dockerfile=None))

    assert finding.line is None
    assert finding.message == "app_file is not set, so it is index.html; the repository has no such file"


# -- HFS108


@pytest.mark.parametrize("space", [make_space(), make_gradio_space(), make_static_space()])
def test_a_dockerfile_where_it_belongs(space):
    assert outcome(dockerfile, space).outcome == "passed"


@pytest.mark.parametrize(
    ("files", "untracked", "message", "hint"),
    [
        (
            {},
            {},
            "the card says sdk: docker, and the repository has no Dockerfile at its root",
            "add a Dockerfile whose CMD starts the server on 0.0.0.0:7860",
        ),
        (
            {},
            {"Dockerfile": ""},
            "Dockerfile exists here, but git does not track it",
            "git add Dockerfile",
        ),
        (
            {"dockerfile": ""},
            {},
            'the Dockerfile must be ./Dockerfile; the repository has "dockerfile"',
            "git mv dockerfile Dockerfile",
        ),
        (
            {"deploy/a/Dockerfile": "", "api/Dockerfile": ""},
            {},
            'the Dockerfile must be ./Dockerfile; the repository has "api/Dockerfile"',
            "git mv api/Dockerfile Dockerfile, or run with --hfspace-root api if that folder is the Space",
        ),
    ],
)
def test_a_docker_space_without_a_dockerfile(files, untracked, message, hint):
    finding = only_finding(dockerfile, make_space(files, untracked=untracked, dockerfile=None))

    assert (finding.level, finding.path, finding.line) == ("error", "Dockerfile", None)
    assert (finding.message, finding.hint) == (message, hint)


@pytest.mark.parametrize(
    ("card", "level"),
    [
        (GRADIO, "note"),
        (f"{GRADIO}app_file: ./app.py\n", "note"),
        (f"{GRADIO}app_file: main.pyw\n", "warn"),
        (f"{GRADIO}app_file: [app.py]\n", "warn"),
    ],
)
def test_a_dockerfile_that_is_not_used(card, level):
    finding = only_finding(dockerfile, make_gradio_space({"Dockerfile": "FROM python:3.12\n"}, card=card))

    assert (finding.level, finding.path) == (level, "Dockerfile")
    assert finding.message == "the Dockerfile is not used: the card says sdk: gradio"
    assert finding.hint == "write sdk: docker in README.md to build with it, or remove it"


def test_file_names_of_others_stay_on_one_line():
    space = make_gradio_space(card='sdk: gradio\napp_file: "a\\nb.py"\n', untracked={"a\nb.py": ""})

    finding = only_finding(app_file, space)

    assert (finding.message.isprintable(), finding.hint) == (True, "git add a b.py")
