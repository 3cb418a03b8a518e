"""Functions over dynamic arrays."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Emit, Fragment, Function, signature
from gatelog.kql.catalog.shorthand import DYNAMIC, LONG, REAL, as_json, as_json_or_null, scalar, shows
from gatelog.kql.kernels import arrays
from gatelog.schema.types import KqlType

_TICKS_PER_MICRO = 10


def _index_of(emit: Emit, items: Fragment, value: Fragment, *rest: Fragment) -> str:
    types = ["VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "BIGINT"]
    operands = [items.text, as_json(emit, value), *[one.text for one in rest], *["0", "-1", "1"][len(rest) :]]
    return emit.python("kql_array_index_of", arrays.index_of, types, "BIGINT", *operands)


def _choose(emit: Emit, flags: Fragment, then: Fragment, otherwise: Fragment) -> str:
    operands = (flags.text, as_json(emit, then), as_json(emit, otherwise))
    return emit.python("kql_array_iff", arrays.choose, ["VARCHAR"] * 3, "VARCHAR", *operands)


def _shift_left(emit: Emit, items: Fragment, count: Fragment, filler: Fragment | None = None) -> str:
    return _shift(emit, "kql_array_shift_left", items, count, filler)


def _shift_right(emit: Emit, items: Fragment, count: Fragment, filler: Fragment | None = None) -> str:
    return _shift(emit, "kql_array_shift_right", items, count, filler)


def _shift(emit: Emit, name: str, items: Fragment, count: Fragment, filler: Fragment | None) -> str:
    run = arrays.shift if name.endswith("left") else arrays.shift_right
    filled = "NULL" if filler is None else as_json(emit, filler)
    return emit.python(name, run, ["VARCHAR", "BIGINT", "VARCHAR"], "VARCHAR", items.text, count.text, filled)


def _sort_ascending(emit: Emit, items: Fragment, nulls_last: Fragment | None = None) -> str:
    return _sort(emit, "kql_array_sort_asc", items, nulls_last)


def _sort_descending(emit: Emit, items: Fragment, nulls_last: Fragment | None = None) -> str:
    return _sort(emit, "kql_array_sort_desc", items, nulls_last)


def _sort(emit: Emit, name: str, items: Fragment, nulls_last: Fragment | None) -> str:
    if nulls_last is not None and nulls_last.type is not KqlType.BOOL:
        raise emit.refuse(f"{name.removeprefix('kql_')}() of several arrays is not supported")
    run = arrays.sort_ascending if name.endswith("asc") else arrays.sort_descending
    last = "true" if nulls_last is None else nulls_last.text
    return emit.python(name, run, ["VARCHAR", "BOOLEAN"], "VARCHAR", items.text, last)


def _repeat(emit: Emit, value: Fragment, count: Fragment) -> str:
    return emit.python("kql_repeat", arrays.repeat, ["VARCHAR", "BIGINT"], "VARCHAR", as_json_or_null(emit, value), count.text)


def _range(emit: Emit, start: Fragment, stop: Fragment, step: Fragment | None = None) -> str:
    whole = all(one is None or one.type in (KqlType.INT, KqlType.LONG) for one in (start, stop, step))
    type = KqlType.LONG if whole else KqlType.REAL
    texts = [emit.convert(one, type).text for one in (start, stop, step) if one is not None]
    texts += ["1"] * (3 - len(texts))
    sql = "BIGINT" if whole else "DOUBLE"
    return emit.python(f"kql_range_{type.value}", arrays.number_range, [sql] * 3, "VARCHAR", *texts)


def _range_time(emit: Emit, start: Fragment, stop: Fragment, step: Fragment | None = None) -> str:
    """generate_series steps in microseconds; timespans are ticks."""
    if step is None or not isinstance(step.value, int) or step.value % _TICKS_PER_MICRO or step.value == 0:
        raise emit.refuse("range() of datetimes needs a constant step of whole microseconds")
    series = f"generate_series({start.text}, {stop.text}, to_microseconds({step.value // _TICKS_PER_MICRO}))"
    item = emit.convert(Fragment("t", KqlType.DATETIME), KqlType.DYNAMIC).text
    return f"('[' || array_to_string(list_transform({series}, lambda t: {item}), ',') || ']')"


def _range_span(emit: Emit, start: Fragment, stop: Fragment, step: Fragment | None = None) -> str:
    by = "36000000000" if step is None else step.text
    item = emit.convert(Fragment("t", KqlType.TIMESPAN), KqlType.DYNAMIC).text
    items = f"list_transform(generate_series({start.text}, {stop.text}, {by}), lambda t: {item})"
    return f"('[' || array_to_string({items}, ',') || ']')"


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "array_length",
        "array:dynamic",
        LONG,
        "Number of items of an array; null for anything else.",
        "(CASE WHEN starts_with({0}, '[') THEN CAST(json_array_length({0}) AS BIGINT) END)",
        "(if(startsWith({0}, '['), toInt64(JSONLength(assumeNotNull({0}))), NULL))",
        aliases=("arraylength",),
        nulls="maybe",
        examples=(shows("array_length(dynamic([1, 2, 3, 'four'])), array_length(dynamic({'a': 1}))", 4, None),),
    ),
    scalar(
        "array_concat",
        "array:dynamic+",
        DYNAMIC,
        "One array of all items.",
        python=arrays.concat,
        nulls="never",
        examples=(shows("array_concat(dynamic([1, 2]), dynamic([3]))", "[1,2,3]"),),
    ),
    scalar(
        "array_slice",
        "array:dynamic start:long end:long",
        DYNAMIC,
        "The items from one place to another, both included.",
        python=arrays.cut,
        nulls="maybe",
        examples=(
            shows(
                "array_slice(dynamic([1, 2, 3]), 1, 2), array_slice(dynamic([1, 2, 3, 4, 5]), 2, -1), "
                "array_slice(dynamic([1, 2, 3, 4, 5]), -3, -2)",
                "[2,3]",
                "[3,4,5]",
                "[3,4]",
            ),
        ),
    ),
    scalar(
        "array_split",
        (
            signature("array:dynamic indices:dynamic", DYNAMIC, python=arrays.split_at),
            signature("array:dynamic index:long", DYNAMIC, python=arrays.split_at),
        ),
        DYNAMIC,
        "The array cut before one or several places.",
        nulls="maybe",
        examples=(
            shows(
                "array_split(dynamic([1, 2, 3, 4, 5]), 2), array_split(dynamic([1, 2, 3, 4, 5]), dynamic([1, 3]))",
                "[[1,2],[3,4,5]]",
                "[[1],[2,3],[4,5]]",
            ),
        ),
    ),
    scalar(
        "array_shift_left",
        "array:dynamic count:long filler:any?",
        DYNAMIC,
        "The items moved to the left.",
        _shift_left,
        nulls="maybe",
        examples=(
            shows(
                "array_shift_left(dynamic([1, 2, 3, 4, 5]), 2), array_shift_left(dynamic([1, 2, 3, 4, 5]), -2, -1)",
                "[3,4,5,null,null]",
                "[-1,-1,1,2,3]",
            ),
        ),
    ),
    scalar(
        "array_shift_right",
        "array:dynamic count:long filler:any?",
        DYNAMIC,
        "The items moved to the right.",
        _shift_right,
        nulls="maybe",
        examples=(shows("array_shift_right(dynamic([1, 2, 3, 4, 5]), 2)", "[null,null,1,2,3]"),),
    ),
    scalar(
        "array_rotate_left",
        "array:dynamic count:long",
        DYNAMIC,
        "The items rotated to the left.",
        python=arrays.rotate,
        nulls="maybe",
        examples=(shows("array_rotate_left(dynamic([1, 2, 3, 4, 5]), 2)", "[3,4,5,1,2]"),),
    ),
    scalar(
        "array_rotate_right",
        "array:dynamic count:long",
        DYNAMIC,
        "The items rotated to the right.",
        python=arrays.rotate_right,
        nulls="maybe",
        examples=(shows("array_rotate_right(dynamic([1, 2, 3, 4, 5]), 2)", "[4,5,1,2,3]"),),
    ),
    scalar(
        "array_reverse",
        "array:dynamic",
        DYNAMIC,
        "The items backwards.",
        python=arrays.reverse,
        nulls="maybe",
        examples=(shows("array_reverse(dynamic(['this', 'is', 'an']))", '["an","is","this"]'),),
    ),
    scalar(
        "array_sort_asc",
        "array:dynamic nulls_last:!any?",
        DYNAMIC,
        "The items from the smallest to the largest.",
        _sort_ascending,
        naming="suffix",
        nulls="maybe",
        label="sorted",
        examples=(
            shows(
                "array_sort_asc(dynamic([null, 'd', 'a', 'c', 'c'])), array_sort_asc(dynamic([4, 1, 3]))",
                '["a","c","c","d",null]',
                "[1,3,4]",
            ),
        ),
    ),
    scalar(
        "array_sort_desc",
        "array:dynamic nulls_last:!any?",
        DYNAMIC,
        "The items from the largest to the smallest.",
        _sort_descending,
        naming="suffix",
        nulls="maybe",
        label="sorted",
        examples=(
            shows(
                "array_sort_desc(dynamic([null, 'd', 'a', 'c', 'c'])), array_sort_desc(dynamic([null, 1, 2]), false)",
                '["d","c","c","a",null]',
                "[null,2,1]",
            ),
        ),
    ),
    scalar(
        "array_index_of",
        "array:dynamic value:any start:long? length:long? occurrence:!long?",
        LONG,
        "The place of an item; -1 when it is not there.",
        _index_of,
        nulls="maybe",
        examples=(
            shows("array_index_of(dynamic(['this', 'is', 'an', 'example', 'an', 'example']), 'an')", 2),
            shows("array_index_of(dynamic(['a', 'b', 'a']), 'a', 1), array_index_of(dynamic([1, 2]), 3)", 2, -1),
        ),
    ),
    scalar(
        "array_iff",
        "conditions:dynamic then:any otherwise:any",
        DYNAMIC,
        "For each condition an item of one of two arrays.",
        _choose,
        aliases=("array_iif",),
        nulls="maybe",
        examples=(
            shows(
                "array_iff(dynamic([true, false, true]), dynamic([1, 2, 3]), dynamic([4, 5, 6])), "
                "array_iff(dynamic([1, 0]), 'a', 'b')",
                "[1,5,3]",
                '["a","b"]',
            ),
        ),
    ),
    scalar(
        "array_sum",
        "array:dynamic",
        REAL,
        "The sum of the items; null when one is no number.",
        python=arrays.total,
        nulls="maybe",
        examples=(shows("array_sum(dynamic([1, 2, 3, 4]))", 10.0),),
    ),
    scalar(
        "zip",
        "first:dynamic more:dynamic+",
        DYNAMIC,
        "The items of each place together.",
        python=arrays.zipped,
        nulls="never",
        examples=(shows("zip(dynamic([1, 3, 5]), dynamic([2, 4]))", "[[1,2],[3,4],[5,null]]"),),
    ),
    scalar(
        "repeat",
        "value:any count:long",
        DYNAMIC,
        "An array of one value, several times.",
        _repeat,
        naming="prefix",
        nulls="maybe",
        examples=(shows("repeat(1, 3), repeat('a', 2)", "[1,1,1]", '["a","a"]'),),
    ),
    scalar(
        "range",
        (
            signature("start:number stop:number step:number?", DYNAMIC, _range),
            signature("start:datetime stop:datetime step:timespan?", DYNAMIC, _range_time),
            signature("start:timespan stop:timespan step:timespan?", DYNAMIC, _range_span),
        ),
        DYNAMIC,
        "The values from start to stop, both included, as an array.",
        nulls="maybe",
        examples=(
            shows("range(1, 8, 3), range(1, 3)", "[1,4,7]", "[1,2,3]"),
            shows(
                "range(datetime(2017-01-01), datetime(2017-01-03), 1d)",
                '["2017-01-01T00:00:00.0000000Z","2017-01-02T00:00:00.0000000Z","2017-01-03T00:00:00.0000000Z"]',
            ),
        ),
    ),
)
