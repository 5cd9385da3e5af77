"""3xx: what pip is told to install, the Python that it is for, and Debian's packages."""

from __future__ import annotations

import ast
import sys
import time
from dataclasses import replace

import pytest

from pytest_hfspace.checks.build.debian import release_of
from pytest_hfspace.checks.build.python_version import admits, python_version
from pytest_hfspace.checks.build.requirements import requirement_invalid, sdk_pins
from pytest_hfspace.checks.build.syntax import TooOld, problem
from pytest_hfspace.checks.build.system_packages import system_packages
from pytest_hfspace.contract import Stage
from pytest_hfspace.space.dockerfile import parse_dockerfile
from pytest_hfspace.space.image import PipInstall
from pytest_hfspace.space.requirement_lines import read_lines
from pytest_hfspace.space.requirements import Invalid, Place, Requirements
from pytest_hfspace.space.sources import Import, Sources

from .factories import (
    CARD,
    DOCKERFILE,
    make_gradio_space,
    make_image,
    make_space,
    make_static_space,
    only_finding,
    outcome,
)

HERE = sys.version_info.minor


def listed(text, **changes):
    """The requirements of a file with this text, as they are read."""
    lines = read_lines(text, "requirements.txt")
    return replace(
        Requirements(
            tuple(lines.requirements),
            (),
            tuple(lines.invalid),
            options=tuple(lines.options),
            places=tuple(lines.places),
            tools={"requirements.txt": "pip"},
        ),
        **changes,
    )


def docker(text, dockerfile=DOCKERFILE, **changes):
    return make_space(requirements=listed(text, **changes), dockerfile=dockerfile)


def gradio(text="", **changes):
    return make_gradio_space(requirements=listed(text), **changes)


# -- HFS302

HASH = " --hash=sha256:" + "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# pip install x\nfastapi>=0.115,<1  # the web\n\nuvicorn[standard] == 0.30.1\n",
        'pywin32==306; sys_platform == "win32"\n',
        "colorama==0.4 ; platform_system == 'Windows'\npyobjc; sys_platform == 'darwin'\n",
        "pywin32-ctypes\ncomtypes\nappnope\ntensorflow-intel\n",
        "asyncio\nuuid\ntyping\ndataclasses\npathlib\nargparse\n",
        "scikit-learn\nsklearn==0.0\nbs4\npython-dotenv\n",
        "--extra-index-url https://${USER}:${TOKEN}@pypi.example/simple\n-i https://pypi.example/simple\n",
        "-i https://<user>:<password>@pypi.example/simple\n",
        "--pre\n--only-binary=:all:\n--find-links=./wheels\n--trusted-host pypi.example\n",
        "git+https://github.com/o/x.git#egg=x\nx @ https://example.org/x-1.0-py3-none-any.whl\n",
        "flask\nflask\nFlask>=2\nflask==3.0\n",
        "flask==3.0; python_version < '3.9'\nflask==3.1; python_version >= '3.9'\n",
        "flask===3.0\nflask==3.*\n",
        "--extra-index-url https://pypi.example/cpu\ntorch==2.1.0+cpu\ntorch>=2\n",
        "-f https://pypi.example/wheels\ntorch==2.1.0+cu121\n",
        "torch==2.1.0+cpu; sys_platform == 'win32'\n",
        "torch @ https://example.org/torch-2.1.0%2Bcpu-cp312-none-linux.whl\n",
        "flask>=2,<3\nclick>1,<1.0.1\ndemo>=1,<=1\nother==1.*,>1.5\nmore~=1.4,<1.5\nlast>=1,!=1\n",
        "flask>=2.0a1,<2.0\n",
        "flask>=3,<2; sys_platform == 'win32'\n",
        f"flask==3.0{HASH}\nclick==8.1{HASH}\n",
        f"flask==3.0{HASH}\nwin==1; sys_platform == 'win32'\n",
    ],
)
def test_lines_that_pip_takes(text):
    result = outcome(requirement_invalid, docker(text))
    assert (result.outcome, result.findings) == ("passed", ())


