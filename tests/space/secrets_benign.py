"""Benign lines that look like secrets, by the file that they stand in, for the search for secrets.

What another scanner may take for a credential is joined when this file is imported.
"""

from __future__ import annotations

import uuid

from tests.space.secrets_corpus import Maker, notebook

_MAKER = Maker(20260802)
chars, token = _MAKER.chars, _MAKER.token
checksummed, web_token, pem = _MAKER.checksummed, _MAKER.web_token, _MAKER.pem
_HEX = "0123456789abcdef"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def _hex(count: int) -> str:
    return chars(count, _HEX)


def _base64(count: int) -> str:
    return chars(count, _BASE64)


_SK, _HF, _GH, _AIZA, _AKIA = "sk" + "-", "hf" + "_", "ghp" + "_", "AI" + "za", "AK" + "IA"
_BEGIN, _END = "-----BEGIN ", "-----END "
_PRIVATE = "PRIVATE " + "KEY-----"

_WORDS = """\
class="task-structure-overview-of-the-whole-configuration-tree"
<div class="sk-fading-circle"><div class="sk-circle-bounce-delay-animation-12"></div></div>
#sk-container-id-1 div.sk-toggleable__content pre { margin: 0.2em; }
.risk-assessment-methodology-and-evaluation-framework-2024 { color: red }
disk-space-usage-monitoring-and-alerting-configuration: true
desk-booking-reservation-management-system-backend==1.2.3
import sklearn.model_selection as sk_model_selection_with_cross_validation
locale = "sk-SK-x-private-extension-subtag-for-collation-order"
from huggingface_hub import hf_hub_download, hf_hub_url, hf_raise_for_status
HF_HUB_ENABLE_HF_TRANSFER=1
hf_transfer_is_enabled_by_default_in_this_version = True
def hf_AutomaticSpeechRecognitionPipelines(): ...
os.environ["HF_HOME"] = "/data/.cache/huggingface"
model_id = "hf-internal-testing/tiny-random-LlamaForCausalLM"
npm_config_registry=https://registry.npmjs.org/
npm_lifecycle_event_is_not_a_token_but_a_variable = 1
r8_unsigned_integer_normalized_texture_format_of_webgpu = None
gsk_value_get_boolean_from_the_gtk_scene_graph_kit_library()
glpat-prefixed tokens are refused by this service
the AKIA prefix marks long-term access keys, ASIA temporary ones
AKIRA, ASIA and EUROPE are three different films
SG.add_rule(name="allow-all")  # a security group
xoxb-style tokens are deprecated, see the documentation of your workspace
whsec_ is the prefix of a webhook's signing secret
ya29.dev is somebody's domain
SKU: SK0123456789, ACCOUNT: AC-2024-000123
pypi-publish-action-with-trusted-publishing-and-attestations@release/v1
eyJ is how every JSON web token starts
secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
aws_secret_access_key = config["aws"]["secret_access_key_of_the_upload_role"]
AccountKey=$(az storage account keys list --query '[0].value' -o tsv)
telegram: 2024:AAPL closed higher, 2025:AAPL did not
webhook = f"https://discord.com/api/webhooks/{webhook_id}/{webhook_token}"
https://hooks.slack.com/services/T00/B00/XXX is where it posts
dapi_client = DapiClient(timeout=30)
lsv2_pt_documentation_placeholder_for_langsmith_users
"""

