"""Words and precedence of the language."""

from __future__ import annotations

from gatelog.schema.types import KqlType

_COMPARISON = 3
PRECEDENCE: dict[str, int] = {"or": 1, "and": 2, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
PRECEDENCE.update(dict.fromkeys(("==", "!=", "<>", "<", "<=", ">", ">=", "=~", "!~", ":"), _COMPARISON))
WORD_OPERATORS = (
    "has has_cs hasprefix hasprefix_cs hassuffix hassuffix_cs contains contains_cs startswith startswith_cs endswith endswith_cs "
    "like likecs"
).split()
PRECEDENCE.update({word: _COMPARISON for name in WORD_OPERATORS for word in (name, f"!{name}")})
PRECEDENCE.update(dict.fromkeys(("containscs", "notcontains", "notcontainscs", "notlike", "matches"), _COMPARISON))
LISTS = frozenset(("in", "!in", "in~", "!in~", "has_any", "!has_any", "has_all", "!has_all"))
PRECEDENCE.update(dict.fromkeys((*LISTS, "between", "!between"), _COMPARISON))
SPELLINGS = {
    "<>": "!=",
    "containscs": "contains_cs",
    "notcontains": "!contains",
    "notcontainscs": "!contains_cs",
}
"""Old spelling -> today's."""

TYPE_NAMES: dict[str, KqlType] = {
    **{kind.value: kind for kind in KqlType},
    "boolean": KqlType.BOOL,
    "date": KqlType.DATETIME,
    "time": KqlType.TIMESPAN,
    "double": KqlType.REAL,
    "float": KqlType.REAL,
    "uuid": KqlType.GUID,
    "uniqueid": KqlType.GUID,
    "int32": KqlType.INT,
    "int64": KqlType.LONG,
    "int8": KqlType.INT,
    "int16": KqlType.INT,
    "uint": KqlType.LONG,
    "uint8": KqlType.INT,
    "uint16": KqlType.INT,
    "uint32": KqlType.LONG,
    "uint64": KqlType.LONG,
    "ulong": KqlType.LONG,
    "object": KqlType.DYNAMIC,
}
