"""System.Linq.Enumerable: lazy where .NET is lazy."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.collections import (
    Comparer,
    Dictionary,
    Grouping,
    List,
    Lookup,
    Sequence,
    both,
    grown,
    keyed,
    zero_of,
)
from gatelog.policy.dotnet.dates import DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.guids import Guid
from gatelog.policy.dotnet.metadata import Type
from gatelog.policy.dotnet.numbers import DECIMAL_CONTEXT, Char, Int64, Single, decimal_operation, fit_decimal
from gatelog.policy.dotnet.runtime import MAX_ITEMS, Array, cast_reference, is_instance, iterate, key_of, make_array, unbox
from gatelog.policy.dotnet.strings import compare, compare_with

Types = tuple[Type, ...]
EMPTY = "Sequence contains no elements"
NO_MATCH = "Sequence contains no matching element"


def source_of(value: Any) -> Iterator[Any]:
    """The elements of `source`, which must not be null."""
    if value is None:
        raise ex.argument_null("source")
    return iterate(value)


def checked(value: Any) -> Any:
    if value is None:
        raise ex.argument_null("source")
    return value


def where(args: Types, source: Any, test: Callable[[Any], bool]) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: filter(test, iterate(source)))


def where_index(args: Types, source: Any, test: Callable[[Any, int], bool]) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: (item for i, item in enumerate(iterate(source)) if test(item, i)))


def select(args: Types, source: Any, form: Callable[[Any], Any]) -> Sequence:
    checked(source)
    return Sequence(args[1], lambda: map(form, iterate(source)))


def select_index(args: Types, source: Any, form: Callable[[Any, int], Any]) -> Sequence:
    checked(source)
    return Sequence(args[1], lambda: (form(item, i) for i, item in enumerate(iterate(source))))


def select_many(args: Types, source: Any, form: Callable[[Any], Any]) -> Sequence:
    checked(source)
    return Sequence(args[1], lambda: itertools.chain.from_iterable(iterate(form(item)) for item in iterate(source)))


def select_many_with(args: Types, source: Any, inner: Callable[[Any], Any], form: Callable[[Any, Any], Any]) -> Sequence:
    return Sequence(args[2], lambda: (form(a, b) for a in iterate(source) for b in iterate(inner(a))))


def first(source: Any, test: Callable[[Any], bool] | None = None) -> Any:
    for item in source_of(source):
        if test is None or test(item):
            return item
    raise ex.invalid_operation(EMPTY if test is None else NO_MATCH)


def first_or_default(args: Types, source: Any, test: Callable[[Any], bool] | None = None) -> Any:
    return next((item for item in source_of(source) if test is None or test(item)), zero_of(args[0]))


def last(source: Any, test: Callable[[Any], bool] | None = None) -> Any:
    found = [item for item in source_of(source) if test is None or test(item)]
    if not found:
        raise ex.invalid_operation(EMPTY if test is None else NO_MATCH)
    return found[-1]


def last_or_default(args: Types, source: Any, test: Callable[[Any], bool] | None = None) -> Any:
    found = [item for item in source_of(source) if test is None or test(item)]
    return found[-1] if found else zero_of(args[0])


def single(source: Any, test: Callable[[Any], bool] | None = None) -> Any:
    found = list(itertools.islice((item for item in source_of(source) if test is None or test(item)), 2))
    if len(found) == 2:
        raise ex.invalid_operation(f"Sequence contains more than one {'element' if test is None else 'matching element'}")
    if not found:
        raise ex.invalid_operation(EMPTY if test is None else NO_MATCH)
    return found[0]


def single_or_default(args: Types, source: Any, test: Callable[[Any], bool] | None = None) -> Any:
    found = list(itertools.islice((item for item in source_of(source) if test is None or test(item)), 2))
    if len(found) == 2:
        raise ex.invalid_operation(f"Sequence contains more than one {'element' if test is None else 'matching element'}")
    return found[0] if found else zero_of(args[0])


def element_at(source: Any, index: int) -> Any:
    found = list(itertools.islice(source_of(source), max(index, 0), max(index, 0) + 1)) if index >= 0 else []
    if not found:
        raise ex.out_of_range("index", "Index was out of range. Must be non-negative and less than the size of the collection.")
    return found[0]


def element_at_or_default(args: Types, source: Any, index: int) -> Any:
    return next(itertools.islice(source_of(source), index, None), zero_of(args[0])) if index >= 0 else zero_of(args[0])


def any_of(source: Any, test: Callable[[Any], bool] | None = None) -> bool:
    return any(test is None or test(item) for item in source_of(source))


def all_of(source: Any, test: Callable[[Any], bool]) -> bool:
    return all(test(item) for item in source_of(source))


def count(source: Any, test: Callable[[Any], bool] | None = None) -> int:
    return sum(1 for item in source_of(source) if test is None or test(item))


def long_count(source: Any) -> Int64:
    return Int64(count(source))


def contains(source: Any, value: Any) -> bool:
    return any(both(item, value) for item in source_of(source))


def contains_with(source: Any, value: Any, comparer: Comparer | None) -> bool:
    key = keyed(comparer)
    return any(key(item) == key(value) for item in source_of(source))


def to_list(args: Types, source: Any) -> List:
    return List(args[0], capped(source_of(source)))


def to_array(args: Types, source: Any) -> Any:
    return make_array(args[0], capped(source_of(source)))


def capped(items: Iterator[Any]) -> list[Any]:
    found = list(itertools.islice(items, MAX_ITEMS + 1))
    grown(len(found))
    return found


def to_dictionary(
    args: Types, source: Any, key: Callable[[Any], Any], value: Any = None, comparer: Comparer | None = None
) -> Dictionary:
    if isinstance(value, Comparer):
        value, comparer = None, value
    made = Dictionary((args[1], args[2] if len(args) > 2 else args[0]), keyed(comparer))
    for item in source_of(source):
        found = key(item)
        if found is None:
            raise ex.argument_null("key")
        made.add(found, value(item) if value is not None else item)
    return made


def distinct(args: Types, source: Any, comparer: Comparer | None = None) -> Sequence:
    checked(source)
    key = keyed(comparer)

    def run() -> Iterator[Any]:
        seen = set()
        for item in iterate(source):
            known = key(item)
            if known not in seen:
                seen.add(known)
                yield item

    return Sequence(args[0], run)


def concat(args: Types, source: Any, other: Any) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: itertools.chain(iterate(source), iterate(other)))


def append(args: Types, source: Any, value: Any) -> Sequence:
    return Sequence(args[0], lambda: itertools.chain(iterate(source), (value,)))


def prepend(args: Types, source: Any, value: Any) -> Sequence:
    return Sequence(args[0], lambda: itertools.chain((value,), iterate(source)))


def union(args: Types, source: Any, other: Any, comparer: Comparer | None = None) -> Sequence:
    return distinct(args, concat(args, source, other), comparer)


def intersect(args: Types, source: Any, other: Any, comparer: Comparer | None = None) -> Sequence:
    key = keyed(comparer)

    def run() -> Iterator[Any]:
        left = {key(item) for item in iterate(other)}
        for item in iterate(source):
            if key(item) in left:
                left.discard(key(item))
                yield item

    return Sequence(args[0], run)


def excluding(args: Types, source: Any, other: Any, comparer: Comparer | None = None) -> Sequence:
    key = keyed(comparer)

    def run() -> Iterator[Any]:
        seen = {key(item) for item in iterate(other)}
        for item in iterate(source):
            if key(item) not in seen:
                seen.add(key(item))
                yield item

    return Sequence(args[0], run)


def reverse(args: Types, source: Any) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: reversed(list(iterate(source))))


def skip(args: Types, source: Any, amount: int) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: itertools.islice(iterate(source), max(amount, 0), None))


def take(args: Types, source: Any, amount: int) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: itertools.islice(iterate(source), max(amount, 0)))


def skip_while(args: Types, source: Any, test: Callable[[Any], bool]) -> Sequence:
    return Sequence(args[0], lambda: itertools.dropwhile(test, iterate(source)))


def take_while(args: Types, source: Any, test: Callable[[Any], bool]) -> Sequence:
    return Sequence(args[0], lambda: itertools.takewhile(test, iterate(source)))


def zip_with(args: Types, source: Any, other: Any, form: Callable[[Any, Any], Any]) -> Sequence:
    return Sequence(args[2], lambda: map(form, iterate(source), iterate(other)))


def default_if_empty(args: Types, source: Any, value: Any = ...) -> Sequence:
    def run() -> Iterator[Any]:
        found = list(iterate(source))
        return iter(found or [zero_of(args[0]) if value is ... else value])

    return Sequence(args[0], run)


def sequence_equal(source: Any, other: Any) -> bool:
    one, two = list(source_of(source)), list(source_of(other))
    return len(one) == len(two) and all(map(both, one, two))


def span(start: int, amount: int) -> Sequence:
    if amount < 0 or start + amount - 1 > 2**31 - 1:
        raise ex.out_of_range("count")
    grown(amount)
    return Sequence(Type("System.Int32"), lambda: iter(range(start, start + amount)))


def repeat(args: Types, value: Any, amount: int) -> Sequence:
    if amount < 0:
        raise ex.out_of_range("count")
    grown(amount)
    return Sequence(args[0], lambda: itertools.repeat(value, amount))


def empty(args: Types) -> Any:
    return Array(args[0], [])


def cast(args: Types, source: Any) -> Sequence:
    checked(source)
    kind = args[0]
    is_value = zero_of(kind) is not None
    convert = (lambda v: unbox(v, kind, False)) if is_value else (lambda v: cast_reference(v, kind))
    return Sequence(kind, lambda: map(convert, iterate(source)))


def of_type(args: Types, source: Any) -> Sequence:
    checked(source)
    return Sequence(args[0], lambda: (item for item in iterate(source) if is_instance(item, args[0])))


def order(left: Any, right: Any) -> int:
    """`Comparer<T>.Default`."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    if isinstance(left, str) and not isinstance(left, Char):
        return compare(left, right)
    if isinstance(left, float) and (left != left or right != right):
        return int(left == left) - int(right == right)
    if isinstance(left, DateTimeOffset):
        return int(left.utc_ticks > right.utc_ticks) - int(left.utc_ticks < right.utc_ticks)
    if isinstance(left, DateTime | TimeSpan):
        return int(left.ticks > right.ticks) - int(left.ticks < right.ticks)
    if isinstance(left, Guid):
        return int(left.digits > right.digits) - int(left.digits < right.digits)
    own = getattr(left, "compare_to", None)
    if own is not None:
        return int(own(right))
    if not isinstance(left, int | float | str | Decimal):
        raise ex.argument("At least one object must implement IComparable.")
    return int((left > right) - (left < right))


