"""Functions over regular expressions. The engine's RE2 does the matching; a pattern is always a constant."""

from __future__ import annotations

from collections.abc import Sequence

from gatelog.kql.catalog.rows import Emit, Fragment, Function, Operand, signature
from gatelog.kql.catalog.shorthand import DYNAMIC, LONG, STRING, click_json, constant, scalar, shows
from gatelog.kql.kernels import text
from gatelog.kql.kernels.json_text import array
from gatelog.schema.types import KqlType


def _extract(emit: Emit, pattern: Fragment, group: Fragment, source: Fragment, wanted: Fragment | None = None) -> str:
    if not 0 <= group.value <= len(text.capture_groups(pattern.value)):
        raise emit.refuse(f"extract() has no capture group {group.value} in its regular expression")
    if emit.dialect == "duckdb":
        found = f"regexp_extract({source.text}, {pattern.text}, {group.value})"
    else:
        found = f"regexpExtract({source.text}, {pattern.text}, {group.value})"
    if wanted is None or wanted.value is KqlType.STRING:
        return found
    return emit.convert(Fragment(found, KqlType.STRING, nullable=False), wanted.value).text


def _extract_type(operands: Sequence[Operand]) -> KqlType:
    found: KqlType = operands[3].value
    return found


def _extract_all(emit: Emit, pattern: Fragment, *rest: Fragment) -> str:
    names = text.capture_groups(pattern.value)
    if not names:
        raise emit.refuse("extract_all() needs a capture group in its regular expression")
    source = rest[-1]
    wanted = list(range(1, len(names) + 1)) if len(rest) == 1 else _chosen(emit, names, rest[0].value)
    lists = [_all_matches(pattern, source, group) for group in wanted]
    if emit.dialect == "duckdb":
        rows = lists[0]
        if len(lists) > 1:
            items = ", ".join(f"list_extract({one}, i)" for one in lists)
            rows = f"list_transform(range(1, len({lists[0]}) + 1), lambda i: [{items}])"
        return f"(CASE WHEN len({lists[0]}) > 0 THEN CAST(to_json({rows}) AS VARCHAR) END)"
    found = f"extractAllGroupsVertical({source.text}, {pattern.text})"
    chosen = f"match[{wanted[0]}]" if len(lists) == 1 else f"[{', '.join(f'match[{group}]' for group in wanted)}]"
    rows = f"arrayMap(match -> {chosen}, {found})"
    return f"if(notEmpty({found}), {click_json(rows)}, NULL)"


def _chosen(emit: Emit, names: list[str | None], groups: str) -> list[int]:
    chosen: list[int] = []
    for group in array(groups) or []:
        number = names.index(group) + 1 if group in names else group
        if not isinstance(number, int) or not 1 <= number <= len(names):
            raise emit.refuse(f"extract_all() has no capture group {group} in its regular expression")
        chosen.append(number)
    if not chosen:
        raise emit.refuse("extract_all() needs an array with at least one capture group")
    return chosen


def _all_matches(pattern: Fragment, source: Fragment, group: int) -> str:
    return f"regexp_extract_all({source.text}, {pattern.text}, {group})"


def _replace(emit: Emit, source: Fragment, pattern: Fragment, rewrite: Fragment) -> str:
    if emit.dialect == "duckdb":
        return f"regexp_replace({source.text}, {pattern.text}, {rewrite.text}, 'g')"
    return f"replaceRegexpAll({source.text}, {pattern.text}, {rewrite.text})"


def _replace_old(emit: Emit, pattern: Fragment, rewrite: Fragment, source: Fragment) -> str:
    return _replace(emit, source, pattern, rewrite)


def _without(emit: Emit, source: str, pattern: str) -> str:
    if emit.dialect == "duckdb":
        return f"regexp_replace({source}, {emit.text(pattern)}, '')"
    return f"replaceRegexpOne({source}, {emit.text(pattern)}, '')"


def _trim_start(emit: Emit, pattern: Fragment, source: Fragment) -> str:
    return _without(emit, source.text, f"^(?:{pattern.value})+")


def _trim_end(emit: Emit, pattern: Fragment, source: Fragment) -> str:
    return _without(emit, source.text, f"(?:{pattern.value})+$")


def _trim(emit: Emit, pattern: Fragment, source: Fragment) -> str:
    return _without(emit, _trim_start(emit, pattern, source), f"(?:{pattern.value})+$")


