"""uvicorn as the start command uses it: what it asked for, and a wrapper round the app."""

from __future__ import annotations

import gc
import inspect
import socket
import sys
from collections.abc import Awaitable, Callable
from functools import wraps
from types import ModuleType
from typing import Any

from .channel import Channel
from .inventory import endpoint_of, inventory
from .network import Network
from .printed import unprinted
from .sources import Line, Sources
from .stacks import StackTeller

ASGI = Callable[[Any, Any, Any], Awaitable[None]]

#: how often, in seconds, the server looks whether it shall end (uvicorn itself: 0.1)
TICK = 0.01

#: what an application is called with
_ASGI_3 = ("scope", "receive", "send")

#: what makes uvicorn speak TLS
_TLS = ("ssl_keyfile", "ssl_certfile", "ssl_context_factory")


class Served(SystemExit):
    """Ends an import that starts a server."""


class UvicornRecorder:
    """Lets uvicorn serve on the parent's socket, and tells what happens.

    ``importing`` counts the imports of the start command's target that are under way.
    """

    def __init__(self, channel: Channel, sources: Sources, network: Network, listener: socket.socket) -> None:
        self.channel = channel
        self.sources = sources
        self.network = network
        self.listener = listener
        self.stacks = StackTeller(channel, sources, network)
        self.importing = 0
        self.lifespan_error: BaseException | None = None
        self._claimed = False
        self._failed: BaseException | None = None
        #: by the identity of a configuration, the line that made it
        self._where: dict[int, Line | None] = {}

    def hooks(self) -> dict[str, Callable[[ModuleType], None]]:
        """What to do with uvicorn's modules when the app has them loaded."""
        return {"uvicorn.config": self._wrap_config, "uvicorn.server": self._wrap_server}

    # -- configuration

    def _wrap_config(self, module: ModuleType) -> None:
        config, find = module.Config, module.import_from_string
        original, load = config.__init__, config.load
        recorder = self

        @wraps(original)
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            original(self, *args, **kwargs)
            recorder._tell_config(self, sys._getframe(1))
            recorder.network.moved[self.port] = recorder.listener.getsockname()[1]
            if self.loop in ("auto", "uvloop"):  # uvloop connects where no recorder sees it
                self.loop = "asyncio"
            self.reload = False
            self.workers = 1
            for name in _TLS:  # visits come as the Hub's do, in plain HTTP
                if hasattr(self, name):
                    setattr(self, name, None)

        @wraps(find)
        def import_from_string(target: Any) -> Any:
            if not isinstance(target, str) or target.startswith("uvicorn."):
                return find(target)
            return recorder.import_target(lambda: find(target))

        @wraps(load)
        def loads(self: Any) -> None:
            try:
                load(self)
            except BaseException as error:
                recorder.fail("import", error)
                raise
            recorder.channel.emit("imported", unfit=_unfit(self.loaded_app, self.interface))
            self.loaded_app = Wrapped(self.loaded_app, recorder)

        config.__init__, config.load = init, loads
        setattr(module, "import_from_string", import_from_string)  # noqa: B010 - no attribute of every module

    def import_target(self, find: Callable[[], Any]) -> Any:
        """Import what the start command names, and tell what became of it."""
        if self.importing:
            return find()
        self.importing += 1
        self.channel.enter("import")
        collecting = gc.isenabled()
        gc.disable()  # an import makes next to no garbage: a tenth of its time is saved
        try:
            found = find()
        except BaseException as error:
            self.fail("import", error)
            raise
        finally:
            self.importing -= 1
            if collecting:
                gc.enable()
        return found

    def fail(self, phase: str, error: BaseException) -> None:
        """Tell what ends the start; the same exception is told once, a :class:`Served` never."""
        if isinstance(error, Served) or error is self._failed:
            return
        self._failed = error
        described = self.sources.describe(error)
        self.channel.emit("raised", phase=phase, raised=described, connects=self.network.connects[-1:])

    def _tell_config(self, config: Any, frame: Any) -> None:
        runs = frame.f_globals.get("__name__") == "uvicorn.main"  # a Server alone heeds neither
        where = self._where[id(config)] = self.sources.caller(frame)
        self.channel.emit(
            "listener",
            server="uvicorn",
            host=config.host,
            port=config.port if config.fd is None and config.uds is None else None,
            where=where,
            reload=bool(config.reload) and runs,
            workers=int(config.workers or 1) if runs else 1,
            by_name=isinstance(config.app, str),
            forwarded_allow_ips=_join(config.forwarded_allow_ips),
            proxy_headers=bool(config.proxy_headers),
            root_path=str(config.root_path or ""),
            tls=bool(getattr(config, "is_ssl", False)),
            graceful=config.timeout_graceful_shutdown,
        )

    # -- serving

    def _wrap_server(self, module: ModuleType) -> None:
        server = module.Server
        run, serve, startup = server.run, server.serve, server.startup
        recorder = self

        @wraps(run)
        def runs(self: Any, *args: Any, **kwargs: Any) -> Any:
            recorder._refuse_while_importing(sys._getframe(1))
            return run(self, *args, **kwargs)

        @wraps(serve)
        async def serves(self: Any, *_args: Any, **_kwargs: Any) -> None:
            recorder._refuse_while_importing(sys._getframe(1))
            recorder._tell_served(self.config)
            await serve(self, [recorder._socket()])

        @wraps(startup)
        async def starts(self: Any, sockets: Any = None) -> None:
            await recorder._start(self, lambda: startup(self, sockets))

        async def main_loop(self: Any) -> None:
            import asyncio

            counter = 0
            while not (self.should_exit or (counter % 10 == 0 and await self.on_tick(counter // 10))):
                counter += 1
                await asyncio.sleep(TICK)

        server.run, server.serve, server.startup, server.main_loop = runs, serves, starts, main_loop

    def _refuse_while_importing(self, frame: Any) -> None:
        if self.importing:
            self.channel.emit("served", where=self.sources.caller(frame))
            raise Served(1)

    def _tell_served(self, config: Any) -> None:
        if config.fd is None and config.uds is None:
            self.network.tell_listening(config.host, config.port, self._where.get(id(config)))

    def _socket(self) -> socket.socket:
        """The parent's socket for the first server, a private one for any further."""
        if not self._claimed:
            self._claimed = True
            return self.listener
        other = socket.socket()
        other.bind(("127.0.0.1", 0))
        return other

    async def _start(self, server: Any, startup: Callable[[], Awaitable[None]]) -> None:
        import asyncio

        self.stacks.loop = asyncio.get_running_loop()
        self.channel.enter("startup")
        try:
            await startup()
        except BaseException as error:
            self._tell_startup_failure(error)
            raise
        if getattr(server.lifespan, "should_exit", False) or not server.started:
            self._tell_startup_failure(None)
            return
        self.channel.emit("started")
        self.channel.emit("unprinted", text=unprinted())
        self.tell_inventory(server.config.loaded_app)
        self.channel.enter("serve")

    def _tell_startup_failure(self, error: BaseException | None) -> None:
        self.fail("startup", self.lifespan_error or error or SystemExit("the lifespan's start-up failed"))

    def tell_inventory(self, app: Any) -> None:
        """The routes, the schema, and which files of the repository have been loaded."""
        found = inventory(app)
        self.channel.emit(
            "inventory",
            framework=found.framework,
            routes=found.routes,
            problem=found.problem,
            openapi=found.openapi,
            origins=found.origins,
            raised=self.sources.describe(found.raised) if found.raised is not None else None,
            imported=self.sources.loaded(),
        )


class Wrapped:
    """The app as the server calls it; exceptions that escape it are told and go on their way."""

    def __init__(self, app: ASGI, recorder: UvicornRecorder) -> None:
        self.app = app
        self.recorder = recorder
        self._served: dict[Any, int] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI 3."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        client = scope.get("client")
        peer = client[1] if client else None
        number = self._served[peer] = self._served.get(peer, -1) + 1
        before = self.recorder.stacks.connects_before = len(self.recorder.network.connects)
        raised, heard = None, False

        async def listen() -> Any:
            nonlocal heard
            message = await receive()
            heard = heard or message["type"] == "websocket.receive"
            return message

        try:
            await self.app(scope, listen if scope["type"] == "websocket" else receive, send)
        except BaseException as error:
            raised = self.recorder.sources.describe(error)
            raise
        finally:
            self.recorder.channel.emit(
                "answered",
                peer=peer,
                number=number,
                raised=raised,
                heard=heard,
                endpoint=endpoint_of(scope),
                connects=self.recorder.network.connects[before:][-1:],
            )

    async def _lifespan(self, scope: Any, receive: Any, send: Any) -> None:
        stopping = False

        async def receives() -> Any:
            nonlocal stopping
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                stopping = True
                self.recorder.channel.enter("shutdown")
            return message

        try:
            await self.app(scope, receives, send)
        except BaseException as error:
            if stopping:
                described = self.recorder.sources.describe(error)
                self.recorder.channel.emit("raised", phase="shutdown", raised=described)
            else:
                self.recorder.lifespan_error = error
            raise


def _unfit(app: Any, interface: str) -> str:
    """Why this is no ASGI application, or "" if it may be one.  ``interface``: what uvicorn takes it for."""
    while type(app).__module__.startswith("uvicorn.middleware"):
        app = app.app
    if not callable(app):
        return f"it cannot be called: its type is {type(app).__name__}"
    is_plain = inspect.isfunction(app) or inspect.isclass(app)
    call = app if is_plain else type(app).__call__
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return ""
    names = [name for name in signature.parameters if name != "self"]
    if names[:1] == ["environ"]:
        return f"{type(app).__name__} is a WSGI application, which uvicorn cannot serve"
    if interface != "asgi2" or _takes_scope_alone(signature, of_class=not is_plain):
        return ""
    name = app.__name__ if is_plain else f"{type(app).__name__}.__call__"
    if len(names) == len(_ASGI_3) and "scope" in names[0]:
        return f"{name} takes {', '.join(names)}, but is not async"
    return f"{name} is a function of {', '.join(names)}, which nobody has called"


def _takes_scope_alone(signature: inspect.Signature, *, of_class: bool) -> bool:
    """May it be called as uvicorn calls what is not async, which it takes for an older ASGI's?"""
    try:
        bound = signature.bind(*(None, None) if of_class else (None,))
    except TypeError:
        return False
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    # a parameter of another meaning is a factory's; a name of one letter has none
    taken = list(bound.arguments)[-1]
    return inspect.Parameter.VAR_POSITIONAL in kinds or "scope" in taken or len(taken) == 1


def _join(value: Any) -> str:
    return ",".join(value) if isinstance(value, (list, tuple)) else str(value or "")