class Ordered(Sequence):
    """IOrderedEnumerable<T>: a stable sort by several keys."""

    __slots__ = ("base", "orders")

    def __init__(self, element: Type, base: Any, orders: list[tuple[Callable[[Any], Any], bool, Comparer | None]]) -> None:
        super().__init__(element, self._sorted)
        self.base = base
        self.orders = orders

    def _sorted(self) -> Iterator[Any]:
        found = capped(iterate(self.base))
        for key, descending, comparer in reversed(self.orders):
            by = order if comparer is None else functools.partial(_compare_by, comparer.mode)
            keys = [key(item) for item in found]
            found = [found[i] for i in sorted(range(len(found)), key=_by_index(keys, by), reverse=descending)]
        return iter(found)


def _by_index(keys: list[Any], by: Callable[[Any, Any], int]) -> Callable[[int], Any]:
    wrapped = functools.cmp_to_key(by)
    return lambda index: wrapped(keys[index])


def _compare_by(mode: int, left: Any, right: Any) -> int:
    return compare_with(left, right, mode)


def order_by(descending: bool) -> Callable[..., Ordered]:
    return lambda args, source, key, comparer=None: Ordered(args[0], checked(source), [(key, descending, comparer)])


def then_by(descending: bool) -> Callable[..., Ordered]:
    return lambda args, source, key, comparer=None: Ordered(args[0], source.base, [*source.orders, (key, descending, comparer)])


