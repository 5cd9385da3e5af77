"""What one start of the app has told so far, and how it reads as facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..space.secret_names import is_secret_name
from .facts import Connect, FileUse, Listener, Listening, Logged, Raised, Read, Where
from .layout import Layout
from .process import Event


@dataclass
class Log:
    """The events of one process, sorted by kind as they come; times of the monotonic clock."""

    layout: Layout
    phase: str = "launch"
    times: dict[str, float] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    files: list[FileUse] = field(default_factory=list)
    bound: list[tuple[str, int, Where | None, str, int]] = field(default_factory=list)
    failed: tuple[str, Raised] | None = None
    before: str = ""
    aside: Raised | None = None
    connects: list[str] = field(default_factory=list)
    connected: list[Connect] = field(default_factory=list)
    logged: list[Logged] = field(default_factory=list)
    listening: list[Listening] = field(default_factory=list)
    served_where: tuple[Where | None] | None = None
    unfit: str = ""
    inventory: Event | None = None
    answered: dict[tuple[int, int], Event] = field(default_factory=dict)
    shutdown_raised: Raised | None = None
    stack: Where | None = None
    stack_told: bool = False
    stack_connects: list[str] = field(default_factory=list)
    status: int | None = None
    peak_rss: int = 0
    left: int = 0
    in_place_of: str = ""
    unconfined: str = ""
    unprinted: str = ""
    gone: bool = False

    def take(self, event: Event) -> str:
        """Sort one event in; its name, or "" for one that is malformed: it is dropped."""
        name: str = event["event"]
        handler = getattr(self, f"_on_{name}", None)
        try:
            self.times.setdefault(name, float(event["at"]))
            if handler is not None:
                handler(event)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError):
            return ""
        return name

    def where(self, data: Any) -> Where | None:
        """A file and line of the child as a line of the repository."""
        return self.layout.locate(str(data[0]), int(data[1])) if data else None

    def raised(self, data: Any) -> Raised | None:
        """An exception of the child."""
        if not data:
            return None
        kinds = tuple(str(kind) for kind in data["kinds"]) or ("Exception",)
        return Raised(
            kinds,
            str(data["message"]),
            self.where(data["where"]),
            self.raised(data["cause"]),
            tuple(str(name) for name in data.get("libraries", ())),
        )

    # -- one method for each event

    def _on_phase(self, event: Event) -> None:
        self.phase = str(event["phase"])
        self.before = ""
        self.times.setdefault(f"phase {self.phase}", event["at"])

    def _on_listener(self, event: Event) -> None:
        port = event["port"]
        self.listeners.append(
            Listener(
                server=str(event["server"]),
                host=event["host"],
                port=int(port) if port is not None else None,
                where=self.where(event["where"]),
                reload=bool(event["reload"]),
                workers=int(event["workers"]),
                forwarded_allow_ips=str(event["forwarded_allow_ips"]),
                proxy_headers=bool(event["proxy_headers"]),
                root_path=str(event["root_path"]),
                tls=bool(event["tls"]),
                by_name=bool(event["by_name"]),
                graceful=None if event.get("graceful") is None else float(event["graceful"]),
            )
        )

    def _on_read(self, event: Event) -> None:
        name = str(event["name"])
        default = event["default"]
        self.reads.append(
            Read(
                name=name,
                where=self.where(event["where"]),
                default=None if default is None else str(default),
                required=bool(event["required"]),
                given=bool(event["given"]),
                phase=event["phase"],
                secret=bool(event.get("secret", False)) or is_secret_name(name),
                type=str(event.get("type", "")),
                reader=str(event["reader"]),
                own=bool(event["own"]),
            )
        )
        if "field" in event:
            self.fields[str(event["field"])] = name

    def _on_file(self, event: Event) -> None:
        path = str(event["path"])
        inside = self.layout.image_path(path)
        self.files.append(
            FileUse(
                path=inside or path,
                where=self.where(event["where"]),
                found=bool(event["found"]),
                write=bool(event["write"]),
                database=bool(event.get("database")),
                phase=event["phase"],
            )
        )

    def _on_connect(self, event: Event) -> None:
        self.connected.append(
            Connect(str(event["host"]), int(event["port"]), self.where(event["where"]), event["phase"])
        )

    def _on_logged(self, event: Event) -> None:
        self.logged.append(
            Logged(
                logger=str(event["logger"]),
                message=str(event["message"]),
                where=self.where(event["where"]),
                phase=event["phase"],
                raised=self.raised(event["raised"]),
            )
        )

    def _on_bound(self, event: Event) -> None:
        actual = int(event["actual"][1])
        self.bound.append(
            (str(event["host"]), int(event["port"]), self.where(event["where"]), str(event["phase"]), actual)
        )

    def _on_listening(self, event: Event) -> None:
        self.listening.append(
            Listening(str(event["host"]), int(event["port"]), self.where(event["where"]), event["phase"])
        )

    def _on_raised(self, event: Event) -> None:
        error = self.raised(event["raised"])
        if error is None:
            return
        if self.aside is not None and event["phase"] == "launch":
            error = error._replace(cause=self.aside)  # the command before the server that ended it
            event = {**event, "connects": self.connects}
        if event["phase"] == "shutdown":
            self.shutdown_raised = error
        elif self.failed is None:
            self.failed = (str(event["phase"]), error)
            self.connects = [str(target) for target in event.get("connects", ())]

    def _on_before(self, event: Event) -> None:
        self.before = " ".join(str(word) for word in event["words"])

    def _on_aside(self, event: Event) -> None:
        self.aside = self.raised(event["raised"])
        self.connects = [str(target) for target in event["connects"]]

    def _on_served(self, event: Event) -> None:
        self.served_where = (self.where(event["where"]),)

    def _on_imported(self, event: Event) -> None:
        self.unfit = self.unfit or str(event["unfit"])

    def _on_inventory(self, event: Event) -> None:
        self.inventory = event

    def _on_answered(self, event: Event) -> None:
        self.answered[int(event["peer"]), int(event["number"])] = event

    def _on_stack(self, event: Event) -> None:
        self.stack, self.stack_told = self.where(event["where"]), True
        self.stack_connects = [str(target) for target in event["connects"]]

    def _on_exited(self, event: Event) -> None:
        self.status = int(event["status"])
        self.peak_rss = int(event["peak_rss"])
        self.left = int(event["left"])

    def _on_confined(self, event: Event) -> None:
        self.unconfined = str(event["problem"])

    def _on_unprinted(self, event: Event) -> None:
        self.unprinted = str(event["text"])

    def _on_in_place_of(self, event: Event) -> None:
        self.in_place_of = str(event["server"])

    def _on_gone(self, _event: Event) -> None:
        self.gone = True