_PLACEHOLDERS = f"""\
HF_TOKEN={_HF}{"x" * 34}
HF_TOKEN={_HF}{"X" * 34}
HF_TOKEN={_HF}...
HF_TOKEN=<your token>
HF_TOKEN={_HF}your_token_here
token = "{_HF}abcdefghijklmnopqrstuvwxyzabcdefgh"
token = "{_HF}AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"
token = "{_HF}1234567890abcdefghijklmnopqrstuvwx"
token = "{_HF}thisIsAnExampleTokenForTheReadmeXY"
token = "{_HF}{"aB3" * 11}a"
OPENAI_API_KEY={_SK}...
OPENAI_API_KEY={_SK}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
OPENAI_API_KEY={_SK}proj-xxxx
OPENAI_API_KEY={_SK}your-openai-api-key-goes-here-and-nothing-else
OPENAI_API_KEY={_SK}1234567890abcdef1234567890abcdef
OPENAI_API_KEY={_SK}0123456789abcdef0123456789abcdef0123456789abcdef
OPENAI_API_KEY={_SK}deadbeefdeadbeefdeadbeefdeadbeef
openai.api_key = "{_SK}" + os.environ["SUFFIX"]
api_key="{_SK}no-key-required"
ANTHROPIC_API_KEY={_SK}ant-api03-your-key-here
ANTHROPIC_API_KEY={_SK}ant-api03-{"x" * 93}AA
ANTHROPIC_API_KEY=sk-ant-...
AWS_ACCESS_KEY_ID={_AKIA}IOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY={"wJalrXUtnFEMI/K7MDENG/"}bPxRfiCYEXAMPLEKEY
aws_access_key_id = {_AKIA}XXXXXXXXXXXXXXXX
aws_secret_access_key = {"x" * 40}
GITHUB_TOKEN={_GH}{"x" * 36}
GITHUB_TOKEN={_GH}1234567890abcdefghijklmnopqrstuvwxyz
GITHUB_TOKEN={_GH}{checksummed("")[:-1]}_
GOOGLE_API_KEY={_AIZA}Sy{"x" * 33}
GOOGLE_API_KEY={_AIZA}SyYOUR_API_KEY_GOES_RIGHT_IN_HERE00
STRIPE_SECRET_KEY=sk_{"test_" + chars(24)}
STRIPE_SECRET_KEY=sk_live_{"x" * 24}
STRIPE_PUBLISHABLE_KEY=pk_{"live_" + chars(24)}
SLACK_BOT_TOKEN=xoxb-your-token
SLACK_BOT_TOKEN=xoxb-000000000000-000000000000-{"x" * 24}
SLACK_WEBHOOK=https://hooks.slack.com/services/T00000000/B00000000/{"X" * 24}
TELEGRAM_BOT_TOKEN=123456789:{"A" * 35}
TELEGRAM_BOT_TOKEN=123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11
SENDGRID_API_KEY=SG.{"x" * 22}.{"y" * 43}
SUPABASE_KEY=your-service-role-key
GROQ_API_KEY=gsk_{"x" * 52}
REPLICATE_API_TOKEN=r8_****************************
NPM_TOKEN=npm_{"0" * 36}
PYPI_TOKEN=pypi-AgEIcHlwaS5vcmcC...
API_KEY=changeme
SECRET_KEY=dummy
SECRET_KEY=dev-secret-key-change-in-production
SECRET_KEY=dev-secret-change-in-production
SECRET_KEY=dev-only-secret
SECRET_KEY=dev-secret-do-not-use-in-prod
SECRET_KEY=local-development-secret
SECRET_KEY=fastapi-secret-key
SECRET_KEY=please_change_me
SECRET_KEY=unsafe-secret-key-for-development
LLM_API_KEY=not-needed
LLM_API_KEY=not_needed
LLM_API_KEY=not-used
LLM_API_KEY=unused
LLM_API_KEY=missing
LLM_API_KEY=none-required
LLM_API_KEY=lm-studio
LLM_API_KEY=ollama
LLM_API_KEY={_SK}no-key-required
LLM_API_KEY={_SK}not-needed
LLM_API_KEY=no-key
LLM_API_KEY=token-abc123
LLM_API_KEY=EMPTY
LLM_API_KEY={_SK}xxx
PASSWORD=********
TOKEN=${{HF_TOKEN}}
TOKEN={{{{ secrets.HF_TOKEN }}}}
TOKEN=%s
"""

