"""From modules to distributions, and from declared distributions to those that come with them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_hfspace.checks.distributions import (
    Closure,
    Declared,
    Installed,
    applies,
    brought,
    closure,
    installed_for,
)
from pytest_hfspace.checks.modules import candidates, is_standard, minor

from .factories import make_image, make_rehearsal, make_requirements, make_site, make_space


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("PIL.Image", ("pillow",)),
        ("sklearn", ("scikit-learn",)),
        ("jose.jwt", ("python-jose",)),
        ("google.cloud.storage", ("google-cloud-storage",)),
        ("google.cloud.bigquery.Client", ("google-cloud-bigquery", "google-cloud")),
        ("google.cloud.secretmanager", ("google-cloud-secret-manager",)),
        ("google.protobuf", ("protobuf",)),
        ("google", ("google",)),
        ("azure.ai.inference", ("azure-ai-inference", "azure-ai")),
        ("sse_starlette", ("sse-starlette",)),
        ("cgi", ("legacy-cgi",)),
        ("spwd", ()),
    ],
)
def test_the_distributions_of_a_module(module, names):
    assert candidates(module)[: len(names)] == names
    assert bool(candidates(module)) is bool(names)


@pytest.mark.parametrize(
    ("module", "python", "holds"),
    [
        ("os.path", "3.12", True),
        ("__future__", "", True),
        ("fastapi", "3.12", False),
        ("audioop", "", True),
        ("audioop", "3.12.9", True),
        ("audioop", "3.13", False),
        ("imp", "3.11", True),
        ("imp", "3.12", False),
        ("tomllib", "3.10.4", False),
        ("tomllib", "3.11", True),
        ("tomllib", "", True),
        ("parser", "3.9", True),
    ],
)
def test_what_python_itself_has(module, python, holds):
    assert is_standard(module, python) is holds


@pytest.mark.parametrize(
    ("text", "number"), [("3.12", 12), ("3.9.1", 9), ("3", None), ("", None), ("3.123", None), ("2.7", None)]
)
def test_the_minor_version(text, number):
    assert minor(text) == number


# -- what is installed


def test_the_requirements_of_what_is_installed(tmp_path):
    there = Installed(make_site(tmp_path, ("Foo.Bar 1.5", ("spam>=1",))))

    assert there.requires("foo-bar") == ["spam>=1"]
    assert there.version("foo-bar") == "1.5"
    assert there.requires("pytest") is None
    assert there.requires("") is None
    assert there.version("pytest") == ""
    assert Installed().version("pytest") == pytest.__version__


def test_the_distribution_that_has_a_module(tmp_path):
    there = Installed(
        make_site(
            tmp_path,
            ("one 1", (), ("one.py", "shared/left/__init__.py")),
            ("two 1", (), ("two/__init__.py", "shared/right.py")),
            ("three 1", (), ("fast.abi3.so", "twofold/x.py")),
            ("four 1", (), ("__editable__.four-1.pth",)),
        )
    )

    assert there.providers("one") == ("one",)
    assert there.providers("two.anything") == ("two",)
    assert there.providers("fast") == ("three",)
    assert there.providers("shared.left.x") == ("one",)
    assert there.providers("shared.right") == ("two",)
    assert sorted(there.providers("shared.gone")) == ["one", "two"]
    assert there.providers("four") == ("four",)
    assert there.providers("nothing") == ()


@pytest.mark.parametrize(
    ("metadata", "record"),
    [(b"\xff\xfe\x00", b"\xff\xfe"), (b"", b""), (b"Requires-Dist: [[[\nName: odd\n", b"\n\n,,,\n")],
)
def test_metadata_that_are_garbage(metadata, record, tmp_path):
    folder = tmp_path / "odd-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_bytes(metadata)
    (folder / "RECORD").write_bytes(record)
    there = Installed((str(tmp_path),))

    found = closure(frozenset({Declared("odd")}), there)

    assert "odd" in found.names
    assert there.providers("else_where") == ()


def test_a_directory_that_is_not_there(tmp_path):
    there = Installed((str(tmp_path / "gone"),))

    assert there.requires("odd") is None
    assert there.providers("odd") == ()


def test_the_interpreter_that_the_app_runs_in(tmp_path):
    site = make_site(tmp_path, ("odd 1",))

    assert installed_for(make_rehearsal(site=site)).requires("odd") == []
    assert installed_for(make_rehearsal()).requires("odd") is None
    assert installed_for(make_rehearsal(site=site)) is installed_for(make_rehearsal(site=site))


# -- what comes with what


def closed(*names, installed=Installed(), **versions):  # noqa: B008 - frozen
    return closure(frozenset(Declared(name) for name in names), installed, **versions)


def test_the_closure_of_what_is_not_installed_is_not_known():
    found = closed("not-a-distribution-here", "httpx")

    assert found.unknown == ("not-a-distribution-here",)
    assert {"httpx", "httpcore", "anyio", "not-a-distribution-here"} <= found.names
    assert found.parents["httpcore"] == "httpx"


def test_what_an_extra_names_is_asked_for(tmp_path):
    texts = ("b", 'c[deep]; extra == "more"', 'd; extra == "other"')
    there = Installed(
        make_site(tmp_path, ("a 1", texts), ("b 1",), ("c 1", ('e; extra == "deep"',)), ("e 1",))
    )

    bare = closed("a", installed=there)
    more = closure(frozenset({Declared("a", frozenset({"more"}))}), there)

    assert bare.names - {"pip", "setuptools", "wheel"} == {"a", "b"}
    assert more.names - {"pip", "setuptools", "wheel"} == {"a", "b", "c", "e"}
    assert more.direct - {"pip", "setuptools", "wheel"} == {"a", "c"}


def test_requirements_in_a_circle_end(tmp_path):
    there = Installed(make_site(tmp_path, ("a 1", ("b[x]",)), ("b 1", ('a[y]; extra == "x"', "b"))))

    assert {"a", "b"} <= closed("a", installed=there).names


@pytest.mark.parametrize(
    ("python", "here", "names", "unknown"),
    [
        ("3.10", "3.12.1", {"backport"}, ()),
        ("3.10", "3.10.1", {"backport"}, ("backport",)),
        ("3.12", "3.12.1", set(), ()),
        ("3.12", "3.10.1", set(), ()),
    ],
)
def test_markers_are_read_for_the_spaces_python(python, here, names, unknown, tmp_path):
    there = Installed(make_site(tmp_path, ("a 1", ('backport; python_version < "3.11"',))))

    found = closed("a", installed=there, python=python, here=here)

    assert found.names & {"backport"} == names
    assert found.unknown == unknown


@pytest.mark.parametrize(("python", "holds"), [("3.11", True), ("3.12", False), (None, False)])
def test_what_comes_with_python_itself(python, holds):
    space = make_space(image=make_image(["main.py"], python=python))

    assert ("setuptools" in brought(space, make_rehearsal()).names) is holds
    assert "pip" in brought(space, make_rehearsal()).names


def test_a_requirement_for_a_newer_python_is_not_missed_here(tmp_path):
    requirements = make_requirements("audioop-lts\n")
    declared = requirements.declared[0]._replace(marker='python_version >= "3.13"')
    space = make_space(
        requirements=replace(requirements, declared=(declared,)),
        image=make_image(["main.py"], python="3.13"),
    )
    older = replace(space, image=make_image(["main.py"], python="3.12"))
    rehearsal = make_rehearsal(python="3.12.1", site=make_site(tmp_path))

    assert "audioop-lts" in brought(space, rehearsal).names
    assert brought(space, rehearsal).unknown == ()
    assert "audioop-lts" not in brought(older, rehearsal).names


def test_nothing_declared_brings_nothing():
    assert closed() == Closure(frozenset({"pip"}), (), frozenset({"pip"}), {})


@pytest.mark.parametrize(
    ("marker", "extras", "python", "holds"),
    [
        ('sys_platform == "linux"', (), "", True),
        ('sys_platform == "win32"', (), "", False),
        ('platform_machine == "x86_64"', (), "", True),
        ('extra == "standard"', (), "", False),
        ('extra == "standard"', ("standard",), "", True),
        ('python_version < "3.11"', (), "3.10", True),
        ('python_version < "3.11"', (), "3.11.2", False),
        ('python_full_version >= "3.11.3"', (), "3.11.4", True),
        ("no marker at all", (), "", True),
    ],
)
def test_markers_are_those_of_the_hubs_linux(marker, extras, python, holds):
    assert applies(marker, extras, python) is holds


@pytest.mark.parametrize(
    ("specifier", "unknown"),
    [
        ("", ()),
        (">=2", ()),
        ("==2.1", ()),
        ("<3", ()),
        ("<2.9,>2.5", ()),
        ("<2", ("a",)),
        ("==1.4.2", ("a",)),
    ],
)
def test_another_major_version_may_bring_other_distributions(tmp_path, specifier, unknown):
    there = Installed(make_site(tmp_path, ("a 2.4",)))
    found = closure(frozenset({Declared("a", specifier=specifier)}), there)

    assert found.unknown == unknown
    assert ("2.4 is installed here" in found.reason) is bool(unknown)
