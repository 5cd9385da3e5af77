"""1xx: keys that are nearly known or not read, and what the code asks of the card."""

from __future__ import annotations

import ast
import time
from dataclasses import replace
from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.card.accepted import card_sdk
from pytest_hfspace.checks.card.keys import meant
from pytest_hfspace.checks.card.schema import (
    BUILDERS_PYTHON,
    HARDWARE,
    RULES,
    STORAGE,
)
from pytest_hfspace.checks.card.settings import (
    base_path,
    card_key_ignored,
    card_key_unknown,
    names_collide,
    oauth_unset,
    python_unset,
)
from pytest_hfspace.contract import RETIRED_SDKS, SDKS, Stage
from pytest_hfspace.rehearsal.facts import Request
from pytest_hfspace.rehearsal.tour import page_path
from pytest_hfspace.space import Space
from pytest_hfspace.space.card import Card, Field, read_card
from pytest_hfspace.space.listing import read_files
from pytest_hfspace.space.sources import Sources

from .factories import (
    make_gradio_space,
    make_image,
    make_raised,
    make_rehearsal,
    make_requirements,
    make_route,
    make_settings,
    make_space,
    make_static_space,
    make_visit,
    only_finding,
    outcome,
)

# -- HFS105

LEGAL = [
    *("license: mit", "license_name: own", "license_link: LICENSE", "language: [en]", "languages: [en]"),
    *("library_name: keras", "pipeline_tag: text-generation", "metrics: [f1]", "model-index: []"),
    *("model_name: x", "base_model: owner/name", "base_model_relation: quantized", "inference: false"),
    *("widget: []", "extra_gated_prompt: x", "extra_gated_fields: {a: text}", "viewer: false"),
    *("arxiv: 1706.03762", "doi: 10.57967/hf/0000", "co2_eq_emissions: 3", "authors: [a]", "author: a"),
    *("configs: []", "dataset_info: {}", "task_categories: [x]", "task_ids: [x]", "pretty_name: X"),
]
OWN = [
    *("layout: page", "permalink: /a/", "description: x", "date: 2026-01-01", "version: 1", "draft: true"),
    *("nav_order: 1", "subtitle: x", "theme: dark", "app: x", "app_name: x", "app_title: x", "app_host: x"),
    *("data_path: x", "save_path: x", "api_version: 1", "color: red", "python: 3", "model: large-v3"),
    *("dataset: our own", "sdl: x", "tabs: [a]", "reader: x", "host: 0.0.0.0", "hardware: cpu"),
    *("api_file: a.py", "data_model: x", "ports: [1]", "oauth: true", "scopes: [a]", "style: x"),
]


@pytest.mark.parametrize("line", [*LEGAL, *OWN])
def test_a_key_of_somebody_elses_is_no_slip(line):
    assert outcome(card_key_unknown, make_space(card=f"sdk: docker\n{line}\n")).findings == ()


def test_every_known_key_is_known():
    fields = {key: Field(key, None, "", 2) for key in RULES}

    assert [key for key, field in fields.items() if meant(field, fields)] == []


SLIPS = [
    *(("app-port: 8000", "app_port"), ("appPort: 8000", "app_port"), ("app_ports: 8000", "app_port")),
    *(("port: 8000", "app_port"), ("App_Port: 8000", "app_port"), ("app port: 8000", "app_port")),
    *(("color_from: red", "colorFrom"), ("colorfrom: red", "colorFrom"), ("colourFrom: red", "colorFrom")),
    *(("color-to: red", "colorTo"), ("pythonVersion: '3.12'", "python_version")),
    *(("python-version: '3.12'", "python_version"), ("sdk_versions: 6.17.3", "sdk_version")),
    *(("sdkVersion: 6.17.3", "sdk_version"), ("shortDescription: x", "short_description")),
    *(("short-description: x", "short_description"), ("short_desciption: x", "short_description")),
    *(("full_width: true", "fullWidth"), ("fullwidth: true", "fullWidth"), ("hf-oauth: true", "hf_oauth")),
    *(("hf_auth: true", "hf_oauth"), ("hf_oauth_scope: [email]", "hf_oauth_scopes")),
    *(("licence: mit", "license"), ("License: mit", "license"), ("emojis: 🚀", "emoji")),
    *(("title_: x", "title"), ("titles: x", "title"), ("Title: x", "title"), ("tilte: x", "title")),
    *(("header_: mini", "header"), ("headers: mini", "header"), ("thumbnails: x", "thumbnail")),
    *(("tag: [a]", "tags"), ("model: [owner/name]", "models"), ("dataset: [a/b]", "datasets")),
    *(("suggested_hardwares: t4-small", "suggested_hardware"), ("base-path: /a", "base_path")),
    *(("startup_timeout_duration: 1h", ""), ("startup_duration_timeouts: 1h", "startup_duration_timeout")),
]


@pytest.mark.parametrize(("line", "wanted"), [pair for pair in SLIPS if pair[1]])
def test_a_key_that_is_nearly_known(line, wanted):
    finding = only_finding(card_key_unknown, make_space(card=f"sdk: docker\n{line}\n"))
    key, _, value = line.partition(": ")

    assert (finding.level, finding.path, finding.line) == ("warn", "README.md", 3)
    assert finding.message == f"{key} is no key of a card; did you mean {wanted}?"
    shown = "" if value.startswith("[") else f" {value}"
    assert finding.hint == f"write {wanted}:{shown} in place of {key}"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("tag: latest", "write tags: latest in place of tag"),
        ("model: owner/name", "write models: owner/name in place of model"),
        ("dataset: a/b", "write datasets: a/b in place of dataset"),
    ],
)
def test_a_singular_is_often_somebodys_own_key(line, hint):
    finding = only_finding(card_key_unknown, make_space(card=f"sdk: docker\n{line}\n"))

    assert (finding.level, finding.hint) == ("note", hint)


