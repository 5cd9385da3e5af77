"""7xx: the environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_ROOT: Final = '\n\n@app.get("/")\ndef root() -> dict[str, str]:\n    return {"hello": "world"}\n'


def _main(imports: str, code: str, root: str = _ROOT) -> Mapping[str, str]:
    """main.py: further imports, and what stands below ``app = FastAPI()``."""
    return {"main.py": f"{imports}\nfrom fastapi import FastAPI\n\napp = FastAPI()\n{code}{root}"}


EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS701": Explanation(
        why=(
            "Only what git tracks arrives, and .gitignore names .env almost everywhere. On the Space "
            "settings come from its variables and secrets, which are in the environment when the app starts."
        ),
        sources=("spaces-overview", "field"),
        wrong=_main("", 'settings = dict(line.strip().split("=", 1) for line in open(".env"))\n'),
        right={
            **_main("import os\n", 'mode = os.environ.get("MODE", "fast")\n'),
            ".env.example": "MODE=fast\n",
        },
        leaves="load_dotenv() and env_file, which go on without a .env. A .env that is tracked is HFS204.",
    ),
    "HFS702": Explanation(
        why=(
            "Who duplicates a Space gets its code and its variables, and is asked for the values of its "
            "secrets. What else the app can be told is known from .env.example or the README alone."
        ),
        sources=("spaces-overview", "field"),
        wrong=_main("import os\n", 'limit = int(os.environ.get("LIMIT", "10"))\n'),
        right={
            **_main("import os\n", 'limit = int(os.environ.get("LIMIT", "10"))\n'),
            ".env.example": "LIMIT=10\n",
        },
        leaves=(
            "What the Hub, the system or a library gives a meaning to (SPACE_ID, HOME, PORT). A variable "
            "without which the app does not start is HFS420."
        ),
    ),
    "HFS703": Explanation(
        why=(
            "The code of a public Space can be read by everybody. Where the secret was not set, the default "
            "is in use, and opens what the secret should have kept closed; nobody notices."
        ),
        sources=("security-secrets", "field"),
        wrong={
            **_main("import os\n", 'password = os.environ.get("ADMIN_PASSWORD", "admin123")\n'),
            ".env.example": "ADMIN_PASSWORD=\n",
        },
        right={
            **_main("import os\n", 'password = os.environ.get("ADMIN_PASSWORD")\n'),
            ".env.example": "ADMIN_PASSWORD=\n",
        },
        leaves=(
            'Random defaults (secrets.token_hex()), switches, header names, dummies such as "EMPTY" for a '
            "service of somebody else's, a default that the code itself refuses."
        ),
    ),
    "HFS704": Explanation(
        why=(
            "A file that the app reads its settings from has to be pushed, and then everybody who can see "
            "the Space can read it; so can they the constants of the code. Secrets of the Space are in the "
            "environment, and in no file."
        ),
        sources=("security-secrets", "spaces-overview"),
        wrong={
            **_main("import json\n", 'config = json.load(open("config.json"))\n'),
            "config.json": '{"db": {"host": "db.example.org", "password": "Tr0ub4dor-Qx9"}}\n',
        },
        right={
            **_main(
                "import json\nimport os\n",
                'config = json.load(open("config.json"))\npassword = os.environ.get("DB_PASSWORD")\n',
            ),
            "config.json": '{"db": {"host": "db.example.org"}}\n',
            ".env.example": "DB_PASSWORD=\n",
        },
        leaves=(
            "Files that the app does not open, translations, schemas, forms, lists of records, placeholders "
            "and words. Files that HFS204 and lines that HFS205 reports."
        ),
    ),
    "HFS705": Explanation(
        why=(
            "Answers are read by everybody, the log by all who can open the Space's settings. The app is "
            "started once more with values of ours in place of its secrets, and they are looked for in "
            "answers, headers, cookies, redirects, error pages and the log, in base64 as well."
        ),
        sources=("security-secrets", "field"),
        wrong={
            **_main(
                "import os\n",
                'token = os.environ.get("HF_TOKEN")\n',
                '\n\n@app.get("/")\ndef root() -> dict[str, str]:\n    return dict(os.environ)\n',
            ),
            ".env.example": "HF_TOKEN=\n",
        },
        right={
            **_main(
                "import os\n",
                'token = os.environ.get("HF_TOKEN")\n',
                '\n\n@app.get("/")\ndef root() -> dict[str, bool]:\n    return {"token": bool(token)}\n',
            ),
            ".env.example": "HF_TOKEN=\n",
        },
        leaves=(
            "What the visitor itself has sent, keys that are made for browsers (maps, publishable ones), a "
            "hash or the last characters of a secret. Routes with parameters are asked in the first start."
        ),
    ),
    "HFS706": Explanation(
        why=(
            "The field for a secret keeps the line feed that was copied with it. Sent on as a header it is "
            'an "Illegal header value", in OAuth an "invalid_client", and nobody sees it in the settings.'
        ),
        sources=("field",),
        wrong={
            **_main(
                "import os\n",
                'token = os.environ.get("API_TOKEN", "")\nif not token.isprintable():\n'
                '    raise ValueError("Illegal header value")\n',
            ),
            ".env.example": "API_TOKEN=\n",
        },
        right={
            **_main(
                "import os\n",
                'token = os.environ.get("API_TOKEN", "").strip()\nif not token.isprintable():\n'
                '    raise ValueError("Illegal header value")\n',
            ),
            ".env.example": "API_TOKEN=\n",
        },
        leaves="A secret that is refused only when it is used, after the start. An app without secrets.",
    ),
    "HFS707": Explanation(
        why=(
            'A variable that is set to nothing is the text "", and os.environ.get("LIMIT", "10") does not '
            "fall back to its default then. Who takes over an example file as it is has such variables."
        ),
        sources=("field",),
        wrong={
            **_main("import os\n", 'limit = int(os.environ.get("LIMIT", "10"))\n'),
            ".env.example": "LIMIT=\n",
        },
        right={
            **_main("import os\n", 'limit = int(os.environ.get("LIMIT") or "10")\n'),
            ".env.example": "LIMIT=\n",
        },
        leaves="Where no example leaves the variable empty, this is a note. Settings without a default.",
    ),
    "HFS708": Explanation(
        why=(
            "huggingface_hub, transformers, matplotlib and nltk read where their cache is when they are "
            "imported. A variable that is set later changes nothing: the cache goes to a home that may not "
            "be writable on the Space."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong=_main(
            "import os\n\nfrom huggingface_hub import hf_hub_download",
            'os.environ["HF_HOME"] = "/tmp/hf"\nfetch = hf_hub_download\n',
        ),
        right=_main(
            'import os\n\nos.environ["HF_HOME"] = "/tmp/hf"\n\nfrom huggingface_hub import hf_hub_download',
            "fetch = hf_hub_download\n",
        ),
        leaves=(
            "TORCH_HOME and others that are read when they are used, imports in functions or in try, "
            "variables that the Dockerfile sets, an order that depends on other files."
        ),
    ),
    "HFS709": Explanation(
        why=(
            "SYSTEM=spaces is set for the gradio SDK only; PORT, HF_TOKEN and HF_HOME are set by nobody. "
            "SPACE_ID and SPACE_HOST are there in every Space."
        ),
        sources=("spaces-overview", "huggingface_hub PR 2450", "field"),
        wrong=_main("import os\n", 'on_space = os.environ.get("SYSTEM") == "spaces"\n'),
        right=_main("import os\n", 'on_space = "SPACE_ID" in os.environ\n'),
        leaves=(
            'Reads with a default such as os.environ.get("PORT", "7860"), what the Dockerfile or the example '
            "file names. What ends the start is HFS420, what ends an answer HFS501."
        ),
    ),
    "HFS710": Explanation(
        why=(
            "Of an app that does not start the owner sees the log alone. A name in it says what to mend; "
            '"invalid literal for int()" does not, where several settings are numbers.'
        ),
        sources=("field",),
        wrong={
            **_main(
                "import os\n",
                'values = [os.environ.get("LIMIT", "10"), os.environ.get("SIZE", "5")]\n'
                "limit, size = map(int, values)\n",
            ),
            ".env.example": "LIMIT=10\nSIZE=5\n",
        },
        right={
            **_main(
                "import os\n",
                'limit = int(os.environ.get("LIMIT", "10"))\nsize = int(os.environ.get("SIZE", "5"))\n',
            ),
            ".env.example": "LIMIT=10\nSIZE=5\n",
        },
        leaves=(
            "A traceback that shows the line with the name, the field of a settings class, an app that goes "
            "on with a default. The value may be shown, unless it is a secret's."
        ),
    ),
}
