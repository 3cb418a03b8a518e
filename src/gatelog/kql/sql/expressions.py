"""Operators of expressions: which types they take, what they give, and their SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson

from gatelog.kql.bound import Apply, Bound, Const
from gatelog.kql.catalog.rows import UNKNOWN, Emit, Fragment
from gatelog.kql.errors import NOT_SUPPORTED, TYPES, Finding, Span
from gatelog.kql.folding import computed, converted_constant, wrapped
from gatelog.kql.sql.equality import equality
from gatelog.schema.types import KqlType

BOOL, INT, LONG, REAL, DECIMAL = KqlType.BOOL, KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL
STRING, DATETIME, TIMESPAN, GUID, DYNAMIC = KqlType.STRING, KqlType.DATETIME, KqlType.TIMESPAN, KqlType.GUID, KqlType.DYNAMIC
NUMERIC = (INT, LONG, REAL, DECIMAL)
_RANK = {kind: index for index, kind in enumerate(NUMERIC)}


# -- conversions


def _convert_to(type_: KqlType) -> Any:
    def render(emit: Emit, operand: Fragment) -> str:
        return emit.convert(operand, type_).text

    return render


_CONVERT = {kind: _convert_to(kind) for kind in KqlType}


def convert(bound: Bound, kind: KqlType) -> Bound:
    """The expression as another type; a constant at once."""
    if bound.type is kind:
        return bound
    value = bound.value
    if value is not UNKNOWN and bound.type is not DYNAMIC:
        found = converted_constant(value, bound.type, kind)
        if found is not None or (value is None and kind is not STRING):
            return Const(kind, found)
    name = "parse_json" if kind is DYNAMIC and bound.type is STRING else "convert"
    return Apply(kind, name, _CONVERT[kind], (bound,), "never" if kind is STRING else "maybe")


# -- arithmetic


def _result(operator: str, left: KqlType, right: KqlType) -> KqlType | None:
    if left in _RANK and right in _RANK:
        widest = max(left, right, key=_RANK.__getitem__)
        return LONG if widest is INT else widest
    if left is DATETIME and right is TIMESPAN and operator in "+-":
        return DATETIME
    if left is TIMESPAN and right is DATETIME and operator == "+":
        return DATETIME
    if left is DATETIME and right is DATETIME and operator == "-":
        return TIMESPAN
    if left is TIMESPAN and right is TIMESPAN:
        return REAL if operator == "/" else TIMESPAN if operator in "+-%" else None
    if left is TIMESPAN and right in _RANK and operator in "*/":
        return TIMESPAN
    if left in _RANK and right is TIMESPAN and operator == "*":
        return TIMESPAN
    if left is DATETIME and right is TIMESPAN and operator == "%":
        return TIMESPAN
    return None


def arithmetic(operator: str, left: Bound, right: Bound, span: Span) -> Bound:
    """`+ - * / %`."""
    if left.type is DYNAMIC and right.type is DYNAMIC:
        return Apply(DYNAMIC, f"dynamic {operator}", _DYNAMIC[operator], (left, right), "maybe")
    if left.type is DYNAMIC:
        left = convert(left, _other(right.type))
    if right.type is DYNAMIC:
        right = convert(right, _other(left.type))
    result = _result(operator, left.type, right.type)
    if result is None:
        raise Finding(TYPES, f"'{operator}' is not defined for {left.type} and {right.type}", span)
    a, b = left.value, right.value
    if a is not UNKNOWN and b is not UNKNOWN:
        if a is None or b is None:
            return Const(result, None)
        if not (operator in "/%" and b == 0 and result is not REAL):
            found = computed(operator, a, b, result, (left.type, right.type))
            if found is not None:
                return Const(result, found)
        elif result is LONG:
            return Const(LONG, None)
    render = _ARITHMETIC[result]
    nulls = "maybe" if operator in "/%" else "strict"

    def rendered(emit: Emit, x: Fragment, y: Fragment) -> str:
        return str(render(emit, operator, x, y))

    tick = _moved_tick(operator, left, right) if result is DATETIME else None
    return Apply(result, operator, rendered, (left, right), nulls, tick=tick)


def _dynamic(operator: str) -> Any:
    def run(left: str | None, right: str | None) -> str | None:
        return _computed_json(operator, left, right)

    def render(emit: Emit, x: Fragment, y: Fragment) -> str:
        name = "kql_dynamic_" + {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}[operator]
        return emit.python(name, run, ["VARCHAR", "VARCHAR"], "VARCHAR", x.text, y.text)

    return render


def _computed_json(operator: str, left: str | None, right: str | None) -> str | None:
    """Arithmetic of two JSON numbers; null for anything else."""
    a, b = (None if text is None else orjson.loads(text) for text in (left, right))
    if not isinstance(a, (int, float)) or not isinstance(b, (int, float)) or isinstance(a, bool) or isinstance(b, bool):
        return None
    kind = REAL if isinstance(a, float) or isinstance(b, float) else LONG
    if operator in "/%" and b == 0 and kind is LONG:
        return None
    found = computed(operator, a, b, kind, (kind, kind))
    return None if found is None else orjson.dumps(found).decode()


_DYNAMIC = {operator: _dynamic(operator) for operator in "+-*/%"}


def _other(kind: KqlType) -> KqlType:
    return kind if kind in _RANK or kind in (TIMESPAN, DATETIME) else REAL


def _long(emit: Emit, operator: str, x: Fragment, y: Fragment) -> str:
    a, b = x.text, y.text
    if x.type is INT and y.type is INT:
        a = f"CAST({a} AS BIGINT)"
    if operator == "/":
        return str(emit.sql.divide(a, b if y.value not in (UNKNOWN, 0) else f"nullif({b}, 0)"))
    if operator == "%":
        divisor = str(abs(y.value)) if isinstance(y.value, int) and y.value else f"abs(nullif({b}, 0))"
        return f"((({a} % {divisor}) + {divisor}) % {divisor})"
    return f"({a} {operator} {b})"


def _as_real(x: Fragment) -> str:
    return x.text if x.type is REAL else f"CAST({x.text} AS DOUBLE)"


def _real(emit: Emit, operator: str, x: Fragment, y: Fragment) -> str:
    a, b = _as_real(x), _as_real(y)
    if operator == "%":
        return f"((({a} % abs({b})) + abs({b})) % abs({b}))"
    return f"({a} {operator} {b})"


def _decimal_multiply(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or b is None else _fits(computed("*", a, b, DECIMAL, (DECIMAL, DECIMAL)))


def _decimal_divide(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or not b else _fits(computed("/", a, b, DECIMAL, (DECIMAL, DECIMAL)))


def _decimal_modulo(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or not b else _fits(computed("%", a, b, DECIMAL, (DECIMAL, DECIMAL)))


def _fits(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-18")) if value.adjusted() < 16 else value


def _decimal(emit: Emit, operator: str, x: Fragment, y: Fragment) -> str:
    a = x.text if x.type is DECIMAL else emit.convert(x, DECIMAL).text
    b = y.text if y.type is DECIMAL else emit.convert(y, DECIMAL).text
    if operator in "+-":
        return f"({a} {operator} {b})"
    name, run = {
        "*": ("kql_decimal_multiply", _decimal_multiply),
        "/": ("kql_decimal_divide", _decimal_divide),
        "%": ("kql_decimal_modulo", _decimal_modulo),
    }[operator]
    return emit.python(name, run, ["DECIMAL(38,18)", "DECIMAL(38,18)"], "DECIMAL(38,18)", a, b)


def _timespan(emit: Emit, operator: str, x: Fragment, y: Fragment) -> str:
    a, b = x.text, y.text
    if x.type is DATETIME and y.type is DATETIME:
        sql = f"(({emit.sql.microseconds(a)} - {emit.sql.microseconds(b)}) * 10)"
        return f"({sql} + {x.tick - y.tick})" if x.tick != y.tick else sql
    if x.type is DATETIME:
        return f"(({emit.sql.microseconds(a)} * 10 + 621355968000000000) % nullif({b}, 0))"
    if x.type is TIMESPAN and y.type is TIMESPAN:
        return _long(emit, operator, x, y)
    span, number = (x, y) if x.type is TIMESPAN else (y, x)
    if number.type in (INT, LONG) and operator == "*":
        return f"({a} * {b})"
    return f"CAST(trunc(CAST({span.text} AS DOUBLE) {operator} {_as_real(number)}) AS BIGINT)"


def _moved_tick(operator: str, left: Bound, right: Bound) -> Any:
    def tick(operands: Sequence[Fragment]) -> int:
        moment, span = (operands[0], operands[1]) if operands[0].type is DATETIME else (operands[1], operands[0])
        if not isinstance(span.value, int):
            return moment.tick
        return (moment.tick + (span.value if operator == "+" else -span.value)) % 10

    return tick


def _datetime(emit: Emit, operator: str, x: Fragment, y: Fragment) -> str:
    moment, span = (x, y) if x.type is DATETIME else (y, x)
    if isinstance(span.value, int):
        delta = span.value if operator == "+" else -span.value
        return str(emit.sql.moved(moment.text, str((moment.tick + delta) // 10)))
    distance = emit.sql.divide(span.text, "10")
    return str(emit.sql.moved(moment.text, distance if operator == "+" else f"(-{distance})"))


_ARITHMETIC = {LONG: _long, REAL: _real, DECIMAL: _decimal, TIMESPAN: _timespan, DATETIME: _datetime}


def negate(operand: Bound) -> Bound:
    """`-x`; int becomes long."""
    result = LONG if operand.type is INT else operand.type
    value = operand.value
    if value is not UNKNOWN:
        if value is None:
            return Const(result, None)
        return Const(result, wrapped(-value) if isinstance(value, int) else -value)
    return Apply(result, "negate", "(-CAST({0} AS BIGINT))" if result is LONG else "(-{0})", (operand,))


# -- comparisons


def aligned(left: Bound, right: Bound, span: Span, what: str, ordering: bool) -> tuple[Bound, Bound]:
    """Both operands as types that can be compared."""
    a, b = left.type, right.type
    if a is b and a is not DYNAMIC:
        return left, right
    if a is DYNAMIC and b is DYNAMIC:
        raise Finding(TYPES, f"'{what}' of two dynamic values needs a conversion, such as tostring()", span)
    if a is DYNAMIC:
        return convert(left, b), right
    if b is DYNAMIC:
        return left, convert(right, a)
    if a in _RANK and b in _RANK:
        return _numbers(left, right)
    if a is BOOL and b in (INT, LONG) or b is BOOL and a in (INT, LONG):
        return convert(left, LONG), convert(right, LONG)
    if a is STRING and not ordering and left.value is not UNKNOWN:
        return Const(b, converted_constant(left.value, a, b)), right
    if b is STRING and not ordering and right.value is not UNKNOWN:
        return left, Const(a, converted_constant(right.value, b, a))
    raise Finding(TYPES, f"'{what}' is not defined for {a} and {b}", span)


def _numbers(left: Bound, right: Bound) -> tuple[Bound, Bound]:
    if left.type is INT and right.type is LONG and _small(right):
        return left, Const(INT, right.value)
    if right.type is INT and left.type is LONG and _small(left):
        return Const(INT, left.value), right
    if DECIMAL in (left.type, right.type) and REAL in (left.type, right.type):
        return convert(left, DECIMAL), convert(right, DECIMAL)
    return left, right


def _small(bound: Bound) -> bool:
    """A constant that fits into an int: comparing it as one lets the engine use its statistics."""
    return isinstance(bound.value, int) and -(1 << 31) <= bound.value < 1 << 31


def compare(operator: str, left: Bound, right: Bound, span: Span) -> Bound:
    """`== != < <= > >=`."""
    left, right = aligned(left, right, span, operator, ordering=operator not in ("==", "!="))
    if operator in ("==", "!="):
        return Apply(BOOL, operator, _EQUALITY[operator], (left, right), "maybe")
    return Apply(BOOL, operator, _ORDERING[operator], (left, right), "strict")


def _equality(operator: str) -> Any:
    def render(emit: Emit, left: Fragment, right: Fragment) -> str:
        return equality(operator, left, right, ieee=emit.dialect != "duckdb")

    return render


def _ordering(operator: str) -> Any:
    def render(emit: Emit, left: Fragment, right: Fragment) -> str:
        sql = f"({left.text} {operator} {right.text})"
        suspect = right if operator in ("<", "<=") else left
        if suspect.type is REAL and not isinstance(suspect.value, (int, float)):
            return f"({sql} AND NOT isnan({suspect.text}))" if emit.dialect == "duckdb" else sql
        return sql

    return render


_EQUALITY = {operator: _equality(operator) for operator in ("==", "!=")}
_ORDERING = {operator: _ordering(operator) for operator in ("<", "<=", ">", ">=")}


def logical(operator: str, *operands: Bound) -> Bound:
    """`and`, `or`."""
    arguments: list[Bound] = []
    for side in operands:
        if isinstance(side, Apply) and side.name == operator:
            arguments.extend(side.arguments)
        else:
            arguments.append(side)
    return Apply(BOOL, operator, _AND if operator == "and" else _OR, tuple(arguments))


def _AND(emit: Emit, *operands: Fragment) -> str:
    return "(" + " AND ".join(operand.text for operand in operands) + ")"


def _OR(emit: Emit, *operands: Fragment) -> str:
    return "(" + " OR ".join(operand.text for operand in operands) + ")"


def between(operator: str, left: Bound, low: Bound, high: Bound, span: Span) -> Bound:
    """`x between (a .. b)`, `x !between (a .. b)`."""
    inside = logical("and", compare(">=", left, low, span), compare("<=", left, high, span))
    return inside if operator == "between" else Apply(BOOL, "not", "(NOT {0})", (inside,))


# -- string predicates

_PUNCTUATION = re.compile(r"([!-/:-@\[-^`{-~])")
_LETTER = "[^\\p{L}\\p{N}]"


def term_pattern(needle: str, before: bool, after: bool) -> str:
    """A regular expression that finds `needle` bounded by what is no letter or digit."""
    left = f"(^|{_LETTER})" if before and needle[:1].isalnum() else ""
    right = f"($|{_LETTER})" if after and needle[-1:].isalnum() else ""
    return left + _PUNCTUATION.sub(r"\\\1", needle).replace("\n", "\\n") + right


def _has(before: bool, after: bool, fold: bool) -> Any:
    def render(emit: Emit, left: Fragment, right: Fragment) -> str:
        flags = "(?i)" if fold else ""
        if isinstance(right.value, str):
            if not right.value:
                return "true"
            pattern = emit.text(flags + term_pattern(right.value, before, after))
            needle = right.value.lower() if fold else right.value
            text = emit.sql.lower(left.text) if fold else left.text
            return f"({emit.sql.contains(text, emit.text(needle))} AND {emit.sql.matches(left.text, pattern)})"
        if emit.dialect != "duckdb":
            raise emit.refuse("a term that is not constant is not supported on this engine")
        start = emit.text(f"{flags}{f'(^|{_LETTER})' if before else ''}")
        end = emit.text(f"($|{_LETTER})" if after else "")
        return f"({right.text} = '' OR regexp_matches({left.text}, {start} || regexp_escape({right.text}) || {end}))"

    return render


def _plain(function: str, fold: bool) -> Any:
    def render(emit: Emit, left: Fragment, right: Fragment) -> str:
        find = getattr(emit.sql, function)
        if not fold:
            return str(find(left.text, right.text))
        needle = emit.text(right.value.lower()) if isinstance(right.value, str) else emit.sql.lower(right.text)
        return str(find(emit.sql.lower(left.text), needle))

    return render


def _same_text(emit: Emit, left: Fragment, right: Fragment) -> str:
    needle = emit.text(right.value.lower()) if isinstance(right.value, str) else emit.sql.lower(right.text)
    return f"({emit.sql.lower(left.text)} = {needle})"


def _matches(emit: Emit, left: Fragment, right: Fragment) -> str:
    return str(emit.sql.matches(left.text, right.text))


_PREDICATES: dict[str, Any] = {
    "has": _has(True, True, True),
    "has_cs": _has(True, True, False),
    "hasprefix": _has(True, False, True),
    "hasprefix_cs": _has(True, False, False),
    "hassuffix": _has(False, True, True),
    "hassuffix_cs": _has(False, True, False),
    "contains": _plain("contains", True),
    "contains_cs": _plain("contains", False),
    "startswith": _plain("starts_with", True),
    "startswith_cs": _plain("starts_with", False),
    "endswith": _plain("ends_with", True),
    "endswith_cs": _plain("ends_with", False),
    "=~": _same_text,
    "matches regex": _matches,
}
_PREDICATES[":"] = _PREDICATES["has"]


def _not(render: Any) -> Any:
    def negated(emit: Emit, left: Fragment, right: Fragment) -> str:
        return f"(NOT {render(emit, left, right)})"

    return negated


_PREDICATES.update({f"!{name}": _not(render) for name, render in list(_PREDICATES.items()) if name != ":"})
_PREDICATES["!~"] = _not(_same_text)


def predicate(operator: str, left: Bound, right: Bound, span: Span) -> Bound:
    """String operators: has, contains, startswith, =~, matches regex and their negations."""
    render = _PREDICATES.get(operator)
    if render is None:
        raise Finding(NOT_SUPPORTED, f"the operator '{operator}' is not supported", span)
    operands = []
    for side in (left, right):
        if side.type is DYNAMIC or (operator in ("=~", "!~") and side.type is GUID):
            side = convert(side, STRING)
        if side.type is not STRING:
            raise Finding(TYPES, f"'{operator}' is not defined for {left.type} and {right.type}", span)
        operands.append(side)
    name = "has" if operator == ":" else operator
    return Apply(BOOL, name, render, tuple(operands), "never")


# -- lists


def _listed(items: Sequence[Bound]) -> list[Bound]:
    """Constant arrays are spread out."""
    found: list[Bound] = []
    for item in items:
        if item.type is DYNAMIC and isinstance(item.value, str) and item.value.startswith("["):
            found.extend(_json_constant(value) for value in orjson.loads(item.value))
        elif item.type is DYNAMIC and item.value is not UNKNOWN:
            found.append(_json_constant(None if item.value is None else orjson.loads(item.value)))
        else:
            found.append(item)
    return found


def _json_constant(value: Any) -> Bound:
    if isinstance(value, bool):
        return Const(BOOL, value)
    if isinstance(value, int):
        return Const(LONG, value)
    if isinstance(value, float):
        return Const(REAL, value)
    if isinstance(value, str):
        return Const(STRING, value)
    return Const(DYNAMIC, None if value is None else orjson.dumps(value).decode())


def _within(text: str | None, array: str | None) -> bool:
    if text is None or array is None or not array.startswith("["):
        return False
    return any((item if isinstance(item, str) else orjson.dumps(item).decode()) == text for item in orjson.loads(array))


def _in_array(emit: Emit, left: Fragment, right: Fragment) -> str:
    return emit.python("kql_in_array", _within, ["VARCHAR", "VARCHAR"], "BOOLEAN", left.text, right.text)


def in_list(operator: str, left: Bound, items: Sequence[Bound], span: Span) -> Bound:
    """`in`, `in~`, `has_any`, `has_all` and their negations over a list."""
    negated, name = operator.startswith("!"), operator.removeprefix("!")
    values = _listed(items)
    if name in ("has_any", "has_all"):
        found = _has_list(name, left, values, span)
    else:
        found = _equal_list(name, left, values, span)
    return Apply(BOOL, "not", "(NOT {0})", (found,), "never") if negated else found


def _has_list(name: str, left: Bound, values: Sequence[Bound], span: Span) -> Bound:
    word = "or" if name == "has_any" else "and"
    if any(value.type is DYNAMIC and value.value is UNKNOWN for value in values):
        raise Finding(NOT_SUPPORTED, f"'{name}' needs a constant list", span)
    parts = [predicate("has", left, value if value.type is STRING else convert(value, STRING), span) for value in values]
    if not parts:
        return Const(BOOL, word == "and")
    found = parts[0]
    for part in parts[1:]:
        found = logical(word, found, part)
    return found


def _equal_list(name: str, left: Bound, values: Sequence[Bound], span: Span) -> Bound:
    fold = name == "in~"
    if left.type is DYNAMIC:
        kinds = {value.type for value in values if value.type is not DYNAMIC}
        left = convert(left, next(iter(kinds)) if len(kinds) == 1 else STRING)
    if fold and left.type is not STRING:
        raise Finding(TYPES, f"'{name}' needs a string, found {left.type}", span)
    plain: list[Bound] = []
    arrays: list[Bound] = []
    for value in values:
        if value.type is DYNAMIC:
            if value.value is UNKNOWN:
                arrays.append(value)
            continue
        found = _item(left, value, span)
        if found.value is not None or left.type is STRING:
            plain.append(found)
    render = _in_folded if fold else _in_plain
    result: Bound = Apply(BOOL, "in", render, (left, *plain), "never") if plain else Const(BOOL, False)
    for array in arrays:
        result = logical("or", result, Apply(BOOL, "in", _in_array, (convert(left, STRING), array), "never"))
    return result


def _item(left: Bound, value: Bound, span: Span) -> Bound:
    if value.type is left.type:
        return value
    if left.type in _RANK and value.type in _RANK:
        return value
    if value.value is not UNKNOWN:
        if left.type is STRING:
            return convert(value, STRING)
        return Const(left.type, converted_constant(value.value, value.type, left.type))
    raise Finding(TYPES, f"'in' compares {left.type} with {value.type}", span)


def _in_plain(emit: Emit, left: Fragment, *items: Fragment) -> str:
    texts = ", ".join(item.text for item in items)
    sql = f"({left.text} IN ({texts}))"
    return f"coalesce({sql}, false)" if left.nullable or any(item.nullable for item in items) else sql


def _in_folded(emit: Emit, left: Fragment, *items: Fragment) -> str:
    lowered = [emit.text(item.value.lower()) if isinstance(item.value, str) else emit.sql.lower(item.text) for item in items]
    return f"({emit.sql.lower(left.text)} IN ({', '.join(lowered)}))"


# -- members


def _element(emit: Any, base: Fragment, index: Fragment) -> str:
    return str(emit.sql.element(base, index))


def sub_element(base: Bound, index: Bound) -> Bound:
    """`d[x]` with an index that is not constant."""
    return Apply(DYNAMIC, "[]", _element, (base, index), "maybe")
