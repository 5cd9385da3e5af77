"""6xx: the proxy and the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import Explanation

_TRUSTING: Final = (
    "FROM python:3.12-slim\n"
    "WORKDIR /app\n"
    "COPY requirements.txt .\n"
    "RUN pip install -r requirements.txt\n"
    "COPY . .\n"
    'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "7860", {}]\n'
)
_ROOT: Final = '@app.get("/")\ndef root() -> dict[str, str]:\n    return {"hello": "world"}\n'

#: An app of one page, whose body follows.
_PAGE: Final = (
    "from fastapi import FastAPI\nfrom fastapi.responses import HTMLResponse\n\napp = FastAPI()\n\n\n"
    '@app.get("/", response_class=HTMLResponse)\ndef root() -> str:\n    return """{}"""\n'
)
_MIDDLEWARE: Final = (
    "from fastapi import FastAPI\nfrom {module} import {name}\n\napp = FastAPI()\n"
    "app.add_middleware({name}{arguments})\n\n\n" + _ROOT.replace("{", "{{").replace("}", "}}")
)
_SESSIONS: Final = (
    "from fastapi import FastAPI, Request\nfrom fastapi.responses import HTMLResponse\n"
    "from starlette.middleware.sessions import SessionMiddleware\n\n"
    "app = FastAPI()\napp.add_middleware(SessionMiddleware, secret_key=app.title{})\n\n\n"
    '@app.get("/", response_class=HTMLResponse)\ndef root(request: Request) -> str:\n'
    '    request.session["seen"] = True\n    return "<h1>Hello</h1>"\n'
)


def _with(name: str, module: str, arguments: str) -> str:
    return _MIDDLEWARE.format(name=name, module=module, arguments=arguments)


EXPLANATIONS: Final[Mapping[str, Explanation]] = {
    "HFS601": Explanation(
        why=(
            "TLS ends at the Hub's edge: the app sees plain HTTP from a peer in 10.0.0.0/8, and "
            "X-Forwarded-Proto: https. uvicorn believes that header of 127.0.0.1 only, so every absolute URL "
            "and redirect says http://, which browsers block as mixed content. A test from 127.0.0.1 does "
            "not show it; --proxy-headers alone changes nothing."
        ),
        sources=("field",),
        wrong={
            "main.py": "from fastapi import FastAPI, Request\n\napp = FastAPI()\n\n\n"
            '@app.get("/")\ndef root(request: Request) -> dict[str, str]:\n'
            '    return {"self": str(request.url_for("root"))}\n'
        },
        right={
            "Dockerfile": _TRUSTING.format('"--forwarded-allow-ips", "*"'),
            "main.py": "from fastapi import FastAPI, Request\n\napp = FastAPI()\n\n\n"
            '@app.get("/")\ndef root(request: Request) -> dict[str, str]:\n'
            '    return {"self": str(request.url_for("root"))}\n',
        },
        leaves="An app that never makes an absolute URL: there is no evidence, and no harm.",
    ),
    "HFS602": Explanation(
        why=(
            "The Space page shows the app in a frame on https://huggingface.co. A header that forbids that "
            "leaves the page blank; the browser's console: \"Refused to display '…' in a frame because it "
            "set 'X-Frame-Options' to 'deny'\"."
        ),
        sources=("spaces-embed", "field"),
        wrong={
            "main.py": "from fastapi import FastAPI, Response\n\napp = FastAPI()\n\n\n"
            '@app.get("/")\ndef root(response: Response) -> str:\n'
            '    response.headers["X-Frame-Options"] = "DENY"\n    return "hello"\n'
        },
        right={
            "main.py": "from fastapi import FastAPI, Response\n\napp = FastAPI()\n\n\n"
            '@app.get("/")\ndef root(response: Response) -> str:\n'
            "    policy = \"frame-ancestors 'self' https://huggingface.co\"\n"
            '    response.headers["Content-Security-Policy"] = policy\n    return "hello"\n'
        },
        leaves="X-Frame-Options beside a frame-ancestors: browsers do not look at it then.",
    ),
    "HFS603": Explanation(
        why=(
            "Inside the frame on huggingface.co every cookie of the app is one of a third party: browsers "
            "keep it only with SameSite=None and Secure, better with Partitioned. Starlette's sessions are "
            "SameSite=Lax by default: sign-in loops, and forms with a CSRF token are refused."
        ),
        sources=("spaces-cookie-limitations", "field"),
        wrong={
            "requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\nitsdangerous>=2,<3\n",
            "main.py": _SESSIONS.format(""),
        },
        right={
            "requirements.txt": "fastapi>=0.115,<1\nuvicorn>=0.30,<1\nitsdangerous>=2,<3\n",
            "main.py": _SESSIONS.format(',\n                   same_site="none", https_only=True'),
        },
        leaves=("A cookie that is deleted. Of an app without pages, and of mere preferences, it is a note."),
    ),
    "HFS604": Explanation(
        why=(
            "Requests reach the app with the Space's own host name, owner-name.hf.space. A list of allowed "
            'hosts without it answers 400 "Invalid host header" or 421 to everybody.'
        ),
        sources=("field",),
        wrong={
            "main.py": _with(
                "TrustedHostMiddleware", "starlette.middleware.trustedhost", ', allowed_hosts=["localhost"]'
            )
        },
        right={
            "main.py": _with(
                "TrustedHostMiddleware",
                "starlette.middleware.trustedhost",
                ', allowed_hosts=["localhost", "*.hf.space"]',
            )
        },
        leaves="An app that names the host of its own Space: the rehearsal's is another.",
    ),
    "HFS605": Explanation(
        why=(
            "The edge speaks http with the app. One that redirects http to https, and does not believe "
            "X-Forwarded-Proto, sends every request back to itself: ERR_TOO_MANY_REDIRECTS."
        ),
        sources=("field",),
        wrong={"main.py": _with("HTTPSRedirectMiddleware", "starlette.middleware.httpsredirect", "")},
        right={
            "Dockerfile": _TRUSTING.format('"--forwarded-allow-ips", "*"'),
            "main.py": _with("HTTPSRedirectMiddleware", "starlette.middleware.httpsredirect", ""),
        },
        leaves="A redirect that sets a cookie: the next request is another one.",
    ),
    "HFS606": Explanation(
        why=(
            "Starlette compares allow_origins letter by letter: a pattern in it matches nothing, and the "
            "browser refuses what the other page asks. allow_origins=[*] together with credentials admits "
            "every site: whatever a visitor has open may act and read in their name."
        ),
        sources=("field",),
        wrong={
            "main.py": _with(
                "CORSMiddleware", "fastapi.middleware.cors", ', allow_origins=["https://*.example.org"]'
            )
        },
        right={
            "main.py": _with(
                "CORSMiddleware",
                "fastapi.middleware.cors",
                ',\n                   allow_origin_regex=r"https://[\\w-]+\\.example\\.org"',
            )
        },
        leaves=(
            "allow_origins=[*] alone. With credentials it is a note where the app sets and reads no cookie."
        ),
    ),
    "HFS607": Explanation(
        why=(
            "localhost in a page is the visitor's own computer. It works where app and browser run side by "
            "side, and nowhere else: the page comes up, and its images and calls do not."
        ),
        sources=("field",),
        wrong={"main.py": _PAGE.format('<script>fetch("http://localhost:7860/items")</script>')},
        right={"main.py": _PAGE.format('<script>fetch("/items").catch(console.log)</script>')},
        leaves=(
            "Comments, text, values of input fields, comparisons with location.hostname, an address that "
            "stands behind a condition or after ||. A link is a note."
        ),
    ),
    "HFS608": Explanation(
        why=(
            "The Space's pages are https. Browsers block scripts, styles, frames and WebSockets that a page "
            'loads without it ("Mixed Content: The page was loaded over HTTPS, but requested an insecure …").'
        ),
        sources=("field",),
        wrong={"main.py": _PAGE.format('<script src=\\"http://code.example.org/chart.js\\"></script>')},
        right={"main.py": _PAGE.format('<script src=\\"https://code.example.org/chart.js\\"></script>')},
        leaves=(
            "Links, names of XML namespaces, a scheme that follows location.protocol, and pages with "
            "upgrade-insecure-requests. The app's own address is HFS601's."
        ),
    ),
    "HFS609": Explanation(
        why=(
            "A page whose script or style sheet is answered 404 comes up bare or dead, and the Space is "
            "RUNNING all the same. What the pages load from the app is fetched as a browser would."
        ),
        sources=("field",),
        wrong={"main.py": _PAGE.format('<script src=\\"/static/app.js\\"></script>')},
        right={
            "static/app.js": "console.log('hello')\n",
            "main.py": _PAGE.format('<script src=\\"/static/app.js\\"></script>').replace(
                "\n\napp = FastAPI()\n",
                "\nfrom fastapi.staticfiles import StaticFiles\n\napp = FastAPI()\n"
                'app.mount("/static", StaticFiles(directory="static"))\n',
            ),
        },
        leaves=(
            "What scripts load, what other hosts serve, what is not filled in yet ({{ url }}). Icons, fonts "
            "and what a style sheet names are notes, as is what asks for credentials."
        ),
    ),
    "HFS610": Explanation(
        why=(
            "A Space is always served from the root of its own host. With a root_path, /docs asks for the "
            "OpenAPI document below that path, and url_for makes links to it: 404. It belongs behind a proxy "
            "that cuts the path off, and the Hub's does not."
        ),
        sources=("spaces-embed", "field"),
        wrong={"Dockerfile": _TRUSTING.format('"--root-path", "/api"')},
        right={"Dockerfile": _TRUSTING.format('"--proxy-headers"')},
        leaves="A root path that is taken from a variable and empty on the Space.",
    ),
}
