"""HTTP fields in the order they came, names compared without case (RFC 9110 section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Headers:
    """An ordered multi-map of field names to values.

    >>> fields = Headers([("Content-Type", "application/json"), ("X-A", "1"), ("x-a", "2")])
    >>> fields.get("x-A"), fields.all("X-A"), "content-type" in fields
    ('1', ['1', '2'], True)
    """

    __slots__ = ("_items",)

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._items: list[tuple[str, str]] = list(items)

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value of `name`."""
        lowered = name.lower()
        for key, value in self._items:
            if key.lower() == lowered:
                return value
        return default

    def all(self, name: str) -> list[str]:
        """Every value of `name`, one for each field line."""
        lowered = name.lower()
        return [value for key, value in self._items if key.lower() == lowered]

    def set(self, name: str, *values: str) -> None:
        """Replace every line of `name` by one line for each value, where the first one stood."""
        lowered = name.lower()
        position = next((i for i, (key, _) in enumerate(self._items) if key.lower() == lowered), len(self._items))
        kept = [(key, value) for key, value in self._items if key.lower() != lowered]
        kept[position:position] = [(name, value) for value in values]
        self._items = kept

    def append(self, name: str, value: str) -> None:
        """Add one more line."""
        self._items.append((name, value))

    def remove(self, name: str) -> None:
        """Drop every line of `name`; nothing happens when there is none."""
        lowered = name.lower()
        self._items = [(key, value) for key, value in self._items if key.lower() != lowered]

    def copy(self) -> Headers:
        """An independent copy."""
        return Headers(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

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
