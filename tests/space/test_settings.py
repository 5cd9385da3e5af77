"""Which settings a repository documents, and which of their names and values are secrets."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pytest_hfspace.space.image import Image, Variable
from pytest_hfspace.space.listing import read_files
from pytest_hfspace.space.secret_names import is_dummy
from pytest_hfspace.space.settings import Declared, is_placeholder, is_secret_name, read_settings


def settings(root: Path, contents: dict[str, str], **kwargs: object) -> dict[str, Declared]:
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return read_settings(read_files(root), kwargs.pop("image", None), **kwargs)  # type: ignore[arg-type]


def names(text: str) -> list[str]:
    return text.split()


SECRETS = names(
    """
    API_KEY OPENAI_API_KEY OPENAI_KEY GROQ_KEY HF_TOKEN HUGGINGFACEHUB_API_TOKEN TOKEN JWT_SECRET
    DB_PASSWORD SECRET_KEY PRIVATE_KEY AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN PASSWD CLIENT_SECRET
    WEBHOOK_SECRET CREDENTIALS PASSWORD SECRET APIKEY PGPASSWORD SMTP_PASS DB_PWD GITHUB_PAT
    GPG_PASSPHRASE ENCRYPTION_KEY SIGNING_KEY FERNET_KEY MASTER_KEY LICENSE_KEY
    SUPABASE_SERVICE_ROLE_KEY STRIPE_SECRET_KEY API_KEYS ACCESS_TOKEN REFRESH_TOKEN BOT_TOKEN
    TELEGRAM_BOT_TOKEN VERIFY_TOKEN SLACK_SIGNING_SECRET OPENAI_API_KEY_2 SECRET_KEY_BASE
    FLASK_SECRET_KEY jwt_secret_key openaiApiKey session-secret PRIVATE_KEY_PEM ADMIN_PASSWORD
    SECURITY_PASSWORD_SALT WALLET_MNEMONIC STORAGE_ACCOUNT_KEY ACCESSTOKEN API_TOKENS APP_SECRETS
    FIREBASE_CREDENTIALS_JSON DEFAULT_PASSWORD APP_KEY WANDB_API_KEY SENDGRID_API_KEY PROD_DB_PASSWORD
    SECRET_KEY_OLD
    """
)


NO_SECRETS = names(
    """
    MAX_TOKENS MAX_NEW_TOKENS NUM_TOKENS TOKENIZERS_PARALLELISM TOKENIZER TOKEN_URL TOKEN_LIMIT
    API_KEY_HEADER API_KEY_NAME SECRET_NAME ACCESS_TOKEN_EXPIRE_MINUTES PASSWORD_MIN_LENGTH PUBLIC_KEY
    VAPID_PUBLIC_KEY KEYBOARD PAD_TOKEN EOS_TOKEN_ID STOP_TOKEN COST_PER_TOKEN NEXT_PAGE_TOKEN
    KEY_PREFIX CACHE_KEY SORT_KEY PRIMARY_KEY PARTITION_KEY AWS_ACCESS_KEY_ID SECRETS_DIR SECRET_FILE
    JWT_ALGORITHM JWT_SECRET_KEY_FILE DATABASE_URL SENTRY_DSN CORS_ALLOW_CREDENTIALS REQUIRE_API_KEY
    ALLOW_EMPTY_PASSWORD USE_TOKEN HF_HUB_DISABLE_IMPLICIT_TOKEN GOOGLE_APPLICATION_CREDENTIALS
    NEXT_PUBLIC_SUPABASE_ANON_KEY STRIPE_PUBLISHABLE_KEY SSH_KEY_PATH KEY TOKENS PASSWORD_RESET_URL PWD
    OLDPWD BYPASS HIGH_PASS PASS_THROUGH COMPASS MONKEY DONKEY HOTKEY TURKEY KEYS AUTHOR AUTH_ENABLED
    PORT DEBUG MODEL_NAME REDIS_KEY FOREIGN_KEY CSRF_COOKIE_NAME SECRETARY PASSENGER TOKEN_TYPE
    MAX_PASSWORD MIN_PASSWORD API_KEY_REQUIRED ENABLE_SECRETS 42 _ SPACE_ID CREDENTIALS_PATH SALT_SIZE
    """
)


@pytest.mark.parametrize("name", SECRETS)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", [*NO_SECRETS, ""])
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    "value",
    [
        "", "  ", '""', "changeme", "change-me", "change_this", "change-me-in-production", "CHANGE_ME", "xxx",
        "XXXXXXXX", "***", "...", "sk-...", "sk-xxxx", "sk-proj-…", "hf_xxxxxxxxxxxxxxxx", "hf_...",
        "<token>",
        "<your api key>", "{{ token }}", "${API_KEY}", "[your-key]", "your-key-here", "your_openai_api_key",
        "https://your-project.supabase.co", "https://<project>.supabase.co", "replace-me",
        "replace_with_a_key",
        "insert-key-here", "todo", "TBD", "none", "null", "secret", "password", "token", "dummy", "example",
        "placeholder", "my-secret-key", "super-secret-key", "supersecret", "dev-secret", "00000000",
        "YOUR_TOKEN",
        "sk-your-key", "a-very-long-random-string", "generate-a-random-string", "not-a-real-key-placeholder",
    ],
)  # fmt: skip
def test_placeholders(value: str) -> None:
    assert is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "sk-proj-4fTq9Zb2Lm8Xw1Rc7Vn3Kd6Hs5Jy0P", "hf_QbTzLkWvYpRxNmCjGdSfHaEuOiXq", "7860", "0", "1",
        "true", "false",
        "gpt-4o-mini", "sqlite:///./app.db", "postgresql://app:app@localhost:5432/app",
        "https://api.openai.com/v1",
        "admin123", "hunter2", "info", "INFO", "*", "/data/uploads", "BAAI/bge-small-en",
        "2024-08-01-preview",
        "en", "0.7", "us-east-1", "http://localhost:3000,http://localhost:8000", "11", "user@company.io",
        '["http://localhost"]', '{"a": 1}', "gemini-pro", "key1=value1", "x" + "abc" * 200,
    ],
)  # fmt: skip
def test_real_values(value: str) -> None:
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "value",
    [
        "dev-secret-key-change-in-production", "dev-secret-change-in-production", "dev-only-secret",
        "dev-secret-do-not-use-in-prod", "local-development-secret", "fastapi-secret-key", "please_change_me",
        "unsafe-secret-key-for-development", "'not-needed'", "not_needed", "not-used", "unused", "missing",
        "none-required", "lm-studio", "ollama", "sk-no-key-required", "sk-not-needed", "no-key",
        "token-abc123", "dummy", "EMPTY", "sk-xxx", "Don't use this in production!", "changeme", "postgres",
        "dev-secret-key-at-least-32-characters-long",
    ],
)  # fmt: skip
def test_dummies(value: str) -> None:
    assert is_dummy(value)


@pytest.mark.parametrize(
    "value",
    [
        "hunter2", "admin123", "s3cr3t-pr0d-key", "correct-horse-battery-staple-42", "kf82ncme19qq",
        "Tr0ub4dor", "dev-secret-1", "dev-secret-kf82ncme", "blue-whale-secret", "do-not-9f8e7d6c5b",
        "change-of-heart-in-production", "only " * 100,
    ],
)  # fmt: skip
def test_secrets_that_are_no_dummies(value: str) -> None:
    assert not is_dummy(value)


@pytest.mark.parametrize("value", ["ollama", "lm-studio", "redis", "admin", "user"])
def test_names_are_dummies_of_secrets_only(value: str) -> None:
    assert is_dummy(value)
    assert not is_placeholder(value)


@pytest.mark.parametrize(
    "name",
    [".env.example", ".env.template", ".env.sample", ".env.dist", "example.env", "env.example",
     ".env.local.example",
     "backend/.env.example", ".env.production.template", ".env-example", "sample.env"],
)  # fmt: skip
def test_example_files(tmp_path: Path, name: str) -> None:
    found = settings(
        tmp_path, {name: "\n# comment\n\nAPP_MODE=dev # why\nexport API_KEY='sk-...'\nEMPTY_ONE=\n"}
    )
    assert found["APP_MODE"] == Declared("APP_MODE", "dev", name, 4)
    assert found["API_KEY"].value == "sk-..."
    assert (found["EMPTY_ONE"].value, found["EMPTY_ONE"].line) == ("", 6)


@pytest.mark.parametrize(
    "name", ["example_env.py", "env.template.ts", ".env", "environment.example", "example.envoy"]
)
def test_files_that_are_no_examples(tmp_path: Path, name: str) -> None:
    assert settings(tmp_path, {name: "APP_MODE=dev\n"}) == {}


def test_nothing_is_interpolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_OF_CALLER", "leaked")
    found = settings(tmp_path, {".env.example": 'APP_DIR="${HOME_OF_CALLER}/x"\n'})
    assert found["APP_DIR"].value == "${HOME_OF_CALLER}/x"


def test_a_commented_setting_is_documented_but_not_set(tmp_path: Path) -> None:
    text = "# REDIS_URL=redis://localhost\n#LOG_LEVEL=info\n# A sentence with X_Y=1 in it\n"
    text += "APP_MODE=a\n# APP_MODE=b\n"
    found = settings(tmp_path, {".env.example": text})
    assert {name: d.source for name, d in found.items()} == {
        "APP_MODE": "env file", "REDIS_URL": "comment", "LOG_LEVEL": "comment"
    }  # fmt: skip
    assert found["APP_MODE"].value == "a"


@pytest.mark.parametrize(
    "text",
    ["\x00\x01\x02=\n", "='x'\n", "A B C\n", 'OPEN="never closed\n', "\ufeffAPP_MODE=1\n", "é=1\n",
     "=" * 50_000,
     'A="\n' * 10_000, "'" * 60_000, " " * 60_000 + "x"],
)  # fmt: skip
def test_garbage_is_read_in_no_time(tmp_path: Path, text: str) -> None:
    started = time.process_time()
    found = settings(tmp_path, {".env.example": text})
    assert time.process_time() - started < 2
    assert set(found) <= {"APP_MODE", "A", "OPEN", "B", "x"}


README = """\
---
title: CARD_TITLE
---
# Demo

