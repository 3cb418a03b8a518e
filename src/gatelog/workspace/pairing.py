"""Pairing: the requests of one stream that wait for their responses, and the stream's position as storage keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gatelog.journal.reader import StreamReader
from gatelog.record.events import Failure, RequestEvent, ResponseEvent, decode

_POSITION_BYTES = 8


class _Waiting(msgspec.Struct, array_like=True):
    starts: list[int]


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far a stream is in the tables."""

    position: int = 0
    ended: bool = False
    """Everything was read, and calls that never ended have their rows."""
    waiting: tuple[int, ...] = ()
    """Positions of requests before `position` whose responses had not come."""

    def encode(self) -> bytes:
        """Bytes that grow in order with progress."""
        head = self.position.to_bytes(_POSITION_BYTES, "big") + bytes([self.ended])
        return head + msgspec.msgpack.encode(_Waiting(list(self.waiting)))

    @property
    def oldest_needed(self) -> int:
        """Records before it will not be read again."""
        return min((self.position, *self.waiting))


def decode_position(data: bytes) -> StreamPosition:
    """What `encode` made; the beginning for no bytes."""
    if not data:
        return StreamPosition()
    waiting = msgspec.msgpack.decode(data[_POSITION_BYTES + 1 :], type=_Waiting)
    return StreamPosition(int.from_bytes(data[:_POSITION_BYTES], "big"), bool(data[_POSITION_BYTES]), tuple(waiting.starts))


class Pairing:
    """Requests of one stream by message id."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[int, RequestEvent]] = {}
        self._latest = 0

    def load(self, directory: Path, stream: str, starts: tuple[int, ...]) -> None:
        """Read again the requests that waited when the position was stored."""
        for start in starts:
            reader = StreamReader(directory, stream, start)
            records = reader.read(1)
            reader.close()
            if records and records[0].start == start:
                event = decode(records[0].payload)
                if isinstance(event, RequestEvent):
                    self._waiting[event.message_id] = (start, event)

    def arrived(self, start: int, event: RequestEvent) -> None:
        """A request has come."""
        self._latest = max(self._latest, event.time)
        self._waiting[event.message_id] = (start, event)

    def answered(self, event: ResponseEvent) -> RequestEvent:
        """The request of a response; one made up from the response when its record was lost."""
        found = self._waiting.pop(event.message_id, None)
        if found is not None:
            return found[1]
        began = event.time - event.total_ns
        return RequestEvent(time=began, message_id=event.message_id, service_id="", method="", url="", client_ip="")

    def given_up(self, age: int) -> Iterator[RequestEvent]:
        """Give up the requests that are `age` ns older than the stream's newest; all of them for a negative age."""
        for message_id, (_, event) in list(self._waiting.items()):
            if event.time < self._latest - age or age < 0:
                del self._waiting[message_id]
                yield event

    @property
    def starts(self) -> tuple[int, ...]:
        """Positions of the waiting requests."""
        return tuple(sorted(start for start, _ in self._waiting.values()))

    def __len__(self) -> int:
        return len(self._waiting)


def aborted(request: RequestEvent) -> ResponseEvent:
    """The response of a call whose worker died before it ended."""
    failure = Failure(
        source="gateway",
        reason="GatewayStopped",
        message="the gateway process ended before the call did",
    )
    return ResponseEvent(
        time=request.time, message_id=request.message_id, status=0, completed=False, failure=failure, errors=[failure]
    )