@pytest.mark.parametrize("line", ["Tags: [a]", "taggs: a", "emojis: 🚀", "titles: x"])
def test_other_slips_are_warnings(line):
    assert only_finding(card_key_unknown, make_space(card=f"sdk: docker\n{line}\n")).level == "warn"


def test_two_words_in_another_order_are_somebody_elses_key():
    assert not outcome(card_key_unknown, make_space(card="sdk: docker\nstartup_timeout: 1h\n")).findings


@pytest.mark.parametrize(
    "card",
    [
        "sdk: docker\napp_port: 8000\nport: 8000\n",
        "sdk: gradio\nport: 8000\n",
        "sdk: docker\ntitle: A\ntitles: [a, b]\n",
        "sdk: docker\nheader: mini\nheaders: {a: b}\n",
    ],
)
def test_a_slip_counts_only_where_the_known_key_is_not_there(card):
    assert outcome(card_key_unknown, make_space(card=card)).findings == ()


def test_another_spelling_counts_beside_the_known_key():
    finding = only_finding(card_key_unknown, make_space(card="sdk: docker\napp-port: 8000\napp_port: 7860\n"))

    assert finding.hint == "remove it: the card has app_port in line 4"


def test_a_letter_that_looks_like_another():
    finding = only_finding(card_key_unknown, make_space(card="sdk: docker\nt\u0456tle: A\n"))

    assert finding.message == (
        "t\u0456tle is no key of a card (it has the letter U+0456); did you mean title?"
    )


def test_the_key_that_was_meant_for_sdk_is_said_once():
    space = make_space(card="title: A\nSDK: docker\n")

    finding = only_finding(card_sdk, space)

    assert finding.message == "the card has no sdk, but SDK; wanted one of gradio, docker, static"
    assert (finding.hint, finding.line) == ("write sdk: docker in place of SDK", 3)
    assert outcome(card_key_unknown, space).findings == ()


def read(tmp_path: Any, block: str) -> Card:
    (tmp_path / "README.md").write_text(f"---\n{block}---\n", encoding="utf-8")
    return read_card(read_files(tmp_path))


@pytest.mark.parametrize(
    ("block", "messages"),
    [
        ("sdk: docker\non: push\n3.10: a\n~: b\ntrue: c\n[a, b]: d\n{a: b}: e\n", []),
        ("a: &x 8000\nsdk: docker\napp-port: *x\n", ["app-port is no key of a card; did you mean app_port?"]),
        ("sdk: docker\n? app-port\n: 1\n", ["app-port is no key of a card; did you mean app_port?"]),
        ("sdk: docker\n\u30bf\u30a4\u30c8\u30eb: x\n'': y\n' ': z\n_: a\n'-': b\n", []),
        ('sdk: docker\n"a\\nb": x\n', []),
    ],
)
def test_odd_keys_of_real_yaml(tmp_path, block, messages):
    card = read(tmp_path, block)
    assert not card.unreadable

    findings = outcome(card_key_unknown, make_space(card=card)).findings

    assert [finding.message for finding in findings] == messages


def test_thousands_of_keys_cost_little_and_are_not_all_listed():
    lines = [f"title{number}: x" for number in range(10)] + [
        f"titl{chr(number)}: x" for number in range(0x4E00, 0x5E00)
    ]
    fields = {line.partition(":")[0]: Field(line.partition(":")[0], "x", "x", 2) for line in lines}
    fields |= {f"short_description{number:04}": Field("k" * 5000, "x", "x", 3) for number in range(6000)}
    started = time.perf_counter()

    findings = outcome(card_key_unknown, make_space(card=Card(fields))).findings

    assert len(findings) == 21
    assert findings[-1].message == "4086 more keys are nearly known ones"
    assert time.perf_counter() - started < 10


# -- HFS106


@pytest.mark.parametrize(
    "space",
    [
        make_space(card="sdk: docker\napp_port: 8000\nbase_path: /a\nsuggested_hardware: t4-small\n"),
        make_gradio_space(
            card="sdk: gradio\nsdk_version: 6.17.3\npython_version: '3.12'\napp_file: app.py\n"
        ),
        make_static_space(
            card="sdk: static\napp_file: index.html\napp_build_command: make\nhf_oauth: true\n"
        ),
        make_static_space(card="sdk: static\nlicense: mit\nunknown: 1\ncustom_headers: {}\n"),
    ],
)
def test_fields_that_the_sdk_reads(space):
    assert outcome(card_key_ignored, space).outcome == "passed"


@pytest.mark.parametrize(
    ("sdk", "line", "message", "hint"),
    [
        (
            "docker",
            "app_file: main.py",
            'app_file is "main.py", which sdk: docker does not read; gradio and static do',
            "remove it: the Dockerfile's CMD starts the app",
        ),
        (
            "docker",
            "sdk_version: latest",
            'sdk_version is "latest", which sdk: docker does not read; gradio does',
            "remove it: requirements.txt names the versions of a docker Space",
        ),
        (
            "docker",
            "python_version: 3.10",
            "python_version is 3.1, which sdk: docker does not read; gradio does",
            "remove it: the Dockerfile's FROM chooses the Python",
        ),
        (
            "gradio",
            "app_port: 80",
            "app_port is 80, which sdk: gradio does not read; docker does",
            "remove it, and listen on 7860: a gradio Space has no other port",
        ),
        (
            "static",
            "base_path: /a",
            'base_path is "/a", which sdk: static does not read; gradio and docker do',
            "remove it: app_file names the page of a static Space",
        ),
        (
            "docker",
            "suggested_storage: small",
            "suggested_storage is not read any more: the Hub no longer offers this kind of storage",
            "remove it",
        ),
    ],
)
def test_a_field_that_nothing_reads(sdk, line, message, hint):
    finding = only_finding(card_key_ignored, make_space(card=f"sdk: {sdk}\n{line}\n"))

    assert (finding.level, finding.path, finding.line) == ("note", "README.md", 3)
    assert (finding.message, finding.hint) == (message, hint)


