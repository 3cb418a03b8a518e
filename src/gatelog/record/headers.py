"""HTTP fields in the order they came, names compared without case (RFC 9110 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Headers:
    """An ordered multi-map of field names to values.

    >>> fields = Headers([("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2")])
    >>> fields.get("x-A"), fields.all("X-A"), "content-type" in fields
    ('1', ['1', '2'], True)

    Copies share their lines until one of them is changed.
    """

    __slots__ = ("_owned", "items", "keys")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self.items: Sequence[tuple[str, str]] = list(items)
        """The lines in order, to be read only."""
        self.keys: Sequence[str] = [name.lower() for name, _ in self.items]
        """The names in lower case, in the same order, to be read only."""
        self._owned = True
        """Both sequences are lists that nobody else has."""

    @classmethod
    def parsed(cls, items: Sequence[tuple[str, str]], keys: Sequence[str]) -> Headers:
        """From somebody who has the lower-case names already; neither sequence may be changed afterwards."""
        headers = cls.__new__(cls)
        headers.items = items
        headers.keys = keys
        headers._owned = False
        return headers

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of `name`."""
        lowered = name.lower()
        keys = self.keys
        return self.items[keys.index(lowered)][1] if lowered in keys else default

    def all(self, name: str) -> list[str]:
        """Every value of `name`, one for each field line."""
        lowered = name.lower()
        if lowered not in self.keys:
            return []
        return [item[1] for key, item in zip(self.keys, self.items, strict=True) if key == lowered]

    def set(self, name: str, *values: str) -> None:
        """Replace every line of `name` by one line for each value, where the first one stood."""
        lowered = name.lower()
        items, keys = self._own()
        count = keys.count(lowered)
        position = keys.index(lowered) if count else len(keys)
        if count == 1 and len(values) == 1:
            items[position] = (name, values[0])
            return
        if count:
            self._drop(lowered)
        items[position:position] = [(name, value) for value in values]
        keys[position:position] = [lowered] * len(values)

    def append(self, name: str, value: str) -> None:
        """Add one more line."""
        items, keys = self._own()
        items.append((name, value))
        keys.append(name.lower())

    def remove(self, name: str) -> None:
        """Drop every line of `name`; nothing happens when there is none."""
        lowered = name.lower()
        if lowered in self.keys:
            self._drop(lowered)

    def _drop(self, lowered: str) -> None:
        items, keys = self._own()
        while lowered in keys:
            position = keys.index(lowered)
            del keys[position], items[position]

    def _own(self) -> tuple[list[tuple[str, str]], list[str]]:
        """Lists of its own, to be changed."""
        items, keys = self.items, self.keys
        if not self._owned or not isinstance(items, list) or not isinstance(keys, list):
            items, keys = list(items), list(keys)
            self.items, self.keys, self._owned = items, keys, True
        return items, keys

    def copy(self) -> Headers:
        """An independent copy."""
        self._owned = False
        return Headers.parsed(self.items, self.keys)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.keys

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and list(self.items) == list(other.items)

    def __hash__(self) -> int:
        raise TypeError("headers are mutable and cannot be hashed")

    def __repr__(self) -> str:
        return f"Headers({list(self.items)!r})"