def test_where_no_pip_runs():
    assert outcome(requirement_invalid, make_static_space()).applicable is False
    assert outcome(requirement_invalid, make_space(dockerfile=None)).reason == "needs HFS108"


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("pip install flask", "a command"),
        ("!pip install flask", "a command"),
        ("apt-get install ffmpeg", "a command"),
        ("python -m spacy download en_core_web_sm", "a command"),
        ("```", "a fence of Markdown"),
        ("<<<<<<< HEAD", "this line is left from a merge"),
        ("=======", "this line is left from a merge"),
        ("flask=3.0", "a version behind one ="),
        ("flask=>3.0", "a version with its signs turned round"),
        ("flask 3.0", "a version without a sign"),
        ('"flask",', "a text in quotes"),
        ("flask==3.x.x", "a line that pip cannot read"),
        ("flask; python_version > 3.8", "a line that pip cannot read"),
        ("--upgrade", "an option that pip does not take from a file (--upgrade)"),
    ],
)
def test_lines_that_are_no_requirement(line, what):
    finding = only_finding(requirement_invalid, docker(f"fastapi\n{line}\n"))
    sign = ":" if what.startswith("this") else ", but"
    assert finding.message == f"{line} is no requirement{sign} {what}"
    assert (finding.path, finding.line, finding.level) == ("requirements.txt", 2, "error")
    assert f"ERROR: Invalid requirement: {line}" in finding.consequence
    assert finding.hint


def test_many_such_lines_are_one_finding():
    text = "<<<<<<< HEAD\nflask==1.0\n=======\nflask>=1\n>>>>>>> main\n"
    finding = only_finding(requirement_invalid, docker(text))
    assert finding.message.endswith("(2 more such lines)")
    finding = only_finding(requirement_invalid, docker(text.replace("flask>=1", "flask==2.0")))
    assert finding.message.startswith("<<<<<<< HEAD is no requirement: this line is left from a merge")


def test_uv_passes_over_options_that_it_does_not_know():
    space = docker("--upgrade\nflask\n", tools={"requirements.txt": "uv"})
    assert outcome(requirement_invalid, space).outcome == "passed"


def test_a_step_that_may_fail():
    space = docker("pip install x\npywin32\n", lenient=frozenset({"requirements.txt"}))
    assert outcome(requirement_invalid, space).outcome == "passed"


def test_a_project_that_is_not_toml():
    space = docker("", invalid=(Invalid("pyproject.toml", 3, "", "not TOML: Expected '=' (at line 3)"),))
    finding = only_finding(requirement_invalid, space)
    assert finding.message == "pyproject.toml is not TOML: Expected '=' (at line 3)"


@pytest.mark.parametrize(
    ("line", "hint", "consequence"),
    [
        (
            "pywin32==306",
            'pywin32==306; sys_platform == "win32"',
            "No matching distribution found for pywin32==306",
        ),
        ("pyobjc-framework-Cocoa", 'sys_platform == "darwin"', "No matching distribution"),
        ("tensorflow-intel==2.12.0", 'sys_platform == "win32"', "No matching distribution"),
        ("sqlite3", "remove the line", "No matching distribution found for sqlite3"),
        ("os", "remove the line", "No matching distribution found for os"),
        ("ssl", "remove the line", "Failed to build 'ssl'"),
        ("pkg_resources==0.0.0", "remove the line", "No matching distribution"),
        ("cv2", "write opencv-python-headless", "No matching distribution"),
        ("PIL", "write pillow", "No matching distribution"),
        ("sklearn", "write scikit-learn", "deprecated"),
        ("sklearn==0.0.post12", "write scikit-learn", "deprecated"),
    ],
)
def test_names_that_linux_or_the_index_does_not_have(line, hint, consequence):
    finding = only_finding(requirement_invalid, docker(f"fastapi\n{line}\n"))
    assert (finding.line, finding.level) == (2, "error")
    assert line in finding.message
    assert hint in finding.hint
    assert consequence in finding.consequence


@pytest.mark.parametrize(
    ("text", "dockerfile"),
    [
        ("--extra-index-url https://pypi.example/simple\ncv2\nos\n", DOCKERFILE),
        ("cv2\n", DOCKERFILE.replace("install -r", "install --index-url https://pypi.example -r")),
        ("cv2\n", DOCKERFILE.replace("COPY . .", "ENV PIP_EXTRA_INDEX_URL=https://pypi.example")),
        (
            "sklearn\n",
            DOCKERFILE.replace("COPY . .", "ENV SKLEARN_ALLOW_DEPRECATED_SKLEARN_PACKAGE_INSTALL=True"),
        ),
    ],
)
def test_another_index_may_have_them(text, dockerfile):
    assert outcome(requirement_invalid, docker(text, dockerfile)).outcome == "passed"


