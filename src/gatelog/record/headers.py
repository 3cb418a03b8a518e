"""HTTP fields in the order they came, names compared without case (RFC 9110 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Headers:
    """An ordered multi-map of field names to values.

    >>> fields = Headers([("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2")])
    >>> fields.get("x-A"), fields.all("X-A"), "content-type" in fields
    ('1', ['1', '2'], True)
    """

    __slots__ = ("_items", "_keys")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = list(items)
        self._keys: list[str] | None = None
        """Names in lower case, in the same order; None until somebody looks a name up."""

    @classmethod
    def parsed(cls, items: list[tuple[str, str]], keys: list[str]) -> Headers:
        """From a parser that has the lower-case names already; both lists become the property of the result."""
        headers = cls.__new__(cls)
        headers._items = items
        headers._keys = keys
        return headers

    @property
    def keys(self) -> list[str]:
        """The names in lower case, in order; not to be changed by the caller."""
        keys = self._keys
        if keys is None:
            keys = self._keys = [name.lower() for name, _ in self._items]
        return keys

    @property
    def items(self) -> list[tuple[str, str]]:
        """The lines in order; not to be changed by the caller."""
        return self._items

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of `name`."""
        lowered = name.lower()
        keys = self.keys
        return self._items[keys.index(lowered)][1] if lowered in keys else default

    def all(self, name: str) -> list[str]:
        """Every value of `name`, one for each field line."""
        lowered = name.lower()
        if lowered not in self.keys:
            return []
        return [item[1] for key, item in zip(self.keys, self._items, strict=True) if key == lowered]

    def set(self, name: str, *values: str) -> None:
        """Replace every line of `name` by one line for each value, where the first one stood."""
        lowered = name.lower()
        keys = self.keys
        count = keys.count(lowered)
        position = keys.index(lowered) if count else len(keys)
        if count == 1 and len(values) == 1:
            self._items[position] = (name, values[0])
            return
        if count:
            self._drop(lowered)
        self._items[position:position] = [(name, value) for value in values]
        self.keys[position:position] = [lowered] * len(values)

    def append(self, name: str, value: str) -> None:
        """Add one more line."""
        self._items.append((name, value))
        if self._keys is not None:
            self._keys.append(name.lower())

    def remove(self, name: str) -> None:
        """Drop every line of `name`; nothing happens when there is none."""
        lowered = name.lower()
        if lowered in self.keys:
            self._drop(lowered)

    def _drop(self, lowered: str) -> None:
        keys = self.keys
        for position in range(len(keys) - 1, -1, -1):
            if keys[position] == lowered:
                del keys[position], self._items[position]

    def copy(self) -> Headers:
        """An independent copy."""
        copied = Headers(self._items)
        copied._keys = None if self._keys is None else self._keys.copy()
        return copied

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.keys

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._items == other._items

    def __hash__(self) -> int:
        raise TypeError("headers are mutable and cannot be hashed")

    def __repr__(self) -> str:
        return f"Headers({self._items!r})"