def _indexof_regex(
    emit: Emit,
    source: Fragment,
    pattern: Fragment,
    start: Fragment | None = None,
    length: Fragment | None = None,
    occurrence: Fragment | None = None,
) -> str:
    """Every match in turn is cut off the text, so that the engine's own matcher finds the next one."""
    begin, size, nth = constant(start, 0), constant(length, -1), constant(occurrence, 1)
    if not all(isinstance(one, int) for one in (begin, size, nth)):
        raise emit.refuse("indexof_regex() needs constants for its start, length and occurrence")
    if begin < 0 or size < -1 or nth < 0:
        return "CAST(NULL AS BIGINT)"
    cut = f"substring({source.text}, {begin + 1})" if size == -1 else f"substring({source.text}, {begin + 1}, {size})"
    found = f"regexp_extract_all({cut}, {pattern.text})"
    before = f"regexp_split_to_array({cut}, {pattern.text})"
    nth = max(nth, 1)
    place = f"list_sum(list_transform(list_slice({before}, 1, {nth}), lambda p: length(p)))"
    place += f" + coalesce(list_sum(list_transform(list_slice({found}, 1, {nth - 1}), lambda p: length(p))), 0)"
    return f"(CASE WHEN len({found}) >= {nth} THEN CAST({begin} + {place} AS BIGINT) ELSE CAST(-1 AS BIGINT) END)"


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "extract",
        (
            signature("regex:!string group:!long source:string", STRING, _extract, _extract, nulls="strict"),
            signature("regex:!string group:!long source:string type:type", _extract_type, _extract, _extract),
        ),
        STRING,
        "The first match of a regular expression, or one of its groups, converted if a type is given.",
        nulls="maybe",
        examples=(
            shows(
                "extract('x=([0-9.]+)', 1, 'hello x=45.6|wo'), extract('x=([0-9.]+)', 1, 'hello x=45.6|wo', typeof(real))",
                "45.6",
                45.6,
            ),
            shows(
                "extract('(a)(z)?', 2, 'bab'), extract('z', 0, 'bab'), extract('([0-9]+)', 1, 'none', typeof(long))", "", "", None
            ),
        ),
    ),
    scalar(
        "extract_all",
        (
            signature("regex:!string source:string", DYNAMIC, _extract_all, _extract_all),
            signature("regex:!string groups:!dynamic source:string", DYNAMIC, _extract_all, _extract_all),
        ),
        DYNAMIC,
        "The groups of every match of a regular expression; null when nothing matches.",
        aliases=("extractall",),
        nulls="maybe",
        examples=(
            shows(r"extract_all(@'(\d+)', 'a set of numbers: 123, 567 and 789')", '["123","567","789"]'),
            shows(r"extract_all(@'(\w)(\w+)(\w)', '82b8be2d-dfa7')", '[["8","2b8be2","d"],["d","fa","7"]]'),
            shows(r"extract_all(@'(\w)(\w+)(\w)', dynamic([1, 3]), '82b8be2d-dfa7')", '[["8","d"],["d","7"]]'),
            shows(
                r"extract_all(@'(?P<first>\w)(?P<middle>\w+)', dynamic(['middle']), '82b8be2d-dfa7'), extract_all('(z)', 'a')",
                '["2b8be2d","fa7"]',
                None,
            ),
        ),
    ),
    scalar(
        "replace_regex",
        "source:string regex:!string rewrite:!string",
        STRING,
        r"The text with every match of a regular expression replaced; \0 is the match, \1 its first group.",
        _replace,
        _replace,
        examples=(shows(r"replace_regex('Number is 1', @'is (\d+)', @'was: \1')", "Number was: 1"),),
    ),
    scalar(
        "replace",
        "regex:!string rewrite:!string source:string",
        STRING,
        "The old spelling of replace_regex(), arguments in another order.",
        _replace_old,
        _replace_old,
        examples=(shows(r"replace(@'is (\d+)', @'was: \1', 'Number is 1')", "Number was: 1"),),
    ),
    scalar(
        "trim",
        "regex:!string source:string",
        STRING,
        "The text without matches of a regular expression at both ends.",
        _trim,
        _trim,
        examples=(
            shows(r"trim('--', '--https://example.com--'), trim(@'[^\w]+', '- Te st1 // $')", "https://example.com", "Te st1"),
        ),
    ),
    scalar(
        "trim_start",
        "regex:!string source:string",
        STRING,
        "The text without matches of a regular expression at its start.",
        _trim_start,
        _trim_start,
        examples=(shows("trim_start('https://', 'https://example.com')", "example.com"),),
    ),
    scalar(
        "trim_end",
        "regex:!string source:string",
        STRING,
        "The text without matches of a regular expression at its end.",
        _trim_end,
        _trim_end,
        examples=(shows(r"trim_end(@'\.com', 'example.com')", "example"),),
    ),
    scalar(
        "indexof_regex",
        "source:text regex:!string start:long? length:long? occurrence:!long?",
        LONG,
        "Zero-based place of a match of a regular expression, or of its n-th; -1 when there is none.",
        _indexof_regex,
        nulls="maybe",
        examples=(
            shows(
                "indexof_regex('abcabc', 'a.c'), indexof_regex('abcabcdefg', 'a.c', 0, 9, 2), "
                "indexof_regex('abcabc', 'a.c', 1, -1, 2)",
                0,
                3,
                -1,
            ),
            shows("indexof_regex('ababaa', 'a.a', 0, -1, 2), indexof_regex('abcabc', 'a.c', -1)", -1, None),
        ),
    ),
    scalar(
        "regex_quote",
        "value:text",
        STRING,
        "The text as a regular expression that matches just it.",
        python=text.quote_regex,
        nulls="never",
        examples=(shows("regex_quote('(so$me.Te^xt)')", r"\(so\$me\.Te\^xt\)"),),
    ),
)
