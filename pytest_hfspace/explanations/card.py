"""1xx: the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_DOCKER: Final = "---\ntitle: My Space\nsdk: docker\n---\n"
_GRADIO: Final = '---\ntitle: My Space\nsdk: gradio\nsdk_version: "6.17.3"\npython_version: "3.12"\n---\n'
#: What an example of the gradio SDK has in place of the Dockerfile's program.
_GRADIO_APP: Final = (
    "import uvicorn\nfrom fastapi import FastAPI\n\napp = FastAPI()\n\n"
    'if __name__ == "__main__":\n    uvicorn.run(app, host="0.0.0.0", port=7860)\n'
)
_SIGN_IN: Final = (
    "from fastapi import FastAPI\n"
    "from huggingface_hub import attach_huggingface_oauth\n\n"
    "app = FastAPI()\n"
    "attach_huggingface_oauth(app)\n"
)
_DOCS_APP: Final = (
    "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n"
    '@app.get("/ui")\ndef ui() -> str:\n    return "hello"\n'
)

EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS101": Explanation(
        why=(
            "The Hub reads how to build and run a Space from a YAML block that begins with the first byte of "
            "README.md. A badge, a blank line or a byte order mark before it hides the block. It is often "
            "lost when a project's own README is mirrored to the Space."
        ),
        sources=("spaces-config-reference", "field"),
        wrong={"README.md": "# My Space\n\n---\ntitle: My Space\nsdk: docker\n---\n"},
        right={"README.md": f"{_DOCKER}\n# My Space\n"},
        leaves="the rest of README.md, and README files in folders.",
    ),
    "HFS102": Explanation(
        why=(
            "A block that is not closed, is no YAML, or has a key twice configures nothing. A value that "
            'contains ": " or begins with a sign such as ":" or "@" must be quoted.'
        ),
        sources=("spaces-config-reference", "field"),
        wrong={"README.md": "---\ntitle: My Space: the demo\nsdk: docker\n---\n"},
        right={"README.md": '---\ntitle: "My Space: the demo"\nsdk: docker\n---\n'},
        leaves="comments, anchors, and a second block further down.",
    ),
    "HFS103": Explanation(
        why=(
            "The SDK decides what is built: docker the Dockerfile, gradio an image for the app file, static "
            "nothing. streamlit is deprecated since 2025-04-30: old Spaces keep running with it, and no new "
            "or duplicated one can choose it."
        ),
        sources=("spaces-config-reference",),
        wrong={"README.md": "---\ntitle: My Space\nsdk: streamlit\n---\n"},
        right={"README.md": _DOCKER},
    ),
    "HFS104": Explanation(
        why=(
            "The Hub checks the card on every push, and refuses the push for one value out of range. "
            "docs/card.md lists the fields. YAML reads 3.10 without quotes as the number 3.1. Values that no "
            "source says are refused, such as a number in quotes, are warnings; empty fields are notes."
        ),
        sources=("spaces-config-reference", "spaces-oauth", "field"),
        wrong={"README.md": "---\ntitle: My Space\nsdk: docker\ncolorFrom: teal\napp_port: 80\n---\n"},
        right={"README.md": "---\ntitle: My Space\nsdk: docker\ncolorFrom: blue\napp_port: 8000\n---\n"},
        leaves="fields that this SDK does not read (HFS106), and keys that the Hub does not know.",
    ),
    "HFS105": Explanation(
        why=(
            "A card may have any key: the Hub reads those that it knows, and is silent about the others. So "
            "a misspelt app_port leaves the Space waiting on port 7860."
        ),
        sources=("spaces-config-reference",),
        wrong={"README.md": "---\ntitle: My Space\nsdk: docker\napp-port: 7860\n---\n"},
        right={"README.md": "---\ntitle: My Space\nsdk: docker\napp_port: 7860\n---\n"},
        leaves="the keys of every repository card (license, tags, …), and all that are just unknown.",
    ),
    "HFS106": Explanation(
        why=(
            "Each SDK reads some of the fields. One that is not read does no harm, but a reader of the card "
            "believes that it decides something."
        ),
        sources=("spaces-config-reference",),
        wrong={"README.md": "---\ntitle: My Space\nsdk: docker\napp_file: main.py\n---\n"},
        right={"README.md": _DOCKER},
    ),
    "HFS107": Explanation(
        why=(
            "A gradio Space runs its app_file (app.py), a static Space shows it (index.html). It must be "
            "tracked under exactly this name: the Hub's file system tells App.py from app.py."
        ),
        sources=("spaces-config-reference",),
        wrong={"README.md": _GRADIO, "Dockerfile": None, "App.py": _GRADIO_APP},
        right={"README.md": _GRADIO, "Dockerfile": None, "app.py": _GRADIO_APP},
        leaves="static Spaces with an app_build_command, which makes the files.",
    ),
    "HFS108": Explanation(
        why=(
            "A docker Space is built from the Dockerfile at its root. The gradio SDK makes an image of its "
            "own, and says nothing of a Dockerfile that lies there: a note, or a warning where there is no "
            "app file, so that the Dockerfile was meant."
        ),
        sources=("spaces-sdks-docker", "field"),
        wrong={"Dockerfile": None, "docker/Dockerfile": "FROM python:3.12-slim\n"},
        right={},
    ),
    "HFS109": Explanation(
        why=(
            "The documented default is 3.10, and builders have used 3.13 since 2026-05: dependencies without "
            "wheels for it fail to build, and modules that left the standard library, such as imghdr, are "
            "missing. It is a warning where the app is seen to need an older Python, else a note."
        ),
        sources=("spaces-config-reference", "field"),
        wrong={
            "README.md": '---\ntitle: My Space\nsdk: gradio\nsdk_version: "6.17.3"\n---\n',
            "Dockerfile": None,
            "app.py": f"import imghdr\n{_GRADIO_APP}",
        },
        right={"README.md": _GRADIO, "Dockerfile": None, "app.py": f"import imghdr\n{_GRADIO_APP}"},
    ),
    "HFS110": Explanation(
        why=(
            "With hf_oauth: true the Hub makes an OAuth application for the Space and sets OAUTH_CLIENT_ID, "
            "OAUTH_CLIENT_SECRET, OAUTH_SCOPES and OPENID_PROVIDER_URL. Without it, the sign-in of "
            "huggingface_hub and gradio ends the app on the Hub; elsewhere they only pretend."
        ),
        sources=("spaces-oauth",),
        wrong={"main.py": _SIGN_IN},
        right={"README.md": "---\ntitle: My Space\nsdk: docker\nhf_oauth: true\n---\n", "main.py": _SIGN_IN},
        leaves=(
            "code that asks first whether the variables are there, and an OAUTH_CLIENT_ID of the app's own."
        ),
    ),
    "HFS111": Explanation(
        why=(
            "The Space's page shows base_path of the app in a frame. If nothing answers there, visitors see "
            "an error while the Space is RUNNING."
        ),
        sources=("spaces-config-reference", "field"),
        wrong={
            "README.md": "---\ntitle: My Space\nsdk: docker\nbase_path: /web\n---\n",
            "main.py": _DOCS_APP,
        },
        right={
            "README.md": "---\ntitle: My Space\nsdk: docker\nbase_path: /ui\n---\n",
            "main.py": _DOCS_APP,
        },
        leaves="redirects, and a Space without base_path, whose / is HFS505.",
    ),
    "HFS112": Explanation(
        why=(
            "Variables and secrets of a Space become the same environment, so that the Hub refuses a name "
            "that is both. It happens when a script sets as a variable what was a secret. A variable can be "
            "read by everybody: one whose name says that it is a secret is a warning."
        ),
        sources=("spaces-overview", "field"),
        wrong={
            "deploy.py": (
                "from huggingface_hub import add_space_secret, add_space_variable\n\n"
                'add_space_variable("me/space", "MODEL", "small")\n'
                'add_space_secret("me/space", "MODEL", "large")\n'
            )
        },
        right={
            "deploy.py": (
                "from huggingface_hub import add_space_secret, add_space_variable\n\n"
                'add_space_variable("me/space", "MODEL", "small")\n'
                'add_space_secret("me/space", "API_KEY", input())\n'
            )
        },
        leaves="names that are made at run time, branches of which one is taken, and the Dockerfile's ENV.",
    ),
}