def groups(args: Types, source: Any, key: Callable[[Any], Any], value: Callable[[Any], Any] | None) -> dict[Any, Grouping]:
    kinds = (args[1], args[2] if value is not None else args[0])
    found: dict[Any, Grouping] = {}
    for item in source_of(source):
        known = key(item)
        group = found.setdefault(key_of(known), Grouping(kinds, known, []))
        group.items.append(value(item) if value is not None else item)
    return found


def group_by(args: Types, source: Any, key: Callable[[Any], Any], value: Callable[[Any], Any] | None = None) -> Sequence:
    kinds = (args[1], args[2] if value is not None else args[0])
    return Sequence(Type("System.Linq.IGrouping", kinds), lambda: iter(groups(args, source, key, value).values()))


def group_result(args: Types, source: Any, key: Callable[[Any], Any], form: Callable[[Any, Any], Any]) -> Sequence:
    return Sequence(args[2], lambda: (form(g.key, g) for g in groups(args, source, key, None).values()))


def to_lookup(args: Types, source: Any, key: Callable[[Any], Any], value: Callable[[Any], Any] | None = None) -> Lookup:
    return Lookup((args[1], args[2] if value is not None else args[0]), groups(args, source, key, value))


def join(
    args: Types,
    outer: Any,
    inner: Any,
    outer_key: Callable[[Any], Any],
    inner_key: Callable[[Any], Any],
    form: Callable[..., Any],
) -> Sequence:
    def run() -> Iterator[Any]:
        index: dict[Any, list[Any]] = {}
        for item in iterate(inner):
            index.setdefault(key_of(inner_key(item)), []).append(item)
        for left in iterate(outer):
            for right in index.get(key_of(outer_key(left)), ()):
                yield form(left, right)

    return Sequence(args[3], run)


