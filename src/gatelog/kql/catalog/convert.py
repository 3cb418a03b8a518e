"""Conversions between scalar types (none of them ever raises), and choices between values."""

from __future__ import annotations

from collections.abc import Sequence

from gatelog.kql.catalog.rows import Emit, Fragment, Function, Operand, signature
from gatelog.kql.catalog.shorthand import (
    BOOL,
    DATETIME,
    DECIMAL,
    DYNAMIC,
    GUID,
    INT,
    LONG,
    REAL,
    STRING,
    TIMESPAN,
    as_json,
    scalar,
    shows,
)
from gatelog.kql.kernels import bags
from gatelog.schema.types import KqlType


def _converted(emit: Emit, operand: Fragment) -> str:
    return emit.convert(operand, emit.result).text


def _conversion(name: str, type: KqlType, doc: str, expression: str, value: object, *aliases: str, kind: str = "any") -> Function:
    return scalar(
        name,
        f"value:{kind}",
        type,
        doc,
        _converted,
        _converted,
        examples=(shows(expression, value),),
        aliases=aliases,
        naming="through",
        nulls="never" if type is KqlType.STRING else "maybe",
    )


def _common(operands: Sequence[Operand]) -> KqlType:
    """The type that all of them convert to; a dynamic follows the others."""
    types = {operand.type for operand in operands}
    fixed = types - {KqlType.DYNAMIC} or {KqlType.DYNAMIC}
    for type in (KqlType.DECIMAL, KqlType.REAL, KqlType.LONG, KqlType.INT):
        if type in fixed:
            return type
    return next(operand.type for operand in operands if operand.type in fixed)


def _case_type(operands: Sequence[Operand]) -> KqlType:
    return _common([*operands[1:-1:2], operands[-1]])


def _iff(emit: Emit, predicate: Fragment, then: Fragment, otherwise: Fragment) -> str:
    return _case(emit, predicate, then, otherwise)


def _case(emit: Emit, *operands: Fragment) -> str:
    """case(p1, v1, p2, v2, ..., v); a null predicate does not hold."""
    predicates = operands[:-1:2]
    if len(operands) % 2 == 0 or any(predicate.type is not KqlType.BOOL for predicate in predicates):
        raise emit.refuse("case() takes predicates and values in turn, and a last value")
    values = [_fitted(emit, operand) for operand in (*operands[1:-1:2], operands[-1])]
    arms = " ".join(f"WHEN {predicate.text} THEN {value}" for predicate, value in zip(predicates, values, strict=False))
    return f"(CASE {arms} ELSE {values[-1]} END)"


_NUMBERS = frozenset((KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL))


def _fitted(emit: Emit, operand: Fragment) -> str:
    """The operand in the result's type; types that have nothing in common are refused."""
    if operand.type is emit.result:
        return operand.text
    if KqlType.DYNAMIC not in (operand.type, emit.result) and not {operand.type, emit.result} <= _NUMBERS:
        raise emit.refuse(f"the values have no common type: {operand.type.value} and {emit.result.value}")
    return emit.convert(operand, emit.result).text


def _coalesce(emit: Emit, *operands: Fragment) -> str:
    if emit.result is KqlType.STRING:
        parts = [f"nullif({_fitted(emit, operand)}, '')" for operand in operands]
        return f"coalesce({', '.join(parts)}, '')"
    return f"coalesce({', '.join(_fitted(emit, operand) for operand in operands)})"


def _greatest(emit: Emit, *operands: Fragment) -> str:
    return _extreme(emit, "greatest", operands)


def _least(emit: Emit, *operands: Fragment) -> str:
    return _extreme(emit, "least", operands)


def _extreme(emit: Emit, function: str, operands: Sequence[Fragment]) -> str:
    if emit.result is KqlType.DYNAMIC:
        raise emit.refuse("max_of() and min_of() do not compare dynamic values; convert them first")
    values = ", ".join(_fitted(emit, operand) for operand in operands)
    if emit.dialect == "duckdb":
        return f"{function}({values})"
    return f"arrayReduce('{'max' if function == 'greatest' else 'min'}', [{values}])"


