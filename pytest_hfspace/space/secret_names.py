"""Which settings hold secrets, told by their names, and which example values are none."""

from __future__ import annotations

import re
from typing import Final

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|[0-9]+")

#: Words at the end of a name that do not change what it is: API_KEY_2, SECRET_KEY_BASE64.
_TRAILING: Final = frozenset(
    {
        "B64", "BASE64", "BASE", "CURRENT", "DEV", "DEVELOPMENT", "ENCODED", "FALLBACK", "FALLBACKS",
        "HEX", "JSON", "NEW", "OLD", "PEM", "PREVIOUS", "PRIMARY", "PROD", "PRODUCTION", "SECONDARY",
        "STAGING", "TEST", "VALUE",
    }
)  # fmt: skip

#: A switch, a limit, or what every visitor sees, whatever follows.
_NEVER: Final = frozenset(
    {
        "ALLOW", "ALLOWED", "CHECK", "COUNT", "DISABLE", "DISABLED", "ENABLE", "ENABLED", "HAS", "HIDE",
        "IGNORE", "IS", "MAX", "MIN", "NO", "NUM", "PUBLIC", "PUBLISHABLE", "REQUIRE", "REQUIRED",
        "REQUIRES", "SHOW", "SKIP", "USE", "VALIDATE", "WITH", "N", "REACT", "VITE",
    }
)  # fmt: skip

#: Words that name a secret by themselves when a name ends in them.
_ALWAYS: Final = frozenset(
    {
        "APIKEY", "APIKEYS", "CREDENTIAL", "CREDENTIALS", "CREDS", "MNEMONIC", "PASSPHRASE", "PASSWD",
        "PASSWORD", "PASSWORDS", "PAT", "PEPPER", "SECRET", "SECRETS",
    }
)  # fmt: skip

#: The same where they are written as one word: PGPASSWORD, ACCESSTOKEN.
_JOINED: Final = ("PASSWORD", "APIKEY", "SECRETKEY", "ACCESSKEY", "PRIVATEKEY", "APITOKEN", "AUTHTOKEN",
                  "ACCESSTOKEN", "CLIENTSECRET", "PASSWD")  # fmt: skip

#: A key is one of many things.  Only after these words it is a secret.
_KEYS_OF: Final = frozenset(
    {
        "ACCESS", "ACCOUNT", "ADMIN", "AES", "AI", "ANTHROPIC", "API", "APP", "APPLICATION", "AUTH",
        "AZURE", "BEARER", "COHERE", "COOKIE", "CRYPTO", "DEEPGRAM", "DEEPL", "DEEPSEEK", "DEPLOY",
        "ELEVENLABS", "ENCRYPT", "ENCRYPTION", "FERNET", "FIREWORKS", "GEMINI", "GPG", "GROQ", "HASHING",
        "HF", "HMAC", "HUGGINGFACE", "INTERNAL", "JWT", "LANGFUSE", "LANGSMITH", "LICENSE", "MAILGUN",
        "MASTER", "MISTRAL", "NEWSAPI", "OPENAI", "OPENROUTER", "PERPLEXITY", "PINECONE", "PRIVATE",
        "PUSHER", "QDRANT", "REPLICATE", "ROLE", "ROOT", "SECRET", "SENDGRID", "SERPAPI", "SERPER",
        "SERVER", "SERVICE", "SESSION", "SIGNATURE", "SIGNING", "SSH", "STORAGE", "STRIPE", "SUBSCRIPTION",
        "SUPABASE", "TAVILY", "TOGETHER", "TWILIO", "VOYAGE", "WANDB", "WEBHOOK", "WRITE",
    }
)  # fmt: skip

#: Tokens of a text model, a parser or a page, not of a person.
_TOKENS_OF_TEXT: Final = frozenset(
    {
        "AUDIO", "BOS", "CLS", "COST", "DELIMITER", "END", "EOS", "EOT", "FIRST", "IMAGE", "IMG", "LAST",
        "MASK", "NEWLINE", "NEXT", "PAD", "PAGE", "PER", "PLACEHOLDER", "PRICE", "PROMPT", "SEP",
        "SPECIAL", "START", "STOP", "TEXT", "TRIGGER", "UNK", "VIDEO",
    }
)  # fmt: skip

#: In the plural it counts them, except after these.
_TOKENS_OF_PEOPLE: Final = frozenset(
    {"ACCESS", "ADMIN", "API", "AUTH", "BEARER", "BOT", "HF", "REFRESH", "SECRET", "SERVICE", "VALID"}
)

#: What "pass" may mean besides a password.
_NO_PASSWORD: Final = frozenset(
    {"BAND", "BY", "FIRST", "HIGH", "LOW", "MULTI", "ONE", "SECOND", "SINGLE", "TWO"}
)

_SALTED: Final = frozenset({"COOKIE", "ENCRYPTION", "HASH", "PASSWORD", "SECRET", "SESSION", "TOKEN"})

#: Names whose value is something else by convention: the path of a file.
_EXCEPTIONS: Final = frozenset({"GOOGLE_APPLICATION_CREDENTIALS"})