# -- HFS109


@pytest.mark.parametrize("line", ["python_version: '3.12'", "python_version: 3.10", "python_version:"])
def test_a_python_version_that_is_given_is_judged_by_another_check(line):
    assert outcome(python_unset, make_gradio_space(card=f"sdk: gradio\n{line}\n")).outcome == "passed"


def test_a_gradio_space_without_python_version():
    finding = only_finding(python_unset, make_gradio_space(card="sdk: gradio\nsdk_version: 6.17.3\n"))

    assert (finding.level, finding.path, finding.line) == ("note", "README.md", 1)
    assert finding.message == (
        "python_version is not set: 3.10 by the documentation, 3.13 by builders since 2026-05"
    )
    assert finding.hint.startswith('write python_version: "3.')
    assert f"requires a different Python: {BUILDERS_PYTHON}" in finding.consequence
    assert python_unset.predicts is Stage.BUILD_ERROR


UNSET = "sdk: gradio\nsdk_version: 6.17.3\n"


@pytest.mark.parametrize(
    ("files", "requirements"),
    [
        ({"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.10"\n'}, ""),
        ({"pyproject.toml": '[project]\nrequires-python = ">=3.10,<3.13.2"\n'}, ""),
        ({"pyproject.toml": "[project]\nrequires-python = 'nonsense'\n"}, ""),
        ({"pyproject.toml": "no TOML ["}, ""),
        ({"lib/pyproject.toml": '[project]\nrequires-python = "<3.13"\n'}, ""),
        ({"app.py": "import imghdr\n"}, "standard-imghdr"),
        ({"app.py": "import imghdr\n", "imghdr.py": ""}, ""),
        ({"app.py": "try:\n    import cgi\nexcept ImportError:\n    cgi = None\n"}, ""),
        ({"app.py": "def page():\n    import cgi\n"}, ""),
        ({"app.py": "import audioop, distutils\n"}, ""),
        ({"app.py": "import json, tomllib\n", "other.py": "import cgi\n"}, ""),
    ],
)
def test_an_app_that_the_builders_python_suits(files, requirements):
    space = make_gradio_space(files, card=UNSET, requirements=requirements)

    assert only_finding(python_unset, space).level == "note"


@pytest.mark.parametrize(
    ("files", "seen", "hint", "consequence"),
    [
        (
            {"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.11,<3.12"\n'},
            "line 3 of pyproject.toml wants >=3.11,<3.12",
            'write python_version: "3.11"',
            "\"requires a different Python: 3.13.x not in '>=3.11,<3.12'\"",
        ),
        (
            {"pyproject.toml": '[tool.poetry.dependencies]\npython = "~3.10"\n'},
            "line 2 of pyproject.toml wants ",
            'write python_version: "3.10"',
            "requires a different Python",
        ),
        (
            {"app.py": "import os\nimport imp\n"},
            "app.py:2 imports imp, which is gone since 3.12",
            'write python_version: "3.1',
            "The app ends with \"No module named 'imp'\".",
        ),
        (
            {"app.py": "import ui\n", "ui.py": "from cgi import escape\n"},
            "ui.py:1 imports cgi, which is gone since 3.13",
            'write python_version: "3.1',
            "The app ends with \"No module named 'cgi'\".",
        ),
    ],
)
def test_an_app_that_the_builders_python_does_not_suit(files, seen, hint, consequence):
    finding = only_finding(python_unset, make_gradio_space(files, card=UNSET, requirements=""))

    assert (finding.level, finding.line) == ("warn", 1)
    assert finding.message.startswith(
        f"python_version is not set: builders use {BUILDERS_PYTHON}, and {seen}"
    )
    assert finding.hint.startswith(hint)
    assert consequence in finding.consequence


def test_a_removed_module_where_not_every_install_is_understood():
    space = make_gradio_space(
        {"app.py": "import cgi\n"}, card=UNSET, requirements=make_requirements("", complete=False)
    )

    assert only_finding(python_unset, space).level == "note"


@pytest.mark.parametrize(
    ("space", "reason", "applicable"),
    [
        (make_space(), "only gradio Spaces have a python_version", False),
        (make_static_space(), "only gradio Spaces have a python_version", False),
        (
            make_gradio_space(card="sdk: gradio\npython-version: '3.12'\n"),
            "the card has python-version: see HFS105",
            True,
        ),
    ],
)
def test_where_the_python_is_not_asked_for(space, reason, applicable):
    result = outcome(python_unset, space)

    assert (result.outcome, result.reason, result.applicable) == ("skipped", reason, applicable)


# -- HFS110

ATTACH = """\
from fastapi import FastAPI
from huggingface_hub import attach_huggingface_oauth

app = FastAPI()
attach_huggingface_oauth(app)
"""
HANDMADE = """\
import os
from authlib.integrations.starlette_client import OAuth

oauth = OAuth()
oauth.register(
    "hf",
    client_id=os.environ["OAUTH_CLIENT_ID"],
    server_metadata_url=os.environ["OPENID_PROVIDER_URL"] + "/.well-known/openid-configuration",
)
"""


def signing_in(
    *texts: str, card: str = "sdk: docker\n", unknown: str = "", dead: tuple[str, ...] = (), **changes: Any
) -> tuple[Space, Sources]:
    """A Space whose main.py, b.py, c.py are these texts, and what is known of its sources."""
    files = dict(zip(("main.py", "b.py", "c.py"), texts, strict=False))
    trees = {path: ast.parse(text) for path, text in files.items()}
    app = tuple(path for path in files if path not in dead)
    space = make_space(files, card=card, **changes)
    return space, Sources(app=app, trees=trees, unknown=unknown, certain=frozenset(app))


HEALTHY_SIGN_INS = {
    "a GitHub app of its own": (
        'import os\nclient = os.getenv("OAUTH_CLIENT_ID")\nx = os.environ["OAUTH_CLIENT_SECRET"]\n'
    ),
    "a default": (
        'import os\na = os.environ.get("OAUTH_CLIENT_ID", "")\nb = os.getenv("OPENID_PROVIDER_URL", "x")\n'
    ),
    "guarded by the variable": (
        "import os, gradio as gr\nwith gr.Blocks() as demo:\n"
        '    if os.getenv("OAUTH_CLIENT_ID"):\n        gr.LoginButton()\n'
    ),
    "guarded by a setting": ATTACH.replace("attach_hugging", "if settings.login: attach_hugging").replace(
        "import if settings.login: ", "import "
    ),
    "tried": ATTACH.replace(
        "attach_huggingface_oauth(app)",
        "try:\n    attach_huggingface_oauth(app)\nexcept ValueError:\n    pass",
    ),
    "left early": (
        "import os, gradio as gr\ndef button():\n    if not os.getenv('OAUTH_CLIENT_ID'):\n        return\n"
        "    gr.LoginButton()\nbutton()\n"
    ),
    "short circuit": 'import os, gradio as gr\nx = os.getenv("OAUTH_CLIENT_ID") and gr.LoginButton()\n',
    "only imported": "from huggingface_hub import attach_huggingface_oauth\n",
    "a function of the same name": "def attach_huggingface_oauth(app): ...\nattach_huggingface_oauth(1)\n",
    "another library's button": "from nicegui_login import LoginButton\nLoginButton()\n",
    "in a text": 'x = "gr.LoginButton() and OAUTH_CLIENT_ID and OPENID_PROVIDER_URL"\n',
    "never called": "import gradio as gr\ndef old_page():\n    gr.LoginButton()\n",
    "a profile that may be nobody's": (
        "import gradio as gr\ndef hello(profile: gr.OAuthProfile | None): ...\nx = hello\n"
    ),
    "optional as a whole": (
        "import gradio as gr\ndef hello(profile: gr.OAuthProfile): ...\nif LOGIN:\n    gr.LoginButton()\n"
    ),
    "written, not read": (
        'import os\nos.environ["OAUTH_CLIENT_ID"] = "x"\nos.environ["OPENID_PROVIDER_URL"] = "y"\n'
    ),
}


@pytest.mark.parametrize("text", HEALTHY_SIGN_INS.values(), ids=HEALTHY_SIGN_INS)
def test_code_that_does_without_the_hubs_sign_in(text):
    space, sources = signing_in(text)

    assert outcome(oauth_unset, space, space_sources=sources).outcome == "passed"


def test_a_sign_in_that_the_card_asks_for():
    space, sources = signing_in(ATTACH, card="sdk: docker\nhf_oauth: true\n", unknown="something")

    assert outcome(oauth_unset, space, space_sources=sources).outcome == "passed"


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        (ATTACH, "attach_huggingface_oauth()", 5),
        ("import huggingface_hub as hub\nhub.attach_huggingface_oauth(1)\n", "attach_huggingface_oauth()", 2),
        ("import gradio as gr\nwith gr.Blocks() as demo:\n    gr.LoginButton()\n", "gr.LoginButton()", 3),
        ("from gradio import LoginButton as B\nB('in')\n", "gr.LoginButton()", 2),
        ("import gradio\ngradio.components.LoginButton()\n", "gr.LoginButton()", 2),
        ("import gradio as gr\ndef page():\n    gr.LoginButton()\npage()\n", "gr.LoginButton()", 3),
        (
            "import os, gradio as gr\nif os.getenv('SPACE_ID'):\n    gr.LoginButton()\n",
            "gr.LoginButton()",
            3,
        ),
        (
            "import gradio as gr\nclass Page:\n    def __init__(self):\n        gr.LoginButton()\n",
            "gr.LoginButton()",
            4,
        ),
        (HANDMADE, "OAUTH_CLIENT_ID", 7),
    ],
)
def test_a_sign_in_without_the_cards_word(text, name, line):
    space, sources = signing_in(text)

    finding = only_finding(oauth_unset, space, space_sources=sources)

    assert (finding.level, finding.path, finding.line) == ("error", "main.py", line)
    assert finding.message == f"{name} needs hf_oauth: true, and the card has no hf_oauth"
    assert finding.hint == "write hf_oauth: true in the card of README.md"
    assert finding.consequence == (
        "The app ends with \"OAuth is required but 'OAUTH_CLIENT_ID' environment variable is not set. "
        "Make sure you've enabled OAuth in your Space by setting `hf_oauth: true` in the Space metadata.\""
    )


@pytest.mark.parametrize(
    "text",
    [
        "import gradio as gr\ndef hello(profile: gr.OAuthProfile): ...\nx = hello\n",
        "import gradio as gr\ndef hello(token: gr.OAuthToken): ...\nx = hello\n",
        (
            "from huggingface_hub import parse_huggingface_oauth\n@app.get('/')\ndef root(request):\n"
            "    return parse_huggingface_oauth(request)\n"
        ),
        (
            "import os\n@app.get('/login')\ndef login():\n"
            "    return os.environ['OAUTH_CLIENT_ID'] + os.environ['OPENID_PROVIDER_URL']\n"
        ),
    ],
)
def test_a_sign_in_that_never_comes_about(text):
    space, sources = signing_in(text)

    finding = only_finding(oauth_unset, space, space_sources=sources)

    assert (finding.level, finding.consequence) == ("warn", "The Space runs, and nobody can sign in.")


def test_a_sign_in_that_the_card_refuses():
    space, sources = signing_in(ATTACH, card="sdk: docker\nhf_oauth: false\n")

    finding = only_finding(oauth_unset, space, space_sources=sources)

    assert (finding.path, finding.line) == ("README.md", 3)
    assert finding.message == "hf_oauth is false, and main.py:5 has attach_huggingface_oauth()"


def test_a_sign_in_that_the_card_nearly_asks_for():
    space, sources = signing_in(ATTACH, card="sdk: docker\nhf-oauth: true\n")

    finding = only_finding(oauth_unset, space, space_sources=sources)

    assert finding.hint == "write hf_oauth: true in place of hf-oauth in line 3"


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"card": "sdk: docker\nhf_oauth: 'true'\n"}, "needs HFS104"),
        (
            {"settings": make_settings(OAUTH_CLIENT_ID="")},
            ".env.example declares OAUTH_CLIENT_ID: the app may have its own",
        ),
        ({"image": make_image(env={"OAUTH_CLIENT_ID": "x"})}, "the image sets OAUTH_CLIENT_ID itself"),
        ({"dead": ("main.py",)}, "no Python file of the app is known"),
        ({"dead": ("main.py",), "unknown": "the entry point is not known"}, "the entry point is not known"),
        ({"card": "sdk: static\n"}, "a static Space runs no Python"),
    ],
)
def test_where_the_sign_in_cannot_be_judged(given, reason):
    space, sources = signing_in(ATTACH, **given)

    result = outcome(oauth_unset, space, space_sources=sources)

    assert (result.outcome, result.reason) == ("skipped", reason)


