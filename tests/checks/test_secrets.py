"""HFS204, HFS205, HFS313: secrets in files, in sources, and in the steps of a build."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_hfspace.check import Finding
from pytest_hfspace.checks.push.secrets import build_secret, secret_file, secret_in_source
from pytest_hfspace.space import Space
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.image import Copy
from tests.checks.factories import (
    make_gradio_space,
    make_image,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)
from tests.space.secrets_corpus import ANTHROPIC, GITHUB, HF, OPENAI, PLANTED, Maker

PEM = Maker(1).pem("OPENSSH", 6)

CHECKS = (secret_file, secret_in_source, build_secret)

LINE_7 = 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\n\n# the model\n\n{}\nCMD ["uvicorn", "main:app"]\n'


def built(steps: str, **files: str) -> Space:
    """A Space of whose Dockerfile these lines begin on line 7."""
    text = LINE_7.format(steps)
    return make_space({"Dockerfile": text, **files}, dockerfile=parse_dockerfile(text))


def said(space: Space, **facts: Any) -> dict[str, tuple[Finding, ...]]:
    results = {check.code: outcome(check, space, **facts) for check in CHECKS}
    return {code: result.findings for code, result in results.items() if result.findings}


# -- healthy


def test_a_healthy_space() -> None:
    assert [outcome(check).outcome for check in CHECKS] == ["passed"] * 3


def test_without_a_dockerfile() -> None:
    for space in (make_gradio_space(), make_static_space()):
        result = outcome(build_secret, space)
        assert (result.outcome, result.applicable) == ("skipped", False)
    result = outcome(build_secret, make_space(dockerfile=None))
    assert (result.outcome, result.applicable) == ("skipped", True)
    assert result.reason


@pytest.mark.parametrize(
    "steps",
    [
        "ENV SECRET_KEY=dev-secret-key-change-in-production LLM_API_KEY=not-needed",
        'ENV API_KEY=""',
        "ENV API_KEY=",
        "ENV HF_TOKEN=your-token-here",
        "ENV HF_TOKEN hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ENV HF_TOKEN=$HF_TOKEN",
        "ENV TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1 MAX_TOKENS=4096",
        "ENV SECRET_KEY_FILE=/run/secrets/x",
        "ENV JWT_SECRET=/run/secrets/jwt",
        "ENV HF_HUB_DISABLE_IMPLICIT_TOKEN=1",
        "ENV ADMIN_PASSWORD=admin",
        "ENV POSTGRES_PASSWORD=postgres",
        "ENV DATABASE_URL=postgresql://postgres:postgres@localhost/app",
        "ARG HF_TOKEN",
        'ARG HF_TOKEN=""\nRUN pip list',
        "ARG HF_TOKEN\nRUN --mount=type=secret,id=HF_TOKEN,env=HF_TOKEN hf download --token $HF_TOKEN a/b",
        "ARG HF_TOKEN\nRUN HF_TOKEN=$(cat /run/secrets/HF_TOKEN) && hf download --token $HF_TOKEN a/b",
        'ARG HF_TOKEN\nRUN if [ -n "$HF_TOKEN" ]; then hf download --token "$HF_TOKEN" a/b; fi',
        "ARG HF_TOKEN\nRUN hf download --token ${HF_TOKEN:-none} a/b",
        "ARG MODEL_ID\nRUN hf download $MODEL_ID",
        "ARG SECRET_KEY=build-only-placeholder\nRUN SECRET_KEY=placeholder python manage.py collectstatic",
        "RUN --mount=type=secret,id=HF_TOKEN \\\n hf auth login --token $(cat /run/secrets/HF_TOKEN)",
        "RUN useradd -m -u 1000 user && pip install --no-cache-dir -r requirements.txt",
        'RUN curl -H "Authorization: Bearer $TOKEN" https://example.com',
        'RUN curl -H "Authorization: Bearer ${TOKEN}" https://example.com',
        "RUN sed -i 's/API_KEY=.*/API_KEY=/' .env.example",
        "RUN echo 'SECRET_KEY=changeme' > .env",
        "RUN export SECRET_KEY=$(openssl rand -hex 32) && python build.py",
        "LABEL org.opencontainers.image.revision=0123456789abcdef0123456789abcdef01234567",
    ],
)  # fmt: skip
def test_a_healthy_build(steps: str) -> None:
    assert said(built(steps)) == {}


# -- HFS204


def test_a_tracked_env_file() -> None:
    space = make_space({".env": f"PORT=7860\nHF_TOKEN={HF}\nADMIN_PASSWORD=kf82ncme19qq\n"})
    finding = only_finding(secret_file, space)
    assert finding.message == (
        "git tracks .env, which sets HF_TOKEN, ADMIN_PASSWORD, wanted: no secret in the repository"
    )
    assert finding.hint == (
        "revoke what it holds, git rm --cached .env, add it to .gitignore, "
        "and set HF_TOKEN, ADMIN_PASSWORD as secrets of the Space"
    )
    assert (finding.path, finding.line, finding.level) == (".env", 2, "error")
    assert list(said(space)) == ["HFS204"]


def test_a_harmless_env_file_is_a_note() -> None:
    space = make_space({".env": "PORT=7860\nDEBUG=0\n"})
    finding = only_finding(secret_file, space)
    assert (finding.level, finding.line) == ("note", 1)
    assert ".env.example" in finding.hint
    assert "next secret" in finding.consequence


@pytest.mark.parametrize("path", ["tests/data/server.key", "node_modules/https/test.pem"])
def test_a_secret_file_among_tests_or_in_a_library_is_a_warning(path: str) -> None:
    space = make_space({path: PEM})
    finding = only_finding(secret_file, space)
    assert (finding.level, finding.path) == ("warn", path)
    assert "often made up" in finding.consequence
    assert list(said(space)) == ["HFS204"]


def test_the_dockerfile_that_copies_it_is_named() -> None:
    copy = Copy(".env", "/app/.env", 4, found=True)
    space = make_space({".env": f"HF_TOKEN={HF}\n"}, image=make_image((), copies=(copy,)))
    assert "take it out of line 4 of the Dockerfile" in only_finding(secret_file, space).hint


def test_a_private_key() -> None:
    finding = only_finding(secret_file, make_space({"deploy/id_ed25519": PEM}))
    assert "holds a private key" in finding.message
    assert (finding.level, finding.line) == ("error", 1)


# -- HFS205


def test_a_token_in_source() -> None:
    space = make_space({"app/hub.py": f'import os\n\nHUB_WRITE_TOKEN = "{HF}"\n'})
    finding = only_finding(secret_in_source, space)
    assert finding.message == (
        f"a Hugging Face token ({HF[:4]}…) stands in app/hub.py, wanted: none in the repository"
    )
    assert finding.hint == (
        'revoke it, set HUB_WRITE_TOKEN as a secret of the Space, and read os.environ["HUB_WRITE_TOKEN"]'
    )
    assert (finding.path, finding.line, finding.level) == ("app/hub.py", 3, "error")


def test_one_finding_for_a_value_in_three_places() -> None:
    files = {
        "b.py": f"\nT = '{HF}'\n",
        "c.py": f"T = '{HF}'\nU = '{HF}'\n",
        "tests/test_a.py": f"T = '{HF}'\n",
    }
    finding = only_finding(secret_in_source, make_space(files))
    assert "b.py and 3 more places" in finding.message
    assert (finding.path, finding.line, finding.level) == ("b.py", 2, "error")


def test_a_token_among_tests_only_is_a_warning() -> None:
    finding = only_finding(secret_in_source, make_space({"tests/test_a.py": f"T = '{ANTHROPIC}'\n"}))
    assert finding.level == "warn"
    assert "among tests" in finding.consequence


def test_a_token_with_a_checksum_is_an_error_among_tests_too() -> None:
    finding = only_finding(secret_in_source, make_space({"tests/test_a.py": f"T = '{GITHUB}'\n"}))
    assert finding.level == "error"


def test_a_value_in_a_secret_file_and_elsewhere_is_told_of_both() -> None:
    space = make_space({".env": f"HF_TOKEN={HF}\n", "main.py": f"T = '{HF}'\n"})
    findings = said(space)
    assert {code: [finding.path for finding in found] for code, found in findings.items()} == {
        "HFS204": [".env"],
        "HFS205": ["main.py"],
    }


def test_an_example_file_with_a_real_token() -> None:
    findings = said(make_space({".env.example": f"HF_TOKEN={HF}\n"}))
    assert [(code, found[0].path) for code, found in findings.items()] == [("HFS205", ".env.example")]


def test_at_most_fifty_findings() -> None:
    make = Maker(2)
    text = "\n".join(f"T{n} = '{make.token('hf' + '_', 34)}'" for n in range(120))
    result = outcome(secret_in_source, make_space({"main.py": text}))
    assert len(result.findings) == 50
    assert result.findings[-1].message == "71 more credentials stand in main.py"
    assert result.findings[-1].level == "error"


def test_a_path_with_a_newline_stays_on_one_line() -> None:
    finding = only_finding(secret_in_source, make_space({"a\nb\x1b.py": f"T = '{HF}'\n"}))
    assert finding.message.isprintable()


# -- HFS313


@pytest.mark.parametrize(
    ("steps", "line", "told"),
    [
        (f"ENV HF_TOKEN={HF}", 7, f"ENV holds a Hugging Face token ({HF[:4]}…)"),
        (f"ENV A=1 \\\n    HF_TOKEN={HF}", 8, f"ENV holds a Hugging Face token ({HF[:4]}…)"),
        (f"ARG KEY={OPENAI}", 7, f"ARG holds an OpenAI key ({OPENAI[:4]}…)"),
        (f"RUN huggingface-cli login --token {HF}", 7, f"RUN holds a Hugging Face token ({HF[:4]}…)"),
        (f"RUN <<EOF\nset -e\nlogin --token {HF}\nEOF", 9, f"RUN holds a Hugging Face token ({HF[:4]}…)"),
        ("ENV ADMIN_PASSWORD=hunter2", 7, "ENV holds ADMIN_PASSWORD (hu…)"),
        ("ENV ADMIN_PASSWORD hunter2", 7, "ENV holds ADMIN_PASSWORD (hu…)"),
        ("ARG API_KEY=kf82ncme19qq", 7, "ARG holds API_KEY (kf82…)"),
        ("ARG P=kf82ncme19qq\nENV ADMIN_PASSWORD=$P", 8, "ENV holds ADMIN_PASSWORD (kf82…)"),
        ('RUN echo "SECRET_KEY=kf82ncme19qq" > .env', 7, "RUN holds SECRET_KEY (kf82…)"),
        ("RUN export API_KEY='kf82ncme19qq' && python build.py", 7, "RUN holds API_KEY (kf82…)"),
        ('RUN curl -H "Authorization: Bearer kf82ncme19qq" https://a.eu', 7, "RUN holds TOKEN (kf82…)"),
        ("RUN login --password=kf82ncme19qq", 7, "RUN holds PASSWORD (kf82…)"),
        ('RUN ["login", "--token", "kf82ncme19qq"]', 7, "RUN holds TOKEN (kf82…)"),
    ],
)  # fmt: skip
def test_a_secret_in_a_step(steps: str, line: int, told: str) -> None:
    space = built(steps)
    findings = said(space)
    assert list(findings) == ["HFS313"]
    (finding,) = findings["HFS313"]
    assert finding.message == f"{told}, wanted: no secret in the image"
    assert (finding.path, finding.line, finding.level) == ("Dockerfile", line, "error")


def test_two_secrets_of_one_step_are_two_findings() -> None:
    found = outcome(build_secret, built(f"ENV HF_TOKEN={HF} \\\n    ADMIN_PASSWORD=hunter2")).findings
    assert [finding.message.partition(",")[0] for finding in found] == [
        f"ENV holds a Hugging Face token ({HF[:4]}…)",
        "ENV holds ADMIN_PASSWORD (hu…)",
    ]


def test_the_hint_of_a_run_is_the_secret_mount() -> None:
    finding = only_finding(build_secret, built(f"RUN hf auth login --token {HF}"))
    assert "RUN --mount=type=secret,id=HF_TOKEN,mode=0444,required=true" in finding.hint


def test_what_is_no_step_is_a_source_s_finding() -> None:
    space = built(f"# hf auth login --token {HF}\nRUN pip list\nLABEL key={GITHUB}")
    findings = said(space)
    assert {code: [f.line for f in found] for code, found in findings.items()} == {"HFS205": [7, 9]}


def test_the_same_value_in_two_steps_is_one_finding() -> None:
    assert only_finding(build_secret, built(f"ENV A={HF}\nRUN login {HF}")).line == 7


def test_a_dockerfile_that_is_not_built_is_a_source() -> None:
    space = make_gradio_space({"Dockerfile": f"FROM python\nENV HF_TOKEN={HF}\n"})
    assert list(said(space)) == ["HFS205"]


@pytest.mark.parametrize(
    "steps",
    [
        "ARG HF_TOKEN\nRUN hf download --token $HF_TOKEN a/b",
        "ARG HF_TOKEN=\nRUN hf download --token ${HF_TOKEN} a/b",
        "ARG HF_TOKEN\nRUN <<EOF\nhf download --token $HF_TOKEN a/b\nEOF",
        "ARG HF_TOKEN\nENV HF_TOKEN=$HF_TOKEN\nRUN hf download --token $HF_TOKEN a/b",
    ],
)
def test_an_argument_that_is_empty_on_the_hub(steps: str) -> None:
    finding = only_finding(build_secret, built(steps))
    assert finding.message == "a RUN uses ARG HF_TOKEN, which is empty on the Hub, wanted: a secret mount"
    assert (finding.level, finding.line) == ("warn", 7)
    assert "Only public variables" in finding.consequence


def test_an_argument_that_only_env_keeps_is_a_note() -> None:
    finding = only_finding(build_secret, built("ARG HF_TOKEN\nENV HF_TOKEN=$HF_TOKEN"))
    assert (finding.level, finding.line) == ("note", 8)


# -- nothing shows a value


def test_no_finding_shows_a_value() -> None:
    for planted in PLANTED:
        name = f"ENV X={planted.text}" if "\n" not in planted.text.strip() else "RUN pip list"
        space = built(name, **{planted.path: planted.text})
        for found in said(space).values():
            for finding in found:
                text = " ".join((finding.message, finding.hint, finding.consequence, repr(finding)))
                assert HF[:6] not in text
                words = [word for word in planted.text.split('"') if len(word) > 30 and word.isalnum()]
                assert [word for word in words if word[:6] in text] == []


@pytest.mark.parametrize(
    "text", ["", "FROM", f"ENV {HF}", "RUN " + "A=" * 50_000, "ENV " + "x" * 5000, "ARG \\\n" * 2000]
)
def test_a_hostile_dockerfile(text: str) -> None:
    space = make_space({"Dockerfile": text}, dockerfile=parse_dockerfile(text))
    assert outcome(build_secret, space).outcome in ("passed", "failed")
