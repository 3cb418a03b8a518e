"""The file sink: `FOLDER/<logger>/<partition>.jsonl`, one JSON object a line, each message exactly once.

A line is `{"time", "message_id", "partition_key", "body", "stream", "position"}`; `body` is the message as JSON where it is JSON,
else as text. A repeated message is recognised by stream and position; a line torn by a crash is cut off before the next one.
"""

from __future__ import annotations

import datetime
import io
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from gatelog.sinks.interface import Message, SinkUnavailable

_TAIL_BYTES = 1 << 16


class FileSink:
    """Appends to files below `folder`; `partitions` are what keys are spread over (message without either: partition 0)."""

    def __init__(self, folder: Path, partitions: int = 4) -> None:
        self._folder = folder
        self._partitions = partitions
        self._files: dict[Path, _PartitionFile] = {}

    def deliver(self, messages: Sequence[Message]) -> None:
        """Append what is new and make it durable. Raises `SinkUnavailable` when the disk refuses."""
        touched: dict[Path, _PartitionFile] = {}
        try:
            for message in messages:
                path = self._folder / message.logger_id / f"{self.partition_of(message)}.jsonl"
                file = self._files.get(path) or self._open(path)
                file.add(message)
                touched[path] = file
            for file in touched.values():
                file.commit()
        except OSError as error:
            self.close()
            raise SinkUnavailable(f"cannot write below {self._folder}: {error.strerror}") from error

    def partition_of(self, message: Message) -> str:
        """The partition id, or the key's share of the partitions."""
        if message.partition_id:
            return message.partition_id
        return str(zlib.crc32(message.partition_key.encode()) % self._partitions) if message.partition_key else "0"

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _open(self, path: Path) -> _PartitionFile:
        self._files[path] = _PartitionFile(path)
        return self._files[path]


class _PartitionFile:
    """One partition's file and, for each journal stream, the position of its last line."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab+")
        self._last = _positions_at_the_end(self._file)
        self._lines = io.BytesIO()

    def add(self, message: Message) -> None:
        """Note a line, unless the file has it already."""
        if message.position <= self._last.get(message.stream, -1):
            return
        self._last[message.stream] = message.position
        self._lines.write(orjson.dumps(_line(message), option=orjson.OPT_APPEND_NEWLINE))

    def commit(self) -> None:
        """Write the noted lines and wait until the disk has them."""
        lines, self._lines = self._lines.getbuffer(), io.BytesIO()
        if lines:
            self._file.write(lines)
            self._file.flush()
            os.fdatasync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def _line(message: Message) -> Mapping[str, Any]:
    time = datetime.datetime.fromtimestamp(message.time / 1e9, datetime.UTC)
    try:
        body: Any = orjson.loads(message.body)
    except orjson.JSONDecodeError:
        body = message.body.decode("utf-8", "replace")
    return {
        "time": time.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        "message_id": message.message_id,
        "partition_key": message.partition_key,
        "body": body,
        "stream": message.stream,
        "position": message.position,
    }


def _positions_at_the_end(file: Any) -> dict[str, int]:
    """The last position of every stream that the end of the file names; cuts off a torn last line."""
    size = file.seek(0, os.SEEK_END)
    span = _TAIL_BYTES
    while True:
        file.seek(max(0, size - span))
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        first = 0 if span >= size else tail.find(b"\n") + 1
        if whole > first or span >= size:
            break
        span *= 4
    file.truncate(size - len(tail) + whole)
    last: dict[str, int] = {}
    for line in tail[first:whole].splitlines():
        found = orjson.loads(line)
        last[found["stream"]] = found["position"]
    return last
