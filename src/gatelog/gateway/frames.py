"""WebSocket frames (RFC 6455 section 5): the texts of one direction, read beside the bytes that pass."""

from __future__ import annotations

import zlib
from typing import Final

TEXT_BYTES: Final = 4 << 20
"""Most text of one direction that is kept for the record."""
FRAME_BYTES: Final = 16 << 20
"""Larger messages pass, but are not read."""
_TEXT, _CLOSE = 1, 8


class FrameReader:
    """Reads the text messages out of one direction's bytes (RFC 6455 section 5); never changes or delays them."""

    __slots__ = ("_data", "_inflate", "_kept", "_message", "_opcode", "_skip", "lost", "messages", "texts")

    def __init__(self, *, deflate: bool) -> None:
        self._data = b""
        self._inflate = zlib.decompressobj(-15) if deflate else None
        self._message = b""
        self._opcode = 0
        self._kept = 0
        self._skip = 0
        self.lost = False
        """The bytes are no frames, or too large ones: nothing more is read."""
        self.messages = 0
        self.texts: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """More bytes of this direction."""
        if self.lost:
            return
        self._data += data
        while not self.lost and self._one():
            pass

    def _one(self) -> bool:
        data = self._data
        if len(data) < 2:
            return False
        length, start = data[1] & 127, 2
        if length > 125:
            wide = 2 if length == 126 else 8
            if len(data) < 2 + wide:
                return False
            length, start = int.from_bytes(data[2 : 2 + wide], "big"), 2 + wide
        masked = bool(data[1] & 128)
        begin = start + 4 * masked
        if length > FRAME_BYTES:
            self.lost = True
            self._data = b""
            return False
        if len(data) < begin + length:
            return False
        payload = data[begin : begin + length]
        self._data = data[begin + length :]
        self._frame(data[0], _unmask(payload, data[start:begin]) if masked else payload)
        return True

    def _frame(self, first: int, payload: bytes) -> None:
        opcode = first & 15
        if opcode >= _CLOSE:
            return
        if opcode:
            self._opcode = opcode
            self._message = b""
            self._skip = first & 64
        self._message += payload
        if len(self._message) > FRAME_BYTES:
            self.lost = True
        elif first & 128:
            self._end_message()

    def _end_message(self) -> None:
        self.messages += 1
        message, self._message = self._message, b""
        if self._skip and self._inflate is not None:
            try:
                message = self._inflate.decompress(message + b"\x00\x00\xff\xff", FRAME_BYTES)
            except zlib.error:
                self.lost = True
                return
        if self._opcode == _TEXT and self._kept < TEXT_BYTES:
            self.texts.append(message)
            self._kept += len(message)


def _unmask(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
