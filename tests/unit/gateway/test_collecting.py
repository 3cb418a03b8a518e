"""What is collected and what is passed on while it arrives."""

from __future__ import annotations

import pytest

from gatelog.gateway.collecting import BUFFER_BYTES, COLLECT_BYTES, COLLECT_UNKNOWN_BYTES, collect_limit
from gatelog.gateway.heads import CHUNKED, UNTIL_CLOSE, ResponseHead
from gatelog.policy.effects import Forward
from gatelog.record.headers import Headers

JSON, EVENTS = "application/json", "text/event-stream; charset=utf-8"


def head(length: int, content_type: str = JSON, status: int = 200) -> ResponseHead:
    return ResponseHead(status, "OK", 1, Headers([("Content-Type", content_type)]), length, True, b"")


@pytest.mark.parametrize(
    ("answer", "effect", "buffers", "is_llm", "limit"),
    [
        (head(0), Forward(), False, True, 1),
        (head(100), Forward(), False, True, COLLECT_BYTES),
        (head(COLLECT_BYTES + 1), Forward(), False, True, 0),
        (head(CHUNKED, EVENTS), Forward(), False, True, 0),
        (head(CHUNKED), Forward(), False, True, COLLECT_UNKNOWN_BYTES),
        (head(UNTIL_CLOSE), Forward(buffer_response=False), False, False, 0),
        (head(UNTIL_CLOSE), Forward(buffer_response=True), False, False, COLLECT_UNKNOWN_BYTES),
        (head(CHUNKED, EVENTS), Forward(), True, True, BUFFER_BYTES),
        (head(CHUNKED, EVENTS, 429), Forward(fail_on_error_status_code=True), False, True, BUFFER_BYTES),
    ],
)
def test_limits(answer: ResponseHead, effect: Forward, buffers: bool, is_llm: bool, limit: int) -> None:
    assert collect_limit(answer, effect, buffers, is_llm) == limit