def _isnull(emit: Emit, value: Fragment) -> str:
    return "false" if value.type is KqlType.STRING else f"({value.text} IS NULL)"


def _isnotnull(emit: Emit, value: Fragment) -> str:
    return "true" if value.type is KqlType.STRING else f"({value.text} IS NOT NULL)"


def _isempty(emit: Emit, value: Fragment) -> str:
    if value.type is KqlType.STRING:
        return f"({value.text} = '')"
    if value.type is KqlType.DYNAMIC:
        return f"(coalesce({value.text}, '\"\"') = '\"\"')"
    return f"({value.text} IS NULL)"


def _isnotempty(emit: Emit, value: Fragment) -> str:
    if value.type is KqlType.STRING:
        return f"({value.text} <> '')"
    if value.type is KqlType.DYNAMIC:
        return f"(coalesce({value.text}, '\"\"') <> '\"\"')"
    return f"({value.text} IS NOT NULL)"


def _gettype(emit: Emit, value: Fragment) -> str:
    if value.type is not KqlType.DYNAMIC:
        return emit.text(value.type.value)
    return emit.python("kql_gettype", bags.type_name, ["VARCHAR"], "VARCHAR", value.text)


def _around(emit: Emit, value: Fragment, center: Fragment, delta: Fragment) -> str:
    if value.type is KqlType.DATETIME:
        ticks = [f"epoch_us({value.text})", f"epoch_us({center.text})", f"({delta.text} // 10)"]
    else:
        ticks = [value.text, center.text, delta.text]
    return f"({ticks[0]} BETWEEN {ticks[1]} - {ticks[2]} AND {ticks[1]} + {ticks[2]})"


def _assert(emit: Emit, predicate: Fragment, message: Fragment) -> str:
    return f"(CASE WHEN {predicate.text} THEN true ELSE error({message.text}) END)"


def _dynamic_to_json(emit: Emit, value: Fragment) -> str:
    return emit.python("kql_dynamic_to_json", bags.canonical, ["VARCHAR"], "VARCHAR", as_json(emit, value))


