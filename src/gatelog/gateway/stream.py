"""The tee of a streamed answer: every piece goes to the caller at once and to the record at the end."""

from __future__ import annotations

from collections import deque
from typing import Final

from gatelog.llm.assemble import Assembly, Completion, has_text
from gatelog.llm.operations import Kind
from gatelog.llm.sse import UsageStripper

_DONE: Final = b"[DONE]"


class Tee:
    """One streamed body on its way to the caller."""

    __slots__ = ("_assembly", "_latest", "_limit", "_pieces", "_stripper", "completion", "first_text", "sent", "size")

    def __init__(self, kind: Kind | None, *, strip_usage: bool, limit: int) -> None:
        self._assembly = Assembly(kind) if kind is not None else None
        self._stripper = UsageStripper() if strip_usage else None
        self._pieces: list[bytes] = []
        self._limit = limit
        """Most bytes that are kept for the record."""
        self.size = 0
        self.sent = 0
        self._latest: deque[tuple[bytes, int]] = deque(maxlen=4)
        """The last pieces with their times: the last text is in one of them."""
        self.first_text = 0
        """When the first piece with generated text came, monotonic ns; 0: none yet."""
        self.completion: Completion | None = None

    def feed(self, data: bytes, now: int) -> bytes:
        """Take a piece from the backend; gives what the caller is to get now."""
        assembly, stripper = self._assembly, self._stripper
        if self.size < self._limit:
            (self._pieces.append if assembly is None else assembly.feed)(data)
        self.size += len(data)
        if assembly is not None:
            if not self.first_text and has_text(data):
                self.first_text = now
            self._latest.append((data, now))
        out = data if stripper is None else stripper.feed(data)
        self.sent += len(out)
        return out

    def close(self) -> bytes:
        """The stream has ended: what the caller is still to get."""
        rest = self._stripper.close() if self._stripper is not None else b""
        self.sent += len(rest)
        return rest

    @property
    def last_text(self) -> int:
        """When the last piece with generated text came, monotonic ns; 0: none yet."""
        return next((now for data, now in reversed(self._latest) if has_text(data)), self.first_text)

    def ends_with_done(self, piece: bytes) -> bool:
        """The piece carries the marker after which clients stop reading."""
        return self._assembly is not None and _DONE in piece[-64:]

    def body(self) -> bytes:
        """What is put on record: the assembled completion, or the bytes of a stream that is none."""
        if self._assembly is None:
            return b"".join(self._pieces)[: self._limit]
        if self.completion is None:
            self.completion = self._assembly.finish()
        return self.completion.body
