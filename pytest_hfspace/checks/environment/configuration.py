"""7xx: does configuration come only from the environment?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...check import Finding, NotApplicable, Skip, check
from ...contract import BUILTIN_ENVIRONMENT, GRADIO_ENVIRONMENT, OAUTH_ENVIRONMENT, Stage
from ...rehearsal.facts import Rehearsal, Where, chain
from ...space import Space
from ...space.defaults import Default, read_defaults
from ...space.secret_names import is_dummy, is_secret_name
from ...space.secrets import Secret
from ..causes import NO_PROCESS, dotenv_missing
from ..serving import one_line, text_of

#: What every system, shell, interpreter or library has a meaning for: no owner needs to be told.
_CONVENTIONAL = re.compile(
    r"(PYTHON|LC_|XDG_|PYTEST_|COVERAGE_|UVICORN_|GRADIO_|HF_HUB_|OTEL_).*"
    r"|CI|COLUMNS|CUDA_VISIBLE_DEVICES|DISPLAY|EDITOR|FORCE_COLOR|FORWARDED_ALLOW_IPS|HF_HOME|HOME|HOST|HOSTNAME"
    r"|LANG|LANGUAGE|LINES|LOGNAME|NO_COLOR|OMP_NUM_THREADS|PATH|PORT|PWD|SHELL|SHLVL|SSL_CERT_DIR|SSL_CERT_FILE"
    r"|SYSTEM|TERM|TE?MP|TMPDIR|TOKENIZERS_PARALLELISM|TZ|USER|USERNAME|VIRTUAL_ENV|WEB_CONCURRENCY"
    r"|(HTTPS?|ALL|NO)_PROXY"
)

_DOTENV_NAME = re.compile(r"\.env(?:\.\w+)?\b")

#: Folders whose code does not run on the Space.
_ASIDE = frozenset({"tests", "test", "docs", "examples", "site-packages", ".venv", "venv", "node_modules"})

#: Texts that no credential looks like: switches, header names, algorithms, URLs, paths.
_NO_CREDENTIAL = re.compile(
    r"true|false|yes|no|on|off|none|null|bearer|basic|(hs|rs|es|ps)\d{3}|x(-[a-z]+)+|authorization"
    r"|[a-z]+://[^@]*|(~|\.{1,2})?(/[\w.-]+){2,}",
    re.IGNORECASE,
)

#: Credentials for a service of somebody else's, where a dummy opens nothing.
_OUTBOUND = re.compile(
    r"(?!(ADMIN|APP|AUTH|API|SERVICE|MASTER|INTERNAL|ACCESS|BEARER|JWT|SESSION|CSRF|WEBHOOK|REFRESH|SERVER)_)"
    r".+_(API_?KEY|(API_)?TOKEN|(SECRET_)?ACCESS_KEY(_ID)?)"
    r"|(POSTGRES|PG|DB|DATABASE|MYSQL|MARIADB|MONGO|MONGODB|REDIS|RABBITMQ|MINIO|SMTP|MAIL|NEO4J|QDRANT)_?.+"
)
#: Says that a service takes any key, or none; what is signed or encrypted with it would still be.
_NO_KEY = re.compile(
    r"empty|unused|missing|ollama|lm[-_]?studio|(?:sk-)?(?:no[-_]?|not[-_]?|none[-_]?|(?:api[-_]?)?key[-_]?not[-_]?)"
    r"(?:(?:api[-_]?)?key)?[-_]?(?:needed|required|used|necessary)?",
    re.IGNORECASE,
)
#: How keys begin that a service has issued.
_ISSUED = re.compile(
    r"(?:sk-|sk_|rk_|hf_|gsk_|gh[opsu]_|github_pat_|glpat-|xox[abp]-|AKIA|AIza|npg_|SG\.)(?=\S*\d)\S{16,}"
)
_SHOWN_TO_SERVICES = re.compile(
    r"(?!.*(SECRET|JWT|SESSION|COOKIE|CSRF|SIGN|CRYPT|FERNET|ADMIN)).*(KEY|TOKEN)"
)


@check(
    "HFS701",
    "dotenv-needed",
    level="error",
    predicts=Stage.RUNTIME_ERROR,
    needs=("HFS401",),
    consequence="The Space does not start: a .env file stays on the computer where it was written.",
)
def dotenv_needed(space: Space, space_rehearsal: Rehearsal) -> Iterator[Finding]:
    """Start-up needs no .env file: git ignores it, so it is not there on the Space.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    failure = space_rehearsal.failure
    if failure is None or not dotenv_missing(space_rehearsal):
        return
    raised = next(r for r in chain(failure.raised) if _DOTENV_NAME.search(r.message))
    found = _DOTENV_NAME.search(raised.message)
    name = found[0] if found else ".env"
    opened = (use.where for use in space_rehearsal.files if use.path.endswith(name) and not use.found)
    steps = (step.where for step in chain(failure.raised))
    where: Where | None = next((place for place in (*steps, *opened, failure.where) if place), None)
    yield Finding(
        f"{failure.phase} ends because {name} is not there ({one_line(raised.kind, 60)}), "
        "wanted: settings from the environment",
        f"open {name} only if it exists, as load_dotenv() does, and set what it holds on the Space",
        path=where.path if where else "",
        line=where.line if where else None,
    )


