"""Functions over datetimes and timespans. A datetime has microseconds in SQL; constants keep all seven digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from gatelog.kql.catalog.rows import Emit, Fragment, Function, signature
from gatelog.kql.catalog.shorthand import DATETIME, INT, LONG, STRING, TIMESPAN, scalar, shows
from gatelog.kql.kernels import times
from gatelog.schema.types import KqlType

_EPOCH_US = 62_135_596_800_000_000
_DAY = times.TICKS["day"]
_PARTS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond", "nanosecond")
_FORMAT = re.compile(r"d+|f+|F+|h+|H+|m+|M+|s+|y+|t+|.", re.DOTALL)
_DELIMITERS = " /-:,._[]"


def _period(emit: Emit, part: Fragment, allowed: Sequence[str], function: str) -> str:
    word = part.value.lower() if isinstance(part.value, str) else ""
    if word not in allowed:
        raise emit.refuse(f"{function}() does not know the part {part.value!r}; it takes {', '.join(allowed)}")
    return word


def _add(emit: Emit, part: Fragment, value: Fragment, when: Fragment) -> str:
    word = _period(emit, part, _PARTS, "datetime_add")
    return _inside(_moved(word, value, when))


def _inside(moved: str) -> str:
    """Null outside the years 1 to 9999."""
    return f"TRY(CASE WHEN {moved} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN {moved} END)"


def _added(emit: Emit, part: Fragment, value: Fragment, when: Fragment) -> str:
    """datetime_add() on ClickHouse."""
    word = _period(emit, part, _PARTS[:-1], "datetime_add")
    return f"add{word.capitalize()}s({when.text}, {value.text})"


def _moved(word: str, value: Fragment, when: Fragment) -> str:
    if word in ("year", "quarter", "month"):
        months = {"year": 12, "quarter": 3, "month": 1}[word]
        return f"({when.text} + to_months(CAST({value.text} * {months} AS INTEGER)))"
    if word == "nanosecond":
        return f"({when.text} + to_microseconds({value.text} // 1000))"
    micros = 7 * _DAY // 10 if word == "week" else times.TICKS[word] // 10
    return f"({when.text} + to_microseconds({value.text} * {micros}))"


def _fold_add(part: str, value: int, when: int) -> int | None:
    return times.add(part, value, when)


def _micros(when: str) -> str:
    """Microseconds since 0001-01-01, never negative."""
    return f"(epoch_us({when}) + {_EPOCH_US})"


def _click_micros(when: str) -> str:
    return f"(toUnixTimestamp64Micro({when}) + {_EPOCH_US})"


def _click_difference(emit: Emit, part: Fragment, one: Fragment, other: Fragment) -> str:
    """datetime_diff() on ClickHouse."""
    word = _period(emit, part, _PARTS[:-1], "datetime_diff")
    a, b = one.text, other.text
    years = f"(toInt64(toYear({a})) - toInt64(toYear({b})))"
    if word == "year":
        return years
    if word in ("quarter", "month"):
        per_year, piece = (4, "toQuarter") if word == "quarter" else (12, "toMonth")
        return f"({years} * {per_year} + toInt64({piece}({a})) - toInt64({piece}({b})))"
    shift = _DAY // 10 if word == "week" else 0
    unit = 7 * _DAY // 10 if word == "week" else times.TICKS[word] // 10
    return f"(intDiv({_click_micros(a)} + {shift}, {unit}) - intDiv({_click_micros(b)} + {shift}, {unit}))"


def _difference(emit: Emit, part: Fragment, one: Fragment, other: Fragment) -> str:
    word = _period(emit, part, _PARTS, "datetime_diff")
    a, b = one.text, other.text
    if word == "year":
        return f"(year({a}) - year({b}))"
    if word in ("quarter", "month"):
        per_year = 4 if word == "quarter" else 12
        return f"((year({a}) - year({b})) * {per_year} + {word}({a}) - {word}({b}))"
    if word == "nanosecond":
        return f"TRY((epoch_us({a}) - epoch_us({b})) * 1000 + {(one.tick - other.tick) * 100})"
    if word == "week":
        week, day = 7 * _DAY // 10, _DAY // 10
        return f"(({_micros(a)} + {day}) // {week} - ({_micros(b)} + {day}) // {week})"
    unit = times.TICKS[word] // 10
    return f"({_micros(a)} // {unit} - {_micros(b)} // {unit})"


_PIECES = {
    "year": "year({0})",
    "quarter": "quarter({0})",
    "month": "month({0})",
    "week_of_year": "week({0})",
    "weekofyear": "week({0})",
    "day": "day({0})",
    "dayofyear": "dayofyear({0})",
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "second({0})",
    "millisecond": "(epoch_us({0}) + 62135596800000000) % 1000000 // 1000",
    "microsecond": "(epoch_us({0}) + 62135596800000000) % 1000000",
}


def _part(emit: Emit, part: Fragment, when: Fragment) -> str:
    word = _period(emit, part, (*_PIECES, "nanosecond"), "datetime_part")
    if word == "nanosecond":
        return f"CAST({_micros(when.text)} % 1000000 * 1000 + {when.tick * 100} AS INTEGER)"
    return f"CAST({_PIECES[word].replace('{0}', when.text)} AS INTEGER)"


_CLICK_PIECES = {
    "year": "toYear({0})",
    "quarter": "toQuarter({0})",
    "month": "toMonth({0})",
    "week_of_year": "toISOWeek({0})",
    "weekofyear": "toISOWeek({0})",
    "day": "toDayOfMonth({0})",
    "dayofyear": "toDayOfYear({0})",
    "hour": "toHour({0})",
    "minute": "toMinute({0})",
    "second": "toSecond({0})",
    "millisecond": f"intDiv((toUnixTimestamp64Micro({{0}}) + {_EPOCH_US}) % 1000000, 1000)",
    "microsecond": f"(toUnixTimestamp64Micro({{0}}) + {_EPOCH_US}) % 1000000",
}


def _click_part(emit: Emit, part: Fragment, when: Fragment) -> str:
    word = _period(emit, part, tuple(_CLICK_PIECES), "datetime_part")
    return f"toInt32({_CLICK_PIECES[word].replace('{0}', when.text)})"


def _start_sql(part: str, when: str, offset: str) -> str:
    if part != "week":
        begin = f"CAST(date_trunc('{part}', {when}) AS TIMESTAMP)"
        return begin if offset == "0" else f"({begin} + to_{part}s(CAST({offset} AS INTEGER)))"
    sunday = f"CAST(date_trunc('week', {when} + INTERVAL 1 DAY) - INTERVAL 1 DAY AS TIMESTAMP)"
    if offset == "0":
        return f"(CASE WHEN {when} < TIMESTAMP '0001-01-07' THEN TIMESTAMP '0001-01-01' ELSE {sunday} END)"
    return f"({sunday} + to_days(CAST(7 * {offset} AS INTEGER)))"


def _start_of(part: str) -> Callable[..., str]:
    def render(emit: Emit, when: Fragment, offset: Fragment | None = None) -> str:
        if emit.dialect == "duckdb":
            if offset is None:
                return _start_sql(part, when.text, "0")
            return _inside(_start_sql(part, when.text, offset.text))
        call = {
            "day": "toStartOfDay({0})",
            "week": "toStartOfWeek({0}, 0)",
            "month": "toStartOfMonth({0})",
            "year": "toStartOfYear({0})",
        }[part]
        begin = f"toDateTime64({call.replace('{0}', when.text)}, 6, 'UTC')"
        return begin if offset is None else f"add{part.capitalize()}s({begin}, {offset.text})"

    return render


def _end_of(part: str) -> Callable[..., str]:
    def render(emit: Emit, when: Fragment, offset: Fragment | None = None) -> str:
        after = "1" if offset is None else f"({offset.text} + 1)"
        if emit.dialect != "duckdb":
            begin = _start_of(part)(emit, when)
            return f"addMicroseconds(add{part.capitalize()}s({begin}, {after}), -1)"
        following = _start_sql(part, when.text, after)
        end = "TIMESTAMP '10000-01-01'"
        last = f"CASE WHEN {following} > {end} THEN {end} ELSE {following} END - INTERVAL 1 MICROSECOND"
        return f"({last})" if offset is None else _inside(f"({last})")

    return render


def _last_tick(_: Sequence[Fragment]) -> int:
    return 9


def _period_functions(part: str, doc: str, first: str, last: str) -> tuple[Function, Function]:
    def fold_start(when: int, offset: int = 0) -> int | None:
        return times.start(part, when, offset)

    def fold_end(when: int, offset: int = 0) -> int | None:
        return times.end(part, when, offset)

    naming = "through" if part == "day" else "none"
    return (
        scalar(
            f"startof{part}",
            "date:datetime offset:long?",
            DATETIME,
            f"The start of the {doc}, moved by an offset.",
            _start_of(part),
            _start_of(part),
            naming=naming,
            fold=fold_start,
            nulls="maybe",
            examples=(shows(f"startof{part}(datetime(2017-01-05 10:10:17))", first),),
        ),
        scalar(
            f"endof{part}",
            "date:datetime offset:long?",
            DATETIME,
            f"The last tick of the {doc}, moved by an offset.",
            _end_of(part),
            _end_of(part),
            fold=fold_end,
            nulls="maybe",
            tick=_last_tick,
            examples=(shows(f"endof{part}(datetime(2017-01-05 10:10:17))", last),),
        ),
    )


def _pieces(emit: Emit, format: str, pieces: Callable[[str], str | None], function: str) -> str:
    """Concatenates what each run of the format stands for."""
    found: list[str] = []
    for run in _FORMAT.findall(format):
        piece = emit.text(run) if run in _DELIMITERS else pieces(run)
        if piece is None:
            raise emit.refuse(f"{function}() does not know {run!r} in its format")
        found.append(piece)
    return f"({' || '.join(found)})" if found else "''"


def _fraction(run: str, seven: str) -> str | None:
    """f to fffffff: so many digits; F to FFFFFFF: the same without zeros at the end."""
    if len(run) > 7:
        return None
    digits = f"left({seven}, {len(run)})"
    return digits if run[0] == "f" else f"rtrim({digits}, '0')"


def _click_piece(run: str, when: str, tick: int) -> str | None:
    """What a run of a format stands for, on ClickHouse."""
    if run[0] == "f" and len(run) <= 7:
        return f"substring(concat(leftPad(toString({_click_micros(when)} % 1000000), 6, '0'), '{tick}'), 1, {len(run)})"
    if run == "tt":
        return f"if(toHour({when}) < 12, 'AM', 'PM')"
    numbers = {
        "d": f"toDayOfMonth({when})",
        "h": f"if(toHour({when}) % 12 = 0, 12, toHour({when}) % 12)",
        "H": f"toHour({when})",
        "m": f"toMinute({when})",
        "M": f"toMonth({when})",
        "s": f"toSecond({when})",
        "y": f"toYear({when})" if run == "yyyy" else f"toYear({when}) % 100",
    }
    if run[0] not in numbers or len(run) > 2 and run != "yyyy":
        return None
    text = f"toString({numbers[run[0]]})"
    return text if len(run) == 1 else f"leftPad({text}, {len(run)}, '0')"


def _format_datetime(emit: Emit, when: Fragment, format: Fragment) -> str:
    x = when.text
    if emit.dialect != "duckdb":
        return _pieces(emit, format.value, lambda run: _click_piece(run, x, when.tick), "format_datetime")
    seven = f"(strftime({x}, '%f') || '{when.tick}')"
    codes = {
        "d": "%-d",
        "dd": "%d",
        "h": "%-I",
        "hh": "%I",
        "H": "%-H",
        "HH": "%H",
        "m": "%-M",
        "mm": "%M",
        "M": "%-m",
        "MM": "%m",
        "s": "%-S",
        "ss": "%S",
        "y": "%-y",
        "yy": "%y",
        "yyyy": "%Y",
        "tt": "%p",
    }

    def piece(run: str) -> str | None:
        if run[0] in "fF":
            return _fraction(run, seven)
        return f"strftime({x}, '{codes[run]}')" if run in codes else None

    return _pieces(emit, format.value, piece, "format_datetime")


def _format_timespan(emit: Emit, span: Fragment, format: Fragment) -> str:
    if emit.dialect != "duckdb":
        raise emit.refuse("format_timespan() is not supported on this engine")
    x = f"abs({span.text})"
    seven = f"lpad(CAST({x} % 10000000 AS VARCHAR), 7, '0')"
    units = {
        "h": f"{x} // 36000000000 % 24",
        "H": f"{x} // 36000000000 % 24",
        "m": f"{x} // 600000000 % 60",
        "s": f"{x} // 10000000 % 60",
        "d": f"{x} // {_DAY}",
    }

    def piece(run: str) -> str | None:
        if run[0] in "fF":
            return _fraction(run, seven)
        longest = 8 if run[0] == "d" else 2
        if run[0] not in units or len(run) > longest:
            return None
        number = f"CAST({units[run[0]]} AS VARCHAR)"
        return (
            number
            if len(run) == 1
            else f"(CASE WHEN length({number}) >= {len(run)} THEN {number} ELSE lpad({number}, {len(run)}, '0') END)"
        )

    return _pieces(emit, format.value, piece, "format_timespan")


def _make_datetime(emit: Emit, *pieces: Fragment) -> str:
    if len(pieces) == 1:
        return emit.convert(pieces[0], KqlType.DATETIME).text
    texts = [emit.convert(piece, KqlType.LONG).text for piece in pieces[:5]]
    texts += ["1"] * max(0, 3 - len(texts)) + ["0"] * (5 - max(len(texts), 3))
    second = emit.convert(pieces[5], KqlType.REAL).text if len(pieces) == 6 else "CAST(0 AS DOUBLE)"
    return f"TRY(make_timestamp({', '.join(texts)}, {second}))"


def _fold_datetime(*pieces: Any) -> int | None:
    if len(pieces) < 3 or not all(isinstance(piece, int) for piece in pieces):
        return None
    try:
        moment = datetime(*pieces)
    except ValueError:
        return None
    return times.of_date(moment.date()) + (moment.hour * 3600 + moment.minute * 60 + moment.second) * times.TICKS["second"]


def _make_timespan(emit: Emit, *pieces: Fragment) -> str:
    if len(pieces) == 1:
        return emit.convert(pieces[0], KqlType.TIMESPAN).text
    texts = [emit.convert(piece, KqlType.REAL).text for piece in pieces]
    if len(texts) < 4:
        texts = ["0", *texts, "0"][:4]
    day, hour, minute, second = texts
    ticks = f"CAST(round((({day} * 24 + {hour}) * 60 + {minute}) * 600000000 + {second} * 10000000) AS BIGINT)"
    inside = f"{hour} BETWEEN 0 AND 23 AND {minute} BETWEEN 0 AND 59 AND {second} >= 0 AND {second} < 60"
    return f"(CASE WHEN {inside} THEN {ticks} END)"


def _from_unix(per_second: int) -> Callable[..., str]:
    def render(emit: Emit, number: Fragment) -> str:
        if emit.dialect != "duckdb":
            if number.type not in (KqlType.INT, KqlType.LONG) or per_second > 1_000_000:
                raise emit.refuse("unixtime functions take whole numbers down to microseconds on this engine")
            return f"fromUnixTimestamp64Micro({number.text} * {1_000_000 // per_second}, 'UTC')"
        if number.type in (KqlType.INT, KqlType.LONG):
            factor = 1_000_000 // per_second if per_second <= 1_000_000 else 0
            micros = f"CAST({number.text} AS HUGEINT) * {factor}" if factor else f"{number.text} // 1000"
        else:
            micros = f"round(CAST({number.text} AS DOUBLE) * {1_000_000 / per_second!r})"
        whole = f"TRY_CAST({micros} AS BIGINT)"
        return f"(CASE WHEN {whole} BETWEEN -{_EPOCH_US} AND 253402300799999999 THEN make_timestamp({whole}) END)"

    return render


def _unix(name: str, per_second: int, expression: str, value: str) -> Function:
    return scalar(
        f"unixtime_{name}_todatetime",
        "number:number",
        DATETIME,
        f"The datetime so many {name} after 1970-01-01.",
        _from_unix(per_second),
        _from_unix(per_second),
        nulls="maybe",
        examples=(shows(expression, value),),
    )


def _to_local(emit: Emit, when: Fragment, zone: Fragment) -> str:
    return f"TRY(CAST(timezone({zone.text}, timezone('UTC', {when.text})) AS TIMESTAMP))"


def _to_utc(emit: Emit, when: Fragment, zone: Fragment) -> str:
    return f"TRY(CAST(timezone('UTC', timezone({zone.text}, {when.text})) AS TIMESTAMP))"


def _calendar(name: str, doc: str, duckdb: str, clickhouse: str, part: str, value: int, *aliases: str) -> Function:
    def fold(when: int) -> int:
        return times.part_of(part, when)

    return scalar(
        name,
        "date:datetime",
        INT,
        doc,
        f"CAST({duckdb} AS INTEGER)",
        f"toInt32({clickhouse})",
        fold=fold,
        aliases=aliases,
        examples=(shows(f"{name}(datetime(2015-12-14 17:05:09))", value),),
    )


FUNCTIONS: tuple[Function, ...] = (
    *_period_functions("day", "day", "2017-01-05T00:00:00.0000000Z", "2017-01-05T23:59:59.9999999Z"),
    *_period_functions("week", "week, which starts on Sunday", "2017-01-01T00:00:00.0000000Z", "2017-01-07T23:59:59.9999999Z"),
    *_period_functions("month", "month", "2017-01-01T00:00:00.0000000Z", "2017-01-31T23:59:59.9999999Z"),
    *_period_functions("year", "year", "2017-01-01T00:00:00.0000000Z", "2017-12-31T23:59:59.9999999Z"),
    _calendar("getyear", "The year.", "year({0})", "toYear({0})", "year", 2015),
    _calendar("getmonth", "The month, from 1.", "month({0})", "toMonth({0})", "month", 12),
    _calendar("monthofyear", "The month, from 1.", "month({0})", "toMonth({0})", "month", 12),
    _calendar("dayofmonth", "The day of the month.", "day({0})", "toDayOfMonth({0})", "day", 14),
    _calendar("dayofyear", "The day of the year.", "dayofyear({0})", "toDayOfYear({0})", "dayofyear", 348),
    _calendar("hourofday", "The hour.", "hour({0})", "toHour({0})", "hour", 17),
    _calendar(
        "week_of_year", "The week of the year by ISO 8601.", "week({0})", "toISOWeek({0})", "week_of_year", 51, "weekofyear"
    ),
    scalar(
        "dayofweek",
        "date:datetime",
        TIMESPAN,
        "The time since the preceding Sunday, in whole days.",
        f"(dayofweek({{0}}) * {_DAY})",
        f"(toInt64(toDayOfWeek({{0}}, 0)) % 7 * {_DAY})",
        examples=(shows("dayofweek(datetime(1947-11-30 10:00:05)), dayofweek(datetime(1970-05-11))", "00:00:00", "1.00:00:00"),),
    ),
    scalar(
        "datetime_add",
        "part:!string value:long date:datetime",
        DATETIME,
        "The datetime moved by a number of parts.",
        _add,
        _added,
        fold=_fold_add,
        nulls="maybe",
        examples=(
            shows(
                "datetime_add('year', 1, datetime(2017-01-01)), datetime_add('month', 1, datetime(2017-01-31)), "
                "datetime_add('hour', -1, datetime(2017-01-01))",
                "2018-01-01T00:00:00.0000000Z",
                "2017-02-28T00:00:00.0000000Z",
                "2016-12-31T23:00:00.0000000Z",
            ),
        ),
    ),
    scalar(
        "datetime_diff",
        "part:!string one:datetime other:datetime",
        LONG,
        "How many boundaries of a period lie between two datetimes.",
        _difference,
        _click_difference,
        fold=times.difference,
        nulls="maybe",
        examples=(
            shows(
                "datetime_diff('year', datetime(2017-01-01), datetime(2000-12-31)), datetime_diff('quarter', "
                "datetime(2017-07-01), datetime(2017-03-30))",
                17,
                2,
            ),
            shows(
                "datetime_diff('week', datetime(2017-10-29 00:00), datetime(2017-09-30 23:59)), datetime_diff('day', "
                "datetime(2017-10-29 00:00), datetime(2017-09-30 23:59))",
                5,
                29,
            ),
            shows(
                "datetime_diff('second', datetime(2017-10-30 23:00:10.100), datetime(2017-10-30 23:00:00.900)), "
                "datetime_diff('nanosecond', datetime(2017-10-30 23:00:00.0000000), datetime(2017-10-30 23:00:00.0000007))",
                10,
                -700,
            ),
        ),
    ),
    scalar(
        "datetime_part",
        "part:!string date:datetime",
        INT,
        "One part of a datetime.",
        _part,
        _click_part,
        fold=times.part_of,
        aliases=("datepart",),
        examples=(
            shows(
                "datetime_part('year', datetime(2017-10-30 01:02:03.7654321)), datetime_part('week_of_year', "
                "datetime(2017-10-30 01:02:03.7654321))",
                2017,
                44,
            ),
            shows(
                "datetime_part('millisecond', datetime(2017-10-30 01:02:03.7654321)), datetime_part('microsecond', "
                "datetime(2017-10-30 01:02:03.7654321)), "
                "datetime_part('nanosecond', datetime(2017-10-30 01:02:03.7654321))",
                765,
                765432,
                765432100,
            ),
        ),
    ),
    scalar(
        "format_datetime",
        "date:datetime format:!string",
        STRING,
        "The datetime written by a format of d f F h H m M s y tt.",
        _format_datetime,
        _format_datetime,
        naming="through",
        nulls="maybe",
        examples=(
            shows(
                "format_datetime(datetime(2017-01-29 09:00:05.345), 'yyyy-MM-dd [HH:mm:ss.fff]'), "
                "format_datetime(datetime(2017-01-29 09:00:05), 'yy-MM-dd [hh:mm:ss tt]')",
                "2017-01-29 [09:00:05.345]",
                "17-01-29 [09:00:05 AM]",
            ),
            shows("format_datetime(datetime(2017-01-29 09:00:05.12345), 'yy-M-d H:m:s.FFFFFFF')", "17-1-29 9:0:5.12345"),
        ),
    ),
    scalar(
        "format_timespan",
        "span:timespan format:!string",
        STRING,
        "The timespan written by a format of d f F h H m s.",
        _format_timespan,
        naming="through",
        nulls="maybe",
        examples=(
            shows(
                "format_timespan(time(29.09:00:05.12345), 'dd.hh:mm:ss:FF'), format_timespan(time(29.09:00:05.12345), "
                "'ddd.h:mm:ss [fffffff]')",
                "29.09:00:05:12",
                "029.9:00:05 [1234500]",
            ),
        ),
    ),
    scalar(
        "make_datetime",
        (
            signature("year:number month:number day:number hour:number? minute:number? second:number?", DATETIME, _make_datetime),
            signature("value:any", DATETIME, _make_datetime, _make_datetime),
        ),
        DATETIME,
        "The datetime of its parts; null when there is none.",
        fold=_fold_datetime,
        naming="only",
        nulls="maybe",
        examples=(
            shows(
                "make_datetime(2017, 10, 1), make_datetime(2017, 10, 1, 12, 10, 0.1234567), make_datetime(2017, 13, 1)",
                "2017-10-01T00:00:00.0000000Z",
                "2017-10-01T12:10:00.1234570Z",
                None,
            ),
        ),
    ),
    scalar(
        "make_timespan",
        (
            signature("days:number hours:number minutes:number seconds:number", TIMESPAN, _make_timespan),
            signature("hours:number minutes:number seconds:number?", TIMESPAN, _make_timespan),
            signature("value:any", TIMESPAN, _make_timespan, _make_timespan),
        ),
        TIMESPAN,
        "The timespan of its parts; null when there is none.",
        naming="only",
        nulls="maybe",
        examples=(shows("make_timespan(1, 12, 30, 55.123), make_timespan(3, 10)", "1.12:30:55.1230000", "03:10:00"),),
    ),
    _unix("seconds", 1, "unixtime_seconds_todatetime(1546300800)", "2019-01-01T00:00:00.0000000Z"),
    _unix("milliseconds", 1_000, "unixtime_milliseconds_todatetime(1546300800000)", "2019-01-01T00:00:00.0000000Z"),
    _unix("microseconds", 1_000_000, "unixtime_microseconds_todatetime(1546300800000000)", "2019-01-01T00:00:00.0000000Z"),
    _unix("nanoseconds", 1_000_000_000, "unixtime_nanoseconds_todatetime(1546300800000000000)", "2019-01-01T00:00:00.0000000Z"),
    scalar(
        "datetime_utc_to_local",
        "date:datetime timezone:string",
        DATETIME,
        "A UTC datetime as the clocks of a time zone show it.",
        _to_local,
        nulls="maybe",
        examples=(shows("datetime_utc_to_local(datetime(2020-02-12 12:00), 'US/Pacific')", "2020-02-12T04:00:00.0000000Z"),),
    ),
    scalar(
        "datetime_local_to_utc",
        "date:datetime timezone:string",
        DATETIME,
        "The UTC datetime at which the clocks of a time zone show it.",
        _to_utc,
        nulls="maybe",
        examples=(shows("datetime_local_to_utc(datetime(2020-02-12 04:00), 'US/Pacific')", "2020-02-12T12:00:00.0000000Z"),),
    ),
)
