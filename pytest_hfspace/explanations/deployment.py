"""2xx: workflows that send the repository to the Hub, and what the Hub does not host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import BASE, Explanation

_PUSH: Final = """\
on:
  push:
    branches: [main]
jobs:
  sync:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
{inputs}      - run: git push https://me:$HF_TOKEN@huggingface.co/spaces/me/app main
        env:
          HF_TOKEN: ${{{{ secrets.HF_TOKEN }}}}
"""
_WORKFLOW: Final = ".github/workflows/sync.yml"

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS209": Explanation(
        why="actions/checkout fetches the newest commit alone, and the Hub refuses a push of a history that "
        'has no beginning: "shallow update not allowed". Without lfs: true, files in Git LFS stay pointers '
        "of some 130 bytes, and these are what arrives. hub-sync creates a Space that is not there yet with "
        "its space_sdk, which is gradio unless it is given.",
        sources=("spaces-github-actions", "repositories-github-actions"),
        wrong={_WORKFLOW: _PUSH.format(inputs="")},
        right={
            _WORKFLOW: _PUSH.format(inputs="        with:\n          fetch-depth: 0\n          lfs: true\n")
        },
        leaves="Uploads (hub-sync, hf upload), which need no fetch-depth. A history that a step completes "
        "(git fetch --unshallow) or begins anew (git init, an orphan branch), and inputs that "
        "are expressions. Workflows above the Space's folder are not seen.",
    ),
    "HFS210": Explanation(
        why="The Hub pauses Spaces that open tunnels, serve proxies or mine, and flags them as abusive. It "
        "knows such programs by their names. A Space needs none of them: its app port is public already.",
        sources=("field",),
        wrong={
            "Dockerfile": BASE["Dockerfile"].replace(
                "COPY . .\n",
                "RUN curl -fsSLo /usr/local/bin/cloudflared \\\n"
                "    https://github.com/cloudflare/cloudflared/releases/latest/download/cloudflared-linux\n"
                "COPY . .\n",
            )
        },
        right={"Dockerfile": BASE["Dockerfile"]},
        leaves="The words in documentation and comments, the packages aws-xray-sdk and torchxrayvision, "
        "Tor and Tailscale. A Python package such as pyngrok that is installed and not imported is a note.",
    ),
}