def test_a_module_that_nothing_imports_does_not_count():
    space, sources = signing_in("x = 1\n", ATTACH, dead=("b.py",))

    assert outcome(oauth_unset, space, space_sources=sources).outcome == "passed"


def test_a_module_that_is_imported_under_a_condition_is_optional():
    space, sources = signing_in("x = 1\n", ATTACH)
    sources = replace(sources, certain=frozenset({"main.py"}))

    assert outcome(oauth_unset, space, space_sources=sources).outcome == "passed"


# -- HFS111


@pytest.mark.parametrize(
    ("base", "asked"),
    [
        ("/", "/?logs=container"),
        ("/docs", "/docs?logs=container"),
        ("/docs?tab=a", "/docs?tab=a&logs=container"),
        ("/#/home", "/?logs=container"),
        ("/a b/ü", "/a%20b/%C3%BC?logs=container"),
        ("/a%20b", "/a%20b?logs=container"),
        ("/a\r\nX-Evil: 1", "/a%0D%0AX-Evil:%201?logs=container"),
        ("/?q=a b", "/?q=a%20b&logs=container"),
        ("/\ud800", "/%3F?logs=container"),
    ],
)
def test_what_the_page_asks_for(base, asked):
    assert page_path(base) == asked


def shown_at(base: str, status: int | None, **changes: Any) -> tuple[Space, Any]:
    """A Space with this base_path, and a rehearsal in which the page's visit had this answer."""
    page = make_visit("ROOT", kind="root", request=Request("GET", page_path(base)), status=status, **changes)
    return make_space(card=f'sdk: docker\nbase_path: "{base}"\n'), make_rehearsal(visits=(page, make_visit()))