def is_secret_name(name: str) -> bool:
    """Does this name stand for a value that must not be known?  (API_KEY, not API_KEY_HEADER.)

    Told by its last word, as English compounds are: an ``API_KEY_HEADER`` is a header.
    """
    words = [word.upper() for word in _WORDS.findall(name)]
    if not words or name.upper() in _EXCEPTIONS or not _NEVER.isdisjoint(words):
        return False
    while len(words) > 1 and (words[-1] in _TRAILING or words[-1].isdigit()):
        words.pop()
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _ALWAYS or last.endswith(_JOINED):
        return True
    if last in {"KEY", "KEYS"}:
        return before in _KEYS_OF
    if last == "TOKEN":
        return before not in _TOKENS_OF_TEXT
    if last == "TOKENS":
        return before in _TOKENS_OF_PEOPLE
    if last in {"PASS", "PWD"}:
        return before not in _NO_PASSWORD | {"", "OLD"}
    return (last == "SALT" and before in _SALTED) or (before, last) == ("SEED", "PHRASE")


_LONGEST_SENTENCE: Final = 120

_NO_VALUES: Final = frozenset(
    {
        "", "-", "?", "abc123", "apikey", "blank", "change", "changeit", "changeme", "default", "dummy",
        "empty", "example", "fake", "fixme", "foo", "foobar", "key", "mysecret", "mytoken", "n/a", "na",
        "nil", "none", "notset", "null", "password", "placeholder", "redacted", "replace", "replaceme",
        "sample", "secret", "string", "supersecret", "tbd", "test", "todo", "token", "undefined", "unset",
        "value", "xxx", "123456", "12345678", "123456789", "1234567890",
    }
)  # fmt: skip

#: Words that stand in an example's place only.
_PLACEHOLDER_WORDS: Final = frozenset(
    {"changeme", "changethis", "changeit", "dummy", "placeholder", "redacted", "replaceme", "todo", "tbd",
     "your", "yours", "yourkey", "yourtoken", "yoursecret", "yourpassword", "yourapikey"}
)  # fmt: skip

#: Words that, all together, say what belongs here instead of being it.
_DESCRIBING: Final = frozenset(
    {
        "a", "access", "an", "api", "app", "auth", "client", "dev", "example", "fake", "for", "goes",
        "here", "hf", "huggingface", "in", "insecure", "jwt", "key", "local", "long", "my", "openai",
        "password", "pk", "private", "random", "sample", "secret", "secure", "sk", "some", "string",
        "super", "test", "the", "this", "to", "token", "very", "xxx",
    }
)  # fmt: skip

#: What stands where a service asks for a key and takes any, and what everybody's database begins with.
_DUMMIES: Final = frozenset(
    {
        "admin", "guest", "lm-studio", "lmstudio", "localhost", "minioadmin", "missing", "mysql", "neo4j",
        "no", "noop", "ollama", "postgres", "redis", "root", "token-abc123", "unused", "user",
    }
)  # fmt: skip

#: Words that speak to whoever reads the file, and are part of no secret.
_SPEAKING: Final = _DESCRIBING | {
    "actual", "and", "any", "at", "be", "before", "bytes", "change", "changed", "changeme", "characters",
    "chars", "cookie", "default", "demo", "deploy", "deploying", "deployment", "development", "django", "do",
    "docker", "dont", "dummy", "empty", "env", "environment", "fallback", "fastapi", "flask", "generate",
    "is", "it", "least", "localhost", "me", "minimum", "must", "need", "needed", "never", "no", "none", "not",
    "of", "on", "only", "override", "placeholder", "please", "prod", "production", "purposes", "real",
    "replace", "required", "safe", "session", "set", "signing", "temp", "temporary", "testing", "unsafe",
    "unused", "use", "used", "value", "with", "your",
    "16", "32", "64",
}  # fmt: skip

_INSTRUCTIONS: Final = re.compile(
    r"(?:change|replace|insert|enter|put|add|paste|fill|set|generate|get|use)[-_ ]"
    r"(?:me|this|with|your|in|a|an|the|it|here|from|by|random|strong|secret|key|before|value)(?![a-z0-9])"
)  # fmt: skip
_HOLES: Final = re.compile(
    r"<[^<>\s][^<>]*>|\{\{.*?\}\}|\$\{[^}]*\}|\A\[[^\[\]\"'{},]+\]\Z|\A\{[^{}\"':]+\}\Z|\.{3}|…|\*{3}|[xX]{4}|_{4}"
)


def is_placeholder(value: str) -> bool:
    """Is an example value obviously none ("", "changeme", "your-key-here", "sk-...", "<token>")?"""
    value = value.strip().strip("\"'").strip()
    lower = value.lower()
    if lower in _NO_VALUES or len(value) > 500:
        return lower in _NO_VALUES
    if _HOLES.search(value) or (len(set(value)) == 1 and len(value) > 3):
        return True
    words = re.findall(r"[a-z]+|[0-9]+", lower)
    if not words or _INSTRUCTIONS.match(lower) or not _PLACEHOLDER_WORDS.isdisjoint(words):
        return bool(words)
    return len(words) > 1 and all(word in _DESCRIBING or set(word) == {"x"} for word in words)


def is_dummy(value: str) -> bool:
    """Is what stands in a secret's place none ("dev-secret-change-in-production", "not-needed")?

    For values of secrets only: as the name of a service, "ollama" is no dummy.
    """
    value = value.strip().strip("\"'").strip()
    if is_placeholder(value) or value.lower() in _DUMMIES:
        return True
    words = re.findall(r"[a-z]+|[0-9]+", value.lower().replace("'", ""))
    return len(words) > 1 and len(value) <= _LONGEST_SENTENCE and _SPEAKING.issuperset(words)
