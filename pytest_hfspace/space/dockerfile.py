"""A Dockerfile as a sequence of instructions.  Says what is written, not what it means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heredoc:
    name: str
    body: str
    line: int
    #: False where the delimiter was quoted: nothing inside is expanded
    expand: bool = True


@dataclass(frozen=True)
class Instruction:
    """``name`` in upper case; ``text`` the rest with continuations joined and flags removed;
    ``words`` the JSON array where it is one (exec form), else None."""

    name: str
    text: str
    line: int
    flags: dict[str, str]
    words: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()


@dataclass(frozen=True)
class Dockerfile:
    path: str
    instructions: tuple[Instruction, ...]
    #: what could not be parsed: (line, sentence)
    errors: tuple[tuple[int, str], ...] = ()

    @property
    def stages(self) -> tuple[tuple[Instruction, ...], ...]:
        """The instructions of each build stage, its FROM first; ARGs before are not included."""
        raise NotImplementedError


def parse_dockerfile(text: str, path: str = "Dockerfile") -> Dockerfile:
    raise NotImplementedError
