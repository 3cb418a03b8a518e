"""ClickHouse: literals, conversions, JSON paths. What is not said exactly here is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from gatelog.kql.catalog.rows import Emit, Fragment
from gatelog.kql.errors import NOT_SUPPORTED, Finding
from gatelog.kql.literals import EPOCH_TICKS
from gatelog.schema.types import KqlType

TYPES = {
    KqlType.BOOL: "Nullable(Bool)",
    KqlType.INT: "Nullable(Int32)",
    KqlType.LONG: "Nullable(Int64)",
    KqlType.REAL: "Nullable(Float64)",
    KqlType.DECIMAL: "Nullable(Decimal(38, 18))",
    KqlType.STRING: "String",
    KqlType.DATETIME: "Nullable(DateTime64(6, 'UTC'))",
    KqlType.TIMESPAN: "Nullable(Int64)",
    KqlType.GUID: "Nullable(String)",
    KqlType.DYNAMIC: "Nullable(String)",
}
_EPOCH = dt.datetime(1970, 1, 1)


def refused(what: str) -> Finding:
    """The finding that ClickHouse cannot do something exactly."""
    return Finding(NOT_SUPPORTED, f"{what} is not available on clickhouse", (0, 0))


def text(value: str) -> str:
    """A string literal; the only place where user text becomes SQL."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0") + "'"