def aggregate(source: Any, form: Callable[[Any, Any], Any]) -> Any:
    items = source_of(source)
    first_item = next(items, ...)
    if first_item is ...:
        raise ex.invalid_operation(EMPTY)
    return functools.reduce(form, items, first_item)


def aggregate_seed(source: Any, seed: Any, form: Callable[[Any, Any], Any]) -> Any:
    return functools.reduce(form, source_of(source), seed)


def aggregate_result(source: Any, seed: Any, form: Callable[[Any, Any], Any], result: Callable[[Any], Any]) -> Any:
    return result(functools.reduce(form, source_of(source), seed))


def total(kind: type) -> Callable[..., Any]:
    """`Sum` of a numeric type; nulls count as zero; integers overflow with an exception."""

    def run(source: Any, form: Callable[[Any], Any] | None = None) -> Any:
        values = [form(item) if form is not None else item for item in source_of(source)]
        values = [v for v in values if v is not None]
        if kind is Decimal:
            return functools.reduce(lambda a, b: decimal_operation("+", a, b), values, Decimal(0))
        if kind in (float, Single):
            return kind(sum(map(float, values)))
        result = sum(map(int, values))
        bits = 31 if kind is int else 63
        if not -(2**bits) <= result < 2**bits:
            raise ex.overflow()
        return kind(result)

    return run


def average(kind: type, nullable: bool = False) -> Callable[..., Any]:
    def run(source: Any, form: Callable[[Any], Any] | None = None) -> Any:
        values = [form(item) if form is not None else item for item in source_of(source)]
        values = [v for v in values if v is not None]
        if not values:
            if nullable:
                return None
            raise ex.invalid_operation(EMPTY)
        if kind is Decimal:
            return fit_decimal(DECIMAL_CONTEXT.divide(sum(values, Decimal(0)), Decimal(len(values))))
        return kind(sum(values) / len(values))

    return run


def extreme(sign: int) -> Callable[..., Any]:
    """`Max` (1) and `Min` (-1) of values of T; nulls are left out; empty raises for value types."""

    def run(args: Types, source: Any, form: Callable[[Any], Any] | None = None) -> Any:
        best: Any = None
        seen = False
        for item in source_of(source):
            value = form(item) if form is not None else item
            if value is not None and (not seen or order(value, best) * sign > 0):
                best, seen = value, True
        if not seen and zero_of(args[-1]) is not None:
            raise ex.invalid_operation(EMPTY)
        return best

    return run
