"""Publishing reports and reading them."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import inspect, text
from sqlmodel import Session

from backend import store
from backend.app import MAX_BODY
from backend.report import MAX_DEPTH

from .conftest import TOKEN


def test_a_report_is_given_back_as_it_came(board, submission):
    sent = submission()
    answer = board.post(sent)
    assert (answer.status_code, answer.json()) == (201, {"id": sent["id"]})
    stored = board.get(answer.headers["Location"])
    assert stored.status_code == 200
    assert stored.json()["report"] == sent["report"]
    assert stored.json() | {"report": None, "received_at": None} == {
        "id": sent["id"],
        "space": "acme/atlas",
        "stage": "APP_STARTING",
        "ready": False,
        "failed": 1,
        "warned": 0,
        "received_at": None,
        "report": None,
    }


def test_members_of_later_reports_are_kept(board, submission):
    sent = submission({"mood": {"fine": True}})
    sent["report"]["checks"][0]["colour"] = "red"
    board.post(sent)
    assert board.get(f"/api/reports/{sent['id']}").json()["report"] == sent["report"]


def test_received_at_is_an_aware_moment(board, submission):
    before = datetime.now(timezone.utc)
    board.post(submission())
    received = datetime.fromisoformat(
        board.get("/api/reports").json()["reports"][0]["received_at"].replace("Z", "+00:00")
    )
    assert received.utcoffset() == timedelta(0)
    assert before <= received <= datetime.now(timezone.utc)


def test_the_database_keeps_utc_and_writes_ahead(board, submission):
    board.post(submission())
    with board.engine.connect() as connection:
        kept = connection.execute(text("SELECT received_at FROM report")).scalar_one()
        mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    assert datetime.fromisoformat(kept).tzinfo is None
    assert mode == "wal"


# -- idempotency


def test_a_repeated_delivery_changes_nothing(board, submission):
    assert [board.post(submission()).status_code for _ in range(3)] == [201, 200, 200]
    assert board.post(submission()).json() == {"id": submission()["id"]}
    assert board.get("/api/reports").json()["total"] == 1


def test_the_order_of_members_makes_no_other_report(board, submission):
    board.post(submission())
    turned = submission()
    turned["report"] = dict(reversed(turned["report"].items()))
    assert board.post(turned).status_code == 200


@pytest.mark.parametrize("change", [{"space": "acme/other"}, {"report": {"ready": True}}])
def test_an_id_is_not_used_for_another_report(board, submission, change):
    board.post(submission())
    answer = board.post(submission(**change))
    assert (answer.status_code, answer.json()["detail"]) == (409, "Another report has this id.")
    stored = board.get("/api/reports").json()["reports"]
    assert [(report["space"], report["ready"]) for report in stored] == [("acme/atlas", False)]


def test_of_deliveries_at_the_same_time_one_is_new(board, submission):
    async def together():
        return await asyncio.gather(*(board.sent(submission()) for _ in range(12)))

    statuses = sorted(answer.status_code for answer in board.run(together()))
    assert statuses == [200] * 11 + [201]
    assert board.get("/api/reports").json()["total"] == 1


def test_different_reports_at_the_same_time_are_all_stored(board, submission):
    async def together():
        return await asyncio.gather(*(board.sent(submission(id=f"r{number}")) for number in range(30)))

    assert {answer.status_code for answer in board.run(together())} == {201}
    assert board.get("/api/reports").json()["total"] == 30


def test_reports_outlive_a_restart(make_board, submission):
    make_board().post(submission())
    assert make_board().post(submission()).status_code == 200


# -- who may publish


@pytest.mark.parametrize("token", [None, "wrong", TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "caf\u00e9"])
def test_only_a_publisher_may_publish(board, submission, token):
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    answer = board.run(board.client.post("/api/reports", json=submission(), headers=headers))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert board.get("/api/reports").json()["total"] == 0


def test_the_token_is_not_taken_from_another_scheme(board, submission):
    headers = {"Authorization": f"Basic {TOKEN}"}
    answer = board.run(board.client.post("/api/reports", json=submission(), headers=headers))
    assert answer.status_code == 401


@pytest.mark.parametrize("token", ["first", "second"])
def test_each_of_several_tokens_may_publish(make_board, submission, token):
    assert make_board(board_tokens=" first, second\n").post(submission(), token).status_code == 201


@pytest.mark.parametrize("tokens", [None, "", " , ,"])
@pytest.mark.parametrize("token", [None, "any"])
def test_without_tokens_publishing_is_off(make_board, submission, tokens, token):
    answer = make_board(board_tokens=tokens).post(submission(), token)
    assert answer.status_code == 503
    assert "BOARD_TOKENS" in answer.json()["detail"]


# -- bad input


def padded(submission, size):
    """A valid body of exactly this many bytes."""
    made = submission({"padding": ""})
    made["report"]["padding"] = "x" * (size - len(json.dumps(made)))
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
        assert answer.json() == {
            "status": 413,
            "detail": f"The body is larger than {MAX_BODY} bytes.",
            "errors": [],
        }


@pytest.mark.parametrize(
    "change",
    [
        {"space": "atlas"},
        {"space": "acme/atlas/x"},
        {"space": "acme/<script>"},
        {"space": "acme/atlas\n"},
        {"space": "acme/" + "x" * 97},
        {"id": ""},
        {"id": "a/b"},
        {"id": "x" * 65},
        {"report": {"schema": 2}},
        {"report": {"stage": "FINE"}},
        {"report": {"ready": None}},
        {"report": {"checks": [{"code": "HFS410", "outcome": "odd"}]}},
        {"report": {"timings": {"total": "long"}}},
    ],
)
def test_what_is_not_valid_is_refused(board, submission, change):
    answer = board.post(submission(**change))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"][0] == "body"
    assert board.get("/api/reports").json()["total"] == 0


@pytest.mark.parametrize(
    "change", [{"space": "a/b"}, {"space": "A_b/c.d-1"}, {"space": "acme/" + "x" * 96}, {"id": "x" * 64}]
)
def test_what_is_just_valid_is_taken(board, submission, change):
    assert board.post(submission(**change)).status_code == 201


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1e999", '"\\ud800"', '{"\\udfff": 1}', "[[NaN]]"])
@pytest.mark.parametrize("member", ["peak_rss_mb", "timings", "note"])
def test_what_no_answer_could_hold_is_refused(board, submission, member, value):
    body = json.dumps(submission({member: "@"})).replace('"@"', value)
    answer = board.post(None, content=body.encode())
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"null", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b"9" * 5000],
    ids=["empty", "cut", "null", "list", "binary", "deep list", "deep object", "long number"],
)
def test_garbage_is_refused_in_the_one_shape(board, body):
    answer = board.post(None, content=body)
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"status", "detail", "errors"}
    assert answer.json()["status"] == answer.status_code


@pytest.mark.parametrize(("depth", "status"), [(MAX_DEPTH - 2, 201), (MAX_DEPTH - 1, 422), (900, 422)])
@pytest.mark.parametrize("member", ["deep", "space", "not_rehearsed"])
def test_a_report_is_nested_so_deep_and_no_deeper(board, submission, member, depth, status):
    nested = "[" * depth + "]" * depth
    if member == "space":
        nested = '{"x":' * (depth - 1) + "{}" + "}" * (depth - 1)
    body = json.dumps(submission({member: "@"})).replace('"@"', nested)
    answer = board.post(None, content=body.encode())
    assert answer.status_code == status
    if status == 201:
        assert board.get(answer.headers["Location"]).json()["report"][member] == json.loads(nested)


# -- lists


@pytest.fixture
def full(board, submission):
    """Seven reports, of two Spaces in turn."""
    for number in range(7):
        board.post(submission(id=f"r{number}", space=f"acme/space-{number % 2}"))
    return board


def listed(board, query=""):
    page = board.get(f"/api/reports{query}").json()
    return page["total"], [report["id"] for report in page["reports"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (7, ["r6", "r5", "r4", "r3", "r2", "r1", "r0"])),
        ("?space=acme/space-1", (3, ["r5", "r3", "r1"])),
        ("?space=acme/space-1&limit=1&offset=1", (3, ["r3"])),
        ("?space=acme/space", (0, [])),
        ("?limit=2", (7, ["r6", "r5"])),
        ("?limit=2&offset=2", (7, ["r4", "r3"])),
        ("?limit=100&offset=6", (7, ["r0"])),
        ("?offset=7", (7, [])),
        ("?offset=1000000000", (7, [])),
    ],
)
def test_reports_are_listed_newest_first(full, query, expected):
    assert listed(full, query) == expected


def test_a_list_leaves_the_details_out(full):
    assert all("report" not in report for report in full.get("/api/reports").json()["reports"])


def test_lists_leave_the_documents_in_the_database(full):
    with Session(full.engine) as session:
        rows = [*store.newest(session, None, 3), *store.latest_of_each(session, 2)]
        assert [inspect(row).unloaded for row in rows] == [{"document"}] * 5


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "offset=-1", f"offset={10**30}", "space=x", "space="]
)
def test_bad_parameters_are_refused(board, query):
    answer = board.get(f"/api/reports?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", query.partition("=")[0]]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/reports/none", 404), ("/api/reports/%3Cb%3E", 422), ("/nothing", 404), ("/api/reports/a/b", 404)],
)
def test_what_is_not_there_is_said_in_the_one_shape(board, path, status):
    answer = board.get(path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert set(answer.json()) == {"status", "detail", "errors"}


def test_a_wrong_method_is_said_in_the_one_shape(board):
    answer = board.run(board.client.delete("/api/reports"))
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