def literal(value: Any, type_: KqlType) -> str:
    """A constant of a KQL type."""
    if value is None:
        return "''" if type_ is KqlType.STRING else f"CAST(NULL AS {TYPES[type_]})"
    match type_:
        case KqlType.BOOL:
            return "true" if value else "false"
        case KqlType.INT:
            return f"toInt32({int(value)})"
        case KqlType.LONG | KqlType.TIMESPAN:
            return f"toInt64('{int(value)}')"
        case KqlType.REAL:
            return f"toFloat64('{float(value)!r}')"
        case KqlType.DECIMAL:
            return f"toDecimal128('{format(Decimal(value), 'f')}', 18)"
        case KqlType.DATETIME:
            moment = _EPOCH + dt.timedelta(microseconds=(value - EPOCH_TICKS) // 10)
            if not 1900 <= moment.year <= 2299:
                raise refused("a datetime outside 1900 to 2299")
            return f"toDateTime64('{moment.isoformat(sep=' ', timespec='microseconds')}', 6, 'UTC')"
        case _:
            return text(str(value))


def identifier(name: str) -> str:
    """A quoted name."""
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def values(rows: str, names: list[str], alias: str) -> str:
    """A FROM item of constant rows."""
    selects = []
    for row in _split(rows):
        cells = ", ".join(f"{cell} AS {name}" for cell, name in zip(row, names, strict=True))
        selects.append(f"SELECT {cells}")
    return f"({' UNION ALL '.join(selects)}) AS {alias}"


def _split(rows: str) -> list[list[str]]:
    """`(1, f('a, b')), (2, g(3))` -> cells."""
    found: list[list[str]] = []
    cell, depth, quoted, escaped = "", 0, False, False
    for character in rows:
        if quoted:
            cell += character
            quoted = escaped or character != "'"
            escaped = character == "\\" and not escaped
            continue
        if character == "'":
            quoted = True
        if character == "(":
            depth += 1
            if depth == 1:
                found.append([])
                cell = ""
                continue
        if character == ")":
            depth -= 1
            if depth == 0:
                found[-1].append(cell.strip())
                continue
        if character == "," and depth == 1:
            found[-1].append(cell.strip())
            cell = ""
            continue
        if depth:
            cell += character
    return found


def member(base: str, steps: tuple[str | int, ...]) -> str:
    """JSON text of a member of a JSON text."""
    arguments = ", ".join(text(step) if isinstance(step, str) else str(step + 1 if step >= 0 else step) for step in steps)
    return f"nullIf(nullIf(JSONExtractRaw(coalesce({base}, ''), {arguments}), ''), 'null')"


def extract(document: str, steps: list[tuple[str | int, ...]]) -> str:
    """All members of one document, as a tuple."""
    return f"tuple({', '.join(member(document, one) for one in steps)})"


def extracted(name: str, index: int, steps: tuple[str | int, ...]) -> str:
    """JSON text of one of those members."""
    return f"tupleElement({name}, {index + 1})"


def element(base: Fragment, index: Fragment) -> str:
    raise refused("an index that is not constant")


def parse_json(operand: str) -> str:
    """Text to dynamic: '' and null give null, what is no JSON is a string."""
    return f"if(isValidJSON({operand}), nullIf({operand}, 'null'), if({operand} = '', NULL, toJSONString({operand})))"


def reparse(operand: str) -> str:
    """parse_json() of a dynamic: a string inside is parsed, anything else stays."""
    inner = parse_json(f"JSONExtractString(coalesce({operand}, ''))")
    return f"if(startsWith(coalesce({operand}, ''), '\"'), {inner}, {operand})"


def reparsed_member(operand: str, steps: tuple[str | int, ...]) -> str:
    """A member of a dynamic that is text of JSON."""
    return member(reparse(operand), steps)


def json_value(operand: Fragment, emit: Emit) -> str:
    """The JSON text of any value, SQL NULL as the text null."""
    match operand.type:
        case KqlType.DYNAMIC:
            found = operand.text
        case KqlType.STRING:
            return f"toJSONString({operand.text})"
        case KqlType.BOOL:
            found = f"if({operand.text}, 'true', 'false')"
        case KqlType.INT | KqlType.LONG:
            found = f"toString({operand.text})"
        case _:
            raise refused(f"{operand.type} inside dynamic")
    return f"coalesce({found}, 'null')" if operand.nullable else found


def _to_string(operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.BOOL:
            return f"multiIf({x}, 'True', NOT {x}, 'False', '')"
        case KqlType.DATETIME:
            fraction = f"leftPad(toString(toUnixTimestamp64Micro({x}) % 1000000), 6, '0')"
            found = f"concat(formatDateTime({x}, '%Y-%m-%dT%H:%i:%S.'), {fraction}, '{operand.tick}Z')"
        case KqlType.DYNAMIC:
            found = f"if(startsWith(coalesce({x}, ''), '\"'), JSONExtractString(coalesce({x}, '')), {x})"
        case KqlType.INT | KqlType.LONG | KqlType.GUID:
            found = f"toString({x})"
        case _:
            raise refused(f"{operand.type} as text")
    return f"coalesce({found}, '')" if operand.nullable else found


def _to_integer(operand: Fragment, type_: KqlType) -> str:
    x, name = operand.text, "Int32" if type_ is KqlType.INT else "Int64"
    match operand.type:
        case KqlType.STRING:
            return f"if(match({x}, '^\\\\s*[-+]?\\\\d+\\\\s*$'), to{name}OrNull(trimBoth({x})), NULL)"
        case KqlType.DYNAMIC:
            plain = f"trim(BOTH '\"' FROM coalesce({x}, ''))"
            rest = f"accurateCastOrNull(trunc(toFloat64OrNull(coalesce({x}, ''))), '{name}')"
            return f"if(match({plain}, '^-?\\\\d+$'), to{name}OrNull({plain}), {rest})"
        case KqlType.REAL:
            return f"accurateCastOrNull(trunc({x}), '{name}')"
        case KqlType.BOOL | KqlType.INT | KqlType.LONG | KqlType.TIMESPAN:
            return f"accurateCastOrNull({x}, '{name}')"
        case _:
            raise refused(f"{operand.type} as {type_}")


def _to_real(operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.STRING:
            return f"toFloat64OrNull(trimBoth({x}))"
        case KqlType.DYNAMIC:
            return f"toFloat64OrNull(trim(BOTH '\"' FROM coalesce({x}, '')))"
        case KqlType.INT | KqlType.LONG | KqlType.DECIMAL | KqlType.TIMESPAN | KqlType.BOOL:
            return f"toFloat64({x})"
        case _:
            raise refused(f"{operand.type} as real")


def _to_decimal(operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.STRING:
            return f"toDecimal128OrNull(trimBoth({x}), 18)"
        case KqlType.DYNAMIC:
            return f"toDecimal128OrNull(trim(BOTH '\"' FROM coalesce({x}, '')), 18)"
        case KqlType.INT | KqlType.LONG:
            return f"toDecimal128({x}, 18)"
        case _:
            raise refused(f"{operand.type} as decimal")


def _to_bool(operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.INT | KqlType.LONG | KqlType.REAL:
            return f"({x} <> 0)"
        case KqlType.DYNAMIC:
            return f"multiIf({x} = 'true', true, {x} = 'false', false, NULL)"
        case KqlType.STRING:
            low = f"lower(trimBoth({x}))"
            return f"multiIf({low} = 'true', true, {low} = 'false', false, toInt64OrNull({low}) <> 0)"
        case _:
            raise refused(f"{operand.type} as bool")


def convert(emit: Emit, operand: Fragment, type_: KqlType) -> Fragment:
    """tostring(), tolong() and so on. Never raises, null where the text does not fit."""
    if operand.type is type_:
        return operand
    match type_:
        case KqlType.STRING:
            return Fragment(_to_string(operand), type_, False)
        case KqlType.INT | KqlType.LONG:
            return Fragment(_to_integer(operand, type_), type_)
        case KqlType.REAL:
            return Fragment(_to_real(operand), type_)
        case KqlType.DECIMAL:
            return Fragment(_to_decimal(operand), type_)
        case KqlType.BOOL:
            return Fragment(_to_bool(operand), type_)
        case KqlType.DYNAMIC:
            return Fragment(_to_dynamic(emit, operand), type_)
        case _:
            raise refused(f"{operand.type} as {type_}")


def _to_dynamic(emit: Emit, operand: Fragment) -> str:
    return parse_json(operand.text) if operand.type is KqlType.STRING else f"nullIf({json_value(operand, emit)}, 'null')"


def series(kind: KqlType, start: Fragment, end: Fragment, step: Fragment, name: str) -> str:
    """SELECT of the values of `range`."""
    a, b, c = start.text, end.text, step.text
    if kind is KqlType.DATETIME:
        count = f"intDiv(toUnixTimestamp64Micro({b}) - toUnixTimestamp64Micro({a}), intDiv({c}, 10))"
        numbers = f"SELECT arrayJoin(range(toUInt64({count} + 1))) AS i"
        return f"SELECT addMicroseconds({a}, i * intDiv({c}, 10)) AS {name} FROM ({numbers})"
    if kind in (KqlType.REAL, KqlType.INT):
        raise refused(f"a range of {kind}")
    return f"SELECT toInt64({a} + i * {c}) AS {name} FROM (SELECT arrayJoin(range(toUInt64(intDiv({b} - {a}, {c}) + 1))) AS i)"


def pack(emit: Emit, operands: tuple[Fragment, ...], ignore: bool) -> str:
    raise refused("pack_all()")


def groups(operand: str, pattern: str, count: int) -> str:
    raise refused("the operator parse")


def group(held: str, index: int) -> str:
    raise refused("the operator parse")


def expanded(operand: str, bags_as_arrays: bool) -> str:
    raise refused("the operator mv-expand")


def divide(a: str, b: str) -> str:
    """Integer division toward zero."""
    return f"intDiv({a}, {b})"


def microseconds(operand: str) -> str:
    """DateTime64 -> microseconds since 1970."""
    return f"toUnixTimestamp64Micro({operand})"


def moved(operand: str, distance: str) -> str:
    """A DateTime64 some microseconds later."""
    return f"addMicroseconds({operand}, {distance})"


def lower(operand: str) -> str:
    """In lower case."""
    return f"lowerUTF8({operand})"


def contains(operand: str, needle: str) -> str:
    """Does a text hold another?"""
    return f"(position({operand}, {needle}) > 0)"


def starts_with(operand: str, needle: str) -> str:
    """Does a text start with another?"""
    return f"startsWith({operand}, {needle})"


def ends_with(operand: str, needle: str) -> str:
    """Does a text end with another?"""
    return f"endsWith({operand}, {needle})"


def matches(operand: str, pattern: str) -> str:
    """Does a regular expression (RE2) match somewhere?"""
    return f"match({operand}, {pattern})"


def same(a: str, b: str) -> str:
    """Equality in which null equals null."""
    return f"{a} IS NOT DISTINCT FROM {b}"
