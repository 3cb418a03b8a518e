"""Aggregates of summarize, make-series and mv-apply. (arg_max, arg_min and take_any live with summarize: they widen to `*`.)

Null values are skipped. Over no rows: counts and sums are 0, averages NaN, extremes null, lists empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gatelog.kql.catalog.rows import UNKNOWN, Aggregate, Emit, Fragment, Operand, Render, signature
from gatelog.kql.catalog.shorthand import DATETIME, DECIMAL, DYNAMIC, LONG, REAL, TIMESPAN, aggregate, as_json, gives
from gatelog.kql.kernels import arrays, bags, digests
from gatelog.kql.kernels.json_text import array
from gatelog.schema.types import KqlType

_NAN = "CAST('NaN' AS DOUBLE)"
_MOST_ITEMS = 1_048_576
_LONG = 1 << 63
_WHOLE = frozenset((KqlType.INT, KqlType.LONG))
_SAMPLE = "range x from 1 to 3 step 1"
_SQL_TYPES = {KqlType.INT: "INTEGER", KqlType.LONG: "BIGINT", KqlType.REAL: "DOUBLE", KqlType.TIMESPAN: "BIGINT"}


def _where(predicate: Fragment | None) -> str:
    return "" if predicate is None else f" FILTER (WHERE {predicate.text})"


def _kept(value: Fragment, predicate: Fragment | None) -> str:
    """The filter that leaves out nulls too."""
    tests = [f"{value.text} IS NOT NULL"] if value.nullable else []
    tests += [] if predicate is None else [predicate.text]
    return f" FILTER (WHERE {' AND '.join(tests)})" if tests else ""


def _click(function: str, value: str, predicate: Fragment | None) -> str:
    """A call of an aggregate on ClickHouse."""
    return f"{function}({value})" if predicate is None else f"{function}If({value}, ifNull({predicate.text}, 0))"


def _summed(operands: Sequence[Operand]) -> KqlType:
    return LONG if operands[0].type in _WHOLE else operands[0].type


def _wrapped(sum: str) -> str:
    """A HUGEINT as the long that 64 bits hold."""
    inside = f"{sum} BETWEEN -{_LONG} AND {_LONG - 1}"
    turned = f"((({sum} + {_LONG}) % {2 * _LONG} + {2 * _LONG}) % {2 * _LONG} - {_LONG})"
    return f"CAST(CASE WHEN {inside} THEN {sum} ELSE {turned} END AS BIGINT)"


def _sum(emit: Emit, value: Fragment, predicate: Fragment | None = None) -> str:
    if emit.dialect != "duckdb":
        summed = _click("sum", value.text, predicate)
        return f"ifNull(toInt64({summed}), 0)" if value.type in _WHOLE or value.type is TIMESPAN else f"ifNull({summed}, 0)"
    summed = f"coalesce(sum({value.text}){_where(predicate)}, 0)"
    if value.type in _WHOLE or value.type is TIMESPAN:
        return _wrapped(summed)
    return f"CAST({summed} AS DECIMAL(38,18))" if value.type is DECIMAL else f"CAST({summed} AS DOUBLE)"


def _averaged(operands: Sequence[Operand]) -> KqlType:
    return REAL if operands[0].type in _WHOLE else operands[0].type


def _avg(emit: Emit, value: Fragment, predicate: Fragment | None = None) -> str:
    if value.type not in (*_WHOLE, REAL, DECIMAL, DATETIME, TIMESPAN):
        raise emit.refuse(f"avg() takes numbers, datetimes and timespans, found {value.type.value}")
    if emit.dialect != "duckdb":
        if value.type in (DATETIME, TIMESPAN, DECIMAL):
            return _click_avg(value, predicate)
        return f"ifNull({_click('avg', value.text, predicate)}, nan)"
    where = _where(predicate)
    if value.type is DATETIME:
        return f"make_timestamp(CAST(sum(epoch_us({value.text})){where} // nullif(count({value.text}){where}, 0) AS BIGINT))"
    if value.type is TIMESPAN:
        return f"CAST(trunc(sum({value.text}){where} / nullif(count({value.text}){where}, 0)) AS BIGINT)"
    if value.type is DECIMAL:
        return f"CAST(sum({value.text}){where} / nullif(count({value.text}){where}, 0) AS DECIMAL(38,18))"
    return f"coalesce(avg({value.text}){where}, {_NAN})"


def _click_avg(value: Fragment, predicate: Fragment | None) -> str:
    """A mean that is no real, on ClickHouse: the sum by the number of values, null for none."""
    number = f"toUnixTimestamp64Micro({value.text})" if value.type is DATETIME else value.text
    total, count = _click("sum", number, predicate), f"nullIf({_click('count', value.text, predicate)}, 0)"
    if value.type is DECIMAL:
        return f"CAST({total} / {count} AS Nullable(Decimal(38, 18)))"
    mean = f"intDiv({total}, toInt64({count}))"
    return f"fromUnixTimestamp64Micro({mean}, 'UTC')" if value.type is DATETIME else mean


def _extreme(function: str) -> Render:
    def render(emit: Emit, value: Fragment, predicate: Fragment | None = None) -> str:
        if value.type is DYNAMIC:
            raise emit.refuse(f"{function}() does not compare dynamic values; convert them first")
        if emit.dialect != "duckdb":
            return _click(function, value.text, predicate)
        found = f"{function}({value.text}){_where(predicate)}"
        if value.type is not REAL:
            return found
        return f"(CASE WHEN bool_or(isnan({value.text})){_where(predicate)} THEN {_NAN} ELSE {found} END)"

    return render


def _countif(emit: Emit, predicate: Fragment) -> str:
    if emit.dialect == "duckdb":
        return f"count(*) FILTER (WHERE {predicate.text})"
    return f"toInt64(countIf(ifNull({predicate.text}, 0)))"


def _distinct(emit: Emit, value: Fragment, predicate: Fragment | None = None, accuracy: Fragment | None = None) -> str:
    if emit.dialect == "duckdb":
        return f"count(DISTINCT {value.text}){_where(predicate)}"
    return f"toInt64({_click('uniqExact', value.text, predicate)})"


def _dcount(emit: Emit, value: Fragment, accuracy: Fragment | None = None) -> str:
    return _distinct(emit, value)


_CLICK_MOMENTS = {
    "stddev_samp": "stddevSampStable",
    "stddev_pop": "stddevPopStable",
    "var_samp": "varSampStable",
    "var_pop": "varPopStable",
}


def _moment(function: str, single: str) -> Render:
    def render(emit: Emit, value: Fragment, predicate: Fragment | None = None) -> str:
        if emit.dialect != "duckdb":
            number = f"toFloat64({value.text})"
            count, found = _click("count", value.text, predicate), _click(_CLICK_MOMENTS[function], number, predicate)
            return f"if({count} > 1, {found}, if({count} = 1, 0., nan))"
        where = _where(predicate)
        count, found = f"count({value.text}){where}", f"{function}(CAST({value.text} AS DOUBLE)){where}"
        return f"(CASE WHEN {count} > 1 THEN {found} WHEN {count} = 1 THEN {single} ELSE {_NAN} END)"

    return render


def _covariance(function: str) -> Render:
    def render(emit: Emit, one: Fragment, other: Fragment, predicate: Fragment | None = None) -> str:
        pairs = f"CAST({one.text} AS DOUBLE), CAST({other.text} AS DOUBLE)"
        return f"coalesce({function}({pairs}){_where(predicate)}, {_NAN})"

    return render


def _limit(emit: Emit, limit: Fragment | None, function: str) -> int:
    if limit is None:
        return _MOST_ITEMS
    if not isinstance(limit.value, int):
        raise emit.refuse(f"{function}() needs a constant as its largest size")
    return min(limit.value, _MOST_ITEMS) if limit.value > 0 else _MOST_ITEMS


def _items(emit: Emit, value: Fragment, kept: str) -> str:
    return f"list({as_json(emit, value)} {emit.order}){kept}"


def _list(emit: Emit, value: Fragment, limit: Fragment | None = None, predicate: Fragment | None = None) -> str:
    most = _limit(emit, limit, "make_list")
    if emit.dialect != "duckdb":
        raise emit.refuse("make_list() is not supported on this engine")
    items = _items(emit, value, _kept(value, predicate))
    if most < _MOST_ITEMS:
        items = f"list_slice({items}, 1, {most})"
    return f"('[' || coalesce(array_to_string({items}, ','), '') || ']')"


def _list_if(emit: Emit, value: Fragment, predicate: Fragment, limit: Fragment | None = None) -> str:
    return _list(emit, value, limit, predicate)


def _list_with_nulls(emit: Emit, value: Fragment) -> str:
    items = f"list(coalesce({as_json(emit, value)}, 'null') {emit.order})"
    return f"('[' || coalesce(array_to_string({items}, ','), '') || ']')"


def _set(emit: Emit, value: Fragment, limit: Fragment | None = None, predicate: Fragment | None = None) -> str:
    most = _limit(emit, limit, "make_set")
    items = _items(emit, value, _kept(value, predicate))
    return emit.python("kql_make_set", arrays.set_of, ["VARCHAR[]", "BIGINT"], "VARCHAR", items, str(most))


def _set_if(emit: Emit, value: Fragment, predicate: Fragment, limit: Fragment | None = None) -> str:
    return _set(emit, value, limit, predicate)


def _bag(emit: Emit, value: Fragment, limit: Fragment | None = None, predicate: Fragment | None = None) -> str:
    most = _limit(emit, limit, "make_bag")
    items = _items(emit, value, _kept(value, predicate))
    return emit.python("kql_make_bag", bags.make_bag, ["VARCHAR[]", "BIGINT"], "VARCHAR", items, str(most))


def _bag_if(emit: Emit, value: Fragment, predicate: Fragment, limit: Fragment | None = None) -> str:
    return _bag(emit, value, limit, predicate)


def _over_list(name: str, run: Callable[..., Any]) -> Render:
    """An aggregate in Python over the list of JSON values."""

    def render(emit: Emit, value: Fragment, *_: Fragment) -> str:
        return emit.python(name, run, ["VARCHAR[]"], "VARCHAR", _items(emit, value, _kept(value, None)))

    return render


def _hll_if(emit: Emit, value: Fragment, predicate: Fragment, accuracy: Fragment | None = None) -> str:
    return emit.python("kql_hll", digests.hll, ["VARCHAR[]"], "VARCHAR", _items(emit, value, _kept(value, predicate)))


def _tdigest(emit: Emit, value: Fragment, weight: Fragment | None = None) -> str:
    weights = "NULL" if weight is None else f"list(CAST({weight.text} AS BIGINT) {emit.order})"
    sql = "BIGINT" if value.type in _WHOLE else "DOUBLE"
    values = f"list(CAST({value.text} AS {sql}) {emit.order})"
    return emit.python(f"kql_tdigest_{sql.lower()}", digests.tdigest, [f"{sql}[]", "BIGINT[]"], "VARCHAR", values, weights)


def _ranked(operands: Sequence[Operand]) -> KqlType:
    type = operands[0].type
    return LONG if type in _WHOLE else REAL if type is DECIMAL else type


def _share(emit: Emit, percentile: Fragment) -> float:
    value = percentile.value
    if value is UNKNOWN or value is None or not 0 <= float(value) <= 100:
        raise emit.refuse("a percentile must be a constant from 0 to 100")
    return float(value)


def _percentile(emit: Emit, value: Fragment, percentile: Fragment) -> str:
    share = repr(_share(emit, percentile) / 100)
    number = emit.convert(value, _ranked([value])).text
    if emit.dialect == "duckdb":
        return f"quantile_disc({number}, {share})"
    rank = f"greatest(1, toInt64(ceil(round({share} * count({number}), 9))))"
    return f"if(count({number}) = 0, NULL, arrayElement(arraySort(groupArray({number})), {rank}))"


def _label(operands: Sequence[Operand]) -> str:
    return f"_{arrays.percentile_label(operands[-1].value)}"


def _each_percentile(operands: Sequence[Operand]) -> list[tuple[str, KqlType, Render]]:
    """One column for each percentile: its name, its type, and what computes it."""

    def one(place: int) -> Render:
        return lambda emit, value, *percentiles: _percentile(emit, value, percentiles[place])

    return [(_label([operand]), _ranked(operands), one(place)) for place, operand in enumerate(operands[1:])]


def _each_weighted(operands: Sequence[Operand]) -> list[tuple[str, KqlType, Render]]:
    def one(place: int) -> Render:
        return lambda emit, value, weight, *percentiles: _weighted(emit, value, weight, percentiles[place])

    return [(_label([operand]), _ranked(operands), one(place)) for place, operand in enumerate(operands[2:])]


def _weighted(emit: Emit, value: Fragment, weight: Fragment, percentile: Fragment) -> str:
    if _ranked([value]) not in _SQL_TYPES:
        raise emit.refuse(f"percentilew() of a {value.type.value} is not supported")
    share = repr(_share(emit, percentile))
    values, weights = f"list(CAST({value.text} AS DOUBLE) {emit.order})", f"list(CAST({weight.text} AS BIGINT) {emit.order})"
    types = ["DOUBLE[]", "BIGINT[]", "DOUBLE"]
    found = emit.python("kql_percentilew", digests.weighted_percentile, types, "DOUBLE", values, weights, share)
    return f"CAST({found} AS {_SQL_TYPES[_ranked([value])]})"


def _shares(emit: Emit, operands: Sequence[Fragment]) -> list[float]:
    """The percentiles given one by one, or as one dynamic array."""
    first = operands[0]
    if first.type is DYNAMIC:
        items = array(first.value) if isinstance(first.value, str) else None
        if items is None or not all(isinstance(item, int | float) and 0 <= item <= 100 for item in items):
            raise emit.refuse("percentiles must be a constant array of numbers from 0 to 100")
        return [float(item) for item in items]
    return [_share(emit, operand) for operand in operands]


def _percentile_array(emit: Emit, value: Fragment, *percentiles: Fragment) -> str:
    number = emit.convert(value, _ranked([value]))
    parts = [Fragment(f"quantile_disc({number.text}, {share / 100!r})", number.type) for share in _shares(emit, percentiles)]
    texts = [f"coalesce({as_json(emit, part)}, 'null')" for part in parts]
    return f"('[' || {' || chr(44) || '.join(texts)} || ']')"


def _weighted_array(emit: Emit, value: Fragment, weight: Fragment, *percentiles: Fragment) -> str:
    texts = []
    for share in _shares(emit, percentiles):
        found = _weighted(emit, value, weight, Fragment(repr(share), REAL, value=share))
        texts.append(f"coalesce({as_json(emit, Fragment(found, _ranked([value])))}, 'null')")
    return f"('[' || {' || chr(44) || '.join(texts)} || ']')"


def _with_if(
    name: str, form: str, result: Any, doc: str, render: Render, click: Render | None, example: str, values: Any, value_if: Any
) -> tuple[Aggregate, ...]:
    """An aggregate and its twin with a predicate."""
    return (
        aggregate(
            name, form, result, doc, render, click, examples=(gives(f"{_SAMPLE} | summarize {example.format(name)}", (values,)),)
        ),
        aggregate(
            f"{name}if",
            f"{form} predicate:bool",
            result,
            f"{doc} Only of rows for which the predicate holds.",
            render,
            click,
            examples=(gives(f"{_SAMPLE} | summarize {example.format(name + 'if').replace(')', ', x > 1)')}", (value_if,)),),
        ),
    )


AGGREGATES: tuple[Aggregate, ...] = (
    aggregate(
        "count",
        (signature("", LONG, "count(*)", "toInt64(count())"), signature("predicate:bool", LONG, _countif, _countif)),
        LONG,
        "Number of rows.",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize count()", (3,)),),
    ),
    aggregate(
        "cnt",
        "",
        LONG,
        "The old spelling of count().",
        "count(*)",
        "toInt64(count())",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize cnt()", (3,)),),
    ),
    aggregate(
        "countif",
        "predicate:bool",
        LONG,
        "Number of rows for which the predicate holds.",
        _countif,
        _countif,
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize countif(x > 1)", (2,)),),
    ),
    *_with_if("sum", "value:summable", _summed, "Sum.", _sum, _sum, "{}(x)", 6, 5),
    *_with_if("avg", "value:any", _averaged, "Average.", _avg, _avg, "{}(x)", 2.0, 2.5),
    *_with_if("min", "value:any", "arg0", "Smallest value.", _extreme("min"), _extreme("min"), "{}(x)", 1, 2),
    *_with_if("max", "value:any", "arg0", "Largest value.", _extreme("max"), _extreme("max"), "{}(x)", 3, 3),
    aggregate(
        "dcount",
        "value:any accuracy:!long?",
        LONG,
        "Number of distinct values, counted exactly.",
        _dcount,
        _dcount,
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize dcount(x % 3)", (3,)),),
    ),
    aggregate(
        "dcountif",
        "value:any predicate:bool accuracy:!long?",
        LONG,
        "Number of distinct values in rows for which the predicate holds.",
        _distinct,
        _distinct,
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize dcountif(x % 3, x > 2)", (2,)),),
    ),
    aggregate(
        "count_distinct",
        "value:any",
        LONG,
        "Number of distinct values.",
        _distinct,
        _distinct,
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize count_distinct(x % 3)", (3,)),),
    ),
    aggregate(
        "count_distinctif",
        "value:any predicate:bool",
        LONG,
        "Number of distinct values in rows for which the predicate holds.",
        _distinct,
        _distinct,
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize count_distinctif(x % 3, x > 2)", (2,)),),
    ),
    *_with_if(
        "stdev",
        "value:number",
        REAL,
        "Standard deviation of a sample.",
        _moment("stddev_samp", "CAST(0 AS DOUBLE)"),
        _moment("stddev_samp", "CAST(0 AS DOUBLE)"),
        "{}(x)",
        1.0,
        0.7071067811865476,
    ),
    *_with_if(
        "stdevp",
        "value:number",
        REAL,
        "Standard deviation of a population.",
        _moment("stddev_pop", "CAST(0 AS DOUBLE)"),
        _moment("stddev_pop", "CAST(0 AS DOUBLE)"),
        "round({}(x))",
        1.0,
        1.0,
    )[:1],
    *_with_if(
        "variance",
        "value:number",
        REAL,
        "Variance of a sample.",
        _moment("var_samp", "CAST(0 AS DOUBLE)"),
        _moment("var_samp", "CAST(0 AS DOUBLE)"),
        "{}(x)",
        1.0,
        0.5,
    ),
    *_with_if(
        "variancep",
        "value:number",
        REAL,
        "Variance of a population.",
        _moment("var_pop", "CAST(0 AS DOUBLE)"),
        _moment("var_pop", "CAST(0 AS DOUBLE)"),
        "{}(x * 3)",
        6.0,
        2.25,
    ),
    *_with_if(
        "covariance",
        "one:number other:number",
        REAL,
        "Covariance of a sample.",
        _covariance("covar_samp"),
        None,
        "{}(x, 2 * x)",
        2.0,
        1.0,
    ),
    *_with_if(
        "covariancep",
        "one:number other:number",
        REAL,
        "Covariance of a population.",
        _covariance("covar_pop"),
        None,
        "{}(x, 3 * x)",
        2.0,
        0.75,
    ),
    aggregate(
        "make_list",
        "value:any limit:!long?",
        DYNAMIC,
        "The values that are not null, as an array.",
        _list,
        aliases=("makelist",),
        prefix="list",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_list(x), make_list(x, 2)", ("[1,2,3]", "[1,2]")),),
    ),
    aggregate(
        "make_list_if",
        "value:any predicate:bool limit:!long?",
        DYNAMIC,
        "The values of rows for which the predicate holds, as an array.",
        _list_if,
        prefix="list",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_list_if(x, x > 1)", ("[2,3]",)),),
    ),
    aggregate(
        "make_list_with_nulls",
        "value:any",
        DYNAMIC,
        "All values, also null, as an array.",
        _list_with_nulls,
        prefix="list",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_list_with_nulls(iff(x == 2, int(null), 5))", ("[5,null,5]",)),),
    ),
    aggregate(
        "make_set",
        "value:any limit:!long?",
        DYNAMIC,
        "The distinct values as an array, in order of appearance.",
        _set,
        aliases=("makeset",),
        prefix="set",
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize make_set(x % 3), make_set(x, 2)", ("[1,2,0]", "[1,2]")),),
    ),
    aggregate(
        "make_set_if",
        "value:any predicate:bool limit:!long?",
        DYNAMIC,
        "The distinct values of rows for which the predicate holds, as an array.",
        _set_if,
        prefix="set",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_set_if(x, x > 1)", ("[2,3]",)),),
    ),
    aggregate(
        "make_bag",
        "value:dynamic limit:!long?",
        DYNAMIC,
        "One bag of all slots; the first value of a key stays.",
        _bag,
        prefix="bag",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_bag(bag_pack(strcat('k', x % 2), x))", ('{"k1":1,"k0":2}',)),),
    ),
    aggregate(
        "make_dictionary",
        "value:dynamic limit:!long?",
        DYNAMIC,
        "The old spelling of make_bag().",
        _bag,
        prefix="dictionary",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_dictionary(bag_pack('k', x))", ('{"k":1}',)),),
    ),
    aggregate(
        "make_bag_if",
        "value:dynamic predicate:bool limit:!long?",
        DYNAMIC,
        "One bag of the slots of rows for which the predicate holds.",
        _bag_if,
        prefix="bag",
        nulls="never",
        examples=(gives(f"{_SAMPLE} | summarize make_bag_if(bag_pack(strcat('k', x), x), x > 1)", ('{"k2":2,"k3":3}',)),),
    ),
    aggregate(
        "buildschema",
        "value:dynamic",
        DYNAMIC,
        "The shape that all values of a dynamic column have.",
        _over_list("kql_buildschema", bags.schema),
        prefix="schema",
        examples=(
            gives(
                "datatable(d:dynamic)[dynamic({'x':1, 'y':3.5}), dynamic({'x':'a', 'z':[1, 2]})] | summarize buildschema(d)",
                ('{"x":["long","string"],"y":"double","z":{"`indexer`":"long"}}',),
            ),
        ),
    ),
    aggregate(
        "percentile",
        "value:any percentile:!real",
        _ranked,
        "The nearest-rank percentile.",
        _percentile,
        _percentile,
        suffix=_label,
        examples=(gives("range x from 1 to 10 step 1 | summarize percentile(x, 50), percentile(x, 95)", (5, 10)),),
    ),
    aggregate(
        "percentiles",
        "value:any percentile:!real+",
        _ranked,
        "Several percentiles, a column for each.",
        None,
        columns=_each_percentile,
        prefix="percentile",
        examples=(gives("range x from 1 to 10 step 1 | summarize percentiles(x, 5, 50, 95)", (1, 5, 10)),),
    ),
    aggregate(
        "percentilew",
        "value:any weight:long percentile:!real",
        _ranked,
        "The percentile of weighted values.",
        _weighted,
        suffix=_label,
        prefix="percentile",
        examples=(
            gives(
                "datatable(v:long, w:long)[10, 1, 20, 8, 30, 1] | summarize percentilew(v, w, 50), percentilew(v, w, 95)",
                (20, 30),
            ),
        ),
    ),
    aggregate(
        "percentilesw",
        "value:any weight:long percentile:!real+",
        _ranked,
        "Several percentiles of weighted values, a column for each.",
        None,
        columns=_each_weighted,
        prefix="percentile",
        examples=(gives("datatable(v:long, w:long)[10, 1, 20, 8, 30, 1] | summarize percentilesw(v, w, 5, 95)", (10, 30)),),
    ),
    aggregate(
        "percentiles_array",
        (
            signature("value:any percentiles:!dynamic", DYNAMIC, _percentile_array),
            signature("value:any percentile:!real+", DYNAMIC, _percentile_array),
        ),
        DYNAMIC,
        "Several percentiles as an array.",
        prefix="percentiles",
        examples=(
            gives(
                "range x from 1 to 10 step 1 | summarize percentiles_array(x, 5, 50, 95), percentiles_array(x, dynamic([10]))",
                ("[1,5,10]", "[1]"),
            ),
        ),
    ),
    aggregate(
        "percentilesw_array",
        (
            signature("value:any weight:long percentiles:!dynamic", DYNAMIC, _weighted_array),
            signature("value:any weight:long percentile:!real+", DYNAMIC, _weighted_array),
        ),
        DYNAMIC,
        "Several percentiles of weighted values as an array.",
        prefix="percentiles",
        examples=(
            gives("datatable(v:long, w:long)[10, 1, 20, 8, 30, 1] | summarize percentilesw_array(v, w, 5, 95)", ("[10,30]",)),
        ),
    ),
    aggregate(
        "binary_all_or",
        "value:long",
        "arg0",
        "Bitwise or of all values.",
        "bit_or({0})",
        "groupBitOr({0})",
        naming="through",
        examples=(gives(f"{_SAMPLE} | summarize binary_all_or(x)", (3,)),),
    ),
    aggregate(
        "binary_all_and",
        "value:long",
        "arg0",
        "Bitwise and of all values.",
        "bit_and({0})",
        "groupBitAnd({0})",
        naming="through",
        examples=(gives(f"{_SAMPLE} | summarize binary_all_and(x)", (0,)),),
    ),
    aggregate(
        "binary_all_xor",
        "value:long",
        "arg0",
        "Bitwise exclusive or of all values.",
        "bit_xor({0})",
        "groupBitXor({0})",
        naming="through",
        examples=(gives(f"{_SAMPLE} | summarize binary_all_xor(x)", (0,)),),
    ),
    aggregate(
        "hll",
        "value:any accuracy:!long?",
        DYNAMIC,
        "A sketch for counting distinct values; opaque. It stays exact.",
        _over_list("kql_hll", digests.hll),
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize h = hll(x % 3) | project n = dcount_hll(h)", (3,)),),
    ),
    aggregate(
        "hll_if",
        "value:any predicate:bool accuracy:!long?",
        DYNAMIC,
        "hll() of rows for which the predicate holds.",
        _hll_if,
        nulls="never",
        examples=(gives("range x from 1 to 4 step 1 | summarize h = hll_if(x % 3, x > 2) | project n = dcount_hll(h)", (2,)),),
    ),
    aggregate(
        "hll_merge",
        "hll:dynamic",
        DYNAMIC,
        "One sketch of several.",
        _over_list("kql_hll_merge", digests.hll_merge),
        examples=(
            gives(
                "range x from 1 to 4 step 1 | summarize h = hll(x) by b = x % 2 | summarize m = hll_merge(h) | "
                "project n = dcount_hll(m)",
                (4,),
            ),
        ),
    ),
    aggregate(
        "tdigest",
        "value:number weight:long?",
        DYNAMIC,
        "A sketch for percentiles; opaque. It stays exact.",
        _tdigest,
        nulls="never",
        examples=(
            gives(
                "range x from 1 to 10 step 1 | summarize t = tdigest(x) | project p = percentile_tdigest(t, 50, typeof(long))",
                (5,),
            ),
        ),
    ),
    aggregate(
        "tdigest_merge",
        "tdigest:dynamic",
        DYNAMIC,
        "One sketch of several.",
        _over_list("kql_tdigest_merge", digests.tdigest_merge),
        aliases=("merge_tdigest",),
        prefix="merge_tdigests",
        examples=(
            gives(
                "range x from 1 to 10 step 1 | summarize t = tdigest(x) by b = x % 2 | summarize m = tdigest_merge(t) | "
                "project p = percentile_tdigest(m, 50, typeof(long))",
                (5,),
            ),
        ),
    ),
)
