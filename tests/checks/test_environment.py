"""7xx: what code and start-up want from the environment, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.environment.configuration import (
    CHECKS,
    dotenv_needed,
    masked,
    secret_default,
    setting_undocumented,
)
from pytest_hfspace.contract import Stage
from pytest_hfspace.rehearsal.facts import FileUse, StandIn, Where
from pytest_hfspace.space.defaults import LONGEST, read_defaults

from .factories import (
    make_command,
    make_failure,
    make_image,
    make_raised,
    make_read,
    make_rehearsal,
    make_settings,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

HERE = Where("config.py", 4)


def test_catalogue() -> None:
    assert [(c.id, c.level, c.predicts) for c in CHECKS] == [
        ("HFS701-dotenv-needed", "error", Stage.RUNTIME_ERROR),
        ("HFS702-setting-undocumented", "note", Stage.RUNNING),
        ("HFS703-secret-default", "error", Stage.RUNNING),
    ]


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.code)
def test_healthy(check: Any) -> None:
    assert outcome(check).outcome == "passed"
    assert outcome(check, make_static_space()).reason == "a static Space runs no process"


@pytest.mark.parametrize("check", [dotenv_needed, setting_undocumented], ids=lambda c: c.code)
def test_not_rehearsed(check: Any) -> None:
    assert outcome(check, rehearsal=make_rehearsal(impossible="no command")).reason == "no command"


# -- HFS701

MISSING = make_raised("FileNotFoundError OSError", "[Errno 2] No such file or directory: '.env'", HERE)


@pytest.mark.parametrize(
    "facts",
    [
        make_rehearsal(files=(FileUse(".env", HERE, found=False),)),  # opened inside try, and came up
        make_rehearsal(failure=make_failure(raised=make_raised("KeyError", "'.env'", HERE))),
        make_rehearsal(
            failure=make_failure(
                raised=make_raised("FileNotFoundError OSError", "No such file or directory: 'data.env.csv'")
            ),
            files=(FileUse(".env", HERE, found=False),),
        ),
    ],
)
def test_dotenv_that_is_not_needed(facts: Any) -> None:
    assert outcome(dotenv_needed, rehearsal=facts).outcome == "passed"


def test_dotenv_that_is_needed() -> None:
    facts = make_rehearsal(failure=make_failure(raised=MISSING))
    assert only_finding(dotenv_needed, rehearsal=facts) == Finding(
        "import ends because .env is not there (FileNotFoundError), wanted: settings from the environment",
        "open .env only if it exists, as load_dotenv() does, and set what it holds on the Space",
        path="config.py",
        line=4,
        level="error",
        consequence=dotenv_needed.consequence,
    )


def test_dotenv_that_the_app_asks_for_itself() -> None:
    facts = make_rehearsal(failure=make_failure(raised=make_raised("RuntimeError", ".env not found", HERE)))
    assert only_finding(dotenv_needed, rehearsal=facts).message == (
        "import ends because .env is not there (RuntimeError), wanted: settings from the environment"
    )


@pytest.mark.parametrize("said", ["set it in .env", "config not found", "my.environment not found"])
def test_exception_that_is_not_about_dotenv(said: str) -> None:
    facts = make_rehearsal(failure=make_failure(raised=make_raised("RuntimeError", said, HERE)))
    assert outcome(dotenv_needed, rehearsal=facts).findings == ()


def test_dotenv_that_a_library_opens() -> None:
    inner = make_raised("FileNotFoundError OSError", "[Errno 2]: '/x/.env.production'", None)
    facts = make_rehearsal(
        failure=make_failure("startup", raised=make_raised("RuntimeError", "no settings", None, cause=inner)),
        files=(
            FileUse("other", Where("a.py", 1), found=False),
            FileUse(".env.production", HERE, found=False),
        ),
    )
    finding = only_finding(dotenv_needed, rehearsal=facts)
    assert finding.message.startswith("startup ends because .env.production is not there")
    assert (finding.path, finding.line) == ("config.py", 4)


# -- HFS702


@pytest.mark.parametrize(
    "name",
    [
        "SPACE_ID",
        "OAUTH_CLIENT_ID",
        "SYSTEM",
        "HOME",
        "PORT",
        "HF_HOME",
        "PYTHONPATH",
        "LC_ALL",
        "https_proxy",
    ],
)
def test_variable_that_nobody_needs_to_document(name: str) -> None:
    assert outcome(setting_undocumented, rehearsal=make_rehearsal(reads=(make_read(name),))).findings == ()


def test_documented_variable() -> None:
    space = make_space(settings=make_settings(DATABASE_URL=""), image=make_image(env={"MODE": "x"}))
    reads = (make_read("database_url", reader="pydantic-settings"), make_read("MODE"))
    assert outcome(setting_undocumented, space, make_rehearsal(reads=reads)).outcome == "passed"


def test_variable_that_the_start_command_sets() -> None:
    facts = make_rehearsal(reads=(make_read("MODE"), make_read("OTHER")))
    sets = make_space(command=make_command(env={"MODE": "x"}))
    assert [f.message.partition(" ")[0] for f in outcome(setting_undocumented, sets, facts).findings] == [
        "OTHER"
    ]
    both = make_space(command=make_command(env={"MODE": "x", "OTHER": ""}))
    assert outcome(setting_undocumented, both, facts).outcome == "passed"
    without = make_space(command=None)
    assert len(outcome(setting_undocumented, without, facts).findings) == 2


def test_variable_of_a_library() -> None:
    reads = (make_read("SOME_LIBRARY_DEBUG", own=False),)
    assert outcome(setting_undocumented, rehearsal=make_rehearsal(reads=reads)).outcome == "passed"


def test_variable_that_another_check_reports() -> None:
    reads = (make_read("API_KEY"), make_read("api_url"))
    facts = make_rehearsal(reads=reads, stand_ins=(StandIn("API_KEY", HERE),))
    finding = only_finding(setting_undocumented, rehearsal=facts)
    assert (
        finding.message
        == "api_url is read without a default, and neither .env.example nor README.md names it"
    )


def test_undocumented_variables() -> None:
    reads = (
        make_read("API_BASE", required=True),
        make_read("API_BASE", where=Where("b.py", 9)),
        make_read("HF_TOKEN", default="", where=Where("b.py", 2)),
    )
    result = outcome(setting_undocumented, rehearsal=make_rehearsal(reads=reads))
    assert result.outcome == "noted"
    assert [(f.message, f.hint, f.path, f.line) for f in result.findings] == [
        (
            "API_BASE is read without a default, and neither .env.example nor README.md names it",
            "add a line to .env.example: API_BASE=",
            "main.py",
            5,
        ),
        (
            "HF_TOKEN is read with a default, and neither .env.example nor README.md names it",
            "add a line to .env.example: HF_TOKEN=",
            "b.py",
            2,
        ),
    ]


# -- defaults in code


def held(text: str) -> list[tuple[str, str, int]]:
    return [(default.name, default.value, default.line) for default in read_defaults(text)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "def broken(:  # environ",
        "x = '\0'  # environ",
        "environ" + "(" * 5000,
        "import os\n" + "x = 1\n" * LONGEST + 'os.getenv("K", "v")',
        'os.getenv("K")',
        'os.getenv("K", "")',
        'os.getenv("K", None)',
        'os.getenv("K", 5)',
        'os.getenv("K", f"{x}")',
        'os.getenv("K", secrets.token_hex())',
        'os.getenv(NAME, "v")',
        'os.environ["K"] or "v"',
        'settings.get("K", "v")  # environ',
        'config("default", "v")',
        'config(key, default="v")',
        'key = os.getenv("K")\nif not key:\n    raise SystemExit("v")',
        'key = os.getenv("K")\nif not key:\n    key = secrets.token_hex()',
        'key = os.getenv("K")\nif key:\n    key = "v"',
        'key = os.getenv("K")\nif other is None:\n    key = "v"',
        'key = read("K")\nif not key:\n    key = "v"  # environ',
        'FALLBACK = secrets.token_hex()\nos.getenv("K", FALLBACK)',
        'FALLBACK = "v"\nFALLBACK = "w"\nos.getenv("K", FALLBACK)',
        'class A(BaseModel):  # Settings\n    key: str = "v"',
        'class A(BaseSettings):\n    key: ClassVar[str] = "v"\n    model_config = "v"\n    other: str',
        "class A(BaseSettings):\n    key: str = Field(default_factory=make)\n    b: str = Field(...)",
    ],
)
def test_no_literal_default(text: str) -> None:
    assert held(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('os.getenv("K", "v")', ("K", "v", 1)),
        ('from os import getenv\ngetenv("K", default="v")', ("K", "v", 2)),
        ('os.environ.get("K", "v")', ("K", "v", 1)),
        ('os.environ.setdefault("K", "v")', ("K", "v", 1)),
        ('from os import environ as e\ne.get("K", "v")', ("K", "v", 2)),
        ('env = os.environ\nenv.get(\n    "K",\n    "v",\n)', ("K", "v", 4)),
        ('k = os.getenv("K") or "v"', ("K", "v", 1)),
        ('k = os.environ.get("K", "") or "v"', ("K", "v", 1)),
        ('key = os.getenv("K")\nif not key:\n    log("none")\n    key = "v"', ("K", "v", 4)),
        ('self.key = config("K", default=None)\nif self.key is None:\n    self.key = "v"', ("K", "v", 3)),
        ('FALLBACK = "v"\nos.getenv("K", FALLBACK)', ("K", "v", 2)),
        ('class A(BaseSettings):\n    key: str = _FALLBACK\n_FALLBACK = "v"', ("KEY", "v", 2)),
        ('config("K", default="v")', ("K", "v", 1)),
        ('config("K", cast=Secret, default=Secret("v"))', ("K", "v", 1)),
        ('env("K", "v")', ("K", "v", 1)),
        ('env.str("K", default="v")', ("K", "v", 1)),
        ('class A(BaseSettings):\n    key: str = "v"', ("KEY", "v", 2)),
        ('class A(pydantic_settings.BaseSettings):\n    key: SecretStr = SecretStr("v")', ("KEY", "v", 2)),
        ('class B(BaseSettings): ...\nclass A(B):\n    key: str = Field("v")', ("KEY", "v", 3)),
        ('class A(AppBaseSettings):\n    key: str | None = Field(default="v", alias="K")', ("K", "v", 2)),
        (
            'class A(BaseSettings):\n    a: str = Field("v", validation_alias=AliasChoices("K", "L"))',
            ("K", "v", 2),
        ),
    ],
)
def test_literal_default(text: str, expected: Any) -> None:
    assert held(text) == [expected]


def test_a_constant_that_is_refused() -> None:
    (default,) = read_defaults('DUMMY = "v"\nkey = os.getenv("K", DUMMY)\nif key == DUMMY:\n    stop()')
    assert default.compared


def test_secret_by_type_and_refused_default() -> None:
    (default,) = read_defaults(
        'class A(BaseSettings):\n    opener: SecretStr = "v"\nif x in ("u", "v"): stop()'
    )
    assert (default.secret, default.compared, default.field) == (True, True, "opener")


# -- HFS703


def coded(line: str, **changes: Any) -> Any:
    return make_space({"main.py": f"import os\n{line}\n"}, **changes)


@pytest.mark.parametrize(
    "line",
    [
        'KEY = os.environ["SECRET_KEY"]',
        'KEY = os.getenv("SECRET_KEY", "")',
        'KEY = os.getenv("SECRET_KEY", secrets.token_hex())',
        'KEY = os.getenv("MODEL", "gpt-4o")',
        'N = os.getenv("MAX_TOKENS", "4096")',
        'URL = os.getenv("TOKEN_URL", "https://example.org/token")',
        'class S(BaseSettings):\n    api_key_name: str = "X-API-Key"',
        'HEADER = os.getenv("API_KEY", "X-API-Key")',
        'ON = os.getenv("USE_SECRET", "false")',
        'PATH = os.getenv("JWT_SECRET", "/run/secrets/jwt")',
        'KEY = os.getenv("API_KEY", "OPENAI_API_KEY")  # the name of another variable',
        'KEY = os.getenv("OPENAI_API_KEY", "EMPTY")',
        'KEY = os.getenv("OPENAI_API_KEY", "your-api-key")',
        'KEY = os.getenv("LLAMA_API_KEY", "sk-no-key-required")',
        'KEY = os.getenv("VLLM_API_KEY", "token-abc123")',
        'KEY = os.getenv("LM_STUDIO_API_KEY", "lm-studio")',
        'KEY = os.getenv("LLM_KEY", "not-needed")',
        'KEY = os.getenv("API_KEY", "EMPTY")',
        'PASSWORD = os.getenv("POSTGRES_PASSWORD", "postgres")',
        'K = os.getenv("SECRET_KEY", "dev-secret")\nif K == "dev-secret": raise SystemExit("set SECRET_KEY")',
        'class User(BaseModel):\n    password: str = "hunter22"',
    ],
)
def test_no_secret_in_code(line: str) -> None:
    assert outcome(secret_default, coded(line)).findings == ()


def test_secret_in_code() -> None:
    assert only_finding(secret_default, coded('K = os.getenv("SECRET_KEY", "dev-secret-1")')) == Finding(
        'SECRET_KEY has the default "dev-…" in code, wanted none',
        'read it as os.environ["SECRET_KEY"], and set SECRET_KEY as a secret of the Space',
        path="main.py",
        line=2,
        level="error",
        consequence=secret_default.consequence,
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'os.environ.get("ADMIN_PASSWORD", "admin123")',
            'ADMIN_PASSWORD has the default "ad…" in code, wanted none',
        ),
        (
            'os.environ.get("ADMIN_PASSWORD", "123456")',
            'ADMIN_PASSWORD has the default "12…" in code, wanted none',
        ),
        ('os.getenv("JWT_SECRET") or "secret"', 'JWT_SECRET has the default "se…" in code, wanted none'),
        ('config("SECRET_KEY", default="changeme")', 'SECRET_KEY has the default "ch…" in code, wanted none'),
        ('os.getenv("API_TOKEN", "changeme")', 'API_TOKEN has the default "ch…" in code, wanted none'),
        (
            'os.getenv("OPENAI_API_KEY", "q8Zr71LmPp02xV")',
            'OPENAI_API_KEY has the default "q8Zr…" in code, wanted none',
        ),
        (
            'os.getenv("SECRET_KEY", "dev-secret-change-in-production")',
            'SECRET_KEY has the default "dev-…" in code, wanted none',
        ),
        (
            'os.getenv("SECRET_KEY", "not-needed")',
            'SECRET_KEY has the default "not…" in code, wanted none',
        ),
        (
            'os.getenv("ADMIN_TOKEN", "unused")',
            'ADMIN_TOKEN has the default "un…" in code, wanted none',
        ),
        (
            'os.getenv("API_KEY", "dev-only-secret")',
            'API_KEY has the default "dev-…" in code, wanted none',
        ),
        ('os.getenv("DB_PASSWORD", "Tr0ub4dor")', 'DB_PASSWORD has the default "Tr0…" in code, wanted none'),
    ],
)
def test_secrets_in_code(line: str, message: str) -> None:
    finding = only_finding(secret_default, coded(line))
    assert (finding.message, finding.path, finding.line) == (message, "main.py", 2)


def test_secret_field() -> None:
    finding = only_finding(
        secret_default, coded('class S(BaseSettings):\n    jwt_secret: str = "your-secret-key"')
    )
    assert finding.message == 'JWT_SECRET has the default "your…" in code, wanted none'
    assert finding.hint == "declare jwt_secret without a value, and set JWT_SECRET as a secret of the Space"
    assert finding.line == 3


def test_only_what_the_app_loads() -> None:
    line = b'import os\nos.getenv("SECRET_KEY", "dev-secret-1")\n'
    space = make_space(
        {"used.py": line, "unused.py": line, "tests/helper.py": line, "test_x.py": line, "a.txt": line}
    )
    loaded = make_rehearsal(imported=("main.py", "used.py", "gone.py", "tests/helper.py"))
    assert only_finding(secret_default, space, loaded).path == "used.py"
    never = make_rehearsal(impossible="no command", imported=())
    result = outcome(secret_default, space, never)
    assert [finding.path for finding in result.findings] == ["unused.py", "used.py"]


@pytest.mark.parametrize(
    ("value", "shown"), [("ab", "…"), ("abc", "a…"), ("abcdef", "ab…"), ("abcdefghijklmnop", "abcd…")]
)
def test_masked(value: str, shown: str) -> None:
    assert masked(value) == shown