@pytest.mark.parametrize("status", [200, 204, 301, 307, 399])
@pytest.mark.parametrize("base", ["/docs", "/docs?tab=a", "/ü"])
def test_a_base_path_that_is_answered(base, status):
    assert outcome(base_path, *shown_at(base, status)).outcome == "passed"


@pytest.mark.parametrize(
    ("base", "status", "message", "hint"),
    [
        (
            "/web",
            404,
            'base_path is "/web", and GET /web?logs=container is answered 404; wanted a page',
            "remove it: GET / answers, or add a route GET /web",
        ),
        (
            "/web",
            401,
            'base_path is "/web", and GET /web?logs=container is answered 401; wanted a page',
            "let GET /web answer without credentials, with a page that tells how to log in",
        ),
        (
            "/web",
            405,
            'base_path is "/web", and GET /web?logs=container is answered 405; wanted a page',
            "remove it: GET / answers, or add a route GET /web",
        ),
    ],
)
def test_a_base_path_that_is_not_answered(base, status, message, hint):
    finding = only_finding(base_path, *shown_at(base, status))

    assert (finding.level, finding.path, finding.line) == ("error", "README.md", 3)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_base_path_close_to_one_that_answers():
    space, rehearsal = shown_at("/doc", 404)
    rehearsal = replace(rehearsal, visits=(*rehearsal.visits, make_visit("GET /docs")))

    assert only_finding(base_path, space, rehearsal).hint == "write base_path: /docs, which answers"


@pytest.mark.parametrize(
    ("status", "changes", "reason"),
    [
        (None, {"problem": "no answer within 15 s"}, "base_path was not visited: no answer within 15 s"),
        (500, {"raised": make_raised("KeyError")}, "GET /web?logs=container is answered 500: see HFS501"),
    ],
)
def test_a_base_path_whose_answer_another_check_explains(status, changes, reason):
    result = outcome(base_path, *shown_at("/web", status, **changes))

    assert (result.outcome, result.reason) == ("skipped", reason)


