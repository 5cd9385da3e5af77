"""RUN --mount: which files of the context a step sees besides those of the image."""

from __future__ import annotations

from ..dockerfile import Instruction
from .copying import Context
from .stage import Copy, Stage, absolute


def mounts(
    instruction: Instruction, stage: Stage, context: Context
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The context's files that are mounted for a step, by image path, and the directories where
    something else is: another stage, a cache, a secret."""
    found: dict[str, str] = {}
    elsewhere: list[str] = []
    for mount in instruction.flags.get("mount", "").split("\n"):
        given = dict(part.partition("=")[::2] for part in mount.split(","))
        target = given.get("target") or given.get("dst") or given.get("destination") or ""
        target = stage.resolve(stage.expand(target))
        if given.get("type", "bind") != "bind" or "from" in given or not mount:
            elsewhere += [target] if mount else []
            continue
        source = given.get("source") or given.get("src") or "."
        source = absolute(stage.expand(source), "/").lstrip("/")
        if source in context:
            found[target] = source
        elif stage.tree.spend(len(context.paths)):
            found |= {
                absolute(path[len(source) :].lstrip("/"), target): path for path in context.below(source)
            }
        there = source in context or bool(context.below(source))
        certain = "$" not in mount and context.is_certain(source)
        stage.mounts.append(
            Copy(source or ".", target, instruction.line, there, certain=certain, instruction="RUN --mount")
        )
    return found, tuple(elsewhere)
