"""Publishing reports and reading them, one at a time."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone

import pytest

from backend.app import MAX_BODY
from backend.documents import MAX_DEPTH

from .conftest import TOKEN


def total(board):
    return board.get("/api/spaces").json()["total"]


def runs(board, space="acme/atlas"):
    return board.get(f"/api/spaces/{space}/runs").json()["runs"]


def test_a_report_is_given_back_as_it_came(board, submission):
    sent = submission()
    answer = board.post(sent)
    assert answer.status_code == 201
    assert answer.json() == {
        "id": sent["id"],
        "space": "acme/atlas",
        "url": f"/api/reports/{sent['id']}",
    }
    stored = board.get(answer.headers["Location"])
    assert stored.status_code == 200
    assert stored.json() | {"received_at": None} == {
        "id": sent["id"],
        "space": "acme/atlas",
        "received_at": None,
        "report": sent,
    }


def test_a_run_is_listed_without_its_details(board, submission):
    board.post(submission())
    (run,) = runs(board)
    assert run | {"received_at": None} == {
        "id": submission()["id"],
        "stage": "APP_STARTING",
        "ready": False,
        "failed": 1,
        "warned": 0,
        "because": "HFS410-port-mismatch",
        "received_at": None,
    }


@pytest.mark.parametrize(
    ("stage", "checks", "because"),
    [
        (
            "APP_STARTING",
            [("HFS411", "bind-address", "failed"), ("HFS410", "port", "failed")],
            "HFS411-bind-address and 1 more",
        ),
        ("APP_STARTING", [("HFS501", "route-answers", "failed")] * 3, "HFS501-route-answers"),
        ("RUNNING", [("HFS410", "port", "warned"), ("HFS411", "bind-address", "waived")], ""),
        ("PAUSED", [("HFS410", "port", "failed")], ""),
        (None, [("HFS410", "port", "failed")], ""),
        ("APP_STARTING", [("HFS410", "a\0b\u202ec", "failed")], "HFS410-a?b?c"),
        ("APP_STARTING", [("HFS410", "x" * 999, "failed")] * 2, f"HFS410-{'x' * 153}"),
    ],
)
def test_a_run_says_what_its_stage_is_due_to(board, submission, stage, checks, because):
    sent = submission({"stage": stage})
    sent["checks"] = [
        {**sent["checks"][0], "code": code, "name": name, "outcome": outcome}
        for code, name, outcome in checks
    ]
    assert board.post(sent).status_code == 201
    assert [run["because"] for run in runs(board)] == [because]


def test_members_of_later_reports_are_kept(board, submission):
    sent = submission({"mood": {"fine": True}})
    sent["checks"][0]["colour"] = "red"
    board.post(sent)
    assert board.get(f"/api/reports/{sent['id']}").json()["report"] == sent


def test_a_report_may_predict_nothing(board, submission):
    assert board.post(submission({"stage": None, "confidence": "none"})).status_code == 201
    assert [run["stage"] for run in runs(board)] == [None]


def test_received_at_is_an_aware_moment(board, submission):
    before = datetime.now(timezone.utc)
    board.post(submission())
    received = datetime.fromisoformat(runs(board)[0]["received_at"].replace("Z", "+00:00"))
    assert received.utcoffset() == timedelta(0)
    assert before <= received <= datetime.now(timezone.utc)


# -- idempotency


def test_a_repeated_delivery_changes_nothing(board, submission):
    assert [board.post(submission()).status_code for _ in range(3)] == [201, 200, 200]
    assert board.post(submission()).json()["id"] == submission()["id"]
    assert len(runs(board)) == 1


def test_the_order_of_members_makes_no_other_report(board, submission):
    board.post(submission())
    assert board.post(dict(reversed(submission().items()))).status_code == 200


@pytest.mark.parametrize("change", [{"space": "acme/other"}, {"report": {"ready": True}}])
def test_an_id_is_not_used_for_another_report(board, submission, change):
    board.post(submission())
    answer = board.post(submission(**change))
    assert (answer.status_code, answer.json()["detail"]) == (409, "Another report has this id.")
    assert total(board) == 1
    assert [run["ready"] for run in runs(board)] == [False]


def test_of_deliveries_at_the_same_time_one_is_new(board, submission):
    async def together():
        return await asyncio.gather(*(board.sent(submission()) for _ in range(12)))

    statuses = sorted(answer.status_code for answer in board.run(together()))
    assert statuses == [200] * 11 + [201]
    assert len(runs(board)) == 1


def test_of_different_reports_at_the_same_time_one_has_the_id(board, submission):
    async def together():
        made = [submission({"peak_rss_mb": number}) for number in range(8)]
        return await asyncio.gather(*(board.sent(each) for each in made))

    statuses = sorted(answer.status_code for answer in board.run(together()))
    assert statuses == [201] + [409] * 7


def test_reports_outlive_a_restart(make_board, submission):
    make_board().post(submission())
    assert make_board().post(submission()).status_code == 200


@pytest.mark.parametrize(("key", "status"), [(None, 201), ("", 201), ("same", 201), ("other", 422)])
def test_the_idempotency_key_is_the_report_s_id(board, submission, key, status):
    sent = submission(id="same")
    headers = {"Authorization": f"Bearer {TOKEN}"} | ({"Idempotency-Key": key} if key is not None else {})
    answer = board.run(board.client.post("/api/reports", json=sent, headers=headers))
    assert answer.status_code == status
    if status == 422:
        assert answer.json()["errors"][0]["loc"] == ["header", "Idempotency-Key"]


# -- bad input


def padded(submission, size):
    """A valid body of exactly this many bytes."""
    made = submission({"padding": ""})
    made["padding"] = "x" * (size - len(json.dumps(made)))
    return json.dumps(made).encode()


@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 201), (MAX_BODY + 1, 413), (3 * MAX_BODY, 413)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_has_at_most_one_mebibyte(board, submission, size, status, chunked):
    body = padded(submission, size)

    async def chunks():
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    answer = board.post(None, content=chunks() if chunked else body)
    assert len(body) == size
    assert answer.status_code == status
    if status == 413:
        assert answer.json()["detail"] == f"The body is larger than {MAX_BODY} bytes."


PROBLEM = {"type", "title", "status", "detail", "errors"}


@pytest.mark.parametrize(
    "change",
    [
        {"space": "atlas"},
        {"space": "acme/atlas/x"},
        {"space": "acme/<script>"},
        {"space": "acme/atlas\n"},
        {"space": "acme/" + "x" * 97},
        {"id": "a/b"},
        {"id": "a\n"},
        {"id": "x" * 65},
        {"report": {"schema": 2}},
        {"report": {"stage": "FINE"}},
        {"report": {"ready": None}},
        {"report": {"checks": [{"code": "HFS410", "outcome": "odd"}]}},
        {"report": {"timings": {"total": "long"}}},
        {"report": {"spaces": []}},
    ],
)
def test_what_is_not_valid_is_refused(board, submission, change):
    answer = board.post(submission(**change))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["loc"][0] == "body"
    assert total(board) == 0


@pytest.mark.parametrize("space", [{}, {"id": None}, {"id": ""}])
def test_who_names_no_space_is_told_how_to(board, submission, space):
    made = submission()
    del made["space"]["id"]
    made["space"].update(space)
    answer = board.post(made)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["loc"] == ["body", "space", "id"]
    assert "--hfspace-id OWNER/NAME" in error["msg"]
    assert "hfspace_id" in error["msg"]


def test_a_report_without_an_id_is_refused(board, submission):
    made = submission()
    del made["id"]
    answer = board.post(made)
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["body", "id"])


def test_several_reports_are_published_one_at_a_time(board, submission):
    answer = board.post({"schema": 1, "contract": "2026-08", "version": "0.1.0", "spaces": [submission()]})
    assert answer.status_code == 422
    assert "one at a time" in answer.json()["errors"][0]["msg"]


def test_the_mistakes_of_a_large_report_are_told_in_a_short_answer(board, submission):
    answer = board.post(submission({"checks": [1] * 300_000, "routes": [{}] * 20_000}))
    assert answer.status_code == 422
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    "change", [{"space": "a/b"}, {"space": "A_b/c.d-1"}, {"space": "acme/" + "x" * 96}, {"id": "x" * 64}]
)
def test_what_is_just_valid_is_taken(board, submission, change):
    assert board.post(submission(**change)).status_code == 201


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-1e999", '"\\ud800"', '{"\\udfff": 1}', "[[NaN]]", "[[1e400]]"]
)
@pytest.mark.parametrize("member", ["peak_rss_mb", "timings", "note"])
def test_what_no_answer_could_hold_is_refused(board, submission, member, value):
    body = json.dumps(submission({member: "@"})).replace('"@"', value)
    answer = board.post(None, content=body.encode())
    assert answer.status_code == 400
    assert set(answer.json()) == PROBLEM


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 422),
        (b"[]", 422),
        (b"1e999", 400),
        (b'"spaces"', 422),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"a":' * 50_000, 400),
        (b"9" * 5000, 400),
    ],
    ids=[
        "empty",
        "cut",
        "null",
        "list",
        "infinite",
        "text",
        "binary",
        "deep list",
        "deep object",
        "long number",
    ],
)
def test_garbage_is_refused_in_the_one_shape(board, body, status):
    answer = board.post(None, content=body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == PROBLEM


@pytest.mark.parametrize(("depth", "status"), [(MAX_DEPTH - 1, 201), (MAX_DEPTH, 400), (900, 400)])
@pytest.mark.parametrize("part", ["[%s]", '{"x":%s}'])
def test_a_report_is_nested_so_deep_and_no_deeper(board, submission, part, depth, status):
    value = "1"
    for _ in range(depth):
        value = part.replace("%s", value)
    answer = board.post(None, content=json.dumps(submission({"deep": "@"})).replace('"@"', value).encode())
    assert answer.status_code == status
    if status == 201:
        assert board.get(answer.headers["Location"]).json()["report"]["deep"] == json.loads(value)


# -- what is not there


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/reports/none", 404),
        ("/api/reports/%3Cb%3E", 422),
        ("/api/reports/none/comparison", 404),
        ("/api/spaces/acme/none", 404),
        ("/api/spaces/acme/none/runs", 404),
        ("/api/spaces/acme/%00", 422),
        ("/nothing", 404),
        ("/api/reports/a/b", 404),
    ],
)
def test_what_is_not_there_is_said_in_the_one_shape(board, path, status):
    answer = board.get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert set(answer.json()) == PROBLEM


def test_a_wrong_method_is_said_in_the_one_shape(board):
    answer = board.run(board.client.delete("/api/reports"))
    assert (answer.status_code, answer.json()["title"]) == (405, "Method Not Allowed")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/spaces",
        "/api/spaces?limit=0",
        "/badge/a/b.svg",
        "/nothing",
        "/api/reports",
        "/openapi.json",
    ],
)
def test_head_is_answered_as_get_without_the_body(board, path):
    def told(answer):
        return answer.status_code, {**answer.headers, "date": ""}

    answer, whole = board.run(board.client.head(path)), board.get(path)
    assert told(answer) == told(whole)
    assert (answer.content, len(whole.content)) == (b"", int(answer.headers["Content-Length"]))


def test_who_asks_for_the_head_of_the_events_listens_to_none(board):
    answer = board.run(board.client.head("/api/events"))
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert board.app.state.feed._listeners == set()


def test_a_wrong_method_is_told_that_head_is_a_right_one(board):
    assert board.run(board.client.delete("/health")).headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path", ["/", "/api/spaces", "/api/reports/none", "/badge/a/b.svg", "/nothing", "/health"]
)
def test_every_answer_may_be_shown_by_the_hub_and_runs_nothing_foreign(board, path):
    headers = board.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://huggingface.co" in policy
    assert "https://*.hf.space" in policy
    assert "default-src 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in headers


def test_the_process_is_well_whatever_the_database_does(board):
    assert board.get("/ready").json() == {"status": "ok"}
    with board.engine.begin() as connection:
        for table in ("document", "run", "space"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    assert board.get("/health").json() == {"status": "ok"}
    answer = board.get("/ready")
    assert (answer.status_code, answer.json()["detail"]) == (503, "The database does not answer.")
    assert board.get("/api/spaces").status_code == 503


def test_a_report_that_cannot_be_stored_is_not_acknowledged(board, submission):
    with board.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE document RENAME TO elsewhere")
    answer = board.post(submission())
    assert (answer.status_code, answer.json()["detail"]) == (503, "The database does not answer.")
    assert "SELECT" not in answer.text
    with board.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO document")
    assert total(board) == 0
    assert board.post(submission()).status_code == 201