def place(target, found, text="", **changes):
    return Place("requirements.txt", 3, text or target, target, found=found, **changes)


@pytest.mark.parametrize(
    ("given", "consequence"),
    [
        (
            place("/C:/ci/numpy", False, "numpy @ file:///C:/ci/numpy"),
            "No such file or directory: '/C:/ci/numpy'",
        ),
        (place("./libs/x", False), "File './libs/x' does not exist"),
        (place("./libs/y", False, editable=True), "./libs/y is not a valid editable requirement"),
    ],
)
def test_places_that_are_not_there(given, consequence):
    finding = only_finding(requirement_invalid, docker("", places=(given,)))
    assert (finding.line, finding.level) == (3, "error")
    assert consequence in finding.consequence


def test_a_place_that_the_repository_does_not_have():
    finding = only_finding(requirement_invalid, docker("", places=(place("./vendor/x", False),)))
    assert finding.hint == "add ./vendor/x, or remove the line"
    space = make_space(
        {"vendor/x/setup.py": ""}, requirements=listed("", places=(place("./vendor/x", False),))
    )
    assert only_finding(requirement_invalid, space).hint == "COPY ./vendor/x into the image before pip runs"


def test_places_that_are_there_or_unknown():
    given = (place(".", True), place("./x", None), place("./w", False, marker='sys_platform == "win32"'))
    assert outcome(requirement_invalid, docker("", places=given)).outcome == "passed"


def test_the_gradio_sdk_copies_the_repository_after_pip():
    space = make_gradio_space(requirements=listed("", places=(place(".", True),)))
    assert only_finding(requirement_invalid, space).level == "warn"
    space = make_gradio_space(requirements=listed("", places=(place("./x", False),)))
    assert only_finding(requirement_invalid, space).level == "error"


def test_pins_that_contradict_each_other():
    finding = only_finding(requirement_invalid, docker("flask==1.0\nclick\nFlask==2.0\n"))
    assert (finding.message, finding.line) == ("Flask==2.0 contradicts flask==1.0 in line 1", 3)
    assert "Cannot install flask==1.0 and Flask==2.0 because" in finding.consequence
    assert only_finding(requirement_invalid, docker("flask>=2\nflask==1.0\n")).line == 2
    assert "excludes itself" in only_finding(requirement_invalid, docker("flask==1.0,>=2\n")).message


def test_hashes_of_some_lines():
    finding = only_finding(requirement_invalid, docker(f"flask==3.0{HASH}\nclick==8.1\n"))
    assert finding.line == 2
    assert "Hashes are required in --require-hashes mode" in finding.consequence
    space = docker(f"flask==3.0{HASH}\nclick==8.1\n", tools={"requirements.txt": "uv"})
    assert outcome(requirement_invalid, space).outcome == "passed"
    # the SDK's own packages have none
    finding = only_finding(requirement_invalid, gradio(f"flask==3.0{HASH}\n"))
    assert "the SDK installs gradio without one" in finding.message


@pytest.mark.parametrize("version", ["2.5.1+cu121", "2.5.1+cpu"])
def test_a_version_that_the_public_index_does_not_have(version):
    finding = only_finding(requirement_invalid, docker(f"fastapi\ntorch=={version}\n"))

    assert (finding.line, finding.level) == (2, "error")
    assert "the public index has no version with a + in it" in finding.message
    assert f"a version that satisfies the requirement torch=={version} (from versions" in finding.consequence
    assert finding.hint.startswith("write torch==2.5.1, or name the index of +")
    on_gradio = only_finding(requirement_invalid, gradio(f"torch=={version}\n"))
    assert "No candidate PyTorch version found for ZeroGPU" in on_gradio.consequence


