"""What is wrong with a line of a requirements file, told as pip would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...check import Finding
from ...space import Space
from ...space.requirement_lines import Place
from ...space.requirements import Invalid, Option, Requirement
from ..distributions import applies
from ..serving import one_line
from .package_names import (
    IMPORT_NAMES,
    ONLY_PINNED,
    OTHER_SYSTEM,
    OTHER_SYSTEM_FAMILIES,
    PHANTOMS,
    PYTHON_2,
    STANDARD,
)

_QUOTE: Final = 80

_IN_BUILD: Final = "remove it, and run it while the image is built: in a RUN, or by packages.txt"

LEFT_FROM_MERGE: Final = "this line is left from a merge"

#: What a line that is no requirement may be instead: what it looks like, what it is, what to do.
_KINDS: Final = (
    (r"(<{7}|={7}$|>{7}|\|{7})", LEFT_FROM_MERGE, "finish the merge, and remove its marks"),
    (r"(```|~~~)", "a fence of Markdown", "remove the fences: the file has requirements only"),
    (r"(!|%|\$ |> )?(sudo |python3? -m |uv )?pip3? install\b", "a command", "write the requirement alone"),
    (r"(\$ )?(sudo )?(apt|apt-get|apk|brew|conda|mamba|npm) ", "a command", _IN_BUILD),
    (r"python3? |git clone|curl |wget |cd |export ", "a command", _IN_BUILD),
    (r"[\w.-]+(\[[^\]]*\])?\s*(=>|=<|==>|==<)", "a version with its signs turned round", "write >= or <="),
    (r"[\w.-]+(\[[^\]]*\])?\s*=[^=]", "a version behind one =", "write == for a version"),
    (r"[\w.-]+(\[[^\]]*\])?\s+v?\d", "a version without a sign", "write == before the version"),
    (r"[\"'].*[\"'],?$", "a text in quotes", "write it without quotes and comma"),
    (r"<[!a-zA-Z/]", "HTML", "replace the file: this looks like a web page"),
)  # fmt: skip

_CREDENTIALS: Final = re.compile(r"://[^\s/:@]*:(?P<password>[^\s/@]+)@")
_PLACEHOLDER: Final = re.compile(r"\$|<|\{|…|\*{3}|^(?:password|token|secret|x+|changeme)$", re.IGNORECASE)

_NOT_FOUND: Final = (
    'pip ends with "ERROR: Could not find a version that satisfies the requirement {text} '
    '(from versions: none)" and "ERROR: No matching distribution found for {text}".'
)
_SKLEARN: Final = (
    "pip ends with \"The 'sklearn' PyPI package is deprecated, use 'scikit-learn' rather than 'sklearn' "
    'for pip commands."'
)


def invalid_line(line: Invalid, others: int) -> Finding:
    """A line that pip does not understand; ``others``: how many more the file has."""
    if line.path.endswith(".toml"):
        return _invalid_project(line)
    text = one_line(line.text, _QUOTE)
    more = f" ({others} more such lines)" if others > 1 else " (1 more such line)" if others else ""
    what, hint = _kind(line.text.strip())
    return Finding(
        f"{text} is no requirement{':' if what == LEFT_FROM_MERGE else ', but'} {what}{more}",
        hint,
        line.path,
        line.line,
        consequence=f'pip ends with "ERROR: Invalid requirement: {text}", and the build fails.',
    )


def is_merge_mark(line: Invalid) -> bool:
    """Is it what git leaves in a file that two sides changed?"""
    return _kind(line.text.strip())[0] == LEFT_FROM_MERGE


def _invalid_project(line: Invalid) -> Finding:
    path, reason = one_line(line.path, 60), one_line(line.reason, 120)
    text = one_line(line.text, _QUOTE)
    return Finding(
        f"{text} is no dependency that pip understands: {reason}" if text else f"{path} is {reason}",
        "write each dependency as pip does: name>=1.0" if text else "mend the TOML",
        line.path,
        line.line,
        consequence="pip cannot read the project, and the build ends with an error.",
    )


def _kind(text: str) -> tuple[str, str]:
    if text.startswith("-"):
        name = one_line(re.split(r"[\s=]", text)[0], 40)
        return f"an option that pip does not take from a file ({name})", "give it on pip's command line"
    for pattern, what, hint in _KINDS:
        if re.match(pattern, text):
            return what, hint
    return "a line that pip cannot read", "write one requirement a line, as name, name>=1.0 or name==1.2.3"


def missing_place(place: Place, *, is_gradio: bool, tracked: bool = True) -> Finding:
    """A path that does not lie in the image; ``tracked``: the repository has it."""
    target = one_line(place.target, _QUOTE)
    text = one_line(place.text, _QUOTE)
    if place.target.startswith("/") or re.match(r"[A-Za-z]:", place.target):
        path = place.target if place.target.startswith("/") else f"/{place.target}"
        return Finding(
            f"{text} names a path of the machine that the list was made on",
            f"write {_named(place)}",
            place.path,
            place.line,
            consequence='pip ends with "ERROR: Could not install packages due to an OSError: [Errno 2] '
            f"No such file or directory: '{one_line(path, _QUOTE)}'\".",
        )
    said = (
        f"{target} is not a valid editable requirement. It should either be a path to a local project "
        "or a VCS URL"
        if place.editable
        else f"Invalid requirement: '{target}' … File '{target}' does not exist."
    )
    lacks = "the repository has no package there" if is_gradio else "nothing is copied there before this step"
    hint = f"track {target} with git" if is_gradio else f"COPY {target} into the image before pip runs"
    if not (tracked or is_gradio):
        lacks, hint = "the repository has no such file or directory", f"add {target}, or remove the line"
    return Finding(
        f"{text} installs from {target}, and {lacks}",
        hint,
        place.path,
        place.line,
        consequence=f'pip ends with "ERROR: {said}".',
    )


def _named(place: Place) -> str:
    name = place.text.partition("@")[0].strip()
    return f"{one_line(name, 60)}== and its version" if "@" in place.text else "the name of the package"


def wrong_name(space: Space, requirement: Requirement, *, other_index: bool) -> Finding | None:
    """A distribution that is not there for Linux, or not there at all."""
    name, text = requirement.name, one_line(requirement.text, _QUOTE)
    if requirement.url or (requirement.marker and not applies(requirement.marker)):
        return None
    system = OTHER_SYSTEM.get(name) or next(
        (system for start, system in OTHER_SYSTEM_FAMILIES.items() if name.startswith(start)), ""
    )
    if name in ONLY_PINNED and "==" not in requirement.specifier:
        system = ""
    asked = f"{requirement.name}{requirement.specifier}"
    if system:
        platform = {"Windows": "win32", "macOS": "darwin"}[system]
        return Finding(
            f"{text} is a package for {system}, and the Hub builds on Linux",
            f'remove the line, or write {text}; sys_platform == "{platform}"',
            requirement.path,
            requirement.line,
            consequence=_NOT_FOUND.format(text=asked),
        )
    if name == "sklearn":
        return _sklearn(space, requirement)
    if other_index:
        return None
    if name in PHANTOMS | STANDARD | PYTHON_2:
        what = "is no package" if name in PHANTOMS else "is a part of Python, not a package"
        return Finding(
            f"{text} {what}",
            "remove the line",
            requirement.path,
            requirement.line,
            consequence=f"pip ends with \"ERROR: Failed to build '{name}'\": the index's is for Python 2."
            if name in PYTHON_2
            else _NOT_FOUND.format(text=asked),
        )
    if name in IMPORT_NAMES:
        return Finding(
            f"{text} is the name to import, not that of a package",
            f"write {IMPORT_NAMES[name]}",
            requirement.path,
            requirement.line,
            consequence=_NOT_FOUND.format(text=asked),
        )
    return None


def _sklearn(space: Space, requirement: Requirement) -> Finding | None:
    # sklearn==0.0 is an empty package that brings scikit-learn; only what came after refuses
    is_old = requirement.specifier in ("==0.0", "==0.0.0")
    allowed = "SKLEARN_ALLOW_DEPRECATED_SKLEARN_PACKAGE_INSTALL"
    told = space.dockerfile is not None and any(
        allowed in instruction.text for instruction in space.dockerfile.instructions
    )
    if is_old or told:
        return None
    return Finding(
        f"{one_line(requirement.text, _QUOTE)} is a name that refuses to be installed",
        "write scikit-learn",
        requirement.path,
        requirement.line,
        consequence=_SKLEARN,
    )


def contradictions(requirements: list[Requirement]) -> Iterator[Finding]:
    """Lines of one file of which no version fits all."""
    by_name: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        if requirement.specifier and not requirement.url and not requirement.marker:
            by_name.setdefault(requirement.name, []).append(requirement)
    for name, lines in by_name.items():
        clash = next(filter(None, (_clash(lines, index) for index in range(len(lines)))), None)
        if clash is None:
            continue
        pinned, other = clash
        if pinned is other:
            first = one_line(pinned.text, _QUOTE)
            yield Finding(
                f"{first} asks for a version that it excludes itself",
                "write one that all its parts admit",
                pinned.path,
                pinned.line,
                consequence=f'pip ends with "ERROR: No matching distribution found for {first}".',
            )
            continue
        later, earlier = sorted((pinned, other), key=lambda each: each.line, reverse=True)
        first, second = one_line(earlier.text, _QUOTE), one_line(later.text, _QUOTE)
        yield Finding(
            f"{second} contradicts {first} in line {earlier.line}",
            f"keep one of the two lines of {name}",
            later.path,
            later.line,
            consequence=f'pip ends with "ERROR: Cannot install {first} and {second} because these package '
            'versions have conflicting dependencies." and "ResolutionImpossible".',
        )


def unsatisfiable(requirement: Requirement, *, other_index: bool) -> Finding | None:
    """A specifier that no version, or none of the public index, satisfies."""
    if requirement.url or (requirement.marker and not applies(requirement.marker)):
        return None
    text = one_line(requirement.text, _QUOTE)
    asked = f"{requirement.name}{requirement.specifier}"
    local = _LOCAL.search(requirement.specifier)
    if local is not None and not other_index:
        message = f"{text} asks for +{local[2]}, and the public index has no version with a + in it"
        hint = f"write {requirement.name}=={local[1]}, or name the index of +{local[2]} by --extra-index-url"
    elif _PLAIN.fullmatch(requirement.specifier) and not admits_from(requirement.specifier, "0"):
        message = f"{text}: no version can satisfy {requirement.specifier}"
        hint = "write bounds that leave a version between them"
    else:
        return None
    zero = '; on ZeroGPU the log may say "No candidate PyTorch version found for ZeroGPU"'
    return Finding(
        message,
        hint,
        requirement.path,
        requirement.line,
        consequence=f'pip ends with "ERROR: Could not find a version that satisfies the requirement {asked} '
        f'(from versions: …)" and "ERROR: No matching distribution found for {asked}"'
        f"{zero if local and requirement.name == 'torch' else ''}.",
    )


#: ``==2.5.1+cu121``: the version and its local part.
_LOCAL: Final = re.compile(r"(?:^|,)===?([^,*+]+)\+([^,*]+)(?:,|$)")
#: Several bounds, no pin, and none that is a pre-release or the like.
_PLAIN: Final = re.compile(
    r"(?!.*==[^*,]*(?:,|\Z))(?:[<>=!~]=|[<>])[\d.]+\*?(?:,(?:[<>=!~]=|[<>])[\d.]+\*?){1,9}"
)


def by_ssh(space: Space, requirement: Requirement) -> Finding | None:
    """What git fetches with a key, which no build of the Hub has."""
    if not _SSH.match(requirement.url) or (requirement.marker and not applies(requirement.marker)):
        return None
    instructions = space.dockerfile.instructions if space.dockerfile else ()
    if any(_KEYS.search(f"{each.flags.get('mount', '')} {each.text}") for each in instructions):
        return None
    return Finding(
        f"{one_line(requirement.text, _QUOTE)} is fetched with an SSH key, which the build does not have",
        "write git+https:// and the host's path; for a private repository, with a token from a build secret",
        requirement.path,
        requirement.line,
        consequence='pip ends with "Host key verification failed." and "fatal: Could not read from remote '
        'repository.", and the build fails.',
    )


_SSH: Final = re.compile(r"(?:git\+)?ssh://|git\+git@")
#: What may bring a key, or another way to the same repository.
_KEYS: Final = re.compile(r"insteadof|known_hosts|keyscan|\.ssh|type=ssh|GIT_SSH|GIT_CONFIG", re.IGNORECASE)


def _clash(lines: list[Requirement], index: int) -> tuple[Requirement, Requirement] | None:
    """A pin, and the line that does not admit it."""
    pinned = lines[index]
    exact = re.search(r"(?:^|,)===?([^,*]+)(?:,|$)", pinned.specifier)
    if exact is None:
        return None
    return next(((pinned, other) for other in lines if not admits(other.specifier, exact[1])), None)


def admits(specifier: str, version: str) -> bool:
    """Does a specifier admit a version?  True for one that is none."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True


