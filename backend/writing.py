"""The one thread of a process that writes to the database."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future

from sqlalchemy.engine import Engine

from .database import writer_of
from .report import Submission
from .store import Outcome, store

#: How many reports wait to be written, and how many of them one transaction takes.
MOST_WAITING = 500
MOST_TOGETHER = 100

#: Seconds that the first of them waits for others: a transaction costs more than that.
PATIENCE = 0.004

_log = logging.getLogger(__name__)
_Job = tuple[Submission, "Future[Outcome]"]


class Busy(Exception):
    """More reports wait than there is room for."""


class Writer:
    """Stores reports in the order in which they come.

    Whatever waits while one transaction is written goes together into the next: a commit waits for
    the disk, and so many reports share one wait.  ``history``: how many runs are kept of which Space;
    ``stored``: called in the writer's thread when reports were stored.
    """

    def __init__(self, engine: Engine, history: Callable[[str], int], stored: Callable[[], None]) -> None:
        self._engine = writer_of(engine)
        self._history = history
        self._stored = stored
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="board-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def submit(self, submission: Submission) -> Future[Outcome]:
        """Have it stored.  The future ends when that is committed, or with the database's error.

        Raises :class:`Busy`.
        """
        future: Future[Outcome] = Future()
        try:
            self._jobs.put_nowait((submission, future))
        except queue.Full:
            raise Busy from None
        return future

    def close(self) -> None:
        """Write what waits, then end."""
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        for batch in self._batches():
            jobs = [job for job in batch if job[1].set_running_or_notify_cancel()]
            if jobs:
                self._write(jobs)

    def _batches(self) -> Iterator[list[_Job]]:
        job = self._jobs.get()
        while job is not None:
            batch: list[_Job] = []
            time.sleep(PATIENCE)
            try:
                while job is not None and len(batch) < MOST_TOGETHER:
                    batch.append(job)
                    job = self._jobs.get_nowait()
            except queue.Empty:
                yield batch
                job = self._jobs.get()
            else:
                yield batch

    def _write(self, jobs: list[_Job]) -> None:
        try:
            with self._engine.begin() as connection:
                outcomes = store(connection, [submission for submission, _ in jobs], self._history)
        except Exception as error:  # noqa: BLE001 (whoever waits is told, and the thread goes on)
            _log.exception("%d reports could not be stored", len(jobs))
            for _, future in jobs:
                future.set_exception(error)
            return
        for (_, future), outcome in zip(jobs, outcomes, strict=True):
            future.set_result(outcome)
        self._stored()
