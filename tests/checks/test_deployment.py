"""2xx: workflows that send the repository to the Hub, and what the Hub does not host."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from pytest_hfspace.check import predicted_stage
from pytest_hfspace.checks.push.deployment import platform_policy, sync_workflow
from pytest_hfspace.contract import Stage
from pytest_hfspace.space.deployments import Deployment
from pytest_hfspace.space.image import Command
from pytest_hfspace.space.sources import Import, Sources

from .factories import (
    DOCKERFILE,
    make_gradio_space,
    make_image,
    make_requirements,
    make_space,
    only_finding,
    outcome,
)

WORKFLOW = ".github/workflows/sync.yml"
PUSH = Deployment("git push", WORKFLOW, 14, fetch_depth=0, lfs=True, checkout=8, workflow=WORKFLOW)
SYNC = Deployment("hub-sync", WORKFLOW, 10, space_sdk="docker", checkout=8, workflow=WORKFLOW, sdk_line=13)


def of(*steps, space=None):
    return outcome(sync_workflow, space, space_deployments=steps)


def only(*steps, space=None):
    return only_finding(sync_workflow, space, space_deployments=steps)


# -- HFS209


@pytest.mark.parametrize(
    "step",
    [
        PUSH,
        SYNC,
        # uploads need no history
        SYNC._replace(kind="upload", space_sdk=None),
        PUSH._replace(fetch_depth=None, complete=True),
        PUSH._replace(fetch_depth=None, unknown=frozenset({"fetch-depth"})),
        PUSH._replace(fetch_depth=None, checkout=None),
        # no file is in LFS
        PUSH._replace(lfs=False),
        SYNC._replace(lfs=True, lfs_files=("model.bin",)),
        SYNC._replace(unknown=frozenset({"lfs", "space_sdk"}), space_sdk=None, lfs_files=("model.bin",)),
    ],
)
def test_steps_that_send_everything(step):
    assert of(step).outcome == "passed"


def test_without_a_workflow_there_is_nothing_to_see():
    for steps in ((), (Deployment("git push", "deploy.sh", 3),)):
        result = of(*steps)
        assert (result.outcome, result.applicable) == ("skipped", False)


def test_a_shallow_push():
    finding = only(PUSH._replace(fetch_depth=None))
    assert (finding.path, finding.line, finding.level) == (WORKFLOW, 8, "warn")
    assert (
        finding.message
        == "the checkout has only the newest commit (no fetch-depth, so 1), and line 14 pushes to a Space"
    )
    assert "shallow update not allowed" in finding.consequence
    assert "fetch-depth: 0" in finding.hint


def test_a_depth_that_may_do_is_a_note():
    assert only(PUSH._replace(fetch_depth=50)).level == "note"
    assert only(PUSH._replace(fetch_depth=1)).level == "warn"


def test_one_checkout_gives_one_finding():
    step = PUSH._replace(fetch_depth=None)
    assert len(of(step, step._replace(line=15)).findings) == 1
    assert len(of(step, step._replace(checkout=30, line=40)).findings) == 2


def test_a_script_that_pushes():
    finding = only(PUSH._replace(path="scripts/deploy.sh", line=3, fetch_depth=None))
    assert (finding.path, finding.line) == (WORKFLOW, 8)
    assert "scripts/deploy.sh:3 pushes" in finding.message


@pytest.mark.parametrize(("step", "words"), [(PUSH, "refuses"), (SYNC, "130 bytes")])
def test_pointers_in_place_of_files(step, words):
    finding = only(step._replace(lfs=False, lfs_files=("a.bin", "models/b\n.bin")))
    assert (finding.path, finding.line) == (WORKFLOW, 8)
    assert "a.bin, models/b .bin" in finding.message
    assert "lfs: true" in finding.hint
    assert words in finding.consequence


def test_the_sdk_of_hub_sync():
    finding = only(SYNC._replace(space_sdk=None, sdk_line=None))
    assert (finding.message, finding.line) == (
        "space_sdk is not set, so gradio; the card says sdk: docker",
        10,
    )
    assert "space_sdk: docker" in finding.hint
    finding = only(SYNC._replace(space_sdk="static"))
    assert (finding.message, finding.line) == ("space_sdk is static; the card says sdk: docker", 13)
    assert of(SYNC._replace(space_sdk=None), space=make_gradio_space()).outcome == "passed"
    # what is wrong with the card's own sdk is another check's
    assert of(SYNC._replace(space_sdk=None), space=make_space(card="sdk: streamlit\n")).outcome == "passed"


# -- HFS210


def sources(code="", *imports):
    return Sources(app=("main.py",), imports={"main.py": imports}, trees={"main.py": ast.parse(code)})


def built(step, **files):
    return make_space(files, dockerfile=DOCKERFILE.replace("COPY . .\n", f"{step}\nCOPY . .\n"))


def started(*words, script=None):
    files = {"start.sh": script} if script else {}
    command = Command(words, shell=False, path="Dockerfile", line=6)
    return make_space(files, image=make_image(["main.py", *files], command=command))


def policy(space=None, known=None):
    return outcome(platform_policy, space, space_sources=known or sources())


@pytest.mark.parametrize(
    "space",
    [
        make_space(),
        make_space({"README.md": "Run `ngrok http 7860` or cloudflared", ".gitignore": "ngrok\nxmrig\n"}),
        make_space(requirements="aws-xray-sdk\ntorchxrayvision\nngrok-api\n"),
        built("RUN echo cloudflared && apt-get install -y tor tailscale"),
        built("# RUN curl -L https://github.com/xmrig/xmrig/releases"),
        built("RUN pip install xray"),
        built("RUN mkdir -p /app/xray /app/frp && cp ngrok.md /tmp"),
        built("COPY --from=xray /dist /app"),
        started("xray", "serve"),
        started("python", "xray.py", "run"),
        started("bash", "start.sh", script="# cloudflared tunnel run\nexec uvicorn main:app\n"),
    ],
)
def test_names_without_use(space):
    assert policy(space).outcome == "passed"


@pytest.mark.parametrize(
    ("space", "message", "place"),
    [
        (built("RUN apt-get update && apt-get install -y cloudflared"), "installs cloudflared, a tunnel", 5),
        (
            built("RUN wget https://github.com/XTLS/Xray-core/releases/download/v1/Xray-linux-64.zip"),
            "downloads xray, a proxy",
            5,
        ),
        (built("RUN git clone https://github.com/xmrig/xmrig"), "downloads xmrig, a miner", 5),
        (built("ADD https://github.com/fatedier/frp/releases/x.tgz /"), "downloads frpc, a tunnel", 5),
        (built("RUN npm install -g localtunnel@2"), "installs localtunnel, a tunnel", 5),
        (started("/usr/bin/ngrok", "http", "7860"), "runs ngrok, a tunnel", 6),
        (started("xray", "run", "-c", "/x.json"), "runs xray, a proxy", 6),
        (
            started("sh", "start.sh", script="#!/bin/sh\nnohup ./xmrig -o pool &\nuvicorn main:app\n"),
            "runs xmrig, a miner",
            2,
        ),
    ],
)
def test_what_is_installed_or_run(space, message, place):
    finding = only_finding(platform_policy, space, space_sources=sources())
    assert finding.message == f"the Space {message}"
    assert finding.line == place
    assert finding.hint
    assert "Flagged as abusive" in finding.consequence


def test_images_that_bring_the_program():
    # a flag, which the factories' Dockerfile does not split off
    space = make_space()
    copy = space.dockerfile.instructions[4]._replace(
        flags={"from": "cloudflare/cloudflared:latest"}, name="COPY"
    )
    space = replace(
        space,
        dockerfile=space.dockerfile._replace(instructions=(*space.dockerfile.instructions[:4], copy)),
    )
    assert "installs cloudflared" in only_finding(platform_policy, space, space_sources=sources()).message


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import subprocess\nsubprocess.Popen(['cloudflared', 'tunnel'])", True),
        ("import os\nos.system('./xmrig -o pool')", True),
        ("import os\nos.system(f'ngrok http {port}')", True),
        ("import subprocess\nsubprocess.run(['ngrok', '--version'])", False),
        ("client.run(['ngrok', 'http'])", False),
        ("print('ngrok http 7860')", False),
        ("NAMES = ['cloudflared', 'ngrok']", False),
    ],
)
def test_programs_that_the_app_starts(code, found):
    space = make_space({"main.py": code})
    assert (policy(space, sources(code)).outcome == "warned") is found


def test_python_packages_that_open_tunnels():
    space = make_space(requirements=make_requirements("fastapi\npyngrok==7.0\n"))
    assert policy(space).outcome == "noted"
    finding = only_finding(
        platform_policy, space, space_sources=sources("", Import("pyngrok.ngrok", "main.py", 3))
    )
    assert (finding.level, finding.path, finding.line) == ("warn", "main.py", 3)
    # the example of FastAPI's documentation: only with a setting of the developer's
    deferred = Import("pyngrok", "main.py", 9, deferred=True)
    assert policy(space, sources("", deferred)).outcome == "noted"


def test_a_pause_comes_after_the_start():
    result = policy(built("RUN apt-get install -y ngrok"))
    assert predicted_stage([replace(result, outcome="failed")]) is Stage.PAUSED
    assert predicted_stage([result]) is Stage.RUNNING
    stages = list(Stage)
    assert stages.index(Stage.APP_STARTING) < stages.index(Stage.PAUSED) < stages.index(Stage.RUNNING)


@pytest.mark.parametrize("text", ["RUN (((", "RUN " + "a " * 5000, "RUN curl", "RUN []", "RUN '"])
def test_garbage_is_no_program(text):
    assert policy(built(text)).outcome == "passed"