@pytest.mark.parametrize(
    "dockerfile",
    [
        DOCKERFILE.replace("install -r", "install --extra-index-url https://pypi.example/cpu -r"),
        DOCKERFILE.replace("install -r", "install -f https://pypi.example/cpu -r"),
        DOCKERFILE.replace("COPY . .", "ENV PIP_FIND_LINKS=https://pypi.example/cpu"),
        DOCKERFILE.replace("install -r", "install --torch-backend=cpu -r"),
        DOCKERFILE.replace("RUN pip", "RUN pip config set global.index-url https://pypi.example && pip"),
        DOCKERFILE.replace("RUN pip", "RUN pip install --index-url https://pypi.example torch && pip"),
    ],
)
def test_a_version_of_another_index(dockerfile):
    assert outcome(requirement_invalid, docker("torch==2.5.1+cpu\n", dockerfile)).outcome == "passed"


def test_an_image_that_may_have_the_version_already():
    image = make_image(["main.py"], base="pytorch/pytorch:2.5.1")
    space = replace(docker("torch==2.5.1+cu121\n"), image=image)
    assert outcome(requirement_invalid, space).outcome == "passed"


@pytest.mark.parametrize("text", ["numpy>=2,<1.5", "numpy>2,<=2", "numpy~=1.4,>=2", "numpy==1.*,>=2"])
def test_bounds_that_leave_nothing(text):
    finding = only_finding(requirement_invalid, docker(f"fastapi\n{text}\n"))
    assert "no version can satisfy" in finding.message
    assert "No matching distribution found for numpy" in finding.consequence


@pytest.mark.parametrize(
    "line", ["x @ git+ssh://git@example.org/o/x.git", "git+ssh://git@example.org/o/x#egg=x"]
)
def test_what_needs_an_ssh_key(line):
    finding = only_finding(requirement_invalid, docker(f"fastapi\n{line}\n"))
    assert (finding.line, finding.level) == (2, "error")
    assert "Host key verification failed." in finding.consequence
    steps = "RUN git config --global url.https://example.org/.insteadOf ssh://git@example.org/\nRUN pip"
    assert outcome(requirement_invalid, docker(line, DOCKERFILE.replace("RUN pip", steps))).findings == ()


def test_a_password_of_an_index():
    finding = only_finding(requirement_invalid, docker("-i https://me:pw12@pypi.example/simple\n"))
    assert finding.line == 1
    assert "pw12" not in finding.message + finding.hint + finding.consequence


# -- HFS307


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gradio\n",
        "gradio>=5\n",
        "gradio~=6.0\ngradio[oauth]>=6,<7\n",
        "gradio==6.17.3\ngradio==6.*\n",
        "gradio==4.44.0; sys_platform == 'win32'\n",
        "gradio @ https://example.org/gradio-6.17.3-py3-none-any.whl\n",
        "gradio-client==0.1\nfastapi==0.100\n",
        "uvicorn==0.30.1\nuvicorn<1\nuvicorn>0.14.0,<0.15\nwebsockets~=12.0\nwebsockets==11.*\n",
    ],
)
def test_requirements_beside_the_sdk(text):
    assert outcome(sdk_pins, gradio(text)).outcome == "passed"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("gradio==4.44.0", "gradio==6.17.3"),
        ("gradio[mcp]<6", "gradio==6.17.3"),
        ("gradio~=5.0", "gradio==6.17.3"),
        ("gradio>6.17.3", "gradio==6.17.3"),
        ("uvicorn==0.13.4", "uvicorn>=0.14.0"),
        ("uvicorn~=0.13.2", "uvicorn>=0.14.0"),
        ("uvicorn<0.14", "uvicorn>=0.14.0"),
        ("websockets<10", "websockets>=10.4"),
        ("websockets==10.3", "websockets>=10.4"),
    ],
)
def test_requirements_against_the_sdk(line, wanted):
    finding = only_finding(sdk_pins, gradio(f"pandas\n{line}\n"))
    assert finding.message == f"{line} contradicts {wanted}, which the SDK installs in the same step"
    assert (finding.path, finding.line, finding.level) == ("requirements.txt", 2, "error")
    assert f"Cannot install {line} and {wanted} because these package versions have" in finding.consequence
    assert "ResolutionImpossible" in finding.consequence


def test_the_pin_may_be_right_and_the_card_wrong():
    assert "sdk_version: 4.44.0" in only_finding(sdk_pins, gradio("gradio==4.44.0\n")).hint


@pytest.mark.parametrize("version", ["", "sdk_version: latest\n", "sdk_version:\n"])
def test_a_card_that_names_no_version(version):
    space = make_gradio_space(requirements=listed("gradio==4.44.0\n"), card=f"sdk: gradio\n{version}")
    assert outcome(sdk_pins, space).outcome == "skipped"


