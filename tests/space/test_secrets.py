"""The search for secrets: how much of what is planted it finds, and that it leaves the rest alone."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from pytest_hfspace.space import read_space
from pytest_hfspace.space.secrets import (
    LARGEST,
    Secret,
    find_secrets,
    is_given_away,
    read_secret_files,
    read_secrets,
    shown,
)
from pytest_hfspace.space.secrets.made_up import is_common_password, is_made_up
from tests.checks.factories import make_space
from tests.helpers import commit_all
from tests.space.secrets_benign import BENIGN
from tests.space.secrets_corpus import (
    ANTHROPIC,
    GITHUB,
    HF,
    OPENAI,
    PASSWORD,
    PLANTED,
    PROJECT,
    Maker,
    Planted,
    notebook,
)

_MAKER = Maker(3)
chars, token = _MAKER.chars, _MAKER.token
checksummed, web_token, pem = _MAKER.checksummed, _MAKER.web_token, _MAKER.pem

PAGE = (Path(__file__).parents[2] / "docs" / "secrets.md").read_text(encoding="utf-8")


@cache
def found_in(planted: Planted) -> tuple[Secret, ...]:
    utf16 = planted.path.startswith("utf16")
    content = planted.text.encode("utf-16" if utf16 else "utf-8")
    return read_secrets(make_space({planted.path: content}))


def figure(name: str) -> float:
    row = re.search(rf"^\| {name} \| ([\d.]+)", PAGE, re.MULTILINE)
    assert row is not None, name
    return float(row[1])


# -- figures


def test_the_page_tells_the_truth() -> None:
    found = [planted for planted in PLANTED if found_in(planted)]
    lines = sum(len(text.splitlines()) for text in BENIGN.values())
    alarms = read_secrets(make_space(BENIGN))
    assert figure("planted secrets") == len(PLANTED) >= 60
    assert figure("found") == len(found)
    assert figure("recall") == round(100 * len(found) / len(PLANTED), 1)
    assert figure("benign lines") == lines >= 200
    assert figure("false alarms") == len(alarms)


@pytest.mark.parametrize("path", BENIGN)
def test_benign(path: str) -> None:
    lines = BENIGN[path].splitlines()
    secrets = read_secrets(make_space({path: BENIGN[path]}))
    assert [(secret, lines[secret.line - 1]) for secret in secrets] == []


@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_planted(number: int) -> None:
    planted = PLANTED[number]
    assert len(found_in(planted)) == planted.found, planted


def test_no_sample_is_a_literal_of_this_repository() -> None:
    here = Path(__file__).parents[1]
    files = [*(here / "space").glob("*secrets*.py"), *(here / "checks").glob("*secrets*.py")]
    texts = {str(path): path.read_text(encoding="utf-8") for path in files}
    assert len(texts) >= 4
    assert {name: list(find_secrets(text)) for name, text in texts.items() if list(find_secrets(text))} == {}


# -- near misses: the forms that are none


@pytest.mark.parametrize(
    "text",
    [
        HF[:-1],
        HF + "a",
        HF + "_x",
        "x" + HF,
        "_" + HF,
        GITHUB[:-1] + ("a" if GITHUB[-1] != "a" else "b"),
        "data:font/woff2;base64," + chars(40) + "/" + token("AI" + "za", 35),
        OPENAI.replace("T3Bl", "T3BI")[:30],
        ANTHROPIC[:60],
        web_token(role="authenticated"),
        web_token(role="service_role", iss="supabase-demo"),
        f"postgresql://app:{PASSWORD}@db/app",
        f"postgresql://app:{PASSWORD}@db.internal/app",
        f"postgresql://app:{PASSWORD[:6]}@db.aurora.eu/app",
        pem()[:70],
        pem().replace("PRIVATE", "PUBLIC"),
    ],
)
def test_near_misses(text: str) -> None:
    assert list(find_secrets(f"value = '{text}'\n")) == []


@pytest.mark.parametrize(
    "text",
    [
        f"'{HF}'",
        f"token={HF}&next=1",
        f"token%3D{HF}",
        f"a\\n{HF}\\n",
        f"({HF})",
        f"`{HF}`。",
        f"令牌{HF}",
        f"{HF}是",
        f"https://huggingface.co/{HF}",
        f"x/{HF}.",
    ],
)
def test_what_may_stand_around_a_token(text: str) -> None:
    (secret,) = find_secrets(text)
    assert (secret.kind, secret.shown, secret.line) == ("a Hugging Face token", f"{HF[:4]}…", 1)


def test_the_line_is_the_value_s() -> None:
    text = f"# setup\n\nimport os\nHF_TOKEN = '{HF}'\n\nclient('{PROJECT}')\n"
    assert [(secret.line, secret.kind) for secret in find_secrets(text)] == [
        (4, "a Hugging Face token"),
        (6, "an OpenAI key"),
    ]


def test_a_token_in_a_url_is_told_once_and_by_its_issuer() -> None:
    (secret,) = find_secrets(f"https://me:{GITHUB}@github.com/me/it")
    assert secret.kind == "a GitHub token"


@pytest.mark.parametrize(
    ("before", "setting"),
    [
        ('HF_WRITE_TOKEN = "', "HF_WRITE_TOKEN"),
        ('os.getenv("my_hub_token", "', "MY_HUB_TOKEN"),
        ('login(token="', "HF_TOKEN"),
        ("Authorization: Bearer ", "HF_TOKEN"),
        ("model = load(EOS_TOKEN, '", "HF_TOKEN"),
        ("SPACE_HF_TOKEN: ", "SPACE_HF_TOKEN"),
    ],
)
def test_the_setting_is_named_after_what_it_is_assigned_to(before: str, setting: str) -> None:
    (secret,) = find_secrets(f"FIRST_TOKEN = 1\n{before}{HF}")
    assert secret.setting == setting


# -- what is kept of a value


def test_nothing_shows_more_than_four_characters() -> None:
    for planted in PLANTED:
        for secret in found_in(planted):
            assert secret.shown.endswith("…")
            assert len(secret.shown) <= 5
            long = [part for part in re.findall(r"[\w/+-]{16,}", repr(secret)) if part in planted.text]
            assert [part for part in long if part != secret.setting] == []


def test_a_short_value_shows_less() -> None:
    assert shown("hunter2") == "hu…"
    assert shown("\x1b]0;x\x07" * 5) == "?]0;…"


# -- files


def test_which_files_are_read() -> None:
    text = f"token: {HF}\n"
    files: dict[str, str | bytes] = {
        "a.txt": text,
        "b.png": text,
        "poetry.lock": text,
        "c.dat": b"\0\1" + text.encode(),
        "d.csv": b"\xfa latin \xe9\n" + text.encode(),
        "e.txt": b" " * LARGEST + text.encode(),
        "f.txt": text.encode("utf-16"),
        "g.txt": b"\xef\xbb\xbf" + text.encode(),
    }
    secrets = read_secrets(make_space(files))
    assert [(secret.path, secret.line) for secret in secrets] == [
        ("a.txt", 1), ("d.csv", 2), ("f.txt", 1), ("g.txt", 1),
    ]  # fmt: skip
    assert {secret.same for secret in secrets} == {0}


def test_links_are_not_read_twice(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(HF)
    (tmp_path / "b.txt").symlink_to("a.txt")
    (tmp_path / "c.txt").symlink_to("/etc/passwd")
    (tmp_path / "name\nwith newline.txt").write_text(GITHUB)
    commit_all(tmp_path)
    secrets = read_secrets(read_space(tmp_path))
    assert [secret.path for secret in secrets] == ["a.txt", "name\nwith newline.txt"]
    assert [secret.same for secret in secrets] == [0, 1]


def test_a_notebook_s_cells_count_and_its_output_does_not() -> None:
    text = notebook(["import os\n", "# π\n", f'login("{HF}")\n'], output=f"{HF}\n{GITHUB}")
    (secret,) = read_secrets(make_space({"a.ipynb": text}))
    assert (secret.kind, text.splitlines()[secret.line - 1].strip()) == (
        "a Hugging Face token",
        json.dumps(f'login("{HF}")\n'),
    )


@pytest.mark.parametrize("text", [f"{HF}", "[" * 100_000 + HF, json.dumps({"cells": 3, "x": HF})])
def test_what_is_no_notebook_is_text(text: str) -> None:
    assert len(read_secrets(make_space({"a.ipynb": text}))) == 1


def test_doubt() -> None:
    google = f'key = "{Maker(6).token("AI" + "za", 35)}"'
    files = {
        "tests/test_a.py": PROJECT,
        "tests/test_b.py": Maker(7).checksummed("ghp" + "_"),
        "node_modules/a/index.js": ANTHROPIC,
        "page.html": google,
        "app.py": google,
        "src/latest.py": PROJECT + "x" * 3,
    }
    secrets = {secret.path: bool(secret.doubt) for secret in read_secrets(make_space(files))}
    assert secrets == {
        "tests/test_a.py": True,
        "tests/test_b.py": False,
        "node_modules/a/index.js": True,
        "page.html": True,
        "app.py": False,
        "src/latest.py": False,
    }


# -- hostile texts end in time, because everything that repeats is bounded


@pytest.mark.parametrize(
    "text",
    [
        "sk-" * 300_000,
        " hf_" * 300_000,
        "://a:" * 200_000,
        "://" + "a" * 1_000_000,
        "-----BEGIN PRIVATE KEY-----\n" * 40_000,
        "-----BEGIN PRIVATE KEY-----" + "A" * 1_000_000,
        "eyJ" * 300_000 + ".eyJ",
        ".eyJ" * 200_000,
        "aws_secret_access_key = " * 50_000,
        "AKIA" + "A" * 1_000_000,
        ("AKIA" + "B" * 16 + " ") * 40_000,
        "xoxb-1234567890-" * 60_000,
        "\x00\ud800" * 1000,
    ],
)
def test_hostile(text: str) -> None:
    assert len(list(find_secrets(text))) <= 200


def test_a_list_of_tokens_is_cut_short() -> None:
    make = Maker(4)
    text = "\n".join(make.token("hf" + "_", 34) for _ in range(500))
    assert len(list(find_secrets(text))) == 200


# -- what is made up


@pytest.mark.parametrize(
    "body", ["abcdefgh" * 4, "Ab1" * 9, "x7" * 12, "MyVeryOwnTokenForTheApplication", "q" * 30]
)
def test_made_up(body: str) -> None:
    assert is_made_up(body)


def test_random_bodies_are_not_made_up() -> None:
    make = Maker(5)
    bodies = [make.chars(34) for _ in range(500)] + [make.chars(32, "0123456789abcdef") for _ in range(500)]
    assert sum(map(is_made_up, bodies)) <= 3


@pytest.mark.parametrize(
    "password", ["P@ssw0rd123", "Sup3rS3cret!", "changeme2024", "postgres", "admin_password"]
)
def test_common_passwords(password: str) -> None:
    assert is_common_password(password)


def test_a_name_as_password() -> None:
    assert is_common_password("grafana2024", user="Grafana")
    assert not is_common_password("grafana2024", user="me")


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("ADMIN_PASSWORD", "hunter2", True),
        ("ADMIN_PASSWORD", "correct-horse-battery-staple-42", True),
        ("SECRET_KEY", "dev-secret-kf82ncme19qq", True),
        ("SECRET_KEY", "dev-secret-key-change-in-production", False),
        ("LLM_API_KEY", "not-needed", False),
        ("SECRET_KEY", "'f3b0-c9e1-77aa'", True),
        ("API_KEY", "", False),
        ("API_KEY", "your-api-key", False),
        ("API_KEY", "$OTHER_KEY", False),
        ("API_KEY", "op://vault/item/key", False),
        ("API_KEY", "encrypted:BDqDBibm4wsYqMpCjTQ6BsDHmMadg9K3dAt", False),
        ("ADMIN_PASSWORD", "admin", False),
        ("POSTGRES_PASSWORD", "postgres", False),
        ("SECRET_KEY_FILE", "/run/secrets/key", False),
        ("JWT_SECRET", "/run/secrets/jwt", False),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("ACCESS_TOKEN", "123456789", False),
        ("SESSION_SECRET", "$(openssl rand -hex 32)", False),
        ("PORT", "7860", False),
    ],
)
def test_given_away(name: str, value: str, given: bool) -> None:
    assert is_given_away(name, value) is given


# -- files that hold secrets


@pytest.mark.parametrize(
    ("path", "text", "holds"),
    [
        (".env", f"PORT=7860\nHF_TOKEN={HF}\n", "secrets"),
        (".env.production", "export ADMIN_PASSWORD='kf82-ncme-19'\n", "secrets"),
        ("deploy/prod.env", "SESSION_SECRET=9f8e7d6c5b4a39281706\n", "secrets"),
        (".env", f"GREETING={GITHUB}\n", "secrets"),
        (".streamlit/secrets.toml", 'api_key = "kf82ncme19qq"\n', "secrets"),
        (".envrc", "export API_KEY=kf82ncme19qq\n", "secrets"),
        ("id_rsa", pem("OPENSSH"), "a private key"),
        ("certs/server.key", pem(), "a private key"),
        ("AuthKey.p8", pem("", 3), "a private key"),
        ("a.ppk", "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 14\nAAAA\n", "a private key"),
        (".netrc", "machine huggingface.co login me password kf82ncme19qq\n", "a password"),
        (".pypirc", "[pypi]\nusername = __token__\npassword = kf82ncme19qq\n", "a password"),
        (".npmrc", "//registry.npmjs.org/:_authToken=kf82ncme19qq\n", "a token"),
        (".git-credentials", f"https://me:{'kf82' + 'ncme19qq'}@github.com\n", "a password"),
        (".aws/credentials", f"[default]\naws_secret_access_key = {chars(40)}\n", "an AWS secret key"),
        ("credentials.json", json.dumps({"installed": {"client_secret": chars(24)}}), "credentials"),
        ("service-account.json", json.dumps({"private_key": pem()}), "a private key"),
        ("kaggle.json", json.dumps({"username": "me", "key": chars(32, "0123456789abcdef")}), "a Kaggle key"),
        (".env", "PORT=7860\nDEBUG=0\nLOG_LEVEL=info\n", ""),
        (".env", "", ""),
        (
            ".env.test",
            "SECRET_KEY=dev-secret-key-change-in-production\nLLM_API_KEY=not-needed\n",
            "",
        ),
        (
            ".env.test",
            "SECRET_KEY=test\nHF_TOKEN=\nDATABASE_URL=postgres://postgres:postgres@localhost/x\n",
            "",
        ),
    ],
)
def test_secret_files(path: str, text: str, holds: str) -> None:
    (file,) = read_secret_files(make_space({path: text}))
    assert (file.path, file.holds) == (path, holds)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".env.example", f"HF_TOKEN={HF}\n"),
        ("example.env", "ADMIN_PASSWORD=kf82ncme19qq\n"),
        (".env.template", "ADMIN_PASSWORD=kf82ncme19qq\n"),
        (".env.vault", "DOTENV_VAULT_KEY=kf82ncme19qq\n"),
        (".envrc", "layout python\nexport PORT=7860\n"),
        ("src/environment.py", "SECRET_KEY=kf82ncme19qq\n"),
        ("id_rsa.pub", "ssh-rsa AAAAB3NzaC1yc2E me\n"),
        ("certs/ca.pem", pem().replace("PRIVATE KEY", "CERTIFICATE")),
        ("public.key", pem().replace("PRIVATE", "PUBLIC")),
        ("slides.key", b"PK\x03\x04\0\0"),
        (".npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}\nsave-exact=true\n"),
        (".pypirc", "[pypi]\nusername = __token__\npassword = <token>\n"),
        ("credentials.json", json.dumps({"client_secret": "your-client-secret-here"})),
        ("tokenizer.json", json.dumps({"model": {"vocab": {"key": 1}}})),
        ("token.json", "{}"),
    ],
)
def test_files_that_hold_none(path: str, text: str | bytes) -> None:
    assert list(read_secret_files(make_space({path: text}))) == []


def test_an_encrypted_file_is_left_alone() -> None:
    assert list(read_secret_files(make_space({".env": b"\0GITCRYPT\0\x12\x13"}))) == []


def test_the_names_and_the_line_of_what_a_file_sets() -> None:
    text = f"# settings\nPORT=7860\nADMIN_PASSWORD=kf82-ncme\n\nHUB={HF}\n"
    (file,) = read_secret_files(make_space({".env": text}))
    assert (file.settings, file.line) == (("ADMIN_PASSWORD", "HF_TOKEN"), 3)