def test_a_base_path_whose_route_fails_is_the_routes_matter():
    space, rehearsal = shown_at("/web", 503)

    assert only_finding(base_path, space, rehearsal).level == "error"
    assert (
        outcome(base_path, space, replace(rehearsal, routes=(make_route(path="/web"),))).reason
        == "GET /web?logs=container is answered 503: see HFS501"
    )


def test_a_base_path_of_an_app_that_refuses_the_host():
    space, rehearsal = shown_at("/web", 400)
    control = make_visit("CONTROL", kind="root", status=200)
    rehearsal = replace(rehearsal, visits=(*rehearsal.visits, control))

    assert outcome(base_path, space, rehearsal).reason == "the app refuses the Space's host: see HFS604"


def test_a_base_path_whose_page_is_made_while_building():
    space, rehearsal = shown_at("/web", 404)
    space = replace(space, image=make_image(not_followed=("COPY --from=web /dist (stage web)",)))

    assert "may come from COPY --from=web" in outcome(base_path, space, rehearsal).reason


@pytest.mark.parametrize(
    ("space", "rehearsal", "reason", "applicable"),
    [
        (
            make_space(),
            make_rehearsal(),
            "the card has no base_path, so that the page shows /: see HFS505",
            False,
        ),
        (
            make_space(card="sdk: docker\nbase_path: /\n"),
            make_rehearsal(),
            "the card has no base_path, so that the page shows /: see HFS505",
            False,
        ),
        (
            make_static_space(card="sdk: static\nbase_path: /a\n"),
            make_rehearsal(),
            "a static Space has no base_path",
            False,
        ),
        (
            make_space(card="sdk: docker\nbase_path: /a\n"),
            make_rehearsal(visits=()),
            "base_path was not visited: the rehearsal came to its end before",
            True,
        ),
        (
            make_space(card="sdk: docker\nbase_path: /a\n"),
            make_rehearsal(impossible="no start command"),
            "no start command",
            True,
        ),
    ],
)
def test_where_a_base_path_cannot_be_judged(space, rehearsal, reason, applicable):
    result = outcome(base_path, space, rehearsal)

    assert (result.outcome, result.reason, result.applicable) == ("skipped", reason, applicable)


# -- HFS112

API = "from huggingface_hub import HfApi\nimport os\napi = HfApi()\nREPO = 'me/space'\n"
BOTH = 'api.add_space_variable(REPO, "MODEL", "x")\napi.add_space_secret(REPO, "MODEL", "y")\n'


def scripts(*texts: str, path: str = "deploy.py") -> Space:
    """A Space with these scripts; a second one lies in ``scripts/``."""
    return make_space({path: texts[0], **{f"scripts/{path}": text for text in texts[1:]}})


def names(space: Space) -> list[tuple[str | None, str]]:
    return [(finding.level, finding.message) for finding in outcome(names_collide, space).findings]


HEALTHY_SCRIPTS = {
    "two names": 'api.add_space_variable(REPO, "MODEL", "x")\napi.add_space_secret(REPO, "API_KEY", "y")\n',
    "two Spaces": 'api.add_space_variable("a/b", "MODEL", "x")\napi.add_space_secret("a/c", "MODEL", "y")\n',
    "moved": f'{BOTH}api.delete_space_variable(REPO, "MODEL")\n',
    "all taken away": (
        f"for old in api.get_space_variables(REPO):\n    api.delete_space_variable(REPO, old)\n{BOTH}"
    ),
    "either": (
        "if secret:\n    api.add_space_secret(REPO, 'MODEL', x)\n"
        "else:\n    api.add_space_variable(REPO, 'MODEL', x)\n"
    ),
    "one or the other of a loop": (
        "for name, value in {'MODEL': 'x', 'API_KEY': 'y'}.items():\n    if name.endswith('KEY'):\n"
        "        api.add_space_secret(REPO, name, value)\n    else:\n"
        "        api.add_space_variable(REPO, name, value)\n"
    ),
    "two loops that choose": (
        "ALL = ['MODEL', 'API_KEY']\nfor name in ALL:\n    if name in SECRET:\n"
        "        api.add_space_secret(REPO, name, value)\nfor name in ALL:\n    if name not in SECRET:\n"
        "        api.add_space_variable(REPO, name, value)\n"
    ),
    "left early": (
        "def put(secret):\n    if secret:\n        return api.add_space_secret(REPO, 'MODEL', x)\n"
        "    api.add_space_variable(REPO, 'MODEL', x)\n"
    ),
    "in case of failure": (
        "try:\n    api.add_space_secret(REPO, 'MODEL', x)\nexcept OSError:\n"
        "    api.add_space_variable(REPO, 'MODEL', x)\n"
    ),
    "made at run time": (
        "api.add_space_variable(REPO, f'{p}_URL', 1)\napi.add_space_secret(REPO, f'{p}_URL', 1)\n"
    ),
    "given": (
        "def put(name):\n    api.add_space_variable(REPO, name, 1)\n    api.add_space_secret(REPO, name, 1)\n"
    ),
    "assigned twice": (
        "n = 'A'\nn = 'B'\napi.add_space_variable(REPO, n, 1)\napi.add_space_secret(REPO, n, 1)\n"
    ),
    "public by design": 'api.add_space_variable(REPO, "NEXT_PUBLIC_API_KEY", os.environ["X"])\n',
    "no secret needed": 'api.add_space_variable(REPO, "OPENAI_API_KEY", "EMPTY")\n',
    "a name about keys": 'api.add_space_variable(REPO, "API_KEY_HEADER", "x-key")\n',
    "two copies": (
        "from huggingface_hub import duplicate_space\n"
        "duplicate_space('a/b', 'me/one', variables=[{'key': 'MODEL'}])\n"
        "duplicate_space('a/b', 'me/two', secrets=[{'key': 'MODEL'}])\n"
    ),
    "starred": "api.add_space_variable(*args)\napi.add_space_secret(*args)\n",
    "in a text": f"x = '''{BOTH}'''\n",
}


