"""However a stream is cut, its events are the same; the usage that we asked for does not reach a caller who did not."""

from __future__ import annotations

import itertools

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.llm.sse import SseDecoder, SseEvent, UsageStripper

STREAM = (
    "\ufeff: a comment\r\nevent: greeting\r\nid: 7\r\ndata: héllo\r\ndata:world\r\n\r\n"
    'data: {"a": 1}\n\nretry: 10\nunknown: x\ndata\n\n\n\ndata: [DONE]\r\rdata: cut off'
).encode()
EVENTS = [
    SseEvent("héllo\nworld", "greeting", "7"),
    SseEvent('{"a": 1}', "", "7"),
    SseEvent("", "", "7"),
    SseEvent("[DONE]", "", "7"),
    SseEvent("cut off", "", "7"),
]


def decoded(parts: list[bytes]) -> list[SseEvent]:
    decoder = SseDecoder()
    return [event for part in parts for event in decoder.feed(part)] + decoder.close()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def test_whole_and_byte_by_byte() -> None:
    assert decoded([STREAM]) == EVENTS
    assert decoded([STREAM[i : i + 1] for i in range(len(STREAM))]) == EVENTS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_any_split(places: list[int]) -> None:
    assert decoded(cut(STREAM, places)) == EVENTS


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([b"\r", b"\n", b"data:", b"x", b":", b"\xe2\x82", b"\xac", b"id: 1"]), max_size=30), st.data())
def test_any_bytes_any_split(pieces: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(pieces)
    places = data.draw(st.lists(st.integers(0, 200), max_size=6))
    assert decoded(cut(stream, places)) == decoded([stream])


def chunk(**fields: object) -> bytes:
    return b"data: " + orjson.dumps({"id": "c", **fields}) + b"\n\n"


TEXT = chunk(choices=[{"index": 0, "delta": {"content": 'he said ,"usage":null'}}])
FILTERS = chunk(choices=[], prompt_filter_results=[{"prompt_index": 0}])
USAGE = chunk(choices=[], usage={"total_tokens": 3})
DONE = b"data: [DONE]\n\n"


def with_null(event: bytes) -> bytes:
    return event[:-3] + b',"usage":null}\n\n'


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 1000), max_size=10))
def test_usage_is_stripped_and_nothing_else(places: list[int]) -> None:
    stream = with_null(FILTERS) + with_null(TEXT) + TEXT + USAGE + DONE
    stripper = UsageStripper()
    passed = b"".join(stripper.feed(part) for part in cut(stream, places)) + stripper.close()
    assert passed == FILTERS + TEXT + TEXT + DONE


def test_stripping_keeps_filter_results_and_line_ends() -> None:
    both = chunk(choices=[], usage={"total_tokens": 3}, prompt_filter_results=[{"prompt_index": 0}])
    stripper = UsageStripper()
    assert b"prompt_filter_results" in stripper.feed(both) and stripper.close() == b""
    windows = with_null(TEXT).replace(b"\n", b"\r\n")
    assert stripper.feed(windows) == TEXT.replace(b"\n", b"\r\n")


def test_events_pass_as_soon_as_they_are_complete() -> None:
    stripper = UsageStripper()
    assert stripper.feed(TEXT[:20]) == b""
    assert stripper.feed(TEXT[20:] + b"data: ") == TEXT
    assert stripper.close() == b"data: "