def test_an_sdk_version_without_patch():
    space = make_gradio_space(
        requirements=listed("gradio==6.17\n"), card='sdk: gradio\nsdk_version: "6.17"\n'
    )
    assert outcome(sdk_pins, space).outcome == "passed"


def test_an_earlier_step_is_not_the_same_step():
    early = read_lines("gradio==4.44.0\n", "pre-requirements.txt").requirements
    space = make_gradio_space(requirements=replace(listed(""), declared=tuple(early)))
    assert outcome(sdk_pins, space).outcome == "passed"
    assert outcome(sdk_pins, make_space()).applicable is False


# -- HFS309


def read(code, python="3.12", dockerfile=DOCKERFILE, **changes):
    files = {"main.py": code, **changes.pop("files", {})}
    space = make_space(files, dockerfile=dockerfile, image=make_image(files, python=python, **changes))
    try:
        trees = {"main.py": ast.parse(code)}
    except SyntaxError:
        trees = {}
    return space, Sources(app=("main.py",), trees=trees)


def python(code, version="3.12", **changes):
    space, sources = read(code, version, **changes)
    return outcome(python_version, space, space_sources=sources)


MATCH = "match x:\n    case 1:\n        pass\n"
SYNTAX = {
    8: "if (n := 1):\n    pass\n",
    10: MATCH,
    11: "try:\n    pass\nexcept* ValueError:\n    pass\n",
    12: "type X = int\n",
    13: "class A[T = int]:\n    pass\n",
}


@pytest.mark.parametrize("since", [since for since in SYNTAX if since <= HERE])
def test_syntax_of_a_newer_python(since):
    code = SYNTAX[since].encode()
    assert problem(code, since) is None
    found = problem(b"import os\n" + code, since - 1)
    assert found is not None
    assert (found.since, found.line >= 2) == (since, True)


@pytest.mark.skipif(HERE < 12, reason="PEP 701 is read since 3.12")
@pytest.mark.parametrize(
    ("code", "free"),
    [
        ("f'{a[\"b\"]}'", False),
        ('f"{a[\'b\']}" + "{" + f"{b}"', False),
        ('f"{a!r:>{width}} # {b:#x}"', False),
        ('f"{a}\\n"', False),
        ('f"""{a["b"]}"""', False),
        ("f'{{a}} {b}'", False),
        ('f"{a["b"]}"', True),
        ("f'{f'{a}'}'", True),
        ("f\"{'\\n'.join(a)}\"", True),
        ('f"{a\n}"', True),
    ],
)
def test_free_f_strings(code, free):
    assert (problem(f"x = {code}\n".encode(), 11) is not None) is free
    assert problem(f"x = {code}\n".encode(), 12) is None


@pytest.mark.parametrize(
    "code",
    [
        "match = 1\nmatch.x = 2\ntype = 3\ncase = match\n",
        "print('except *')\n",
        "'\\d'\n",
        "async def f(): pass\n",
    ],
)
def test_words_that_are_no_syntax(code):
    assert problem(code.encode(), 6) is None


def test_a_file_that_no_python_reads():
    result = python("print 'hello'\n", f"3.{HERE}")
    (finding,) = result.findings
    assert (result.outcome, finding.path, finding.line) == ("failed", "main.py", 1)
    assert finding.message.startswith(f"Python 3.{HERE} cannot read this line: Missing parentheses")
    assert "SyntaxError" in finding.consequence


def test_an_older_interpreter_cannot_tell():
    with pytest.raises(TooOld):
        problem(b"print 'hello'\n", HERE + 1)
    result = python("def f(:\n", f"3.{HERE + 1}")
    assert (result.outcome, "this Python is older" in result.reason) == ("skipped", True)


@pytest.mark.skipif(HERE < 10, reason="match is syntax since 3.10")
def test_the_version_to_write():
    (finding,) = python(MATCH, "3.9").findings
    assert "needs Python 3.10, and the Space's is 3.9" in finding.message
    assert "FROM python:3.10-slim" in finding.hint


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"python": None}, "the image's Python is not known"),
        ({"python": "3.1"}, "needs HFS104"),
        ({"dockerfile": DOCKERFILE.replace("COPY . .", "RUN uv python install 3.13")}, "another Python"),
        (
            {"dockerfile": DOCKERFILE.replace("COPY . .", "RUN apt-get install -y python3.11")},
            "another Python",
        ),
    ],
)
def test_a_python_that_is_not_known(changes, reason):
    space, sources = read("x = 1\n", **changes)
    result = outcome(python_version, space, space_sources=sources)
    assert (result.outcome, reason in result.reason) == ("skipped", True)