FUNCTIONS: tuple[Function, ...] = (
    _conversion("tostring", STRING, "The value as text; null gives ''.", "tostring(true)", "True"),
    _conversion("toint", INT, "The value as an int; null when it is none.", "toint('123')", 123),
    _conversion("tolong", LONG, "The value as a long; null when it is none.", "tolong('123')", 123),
    _conversion("toreal", REAL, "The value as a real; null when it is none.", "toreal('1.5')", 1.5, "todouble"),
    _conversion("todecimal", DECIMAL, "The value as a decimal; null when it is none.", "todecimal('1.5')", "1.5"),
    _conversion("tobool", BOOL, "The value as a bool; null when it is none.", "tobool('true')", True, "toboolean"),
    _conversion(
        "todatetime",
        DATETIME,
        "The value as a datetime; null when it is none.",
        "todatetime('2015-12-24')",
        "2015-12-24T00:00:00.0000000Z",
    ),
    _conversion(
        "totimespan", TIMESPAN, "The value as a timespan; null when it is none.", "totimespan('0.00:01:00')", "00:01:00", "totime"
    ),
    _conversion(
        "toguid",
        GUID,
        "The value as a GUID; null when it is none.",
        "toguid('70fc66f7-8279-44fc-9092-d364d70fce44')",
        "70fc66f7-8279-44fc-9092-d364d70fce44",
    ),
    _conversion(
        "todynamic",
        DYNAMIC,
        "JSON text as a dynamic value; text that is no JSON stays that text.",
        """todynamic('{"a":1}')""",
        '{"a":1}',
        "toobject",
        "parse_json",
        "parsejson",
    ),
    scalar(
        "dynamic_to_json",
        "value:any",
        STRING,
        "The value as JSON text with its keys in order.",
        _dynamic_to_json,
        nulls="maybe",
        examples=(shows("""dynamic_to_json(dynamic({"b": 1, "a": [2, 1]}))""", '{"a":[2,1],"b":1}'),),
    ),
    scalar(
        "iff",
        (signature("predicate:bool then:any otherwise:any", lambda operands: _common(operands[1:]), _iff, _iff),),
        LONG,
        "One of two values, by a predicate.",
        aliases=("iif",),
        nulls="maybe",
        examples=(shows("iff(1 > 2, 'yes', 'no'), iff(bool(null), 1, 2.5)", "no", 2.5),),
    ),
    scalar(
        "case",
        (signature("predicate:bool then:any rest:any+", _case_type, _case, _case),),
        LONG,
        "The value that follows the first predicate that holds, or the last value.",
        nulls="maybe",
        examples=(shows("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"),),
    ),
    scalar(
        "coalesce",
        (signature("first:any more:any+", _common, _coalesce, _coalesce),),
        LONG,
        "The first value that is not null (for strings: not empty).",
        nulls="maybe",
        examples=(shows("coalesce(tolong('not a number'), tolong('42'), 33), coalesce('', 'b')", 42, "b"),),
    ),
    scalar(
        "max_of",
        (signature("first:any more:any+", _common, _greatest, _greatest),),
        LONG,
        "The largest of the values; null only when all are.",
        nulls="maybe",
        examples=(shows("max_of(10, 1, -3, 17), max_of(1, 2.5), max_of(int(null), 3)", 17, 2.5, 3),),
    ),
    scalar(
        "min_of",
        (signature("first:any more:any+", _common, _least, _least),),
        LONG,
        "The smallest of the values; null only when all are.",
        nulls="maybe",
        examples=(shows("min_of(10, 1, -3, 17)", -3),),
    ),
    scalar(
        "not", "value:bool", BOOL, "Whether the value is false.", "(NOT {0})", "(NOT {0})", examples=(shows("not(false)", True),)
    ),
    scalar(
        "isnull",
        "value:any",
        BOOL,
        "Whether the value is null; text never is.",
        _isnull,
        _isnull,
        nulls="never",
        examples=(shows("isnull(''), isnull(int(null))", False, True),),
    ),
    scalar(
        "isnotnull",
        "value:any",
        BOOL,
        "Whether the value is not null; text never is null.",
        _isnotnull,
        _isnotnull,
        aliases=("notnull",),
        nulls="never",
        examples=(shows("isnotnull(''), isnotnull(int(null))", True, False),),
    ),
    scalar(
        "isempty",
        "value:any",
        BOOL,
        "Whether the value is null or empty text.",
        _isempty,
        _isempty,
        nulls="never",
        examples=(shows("isempty(''), isempty(' '), isempty(int(null)), isempty(1)", True, False, True, False),),
    ),
    scalar(
        "isnotempty",
        "value:any",
        BOOL,
        "Whether the value is neither null nor empty text.",
        _isnotempty,
        _isnotempty,
        aliases=("notempty",),
        nulls="never",
        examples=(shows("isnotempty(''), isnotempty('a'), isnotempty(1)", False, True, True),),
    ),
    scalar(
        "gettype",
        "value:any",
        STRING,
        "The name of the value's type; for a dynamic, of what it holds.",
        _gettype,
        _gettype,
        naming="prefix",
        label="type",
        nulls="never",
        examples=(
            shows(
                "gettype('John Doe'), gettype(1), gettype(1s), gettype(true), gettype(1.0)",
                "string",
                "long",
                "timespan",
                "bool",
                "real",
            ),
            shows(
                """gettype(parse_json('{"abc":123}')), gettype(dynamic([1, 2])), gettype(dynamic(null))""",
                "dictionary",
                "array",
                "null",
            ),
        ),
    ),
    scalar(
        "around",
        (
            signature("value:number center:number delta:number", BOOL, _around),
            signature("value:datetime center:datetime delta:timespan", BOOL, _around),
            signature("value:timespan center:timespan delta:timespan", BOOL, _around),
        ),
        BOOL,
        "Whether the value lies within a distance of the center.",
        examples=(shows("around(3, 5, 2), around(2, 5, 2)", True, False),),
    ),
    scalar(
        "assert",
        "predicate:bool message:!string",
        BOOL,
        "True, or the end of the query with the message.",
        _assert,
        nulls="never",
        examples=(shows("assert(1 < 2, 'one is too large')", True),),
    ),
)
