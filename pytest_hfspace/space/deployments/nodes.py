"""A YAML document as nodes that know their lines, at bounded cost: nothing is expanded or made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

#: No workflow nests deeper, or has more values.
_DEEPEST: Final = 40
_MOST: Final = 20_000


@dataclass
class Node:
    """``text`` of a scalar, else ``items`` of a list or ``pairs`` of a mapping.

    ``line``: from 1; of a list or mapping behind a key, the key's.  ``block``: the scalar's text
    begins on the line below its own, and keeps its lines.
    """

    line: int
    text: str = ""
    items: list[Node] = field(default_factory=list)
    pairs: dict[str, Node] = field(default_factory=dict)
    block: bool = False

    def get(self, *keys: str) -> Node | None:
        """The value behind these keys, or None; a merge key (``<<``) counts."""
        node: Node | None = self
        for key in keys:
            if node is None:
                return None
            merged = node.pairs.get("<<")
            node = node.pairs.get(key) or (merged.pairs.get(key) if merged else None)
        return node

    def said(self, *keys: str) -> str:
        """The text behind these keys, or ""."""
        found = self.get(*keys)
        return found.text if found else ""


@dataclass
class _Open:
    """A list or mapping that is not closed yet; ``key`` waits for its value."""

    node: Node
    is_mapping: bool
    key: Node | None = None

    def add(self, node: Node, *, shared: bool) -> None:
        if not self.is_mapping:
            self.node.items.append(node)
        elif self.key is None:
            self.key = node
        else:
            if not shared and (node.items or node.pairs or not node.text):
                node.line = self.key.line
            self.node.pairs[self.key.text] = node
            self.key = None


def read_nodes(text: str) -> Node | None:
    """The first document; None for what is no YAML mapping, or is absurdly large."""
    import yaml

    try:
        return _read(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _read(text: str) -> Node | None:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    top = Node(1)
    stack = [_Open(top, is_mapping=False)]
    anchors: dict[str, Node] = {}
    for count, event in enumerate(yaml.parse(text, Loader=loader)):
        if count > _MOST or len(stack) > _DEEPEST:
            return None
        if isinstance(event, yaml.DocumentEndEvent):
            break
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
            continue
        node = _node(event, anchors)
        if node is None:
            continue
        stack[-1].add(node, shared=isinstance(event, yaml.AliasEvent))
        if isinstance(event, yaml.CollectionStartEvent):
            stack.append(_Open(node, isinstance(event, yaml.MappingStartEvent)))
    found = top.items[0] if top.items else None
    return found if found is not None and found.pairs else None


def _node(event: Any, anchors: dict[str, Node]) -> Node | None:
    """What an event begins; None for one that begins nothing."""
    import yaml

    line = event.start_mark.line + 1
    if isinstance(event, yaml.AliasEvent):
        # a name that is not defined is a value all the same: keys and values must stay in step
        return anchors.get(str(event.anchor), Node(line))
    if isinstance(event, yaml.ScalarEvent):
        node = Node(line, event.value, block=event.style == "|")
    elif isinstance(event, yaml.CollectionStartEvent):
        node = Node(line)
    else:
        return None
    if event.anchor is not None:
        anchors[event.anchor] = node
    return node
