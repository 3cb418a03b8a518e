"""List, Dictionary, HashSet, Queue, Stack, KeyValuePair, Tuple, and the lazy sequences of LINQ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.metadata import STRING, Type
from gatelog.policy.dotnet.numbers import Byte
from gatelog.policy.dotnet.runtime import MAX_ITEMS, Array, Instance, equals, hash_of, iterate, key_of, to_text
from gatelog.policy.dotnet.strings import compare_with

GENERIC: Final = "System.Collections.Generic."
_RANGE: Final = "Index was out of range. Must be non-negative and less than the size of the collection."
OUTSIDE: Final = (
    "Offset and length were out of bounds for the array or count is greater than the number of elements "
    "from index to the end of the source collection."
)
_CHANGED: Final = "Collection was modified; enumeration operation may not execute."


def grown(size: int) -> None:
    if size > MAX_ITEMS:
        raise ex.spent("makes a collection that is too long")


def guarded(items: list[Any]) -> Iterator[Any]:
    """The items of a list that must not change meanwhile."""
    size = len(items)
    for item in items:
        yield item
        if len(items) != size:
            raise ex.invalid_operation(_CHANGED)


class Sequence(Instance):
    """IEnumerable<T> that is computed when somebody looks."""

    __slots__ = ("_source", "element")

    def __init__(self, element: Type, source: Callable[[], Iterator[Any]]) -> None:
        self.element = element
        self._source = source

    @property
    def type(self) -> Type:
        return Type(GENERIC + "IEnumerable", (self.element,))

    def __iter__(self) -> Iterator[Any]:
        return self._source()


class List(Instance):
    """List<T>."""

    __slots__ = ("element", "items")

    def __init__(self, element: Type, items: list[Any] | None = None) -> None:
        self.element = element
        self.items = items if items is not None else []

    @property
    def type(self) -> Type:
        return Type(GENERIC + "List", (self.element,))

    def __iter__(self) -> Iterator[Any]:
        return guarded(self.items)

    def __len__(self) -> int:
        return len(self.items)


class HashSet(Instance):
    """HashSet<T> in insertion order."""

    __slots__ = ("element", "items", "key")

    def __init__(self, element: Type, values: Iterable[Any] = (), key: Callable[[Any], Any] = key_of) -> None:
        self.element = element
        self.key = key
        self.items: dict[Any, Any] = {}
        for value in values:
            self.items.setdefault(key(value), value)

    @property
    def type(self) -> Type:
        return Type(GENERIC + "HashSet", (self.element,))

    def __iter__(self) -> Iterator[Any]:
        return guarded(list(self.items.values())) if self.items else iter(())

    def __len__(self) -> int:
        return len(self.items)


class Queue(List):
    """Queue<T>, first in first out."""

    __slots__ = ()

    @property
    def type(self) -> Type:
        return Type(GENERIC + "Queue", (self.element,))


class Stack(List):
    """Stack<T>; enumerates from the top."""

    __slots__ = ()

    @property
    def type(self) -> Type:
        return Type(GENERIC + "Stack", (self.element,))

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items[::-1])


class Pair(Instance):
    """KeyValuePair<K, V>."""

    __slots__ = ("args", "key", "value")

    def __init__(self, args: tuple[Type, ...], key: Any, value: Any) -> None:
        self.args = args
        self.key = key
        self.value = value

    @property
    def type(self) -> Type:
        return Type(GENERIC + "KeyValuePair", self.args)

    def text(self) -> str:
        return f"[{to_text(self.key)}, {to_text(self.value)}]"

    def same_value(self, other: Pair) -> bool:
        return equals(self.key, other.key) and equals(self.value, other.value)


class Dictionary(Instance):
    """Dictionary<K, V> in insertion order; a removed entry's place is used again by the next, as .NET does."""

    __slots__ = ("args", "entries", "key")

    def __init__(self, args: tuple[Type, ...], key: Callable[[Any], Any] = key_of) -> None:
        self.args = args
        self.key = key
        self.entries: dict[Any, tuple[Any, Any]] = {}

    @property
    def type(self) -> Type:
        return Type(GENERIC + "Dictionary", self.args)

    def _key(self, key: Any) -> Any:
        if key is None:
            raise ex.argument_null("key")
        return self.key(key)

    def get(self, key: Any) -> Any:
        found = self.entries.get(self._key(key))
        if found is None:
            raise ex.DotNetException("KeyNotFoundException", "The given key was not present in the dictionary.")
        return found[1]

    def put(self, key: Any, value: Any) -> Any:
        known = self._key(key)
        self.entries[known] = (key if known not in self.entries else self.entries[known][0], value)
        grown(len(self.entries))
        return value

    def add(self, key: Any, value: Any) -> None:
        if self._key(key) in self.entries:
            raise ex.argument("An item with the same key has already been added.")
        self.put(key, value)

    def contains(self, key: Any) -> bool:
        return self._key(key) in self.entries

    def remove(self, key: Any) -> bool:
        return self.entries.pop(self._key(key), None) is not None

    def __iter__(self) -> Iterator[Pair]:
        return guarded([Pair(self.args, k, v) for k, v in self.entries.values()])

    def __len__(self) -> int:
        return len(self.entries)


