"""System.Array's statics, and dictionaries and collections seen through their interfaces."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.collections import Dictionary, HashSet, Sequence, keys, set_add, set_remove, try_get, values, zero_of
from gatelog.policy.dotnet.collections import add as list_add
from gatelog.policy.dotnet.collections import remove as list_remove
from gatelog.policy.dotnet.linq import order
from gatelog.policy.dotnet.metadata import Type
from gatelog.policy.dotnet.runtime import Array, iterate


def items_of(source: Any) -> Any:
    return source if isinstance(source, bytearray) else source.items


def sort(source: Any) -> None:
    items = items_of(source)
    items[:] = sorted(iterate(source), key=functools.cmp_to_key(order))


def sort_with(source: Any, by: Callable[[Any, Any], int]) -> None:
    items = items_of(source)
    items[:] = sorted(iterate(source), key=functools.cmp_to_key(by))


def reverse(source: Any) -> None:
    items_of(source).reverse()


def for_each(source: Any, action: Callable[[Any], Any]) -> None:
    for item in iterate(source):
        action(item)


def find_index(source: Any, test: Callable[[Any], bool]) -> int:
    return next((i for i, item in enumerate(iterate(source)) if test(item)), -1)


def find_last_index(source: Any, test: Callable[[Any], bool]) -> int:
    items = list(iterate(source))
    return next((i for i in range(len(items) - 1, -1, -1) if test(items[i])), -1)


def binary_search(source: Any, value: Any) -> int:
    items = list(iterate(source))
    low, high = 0, len(items) - 1
    while low <= high:
        middle = (low + high) // 2
        found = order(items[middle], value)
        if found == 0:
            return middle
        low, high = (middle + 1, high) if found < 0 else (low, middle - 1)
    return ~low


def copy(source: Any, start: int, target: Any, into: int, count: int) -> None:
    if source is None or target is None:
        raise ex.argument_null("sourceArray" if source is None else "destinationArray")
    if start < 0 or into < 0 or count < 0:
        raise ex.out_of_range("length" if count < 0 else "sourceIndex", "Value has to be >= 0.")
    one, two = items_of(source), items_of(target)
    if start + count > len(one):
        raise ex.argument("Source array was not long enough. Check srcIndex and length, and the array's lower bounds.")
    if into + count > len(two):
        raise ex.argument("Destination array was not long enough. Check destIndex and length, and the array's lower bounds")
    two[into : into + count] = one[start : start + count]


def clear_range(args: tuple[Type, ...], source: Any, start: int, count: int) -> None:
    items = items_of(source)
    if start < 0 or count < 0 or start + count > len(items):
        raise ex.index_out_of_range()
    items[start : start + count] = [zero_of(args[0])] * count


def clone(source: Any) -> Any:
    return bytearray(source) if isinstance(source, bytearray) else Array(source.element, list(source.items))


def map_get(source: Any, key: Any) -> Any:
    return source.get(key)


def map_put(source: Any, key: Any, value: Any) -> Any:
    source.put(key, value)
    return value


def map_add(source: Any, key: Any, value: Any) -> None:
    source.add(key, value)


def map_contains(source: Any, key: Any) -> bool:
    return bool(source.contains(key)) if hasattr(source, "contains") else source.get(key) is not None


def map_remove(source: Any, key: Any) -> bool:
    return bool(source.remove(key))


def map_try(source: Any, key: Any) -> tuple[bool, Any]:
    if isinstance(source, Dictionary):
        return try_get(source, key)
    found = source.get(key)
    return found is not None, found


def map_keys(source: Any) -> Any:
    return Counted(keys(source)) if isinstance(source, Dictionary) else source.key_collection()


def map_values(source: Any) -> Any:
    return Counted(values(source)) if isinstance(source, Dictionary) else source.value_collection()


class Counted(Sequence):
    """The keys or values of a dictionary: a view that knows its size."""

    __slots__ = ()

    def __init__(self, view: Sequence) -> None:
        super().__init__(view.element, lambda: iter(view))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def collection_add(source: Any, value: Any) -> None:
    if isinstance(source, HashSet):
        set_add(source, value)
    elif hasattr(source, "append"):
        source.append(value)
    elif isinstance(source, Array):
        raise ex.not_supported("Collection was of a fixed size.")
    else:
        list_add(source, value)


def collection_remove(source: Any, value: Any) -> bool:
    return set_remove(source, value) if isinstance(source, HashSet) else list_remove(source, value)


def collection_clear(source: Any) -> None:
    (source.entries if isinstance(source, Dictionary) else source.items).clear()