We answer HTTP 404 as JSON, see `README.md`, `LICENSE`, `GET`, `RUNTIME_ERROR` and [docs](X_Y).

Set the `OPENAI_API_KEY` secret in the Space's settings.

## Configuration

| Variable | Default | Meaning |
|---|:---:|---|
| `DATABASE_URL` | `OTHER_NAME` | where |
| REDIS_URL | - | cache |
| JSON | x | no |

- `LOG_LEVEL`: how much
- **`APP_MODE`** (optional)
- prose about `SOME_CONSTANT` further in

```bash
export HF_TOKEN="hf_..."
docker run -p 7860:7860 -e ADMIN_PASSWORD=x -e BARE_NAME demo
DEBUG=1 uvicorn main:app
```

```env
PORT=7860
```

## API

| Code | Error |
|---|---|
| `NOT_FOUND` | 404 |

- `NO_VARIABLE` is a constant

```python
MAX_ITEMS=3
key = os.environ["PY_SETTING"]
```
"""


def test_the_readme(tmp_path: Path) -> None:
    found = settings(tmp_path, {"README.md": README}, body_line=4)
    assert set(found) == {
        "OPENAI_API_KEY", "DATABASE_URL", "REDIS_URL", "LOG_LEVEL", "APP_MODE", "HF_TOKEN", "ADMIN_PASSWORD",
        "BARE_NAME", "DEBUG", "PORT", "PY_SETTING",
    }  # fmt: skip
    assert found["OPENAI_API_KEY"].line == 8
    assert (found["PORT"].value, found["HF_TOKEN"].value, found["DATABASE_URL"].value) == (
        "7860",
        "hf_...",
        "",
    )


def test_the_card_is_not_documentation(tmp_path: Path) -> None:
    card = "---\nshort_description: set `CARD_SETTING` in env\n---\nSet `BODY_SETTING` in the environment.\n"
    assert set(settings(tmp_path, {"README.md": card}, body_line=4)) == {"BODY_SETTING"}
    assert set(settings(tmp_path, {"README.md": card})) == {"CARD_SETTING", "BODY_SETTING"}


def test_pages_of_docs_count(tmp_path: Path) -> None:
    pages = {"docs/deploy.md": "Environment: `FROM_DOCS`\n", "src/notes.md": "Environment: `FROM_NOTES`\n"}
    assert set(settings(tmp_path, pages)) == {"FROM_DOCS"}


def test_the_image_declares_what_no_document_does(tmp_path: Path) -> None:
    env = {name: Variable(name, "image", "Dockerfile", 3) for name in ("APP_MODE", "HF_HOME")}
    image = Image(workdir="/app", layout={}, env=env)
    found = settings(tmp_path, {".env.example": "APP_MODE=example\n"}, image=image)
    assert found["APP_MODE"].value == "example"
    assert found["HF_HOME"] == Declared("HF_HOME", "image", "Dockerfile", 3, "image")


@pytest.mark.parametrize("text", ["|" * 200_000, "`" * 200_000, "- " * 100_000, "-" * 200_000, "|-" * 900,
    "A_" * 900,
                                  ("| `" + "A_" * 500 + "\n") * 200])  # fmt: skip
def test_hostile_pages_are_read_in_no_time(tmp_path: Path, text: str) -> None:
    started = time.process_time()
    assert settings(tmp_path, {"README.md": "a | b\n" + text}) == {}
    assert time.process_time() - started < 2