class Tuple(Instance):
    """System.Tuple."""

    __slots__ = ("args", "items")

    def __init__(self, args: tuple[Type, ...], *items: Any) -> None:
        self.args = args
        self.items = items

    @property
    def type(self) -> Type:
        return Type("System.Tuple", self.args)

    def text(self) -> str:
        return f"({', '.join(map(to_text, self.items))})"

    def same_value(self, other: Tuple) -> bool:
        return len(self.items) == len(other.items) and all(map(equals, self.items, other.items))

    def hash_code(self) -> int:
        return hash(tuple(map(hash_of, self.items)))


class Grouping(Instance):
    """IGrouping<K, T>."""

    __slots__ = ("args", "items", "key")

    def __init__(self, args: tuple[Type, ...], key: Any, items: list[Any]) -> None:
        self.args = args
        self.key = key
        self.items = items

    @property
    def type(self) -> Type:
        return Type("System.Linq.IGrouping", self.args)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)


class Lookup(Instance):
    """ILookup<K, T>."""

    __slots__ = ("args", "groups")

    def __init__(self, args: tuple[Type, ...], groups: dict[Any, Grouping]) -> None:
        self.args = args
        self.groups = groups

    @property
    def type(self) -> Type:
        return Type("System.Linq.ILookup", self.args)

    def __iter__(self) -> Iterator[Grouping]:
        return iter(self.groups.values())

    def get(self, key: Any) -> Any:
        found = self.groups.get(key_of(key))
        return found if found is not None else Array(self.args[1], [])


class Comparer(Instance):
    """StringComparer: equality and order of strings."""

    __slots__ = ("key", "mode")
    NAME = "System.StringComparer"

    def __init__(self, mode: int) -> None:
        self.mode = mode
        """A StringComparison."""
        self.key: Callable[[Any], Any] = (lambda v: v.upper() if v is not None else v) if mode in (1, 3, 5) else key_of


def comparer(mode: int) -> Callable[[], Comparer]:
    """A static property of StringComparer."""
    made = Comparer(mode)
    return lambda: made


def same_text(by: Comparer, left: str | None, right: str | None) -> bool:
    return bool(by.key(left) == by.key(right))


def compare_text(by: Comparer, left: str | None, right: str | None) -> int:
    return compare_with(left, right, by.mode)


def keyed(by: Comparer | None) -> Callable[[Any], Any]:
    return by.key if by is not None else key_of


def at(source: Any, index: int) -> Any:
    """`list[index]`."""
    items = source.items
    if not 0 <= index < len(items):
        raise ex.out_of_range("index", _RANGE)
    return items[index]


