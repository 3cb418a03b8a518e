"""What expressions may use of DateTime, DateTimeOffset, TimeSpan, TimeZoneInfo, Guid, Uri."""

from __future__ import annotations

from typing import Any, Final

from gatelog.policy.dotnet import date_format, date_parse, dates, encodings, guids, uris
from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.converting import attempt
from gatelog.policy.dotnet.dates import DAY, EPOCH, MAX_TICKS, TICKS, UTC, DateTime, DateTimeOffset, TimeSpan
from gatelog.policy.dotnet.linq import order
from gatelog.policy.dotnet.metadata import TypeDef
from gatelog.policy.dotnet.numbers import Int64
from gatelog.policy.dotnet.runtime import Enum, Instance, equals, hash_of

UNITS: Final = (("Days", DAY), ("Hours", 3600 * TICKS), ("Minutes", 60 * TICKS), ("Seconds", TICKS), ("Milliseconds", 10_000))
DAY_NAMES: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")


def now(c: Any) -> DateTime:
    return DateTime(EPOCH + c.clock.now() // 100, UTC)


def local_now(c: Any) -> DateTime:
    return DateTime(EPOCH + c.clock.now() // 100, dates.LOCAL)


def now_offset(c: Any) -> DateTimeOffset:
    return DateTimeOffset(EPOCH + c.clock.now() // 100, 0)


def make_date(*parts: Any) -> DateTime:
    """`new DateTime(year, month, day[, hour, minute, second[, millisecond]][, kind])`."""
    kind = next((int(p) for p in parts if isinstance(p, Enum)), 0)
    numbers = [p for p in parts if not isinstance(p, Enum)]
    return DateTime(dates.ticks_of(*numbers), kind)


def make_offset(*parts: Any) -> DateTimeOffset:
    *numbers, span = parts
    return DateTimeOffset(dates.ticks_of(*numbers), span.ticks)


def offset_from(moment: DateTime, span: TimeSpan | None = None) -> DateTimeOffset:
    if span is not None and moment.kind == UTC and span.ticks:
        raise ex.argument("The UTC Offset for Utc DateTime instances must be 0.", "offset")
    return DateTimeOffset(moment.ticks, span.ticks if span is not None else 0)


def make_span(*parts: int) -> TimeSpan:
    """(h, m, s), (d, h, m, s), (d, h, m, s, ms)."""
    days, rest = (0, parts) if len(parts) == 3 else (parts[0], parts[1:])
    milliseconds = rest[3] if len(rest) > 3 else 0
    return TimeSpan(days * DAY + (rest[0] * 3600 + rest[1] * 60 + rest[2]) * TICKS + milliseconds * 10_000)


def clock_parts(extra: str) -> tuple[tuple[Any, ...], ...]:
    """Properties that DateTime and DateTimeOffset share; `extra` is the type's name."""
    return (
        ("int Year", lambda v: DateTime(v.ticks).date_parts()[0]),
        ("int Month", lambda v: DateTime(v.ticks).date_parts()[1]),
        ("int Day", lambda v: DateTime(v.ticks).date_parts()[2]),
        ("int Hour", lambda v: v.ticks // (3600 * TICKS) % 24),
        ("int Minute", lambda v: v.ticks // (60 * TICKS) % 60),
        ("int Second", lambda v: v.ticks // TICKS % 60),
        ("int Millisecond", lambda v: v.ticks // 10_000 % 1000),
        ("long Ticks", lambda v: Int64(v.ticks)),
        ("DayOfWeek DayOfWeek", day_of_week),
        ("int DayOfYear", lambda v: (v.ticks - dates.ticks_of(DateTime(v.ticks).date_parts()[0], 1, 1)) // DAY + 1),
        ("TimeSpan TimeOfDay", lambda v: TimeSpan(v.ticks % DAY)),
        (f"{extra} AddTicks(long value)", lambda v, n: shifted(v, n)),
        (f"{extra} AddMonths(int months)", lambda v, n: placed(v, dates.add_months(v, n))),
        (f"{extra} AddYears(int value)", add_years),
        (f"{extra} Add(TimeSpan value)", lambda v, s: shifted(v, s.ticks)),
        (f"{extra} Subtract(TimeSpan value)", lambda v, s: shifted(v, -s.ticks)),
        *((f"{extra} Add{name}(double value)", adder(unit)) for name, unit in UNITS),
    )


class DayEnum(Enum):
    """A System.DayOfWeek value."""


def day_of_week(value: Any) -> Any:
    return DAYS.make((value.ticks // DAY + 1) % 7)


class Days:
    """Makes DayOfWeek values; the assembled library fills it in."""

    __slots__ = ("make",)

    def __init__(self) -> None:
        self.make: Any = int


DAYS: Final = Days()
KINDS: Final = Days()
"""Makes DateTimeKind values."""


def shifted(value: Any, ticks: int) -> Any:
    if not 0 <= value.ticks + ticks <= MAX_TICKS:
        raise ex.out_of_range("value", "The added or subtracted value results in an un-representable DateTime.")
    return placed(value, value.ticks + ticks)


def placed(value: Any, ticks: int) -> Any:
    return DateTime(ticks, value.kind) if isinstance(value, DateTime) else DateTimeOffset(ticks, value.offset)


def add_years(value: Any, years: int) -> Any:
    if not -10_000 <= years <= 10_000:
        raise ex.out_of_range("years", "Years value must be between +/-10000.")
    return placed(value, dates.add_months(value, years * 12))


def adder(unit: int) -> Any:
    def add(value: Any, amount: float) -> Any:
        milliseconds = amount * (unit // 10_000) + (0.5 if amount >= 0 else -0.5)
        if not -315_537_897_600_000 < milliseconds < 315_537_897_600_000:
            raise ex.out_of_range("value", "Value to add was out of range.")
        return shifted(value, int(milliseconds) * 10_000)

    return add


def comparisons(name: str, key: Any) -> tuple[tuple[Any, ...], ...]:
    """The six comparison operators."""
    tests = {
        "==": lambda a, b: key(a) == key(b),
        "!=": lambda a, b: key(a) != key(b),
        "<": lambda a, b: key(a) < key(b),
        ">": lambda a, b: key(a) > key(b),
        "<=": lambda a, b: key(a) <= key(b),
        ">=": lambda a, b: key(a) >= key(b),
    }
    return tuple((f"operator bool {op}({name} a, {name} b)", test) for op, test in tests.items())


def unix(unit: int) -> Any:
    def make(value: int) -> DateTimeOffset:
        ticks = EPOCH + value * unit
        if not 0 <= ticks <= MAX_TICKS:
            span = "-62135596800 and 253402300799" if unit == TICKS else "-62135596800000 and 253402300799999"
            raise ex.out_of_range("seconds" if unit == TICKS else "milliseconds", f"Valid values are between {span}, inclusive.")
        return DateTimeOffset(ticks, 0)

    return make


def as_utc(value: DateTime) -> DateTime:
    return DateTime(value.ticks, UTC)


def as_local(value: DateTime) -> DateTime:
    return DateTime(value.ticks, dates.LOCAL)


def span_binary(sign: int) -> Any:
    return lambda a, b: TimeSpan(a.ticks + sign * b.ticks)


DATETIME: Final = TypeDef(
    "System.DateTime",
    (
        ("new(long ticks)", DateTime),
        ("new(long ticks, DateTimeKind kind)", lambda t, k: DateTime(t, int(k))),
        ("new(int year, int month, int day)", make_date),
        ("new(int year, int month, int day, int hour, int minute, int second)", make_date),
        ("new(int year, int month, int day, int hour, int minute, int second, int millisecond)", make_date),
        ("new(int year, int month, int day, int hour, int minute, int second, DateTimeKind kind)", make_date),
        ("new(int year, int month, int day, int hour, int minute, int second, int millisecond, DateTimeKind kind)", make_date),
        ("static DateTime MinValue", "{c}", DateTime(0)),
        ("static DateTime MaxValue", "{c}", DateTime(MAX_TICKS)),
        ("ctx static DateTime UtcNow", now),
        ("ctx static DateTime Now", local_now),
        ("ctx static DateTime Today", lambda c: DateTime(local_now(c).ticks // DAY * DAY, dates.LOCAL)),
        *clock_parts("DateTime"),
        ("DateTime Date", lambda v: DateTime(v.ticks // DAY * DAY, v.kind)),
        ("DateTimeKind Kind", lambda v: KINDS.make(v.kind)),
        ("TimeSpan Subtract(DateTime value)", lambda a, b: TimeSpan(a.ticks - b.ticks)),
        ("DateTime ToUniversalTime()", as_utc),
        ("DateTime ToLocalTime()", as_local),
        ("bool IsDaylightSavingTime()", lambda _: False),
        ("static bool IsLeapYear(int year)", dates.is_leap),
        ("static int DaysInMonth(int year, int month)", dates.days_in_month),
        ("static DateTime SpecifyKind(DateTime value, DateTimeKind kind)", lambda v, k: DateTime(v.ticks, int(k))),
        ("static DateTime Parse(string s)", date_parse.parse_date),
        ("static DateTime Parse(string s, IFormatProvider provider)", date_parse.parse_date_with),
        ("static DateTime Parse(string s, IFormatProvider provider, DateTimeStyles styles)", date_parse.parse_date_with),
        ("static DateTime ParseExact(string s, string format, IFormatProvider provider)", date_parse.parse_exact),
        (
            "static DateTime ParseExact(string s, string format, IFormatProvider provider, DateTimeStyles style)",
            date_parse.parse_exact,
        ),
        ("static bool TryParse(string s, out DateTime result)", attempt(date_parse.parse_date, DateTime(0))),
        (
            "static bool TryParse(string s, IFormatProvider provider, DateTimeStyles styles, out DateTime result)",
            attempt(date_parse.parse_date_with, DateTime(0)),
        ),
        (
            "static bool TryParseExact(string s, string format, IFormatProvider provider, DateTimeStyles style, "
            "out DateTime result)",
            attempt(date_parse.parse_exact, DateTime(0)),
        ),
        ("static int Compare(DateTime t1, DateTime t2)", order),
        ("int CompareTo(DateTime value)", order),
        ("string ToString()", DateTime.text),
        ("string ToString(string format)", date_format.format_time),
        ("string ToString(string format, IFormatProvider provider)", lambda v, f, _: date_format.format_time(v, f)),
        ("string ToShortDateString()", lambda v: date_format.format_time(v, "d")),
        ("string ToLongDateString()", lambda v: date_format.format_time(v, "D")),
        ("string ToShortTimeString()", lambda v: date_format.format_time(v, "t")),
        ("string ToLongTimeString()", lambda v: date_format.format_time(v, "T")),
        ("long ToFileTimeUtc()", lambda v: Int64(v.ticks - 504911232000000000)),
        ("long ToBinary()", lambda v: Int64(v.ticks | v.kind << 62)),
        ("bool Equals(DateTime value)", lambda a, b: a.ticks == b.ticks),
        ("bool Equals(object obj)", equals),
        ("int GetHashCode()", hash_of),
        ("operator TimeSpan -(DateTime a, DateTime b)", span_binary(-1)),
        ("operator DateTime -(DateTime a, TimeSpan b)", lambda a, b: shifted(a, -b.ticks)),
        ("operator DateTime +(DateTime a, TimeSpan b)", lambda a, b: shifted(a, b.ticks)),
        *comparisons("DateTime", lambda v: v.ticks),
    ),
    extends=("IComparable", "IComparable<DateTime>"),
    kind="struct",
)

OFFSET: Final = TypeDef(
    "System.DateTimeOffset",
    (
        ("new(DateTime dateTime)", offset_from),
        ("new(DateTime dateTime, TimeSpan offset)", offset_from),
        ("new(long ticks, TimeSpan offset)", lambda t, s: DateTimeOffset(t, s.ticks)),
        ("new(int year, int month, int day, int hour, int minute, int second, TimeSpan offset)", make_offset),
        ("new(int year, int month, int day, int hour, int minute, int second, int millisecond, TimeSpan offset)", make_offset),
        ("implicit DateTimeOffset(DateTime dateTime)", offset_from),
        ("static DateTimeOffset MinValue", "{c}", DateTimeOffset(0)),
        ("static DateTimeOffset MaxValue", "{c}", DateTimeOffset(MAX_TICKS)),
        ("ctx static DateTimeOffset UtcNow", now_offset),
        ("ctx static DateTimeOffset Now", now_offset),
        *clock_parts("DateTimeOffset"),
        ("TimeSpan Offset", lambda v: TimeSpan(v.offset)),
        ("DateTime DateTime", lambda v: DateTime(v.ticks)),
        ("DateTime Date", lambda v: DateTime(v.ticks // DAY * DAY)),
        ("DateTime UtcDateTime", lambda v: DateTime(v.utc_ticks, UTC)),
        ("DateTime LocalDateTime", lambda v: DateTime(v.utc_ticks, dates.LOCAL)),
        ("long UtcTicks", lambda v: Int64(v.utc_ticks)),
        ("TimeSpan Subtract(DateTimeOffset value)", lambda a, b: TimeSpan(a.utc_ticks - b.utc_ticks)),
        ("DateTimeOffset ToUniversalTime()", lambda v: DateTimeOffset(v.utc_ticks)),
        ("DateTimeOffset ToLocalTime()", lambda v: DateTimeOffset(v.utc_ticks)),
        ("DateTimeOffset ToOffset(TimeSpan offset)", lambda v, s: DateTimeOffset(v.utc_ticks + s.ticks, s.ticks)),
        ("long ToUnixTimeSeconds()", lambda v: Int64((v.utc_ticks - EPOCH) // TICKS)),
        ("long ToUnixTimeMilliseconds()", lambda v: Int64((v.utc_ticks - EPOCH) // 10_000)),
        ("static DateTimeOffset FromUnixTimeSeconds(long seconds)", unix(TICKS)),
        ("static DateTimeOffset FromUnixTimeMilliseconds(long milliseconds)", unix(10_000)),
        ("static DateTimeOffset Parse(string input)", date_parse.parse_offset),
        ("static DateTimeOffset Parse(string input, IFormatProvider formatProvider)", date_parse.parse_offset_with),
        (
            "static DateTimeOffset Parse(string input, IFormatProvider formatProvider, DateTimeStyles styles)",
            date_parse.parse_offset_with,
        ),
        (
            "static DateTimeOffset ParseExact(string input, string format, IFormatProvider formatProvider)",
            date_parse.parse_offset_exact,
        ),
        ("static bool TryParse(string input, out DateTimeOffset result)", attempt(date_parse.parse_offset, DateTimeOffset(0))),
        ("int CompareTo(DateTimeOffset other)", order),
        ("static int Compare(DateTimeOffset first, DateTimeOffset second)", order),
        ("string ToString()", DateTimeOffset.text),
        ("string ToString(string format)", date_format.format_offset),
        ("string ToString(string format, IFormatProvider provider)", lambda v, f, _: date_format.format_offset(v, f)),
        ("bool Equals(DateTimeOffset other)", lambda a, b: a.utc_ticks == b.utc_ticks),
        ("bool Equals(object obj)", equals),
        ("int GetHashCode()", hash_of),
        ("operator TimeSpan -(DateTimeOffset a, DateTimeOffset b)", lambda a, b: TimeSpan(a.utc_ticks - b.utc_ticks)),
        ("operator DateTimeOffset -(DateTimeOffset a, TimeSpan b)", lambda a, b: shifted(a, -b.ticks)),
        ("operator DateTimeOffset +(DateTimeOffset a, TimeSpan b)", lambda a, b: shifted(a, b.ticks)),
        *comparisons("DateTimeOffset", lambda v: v.utc_ticks),
    ),
    extends=("IComparable", "IComparable<DateTimeOffset>"),
    kind="struct",
)

_PARTS: Final = (
    ("Days", DAY, 10**9),
    ("Hours", 3600 * TICKS, 24),
    ("Minutes", 60 * TICKS, 60),
    ("Seconds", TICKS, 60),
    ("Milliseconds", 10_000, 1000),
)
SPAN: Final = TypeDef(
    "System.TimeSpan",
    (
        ("new(long ticks)", TimeSpan),
        ("new(int hours, int minutes, int seconds)", make_span),
        ("new(int days, int hours, int minutes, int seconds)", make_span),
        ("new(int days, int hours, int minutes, int seconds, int milliseconds)", make_span),
        ("static TimeSpan Zero", "{c}", TimeSpan(0)),
        ("static TimeSpan MinValue", "{c}", TimeSpan(-(2**63))),
        ("static TimeSpan MaxValue", "{c}", TimeSpan(2**63 - 1)),
        ("static long TicksPerMillisecond", "{c}", Int64(10_000)),
        ("static long TicksPerSecond", "{c}", Int64(TICKS)),
        ("static long TicksPerDay", "{c}", Int64(DAY)),
        ("static long TicksPerMinute", "{c}", Int64(60 * TICKS)),
        ("static long TicksPerHour", "{c}", Int64(3600 * TICKS)),
        *((f"int {name}", (lambda u, m: lambda v: v.part(u, m))(unit, modulus)) for name, unit, modulus in _PARTS),
        *((f"double Total{name}", (lambda u: lambda v: v.ticks / u)(unit)) for name, unit in UNITS),
        ("long Ticks", lambda v: Int64(v.ticks)),
        *((f"static TimeSpan From{name}(double value)", (lambda u: lambda v: dates.span_of(v, u))(unit)) for name, unit in UNITS),
        ("static TimeSpan FromTicks(long value)", TimeSpan),
        ("TimeSpan Add(TimeSpan ts)", span_binary(1)),
        ("TimeSpan Subtract(TimeSpan ts)", span_binary(-1)),
        ("TimeSpan Duration()", lambda v: TimeSpan(abs(v.ticks))),
        ("TimeSpan Negate()", lambda v: TimeSpan(-v.ticks)),
        ("static TimeSpan Parse(string s)", date_parse.parse_span),
        ("static TimeSpan Parse(string s, IFormatProvider provider)", lambda s, _: date_parse.parse_span(s)),
        ("static bool TryParse(string s, out TimeSpan result)", attempt(date_parse.parse_span, TimeSpan(0))),
        ("int CompareTo(TimeSpan value)", order),
        ("static int Compare(TimeSpan t1, TimeSpan t2)", order),
        ("string ToString()", TimeSpan.text),
        ("string ToString(string format)", date_format.format_span),
        ("string ToString(string format, IFormatProvider provider)", lambda v, f, _: date_format.format_span(v, f)),
        ("bool Equals(TimeSpan obj)", lambda a, b: a.ticks == b.ticks),
        ("bool Equals(object obj)", equals),
        ("int GetHashCode()", hash_of),
        ("operator TimeSpan +(TimeSpan a, TimeSpan b)", span_binary(1)),
        ("operator TimeSpan -(TimeSpan a, TimeSpan b)", span_binary(-1)),
        ("operator TimeSpan -(TimeSpan a)", lambda v: TimeSpan(-v.ticks)),
        *comparisons("TimeSpan", lambda v: v.ticks),
    ),
    extends=("IComparable", "IComparable<TimeSpan>"),
    kind="struct",
)


class Zone(Instance):
    """System.TimeZoneInfo: UTC is the only zone here."""

    __slots__ = ()
    NAME = "System.TimeZoneInfo"

    def text(self) -> str:
        return "UTC"


def find_zone(name: str) -> Zone:
    if name not in ("UTC", "Etc/UTC", "Coordinated Universal Time"):
        raise ex.DotNetException(
            "System.TimeZoneNotFoundException", f"The time zone ID '{name}' was not found on the local computer."
        )
    return UTC_ZONE


UTC_ZONE: Final = Zone()
ZONE: Final = TypeDef(
    "System.TimeZoneInfo",
    (
        ("static TimeZoneInfo Utc", lambda: UTC_ZONE),
        ("static TimeZoneInfo Local", lambda: UTC_ZONE),
        ("string Id", lambda _: "UTC"),
        ("string DisplayName", lambda _: "UTC"),
        ("static TimeZoneInfo FindSystemTimeZoneById(string id)", find_zone),
        ("TimeSpan BaseUtcOffset", lambda _: TimeSpan(0)),
        ("static DateTime ConvertTimeToUtc(DateTime dateTime)", as_utc),
        ("static DateTime ConvertTimeFromUtc(DateTime dateTime, TimeZoneInfo zone)", as_utc),
        ("static DateTime ConvertTime(DateTime dateTime, TimeZoneInfo zone)", as_utc),
        ("static DateTime ConvertTimeToUtc(DateTime dateTime, TimeZoneInfo zone)", as_utc),
    ),
)

GUID: Final = TypeDef(
    "System.Guid",
    (
        ("new()", lambda: guids.EMPTY),
        ("new(string g)", guids.make),
        ("new(byte[] b)", guids.from_bytes),
        ("static Guid Empty", "{c}", guids.EMPTY),
        ("ctx static Guid NewGuid()", lambda c: guids.Guid(c.new_guid())),
        ("static Guid Parse(string input)", guids.parse),
        ("static bool TryParse(string input, out Guid result)", guids.try_parse),
        ("static Guid ParseExact(string input, string format)", guids.parse_exact),
        ("static bool TryParseExact(string input, string format, out Guid result)", attempt(guids.parse_exact, guids.EMPTY)),
        ("string ToString()", guids.Guid.text),
        ("string ToString(string format)", guids.format_guid),
        ("byte[] ToByteArray()", guids.to_bytes),
        ("int CompareTo(Guid value)", guids.compare),
        ("bool Equals(Guid g)", lambda a, b: a.digits == b.digits),
        ("bool Equals(object o)", equals),
        ("int GetHashCode()", hash_of),
        ("operator bool ==(Guid a, Guid b)", lambda a, b: a.digits == b.digits),
        ("operator bool !=(Guid a, Guid b)", lambda a, b: a.digits != b.digits),
    ),
    extends=("IComparable", "IComparable<Guid>"),
    kind="struct",
)

URI: Final = TypeDef(
    "System.Uri",
    (
        ("new(string uriString)", uris.make),
        ("new(string uriString, UriKind uriKind)", lambda s, k: uris.read(s, relative=int(k) != 1)),
        ("new(Uri baseUri, string relativeUri)", uris.combine),
        ("new(Uri baseUri, Uri relativeUri)", uris.combine),
        ("static bool TryCreate(string uriString, UriKind uriKind, out Uri result)", uris.try_create),
        ("static string EscapeDataString(string stringToEscape)", encodings.escape_data),
        ("static string EscapeUriString(string stringToEscape)", encodings.escape_uri),
        ("static string UnescapeDataString(string stringToUnescape)", encodings.unescape_data),
        (
            "static bool IsWellFormedUriString(string uriString, UriKind uriKind)",
            lambda s, k: uris.try_create(s, int(k))[0] and " " not in s,
        ),
        ("string AbsoluteUri", lambda u: uris.part(u, u.absolute_uri())),
        ("string AbsolutePath", lambda u: uris.part(u, u.path)),
        ("string LocalPath", lambda u: encodings.unescape_data(str(uris.part(u, u.path)))),
        ("string PathAndQuery", lambda u: uris.part(u, u.path + u.query)),
        ("string Host", lambda u: uris.part(u, u.host)),
        ("string DnsSafeHost", lambda u: uris.part(u, u.host.strip("[]"))),
        ("string Authority", lambda u: uris.part(u, u.authority)),
        ("int Port", lambda u: uris.part(u, u.port)),
        ("string Scheme", lambda u: uris.part(u, u.scheme)),
        ("string Query", lambda u: uris.part(u, u.query)),
        ("string Fragment", lambda u: uris.part(u, u.fragment)),
        ("string UserInfo", lambda u: uris.part(u, u.user)),
        ("string OriginalString", lambda u: u.original),
        ("bool IsAbsoluteUri", lambda u: u.absolute),
        ("bool IsDefaultPort", lambda u: u.port == uris.PORTS.get(u.scheme, -1)),
        ("bool IsLoopback", lambda u: u.host in ("localhost", "127.0.0.1", "[::1]")),
        ("bool IsFile", lambda u: u.scheme == "file"),
        ("string[] Segments", lambda u: uris.segments(u)),
        ("string GetLeftPart(UriPartial part)", lambda u, p: uris.left_part(u, int(p))),
        ("bool IsBaseOf(Uri uri)", lambda a, b: b.absolute_uri().startswith(a.absolute_uri().rpartition("/")[0])),
        ("string ToString()", uris.Uri.text),
        ("bool Equals(object comparand)", equals),
        ("operator bool ==(Uri a, Uri b)", lambda a, b: a is b or (a is not None and equals(a, b))),
        ("operator bool !=(Uri a, Uri b)", lambda a, b: not (a is b or (a is not None and equals(a, b)))),
    ),
)


TYPES: Final = (
    DATETIME,
    OFFSET,
    SPAN,
    ZONE,
    GUID,
    URI,
    TypeDef("System.DayOfWeek", kind="enum", values=tuple((name, i) for i, name in enumerate(DAY_NAMES))),
    TypeDef("System.DateTimeKind", kind="enum", values=(("Unspecified", 0), ("Utc", 1), ("Local", 2))),
    TypeDef("System.UriKind", kind="enum", values=(("RelativeOrAbsolute", 0), ("Absolute", 1), ("Relative", 2))),
    TypeDef("System.UriPartial", kind="enum", values=(("Scheme", 0), ("Authority", 1), ("Path", 2), ("Query", 3))),
    TypeDef(
        "System.Globalization.DateTimeStyles",
        kind="enum",
        flags=True,
        values=(
            ("None", 0),
            ("AllowLeadingWhite", 1),
            ("AllowTrailingWhite", 2),
            ("AllowInnerWhite", 4),
            ("AllowWhiteSpaces", 7),
            ("NoCurrentDateDefault", 8),
            ("AdjustToUniversal", 16),
            ("AssumeLocal", 32),
            ("AssumeUniversal", 64),
            ("RoundtripKind", 128),
        ),
    ),
)
