"""The caches that policies use: values with a time to live, and vectors of semantic caches. In this process, bounded."""

from __future__ import annotations

import importlib
import sys
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from gatelog.record.exchange import Response

CACHE_BYTES = 64 << 20
VECTORS_PER_PARTITION = 2048
PARTITIONS = 256


@dataclass(slots=True)
class _Entry:
    value: Any
    expires: float
    size: int


class LocalCache:
    """Values by key; the least recently used ones go when it is full. Times are seconds, passed in."""

    def __init__(self, limit: int = CACHE_BYTES) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._limit = limit
        self._size = 0

    def get(self, key: str, now: float) -> Any | None:
        """The value; None when there is none or it is too old."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires <= now:
            self.remove(key)
            return None
        self._entries.move_to_end(key)
        return entry.value

    def put(self, key: str, value: Any, seconds: float, now: float) -> None:
        """Store a value; one that is larger than the whole cache is not kept."""
        self.remove(key)
        size = _size_of(value) + len(key) + 128
        if size > self._limit:
            return
        self._entries[key] = _Entry(value, now + seconds, size)
        self._size += size
        while self._size > self._limit:
            _, oldest = self._entries.popitem(last=False)
            self._size -= oldest.size

    def remove(self, key: str) -> None:
        """Forget a value."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size


def _size_of(value: Any) -> int:
    if isinstance(value, Response):
        return len(value.body or b"") + sum(len(name) + len(text) for name, text in value.headers)
    return len(value) if isinstance(value, (str, bytes)) else sys.getsizeof(value) + len(str(value))


class VectorCache:
    """Nearest stored vectors by cosine distance, each partition for itself."""

    def __init__(self) -> None:
        self._partitions: OrderedDict[str, list[tuple[Any, Any, float]]] = OrderedDict()

    def search(self, partition: str, vector: tuple[float, ...], threshold: float, now: float) -> tuple[float, Any] | None:
        """(distance, value) of the nearest vector within `threshold`; None: nothing is that near."""
        stored = [entry for entry in self._partitions.get(partition, ()) if entry[2] > now and len(entry[0]) == len(vector)]
        if not stored:
            return None
        numpy = _numpy()
        distances = 1.0 - numpy.stack([entry[0] for entry in stored]) @ _unit(vector)
        nearest = int(distances.argmin())
        distance = max(0.0, float(distances[nearest]))
        return (distance, stored[nearest][1]) if distance <= threshold else None

    def put(self, partition: str, vector: tuple[float, ...], value: Any, seconds: float, now: float) -> None:
        """Store a value; the oldest goes when the partition is full."""
        entries = [entry for entry in self._partitions.pop(partition, []) if entry[2] > now]
        entries.append((_unit(vector), value, now + seconds))
        self._partitions[partition] = entries[-VECTORS_PER_PARTITION:]
        while len(self._partitions) > PARTITIONS:
            self._partitions.popitem(last=False)


def _unit(vector: tuple[float, ...]) -> Any:
    numpy = _numpy()
    array = numpy.asarray(vector, dtype=numpy.float32)
    length = float(numpy.linalg.norm(array))
    return array / length if length else array


def _numpy() -> Any:
    # 20 MB that only a gateway with a semantic cache needs.
    return importlib.import_module("numpy")