@pytest.mark.parametrize("text", HEALTHY_SCRIPTS.values(), ids=HEALTHY_SCRIPTS)
def test_scripts_that_set_up_a_space_well(text):
    assert names(scripts(API + text)) == []


@pytest.mark.parametrize("path", ["tests/deploy.py", "test_deploy.py", "a/node_modules/b/x.py", "notes.md"])
def test_files_that_deploy_nothing(path):
    result = outcome(names_collide, make_space({path: API + BOTH}))

    assert (result.outcome, result.applicable) == ("skipped", False)


COLLIDING = {
    "plain": BOTH,
    "keywords": (
        "api.add_space_variable(repo_id=REPO, key='MODEL', value='x')\n"
        "HfApi(token=1).add_space_secret(repo_id=REPO, key='MODEL', value='y')\n"
    ),
    "constant": "N = 'MODEL'\napi.add_space_variable(REPO, N, 1)\napi.add_space_secret(REPO, 'MODEL', 2)\n",
    "loops": (
        "VARS = {'MODEL': 'x'}\nfor k, v in VARS.items():\n    api.add_space_variable(REPO, k, v)\n"
        "for k in ('MODEL', 'TOKEN'):\n    if os.environ.get(k):\n"
        "        api.add_space_secret(REPO, k, os.environ[k])\n"
    ),
    "pairs": (
        "for k, v in [('MODEL', 'x')]:\n    api.add_space_variable(REPO, k, v)\n"
        "api.add_space_secret(REPO, 'MODEL', 'x')\n"
    ),
    "create": (
        "api.create_repo(REPO, space_variables=[{'key': 'MODEL', 'value': 'x'}],\n"
        "    space_secrets=[{'key': 'MODEL', 'value': 'y'}])\n"
    ),
    "duplicate": (
        "SECRETS = [dict(), {'key': 'MODEL', 'value': 'y'}]\n"
        "api.duplicate_space('a/b', REPO, variables=[{'key': 'MODEL'}], secrets=SECRETS)\n"
    ),
    "guarded by its value": (
        "api.add_space_variable(REPO, 'MODEL', 'x')\nif x:\n    api.add_space_secret(REPO, 'MODEL', x)\n"
    ),
}


@pytest.mark.parametrize("text", COLLIDING.values(), ids=COLLIDING)
def test_a_name_that_is_variable_and_secret(text):
    finding = only_finding(names_collide, scripts(API + text))

    assert (finding.level, finding.path) == ("error", "deploy.py")
    assert finding.message.startswith("MODEL is set as a variable, and as a secret in line ")
    assert finding.hint == 'keep one of the two; the other goes with delete_space_variable(repo_id, "MODEL")'
    assert finding.consequence == (
        'The Space shows the configuration error "Collision on variables and secrets names".'
    )


def test_the_line_is_that_of_the_variable():
    finding = only_finding(names_collide, scripts(API + BOTH))

    assert (finding.line, finding.message[-6:]) == (5, "line 6")


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [("'me/space'", "'me/space'", "error"), ("repo", "repo", "warn"), ("'me/space'", "repo", "warn")],
)
def test_a_name_in_two_scripts(first, second, level):
    space = scripts(
        f"{API}api.add_space_variable({first}, 'MODEL', 1)\n", f"api.add_space_secret({second}, 'MODEL', 1)\n"
    )

    assert names(space) == [(level, "MODEL is set as a variable, and as a secret in scripts/deploy.py:1")]


def test_a_secret_that_is_set_as_a_variable():
    finding = only_finding(
        names_collide, scripts(f'{API}api.add_space_variable(REPO, "OPENAI_API_KEY", os.environ["K"])\n')
    )

    assert (finding.level, finding.line) == ("warn", 5)
    assert finding.message == (
        "OPENAI_API_KEY is set as a variable, which everybody can read; by its name it is a secret"
    )
    assert finding.consequence == "The Space runs, and its settings show the value to every visitor."


def test_a_secret_that_is_set_as_both_is_said_once():
    text = BOTH.replace("MODEL", "API_KEY")

    assert names(scripts(API + text)) == [
        ("error", "API_KEY is set as a variable, and as a secret in line 6")
    ]


HEALTHY_COMMANDS = {
    "two names": "hf spaces variables add me/space -e MODEL=x\nhf spaces secrets add me/space -s API_KEY\n",
    "two Spaces": "hf spaces variables add me/a -e MODEL=x\nhf spaces secrets add me/b -s MODEL\n",
    "either": (
        "if x; then\n hf spaces variables add me/a -e M=x\nelse\n hf spaces secrets add me/a -s M\nfi\n"
    ),
    "either step": (
        "- if: a\n  run: hf spaces variables add me/a -e M=x\n"
        "- if: b\n  run: hf spaces secrets add me/a -s M\n"
    ),
    "moved": (
        "hf spaces variables delete me/a M --yes\nhf spaces variables add me/b -e M=x\n"
        "hf spaces secrets add me/a -s M\n"
    ),
    "a comment": "# hf spaces variables add me/a -e M=x\nhf spaces secrets add me/a -s M\n",
    "files": "hf spaces variables add me/a --env-file .env\nhf spaces secrets add me/a --secrets-file .s\n",
    "asked": "curl https://huggingface.co/api/spaces/me/a/variables\nhf spaces secrets add me/a -s M\n",
    "garbage": "hf spaces secrets add '\nhf spaces variables add \"$(\nhf spaces secrets add -s\n",
}


