"""What holds for every row of the catalogue."""

from __future__ import annotations

import pytest

from gatelog.kql.catalog.aggregates import AGGREGATES
from gatelog.kql.catalog.refused import PREFIXES, REFUSED
from gatelog.kql.catalog.registry import CATALOGUE, FAMILIES
from gatelog.kql.catalog.rows import Aggregate, Function, parameters

ROWS: list[Function | Aggregate] = [*(row for rows in FAMILIES.values() for row in rows), *AGGREGATES]
KINDS = set("any string text int long real decimal number summable bool guid datetime timespan dynamic json type column".split())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{type(row).__name__}-{row.name}")
def test_a_row_is_whole(row: Function | Aggregate) -> None:
    assert row.doc.endswith(".")
    assert row.examples, "every function is shown"
    assert row.nulls in {"strict", "never", "maybe"}
    for signature in row.signatures:
        assert {parameter.kind for parameter in signature.parameters} <= KINDS
        assert row.columns or signature.duckdb or signature.python, "somebody must compute it"
        optional = [parameter.optional for parameter in signature.parameters]
        assert optional == sorted(optional), "what may be left out comes last"
        assert not any(parameter.repeated for parameter in signature.parameters[:-1])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{type(row).__name__}-{row.name}")
def test_examples_use_what_they_show(row: Function | Aggregate) -> None:
    names = (row.name, *row.aliases)
    assert any(f"{name}(" in example.query for example in row.examples for name in names)
    for example in row.examples:
        assert len({len(cells) for cells in example.rows}) == 1


def test_names_are_given_once() -> None:
    functions = [name for rows in FAMILIES.values() for row in rows for name in (row.name, *row.aliases)]
    aggregates = [name for row in AGGREGATES for name in (row.name, *row.aliases)]
    assert len(functions) == len(set(functions)) == len(CATALOGUE.functions)
    assert len(aggregates) == len(set(aggregates)) == len(CATALOGUE.aggregates)


def test_what_is_refused_is_not_offered() -> None:
    assert not set(REFUSED) & (set(CATALOGUE.functions) | set(CATALOGUE.aggregates))
    assert not [name for name in CATALOGUE.functions if name.startswith(tuple(PREFIXES))]


def test_rows_know_their_family() -> None:
    assert {row.family for row in CATALOGUE.functions.values()} == set(FAMILIES)


def test_parameters_are_read() -> None:
    source, start, rest, part = parameters("source:string start:long? rest:any* part:!string")
    assert (source.optional, source.repeated, source.literal) == (False, False, False)
    assert start.optional
    assert rest.optional
    assert rest.repeated
    assert part.literal


def test_the_functions_of_the_product_are_there() -> None:
    """What the reference queries on the gateway's own tables call."""
    wanted = (
        "tostring split bin parse_json isnotempty strcat case iff substring replace_string iif isempty toint "
        "todouble coalesce round array_length parse_url strlen row_number strcat_array countof isnull "
        "replace_regex toreal tolower isnotnull todynamic extract not indexof isnan datetime_diff isfinite "
        "max_of parse_xml endofmonth startofmonth extract_all todecimal startofday bin_at new_guid replace "
        "parseurl hourofday array_sort_asc prev series_decompose_forecast make_datetime trim_start range "
        "dayofweek tobool format_datetime row_cumsum tolong bag_keys array_concat trim abs parse_path "
        "todatetime pack_array datetime_add totimespan pack trim_end hash array_slice format_bytes "
        "extractjson toupper base64_decode_tostring series_fit_line series_outliers "
        "series_decompose_anomalies "
    ).split()
    assert not [name for name in wanted if name not in CATALOGUE.functions]
    aggregates = (
        "count avg sum countif percentile max dcount make_set min make_list stdev sumif make_bag dcountif percentiles make_set_if"
    )
    assert not [name for name in aggregates.split() if name not in CATALOGUE.aggregates]
