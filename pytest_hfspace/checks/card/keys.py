"""Keys of a card that are nearly known ones: other case, other separators, a slip of the pen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ...space.card import Field
from .schema import RULES

#: Keys of every repository's card that are worth a hint when they are misspelt.  [model-cards]
_REPOSITORY_KEYS: Final = ("license", "language", "library_name", "pipeline_tag", "base_model")

#: Keys that the Hub knows, or once knew, besides: none of them is a slip.  [model-cards, datasets-cards]
_LEGAL: Final = frozenset(
    {
        *("annotations_creators", "arxiv", "author", "authors", "base_model_relation", "co2_eq_emissions"),
        *("configs", "dataset_info", "doi", "eval_results", "gated", "inference", "instance_prompt"),
        *("language_bcp47", "language_creators", "languages", "license_details", "license_link"),
        *("license_name", "licenses", "mask_token", "metrics", "model-index", "model_name", "model_type"),
        *("multilinguality", "new_version", "paperswithcode_id", "pretty_name", "quantized_by"),
        *("size_categories", "source_datasets", "spaces", "task_categories", "task_ids"),
        *("train-eval-index", "viewer", "widget"),
    }
)

_TARGETS: Final = (*RULES, *_REPOSITORY_KEYS)

#: A longer key is none that somebody mistyped.
_LONGEST_KEY: Final = max(map(len, _TARGETS)) + 4


def _folded(key: str) -> str:
    return re.sub(r"[\W_]+", "", key).casefold()


_BY_FOLDED: Final = {_folded(key): key for key in _TARGETS}


def spelled_otherwise(key: str) -> str:
    """The known key that this one is in another case or with other separators, or ""."""
    if key in _TARGETS or len(key) > _LONGEST_KEY:
        return ""
    return _BY_FOLDED.get(_folded(key), "")


def misspelt(fields: Mapping[str, Field], wanted: str) -> Field | None:
    """The field of the card that is very likely the one wanted, under another name."""
    return next((field for field in fields.values() if meant(field, fields) == wanted), None)


def meant(field: Field, fields: Mapping[str, Field]) -> str:
    """The known key that was meant by this one of a card's ``fields``, or "".

    A slip counts only where the known key is not there itself.
    """
    key = field.key
    if key in _TARGETS or key in _LEGAL or len(key) > _LONGEST_KEY:
        return ""
    other = spelled_otherwise(key)
    if other:
        return other
    if key == "port" and "app_port" not in fields and _is_docker(fields):
        return "app_port"
    near = (
        target
        for target in _TARGETS
        if target not in fields and _is_slip(key, target) and _is_plausible(target, field.value)
    )
    return next(near, "")


def _is_docker(fields: Mapping[str, Field]) -> bool:
    return "sdk" in fields and fields["sdk"].value == "docker"


def _is_plausible(target: str, value: Any) -> bool:
    """``model: owner/name`` was meant for ``models``; ``model: large`` is a key of somebody's own."""
    if target not in ("models", "datasets"):
        return True
    entries = value if isinstance(value, list) else [value]
    return all(isinstance(entry, str) and RULES[target].accepts(entry) for entry in entries)


def _is_slip(key: str, target: str) -> bool:
    """One edit in a key of four letters and more, two in a long one."""
    written, known = _folded(key), _folded(target)
    if len(known) < 4 or abs(len(written) - len(known)) > 2 or written[:1] != known[:1]:
        return False
    allowed = 1 if len(known) < 10 else 2
    return _distance(written, known) <= allowed and not _has_another_word(key, target)


def _has_another_word(key: str, target: str) -> bool:
    """Another letter makes another word of a short one: ``tabs`` and ``tags``, ``api`` and ``app``."""
    words = zip(re.split(r"[\W_]+", key), re.split(r"[\W_]+", target), strict=False)
    return any(
        len(one) == len(other) <= 4 and sorted(one.casefold()) != sorted(other.casefold())
        for one, other in words
    )


def _distance(left: str, right: str) -> int:
    """Edits that make one text of the other; two neighbours that change places are one edit."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