def test_other_files_are_not_the_apps():
    space = make_space({"tests/broken.py": "def f(:\n", "templates/{{x}}.py": "{{ x }}\n"})
    result = outcome(python_version, space, space_sources=Sources(app=("main.py",)))
    assert result.outcome == "passed"


def project(wanted, tool="pip", table="[project]\nname = 'shop'\nrequires-python = ", **changes):
    install = PipInstall(
        tool,
        (),
        (),
        project=True,
        line=4,
        directory="/app",
        sources={"/app/pyproject.toml": "pyproject.toml"},
    )
    files = {"pyproject.toml": f"{table}{wanted!r}\n"}
    return python("x = 1\n", "3.12", files=files, installs=(install._replace(**changes),))


def test_requires_python():
    assert project(">=3.10,<3.13").outcome == "passed"
    # the patch version decides
    assert project(">=3.12.4").outcome == "passed"
    # uv fetches another Python
    assert project(">=3.13", tool="uv").outcome == "passed"
    assert project(">=3.13", conditional=True).outcome == "passed"
    (finding,) = project(">=3.13").findings
    assert (finding.path, finding.line) == ("pyproject.toml", 3)
    assert "requires a different Python: 3.12 not in '>=3.13'" in finding.consequence


@pytest.mark.skipif(HERE < 11, reason="tomllib is there since 3.11")
def test_requires_python_of_poetry():
    (finding,) = project(
        "^3.13", table="[tool.poetry]\nname='shop'\n[tool.poetry.dependencies]\npython = "
    ).findings
    assert finding.line == 4


@pytest.mark.parametrize(
    ("wanted", "version", "answer"),
    [(">=3.12", "3.12", True), ("<3.12", "3.12", False), (">=3.12.4", "3.12", None),
     (">=3.12.4", "3.12.1", False), ("!", "3.12", None)],
)  # fmt: skip
def test_admits(wanted, version, answer):
    assert admits(wanted, version) is answer


def test_hostile_sources_end_quickly():
    sources = [b"x = " + b"(" * 100_000, b'f"' + b"{" * 200_000, b"f'{x" * 100_000, b"\x00"]
    sources += [b"match x:" * 50_000, b"\n" * 500_000, b"# " + b"[" * 500_000, b"#@a(" * 100_000]
    sources += [b" " * 500_000, b"#f'" + b"{a}" * 100_000]
    started = time.perf_counter()
    for source in sources:
        for minor in (8, HERE):
            found = problem(source, minor)
            assert found is None or found.line
    assert time.perf_counter() - started < 20


# -- HFS310


@pytest.mark.parametrize(
    ("image", "release"),
    [
        ("python:3.12-slim", 13),
        ("python:3.12", 13),
        ("docker.io/library/python:3.13", 13),
        ("python", 13),
        ("python:3.12-slim-bookworm", 12),
        ("python:3.12-trixie", 13),
        ("debian:12-slim", 12),
        ("debian", 13),
        ("python:3.12.3-slim", None),
        ("python:3.8", None),
        ("python:3.12-slim-bullseye", None),
        ("python:3.12-alpine", None),
        ("python@sha256:0", None),
        ("ubuntu:24.04", None),
        ("nvidia/cuda:12.4.0-base-ubuntu22.04", None),
        ("python:-slim", None),
        ("", None),
    ],
)
def test_releases(image, release):
    assert release_of(image) == release


def apt(step, base="python:3.12-slim"):
    text = DOCKERFILE.replace("python:3.12-slim", base).replace("COPY . .\n", f"RUN {step}\nCOPY . .\n")
    return make_space(dockerfile=text)


