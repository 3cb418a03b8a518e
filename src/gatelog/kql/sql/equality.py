"""Kusto's total equality in SQL."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Fragment
from gatelog.schema.types import KqlType


def equality(operator: str, left: Fragment, right: Fragment, null_is_false: bool = False, ieee: bool = False) -> str:
    """Kusto's == and !=: false (true) when one side is null, null when both are; NaN equals nothing."""
    a, b = left.text, right.text
    negated = operator == "!="
    sql = f"({a} {'<>' if negated else '='} {b})"
    real = {left.type, right.type} & {KqlType.REAL} and KqlType.DECIMAL not in (left.type, right.type)
    if real and not ieee:
        side = left if left.type is KqlType.REAL else right
        other = right if side is left else left
        constant = isinstance(other.value, (int, float)) and other.value == other.value
        if not constant:
            sql = f"({a} <> {b} OR isnan({side.text}))" if negated else f"({a} = {b} AND NOT isnan({side.text}))"
    if not left.nullable and not right.nullable:
        return sql
    if null_is_false:
        if negated:
            return f"({a} IS DISTINCT FROM {b})" if not real else f"coalesce({sql}, ({a} IS NULL) <> ({b} IS NULL))"
        return sql
    default = "true" if negated else "false"
    if left.nullable and right.nullable:
        return f"(CASE WHEN {a} IS NULL AND {b} IS NULL THEN NULL ELSE coalesce({sql}, {default}) END)"
    return f"coalesce({sql}, {default})"
