"""What an attribute or text of a policy element holds: a constant, or an expression that is worked out for each call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from gatelog.policy.effects import PolicyError
from gatelog.policy.expression import Context, Expression, evaluate, to_text
from gatelog.record.exchange import Exchange

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Slot(Protocol[T_co]):
    """A value of one call."""

    def __call__(self, exchange: Exchange) -> T_co: ...


@dataclass(frozen=True, slots=True)
class Constant(Generic[T]):
    """The same for every call."""

    value: T

    def __call__(self, exchange: Exchange) -> T:
        return self.value


@dataclass(frozen=True, slots=True)
class Computed(Generic[T]):
    """The result of an expression."""

    expression: Expression
    convert: Callable[[Any], T]

    def __call__(self, exchange: Exchange) -> T:
        return self.convert(evaluate(self.expression, view_of(exchange)))


@dataclass(frozen=True, slots=True)
class Joined(Generic[T]):
    """Text with expressions inside of it."""

    pieces: tuple[Slot[str], ...]
    convert: Callable[[Any], T]

    def __call__(self, exchange: Exchange) -> T:
        return self.convert("".join(piece(exchange) for piece in self.pieces))


def view_of(exchange: Exchange) -> Context:
    """The call's `context` object; one for each call, because it remembers parsed bodies."""
    view = exchange.view
    if view is None:
        view = exchange.view = Context(exchange)
    return view  # type: ignore[no-any-return]  # the record stands below this floor and cannot name the type


def elapsed_ns(exchange: Exchange) -> int:
    """Nanoseconds since the call began, by the clock of its `context` object."""
    return int(view_of(exchange).clock.monotonic()) - exchange.started_monotonic


def are_constant(slots: Iterable[object]) -> bool:
    """Whether no expression is among the slots (None: an attribute that is absent)."""
    return all(slot is None or isinstance(slot, Constant) for slot in slots)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A type of attribute: how its literal text and its expression's value become a Python value."""

    name: str
    """What the documentation calls it."""
    parse: Callable[[str], T]
    """Raises ValueError whose text says what was expected."""
    convert: Callable[[Any], T]
    """Raises PolicyError when the expression's value is of no use."""


def _value_error(expected: str, value: Any) -> PolicyError:
    message = f"Expression evaluation failed. expected {expected}, the expression gave '{to_text(value)}'"
    return PolicyError("", "ExpressionValueEvaluationFailure", message)


def _from_text(expected: str, parse: Callable[[str], T]) -> Callable[[Any], T]:
    def convert(value: Any) -> T:
        try:
            return parse(to_text(value))
        except ValueError:
            raise _value_error(expected, value) from None

    return convert


def text_of(value: Any) -> str:
    """Text of an expression's value; null gives an empty text."""
    if type(value) is str:
        return value
    return "" if value is None else to_text(value)


def _integer(text: str) -> int:
    try:
        return int(text.strip().replace("_", "x"))
    except ValueError:
        raise ValueError("expected a whole number") from None


def _number(text: str) -> float:
    try:
        return float(text.strip().replace("_", "x"))
    except ValueError:
        raise ValueError("expected a number") from None


def _boolean(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in ("true", "1"):
        return True
    if lowered in ("false", "0"):
        return False
    raise ValueError("expected 'true' or 'false'")


def _convert_boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    try:
        return _boolean(to_text(value))
    except ValueError:
        raise _value_error("true or false", value) from None


_ISO_DURATION: Final = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_ISO_SECONDS: Final = (31_536_000, 2_592_000, 604_800, 86_400, 3_600, 60, 1)


def _seconds(text: str) -> float:
    stripped = text.strip()
    if match := _ISO_DURATION.fullmatch(stripped):
        return sum(float(part) * unit for part, unit in zip(match.groups(), _ISO_SECONDS, strict=True) if part)
    try:
        return float(stripped.replace("_", "x"))
    except ValueError:
        raise ValueError("expected a number of seconds") from None


def _status(text: str) -> int:
    code = _integer(text)
    if not 100 <= code <= 999:
        raise ValueError("expected a status code between 100 and 999")
    return code


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError("expected a time such as 2024-01-01T00:00:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())


TEXT: Final[Kind[str]] = Kind("text", str, text_of)
LINE: Final[Kind[str]] = Kind("text", str.strip, text_of)
"""Text whose white space at both ends means nothing when it is a literal."""
ANY: Final[Kind[Any]] = Kind("any value", str, lambda value: value)
"""A literal is text; an expression keeps the type of its value."""
INTEGER: Final[Kind[int]] = Kind("whole number", _integer, _from_text("a whole number", _integer))
NUMBER: Final[Kind[float]] = Kind("number", _number, _from_text("a number", _number))
BOOLEAN: Final[Kind[bool]] = Kind("true or false", _boolean, _convert_boolean)
SECONDS: Final[Kind[float]] = Kind("seconds", _seconds, _from_text("a number of seconds", _seconds))
STATUS: Final[Kind[int]] = Kind("status code", _status, _from_text("a status code", _status))
MOMENT: Final[Kind[int]] = Kind("time", _moment, _from_text("a time", _moment))


def one_of(*choices: str) -> Kind[str]:
    """A word out of a list, compared without case."""
    words = {choice.lower(): choice for choice in choices}
    expected = ", ".join(f"'{choice}'" for choice in choices)

    def parse(text: str) -> str:
        if (word := words.get(text.strip().lower())) is None:
            raise ValueError(f"expected one of {expected}")
        return word

    return Kind(" or ".join(f"`{choice}`" for choice in choices), parse, _from_text(f"one of {expected}", parse))


def within(kind: Kind[int], low: int, high: int) -> Kind[int]:
    """A whole number in a range, ends included."""

    def parse(text: str) -> int:
        number = kind.parse(text)
        if not low <= number <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return number

    return Kind(f"whole number {low} to {high}", parse, _from_text(f"a whole number from {low} to {high}", parse))