def put(source: Any, index: int, value: Any) -> Any:
    if not 0 <= index < len(source.items):
        raise ex.out_of_range("index", _RANGE)
    source.items[index] = value
    return value


def array_at(source: Any, index: int) -> Any:
    items = source if isinstance(source, bytearray) else source.items
    if not 0 <= index < len(items):
        raise ex.index_out_of_range()
    return Byte(items[index]) if isinstance(source, bytearray) else items[index]


def array_put(source: Any, index: int, value: Any) -> Any:
    items = source if isinstance(source, bytearray) else source.items
    if not 0 <= index < len(items):
        raise ex.index_out_of_range()
    items[index] = value
    return value


def any_at(source: Any, index: int) -> Any:
    """`IList<T>[index]` of whatever implements it."""
    if isinstance(source, Array | bytearray):
        return array_at(source, index)
    getter = getattr(source, "get", None)
    return getter(index) if getter is not None else at(source, index)


def any_put(source: Any, index: int, value: Any) -> Any:
    if isinstance(source, Array | bytearray):
        return array_put(source, index, value)
    if hasattr(source, "raw"):
        source.put(index, value)
        return value
    return put(source, index, value)


def size(source: Any) -> int:
    return len(source)


def add(source: Any, value: Any) -> None:
    source.items.append(value)
    grown(len(source.items))


def add_range(source: List, values: Any) -> None:
    if values is None:
        raise ex.argument_null("collection")
    source.items.extend(list(iterate(values)))
    grown(len(source.items))


def index_of(source: Any, value: Any) -> int:
    return next((i for i, item in enumerate(iterate(source)) if both(item, value)), -1)


def last_index_of(source: Any, value: Any) -> int:
    items = list(iterate(source))
    return next((i for i in range(len(items) - 1, -1, -1) if both(items[i], value)), -1)


def both(left: Any, right: Any) -> bool:
    """`EqualityComparer<T>.Default`: two nulls are equal."""
    return left is right or equals(left, right)


def contains(source: Any, value: Any) -> bool:
    return any(both(item, value) for item in iterate(source))


def remove(source: List, value: Any) -> bool:
    index = index_of(source, value)
    if index >= 0:
        del source.items[index]
    return index >= 0


def remove_at(source: List, index: int) -> None:
    at(source, index)
    del source.items[index]


def remove_range(source: List, index: int, count: int) -> None:
    if index < 0 or count < 0:
        raise ex.out_of_range("index" if index < 0 else "count", "Non-negative number required.")
    if index + count > len(source.items):
        raise ex.argument(OUTSIDE)
    del source.items[index : index + count]


def remove_all(source: List, test: Callable[[Any], bool]) -> int:
    before = len(source.items)
    source.items[:] = [item for item in source.items if not test(item)]
    return before - len(source.items)


def insert(source: List, index: int, value: Any) -> None:
    if not 0 <= index <= len(source.items):
        raise ex.out_of_range("index", "Index must be within the bounds of the List.")
    source.items.insert(index, value)


def insert_range(source: List, index: int, values: Any) -> None:
    if not 0 <= index <= len(source.items):
        raise ex.out_of_range("index", _RANGE)
    source.items[index:index] = list(iterate(values))


def get_range(source: List, index: int, count: int) -> List:
    if index + count > len(source.items):
        raise ex.argument(OUTSIDE)
    return List(source.element, source.items[index : index + count])


def new_list(args: tuple[Type, ...], values: Any = None) -> List:
    if isinstance(values, int):
        return List(args[0])
    return List(args[0], list(iterate(values)) if values is not None else [])


def list_of(args: tuple[Type, ...], values: Any) -> List:
    if values is None:
        raise ex.argument_null("collection")
    return new_list(args, values)


def new_dictionary(args: tuple[Type, ...], *given: Any) -> Dictionary:
    """`new Dictionary<K, V>(other, comparer)` in any of its forms."""
    comparer = next((g for g in given if isinstance(g, Comparer)), None)
    made = Dictionary(args, keyed(comparer))
    for source in given:
        if source is None or isinstance(source, Comparer | int):
            continue
        for pair in iterate(source):
            made.add(pair.key, pair.value)
    return made


