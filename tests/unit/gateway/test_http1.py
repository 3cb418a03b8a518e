"""HTTP/1.1 framing: any split of the bytes gives the same messages; what is ambiguous is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.gateway.heads import CHUNKED, BadMessage, FieldMemo, head_bytes
from gatelog.gateway.http1 import BodyTooLarge, ChunkedDecoder, RequestReader, ResponseReader, chunk

REQUESTS = (
    b"POST /openai/deployments/a/chat/completions?api-version=1 HTTP/1.1\r\nHost: gate\r\nContent-Length: 11\r\n\r\nhello world"
    b"GET /empty HTTP/1.1\r\nHost: gate\r\n\r\n"
    b"\r\nPOST /chunks HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"4\r\nWiki\r\n6;name=value\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\nTrailer: x\r\n\r\n"
    b"PUT /last HTTP/1.0\r\nContent-Length: 2\r\n\r\nok"
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """`data` in pieces."""
    marks = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in zip(marks, marks[1:], strict=False)]


def read_all(pieces: list[bytes]) -> list[tuple[str, str, bytes, bool]]:
    reader = RequestReader(FieldMemo(), 1 << 20)
    found = []
    head = None
    for piece in pieces:
        reader.receive(piece)
        while True:
            if head is None:
                head = reader.head()
                if head is None:
                    break
            body = reader.body()
            if body is None:
                break
            found.append((head.method, head.target, body, head.keep_alive))
            head = None
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_requests_are_the_same_however_they_are_cut(places: list[int]) -> None:
    assert read_all(cut(REQUESTS, places)) == [
        ("POST", "/openai/deployments/a/chat/completions?api-version=1", b"hello world", True),
        ("GET", "/empty", b"", True),
        ("POST", "/chunks", b"Wikipedia in \r\n\r\nchunks.", True),
        ("PUT", "/last", b"ok", False),
    ]


def test_requests_byte_by_byte() -> None:
    assert len(read_all([REQUESTS[i : i + 1] for i in range(len(REQUESTS))])) == 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=50), max_size=10), st.lists(st.integers(0, 2000), max_size=20))
def test_chunks_are_the_same_however_they_are_cut(parts: list[bytes], places: list[int]) -> None:
    wire = b"".join(chunk(part) for part in parts) + b"0\r\n\r\n" + b"rest"
    decoder = ChunkedDecoder()
    content = b""
    rest = b""
    for piece in cut(wire, places):
        if decoder.done:
            rest += piece
            continue
        content += decoder.feed(piece)
    assert content == b"".join(parts)
    assert decoder.done
    assert decoder.rest + rest == b"rest"


SMUGGLING = {
    "length and coding": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n",
    "two equal lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n",
    "length list": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4, 4\r\n\r\n",
    "signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -4\r\n\r\n",
    "hex length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x4\r\n\r\n",
    "empty length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
    "length with space": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\n",
    "unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "two codings": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "identity coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "coding with tab": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
    "coding in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "space before colon": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 4\r\n\r\n",
    "folded line": b"POST / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n",
    "folded first line": b"POST / HTTP/1.1\r\n Host: a\r\n\r\n",
    "bare LF line ends": b"POST / HTTP/1.1\nHost: a\nContent-Length: 4\n\nabcd",
    "bare LF in a field": b"POST / HTTP/1.1\r\nHost: a\r\nX-A: b\nContent-Length: 4\r\n\r\n",
    "bare CR in a field": b"POST / HTTP/1.1\r\nHost: a\r\nX-A: b\rX-B: c\r\n\r\n",
    "nul in a field": b"POST / HTTP/1.1\r\nHost: a\r\nX-A: b\x00c\r\n\r\n",
    "nameless field": b"POST / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
    "no colon": b"POST / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
    "no host": b"POST / HTTP/1.1\r\nX-A: b\r\n\r\n",
    "two hosts": b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "host with path": b"POST / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "host with user": b"POST / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "space in target": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab after method": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "lower version": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "authority form": b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "space line first": b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_ambiguous_requests_are_refused(name: str) -> None:
    reader = RequestReader(FieldMemo(), 1 << 20)
    reader.receive(SMUGGLING[name])
    with pytest.raises(BadMessage):
        reader.head()


@pytest.mark.parametrize("name", SMUGGLING)
def test_ambiguous_requests_are_refused_also_when_the_good_lines_are_known(name: str) -> None:
    memo = FieldMemo()
    reader = RequestReader(memo, 1 << 20)
    reader.receive(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nX-A: b\r\n\r\nabcd")
    reader.head()
    reader.body()
    reader.receive(SMUGGLING[name])
    with pytest.raises(BadMessage):
        reader.head()


BAD_CHUNKS = (
    b"4\nWiki\r\n0\r\n\r\n",
    b"4\r\nWiki0\r\n\r\n",
    b"4\r\nWikipedia\r\n0\r\n\r\n",
    b"0x4\r\nWiki\r\n0\r\n\r\n",
    b"-4\r\nWiki\r\n0\r\n\r\n",
    b"\r\nWiki\r\n0\r\n\r\n",
    b" 4\r\nWiki\r\n0\r\n\r\n",
    b"FFFFFFFFFFFFFFFF1\r\nWiki\r\n",
    b"4;a\x00b\r\nWiki\r\n0\r\n\r\n",
    b"4;a\nb\r\nWiki\r\n0\r\n\r\n",
    b"4\r\nWiki\r\n0\r\nbad trailer\r\n\r\n",
    b"4" * 3000,
)


@pytest.mark.parametrize("wire", BAD_CHUNKS)
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_malformed_chunks_are_refused(wire: bytes, step: int) -> None:
    decoder = ChunkedDecoder()
    with pytest.raises(BadMessage):
        for start in range(0, len(wire), step):
            decoder.feed(wire[start : start + step])


def test_absolute_targets_become_origin_form() -> None:
    reader = RequestReader(FieldMemo(), 1)
    reader.receive(b"GET http://other:81/a?b=c HTTP/1.1\r\nHost: a\r\n\r\n")
    head = reader.head()
    assert head is not None
    assert (head.target, head.host) == ("/a?b=c", "other:81")


def test_body_over_the_limit_is_refused_before_it_is_read() -> None:
    reader = RequestReader(FieldMemo(), 10)
    reader.receive(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
    with pytest.raises(BodyTooLarge) as raised:
        reader.head()
    assert raised.value.status == 413
    assert raised.value.head is not None


def test_chunked_body_over_the_limit_is_refused() -> None:
    reader = RequestReader(FieldMemo(), 10)
    reader.receive(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n8\r\n12345678\r\n")
    assert reader.head() is not None
    with pytest.raises(BodyTooLarge):
        reader.body()


def test_a_head_without_end_is_refused() -> None:
    reader = RequestReader(FieldMemo(), 10)
    reader.receive(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000)
    with pytest.raises(BadMessage) as raised:
        reader.head()
    assert raised.value.status == 431


def test_memo_is_bounded() -> None:
    memo = FieldMemo(size=4)
    for number in range(20):
        assert memo.fields([b"X-N: %d" % number]).get("x-n") == str(number)


RESPONSES = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": b"hello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n": b"hello world",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 \r\n\r\n": b"",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n": b"",
    b"HTTP/1.0 200 OK\r\n\r\nuntil close": b"until close",
}


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(RESPONSES)), st.lists(st.integers(0, 400), max_size=20))
def test_answers_are_the_same_however_they_are_cut(wire: bytes, places: list[int]) -> None:
    reader = ResponseReader(FieldMemo(), "POST")
    content = b"".join(reader.feed(piece) for piece in cut(wire, places))
    reader.end_of_stream()
    assert reader.done
    assert content == RESPONSES[wire]
    assert reader.rest == b""


@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"\x00" * 100,
    ],
)
def test_garbage_answers_are_refused(wire: bytes) -> None:
    with pytest.raises(BadMessage):
        ResponseReader(FieldMemo(), "GET").feed(wire)


def test_an_answer_that_breaks_off_is_an_error() -> None:
    reader = ResponseReader(FieldMemo(), "GET")
    reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel")
    with pytest.raises(BadMessage):
        reader.end_of_stream()


def test_bytes_after_an_answer_are_noticed() -> None:
    reader = ResponseReader(FieldMemo(), "GET")
    assert reader.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n") == b"ok"
    assert reader.rest.startswith(b"HTTP/1.1")


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\rb", "a\0b"])
def test_a_value_cannot_break_out_of_its_line(value: str) -> None:
    with pytest.raises(BadMessage):
        head_bytes("HTTP/1.1 200 OK", [("X-A", value)])


def test_head_bytes() -> None:
    assert head_bytes("HTTP/1.1 200 OK", [("A", "é"), ("B", "2")]) == b"HTTP/1.1 200 OK\r\nA: \xe9\r\nB: 2\r\n\r\n"
    assert "☃".encode() in head_bytes("GET / HTTP/1.1", [("A", "☃")])


def test_chunked_length_is_marked() -> None:
    reader = RequestReader(FieldMemo(), 1)
    reader.receive(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n")
    head = reader.head()
    assert head is not None and head.length == CHUNKED