_URLS = """\
DATABASE_URL=postgresql://postgres:postgres@localhost:5432/app
DATABASE_URL=postgresql://postgres:s3cr3tPassw0rd77@localhost:5432/app
DATABASE_URL=postgresql://app:q8TzR41kLm20@db:5432/app
DATABASE_URL=postgresql://app:q8TzR41kLm20@127.0.0.1/app
DATABASE_URL=postgresql://app:q8TzR41kLm20@192.168.1.20/app
DATABASE_URL=postgresql://app:q8TzR41kLm20@postgres.default.svc/app
DATABASE_URL=postgresql://user:password@host:5432/database
DATABASE_URL=postgresql://user:password@db.aurora-labs.eu:5432/database
DATABASE_URL=postgresql://username:P%40ssw0rd123@db.aurora-labs.eu/app
DATABASE_URL=postgresql://app:dev-secret-do-not-use-in-prod@db.aurora-labs.eu/app
DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/NAME
DATABASE_URL=postgresql://${DB_USER}:${DB_PASSWORD}@${DB_HOST}:5432/${DB_NAME}
DATABASE_URL=postgresql://postgres:[YOUR-PASSWORD]@db.abcdefghijkl.supabase.co:5432/postgres
DATABASE_URL=postgresql://postgres.ref:<password>@aws-0-eu.pooler.supabase.com:6543/postgres
url = f"postgresql://{user}:{password}@{host}:{port}/{name}"
url = "postgresql://%s:%s@%s/%s" % (user, password, host, name)
url = "postgresql://{}:{}@{}/{}".format(user, password, host, name)
redis://:password@redis.example.com:6379/0
redis://default:mypassword123@cache.aurora-labs.eu:6379
mongodb+srv://<username>:<password>@cluster0.abcde.mongodb.net/?retryWrites=true
mongodb://root:example@mongo:27017/
amqp://guest:guest@rabbitmq:5672//
https://user:pass@example.com/path
https://user:token12345@api.example.org/v1
http://username:password@proxy.mycompany.com:8080
git+https://${GITHUB_TOKEN}@github.com/owner/private.git
git+https://git@github.com/owner/name.git@v1.2.3
https://oauth2:$CI_JOB_TOKEN@gitlab.com/group/name.git
https://0123456789abcdef0123456789abcdef@o123456.ingest.sentry.io/4504
https://example.com:8080/@user/12345678
http://localhost:8000/docs#/default/read_items__get@v2
sqlite:///./test.db
postgresql+asyncpg://test:test12345678@test-db/test
mailto:someone@example.com
ssh://git@github.com:22/owner/name.git
https://cdn.jsdelivr.net/npm/@scope/package@1.2.3/dist/index.min.js
https://unpkg.com/three@0.160.0/build/three.module.js
see https://huggingface.co/docs:hub/spaces@main for more
"""

_CODE = """\
token = os.environ["HF_TOKEN"]
token = os.getenv("HF_TOKEN", "")
api_key = st.secrets["OPENAI_API_KEY"]
client = OpenAI(api_key=settings.openai_api_key.get_secret_value())
if not token.startswith("hf_"): raise ValueError("a token starts with hf_")
HF_RE = re.compile(r"hf_[A-Za-z0-9]{34}")
GITHUB_RE = re.compile(r"gh[pousr]_[A-Za-z0-9]{36}")
AWS_RE = re.compile(r"(?:AKIA|ASIA)[A-Z0-9]{16}")
GOOGLE_RE = re.compile(r"AIza[0-9A-Za-z_-]{35}")
URL_RE = re.compile(r"[a-z]+://[^:/]+:[^@]{8,}@[a-z.]+")
assert "BEGIN PRIVATE KEY" in pem
header = "-----BEGIN " + kind + " PRIVATE KEY-----"
key = key.replace("-----BEGIN PRIVATE KEY-----", "").replace("-----END PRIVATE KEY-----", "")
PRIVATE_KEY="-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----\\n"
password = getpass.getpass("Password: ")
SECRET_KEY = secrets.token_urlsafe(32)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
tokenizer = AutoTokenizer.from_pretrained("sentence-transformers/all-MiniLM-L6-v2", token=True)
EOS_TOKEN = "<|endoftext|>"
max_tokens = 4096
@app.post("/token", response_model=Token)
def verify_password(plain: str, hashed: str) -> bool: return context.verify(plain, hashed)
hashed = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
fake_users_db = {"johndoe": {"hashed_password": "fakehashedsecret", "disabled": False}}
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="token")
print(f"using token {token[:4]}…")
raise HTTPException(401, "invalid api key: it should look like sk-...")
torch.hub.load("pytorch/vision:v0.10.0", "resnet18", pretrained=True)
const re = /sk-(?:proj-)?[A-Za-z0-9_-]{40,}/g;
headers: { Authorization: `Bearer ${process.env.HF_TOKEN}` },
curl -H "Authorization: Bearer $HF_TOKEN" https://huggingface.co/api/whoami-v2
docker build --secret id=HF_TOKEN,env=HF_TOKEN .
RUN --mount=type=secret,id=HF_TOKEN,mode=0444,required=true cat /run/secrets/HF_TOKEN
- name: push
  env: { HF_TOKEN: "${{ secrets.HF_TOKEN }}" }
services: { db: { environment: { POSTGRES_PASSWORD: postgres } } }
"""

