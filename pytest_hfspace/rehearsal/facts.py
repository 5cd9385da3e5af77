"""Facts in motion: what was seen while the app ran.  Immutable, and free of opinion."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

Phase = Literal["launch", "import", "startup", "serve", "shutdown"]
VariantName = Literal["canaries", "untrimmed", "empty", "invalid", "silent", "restart"]
VisitKind = Literal[
    "valid", "empty body", "malformed body", "wrong token", "slash", "root", "asset", "preflight"
]


class Where(NamedTuple):
    """A line of the repository.  ``path`` from the Space's root."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


class Raised(NamedTuple):
    """An exception.  ``kinds``: its class and bases, dotted, the class first.  ``where``: the
    innermost line of the repository, None where none took part.  ``cause``: one level of
    ``__cause__`` or ``__context__``.  ``libraries``: top-level modules that were at work below that
    line, the one that it called first."""

    kinds: tuple[str, ...]
    message: str
    where: Where | None = None
    cause: Raised | None = None
    libraries: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The bare class name."""
        return self.kinds[0].rpartition(".")[2]

    @property
    def inner(self) -> Raised:
        """The member that a group of exceptions is told for; any other exception itself."""
        if self.kind in ("ExceptionGroup", "BaseExceptionGroup") and self.cause is not None:
            return self.cause.inner
        return self

    def __str__(self) -> str:
        told = self.inner  # a group's own text says only how many members it has
        return f"{told.kind}: {told.message}" if told.message else told.kind


def chain(raised: Raised | None) -> tuple[Raised, ...]:
    """An exception and its causes."""
    links: list[Raised] = []
    while raised is not None:
        links.append(raised)
        raised = raised.cause
    return tuple(links)


class Failure(NamedTuple):
    """Why a start did not end in a serving app.

    ``kind``: "raised" (an exception), "exited" (the process ended by itself, ``status``), "hung"
    (still not through at the deadline; ``where`` is what it was doing), "served" (a server was
    started while importing), "not listening" (the command ended its work, or waits, and nothing
    listens), "target" (the module has no such attribute, or it is no ASGI app).
    ``output``: the last lines that it printed.
    """

    phase: Phase
    kind: Literal["raised", "exited", "hung", "served", "not listening", "target"]
    message: str
    raised: Raised | None = None
    where: Where | None = None
    status: int | None = None
    seconds: float = 0.0
    output: str = ""


class Listener(NamedTuple):
    """What the start command asked for, as the server understood it.

    ``server``: "uvicorn", or what bound the socket.  ``where``: the line of the repository that
    gave host and port, None for a command line.  ``by_name``: it was given the app's name, not the
    app itself, with which uvicorn refuses ``reload`` and ``workers``.  ``graceful``: the seconds that
    open connections may keep it from ending, None if that is not limited.
    """

    server: str
    host: str | None
    port: int | None
    where: Where | None = None
    reload: bool = False
    workers: int = 1
    forwarded_allow_ips: str = "127.0.0.1"
    proxy_headers: bool = True
    root_path: str = ""
    tls: bool = False
    websockets: bool = True
    by_name: bool = True
    graceful: float | None = None


@dataclass(frozen=True)
class Route:
    """One method of one path of the app, as its router has it.

    ``path``: as written, with ``{name}`` for parameters and the prefixes of routers and mounts
    in front.  ``kind``: "http", "websocket", or "files" for a mount of static files and other
    ASGI apps that have no routes of their own.  ``endpoint``: "module:qualname"; ``where`` its
    definition where that is in the repository.  ``own``: False for routes that a framework adds
    (docs, openapi.json, gradio's internals).  ``host``: the pattern of a Host route, or "".
    ``parameters``: path parameters and their convertors ("str", "int", "path", "uuid", "float").
    ``operation``: the OpenAPI operation of this route, None where the schema leaves it out.
    ``index``: its place in the router, from 0.  ``sample``: of "files", the path of a file below it.
    """

    method: str
    path: str
    kind: Literal["http", "websocket", "files"] = "http"
    endpoint: str = ""
    where: Where | None = None
    own: bool = True
    host: str = ""
    name: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    operation: dict[str, Any] | None = None
    index: int = 0
    sample: str = ""

    @property
    def label(self) -> str:
        """ "GET /items/{item_id}", as items and reports name it; "WS /ws" for a WebSocket."""
        host = f" ({self.host})" if self.host else ""
        return f"{self.method} {self.path}{host}"


class Request(NamedTuple):
    """What a visitor sends.  ``path`` is percent-encoded, with its query string."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


class Visit(NamedTuple):
    """One request to one route, and what came of it.

    ``kind`` "asset": what a page loads, whose ``route`` is "ASSET /its/path"; "preflight": what a
    browser asks before a page of another origin may send a request.
    ``status``: None where no answer came; ``problem`` then says why ("no answer within 15 s",
    "the connection was dropped", "the process ended with exit code 1").  ``busy``: it was still
    computing at the deadline, so it may only be slow.  ``raised``: the exception that escaped
    the app (before, while or after answering).  ``endpoint``: what the router chose, as
    "module:qualname".  ``body``: its first 64 KiB, of an asset its first MiB.  ``unreachable``: a
    host that the app tried to reach in vain while answering, "host:port".
    """

    route: str
    kind: VisitKind
    request: Request
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0
    problem: str = ""
    busy: bool = False
    streamed: bool = False
    raised: Raised | None = None
    endpoint: str = ""
    unreachable: str = ""

    def header(self, name: str) -> str | None:
        """The first header of this name, in any case."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


@dataclass(frozen=True)
class Read:
    """A variable that the app asked for.

    ``default``: the text of the default, None where there is none (then ``required``).  ``value``
    is never kept.  ``given``: it was set.  ``phase``: when first asked.  ``secret``: by its name
    or its type (``SecretStr``).  ``type``: a settings class's annotation: "str", "int", "float",
    "bool", "url", "json", "path", "secret", or "".  ``reader``: "os", or the settings library.
    ``own``: a line of the repository asked (itself or through a settings library).
    """

    name: str
    where: Where | None
    default: str | None = None
    required: bool = False
    given: bool = False
    phase: Phase = "import"
    secret: bool = False
    type: str = ""
    reader: str = "os"
    own: bool = True


class StandIn(NamedTuple):
    """A setting that start-up could not do without, and was given a value of ours."""

    name: str
    where: Where | None
    secret: bool = False


class FileUse(NamedTuple):
    """A file of the repository that the app tried to open, or any that it wanted to write (a
    directory that it made, a SQLite database).  ``path``: in the image, "~/..." below the home of
    its user, else on this machine.  ``found``: whether it was there.  ``database``: SQLite opened
    it, which reads it as well."""

    path: str
    where: Where | None
    found: bool
    write: bool = False
    phase: Phase = "import"
    database: bool = False


class Connect(NamedTuple):
    """The first attempt to reach a host and port outside this machine.  ``host``: as the app named
    it.  ``where``: the line that asked, None where no line of the repository took part."""

    host: str
    port: int
    where: Where | None
    phase: Phase = "serve"


class Listening(NamedTuple):
    """A listener of TCP that the app opened.  ``host`` and ``port``: as it asked for them."""

    host: str
    port: int
    where: Where | None
    phase: Phase = "serve"


class Logged(NamedTuple):
    """A record of level ERROR or above that was logged while the app came up, or a traceback with a
    line of the repository that was printed then (``logger`` is "").  ``excuse``: why only the
    rehearsal may have brought it about, or ""."""

    logger: str
    message: str
    where: Where | None
    phase: Phase = "startup"
    raised: Raised | None = None
    excuse: str = ""


class Overlap(NamedTuple):
    """A quick route that was asked while a slow one was at work, by their labels.

    ``alone``: the quick one's seconds by itself.  ``pairs``: for each attempt, the seconds that the
    slow one still took, and those of the quick one beside it.
    """

    slow: str
    quick: str
    alone: float
    pairs: tuple[tuple[float, float], ...]


class Shutdown(NamedTuple):
    """``seconds`` from SIGTERM to the exit; ``timed_out``: it had to be killed.  ``raised``: what
    the lifespan's shutdown raised.  ``held``: routes of which a stream or a WebSocket was open
    meanwhile; ``kept_by``: those of them without which it would have ended."""

    seconds: float = 0.0
    timed_out: bool = False
    status: int | None = None
    raised: Raised | None = None
    stuck_at: Where | None = None
    held: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Variant:
    """A further start, in another environment.

    ``name``: "canaries" (every secret has a value of ours), "untrimmed" (the same, each with a line
    feed behind it), "empty" (declared settings that have a default are empty), "invalid" (what is
    parsed cannot be), "silent" (the network does not answer), "restart" (on the disk that the first
    start has left).  ``settings``: what was changed, with the values.  ``failure``: why it did not
    come up.  ``impossible``: why it was not started.  ``visits``: of "canaries".
    """

    name: VariantName
    settings: dict[str, str] = field(default_factory=dict)
    failure: Failure | None = None
    visits: tuple[Visit, ...] = ()
    output: str = ""
    impossible: str = ""


@dataclass(frozen=True)
class Rehearsal:
    """Everything that was seen.

    ``impossible``: why there was no rehearsal at all, or "" (no start command, a declared package
    that is not installed here, a platform without what it takes).  ``missing_packages``: declared
    but not installed here.  ``failure``: of the last start.  ``proxied``: the visits came from a
    peer that is not 127.0.0.1; else ``not_proxied`` says why.  ``notes``: what was not rehearsed
    and why, for the closing section.  ``imported``: repository files that were loaded as modules.
    ``shutdown`` is None where the app was not stopped by SIGTERM (it did not serve, or a request
    that hangs was still at work).  ``timings``: seconds by name (export, import, startup,
    first_response, visits, shutdown, total).  ``site``: the directories with the installed metadata
    of the app's interpreter; empty where it is the one that runs this.  ``unconfined``: why the app
    could write where it may not on the Space; "" where it could not.  ``unprinted``: what it had
    printed when it served, and nobody could see yet.  ``origins``: what its CORS middleware compares
    origins with.
    """

    python: str
    impossible: str = ""
    missing_packages: tuple[str, ...] = ()
    failure: Failure | None = None
    listener: Listener | None = None
    stand_ins: tuple[StandIn, ...] = ()
    routes: tuple[Route, ...] = ()
    routes_problem: str = ""
    openapi: dict[str, Any] | None = None
    openapi_problem: Raised | None = None
    visits: tuple[Visit, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    skipped_routes: dict[str, str] = field(default_factory=dict)
    reads: tuple[Read, ...] = ()
    files: tuple[FileUse, ...] = ()
    imported: tuple[str, ...] = ()
    connects: tuple[Connect, ...] = ()
    logged: tuple[Logged, ...] = ()
    bound_while_importing: tuple[tuple[str, int, Where | None], ...] = ()
    listening: tuple[Listening, ...] = ()
    shutdown: Shutdown | None = None
    variants: tuple[Variant, ...] = ()
    proxied: bool = True
    not_proxied: str = ""
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    peak_rss_mb: float | None = None
    output: str = ""
    site: tuple[str, ...] = ()
    unconfined: str = ""
    unprinted: str = ""
    origins: tuple[str, ...] = ()

    @property
    def served(self) -> bool:
        """Did the app come up?"""
        return not self.impossible and self.failure is None

    def variant(self, name: VariantName) -> Variant | None:
        """The further start of this name; None where there was no reason for it."""
        return next((variant for variant in self.variants if variant.name == name), None)

    def of(self, route: str) -> tuple[Visit, ...]:
        """The visits of one route, by its label."""
        return self._by_route.get(route, ())

    @cached_property
    def _by_route(self) -> dict[str, tuple[Visit, ...]]:
        found: dict[str, list[Visit]] = {}
        for visit in self.visits:
            found.setdefault(visit.route, []).append(visit)
        return {route: tuple(visits) for route, visits in found.items()}
