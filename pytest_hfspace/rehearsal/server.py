"""The Space's server for a project's own tests: the real start command on a free port."""

from __future__ import annotations

import time
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ..space import Space
from ..space.command import Port, StartCommand
from ..space.image import gradio_image
from .director import Director, Options
from .process import AppProcess

if TYPE_CHECKING:
    import httpx
    from typing_extensions import Self


#: how long, in seconds, nothing has been printed when the log counts as complete
SETTLED = 0.05
#: how long, in seconds, an app that goes on printing is waited for
LONGEST_SETTLING = 1.0


class ServerDidNotStart(Exception):
    """The app did not come up; the text says why, on one line."""


class SpaceServer:
    """The app as the Space runs it, in a process of its own that ends with this object.

    Where nothing says how it is started, it is ``uvicorn`` with the Space's app.  Used as a
    context manager, or with :meth:`start` and :meth:`stop`.
    """

    def __init__(self, space: Space, options: Options | None = None) -> None:
        self._space = _startable(space)
        self._options = options or Options()
        self._director: Director | None = None
        self._process: AppProcess | None = None

    def start(self) -> Self:
        """Start it and wait until it serves; nothing is done where it does already.

        Raises :class:`ServerDidNotStart`.
        """
        if self._director is None:
            self._director = Director(self._space, self._options, lambda _phase: None)
            try:
                self._director.begin()
                self._director.routes()
            except BaseException:
                self.stop()
                raise
            self._process = self._director.process
            reason = self._director.reason
            if reason or self._process is None:
                self.stop()
                raise ServerDidNotStart(" ".join((reason or "it was stopped").split()))
        return self

    def stop(self) -> None:
        """End it, with all that it has started and written.  Safe to call again."""
        if self._director is not None:
            self._director.abort()
            self._director = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        if self._process is None:
            raise ServerDidNotStart("it has not been started")
        return self._process.port

    @property
    def url(self) -> str:
        """Its root, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it has printed so far, its beginning and its end if it was much.

        Waits until nothing more comes: what an answer was printed with may still be on its way.
        """
        if self._process is None:
            return ""
        text, before = self._process.output.text(), None
        until = time.monotonic() + LONGEST_SETTLING
        while text != before and time.monotonic() < until:
            time.sleep(SETTLED)
            text, before = self._process.output.text(), text
        return text

    def get(self, path: str = "/", **options: Any) -> httpx.Response:
        """GET a path, with what ``httpx.get`` takes."""
        import httpx

        return httpx.get(f"{self.url}{path}", **{"trust_env": False, **options})


def _startable(space: Space) -> Space:
    if space.command is not None:
        return space
    words = ("uvicorn", space.app, "--host", "0.0.0.0", "--port", str(space.port))  # noqa: S104 - as a Space
    command = StartCommand(
        words, "uvicorn", "", None, cwd="/app", target=space.app, port=Port(space.port, "literal")
    )
    return replace(space, command=command, image=gradio_image(space.files, None))
