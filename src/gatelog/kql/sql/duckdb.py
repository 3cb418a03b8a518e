"""DuckDB: literals, conversions, JSON paths."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import orjson

from gatelog.kql.catalog.rows import Emit, Fragment
from gatelog.kql.kernels.json_text import real_json, real_text
from gatelog.kql.literals import (
    EPOCH_TICKS,
    datetime_ticks,
    guid_text,
    timespan_text,
    timespan_ticks,
)
from gatelog.schema.types import KqlType

TYPES = {
    KqlType.BOOL: "BOOLEAN",
    KqlType.INT: "INTEGER",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38,18)",
    KqlType.STRING: "VARCHAR",
    KqlType.DATETIME: "TIMESTAMP",
    KqlType.TIMESPAN: "BIGINT",
    KqlType.GUID: "VARCHAR",
    KqlType.DYNAMIC: "VARCHAR",
}
_EPOCH = dt.datetime(1970, 1, 1)


def text(value: str) -> str:
    """A string literal; the only place where user text becomes SQL."""
    quoted = "'" + value.replace("'", "''") + "'"
    if "\0" in value:
        return "(" + quoted.replace("\0", "' || chr(0) || '") + ")"
    return quoted


def timestamp(ticks: int) -> str:
    """A TIMESTAMP literal; the tenth of a microsecond is carried apart (`Fragment.tick`)."""
    moment = _EPOCH + dt.timedelta(microseconds=(ticks - EPOCH_TICKS) // 10)
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"


def literal(value: Any, type_: KqlType) -> str:
    """A constant of a KQL type."""
    if value is None:
        return "''" if type_ is KqlType.STRING else f"CAST(NULL AS {TYPES[type_]})"
    match type_:
        case KqlType.BOOL:
            return "true" if value else "false"
        case KqlType.INT:
            return f"CAST({int(value)} AS INTEGER)"
        case KqlType.LONG | KqlType.TIMESPAN:
            return _long(int(value))
        case KqlType.REAL:
            return _real(float(value))
        case KqlType.DECIMAL:
            return f"CAST({text(format(Decimal(value), 'f'))} AS DECIMAL(38,18))"
        case KqlType.DATETIME:
            return timestamp(value)
        case _:
            return text(str(value))


def _long(value: int) -> str:
    if value == -(1 << 63):
        return "(-9223372036854775807::BIGINT - 1::BIGINT)"
    return f"{value}::BIGINT" if value >= 0 else f"({value}::BIGINT)"


def _real(value: float) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return f"CAST('{value}' AS DOUBLE)"
    return f"{value!r}::DOUBLE" if value >= 0 and repr(value)[0] != "-" else f"({value!r}::DOUBLE)"


def step(key: str | int) -> str:
    """One step of a `$` path, or '' when the key needs a pointer."""
    if isinstance(key, int):
        return f"[{key}]" if key >= 0 else f"[#{key}]"
    if key == "" or '"' in key or "\\" in key or "*" in key:
        return ""
    return f'."{key}"'


def paths(steps: tuple[str | int, ...]) -> list[str]:
    """The paths to follow one after the other; nearly always one."""
    found = []
    current = "$"
    for key in steps:
        part = step(key)
        if part:
            current += part
            continue
        if current != "$":
            found.append(current)
        found.append("/" + str(key).replace("~", "~0").replace("/", "~1"))
        current = "$"
    if current != "$":
        found.append(current)
    return found


def member(base: str, steps: tuple[str | int, ...]) -> str:
    """JSON text of a member of a JSON text that is known to be valid."""
    for path in paths(steps):
        base = f"json_extract({base}, {text(path)})"
    return f"nullif(CAST({base} AS VARCHAR), 'null')"


def identifier(name: str) -> str:
    """A quoted name."""
    return '"' + name.replace('"', '""') + '"'


def values(rows: str, names: list[str], alias: str) -> str:
    """A FROM item of constant rows."""
    return f"(VALUES {rows}) AS {alias}({', '.join(names)})"


def extract(document: str, steps: list[tuple[str | int, ...]]) -> str:
    """All members of one document at once; null where it is no JSON."""
    simple = [paths(one) for one in steps]
    listed = ", ".join(text(one[0]) if len(one) == 1 else "'$'" for one in simple)
    return f"TRY(json_extract({document}, [{listed}]))"


def extracted(name: str, index: int, steps: tuple[str | int, ...]) -> str:
    """JSON text of one of those members."""
    found = f"{name}[{index + 1}]"
    if len(paths(steps)) == 1:
        return f"nullif(CAST({found} AS VARCHAR), 'null')"
    return member(found, steps)


def element(base: Fragment, index: Fragment) -> str:
    """`d[expression]` with an index that is not constant."""
    if index.type in (KqlType.INT, KqlType.LONG):
        return f"nullif(CAST(json_extract({base.text}, CAST({index.text} AS BIGINT)) AS VARCHAR), 'null')"
    pointer = f"'/' || replace(replace({index.text}, '~', '~0'), '/', '~1')"
    found = f"nullif(CAST(json_extract({base.text}, {pointer}) AS VARCHAR), 'null')"
    return f"(CASE WHEN starts_with({base.text}, '{{') THEN {found} END)"


def parse_json(operand: str) -> str:
    """Text to dynamic: '' and null give null, what is no JSON is a string."""
    return (
        f"(CASE WHEN json_valid({operand}) THEN nullif(CAST(TRY(json({operand})) AS VARCHAR), 'null') "
        f"WHEN {operand} = '' THEN NULL ELSE CAST(to_json({operand}) AS VARCHAR) END)"
    )


def reparse(operand: str) -> str:
    """parse_json() of a dynamic: a string inside is parsed, anything else stays."""
    inner = parse_json(f"({operand} ->> '$')")
    return f"(CASE WHEN starts_with({operand}, '\"') THEN {inner} ELSE {operand} END)"


def reparsed_member(operand: str, steps: tuple[str | int, ...]) -> str:
    """A member of a dynamic that is text of JSON; null for any other. The guard comes first: nearly no row passes it."""
    found = f"({operand} ->> '$')"
    for path in paths(steps):
        found = f"json_extract({found}, {text(path)})"
    return f"(CASE WHEN starts_with({operand}, '\"') THEN nullif(CAST(TRY({found}) AS VARCHAR), 'null') END)"


def json_value(operand: Fragment, emit: Emit) -> str:
    """The JSON text of any value, SQL NULL as the text null."""
    match operand.type:
        case KqlType.DYNAMIC:
            found = operand.text
        case KqlType.STRING:
            return f"CAST(to_json({operand.text}) AS VARCHAR)"
        case KqlType.BOOL | KqlType.INT | KqlType.LONG:
            found = f"CAST({operand.text} AS VARCHAR)"
        case KqlType.REAL:
            x = operand.text
            large = emit.python("kql_real_json", _real_json_or_null, ["DOUBLE"], "VARCHAR", x)
            found = f"(CASE WHEN abs({x}) < 1e15 AND isfinite({x}) THEN CAST(to_json({x}) AS VARCHAR) ELSE {large} END)"
        case KqlType.DECIMAL:
            found = f"'\"' || {_from_decimal(operand.text)} || '\"'"
        case _:
            rendered = emit.convert(operand, KqlType.STRING).text
            found = f"(CASE WHEN {operand.text} IS NOT NULL THEN '\"' || {rendered} || '\"' END)"
    return f"coalesce({found}, 'null')" if operand.nullable else f"({found})"


def _real_json_or_null(value: float | None) -> str | None:
    return None if value is None else real_json(value)


def _real_or_null(value: float | None) -> str | None:
    return None if value is None else real_text(value)


def _from_real(operand: str, emit: Emit) -> str:
    large = emit.python("kql_real_text", _real_or_null, ["DOUBLE"], "VARCHAR", operand)
    small = f"replace(CAST({operand} AS VARCHAR), 'e', 'E')"
    return f"(CASE WHEN abs({operand}) < 1e15 AND isfinite({operand}) THEN {small} ELSE {large} END)"


def _from_decimal(operand: str) -> str:
    return f"regexp_replace(CAST({operand} AS VARCHAR), '\\.?0+$', '')"


def ticks(operand: str) -> str:
    """TIMESTAMP -> ticks since 0001."""
    return f"(epoch_us({operand}) * 10 + {EPOCH_TICKS})"


def moment(operand: str) -> str:
    """Ticks since 0001 -> TIMESTAMP; null outside its range."""
    return f"(CASE WHEN {operand} BETWEEN 0 AND 3155378975999999999 THEN make_timestamp(({operand} - {EPOCH_TICKS}) // 10) END)"


_ISO = r"\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?Z?\s*"


def _parse_datetime(value: str | None) -> dt.datetime | None:
    found = None if value is None else datetime_ticks(value)
    return None if found is None else _EPOCH + dt.timedelta(microseconds=(found - EPOCH_TICKS) // 10)


def _parse_timespan(value: str | None) -> int | None:
    return None if value is None else timespan_ticks(value)


def _print_timespan(value: int | None) -> str | None:
    return None if value is None else timespan_text(value)


def _parse_guid(value: str | None) -> str | None:
    return None if value is None else guid_text(value)


def to_string(emit: Emit, operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.BOOL:
            found = f"(CASE WHEN {x} THEN 'True' WHEN NOT {x} THEN 'False' ELSE '' END)"
            return found
        case KqlType.INT | KqlType.LONG:
            found = f"CAST({x} AS VARCHAR)"
        case KqlType.REAL:
            found = f"(CASE WHEN {x} IS NOT NULL THEN {_from_real(x, emit)} END)" if operand.nullable else _from_real(x, emit)
        case KqlType.DECIMAL:
            found = _from_decimal(x)
        case KqlType.DATETIME:
            found = f"(strftime({x}, '%Y-%m-%dT%H:%M:%S.%f') || '{operand.tick}Z')"
        case KqlType.TIMESPAN:
            found = emit.python("kql_timespan_text", _print_timespan, ["BIGINT"], "VARCHAR", x)
        case KqlType.DYNAMIC:
            found = f"({x} ->> '$')"
        case _:
            found = x
    return f"coalesce({found}, '')" if operand.nullable else found


def _to_bool(emit: Emit, operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.STRING:
            lower = f"lower(trim({x}))"
            return f"(CASE {lower} WHEN 'true' THEN true WHEN 'false' THEN false ELSE {_integer(x, 'BIGINT')} <> 0 END)"
        case KqlType.DYNAMIC:
            inner = Fragment(f"({x} ->> '$')", KqlType.STRING)
            return _to_bool(emit, inner)
        case KqlType.DATETIME | KqlType.GUID:
            raise emit.refuse(f"a {operand.type} as bool is not supported")
        case _:
            return f"({x} <> 0)"


def _integer(x: str, sql_type: str) -> str:
    return (
        f"(CASE WHEN regexp_full_match({x}, '\\s*[-+]?\\d+\\s*') THEN TRY_CAST(trim({x}) AS {sql_type}) "
        f"WHEN regexp_full_match({x}, '\\s*0[xX][0-9a-fA-F]+\\s*') THEN TRY_CAST(trim({x}) AS {sql_type}) END)"
    )


def _to_integer(emit: Emit, operand: Fragment, type_: KqlType) -> str:
    x, sql_type = operand.text, TYPES[type_]
    match operand.type:
        case KqlType.STRING:
            return _integer(x, sql_type)
        case KqlType.REAL:
            return f"TRY_CAST(trunc({x}) AS {sql_type})"
        case KqlType.DECIMAL:
            return f"TRY_CAST(trunc({x}) AS {sql_type})"
        case KqlType.DATETIME:
            return f"TRY_CAST({ticks(x)} AS {sql_type})"
        case KqlType.DYNAMIC:
            return (
                f"(CASE WHEN regexp_full_match({x}, '\"?\\s*-?\\d+\\s*\"?') THEN TRY_CAST(trim({x}, '\" ') AS {sql_type}) "
                f"WHEN {x} = 'true' THEN 1 WHEN {x} = 'false' THEN 0 "
                f"WHEN starts_with({x}, '\"') THEN {_integer(f'({x} ->> {chr(39)}${chr(39)})', sql_type)} "
                f"ELSE TRY_CAST(trunc(TRY_CAST({x} AS DOUBLE)) AS {sql_type}) END)"
            )
        case _:
            return f"TRY_CAST({x} AS {sql_type})"


def _to_real(emit: Emit, operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.STRING:
            return f"TRY_CAST(trim({x}) AS DOUBLE)"
        case KqlType.DYNAMIC:
            return f"(CASE WHEN {x} = 'true' THEN 1.0 WHEN {x} = 'false' THEN 0.0 ELSE TRY_CAST(trim({x}, '\" ') AS DOUBLE) END)"
        case KqlType.DATETIME:
            return f"CAST({ticks(x)} AS DOUBLE)"
        case _:
            return f"CAST({x} AS DOUBLE)"


def _to_decimal(emit: Emit, operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.DYNAMIC:
            return f"TRY_CAST(trim({x}, '\" ') AS DECIMAL(38,18))"
        case KqlType.REAL:
            return f"TRY_CAST(CAST({x} AS VARCHAR) AS DECIMAL(38,18))"
        case KqlType.DATETIME:
            return f"CAST({ticks(x)} AS DECIMAL(38,18))"
        case KqlType.STRING:
            return f"TRY_CAST(trim({x}) AS DECIMAL(38,18))"
        case _:
            return f"TRY_CAST({x} AS DECIMAL(38,18))"


def _to_datetime(emit: Emit, operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.STRING | KqlType.DYNAMIC:
            inner = x if operand.type is KqlType.STRING else f"({x} ->> '$')"
            slow = emit.python("kql_todatetime", _parse_datetime, ["VARCHAR"], "TIMESTAMP", inner)
            fast = f"TRY_CAST(rtrim(trim({inner}), 'Z') AS TIMESTAMP)"
            return f"(CASE WHEN regexp_full_match({inner}, '{_ISO}') THEN {fast} ELSE {slow} END)"
        case _:
            return moment(f"TRY_CAST({x} AS BIGINT)")


def _to_timespan(emit: Emit, operand: Fragment) -> str:
    x = operand.text
    match operand.type:
        case KqlType.STRING | KqlType.DYNAMIC:
            inner = x if operand.type is KqlType.STRING else f"({x} ->> '$')"
            return emit.python("kql_totimespan", _parse_timespan, ["VARCHAR"], "BIGINT", inner)
        case KqlType.DATETIME:
            return f"(epoch_us(({x})::TIME) * 10)"
        case _:
            return f"TRY_CAST({x} AS BIGINT)"


def _to_guid(emit: Emit, operand: Fragment) -> str:
    inner = operand.text if operand.type is KqlType.STRING else f"({operand.text} ->> '$')"
    return emit.python("kql_toguid", _parse_guid, ["VARCHAR"], "VARCHAR", inner)


def _to_dynamic(emit: Emit, operand: Fragment) -> str:
    if operand.type is KqlType.STRING:
        return parse_json(operand.text)
    found = json_value(operand, emit)
    return f"nullif({found}, 'null')" if operand.nullable else found


_CONVERSIONS = {
    KqlType.STRING: to_string,
    KqlType.BOOL: _to_bool,
    KqlType.REAL: _to_real,
    KqlType.DECIMAL: _to_decimal,
    KqlType.DATETIME: _to_datetime,
    KqlType.TIMESPAN: _to_timespan,
    KqlType.GUID: _to_guid,
    KqlType.DYNAMIC: _to_dynamic,
}
_WIDENS = {(KqlType.INT, KqlType.LONG), (KqlType.INT, KqlType.REAL), (KqlType.LONG, KqlType.REAL), (KqlType.BOOL, KqlType.LONG)}


def convert(emit: Emit, operand: Fragment, type_: KqlType) -> Fragment:
    """tostring(), tolong() and so on. Never raises, null where the text does not fit."""
    if operand.type is type_:
        return operand
    if type_ in (KqlType.INT, KqlType.LONG):
        sql = _to_integer(emit, operand, type_)
    else:
        sql = _CONVERSIONS[type_](emit, operand)
    nullable = type_ is not KqlType.STRING and (operand.nullable or (operand.type, type_) not in _WIDENS)
    return Fragment(sql, type_, nullable)


def series(kind: KqlType, start: Fragment, end: Fragment, step: Fragment, name: str) -> str:
    """SELECT of the values of `range`."""
    a, b, c = start.text, end.text, step.text
    if kind is KqlType.DATETIME:
        return f"SELECT unnest(generate_series({a}, {b}, to_microseconds({c} // 10))) AS {name}"
    if kind is KqlType.REAL:
        count = f"CAST(floor(({b} - {a}) / {c} + 1e-9) AS BIGINT)"
        return f"SELECT {a} + {c} * i AS {name} FROM (SELECT unnest(generate_series(0, {count})) AS i)"
    return f"SELECT CAST(unnest(generate_series({a}, {b}, {c})) AS {TYPES[kind]}) AS {name}"


def pack(emit: Emit, operands: tuple[Fragment, ...], ignore: bool) -> str:
    """A property bag of key, value, key, value ..."""
    parts = []
    for key, value in zip(operands[::2], operands[1::2], strict=True):
        text_key = text(_json_key(str(key.value)))
        rendered = json_value(value, emit)
        if ignore:
            empty = f"{value.text} = ''" if value.type is KqlType.STRING else f"{value.text} IS NULL"
            parts.append(f"CASE WHEN {empty} THEN NULL ELSE {text_key} || {rendered} END")
        else:
            parts.append(f"{text_key} || {rendered}")
    return "('{' || concat_ws(',', " + ", ".join(parts) + ") || '}')" if parts else "'{}'"


def _json_key(key: str) -> str:
    return orjson.dumps(key).decode() + ":"


def groups(operand: str, pattern: str, count: int) -> str:
    """The groups of a regular expression as a struct; null when nothing matches."""
    quoted = text(pattern)
    if not count:
        return f"(CASE WHEN regexp_matches({operand}, {quoted}) THEN 1 END)"
    names = ", ".join(f"'g{index}'" for index in range(count))
    return f"(CASE WHEN regexp_matches({operand}, {quoted}) THEN regexp_extract({operand}, {quoted}, [{names}]) END)"


def group(held: str, index: int) -> str:
    """One of those groups."""
    return f"struct_extract({held}, 'g{index}')"


def expanded(operand: str, bags_as_arrays: bool) -> str:
    """The items of a dynamic value as a list of JSON texts: null gives one null, a bag one item for each member."""
    items = f"list_transform(from_json({operand}, '[\"JSON\"]'), lambda v: nullif(CAST(v AS VARCHAR), 'null'))"
    key = "CAST(to_json(k) AS VARCHAR)"
    pointer = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
    value = f"CAST(json_extract({operand}, {pointer}) AS VARCHAR)"
    member_text = f"'[' || {key} || ',' || {value} || ']'" if bags_as_arrays else f"'{{' || {key} || ':' || {value} || '}}'"
    members = f"list_transform(json_keys({operand}), lambda k: {member_text})"
    return (
        f"(CASE WHEN {operand} IS NULL THEN [CAST(NULL AS VARCHAR)] WHEN starts_with({operand}, '[') THEN {items} "
        f"WHEN starts_with({operand}, '{{') THEN {members} ELSE [{operand}] END)"
    )


def divide(a: str, b: str) -> str:
    """Integer division toward zero."""
    return f"({a} // {b})"


def microseconds(operand: str) -> str:
    """TIMESTAMP -> microseconds since 1970."""
    return f"epoch_us({operand})"


def moved(operand: str, distance: str) -> str:
    """A TIMESTAMP some microseconds later."""
    return f"({operand} + to_microseconds({distance}))"


def lower(operand: str) -> str:
    """In lower case."""
    return f"lower({operand})"


def contains(operand: str, needle: str) -> str:
    """Does a text hold another?"""
    return f"contains({operand}, {needle})"


def starts_with(operand: str, needle: str) -> str:
    """Does a text start with another?"""
    return f"starts_with({operand}, {needle})"


def ends_with(operand: str, needle: str) -> str:
    """Does a text end with another?"""
    return f"ends_with({operand}, {needle})"


def matches(operand: str, pattern: str) -> str:
    """Does a regular expression (RE2) match somewhere?"""
    return f"regexp_matches({operand}, {pattern})"


def same(a: str, b: str) -> str:
    """Equality in which null equals null."""
    return f"{a} IS NOT DISTINCT FROM {b}"
