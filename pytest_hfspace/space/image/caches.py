"""Where libraries keep what they download, and which commands make them download it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple


class Library(NamedTuple):
    """``directories``: variables that name the cache, each with the part below, the first that is set
    counts; else ``default`` below ``~``.  ``elsewhere``: variables with a say that is not modelled.
    ``calls``: code that downloads; ``told``: code that says where to."""

    name: str
    directories: tuple[tuple[str, str], ...]
    default: str
    calls: re.Pattern[str]
    told: re.Pattern[str]
    elsewhere: tuple[str, ...] = ()


LIBRARIES: Final[Mapping[str, Library]] = {
    "huggingface": Library(
        "the Hugging Face cache",
        (
            ("HF_HUB_CACHE", ""),
            ("HUGGINGFACE_HUB_CACHE", ""),
            ("HF_HOME", "hub"),
            ("XDG_CACHE_HOME", "huggingface/hub"),
        ),
        ".cache/huggingface/hub",
        re.compile(
            r"\bfrom_pretrained\(\s*f?['\"][\w-]+[/'\"]|\b(?:snapshot_download|hf_hub_download)\("
            r"|\bpipeline\(\s*['\"]|\bSentenceTransformer\(\s*['\"]\w|\bCrossEncoder\(\s*['\"]\w"
        ),
        re.compile(r"cache_dir|local_dir|cache_folder|save_pretrained|\.save\(|HF_HOME|HF_HUB_CACHE|environ"),
        ("TRANSFORMERS_CACHE", "SENTENCE_TRANSFORMERS_HOME"),
    ),
    "torch": Library(
        "the Torch Hub cache",
        (("TORCH_HOME", "hub"), ("XDG_CACHE_HOME", "torch/hub")),
        ".cache/torch/hub",
        re.compile(r"\btorch\.hub\.load\("),
        re.compile(r"set_dir|TORCH_HOME|environ"),
    ),
    "nltk": Library(
        "the NLTK data",
        (),
        "nltk_data",
        re.compile(r"\bnltk\.download\(\s*['\"]"),
        re.compile(r"download_dir|data\.path|NLTK_DATA|environ"),
        ("NLTK_DATA",),
    ),
    "whisper": Library(
        "the Whisper models",
        (("XDG_CACHE_HOME", "whisper"),),
        ".cache/whisper",
        re.compile(r"\bwhisper\.load_model\("),
        re.compile(r"download_root|environ"),
    ),
    "playwright": Library(
        "Playwright's browsers",
        (("PLAYWRIGHT_BROWSERS_PATH", ""),),
        ".cache/ms-playwright",
        re.compile(r"(?!)"),
        re.compile(r"PLAYWRIGHT_BROWSERS_PATH"),
    ),
}

_HUB_PROGRAMS: Final = frozenset({"hf", "huggingface-cli"})


def directory(kind: str, variables: Mapping[str, str], home: str | None) -> str | None:
    """Where a library looks, given these variables and this home; None where that is not known."""
    library = LIBRARIES[kind]
    if any(variables.get(name) for name in library.elsewhere):
        return None
    for name, below in library.directories:
        if variables.get(name):
            return posixpath.normpath(posixpath.join("/", variables[name], below))
    return posixpath.join(home, library.default) if home else None


def filled(name: str, text: Sequence[str], code: str) -> str:
    """The kind of the cache that a command fills for certain, or "".

    ``code``: the Python that it runs, where that is written in the step.
    """
    words = list(text)
    if name in ("python", "npx") and words[:2] == ["-m", "playwright"]:
        name, words = "playwright", words[2:]
    elif name == "npx" and words and words[0] in ("playwright", "--yes", "-y"):
        name, words = "playwright", [word for word in words if word not in ("playwright", "--yes", "-y")]
    if name == "playwright":
        return "playwright" if words[:1] == ["install"] else ""
    if name in _HUB_PROGRAMS:
        options = {word.partition("=")[0] for word in words}
        told = options & {"--local-dir", "--cache-dir", "--help"}
        return "huggingface" if words[:1] == ["download"] and not told else ""
    if words[:2] == ["-m", "nltk.downloader"]:
        return "nltk" if len(words) > 2 and not {"-d", "--dir"} & set(words) else ""
    found = [
        kind
        for kind, library in LIBRARIES.items()
        if library.calls.search(code) and not library.told.search(code)
    ]
    return found[0] if found else ""