@pytest.mark.parametrize("text", HEALTHY_COMMANDS.values(), ids=HEALTHY_COMMANDS)
@pytest.mark.parametrize("path", ["deploy.sh", ".github/workflows/deploy.yml"])
def test_commands_that_set_up_a_space_well(text, path):
    assert names(scripts(text, path=path)) == []


COLLIDING_COMMANDS = {
    "client": "hf spaces variables add me/a -e M=x -e N=y\nhf spaces secrets add me/a -s N=z\n",
    "long": "hf spaces variables add $SPACE --env N=y && hf spaces secrets add $SPACE --secrets N\n",
    "created": "hf repos create me/a --type space \\\n  --secrets N \\\n  -e N=dark\n",
    "expression": (
        "hf spaces variables add ${{ vars.SPACE }} -e N=y\nhf spaces secrets add ${{ vars.SPACE }} -s N\n"
    ),
    "requests": (
        'curl -X POST https://huggingface.co/api/spaces/me/a/variables -d \'{"key": "N", "value": "x"}\'\n'
        'curl -X POST https://huggingface.co/api/spaces/me/a/secrets \\\n  -d "{\\"key\\": \\"N\\"}"\n'
    ),
    "program": (
        "run: |\n  python - <<EOF\n  api.add_space_variable('me/a', 'N', 'x')\n"
        "  api.add_space_secret(repo_id='me/a', key='N', value='y')\n  EOF\n"
    ),
}


@pytest.mark.parametrize("text", COLLIDING_COMMANDS.values(), ids=COLLIDING_COMMANDS)
@pytest.mark.parametrize("path", ["deploy.sh", ".github/workflows/deploy.yml"])
def test_commands_that_set_a_name_twice(text, path):
    finding = only_finding(names_collide, scripts(text, path=path))

    assert (finding.level, finding.path) == ("error", path)
    assert finding.message.startswith("N is set as a variable, and as a secret in line ")


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfeadd_space_variable(", b"api.add_space_variable(REPO, 'A'", b"\0add_space_secret()",
        b"add_space_variable()\nadd_space_secret(key=1, **x)\n",
        b"create_repo(space_variables=3, space_secrets=[1, {}])\n",
        b"x = " + b"-" * 50_000 + b"1 # add_space_variable",
        b"if a:\n pass\n" + b"elif b:\n add_space_variable(1, 'A')\n" * 3000,
        b"add_space_variable(" * 3000,
        b"add_space_secret(1, 'A\\d', 2)\n" * 5000,
        b"add_space_variable(%sa, 'A', 1)\nadd_space_secret(%sb, 'A', 1)\n" % (b"a+" * 900, b"b+" * 900),
        b"add_space_variable(" + b" " * 500_000,
        b"# add_space_secret\nhf spaces secrets add ${{" + b" " * 500_000,
        b"N = [" + b"'a'," * 1000 + b"]\nfor n in N:\n" + b" delete_space_secret(R, n)\n" * 5_000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["deploy.py", "deploy.sh"])
def test_scripts_of_garbage(content, path):
    started = time.perf_counter()

    findings: tuple[Finding, ...] = outcome(names_collide, make_space({path: content})).findings

    assert [finding for finding in findings if finding.level == "error"] == []
    assert time.perf_counter() - started < 10


def test_of_very_many_scripts_those_near_the_root_are_looked_at():
    many = {f"pkg/a/f{number}.py": "" for number in range(5_000)}

    assert len(names(make_space({**many, "deploy.py": API + BOTH}))) == 1
    result = outcome(names_collide, make_space({**many, "pkg/a/b/c/deploy.py": API + BOTH}))
    assert (result.reason, result.applicable) == ("5000 scripts were looked at, and there are 5002", True)


# -- the table and the Hub's client


def test_the_table_knows_what_the_hubs_client_knows():
    hub = pytest.importorskip("huggingface_hub", reason="the table is compared with the Hub's client")
    constants = pytest.importorskip("huggingface_hub.constants")

    assert {hardware.value for hardware in hub.SpaceHardware} - set(HARDWARE) == set()
    assert {storage.value for storage in hub.SpaceStorage} == set(STORAGE)
    assert set(constants.SPACES_SDK_TYPES) == {*SDKS, *RETIRED_SDKS}
    own = {Stage.PUSH_REJECTED}
    assert {stage.value for stage in Stage if stage not in own} <= {stage.value for stage in hub.SpaceStage}


def test_every_rule_is_explained():
    from pytest_hfspace.checks.card.schema import KINDS

    for key, rule in RULES.items():
        assert rule.meaning[:1].isupper(), key
        assert rule.meaning.endswith((".", "?")), key
        assert rule.kind in KINDS, key
        assert set(rule.sdks) <= set(SDKS), key
        assert set(rule.instead).isdisjoint(rule.sdks), key


def test_a_program_of_thousands_of_pages_is_read_once():
    text = "import gradio as gr\n" + "".join(f"def page{n}():\n    gr.LoginButton()\n" for n in range(3_000))
    space, sources = signing_in(text)
    started = time.perf_counter()

    assert outcome(oauth_unset, space, space_sources=sources).outcome == "passed"
    assert time.perf_counter() - started < 10