@check(
    "HFS702",
    "setting-undocumented",
    level="note",
    predicts=Stage.RUNNING,
    needs=("HFS401",),
    consequence="Who duplicates the Space does not know that it can or must be set.",
)
def setting_undocumented(
    space: Space, space_rehearsal: Rehearsal, space_secrets: tuple[Secret, ...]
) -> Iterator[Finding]:
    """Each variable that the app reads stands in .env.example or the README.  [field]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    if space_rehearsal.impossible:
        raise Skip(space_rehearsal.impossible)
    known = {name.upper() for name in space.settings} | set(space.image.env if space.image else ())
    known |= set(space.command.env if space.command else ())
    # those are findings of HFS420 already
    known |= {stand_in.name.upper() for stand_in in space_rehearsal.stand_ins}
    for read in space_rehearsal.reads:
        name = read.name.upper()
        if not read.own or name in known or _is_conventional(name):
            continue
        if read.default is not None and read.where and _is_told(space, space_secrets, read.name, read.where):
            continue
        known.add(name)
        default = " with a default" if read.default is not None else " without a default"
        yield Finding(
            f"{one_line(read.name, 80)} is read{default}, and neither .env.example nor README.md names it",
            f"add a line to .env.example: {one_line(read.name, 80)}=",
            path=read.where.path if read.where else "",
            line=read.where.line if read.where else None,
        )


def _is_told(space: Space, secrets: tuple[Secret, ...], name: str, where: Where) -> bool:
    """Is its default a secret, of which HFS205 or HFS703 speaks?"""
    if any((secret.path, secret.line) == (where.path, where.line) for secret in secrets):
        return True
    defaults = read_defaults(text_of(space, where.path)) if is_secret_name(name) else ()
    return any(default.name == name and _is_known_secret(space, default) for default in defaults)


def _is_conventional(name: str) -> bool:
    builtin = name in BUILTIN_ENVIRONMENT or name in OAUTH_ENVIRONMENT or name in GRADIO_ENVIRONMENT
    return builtin or _CONVENTIONAL.fullmatch(name) is not None


@check(
    "HFS703",
    "secret-default",
    level="error",
    predicts=Stage.RUNNING,
    consequence="The Space runs without the secret being set, on a value that whoever reads its code knows.",
)
def secret_default(
    space: Space, space_rehearsal: Rehearsal, space_secrets: tuple[Secret, ...]
) -> Iterator[Finding]:
    """A setting that must stay secret has no value in code.  [field; security-secrets]"""
    if space.sdk == "static":
        raise NotApplicable(NO_PROCESS)
    for path in _sources(space, space_rehearsal):
        for default in read_defaults(text_of(space, path)):
            # a credential that somebody has issued is HFS205's
            is_issued = any((secret.path, secret.line) == (path, default.line) for secret in space_secrets)
            if not is_issued and _is_known_secret(space, default):
                yield Finding(
                    f'{default.name} has the default "{masked(default.value)}" in code, wanted none',
                    _without_default(default),
                    path=path,
                    line=default.line,
                )


def _sources(space: Space, rehearsal: Rehearsal) -> list[str]:
    """The modules that the app loaded; where there was no start, all that may be loaded."""
    paths = rehearsal.imported or space.files.tracked
    return sorted(
        path
        for path in paths
        if path.endswith(".py")
        and _ASIDE.isdisjoint(path.split("/")[:-1])
        and not path.rpartition("/")[2].startswith(("test_", "conftest"))
    )


def _is_known_secret(space: Space, default: Default) -> bool:
    """Does the default give away a value that would be accepted as the secret?"""
    name, value = default.name, default.value
    if not (default.secret or is_secret_name(name)) or default.compared or _NO_CREDENTIAL.fullmatch(value):
        return False
    if value.replace(".", "").isdecimal() and not default.secret and "PASS" not in name.upper():
        return False
    if value.isidentifier() and value.isupper() and (value in space.settings or is_secret_name(value)):
        return False
    if _NO_KEY.fullmatch(value) and _SHOWN_TO_SERVICES.fullmatch(name.upper()):
        return False
    return not (is_dummy(value) and _OUTBOUND.fullmatch(name.upper()))


def masked(value: str) -> str:
    """Enough of a value to find it by, never more than four characters or a third of it."""
    return one_line(value[: min(4, len(value) // 3)], 8) + "…"


def _without_default(default: Default) -> str:
    name = default.name
    revoke = "revoke it, " if _ISSUED.match(default.value) else ""
    if default.field:
        return f"{revoke}declare {default.field} without a value, and set {name} as a secret of the Space"
    return f'{revoke}read it as os.environ["{name}"], and set {name} as a secret of the Space'


CHECKS = (dotenv_needed, setting_undocumented, secret_default)
