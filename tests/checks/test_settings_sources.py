"""7xx: credentials that come from files, cache variables that come too late, variables that nobody sets."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from pytest_hfspace.checks.environment.late import READ_AT_IMPORT
from pytest_hfspace.checks.environment.sources import CHECKS, builtin_assumed, config_file, setting_late
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import FileUse, Rehearsal, StandIn, Where
from pytest_hfspace.space import Space
from pytest_hfspace.space.config_files import LARGEST, is_configuration, secrets_in
from pytest_hfspace.space.constants import secret_constants

from .factories import (
    make_gradio_space,
    make_image,
    make_raised,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
    make_visit,
    only_finding,
    outcome,
)

#: made up, and joined here, so that no scanner finds it in this file
SECRET = "".join(("Tr0ub", "4dor-", "Qx9"))
TOKEN = "_".join(("hf", "TnQwZbVrKdYgLpXsCmJhFuEaRiOtWvNyGk"))


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [
        ("HFS704-config-file", "error", Stage.RUNNING),
        ("HFS708-setting-late", "warn", Stage.RUNNING),
        ("HFS709-builtin-assumed", "warn", Stage.RUNNING),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_healthy(check: Any) -> None:
    assert outcome(check).outcome == "passed"
    assert outcome(check, make_gradio_space()).outcome == "passed"
    static = outcome(check, make_static_space())
    assert (static.reason, static.applicable) == ("a static Space runs no process", False)


# -- what a file of configuration gives


@pytest.mark.parametrize(
    "path",
    [
        "package.json", "web/package-lock.json", "tokenizer.json", "tokenizer_config.json", "openapi.yaml",
        "special_tokens_map.json", "de.json", "pt-BR.json", "locales/app.json", "i18n/texts.yaml",
        "user.schema.json", "tests/config.json", "data/items.csv", "config.py", "config", "pyproject.toml",
        "static/manifest.json",
    ],
)  # fmt: skip
def test_files_of_another_kind(path: str) -> None:
    assert not is_configuration(path)


@pytest.mark.parametrize(
    "path", ["config.json", "app/settings.yaml", "Settings.YML", "conf/app.toml", "db.ini"]
)
def test_files_of_configuration(path: str) -> None:
    assert is_configuration(path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.json", ""),
        ("a.json", "{"),
        ("a.json", "[" * 100_000),
        ("a.json", '{"password": ' * 50_000),
        ("a.yaml", "a: &a [*a]\npassword: *a\n"),
        ("a.yaml", "password: !!python/object/apply:os.system ['x1234567']\n"),
        ("a.yaml", "\t\0password: x"),
        ("a.json", json.dumps({"password": SECRET, "x": "y" * LARGEST})),
        ("a.json", '{"password": null, "token": 12345678, "secret": true, "api_key": ["a1b2c3d4e5"]}'),
        ("a.json", '{"password": "Passwort", "api_key": "Clé", "token": "Contraseña"}'),
        ("a.json", '{"password": {"type": "string", "minLength": "8"}}'),
        ("a.json", json.dumps({"openapi": "3.1.0", "x": {"password": SECRET}})),
        ("a.json", json.dumps({"properties": {"a": 1}, "password": SECRET})),
        ("a.json", json.dumps({"example": {"password": SECRET}, "labels": {"api_key": SECRET}})),
        ("a.json", json.dumps({"login": {"default": {"password": SECRET}}})),
        ("a.json", json.dumps({"default": {"labels": {"password": SECRET}}})),
        ("a.json", json.dumps({"users": [{"name": "ann", "password": SECRET}]})),
        ("a.json", json.dumps([{"password": SECRET}])),
        ("a.json", json.dumps({"apiKey": SECRET, "authDomain": "x.firebaseapp.com"})),
        ("a.json", json.dumps({"bos_token": "<s>12", "pad_token": "[PAD0]", "eos_token": "</s1>xxxx"})),
        ("a.json", json.dumps({"password": "changeme123", "api_key": "your-api-key-1", "token": "${T_1}"})),
        ("a.json", json.dumps({"api_key_env": "AN_API_KEY_2", "token": "oauth2_token", "secret": "sess-v2"})),
        ("a.json", json.dumps({"max_tokens": "4096a", "tokens_per_page": "a1b2c3d4e5", "key": "a1b2c3d4e5"})),
        ("a.yaml", "password_file: /run/secrets/db1\ntoken_url: https://example.org/token1\n"),
        ("a.yaml", "secret: vault:kv/db#pass1\npassword: ENC[AES256,data:x1]\n"),
        ("a.ini", f"[db]\n# password = {SECRET}\n; token = {SECRET}\nhost = x\n"),
        ("a.toml", 'password = ""\nhost = "h"\n'),
    ],
)  # fmt: skip
def test_no_secret_in_a_file(path: str, text: str) -> None:
    began = time.perf_counter()
    assert list(secrets_in(path, text)) == []
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    ("path", "text", "key", "line"),
    [
        ("a.json", f'{{\n "db": {{\n  "user": "x",\n  "password": "{SECRET}"\n }}\n}}', "db.password", 4),
        ("a.json", f'{{"secrets": {{"openai": "{SECRET}"}}}}', "secrets.openai", 1),
        ("a.json", f'{{"openai": {{"key": "{SECRET}"}}}}', "openai.key", 1),
        ("a.json", f'{{"apiKey": "{SECRET}"}}', "apiKey", 1),
        ("a.yaml", f"a: 1\ndb:\n  # the password\n  password: {SECRET}\n", "db.password", 4),
        ("a.yml", f"base: &b\n  secret_key: '{SECRET}'\nprod: *b\n", "base.secret_key", 2),
        ("a.toml", f'[api]\nname = "x"\ntoken = "{SECRET}"  # mine\n', "api.token", 3),
        ("a.toml", f'db = {{ host = "h", password = "{SECRET}" }}\n', "password", 1),
        ("a.ini", f"[db]\npassword = {SECRET}\n", "db.password", 2),
        # the section for every environment
        ("a.toml", f'[default]\napi_key = "{SECRET}"\n', "default.api_key", 2),
        ("a.ini", f"[DEFAULT]\npassword = {SECRET}\n", "DEFAULT.password", 2),
        ("a.yaml", f"default:\n  db:\n    password: {SECRET}\n", "default.db.password", 3),
        ("a.cfg", f"[db]\npassword: {SECRET}\n", "db.password", 2),
        ("a.properties", f"spring.datasource.password={SECRET}\n", "spring.datasource.password", 1),
    ],
)
def test_secret_in_a_file(path: str, text: str, key: str, line: int) -> None:
    (held,) = secrets_in(path, text)
    assert (held.key, held.value, held.line) == (key, SECRET, line)


# -- constants


@pytest.mark.parametrize(
    "text",
    [
        'SECRET_KEY = "changeme"',
        'SECRET_KEY = os.environ["SECRET_KEY"]',
        'API_KEY_HEADER = "X-API-Key-2"',
        'ACCESS_TOKEN = "access_token_2"',
        'OAUTH2_TOKEN = "oauth2_token"',
        f'TEST_API_KEY = "{SECRET}"',
        f'FAKE_TOKEN = "{SECRET}"',
        f'secret_key = "{SECRET}"',
        f'def f():\n    SECRET_KEY = "{SECRET}"',
        f'class S(BaseSettings):\n    SECRET_KEY: str = "{SECRET}"',
        f'SECRET_KEY = "{SECRET}" +',
        f'SECRET_KEY = "{SECRET}"\0',
        f'SECRET_KEY = f"{SECRET}{{x}}"',
        'PASSWORD = "correct horse battery staple 1"',
        'MAX_TOKENS = "4096"',
    ],
)
def test_no_secret_constant(text: str) -> None:
    assert list(secret_constants("main.py", text)) == []


@pytest.mark.parametrize(
    "text",
    [
        f'\nSECRET_KEY = "{SECRET}"',
        f'\nSECRET_KEY: str = "{SECRET}"',
        f'class Config:\n    SECRET_KEY = "{SECRET}"',
        f'\nSECRET_KEY = (\n    "{SECRET}"\n)',
    ],
)
def test_secret_constant(text: str) -> None:
    assert [(h.key, h.value, h.line) for h in secret_constants("main.py", text)] == [
        ("SECRET_KEY", SECRET, 2)
    ]
    assert list(secret_constants("tests/conftest.py", text)) == []


# -- HFS704

CONFIG = f'{{\n  "db": {{"password": "{SECRET}"}}\n}}\n'


def opened(path: str = "/app/config.json", **changes: Any) -> Rehearsal:
    use = FileUse(path, changes.pop("where", Where("main.py", 3)), changes.pop("found", True), **changes)
    return make_rehearsal(files=(use,))


def test_config_file() -> None:
    space = make_space({"config.json": CONFIG})
    finding = only_finding(config_file, space, opened())
    assert finding.message == (
        'config.json, opened by main.py:3, gives db.password "Tr0u…", wanted: from the environment'
    )
    assert (finding.path, finding.line, finding.level) == ("config.json", 2, "error")
    assert 'os.environ["DB_PASSWORD"]' in finding.hint
    assert SECRET not in finding.message + finding.hint


@pytest.mark.parametrize(
    ("space", "facts"),
    [
        (make_space({"config.json": CONFIG}), make_rehearsal()),  # nobody opens it
        (make_space({"config.json": CONFIG}), opened(where=None)),  # sent as a page
        (make_space({"config.json": CONFIG}), opened(write=True)),
        (make_space({"config.json": CONFIG}), opened(found=False)),
        (make_space({"config.json": CONFIG}), opened("/etc/config.json")),
        (make_space({"de.json": CONFIG}), opened("/app/de.json")),
        (make_space({"main.py": f'SECRET_KEY = "{SECRET}"\n'}), make_rehearsal(imported=())),
    ],
    ids=["not opened", "served", "written", "absent", "elsewhere", "translation", "not imported"],
)
def test_config_file_that_gives_nothing(space: Space, facts: Rehearsal) -> None:
    assert outcome(config_file, space, facts).outcome == "passed"


def test_not_rehearsed() -> None:
    facts = make_rehearsal(impossible="no command")
    assert outcome(config_file, rehearsal=facts).reason == "no command"


def test_one_cause_one_finding() -> None:
    """HFS205 speaks of what has the form of a token, HFS204 of files that are there to hold secrets."""
    text = f'{{\n  "hf_token": "{TOKEN}"\n}}\n'
    assert outcome(config_file, make_space({"config.json": text}), opened()).outcome == "passed"
    both = make_space({"config.json": text.replace("\n}", f',\n "password": "{SECRET}"\n}}')})
    assert only_finding(config_file, both, opened()).line == 3
    twice = opened()
    again = make_rehearsal(files=(*twice.files, FileUse("/app/config.json", Where("b.py", 1), found=True)))
    assert only_finding(config_file, make_space({"config.json": CONFIG}), again).line == 2


def test_constant_of_a_module() -> None:
    space = make_space({"main.py": f'import os\nJWT_SECRET = "{SECRET}"\n'})
    finding = only_finding(config_file, space)
    assert finding.message == 'JWT_SECRET is the text "Tr0u…" in code, wanted: from the environment'
    assert (finding.path, finding.line) == ("main.py", 2)


# -- HFS708


def late(text: str, files: dict[str, str] | None = None, **changes: Any) -> Any:
    return outcome(setting_late, make_space({"main.py": text, **(files or {})}, **changes)).findings


SET = 'os.environ["HF_HOME"] = "/data"\n'


@pytest.mark.parametrize(
    "text",
    [
        f"import os\n{SET}import transformers\n",
        f"import os\nimport torch\n{SET}",
        'import os\nimport torch\nos.environ["TORCH_HOME"] = "/x"\n',  # read when it is used
        'import os\nimport transformers\nos.environ["TOKENIZERS_PARALLELISM"] = "false"\n',
        f"import os\nimport huggingface_hub\n{SET}",  # loads its parts when they are asked for
        f"import os\ntry:\n    import transformers\nexcept ImportError:\n    pass\n{SET}",
        f"import os\ndef load():\n    import transformers\n{SET}",
        f"import os\nimport transformers\ndef f():\n    {SET}",
        f"import os\n{SET}import transformers\n{SET}",
        'import os\nimport matplotlib\nos.environ["HF_HOME"] = "/x"\n',
        'import os\nimport transformers\nprint(os.environ["HF_HOME"])\n',
        'import os\nimport transformers\nother["HF_HOME"] = 1\n',
        f"import os\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import transformers\n{SET}",
        "HF_HOME = (",
    ],
)
def test_in_time(text: str) -> None:
    assert late(text) == ()


@pytest.mark.parametrize(
    ("text", "name", "reader", "line"),
    [
        (f"import os\nimport transformers\n{SET}", "HF_HOME", "transformers", 3),
        (f"import os\nfrom transformers import pipeline\n\n{SET}", "HF_HOME", "transformers", 4),
        (f"import os\nfrom huggingface_hub import hf_hub_download\n{SET}", "HF_HOME", "huggingface_hub", 3),
        (f"import os\nimport diffusers.utils\nif x:\n    {SET}", "HF_HOME", "diffusers", 4),
        ('import os\nimport nltk\nos.environ.setdefault("NLTK_DATA", "/x")\n', "NLTK_DATA", "nltk", 3),
        (
            'from os import environ\nimport matplotlib.pyplot as p\nenviron["MPLCONFIGDIR"] = "/x"\n',
            "MPLCONFIGDIR",
            "matplotlib",
            3,
        ),
    ],
)
def test_late(text: str, name: str, reader: str, line: int) -> None:
    (finding,) = late(text)
    assert finding.message == (
        f"{name} is set on line {line}, after line 2 imports {reader}, which has read it by then"
    )
    assert finding.hint == "set it above line 2, or by ENV in the Dockerfile"
    assert (finding.path, finding.line) == ("main.py", line)


def test_late_through_a_module_of_the_app() -> None:
    text = f"import os\nimport model\n{SET}"
    (finding,) = late(text, {"model.py": "from transformers import pipeline\n"})
    assert "after line 2 imports transformers (through model), which" in finding.message
    assert late(text, {"model.py": "def load():\n    import transformers\n"}) == ()
    # the module sets it itself before: this one comes to nothing, but does no harm
    assert late(text, {"model.py": f"import os\n{SET}import transformers\n"}) == ()


def test_set_by_the_image() -> None:
    files = {"main.py": f"import os\nimport transformers\n{SET}"}
    space = make_space(files)
    image = make_image(space.files.tracked, env={"HF_HOME": "/data"})
    assert outcome(setting_late, make_space(files, image=image)).findings == ()


def test_late_in_a_circle_of_modules() -> None:
    files = {"a.py": "import b\n", "b.py": "import a\nimport main\n"}
    assert late(f"import os\nimport a\n{SET}", files) == ()


def test_the_table_names_importable_modules() -> None:
    assert all(
        reader.replace(".", "").isidentifier() for readers in READ_AT_IMPORT.values() for reader in readers
    )


# -- HFS709


def assumed(text: str, facts: Rehearsal | None = None, **changes: Any) -> Any:
    return outcome(
        builtin_assumed, make_space({"main.py": f"import os\n{text}\n"}, **changes), facts
    ).findings


@pytest.mark.parametrize(
    "text",
    [
        'PORT = int(os.getenv("PORT", "7860"))',
        'if os.getenv("SPACE_ID"): pass',
        'token = os.getenv("HF_TOKEN")',
        'on = os.getenv("SYSTEM") == "spaces" or "SPACE_ID" in os.environ',
        'on = os.getenv("SYSTEM") == "linux"',
        'on = os.getenv("SYSTEM", "spaces") == "spaces"',
        'on = os.getenv("SYSTEM") != "spaces"',
        'on = os.getenv("SYSTEMD") == "spaces"',
        'x = "SYSTEM" == "spaces"',
        'T = os.environ["HF_TOKEN"]',  # the start would have ended
        'def f():\n    os.environ["HF_TOKEN"] = "x"\n    return os.environ["HF_TOKEN"]',
        'def f():\n    if "HF_TOKEN" in os.environ:\n        return os.environ["HF_TOKEN"]',
        'def f():\n    try:\n        return os.environ["HF_TOKEN"]\n    except KeyError:\n        pass',
        'def f():\n    with suppress(KeyError):\n        return os.environ["HF_TOKEN"]',
        'def f():\n    return os.environ["OTHER"]',
        'def f():\n    return headers["HF_TOKEN"]',
        'def f(:  # HF_TOKEN',
    ],
)  # fmt: skip
def test_nothing_assumed(text: str) -> None:
    assert assumed(text) == ()


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ('on = os.getenv("SYSTEM") == "spaces"', "os.getenv('SYSTEM') == 'spaces'", 2),
        ('if "spaces" == os.environ.get("SYSTEM", ""): pass', "'spaces' == os.environ.get('SYSTEM', '')", 2),
        ('SYSTEM = os.environ.get("SYSTEM")\non = SYSTEM == "spaces"', "SYSTEM == 'spaces'", 3),
    ],
)
def test_system(text: str, shown: str, line: int) -> None:
    (finding,) = assumed(text)
    assert finding.message == f"{shown} is never true in a docker Space: only gradio has SYSTEM"
    assert (finding.path, finding.line) == ("main.py", line)
    assert "SPACE_ID" in finding.hint
    gradio = make_gradio_space({"app.py": f"import os\n{text}\n"})
    assert outcome(builtin_assumed, gradio).findings == ()


@pytest.mark.parametrize("name", ["HF_TOKEN", "HF_HOME", "PORT"])
def test_taken_without_default(name: str) -> None:
    text = f'def f():\n    return os.environ["{name}"]'
    (finding,) = assumed(text)
    assert finding.message == (
        f'os.environ["{name}"] fails on the Space: the Hub does not set {name}, '
        "and neither does the repository"
    )
    assert finding.line == 3
    assert assumed(text, settings=make_settings(**{name: ""})) == ()
    assert assumed(text, make_rehearsal(reads=(make_read(name, given=True),))) == ()
    assert assumed(text, make_rehearsal(stand_ins=(StandIn(name, None),))) == ()
    failed = make_visit(status=500, raised=make_raised("KeyError", f"'{name}'"))
    assert assumed(text, make_rehearsal(visits=(failed,))) == ()


def test_set_by_the_dockerfile() -> None:
    files = {"main.py": 'import os\ndef f():\n    return os.environ["HF_HOME"]\n'}
    image = make_image(make_space(files).files.tracked, env={"HF_HOME": "/data"})
    assert outcome(builtin_assumed, make_space(files, image=image)).findings == ()
