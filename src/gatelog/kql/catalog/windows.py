"""Window functions: they look at other rows of serialized input."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Emit, Fragment, Function
from gatelog.kql.catalog.shorthand import DATETIME, LONG, gives, scalar
from gatelog.kql.kernels import sessions
from gatelog.schema.types import KqlType

_SO_FAR = "ROWS UNBOUNDED PRECEDING"


def _restarted(emit: Emit, restart: Fragment | None) -> str:
    """The window, cut where the predicate holds: how often it has held is a partition."""
    if restart is None:
        return emit.over
    group = emit.hoist(f"sum(CASE WHEN {restart.text} THEN 1 ELSE 0 END) OVER {_framed(emit.over)}")
    return f"(PARTITION BY {group} {emit.over[1:]}"


def _framed(window: str) -> str:
    return f"{window[:-1]} {_SO_FAR})"


def _row_number(emit: Emit, start: Fragment | None = None, restart: Fragment | None = None) -> str:
    number = f"row_number() OVER {_restarted(emit, restart)}"
    number = number if emit.dialect == "duckdb" else f"toInt64({number})"
    return number if start is None else f"({number} + {start.text} - 1)"


def _row_cumsum(emit: Emit, term: Fragment, restart: Fragment | None = None) -> str:
    window = _framed(_restarted(emit, restart))
    total = f"coalesce(sum({term.text}) OVER {window}, 0)"
    if emit.dialect != "duckdb":
        return f"CAST({total} AS {_CLICK_TYPES[term.type]})"
    return f"CAST({total} AS {_SQL_TYPES[term.type]})"


_SQL_TYPES = {
    KqlType.INT: "INTEGER",
    KqlType.LONG: "BIGINT",
    KqlType.REAL: "DOUBLE",
    KqlType.DECIMAL: "DECIMAL(38,18)",
    KqlType.TIMESPAN: "BIGINT",
}
_CLICK_TYPES = {
    KqlType.INT: "Int32",
    KqlType.LONG: "Int64",
    KqlType.REAL: "Float64",
    KqlType.DECIMAL: "Decimal(38,18)",
    KqlType.TIMESPAN: "Int64",
}


def _changed(emit: Emit, term: Fragment, restart: Fragment | None) -> tuple[str, str]:
    """The window, and a column that is 1 on the first row of each run of equal terms."""
    window = _restarted(emit, restart)
    same = f"({term.text} IS NOT DISTINCT FROM lag({term.text}) OVER {window})"
    first = f"(row_number() OVER {window} = 1)"
    return window, emit.hoist(f"CASE WHEN {first} OR NOT {same} THEN 1 ELSE 0 END")


def _row_rank_dense(emit: Emit, term: Fragment, restart: Fragment | None = None) -> str:
    window, changed = _changed(emit, term, restart)
    return f"CAST(sum({changed}) OVER {_framed(window)} AS BIGINT)"


def _row_rank_min(emit: Emit, term: Fragment, restart: Fragment | None = None) -> str:
    window, changed = _changed(emit, term, restart)
    place = emit.hoist(f"CASE WHEN {changed} = 1 THEN row_number() OVER {window} END")
    return f"max({place}) OVER {_framed(window)}"


def _prev(emit: Emit, column: Fragment, offset: Fragment | None = None, default: Fragment | None = None) -> str:
    return _neighbour(emit, "lag", column, offset, default)


def _next(emit: Emit, column: Fragment, offset: Fragment | None = None, default: Fragment | None = None) -> str:
    return _neighbour(emit, "lead", column, offset, default)


def _neighbour(emit: Emit, function: str, column: Fragment, offset: Fragment | None, default: Fragment | None) -> str:
    by = "1" if offset is None else offset.text
    if default is None:
        other = "''" if column.type is KqlType.STRING else "NULL"
    else:
        other = emit.convert(default, column.type).text
    if emit.dialect == "duckdb":
        return f"{function}({column.text}, CAST({by} AS BIGINT), {other}) OVER {emit.over}"
    value = column.text if column.type is KqlType.STRING else f"toNullable({column.text})"
    return f"{function}({value}, {by}, {other}) OVER {emit.over}"


def _session(emit: Emit, when: Fragment, from_first: Fragment, between: Fragment, restart: Fragment | None = None) -> str:
    """A long gap always starts a session, so the rows between long gaps are looked at together."""
    ticks = f"epoch_us({when.text})"
    gap = f"{ticks} - lag({ticks}) OVER {emit.over} >= {between.text} // 10"
    again = "false" if restart is None else f"coalesce({restart.text}, false)"
    opened = emit.hoist(f"CASE WHEN coalesce({gap}, true) OR {again} THEN 1 ELSE 0 END")
    group = emit.hoist(f"sum({opened}) OVER {_framed(emit.over)}")
    window = f"(PARTITION BY {group} {emit.over[1:]}"
    place = emit.hoist(f"row_number() OVER {window}")
    whole = f"{window[:-1]} ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    times = emit.hoist(f"list({ticks}) OVER {whole}")
    found = emit.python(
        "kql_session_start",
        sessions.session_start,
        ["BIGINT[]", "BIGINT", "BIGINT"],
        "BIGINT",
        times,
        place,
        f"({from_first.text} // 10)",
    )
    return f"make_timestamp({found})"


_ROWS = "datatable(a:string, x:long)['A', 1, 'A', 2, 'B', 2, 'B', 5]"

FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "row_number",
        "start:long? restart:bool?",
        LONG,
        "Index of the row, from 1 or from `start`.",
        _row_number,
        _row_number,
        window=True,
        nulls="never",
        examples=(
            gives("range x from 5 to 6 step 1 | serialize n = row_number()", (5, 1), (6, 2)),
            gives(f"{_ROWS} | serialize n = row_number(1, prev(a) != a)", ("A", 1, 1), ("A", 2, 2), ("B", 2, 1), ("B", 5, 2)),
        ),
    ),
    scalar(
        "row_cumsum",
        "term:summable restart:bool?",
        "arg0",
        "Sum of the rows so far.",
        _row_cumsum,
        _row_cumsum,
        window=True,
        nulls="never",
        examples=(
            gives(f"{_ROWS} | serialize s = row_cumsum(x)", ("A", 1, 1), ("A", 2, 3), ("B", 2, 5), ("B", 5, 10)),
            gives(f"{_ROWS} | serialize s = row_cumsum(x, a != prev(a))", ("A", 1, 1), ("A", 2, 3), ("B", 2, 2), ("B", 5, 7)),
        ),
    ),
    scalar(
        "row_rank_dense",
        "term:any restart:bool?",
        LONG,
        "Number of runs of equal terms so far.",
        _row_rank_dense,
        window=True,
        nulls="never",
        examples=(gives(f"{_ROWS} | serialize r = row_rank_dense(x)", ("A", 1, 1), ("A", 2, 2), ("B", 2, 2), ("B", 5, 3)),),
    ),
    scalar(
        "row_rank_min",
        "term:any restart:bool?",
        LONG,
        "Index of the first row of the run of equal terms.",
        _row_rank_min,
        window=True,
        nulls="never",
        examples=(gives(f"{_ROWS} | serialize r = row_rank_min(x)", ("A", 1, 1), ("A", 2, 2), ("B", 2, 2), ("B", 5, 4)),),
    ),
    scalar(
        "prev",
        "column:any offset:long? default:any?",
        "arg0",
        "The value of an earlier row.",
        _prev,
        _prev,
        window=True,
        nulls="maybe",
        examples=(
            gives("range x from 1 to 3 step 1 | serialize p = prev(x), q = prev(x, 2, 0)", (1, None, 0), (2, 1, 0), (3, 2, 1)),
        ),
    ),
    scalar(
        "next",
        "column:any offset:long? default:any?",
        "arg0",
        "The value of a later row.",
        _next,
        _next,
        window=True,
        nulls="maybe",
        examples=(
            gives("range x from 1 to 3 step 1 | serialize n = next(x), q = next(x, 2, 0)", (1, 2, 3), (2, 3, 0), (3, None, 0)),
        ),
    ),
    scalar(
        "row_window_session",
        "time:datetime from_first:timespan between:timespan restart:bool?",
        DATETIME,
        "When the session of the row began.",
        _session,
        window=True,
        nulls="maybe",
        examples=(
            gives(
                "datatable(t:datetime)[datetime(2017-05-15 10:00), datetime(2017-05-15 10:30), datetime(2017-05-15 12:00)] | "
                "serialize s = row_window_session(t, 1h, 45m)",
                ("2017-05-15T10:00:00.0000000Z", "2017-05-15T10:00:00.0000000Z"),
                ("2017-05-15T10:30:00.0000000Z", "2017-05-15T10:00:00.0000000Z"),
                ("2017-05-15T12:00:00.0000000Z", "2017-05-15T12:00:00.0000000Z"),
            ),
        ),
    ),
)
