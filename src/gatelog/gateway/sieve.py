"""Which fields of a message pass: decided once for each sequence of names, because peers repeat themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from gatelog.record.headers import Headers

Pairs = Sequence[tuple[str, str]]

REMEMBERED = 512


class Sieve:
    """Drops the fields whose lower-case name `keeps` refuses.

    >>> sieve = Sieve(lambda key: key != "connection")
    >>> list(sieve(Headers([("A", "1"), ("Connection", "close")])))
    [('A', '1')]
    """

    __slots__ = ("_keeps", "_shapes")

    def __init__(self, keeps: Callable[[str], bool]) -> None:
        self._keeps = keeps
        self._shapes: dict[tuple[str, ...], tuple[Callable[[Any], Any] | None, tuple[str, ...]]] = {}

    def __call__(self, headers: Headers) -> Headers:
        """What is left; the headers themselves when nothing is dropped."""
        keys = tuple(headers.keys)
        shape = self._shapes.get(keys)
        if shape is None:
            shape = self._learn(keys)
        pick, kept = shape
        return headers if pick is None else Headers.parsed(pick(headers.items), kept)

    def _learn(self, keys: tuple[str, ...]) -> tuple[Callable[[Any], Any] | None, tuple[str, ...]]:
        positions = [position for position, key in enumerate(keys) if self._keeps(key)]
        kept = tuple(keys[position] for position in positions)
        shape = (None if len(kept) == len(keys) else _picker(positions), kept)
        if len(self._shapes) >= REMEMBERED:
            self._shapes.clear()
        self._shapes[keys] = shape
        return shape


def _picker(positions: list[int]) -> Callable[[Any], Any]:
    if len(positions) > 1:
        return itemgetter(*positions)
    if not positions:
        return lambda _: ()
    only = positions[0]
    return lambda items: (items[only],)
