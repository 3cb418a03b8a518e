"""Texts of WebSocket frames, however their bytes are cut."""

from __future__ import annotations

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.gateway.frames import FRAME_BYTES, FrameReader


def frame(payload: bytes, first: int = 0x81, mask: bytes = b"") -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes([first, size | (128 if mask else 0)])
    elif size < 65536:
        head = bytes([first, 126 | (128 if mask else 0)]) + size.to_bytes(2, "big")
    else:
        head = bytes([first, 127 | (128 if mask else 0)]) + size.to_bytes(8, "big")
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if mask else payload
    return head + mask + body


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.binary(max_size=300), st.sampled_from([b"", b"abcd", b"\x00\xff\x01\x02"])), max_size=8),
    st.lists(st.integers(0, 3000), max_size=12),
)
def test_texts_are_the_same_however_they_are_cut(messages: list[tuple[bytes, bytes]], places: list[int]) -> None:
    wire = b"".join(frame(payload, mask=mask) for payload, mask in messages)
    marks = sorted({0, len(wire), *(place % (len(wire) + 1) for place in places)})
    reader = FrameReader(deflate=False)
    for start, end in zip(marks, marks[1:], strict=False):
        reader.feed(wire[start:end])
    assert reader.texts == [payload for payload, _ in messages] and not reader.lost


def test_fragments_pings_and_binary() -> None:
    reader = FrameReader(deflate=False)
    reader.feed(frame(b"hel", 0x01) + frame(b"ping", 0x89) + frame(b"lo", 0x80) + frame(b"\x00\x01", 0x82) + frame(b"", 0x88))
    assert (reader.texts, reader.messages) == ([b"hello"], 2)


def test_large_frames() -> None:
    reader = FrameReader(deflate=False)
    reader.feed(frame(b"x" * 70_000))
    assert len(reader.texts[0]) == 70_000


def test_compressed_messages() -> None:
    engine = zlib.compressobj(wbits=-15)
    reader = FrameReader(deflate=True)
    for text in (b"hello " * 20, b"hello " * 30):
        packed = engine.compress(text) + engine.flush(zlib.Z_SYNC_FLUSH)
        reader.feed(frame(packed[:-4], 0xC1))
    assert reader.texts == [b"hello " * 20, b"hello " * 30]


def test_what_is_too_large_is_not_read() -> None:
    reader = FrameReader(deflate=False)
    reader.feed(bytes([0x81, 127]) + (FRAME_BYTES + 1).to_bytes(8, "big") + b"x")
    assert reader.lost
    reader.feed(frame(b"more"))
    assert reader.texts == []
