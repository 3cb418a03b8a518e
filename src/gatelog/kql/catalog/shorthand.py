"""Short forms for writing rows: most functions have one signature and one example."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatelog.kql.catalog.rows import (
    Aggregate,
    Emit,
    Example,
    Fragment,
    Function,
    Render,
    ResultRule,
    Signature,
    signature,
)
from gatelog.schema.types import KqlType

BOOL, INT, LONG, REAL, DECIMAL = KqlType.BOOL, KqlType.INT, KqlType.LONG, KqlType.REAL, KqlType.DECIMAL
STRING, DATETIME, TIMESPAN, GUID, DYNAMIC = KqlType.STRING, KqlType.DATETIME, KqlType.TIMESPAN, KqlType.GUID, KqlType.DYNAMIC


def scalar(
    name: str,
    form: str | tuple[Signature, ...],
    result: ResultRule,
    doc: str,
    duckdb: Render | None = None,
    clickhouse: Render | None = None,
    *,
    python: Callable[..., Any] | None = None,
    examples: tuple[Example, ...] = (),
    **more: Any,
) -> Function:
    """A function with one signature written as text, or with those given."""
    signatures = (signature(form, result, duckdb, clickhouse, python),) if isinstance(form, str) else form
    return Function(name, signatures, doc, examples, **more)


def aggregate(
    name: str,
    form: str | tuple[Signature, ...],
    result: ResultRule,
    doc: str,
    duckdb: Render | None = None,
    clickhouse: Render | None = None,
    *,
    examples: tuple[Example, ...] = (),
    **more: Any,
) -> Aggregate:
    """An aggregate with one signature written as text, or with those given."""
    signatures = (signature(form, result, duckdb, clickhouse),) if isinstance(form, str) else form
    return Aggregate(name, signatures, doc, examples, **more)


def shows(expression: str, *values: Any) -> Example:
    """`print` of expressions, and the one row it gives."""
    return Example(f"print {expression}", (values,))


def gives(query: str, *rows: tuple[Any, ...]) -> Example:
    """A query and its rows."""
    return Example(query, rows)


def real_kernel(name: str, run: Callable[..., float | None], *types: str) -> Callable[..., str]:
    """A rendering by a Python function that gives a real. It travels as text: DuckDB turns a NaN of Python into NULL."""

    def spelled(*values: Any) -> str | None:
        found = run(*values)
        return None if found is None else repr(float(found))

    def render(emit: Emit, *operands: Fragment) -> str:
        texts = [operand.text for operand in operands]
        return f"CAST({emit.python(f'kql_{name}', spelled, types[: len(texts)], 'VARCHAR', *texts)} AS DOUBLE)"

    return render


def constant(fragment: Fragment | None, default: Any = None) -> Any:
    """The constant behind an operand; the default when the operand is absent; UNKNOWN when it varies."""
    return default if fragment is None else fragment.value


def click_json(sql: str) -> str:
    """JSON text on ClickHouse, which escapes slashes unasked."""
    return f"replaceAll(toJSONString({sql}), '\\\\/', '/')"


def as_json(emit: Emit, operand: Fragment) -> str:
    """The operand as a JSON value: NULL for null, strings quoted (not parsed, unlike todynamic())."""
    if operand.type is KqlType.STRING:
        return f"CAST(to_json({operand.text}) AS VARCHAR)" if emit.dialect == "duckdb" else click_json(operand.text)
    return operand.text if operand.type is KqlType.DYNAMIC else emit.convert(operand, KqlType.DYNAMIC).text


def as_json_or_null(emit: Emit, operand: Fragment) -> str:
    """The operand as JSON text that is never NULL: null is the text `null`."""
    text = as_json(emit, operand)
    return f"coalesce({text}, 'null')" if operand.nullable else text