@pytest.mark.parametrize(
    "space",
    [
        make_space(),
        apt("apt-get update && apt-get install -y --quiet libgl1 libasound2 libglib2.0-0 git"),
        apt("apt-get install -y libgl1-mesa-glx", "python:3.12-slim-bookworm"),
        apt("apt-get install -y libgl1-mesa-glx", "python:3.12.3-slim"),
        apt("apt-get install -y libgl1-mesa-glx", "ubuntu:22.04"),
        apt("apt-get install -y libgl1-mesa-glx || apt-get install -y libgl1"),
        apt("apt-get remove -y netcat; echo libgl1-mesa-glx"),
        apt("echo deb x > /etc/apt/sources.list.d/x.list && apt-get install -y libgl1-mesa-glx"),
        make_space({"packages.txt": "ffmpeg\n"}, dockerfile=DOCKERFILE.replace(
            "COPY . .", "RUN xargs apt-get install -y < packages.txt")),
        make_space({"packages.txt": "ffmpeg\n"}, dockerfile=DOCKERFILE.replace(
            "COPY . .", "RUN apt-get install -y ffmpeg")),
        # a list of something else
        make_space({"packages.txt": "The packages of this shop: 3 of them.\n"}),
        make_gradio_space({"packages.txt": "ffmpeg libgl1\nlibsm6\n"}),
        make_gradio_space({"packages.txt": "libgl1-mesa-glx\n"},
                          card='sdk: gradio\npython_version: "3.10.13"\n'),
        make_gradio_space({"packages.txt": "ffmpeg\n", "apt.txt": "ffmpeg\n"}),
        make_gradio_space({"package.txt": "Hello, World!\n"}),
    ],
)  # fmt: skip
def test_packages_that_are_there(space):
    result = outcome(system_packages, space, space_sources=Sources())
    assert (result.outcome, result.findings) == ("passed", ())


@pytest.mark.parametrize(
    ("space", "message", "consequence"),
    [
        (
            apt("apt-get update && apt-get install -y libgl1-mesa-glx=1 git"),
            "has no package libgl1-mesa-glx",
            "E: Package 'libgl1-mesa-glx' has no installation candidate",
        ),
        (
            apt("apt-get install -y software-properties-common", "python:3"),
            "software-properties-common",
            "E: Unable to locate package software-properties-common",
        ),
        (apt("apt install -y netcat", "python:3.12-bookworm"), "Debian 12", "no installation candidate"),
        (
            make_space({"packages.txt": "git ffmpeg\n", "start.sh": "# git\nffmpeg -version\n"}),
            "no step installs ffmpeg; start.sh has ffmpeg",
            "not installed",
        ),
        (
            make_space({"packages.txt": "curl\n"}, dockerfile=f"{DOCKERFILE}HEALTHCHECK CMD curl -f x\n"),
            "no step installs curl; Dockerfile has curl",
            "not installed",
        ),
        (
            make_gradio_space({"packages.txt": "ffmpeg\nlibgl1-mesa-glx\n"}),
            "libgl1-mesa-glx",
            "exit code 100",
        ),
        (make_gradio_space({"packages.txt": "# video\nffmpeg\n"}), "has a comment", "package #"),
        (
            make_gradio_space({"packages.txt": "ffmpeg\r\nlibgl1\r\n"}),
            "Windows line ends",
            "Unable to locate",
        ),
        (make_gradio_space({"package.txt": "ffmpeg\n"}), "package.txt is not read", "not installed"),
        (make_gradio_space({"Packages.txt": "ffmpeg\n"}), "Packages.txt is not read", "not installed"),
        (make_gradio_space(untracked={"packages.txt": "ffmpeg\n"}), "git does not track it", "not installed"),
    ],
)
def test_packages_that_are_not_there(space, message, consequence):
    finding = only_finding(system_packages, space, space_sources=Sources())
    assert message in finding.message
    assert consequence in finding.consequence
    assert finding.level == "warn"
    assert finding.hint


def test_the_line_of_the_word_in_a_long_step():
    space = apt(
        "apt-get update && \\\n    apt-get install -y \\\n    # libgl1-mesa-glx\n    git \\\n    netcat"
    )
    space = replace(space, dockerfile=parse_dockerfile(space.files.text("Dockerfile")))
    finding = only_finding(system_packages, space, space_sources=Sources())
    assert (finding.message.split()[-1], finding.line) == ("netcat", 9)


USES_CV2 = Sources(app=("main.py",), absent=(Import("cv2", "main.py", 1),))


