"""The forms of credentials, as their issuers document them or as they are met in the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from . import forms

#: What a match is looked at with: where the value stands and what it is, or None.
Look = Callable[[re.Match[str]], "tuple[int, str] | None"]
Probe = bytes | re.Pattern[bytes]


class Rule(NamedTuple):
    """``kind``: whose credential, with its article.  ``setting``: the usual name of the variable.

    ``probe``: what a file has that is looked at any further.  Looking for a literal text, or for a
    pattern that begins with one, is some thirty times as fast as looking for any other.
    ``pattern``: its group ``body`` is the random part.  ``free``: it may stand directly behind a
    letter, a digit, "_" or "-".
    """

    kind: str
    setting: str
    probe: Probe
    pattern: str
    look: Look = forms.whole
    free: bool = False

    def matches(self, text: str) -> Iterator[re.Match[str]]:
        """Where the pattern fits; it is compiled when a probe was found, which is hardly ever."""
        return re.finditer(self.pattern, text, re.ASCII | re.DOTALL if self.free else re.ASCII)


class Group(NamedTuple):
    """Rules behind one more probe, which hardly a file has; None: none."""

    gate: re.Pattern[bytes] | None
    rules: tuple[Rule, ...]


def _token(kind: str, setting: str, probe: Probe, pattern: str, look: Look = forms.whole) -> Rule:
    """Neither a letter nor a digit, "_" or "-" follows: else it is the beginning of something longer."""
    return Rule(kind, setting, probe, pattern + r"(?![\w-])", look)


def _phrase(kind: str, setting: str, probe: Probe, pattern: str, look: Look) -> Rule:
    """Known by what stands around it, whatever that follows."""
    return Rule(kind, setting, probe, pattern, look, free=True)


#: "xyz_" and many letters and digits, as names in programs hardly ever have.
_UNDERSCORE: Final = Group(
    re.compile(rb"_[A-Za-z0-9+/-]{20}"),
    (
        _token("a Hugging Face token", "HF_TOKEN", b"hf_", r"hf_(?P<body>[A-Za-z0-9]{34})"),
        _token(
            "a Hugging Face organisation's token",
            "HF_TOKEN",
            b"api_org_",
            r"api_org_(?P<body>[A-Za-z0-9]{34})",
        ),
        _token("a Groq key", "GROQ_API_KEY", b"gsk_", r"gsk_(?P<body>[A-Za-z0-9]{52})", forms.mixed),
        _token("a Replicate token", "REPLICATE_API_TOKEN", b"r8_", r"r8_(?P<body>[A-Za-z0-9]{37})"),
        _token(
            "a LangSmith key",
            "LANGSMITH_API_KEY",
            b"lsv2_",
            r"lsv2_(?:pt|sk)_(?P<body>[0-9a-f]{32}_[0-9a-f]{10})",
        ),
        _token(
            "a Pinecone key",
            "PINECONE_API_KEY",
            b"pcsk_",
            r"pcsk_(?P<body>[A-Za-z0-9]{5,8}_[A-Za-z0-9]{60,70})",
        ),
        _token(
            "a GitHub token",
            "GITHUB_TOKEN",
            re.compile(rb"gh[pousr]_"),
            r"gh[pousr]_(?P<body>[A-Za-z0-9]{36})",
            forms.checksummed,
        ),
        _token(
            "a GitHub token",
            "GITHUB_TOKEN",
            b"github_pat_",
            r"github_pat_(?P<body>[A-Za-z0-9]{22}_[A-Za-z0-9]{59})",
        ),
        _token("an npm token", "NPM_TOKEN", b"npm_", r"npm_(?P<body>[A-Za-z0-9]{36})", forms.checksummed),
        _token("a DigitalOcean token", "DIGITALOCEAN_TOKEN", b"_v1_", r"do[opr]_v1_(?P<body>[0-9a-f]{64})"),
        _token("a Stripe key", "STRIPE_SECRET_KEY", b"k_live_", r"[sr]k_live_(?P<body>[A-Za-z0-9]{20,250})"),
        _token(
            "a webhook's signing secret", "WEBHOOK_SECRET", b"whsec_", r"whsec_(?P<body>[A-Za-z0-9]{32,64})"
        ),
        _token("a Supabase token", "SUPABASE_ACCESS_TOKEN", b"sbp_", r"sbp_(?P<body>[0-9a-f]{40})"),
        _token("a Notion token", "NOTION_TOKEN", b"ntn_", r"ntn_(?P<body>[A-Za-z0-9]{40,50})", forms.mixed),
        _token(
            "a Notion token", "NOTION_TOKEN", b"secret_", r"secret_(?P<body>[A-Za-z0-9]{43})", forms.mixed
        ),
    ),
)

_HYPHEN: Final = Group(
    re.compile(rb"-[A-Za-z0-9_-]{20}"),
    (
        _token(
            "an OpenAI key",
            "OPENAI_API_KEY",
            b"T3BlbkFJ",
            r"sk-(?P<body>(?:(?:proj|svcacct|admin|service)-)?[\w-]{16,100}T3BlbkFJ[\w-]{16,100})",
        ),
        _token(
            "an Anthropic key",
            "ANTHROPIC_API_KEY",
            b"sk-ant-",
            r"sk-ant-(?:api|admin|oat)\d\d-(?P<body>[\w-]{80,120})",
            forms.mixed,
        ),
        _token("an OpenRouter key", "OPENROUTER_API_KEY", b"sk-or-v1-", r"sk-or-v1-(?P<body>[0-9a-f]{64})"),
        # DeepSeek and others; Moonshot, Stability, and OpenAI's before it had the mark in the middle
        _token("a model provider's key", "OPENAI_API_KEY", b"sk-", r"sk-(?P<body>[0-9a-f]{32})"),
        _token(
            "a model provider's key", "OPENAI_API_KEY", b"sk-", r"sk-(?P<body>[A-Za-z0-9]{48})", forms.mixed
        ),
        _token("a Perplexity key", "PERPLEXITY_API_KEY", b"pplx-", r"pplx-(?P<body>[A-Za-z0-9]{48})"),
        _token("an xAI key", "XAI_API_KEY", b"xai-", r"xai-(?P<body>[A-Za-z0-9]{80})"),
        _token("an NVIDIA key", "NVIDIA_API_KEY", b"nvapi-", r"nvapi-(?P<body>[\w-]{60,70})", forms.mixed),
        _token("a Tavily key", "TAVILY_API_KEY", b"tvly-", r"tvly-(?:dev-|prod-)?(?P<body>[A-Za-z0-9]{32})"),
        _token("a Google OAuth secret", "GOOGLE_CLIENT_SECRET", b"GOCSPX-", r"GOCSPX-(?P<body>[\w-]{28})"),
        _token("a GitLab token", "GITLAB_TOKEN", b"glpat-", r"glpat-(?P<body>[\w-]{20,60})"),
        _token("a PyPI token", "PYPI_TOKEN", b"pypi-AgE", r"pypi-AgE(?P<body>[\w-]{50,600})", forms.mixed),
        _token(
            "a Slack token",
            "SLACK_TOKEN",
            re.compile(rb"xox[abpers]-"),
            r"xox[abpers]-(?:\d{9,14}-){1,3}(?P<body>[A-Za-z0-9]{20,64})",
        ),
        _token(
            "a Slack token",
            "SLACK_APP_TOKEN",
            b"xapp-",
            r"xapp-\d-[A-Z0-9]{9,13}-\d{10,14}-(?P<body>[0-9a-f]{64})",
        ),
    ),
)

_OTHERS: Final = Group(
    None,
    (
        # -- clouds
        _token(
            "an AWS secret key",
            "AWS_SECRET_ACCESS_KEY",
            re.compile(rb"A[KS]IA[A-Z2-7]"),
            r"A[KS]IA(?P<body>[A-Z2-7]{16})",
            forms.aws_pair,
        ),
        _phrase(
            "an AWS secret key",
            "AWS_SECRET_ACCESS_KEY",
            b"SECRET_ACCESS_KEY",
            forms.AWS_NAMED.format("AWS_SECRET_ACCESS_KEY"),
            forms.aws_secret,
        ),
        _phrase(
            "an AWS secret key",
            "AWS_SECRET_ACCESS_KEY",
            re.compile(rb"ecret_?[aA]ccess_?[kK]ey"),
            forms.AWS_NAMED.format("[sS]ecret_?[aA]ccess_?[kK]ey"),
            forms.aws_secret,
        ),
        _token("a Google API key", "GOOGLE_API_KEY", b"AIza", r"AIza(?P<body>[\w-]{35})", forms.google_key),
        _token(
            "a Google access token",
            "GOOGLE_ACCESS_TOKEN",
            b"ya29.",
            r"ya29\.(?P<body>[\w-]{60,400})",
            forms.mixed,
        ),
        _phrase(
            "an Azure storage key",
            "AZURE_STORAGE_CONNECTION_STRING",
            b"AccountKey=",
            # what is left out is the emulator's, the same everywhere
            r"AccountKey=(?!Eby8vdM02xNO)(?P<body>[A-Za-z0-9+/]{86}==)",
            forms.part,
        ),
        _token(
            "a Databricks token",
            "DATABRICKS_TOKEN",
            re.compile(rb"dapi[0-9a-f]{32}"),
            r"dapi(?P<body>[0-9a-f]{32})(?:-\d)?",
        ),
        _token("a Docker Hub token", "DOCKER_TOKEN", b"dckr_pat_", r"dckr_pat_(?P<body>[\w-]{27})"),
        _token("a Supabase key", "SUPABASE_SECRET_KEY", b"sb_secret_", r"sb_secret_(?P<body>[\w-]{28,40})"),
        _token(
            "a Supabase service key",
            "SUPABASE_SERVICE_ROLE_KEY",
            b".eyJ",
            r"(?<![\w-]{3})(?P<body>eyJ[\w-]{10,300}\.(?P<payload>eyJ[\w-]{10,2000})\.[\w-]{20,600})",
            forms.service_role,
        ),
        # -- messages
        _phrase(
            "a Slack webhook",
            "SLACK_WEBHOOK_URL",
            b"hooks.slack.com/services/",
            r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<body>[A-Za-z0-9]{24})(?!\w)",
            forms.part,
        ),
        _phrase(
            "a Discord webhook",
            "DISCORD_WEBHOOK_URL",
            b"/api/webhooks/",
            r"/api/webhooks/\d{17,20}/(?P<body>[\w-]{60,90})(?!\w)",
            forms.part,
        ),
        _token(
            "a Discord bot's token",
            "DISCORD_TOKEN",
            re.compile(rb"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}"),
            r"(?P<body>(?P<bot>[MNO][\w-]{22,27})\.[\w-]{6}\.[\w-]{27,40})",
            forms.discord_token,
        ),
        _phrase(
            "a Telegram bot's token",
            "TELEGRAM_BOT_TOKEN",
            b":AA",
            r":(?P<body>AA[\w-]{33})(?![\w-])",
            forms.telegram,
        ),
        _token(
            "a SendGrid key", "SENDGRID_API_KEY", b"SG.", r"SG\.(?P<body>[\w-]{22}\.[\w-]{43})", forms.mixed
        ),
        _token(
            "a Twilio token",
            "TWILIO_AUTH_TOKEN",
            re.compile(rb"AC[0-9a-f]{32}"),
            r"AC(?P<body>[0-9a-f]{32})",
            forms.twilio_pair,
        ),
        # -- of any issuer
        _phrase(
            "a private key",
            "PRIVATE_KEY",
            b" PRIVATE KEY",
            r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,2}PRIVATE KEY(?: BLOCK)?-----"
            r"(?P<body>(?:(?!-----).){60,20000})-----END ",
            forms.private_key,
        ),
        _phrase(
            "a password in a URL",
            "DATABASE_URL",
            re.compile(rb"://[^\s/@:\"'<>]{0,100}:[^\s/@\"'<>]{8,200}@"),
            r"://(?P<user>[^\s/@:\"'`<>\\]{0,100}):(?P<body>[^\s/@\"'`<>\\]{8,200})@(?P<host>[\w.\[-]{1,200})",
            forms.url_password,
        ),
    ),
)

#: Where two rules find the same, the first one names it.
GROUPS: Final = (_UNDERSCORE, _HYPHEN, _OTHERS)
