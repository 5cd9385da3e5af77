"""Tunnels, proxies and miners: what tells that a Space installs or runs one."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from ...space import Space
from ...space.sources import Sources
from ..run_commands import Ran, build_commands, start_commands

TUNNEL: Final = "tunnel"
PROXY: Final = "proxy"
MINER: Final = "miner"

#: Programs that are nothing else, by their bare names.
_PROGRAMS: Final = {
    "cloudflared": TUNNEL,
    "ngrok": TUNNEL,
    "localtunnel": TUNNEL,
    "frpc": TUNNEL,
    "frps": TUNNEL,
    "xray": PROXY,
    "v2ray": PROXY,
    "sing-box": PROXY,
    "xmrig": MINER,
    "xmr-stak": MINER,
    "cpuminer": MINER,
    "minerd": MINER,
    "nbminer": MINER,
    "lolminer": MINER,
    "ethminer": MINER,
}

#: A name that others have as well counts only with one of these words behind it.
_CONFIRMED_BY: Final = {"xray": frozenset({"run", "-c", "-config", "--config", "-confdir", "uuid", "x25519"})}

#: Where these programs are downloaded from.
_DOWNLOADS: Final = (
    (re.compile(r"github\.com/cloudflare/cloudflared|pkg\.cloudflare\.com/cloudflared"), "cloudflared"),
    (re.compile(r"ngrok-(?:v3-)?stable-linux|ngrok-agent\.s3\."), "ngrok"),
    (re.compile(r"github\.com/fatedier/frp\b"), "frpc"),
    (re.compile(r"github\.com/XTLS/Xray-(?:core|install)|Xray-linux-", re.I), "xray"),
    (re.compile(r"github\.com/v2(?:fly|ray)/v2ray-core", re.I), "v2ray"),
    (re.compile(r"github\.com/SagerNet/sing-box", re.I), "sing-box"),
    (re.compile(r"github\.com/xmrig/xmrig", re.I), "xmrig"),
)
_FETCHERS: Final = frozenset({"curl", "wget", "git", "aria2c", "ADD"})

#: Packages of Linux distributions and of npm, which install the program of that name.
_PACKAGES: Final = frozenset(
    {"cloudflared", "ngrok", "localtunnel", "frpc", "frps", "v2ray", "sing-box", "xmrig", "cpuminer"}
)
_INSTALLERS: Final = frozenset(
    {"apt", "apt-get", "apk", "npm", "yarn", "pnpm", "npx", "dnf", "yum", "microdnf"}
)

#: Python packages that open a tunnel, and the modules that they are imported as.
DISTRIBUTIONS: Final = {
    "pyngrok": "pyngrok",
    "ngrok": "ngrok",
    "flask-ngrok": "flask_ngrok",
    "flask-ngrok2": "flask_ngrok2",
    "pycloudflared": "pycloudflared",
    "flask-cloudflared": "flask_cloudflared",
}

#: Images that consist of the program.
_IMAGES: Final = re.compile(
    r"(?:^|/)(cloudflare/cloudflared|ngrok/ngrok|teddysun/xray|xtls/xray-core|v2fly/v2fly-core|"
    r"teddysun/v2ray|sagernet/sing-box|(?:snowdreamtech|fatedier)/frpc|xmrig/xmrig)(?:[:@]|$)"
)
_OF_IMAGE: Final = {"xray-core": "xray", "v2fly-core": "v2ray"}

_STARTERS: Final = frozenset(
    {"system", "popen", "Popen", "run", "call", "check_call", "check_output", "create_subprocess_exec",
     "create_subprocess_shell"}
)  # fmt: skip

_MODULES: Final = frozenset({"subprocess", "sp", "os", "asyncio"})

_LARGEST_SOURCE: Final = 1_000_000


class Evidence(NamedTuple):
    """That the Space "runs", "installs" or "downloads" a program, at a line."""

    name: str
    kind: str
    verb: str
    path: str
    line: int | None


def evidence(space: Space, sources: Sources) -> Iterator[Evidence]:
    """In the order of what says most; a name may come several times."""
    for ran in start_commands(space):
        yield from _of_command(ran)
    yield from _of_code(space, sources)
    for ran in build_commands(space):
        yield from _of_command(ran)
    yield from _of_images(space)


def kind_of(name: str) -> str:
    """What a program is."""
    return _PROGRAMS.get(name, TUNNEL)


def _found(name: str, verb: str, path: str, line: int | None) -> Evidence:
    return Evidence(name, kind_of(name), verb, path, line)


def _of_command(ran: Ran) -> Iterator[Evidence]:
    name = program(ran.words)
    if name:
        yield _found(name, "runs", ran.path, ran.line)
    elif ran.program in _INSTALLERS:
        for word in ran.words[1:]:
            package = word.partition("=")[0].partition("@")[0]
            if package in _PACKAGES:
                yield _found(package, "runs" if ran.program == "npx" else "installs", ran.path, ran.line)
    elif ran.program in _FETCHERS:
        yield from _of_download(" ".join(ran.words), ran.path, ran.line)


def program(words: tuple[str, ...]) -> str:
    """The tunnel, proxy or miner that a command line runs, or ""."""
    name = posixpath.basename(words[0]) if words else ""
    confirmed = _CONFIRMED_BY.get(name)
    if name not in _PROGRAMS or (confirmed and not confirmed & set(words[1:])):
        return ""
    # to ask for the version is to look at what is installed
    return "" if words[1:2] in (("--version",), ("version",), ("--help",)) else name


def _of_download(text: str, path: str, line: int) -> Iterator[Evidence]:
    for pattern, name in _DOWNLOADS:
        if pattern.search(text):
            yield _found(name, "downloads", path, line)


def _of_images(space: Space) -> Iterator[Evidence]:
    for instruction in space.dockerfile.instructions if space.dockerfile else ():
        if instruction.name == "ADD":
            yield from _of_download(instruction.text, "Dockerfile", instruction.line)
        named = instruction.flags.get("from", "") if instruction.name in ("COPY", "ADD") else ""
        named = instruction.text.split()[0] if instruction.name == "FROM" else named
        image = _IMAGES.search(named)
        if image is not None:
            name = posixpath.basename(image[1])
            yield _found(_OF_IMAGE.get(name, name), "installs", "Dockerfile", instruction.line)


def _of_code(space: Space, sources: Sources) -> Iterator[Evidence]:
    """Programs that the app's own code starts."""
    for path in sources.app:
        try:
            text = space.files.text(path, _LARGEST_SOURCE)
        except FileNotFoundError:
            continue
        if not any(name in text for name in _PROGRAMS):
            continue
        tree = sources.trees.get(path)
        for node in ast.walk(tree) if tree is not None else ():
            if isinstance(node, ast.Call) and _starts(node.func) and node.args:
                name = program(_words(node))
                if name:
                    yield _found(name, "runs", path, node.lineno)


def _starts(function: ast.expr) -> bool:
    """Does a call of this start a program?  ``run`` and ``call`` alone may be anybody's."""
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.value.id in _MODULES and function.attr in _STARTERS
    return isinstance(function, ast.Name) and function.id in _STARTERS - {"run", "call"}


def _words(call: ast.Call) -> tuple[str, ...]:
    """The literal words of a call that starts a program; what is computed is left out."""
    first = call.args[0]
    if isinstance(first, ast.JoinedStr):
        first = first.values[0] if first.values else first
    if isinstance(first, ast.Constant) and isinstance(first.value, str) and len(call.args) == 1:
        return tuple(first.value.split())
    nodes = first.elts if isinstance(first, (ast.List, ast.Tuple)) else call.args
    return tuple(
        node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"
        for node in nodes
    )