def admits_from(specifier: str, floor: str) -> bool:
    """Does any version from ``floor`` on satisfy it?  Looked for near every bound, and far above."""
    from packaging.version import Version

    bounds = re.findall(r"\d+(?:\.\d+)*", specifier)[:20]
    near = [each for bound in bounds for each in (bound, f"{bound}.0.1", f"{bound}.0.0.0.1")]
    candidates = [floor, f"{floor}.0.1", "99999", *near]
    return any(admits(specifier, each) for each in candidates if Version(each) >= Version(floor))


def unhashed(requirements: list[Requirement], *, is_gradio: bool) -> Finding | None:
    """A line without a hash where another has one."""
    hashed = next((each for each in requirements if each.hashed), None)
    if hashed is None:
        return None
    said = (
        'pip ends with "ERROR: Hashes are required in --require-hashes mode, but they are missing from some '
        'requirements here."'
    )
    bare = next((each for each in requirements if not each.hashed and _is_asked_for(each)), None)
    if bare is not None:
        text = one_line(bare.text, _QUOTE)
        return Finding(
            f"{text} has no --hash, and line {hashed.line} has one: pip then wants them all",
            "write the hashes of every line, or of none",
            bare.path,
            bare.line,
            consequence=said,
        )
    if is_gradio:
        return Finding(
            "the file has hashes, and the SDK installs gradio without one in the same step",
            "write the file without --hash",
            hashed.path,
            hashed.line,
            consequence=said,
        )
    return None


def _is_asked_for(requirement: Requirement) -> bool:
    return not requirement.marker or applies(requirement.marker)


def credentials(option: Option) -> Finding | None:
    """A password in an index's address that the check of secrets does not know for one."""
    from ...space.secrets import find_secrets

    found = _CREDENTIALS.search(option.text)
    if found is None or _PLACEHOLDER.search(found["password"]) or any(find_secrets(option.text)):
        return None
    name = one_line(option.text.split()[0].partition("=")[0], 40)
    return Finding(
        f"{name} has a user and a password in the address of the index",
        "write ${INDEX_USER}:${INDEX_PASSWORD}, which pip takes from the build's environment",
        option.path,
        option.line,
        consequence="Whoever can read the Space's files can read the password.",
    )
