"""2xx and 3xx: secrets where everybody can read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

#: Made up, and joined here, so that no scanner finds a token in this file.
_TOKEN: Final = "_".join(("hf", "TnQwZbVrKdYgLpXsCmJhFuEaRiOtWvNyGk"))

_MAIN: Final = (
    "from fastapi import FastAPI\n"
    "from huggingface_hub import InferenceClient\n"
    "\n"
    "app = FastAPI()\n"
    "{}\n"
    "\n"
    '@app.get("/")\n'
    "def root() -> str:\n"
    '    return client.text_generation("Hello")\n'
)

_DOCKERFILE: Final = (
    "FROM python:3.12-slim\n"
    "WORKDIR /app\n"
    "COPY . .\n"
    "RUN pip install -r requirements.txt\n"
    "{}"
    'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860"]\n'
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS204": Explanation(
        why=(
            "What git tracks is pushed, and the files of a public Space can be read by everybody; the "
            "commits before the newest as well, so deleting the file does not take the secret back. "
            "Only revoking it does."
        ),
        sources=("security-secrets", "spaces-overview"),
        wrong={".env": f"HF_TOKEN={_TOKEN}\nLOG_LEVEL=info\n"},
        right={".gitignore": ".env\n", ".env": f"HF_TOKEN={_TOKEN}\n", ".env.example": "HF_TOKEN=\n"},
        leaves=(
            "A .env that sets nothing secret is a note. .env.example and the like, certificates and public "
            "keys, values that are placeholders, encrypted or refer to another place are left alone. Among "
            "tests it is a warning."
        ),
    ),
    "HFS205": Explanation(
        why=(
            "Everybody can read the files of a public Space, and programs that look for credentials find "
            "one within minutes. The Hub scans every push with TruffleHog, and mails the owner about those "
            "that still work; it does not refuse the push."
        ),
        sources=("security-secrets", "spaces-overview"),
        wrong={"main.py": _MAIN.format(f'client = InferenceClient(token="{_TOKEN}")\n')},
        right={
            "main.py": _MAIN.format('client = InferenceClient(token=os.environ["HF_TOKEN"])\n').replace(
                "from fastapi", "import os\n\nfrom fastapi", 1
            )
        },
        leaves=(
            "Placeholders, AWS's own examples, passwords for localhost and for services of a compose file, "
            "lock files, the output of notebooks. A text without a credential's form is not found, however "
            "random it looks. Among tests it is a warning."
        ),
    ),
    "HFS313": Explanation(
        why=(
            "ENV, ARG and RUN stay readable in the Dockerfile and in the image. On the Hub, the variables "
            "of a Space are passed as build arguments; its secrets are not: a step of the build gets one by "
            "--mount=type=secret, and the running app finds it in its environment."
        ),
        sources=("spaces-sdks-docker",),
        wrong={"Dockerfile": _DOCKERFILE.format(f"ENV HF_TOKEN={_TOKEN}\n")},
        right={
            "Dockerfile": _DOCKERFILE.format(
                "RUN --mount=type=secret,id=HF_TOKEN,mode=0444,required=true \\\n"
                "    python -c \"print(len(open('/run/secrets/HF_TOKEN').read()))\"\n"
            )
        },
        leaves=(
            "Empty values and placeholders, names of files (SECRET_KEY_FILE), switches "
            "(TOKENIZERS_PARALLELISM). An ARG that is called like a secret, has no default and is used by a "
            "RUN is a warning. COPY of a tracked .env is a finding of HFS204."
        ),
    ),
}