def opencv(text="opencv-python==4.10\n", step="true", base="python:3.12-slim", **changes):
    space = apt(step, base)
    image = make_image(["main.py"], base=base)
    return replace(space, **{"requirements": listed(text), "image": image, **changes})


@pytest.mark.parametrize(
    ("space", "sources"),
    [
        (opencv("opencv-python-headless\n"), USES_CV2),
        (opencv("opencv-python\nopencv-python-headless\n"), USES_CV2),
        (opencv("opencv-python; sys_platform == 'win32'\n"), USES_CV2),
        (opencv("fastapi\n"), USES_CV2),
        (opencv(base="python:3.12"), USES_CV2),
        (opencv(base="example.org/python:3.12-slim"), USES_CV2),
        (opencv(step="apt-get update && apt-get install -y libgl1 libglib2.0-0"), USES_CV2),
        (opencv(step="apt-get install -y ffmpeg"), USES_CV2),
        (opencv(step="apt-get install -y libopencv-dev git"), USES_CV2),
        (opencv(step="xargs apt-get install -y < packages"), USES_CV2),
        (opencv(image=make_image([], not_followed=("line 3: RUN ./x.sh",))), USES_CV2),
        (opencv(), Sources(app=("main.py",))),
        (opencv(), Sources(absent=(Import("cv2", "main.py", 1, optional=True),))),
    ],
)
def test_opencv_that_may_be_imported(space, sources):
    assert outcome(system_packages, space, space_sources=sources).findings == ()


@pytest.mark.parametrize("name", ["opencv-python", "opencv-contrib-python"])
@pytest.mark.parametrize("step", ["true", "apt-get update && apt-get install -y git curl"])
def test_opencv_without_the_library_that_draws(name, step):
    finding = only_finding(system_packages, opencv(f"fastapi\n{name}\n", step), space_sources=USES_CV2)
    assert finding.message == f"{name} needs libGL.so.1, which python:3.12-slim has not"
    assert (finding.path, finding.line, finding.level) == ("requirements.txt", 2, "warn")
    assert finding.predicts is Stage.RUNTIME_ERROR
    assert "libGL.so.1: cannot open shared object file" in finding.consequence


@pytest.mark.parametrize(
    ("packages", "program"),
    [
        ("ffmpeg\n", "# ffmpeg\n"),
        ("ffmpeg\n", "import ffmpegish\n"),
        ("git\n", "x = '.git'\n"),
        ("git\n", "x = 'my-git'\n"),
    ],
)
def test_packages_that_nothing_is_seen_to_use(packages, program):
    space = make_space({"packages.txt": packages, "main.py": program})

    finding = only_finding(system_packages, space, space_sources=Sources(app=("main.py",)))

    assert finding.level == "note"
    assert finding.message.startswith("packages.txt is not read: the card says sdk: docker, and no step ")
    assert finding.hint.endswith(" in the Dockerfile, or remove packages.txt")


@pytest.mark.parametrize(
    ("packages", "program", "said"),
    [
        ("ffmpeg\n", "run(['ffmpeg', '-i', x])\n", "no step installs ffmpeg; main.py has ffmpeg"),
        ("ffmpeg\n", "run('/usr/bin/ffmpeg')\n", "no step installs ffmpeg; main.py has ffmpeg"),
        ("git\nlibgl1\n", "import cv2\n", "no step installs libgl1; main.py has cv2"),
        (
            "tesseract-ocr\n",
            "import pytesseract\n",
            "no step installs tesseract-ocr; main.py has pytesseract",
        ),
    ],
)
def test_packages_that_the_app_uses(packages, program, said):
    space = make_space({"packages.txt": packages, "main.py": program})

    finding = only_finding(system_packages, space, space_sources=Sources(app=("main.py",)))

    assert (finding.level, said in finding.message) == ("warn", True)


def test_the_base_of_the_stage_counts():
    text = (
        "ARG V=3.12\nFROM python:${V} AS base\nFROM base\nRUN apt-get install -y libgl1-mesa-glx\n"
        + DOCKERFILE
    )
    finding = only_finding(system_packages, make_space(dockerfile=text), space_sources=Sources())
    assert finding.line == 4


def test_a_static_space_has_none():
    for check in (python_version, system_packages):
        assert outcome(check, make_static_space(), space_sources=Sources()).applicable is False
    assert "sdk: docker" in CARD
