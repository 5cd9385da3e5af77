"""What a file's first bytes and its name tell of it: text, binary, or an LFS pointer."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final, Literal

#: What the Hub takes of a file outside LFS and Xet, in bytes.  [spaces-github-actions]
LARGEST_PLAIN: Final = 10 * 2**20

#: As far as git looks for a NUL.
HEAD: Final = 8000

#: Bytes that a pointer has: about 130, a few more with extensions.
POINTER_SIZES: Final = range(60, 400)
LONGEST_POINTER: Final = 1024

Kind = Literal["source", "data", "text", "unknown"]

_BOMS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)

_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\r?\n(?:ext-.*\n)*"
    rb"oid sha256:([0-9a-f]{1,64})\r?\nsize (\d{1,15})\r?\n?"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Suffixes of what people write by hand, or tools write as text.
_SOURCE: Final = _words("""
    adoc astro bash bat c cc cfg clj cmake cmd coffee conf cpp cs css cts cxx dart dockerignore edn ejs
    elm env erb ex exs fish gitattributes gitignore gitkeep gitmodules go gql gradle graphql groovy h
    haml hbs hcl hpp hs htm html http ini j2 java jinja jinja2 jl js json5 jsonc jsx kt kts less lock
    lua m4 make mako map markdown md mdx mjs mk ml mts nix php pl pm po pot prisma proto ps1 pug py pyi
    pyx r rake rb rkt rs rst sass sbt scala scm scss service sh sol sql styl svelte swift tex tf tfvars
    tmpl toml tpl ts tsx typed vim vue webmanifest xhtml xsd xsl xslt yaml yml zsh
""")

#: Suffixes of text that a machine writes, and that may be large enough for LFS.
_DATA: Final = _words("bib crt diff geojson ipynb json jsonl ndjson patch pem properties rtf svg vtt xml")

#: Suffixes of text that comes in every encoding, also in some that git takes for binary.
_TEXT: Final = _words("asc csv log out srt text tsv txt")

#: Names without a suffix.
_NAMES: Final = _words("""
    authors brewfile changelog changes codeowners containerfile contributing copying dockerfile gemfile
    jenkinsfile justfile licence license maintainers makefile manifest notice pipfile procfile rakefile
    readme vagrantfile version
""")


@lru_cache(maxsize=1 << 16)
def kind_of(path: str) -> Kind:
    """What the name promises: of "source" and "data" that it is text, of "text" that it nearly always
    is, of "unknown" nothing.  Only "source" is never kept in LFS."""
    name = path.rpartition("/")[2].lower()
    stem, _, suffix = name.rpartition(".")
    if suffix in _SOURCE or name in _NAMES or stem in ("containerfile", "dockerfile"):
        return "source"
    return "data" if suffix in _DATA else "text" if suffix in _TEXT else "unknown"


def is_binary(head: bytes) -> bool:
    """Is it what git calls binary?  UTF-16 and UTF-32 with a byte order mark are text."""
    return b"\0" in head[:HEAD] and not head.startswith(_BOMS)


def pointer(content: bytes) -> tuple[str, int] | None:
    """Name and size in bytes of the file that an LFS pointer stands for; None where it is none."""
    found = _POINTER.match(content)
    return (found[1].decode(), int(found[2])) if found else None
