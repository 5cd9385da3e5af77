"""What the API lists, from each kind of database, and what it says where that fails."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from . import postgresql


def names(board, query=""):
    page = board.get(f"/api/spaces{query}").json()
    return page["total"], [space["name"] for space in page["spaces"]]


def test_the_api_lists_spaces_and_runs(make_board, submission, database_url):
    board = make_board(database_url=database_url)
    for number in range(7):
        sent = submission({"stage": None} if number == 6 else {}, id=f"r{number}", space=f"a/s{number % 2}")
        assert board.post(sent).status_code == 201
    assert names(board) == (2, ["a/s0", "a/s1"])
    assert names(board, "?search=S1") == (1, ["a/s1"])
    assert names(board, "?state=unknown") == (1, ["a/s0"])
    assert names(board, "?limit=1&offset=1") == (2, ["a/s1"])
    space = board.get("/api/spaces/a/s1").json()
    assert (space["name"], space["state"], space["latest"]["id"]) == ("a/s1", "unready", "r5")
    assert [run["id"] for run in space["recent"]] == ["r1", "r3", "r5"]
    assert space["since"] == space["recent"][0]["received_at"]
    history = board.get("/api/spaces/a/s1/runs?limit=2&offset=1").json()
    assert [run["id"] for run in history["runs"]] == ["r3", "r1"]
    assert "recent" not in board.get("/api/spaces").json()["spaces"][0]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "offset=-1",
        f"offset={10**30}",
        "state=fine",
        "search=" + "x" * 201,
    ],
)
def test_bad_parameters_are_refused(board, query):
    answer = board.get(f"/api/spaces?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["loc"] == ["query", query.partition("=")[0]]


@pytest.mark.parametrize("search", ["%00", "acme%00", "%25", "_", "%5C", "'", "%F0%9F%98%80", "%ED%A0%80"])
def test_what_no_name_holds_finds_nothing(make_board, submission, database_url, search):
    board = make_board(database_url=database_url)
    board.post(submission())
    answer = board.get(f"/api/spaces?search={search}")
    assert (answer.status_code, answer.json()["total"]) == (200, 0)


def test_a_space_keeps_as_many_runs_as_it_is_given(make_board, submission):
    board = make_board(history_limit=2, history_limits="acme/other=3")
    for name in ("acme/atlas", "acme/other"):
        for number in range(4):
            board.post(submission(id=f"{name[5:]}{number}", space=name))
    kept = {
        name: [run["id"] for run in board.get(f"/api/spaces/{name}/runs").json()["runs"]]
        for name in ("acme/atlas", "acme/other")
    }
    assert kept == {"acme/atlas": ["atlas3", "atlas2"], "acme/other": ["other3", "other2", "other1"]}


def test_a_database_that_may_only_be_read_takes_no_report(make_board, submission, postgresql_server):
    board = make_board(database_url=postgresql.empty_database(postgresql_server))

    def forbid(connection):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    event.listen(board.engine, "begin", forbid)
    answer = board.post(submission())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    event.remove(board.engine, "begin", forbid)
    assert board.post(submission()).status_code == 201
