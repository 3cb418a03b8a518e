"""Heads to backends that were written before differ in their length only, and never break their lines."""

from __future__ import annotations

import pytest

from gatelog.gateway.heads import BadMessage
from gatelog.gateway.outgoing import REMEMBERED, SentHeads
from gatelog.record.headers import Headers

LINE = "POST /a HTTP/1.1"


def test_a_remembered_head_has_the_length_of_its_own_body() -> None:
    heads = SentHeads()
    passed = Headers([("X-A", "1"), ("Accept-Encoding", "gzip")])
    for length in (7, 0, 123456):
        fields, head = heads(LINE, "backend", passed, True, length)
        assert head.decode() == (
            f"{LINE}\r\nHost: backend\r\nX-A: 1\r\nAccept-Encoding: identity\r\nContent-Length: {length}\r\n\r\n"
        )
        assert fields.get("content-length") == str(length) and fields.get("accept-encoding") == "identity"
        fields.set("X-A", "changed")  # whoever changes what it was given changes no other call


def test_heads_of_other_calls_are_not_mixed_up() -> None:
    heads = SentHeads()
    seen = {
        heads(line, host, Headers([("X-A", value)]), plain, 1)[1]
        for line in (LINE, "POST /b HTTP/1.1")
        for host in ("a", "b")
        for value in ("1", "2")
        for plain in (False, True)
    }
    assert len(seen) == 16


def test_a_line_break_is_refused_every_time() -> None:
    heads = SentHeads()
    for _ in range(2):
        with pytest.raises(BadMessage):
            heads(LINE, "a", Headers([("X-A", "1\r\nX-B: 2")]), False, 1)


def test_no_more_than_a_bound_is_remembered() -> None:
    heads = SentHeads()
    for number in range(REMEMBERED * 3):
        fields, head = heads(LINE, "a", Headers([("X-Id", str(number))]), False, 1)
        assert f"X-Id: {number}\r\n".encode() in head
    assert len(heads) <= REMEMBERED