_HASHES = "\n".join(
    [
        *(f"sha256:{_hex(64)}" for _ in range(6)),
        *(f"requests==2.32.{n} --hash=sha256:{_hex(64)}" for n in range(6)),
        *(f'integrity="sha384-{_base64(64)}"' for _ in range(4)),
        *(f'"integrity": "sha512-{_base64(86)}==",' for _ in range(4)),
        *(f"uses: actions/checkout@{_hex(40)}" for _ in range(4)),
        *(f'revision = "{_hex(40)}"' for _ in range(4)),
        *(f"md5: {_hex(32)}" for _ in range(4)),
        *(f'"id": "{uuid.UUID(chars(32, _HEX))}",' for _ in range(6)),
        *(f"-----{_hex(40)}-----" for _ in range(2)),
        *(f"account {'AC'}{_hex(32)} and nothing beside it" for _ in range(1)),
    ]
)

_DATA = "\n".join(
    [
        *(f'<img src="data:image/png;base64,iVBORw0KGgo{_base64(1800)}">' for _ in range(5)),
        *(f"@font-face{{src:url(data:font/woff2;base64,d09GMgAB{_base64(1800)})}}" for _ in range(5)),
        *(f'var s{n}="{_base64(300)}",t{n}=function(e){{return e+{n}}};' for n in range(5)),
        *(f'"AAAA{_base64(120)}=={n}"' for n in range(5)),
        f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{_base64(43)} me@laptop",
        f"ssh-rsa AAAAB3NzaC1yc2E{_base64(300)}= me@laptop",
        web_token(sub="1234567890", name="John Doe", iat=1516239022),
        web_token(iss="supabase", role="anon"),
        web_token(iss="supabase-demo", role="service_role"),
    ]
)


def _public(kind: str) -> str:
    body = "\n".join(_base64(64) for _ in range(8))
    return f"{_BEGIN}{kind}-----\n{body}\n{_END}{kind}-----\n"


_FIREBASE = f"""\
const firebaseConfig = {{
  apiKey: "{token(_AIZA, 35)}",
  authDomain: "demo-1234.firebaseapp.com",
  projectId: "demo-1234",
  messagingSenderId: "123456789012",
}};
"""
_MAPS = f'<script src="https://maps.googleapis.com/maps/api/js?key={token(_AIZA, 35)}"></script>\n'
_LOCK = "\n".join(f'index = "https://ci:{chars(14)}7@pypi.aurora.eu/simple"  # {_hex(64)}' for _ in range(3))

#: The path of each file, and its text.
BENIGN: dict[str, str] = {
    "words.css": _WORDS,
    "docs/setup.md": _PLACEHOLDERS,
    ".env.example": _PLACEHOLDERS,
    "compose.yml": _URLS,
    "app.py": _CODE,
    "hashes.txt": _HASHES,
    "data.html": _DATA,
    "cert.txt": _public("CERTIFICATE") + _public("PUBLIC KEY") + _public("PGP PUBLIC KEY BLOCK"),
    "pem.md": f"{_BEGIN}RSA {_PRIVATE}\nMIIE...\n{_END}RSA {_PRIVATE}\n",
    "firebase.js": _FIREBASE,
    "map.html": _MAPS,
    "uv.lock": _LOCK,
    "package-lock.json": pem(),
    "run.ipynb": notebook(["print(token)"], output=token(_HF, 34)),
}
