"""Who may publish, and how often."""

from __future__ import annotations

import pytest

from backend.auth import Publishers

from .conftest import TOKEN


def total(board):
    return board.get("/api/spaces").json()["total"]


@pytest.mark.parametrize("token", [None, "wrong", TOKEN + "x", TOKEN[:-1], TOKEN.upper(), "caf\u00e9"])
def test_only_a_publisher_may_publish(board, submission, token):
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    answer = board.run(board.client.post("/api/reports", json=submission(), headers=headers))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert total(board) == 0


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
    assert answer.json()["detail"] == "Publishing is off: set BOARD_TOKENS."


def test_the_body_of_a_stranger_is_not_read(board):
    read = []

    async def body():
        read.append(True)
        yield b"{}"

    assert board.post(None, "wrong", content=body()).status_code == 401
    assert read == []


def test_a_token_has_a_rate_of_its_own(make_board, submission):
    board = make_board(board_tokens="first,second", rate_limit=2)
    statuses = [board.post(submission(id=f"r{number}"), "first").status_code for number in range(3)]
    assert statuses == [201, 201, 429]
    refused = board.post(submission(id="r9"), "first")
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    assert board.post(submission(id="r9"), "second").status_code == 201


def test_who_waited_may_publish_again():
    moments = [0.0]
    publishers = Publishers((b"x",), 60, lambda: moments[0])
    assert [publishers.wait(0) for _ in range(60)] == [0] * 60
    assert publishers.wait(0) == 1
    moments[0] = 0.9
    assert publishers.wait(0) == 1
    moments[0] = 1.1
    assert [publishers.wait(0), publishers.wait(0)] == [0, 1]
    moments[0] = 10_000
    assert [publishers.wait(0) for _ in range(61)] == [0] * 60 + [1]


def test_a_slow_rate_says_how_long_to_wait():
    publishers = Publishers((b"x",), 1, lambda: 0.0)
    assert [publishers.wait(0), publishers.wait(0)] == [0, 60]
