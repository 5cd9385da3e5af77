"""Samples for the search for secrets: planted ones, made here from a fixed seed, and benign lines.

No line of this file has the form of a credential: prefixes and bodies are joined when it is imported.
"""

from __future__ import annotations

import base64
import json
import random
import string
import zlib
from dataclasses import dataclass

_LOWER = string.ascii_lowercase
_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_BASE64 = _ALNUM + "+/"
_URLSAFE = _ALNUM + "-_"
_BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase


class Maker:
    """Makes credentials up as their issuers do, always the same ones from the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def chars(self, count: int, alphabet: str = _ALNUM) -> str:
        return "".join(self._random.choice(alphabet) for _ in range(count))

    def digits(self, count: int) -> str:
        return self.chars(count, "123456789")

    def token(self, prefix: str, count: int, alphabet: str = _ALNUM) -> str:
        return prefix + self.chars(count, alphabet)

    def checksummed(self, prefix: str) -> str:
        """As GitHub and npm make theirs."""
        body = self.chars(30)
        number, digits = zlib.crc32(body.encode()), ""
        while number:
            number, digit = divmod(number, 62)
            digits = _BASE62[digit] + digits
        return prefix + body + digits.rjust(6, "0")

    def web_token(self, **payload: object) -> str:
        return f"{_segment({'alg': 'HS256', 'typ': 'JWT'})}.{_segment(payload)}.{self.chars(43, _URLSAFE)}"

    def pem(self, kind: str = "", lines: int = 25, newline: str = "\n") -> str:
        name = " ".join(part for part in (kind, "PRIVATE", "KEY") if part)
        body = [self.token("MII", 61, _BASE64), *(self.chars(64, _BASE64) for _ in range(lines - 1))]
        return newline.join([f"-----BEGIN {name}-----", *body, f"-----END {name}-----", ""])


def _segment(data: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode().rstrip("=")


def notebook(source: list[str], output: str = "") -> str:
    cell = {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": [{"name": "stdout", "output_type": "stream", "text": [output]}] if output else [],
        "source": source,
    }
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


_MAKER = Maker(20260801)
chars, digits, token = _MAKER.chars, _MAKER.digits, _MAKER.token
checksummed, web_token, pem = _MAKER.checksummed, _MAKER.web_token, _MAKER.pem


@dataclass(frozen=True)
class Planted:
    """``found``: False where no rule can know it, so that the figures are not better than the truth."""

    path: str
    text: str
    found: bool = True


HF = token("hf" + "_", 34)
OPENAI = "sk-" + chars(20) + "T3Blbk" + "FJ" + chars(20)
PROJECT = "sk-" + "proj-" + chars(74, _URLSAFE) + "T3Blbk" + "FJ" + chars(74, _URLSAFE)
SERVICE = "sk-" + "svcacct-" + chars(58, _URLSAFE) + "T3Blbk" + "FJ" + chars(58, _URLSAFE)
ANTHROPIC = "sk-" + "ant-api03-" + chars(93, _URLSAFE) + "AA"
MINIFIED = "var a=1;" * 4000
AWS_ID = token("AK" + "IA", 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
AWS_SECRET = chars(40)
GITHUB = checksummed("ghp" + "_")
GOOGLE = token("AI" + "za", 35)
BOT = base64.b64encode(b"812345679012345678").decode()
PASSWORD = "q7" + chars(14)


def _python(name: str, value: str) -> Planted:
    return Planted("settings.py", f'import os\n\n{name} = "{value}"\n')


PLANTED: tuple[Planted, ...] = (
    # -- one value, in the places where it is met
    Planted("app.py", f'HF_TOKEN = "{HF}"\n'),
    Planted("app.py", f'token = os.getenv("HF_TOKEN", "{token("hf" + "_", 34)}")\n'),
    Planted("app.py", f"login(token='{token('hf' + '_', 34)}')\n"),
    Planted("app.py", f'headers = {{"Authorization": f"Bearer {token("hf" + "_", 34)}"}}\n'),
    Planted("app.py", f'TEXT = "first\\n{token("hf" + "_", 34)}\\nlast"\n'),
    Planted("Makefile", f"login:\n\thf auth login --token {token('hf' + '_', 34)}\n"),
    Planted("config.yaml", f"hub:\n  token: {token('hf' + '_', 34)}\n"),
    Planted("config.json", json.dumps({"hub": {"token": token("hf" + "_", 34)}})),
    Planted("README.md", f"    curl -H 'Authorization: Bearer {token('hf' + '_', 34)}' https://example.com\n"),
    Planted("static/app.min.js", MINIFIED + f'fetch(u,{{h:"{token("hf" + "_", 34)}"}})' + MINIFIED),
    Planted("page.html", f'<script>const token="{token("hf" + "_", 34)}"</script>\n'),
    Planted(".env.example", f"HF_TOKEN={token('hf' + '_', 34)}\n"),
    Planted("run.sh", f"git clone https://me:{token('hf' + '_', 34)}@huggingface.co/spaces/me/it\n"),
    Planted("work.ipynb", notebook(["import os\n", f'login("{token("hf" + "_", 34)}")'])),
    Planted("utf16.txt", f"token: {token('hf' + '_', 34)}\n"),
    Planted("crlf.ini", f"[hub]\r\ntoken={token('hf' + '_', 34)}\r\n"),
    Planted("old.py", f"# HF_TOKEN = {token('api_' + 'org_', 34)}\n"),
    # -- model providers
    _python("OPENAI_API_KEY", OPENAI),
    _python("OPENAI_API_KEY", PROJECT),
    _python("OPENAI_API_KEY", SERVICE),
    Planted("app.py", f'client = OpenAI(api_key="{token("sk-", 48)}")\n'),
    Planted("compose.yml", f"      - OPENAI_API_KEY={'sk-' + chars(20)}{'T3Blbk' + 'FJ'}{chars(20)}\n"),
    _python("ANTHROPIC_API_KEY", ANTHROPIC),
    Planted("app.py", f"anthropic.Anthropic(api_key='{'sk-' + 'ant-api03-' + chars(93, _URLSAFE)}AA')\n"),
    _python("DEEPSEEK_API_KEY", token("sk-", 32, _HEX)),
    _python("OPENROUTER_API_KEY", token("sk-" + "or-v1-", 64, _HEX)),
    _python("GROQ_API_KEY", token("gsk" + "_", 52)),
    _python("REPLICATE_API_TOKEN", token("r8" + "_", 37)),
    _python("PERPLEXITY_API_KEY", token("pplx" + "-", 48)),
    _python("XAI_API_KEY", token("xai" + "-", 80)),
    _python("NVIDIA_API_KEY", token("nvapi" + "-", 64, _URLSAFE)),
    _python("TAVILY_API_KEY", token("tvly" + "-dev-", 32)),
    _python("LANGSMITH_API_KEY", "lsv2" + "_pt_" + chars(32, _HEX) + "_" + chars(10, _HEX)),
    _python("PINECONE_API_KEY", "pcsk" + "_" + chars(6) + "_" + chars(63)),
    # -- clouds
    Planted("aws.py", f'S3(aws_access_key_id="{AWS_ID}",\n aws_secret_access_key="{AWS_SECRET}")\n'),
    Planted("keys.txt", f"{token('AS' + 'IA', 16, string.ascii_uppercase)}\n{chars(40, _BASE64)}\n"),
    Planted("deploy.sh", f"export AWS_SECRET_ACCESS_KEY={chars(40)}\n"),
    Planted("aws.ts", f'  secretAccessKey: "{chars(40)}",\n'),
    _python("GOOGLE_API_KEY", GOOGLE),
    Planted("maps.html", f'<script>const key = "{token("AI" + "za", 35)}"</script>\n'),
    _python("GOOGLE_CLIENT_SECRET", token("GOC" + "SPX-", 28, _URLSAFE)),
    _python("ACCESS_TOKEN", token("ya" + "29.", 120, _URLSAFE)),
    Planted("account.json", json.dumps({"type": "service_account", "private_key": pem()})),
    Planted("blob.py", f'CONNECTION = "AccountName=store;Account{"Key="}{chars(86, _BASE64)}=="\n'),
    _python("DATABRICKS_TOKEN", token("da" + "pi", 32, _HEX)),
    _python("DIGITALOCEAN_TOKEN", token("dop" + "_v1_", 64, _HEX)),
    # -- code and packages
    _python("GITHUB_TOKEN", GITHUB),
    Planted("ci.yml", f"  run: git push https://x-access:{checksummed('gho' + '_')}@github.com/me/it\n"),
    _python("GITHUB_TOKEN", checksummed("ghs" + "_")),
    _python("GITHUB_TOKEN", "github" + "_pat_" + chars(22) + "_" + chars(59)),
    _python("GITLAB_TOKEN", token("glpat" + "-", 20, _URLSAFE)),
    _python("NPM_TOKEN", checksummed("npm" + "_")),
    Planted("publish.sh", f"twine upload -p {'pypi' + '-AgEIcHlwaS5vcmc'}{chars(150, _URLSAFE)}\n"),
    _python("DOCKER_TOKEN", token("dckr" + "_pat_", 27, _URLSAFE)),
    # -- messages
    _python("SLACK_TOKEN", f"xox{'b'}-{digits(12)}-{digits(12)}-{chars(24)}"),
    _python("SLACK_APP_TOKEN", f"xapp{'-1'}-A0{digits(9)}-{digits(13)}-{chars(64, _HEX)}"),
    Planted("notify.py", f'post("https://hooks.slack.{"com/services"}/T{digits(9)}/B{digits(9)}/{chars(24)}")\n'),
    Planted("notify.py", f'get("https://discord.com/api/{"webhooks"}/{digits(18)}/{chars(68, _URLSAFE)}")\n'),
    _python("DISCORD_TOKEN", f"{BOT}.{chars(6)}.{chars(38, _URLSAFE)}"),
    _python("TELEGRAM_BOT_TOKEN", digits(10) + ":A" + "A" + chars(33, _URLSAFE)),
    Planted("bot.py", f'"https://api.telegram.org/bot{digits(9)}:A{"A"}{chars(33, _URLSAFE)}/getMe"\n'),
    _python("SENDGRID_API_KEY", "SG" + "." + chars(22, _URLSAFE) + "." + chars(43, _URLSAFE)),
    Planted("sms.py", f'client = Client("{token("A" + "C", 32, _HEX)}", "{chars(32, _HEX)}")\n'),
    # -- money and data
    _python("STRIPE_SECRET_KEY", token("sk_" + "live_", 24)),
    _python("STRIPE_SECRET_KEY", token("rk_" + "live_", 99)),
    _python("STRIPE_WEBHOOK_SECRET", token("whsec" + "_", 32)),
    _python("SUPABASE_KEY", web_token(iss="supabase", ref=chars(20, _LOWER), role="service_role")),
    _python("NOTION_TOKEN", token("ntn" + "_", 46)),
    # -- keys and URLs
    Planted("deploy/notes.txt", pem("RSA")),
    Planted("deploy/notes.txt", pem("EC", 3)),
    Planted("app.py", f'KEY = """{pem("OPENSSH", 6)}"""\n'),
    Planted("app.py", 'KEY = "' + pem(newline="\\n") + '"\n'),
    _python("DATABASE_URL", f"postgresql://app:{PASSWORD}@ep-late-sun-123.eu-central-1.aws.neon.tech/app"),
    _python("MONGO_URL", f"mongodb+srv://writer:{'Zt4' + chars(13)}@cluster0.q1w2e.mongodb.net/"),
    _python("REDIS_URL", f"rediss://default:{'x9' + chars(30)}@frank-owl-41234.upstash.io:6379"),
    _python("BROKER", f"amqps://queue:{'m3' + chars(20)}@stingray.rmq.cloudamqp.com/queue"),
    Planted("requirements.txt", f"--extra-index-url https://ci:{'Kd8' + chars(12)}@pypi.aurora.eu/simple\n"),
    # -- out of reach: these have no form of their own, or do not stand there as they are
    Planted("app.py", f'TOKEN = "{HF[:20]}" + "{HF[20:]}"\n', found=False),
    Planted("app.py", f'TOKEN = b64decode("{base64.b64encode(HF.encode()).decode()}")\n', found=False),
    Planted("app.py", f'COHERE_API_KEY = "{chars(40)}"\n', found=False),
    Planted("app.py", f'ADMIN_PASSWORD = "{"w4" + chars(12)}"\n', found=False),
    Planted("app.py", f'MISTRAL_API_KEY = "{chars(32)}"\n', found=False),
)  # fmt: skip