def try_get(source: Dictionary, key: Any) -> tuple[bool, Any]:
    found = source.entries.get(source.key(key)) if key is not None else None
    if key is None:
        raise ex.argument_null("key")
    return (True, found[1]) if found is not None else (False, zero_of(source.args[1]))


class Zeros:
    """`default(T)` by type; the assembled library fills it in."""

    __slots__ = ("of",)

    def __init__(self) -> None:
        self.of: Callable[[Type], Any] = lambda _kind: None


ZEROS: Final = Zeros()


def zero_of(kind: Type) -> Any:
    return ZEROS.of(kind)


def keys(source: Any) -> Sequence:
    return Sequence(source.args[0], lambda: iter([k for k, _ in source.entries.values()]))


def values(source: Any) -> Sequence:
    return Sequence(source.args[1], lambda: iter([v for _, v in source.entries.values()]))


def string_list(items: Iterable[str]) -> List:
    return List(STRING, list(items))


def string_sequence(items: Callable[[], Iterable[str]]) -> Sequence:
    return Sequence(STRING, lambda: iter(items()))


def pop(source: Stack) -> Any:
    if not source.items:
        raise ex.invalid_operation("Stack empty.")
    return source.items.pop()


def top(source: Stack) -> Any:
    if not source.items:
        raise ex.invalid_operation("Stack empty.")
    return source.items[-1]


def dequeue(source: Queue) -> Any:
    if not source.items:
        raise ex.invalid_operation("Queue empty.")
    return source.items.pop(0)


def front(source: Queue) -> Any:
    if not source.items:
        raise ex.invalid_operation("Queue empty.")
    return source.items[0]


def set_add(source: HashSet, value: Any) -> bool:
    key = source.key(value)
    if key in source.items:
        return False
    source.items[key] = value
    grown(len(source.items))
    return True


def set_remove(source: HashSet, value: Any) -> bool:
    return source.items.pop(source.key(value), source) is not source


def set_contains(source: HashSet, value: Any) -> bool:
    return source.key(value) in source.items


def set_operation(name: str) -> Callable[[HashSet, Any], Any]:
    """UnionWith, IntersectWith, ExceptWith, SetEquals, IsSubsetOf, IsSupersetOf, Overlaps."""

    def run(source: HashSet, other: Any) -> Any:
        theirs = {source.key(v): v for v in iterate(other)}
        mine = source.items
        answers = {
            "SetEquals": mine.keys() == theirs.keys(),
            "IsSubsetOf": mine.keys() <= theirs.keys(),
            "IsSupersetOf": mine.keys() >= theirs.keys(),
            "Overlaps": bool(mine.keys() & theirs.keys()),
        }
        if name in answers:
            return answers[name]
        if name == "UnionWith":
            source.items = {**mine, **{k: v for k, v in theirs.items() if k not in mine}}
        elif name == "IntersectWith":
            source.items = {k: v for k, v in mine.items() if k in theirs}
        else:
            source.items = {k: v for k, v in mine.items() if k not in theirs}
        return None

    return run


def new_set(args: tuple[Type, ...], *given: Any) -> HashSet:
    comparer = next((g for g in given if isinstance(g, Comparer)), None)
    source = next((g for g in given if not isinstance(g, Comparer) and g is not None), None)
    return HashSet(args[0], iterate(source) if source is not None else (), keyed(comparer))


def copy_to(source: Any, target: Any, start: int) -> None:
    items = list(iterate(source))
    into = target if isinstance(target, bytearray) else target.items
    if start + len(items) > len(into):
        raise ex.argument("Destination array was not long enough. Check destIndex and length, and the array's lower bounds.")
    into[start : start + len(items)] = items


def clear(source: Any) -> None:
    source.items.clear()
