"""The OpenAPI description of the board, and its answers by it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from backend.report import EXAMPLE

from .conftest import TOKEN
from .test_serving import served

jsonschema = pytest.importorskip("jsonschema")


@pytest.fixture
def described(board):
    return board.get("/openapi.json").json()


def operations(described):
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_operation_of_the_api_has_its_name_a_kind_and_a_text(described):
    found = [operation for path, _, operation in operations(described)]
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    own = {
        operation["operationId"] for path, _, operation in operations(described) if path.startswith("/api/")
    }
    assert own == {
        "publishReport",
        "getReport",
        "compareReports",
        "listSpaces",
        "getSpace",
        "listRuns",
        "listenToEvents",
    }
    kinds = {kind["name"] for kind in described["tags"]}
    for operation in found:
        assert set(operation["tags"]) <= kinds
        assert operation["tags"]
        assert operation["description"].endswith(".")


def test_every_error_is_a_problem(described):
    errors = [
        answer["content"]
        for _, _, operation in operations(described)
        for status, answer in operation["responses"].items()
        if status == "default" or status >= "400"
    ]
    assert len(errors) > 15
    reference = {"$ref": "#/components/schemas/Problem"}
    assert all(content == {"application/problem+json": {"schema": reference}} for content in errors)
    assert "HTTPValidationError" not in str(described)


def test_every_reference_leads_somewhere(described):
    found = set(re.findall(r"'#/components/schemas/(\w+)'", str(described)))
    assert len(found) > 15
    assert found <= set(described["components"]["schemas"])


def test_the_answers_are_what_the_description_says(board, described):
    assert board.post(EXAMPLE).status_code == 201
    for path, method, operation in operations(described):
        if method != "get" or path == "/api/events" or ("{name}" in path and "static" in path):
            continue
        filled = path
        for parameter in operation.get("parameters", []):
            examples = parameter.get("examples") or parameter["schema"].get("examples")
            if parameter["in"] == "path":
                value = examples[0] if isinstance(examples, list) else next(iter(examples.values()))["value"]
                filled = filled.replace(f"{{{parameter['name']}}}", value)
        answer = board.get(filled)
        assert (filled, answer.status_code) == (filled, 200)
        content = operation["responses"]["200"]["content"]
        media = answer.headers["Content-Type"].partition(";")[0]
        assert media in content
        if media == "application/json":
            schema = {**content[media]["schema"], "components": described["components"]}
            jsonschema.validate(answer.json(), schema)


def test_the_examples_are_what_the_description_says(described):
    schema = {"$ref": "#/components/schemas/Submission", "components": described["components"]}
    body = described["paths"]["/api/reports"]["post"]["requestBody"]["content"]["application/json"]
    jsonschema.validate(body["example"], schema)
    for bad in ({"id": "a/b"}, {"space": {**EXAMPLE["space"], "id": None}}, {"stage": "FINE"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**body["example"], **bad}, schema)
    for name, model in described["components"]["schemas"].items():
        for member, details in model.get("properties", {}).items():
            for example in details.get("examples", ()):
                own = {**details, "components": described["components"]}
                jsonschema.validate(example, own), (name, member)


def test_nothing_is_loaded_from_elsewhere(board):
    for path in ("/docs", "/redoc"):
        assert board.get(path).status_code == 404


def test_what_a_machine_makes_up_by_the_description_is_answered_by_it(tmp_path, database_url):
    program = shutil.which("schemathesis")
    if program is None:
        pytest.skip("schemathesis is not installed")
    with served(tmp_path, DATABASE_URL=database_url) as server:
        ended = subprocess.run(
            [
                program,
                "run",
                f"{server.url}/openapi.json",
                *("--header", f"Authorization: Bearer {TOKEN}"),
                # no description can say that Idempotency-Key has to be the id in the body
                *("--exclude-checks", "positive_data_acceptance"),
                # it does not end
                *("--exclude-path", "/api/events"),
                *("--phases", "examples,coverage,fuzzing"),
                *("--max-examples", "20"),
                "--continue-on-failure",
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-1000:]
    assert "13 passed" in ended.stdout
