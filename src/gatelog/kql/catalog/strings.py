"""String functions (learn.microsoft.com/kusto/query/scalar-functions, string functions)."""

from __future__ import annotations

from gatelog.kql.catalog.rows import Emit, Fragment, Function, signature
from gatelog.kql.catalog.shorthand import BOOL, DYNAMIC, LONG, STRING, click_json, constant, scalar, shows
from gatelog.kql.kernels import text

_LONGEST_REPEAT = 1024
"""strrep() repeats no more often (learn.microsoft.com/kusto/query/strrep-function)."""


_LONGEST_TEXT = 2_147_483_647
"""No text has more characters."""


def _substring(emit: Emit, source: Fragment, start: Fragment, length: Fragment | None = None) -> str:
    duck = emit.dialect == "duckdb"
    cut = "substring" if duck else "substringUTF8"
    count = "length" if duck else "lengthUTF8"
    if isinstance(start.value, int) and start.value >= 0:
        first = str(start.value + 1)
    else:
        begin = f"least({start.text}, {_LONGEST_TEXT})"
        first = f"(CASE WHEN {begin} >= 0 THEN {begin} + 1 ELSE greatest({count}({source.text}) + {begin}, 0) + 1 END)"
    if length is None:
        return f"{cut}({source.text}, {first})"
    size = str(max(length.value, 0)) if isinstance(length.value, int) else f"least(greatest({length.text}, 0), {_LONGEST_TEXT})"
    return f"{cut}({source.text}, {first}, {size})"


def _split(emit: Emit, source: Fragment, delimiter: Fragment, index: Fragment | None = None) -> str:
    if constant(delimiter) == "":
        pieces = f"[{source.text}]"
    elif emit.dialect == "duckdb":
        pieces = f"string_split({source.text}, {delimiter.text})"
    else:
        pieces = f"splitByString({delimiter.text}, {source.text})"
    if emit.dialect == "duckdb":
        if index is not None:
            place = f"least({index.text}, {_LONGEST_TEXT}) + 1"
            pieces = f"(CASE WHEN {index.text} >= 0 THEN list_slice({pieces}, {place}, {place}) ELSE [] END)"
        return f"CAST(to_json({pieces}) AS VARCHAR)"
    if index is not None:
        pieces = f"if({index.text} >= 0, arraySlice({pieces}, {index.text} + 1, 1), [])"
    return click_json(pieces)


def _overlaps_itself(word: str) -> bool:
    return any(word.startswith(word[-size:]) for size in range(1, len(word)))


def _indexof(
    emit: Emit,
    source: Fragment,
    match: Fragment,
    start: Fragment | None = None,
    length: Fragment | None = None,
    occurrence: Fragment | None = None,
) -> str:
    from_start = constant(start, 0) == 0 and constant(length, -1) == -1
    nth = constant(occurrence, 1)
    if from_start and nth == 1:
        if emit.dialect == "duckdb":
            return f"CAST(instr({source.text}, {match.text}) - 1 AS BIGINT)"
        return f"toInt64(positionUTF8({source.text}, {match.text}) - 1)"
    word = match.value
    if from_start and isinstance(nth, int) and nth > 1 and isinstance(word, str) and word and not _overlaps_itself(word):
        return _nth_place(emit, source.text, match.text, nth)
    operands = [source.text, match.text]
    operands += [part.text if part else default for part, default in ((start, "0"), (length, "-1"), (occurrence, "1"))]
    return emit.python("kql_indexof", text.index_of, ["VARCHAR", "VARCHAR", "BIGINT", "BIGINT", "BIGINT"], "BIGINT", *operands)


def _nth_place(emit: Emit, source: str, match: str, nth: int) -> str:
    """Everything before the n-th occurrence is the first n pieces of a split, put together again."""
    if emit.dialect == "duckdb":
        pieces = f"string_split({source}, {match})"
        before = f"array_to_string(list_slice({pieces}, 1, {nth}), {match})"
        return f"(CASE WHEN len({pieces}) > {nth} THEN CAST(length({before}) AS BIGINT) ELSE CAST(-1 AS BIGINT) END)"
    pieces = f"splitByString({match}, {source})"
    before = f"arrayStringConcat(arraySlice({pieces}, 1, {nth}), {match})"
    return f"if(length({pieces}) > {nth}, toInt64(lengthUTF8({before})), toInt64(-1))"


def _countof(emit: Emit, source: Fragment, search: Fragment, kind: Fragment | None = None) -> str:
    duck = emit.dialect == "duckdb"
    if constant(kind, "normal") == "regex":
        if duck:
            return f"CAST(len(regexp_extract_all({source.text}, {search.text})) AS BIGINT)"
        return f"toInt64(countMatches({source.text}, {search.text}))"
    if constant(kind, "normal") != "normal":
        raise emit.refuse("countof() takes 'normal' or 'regex' as its kind")
    word = search.value
    if isinstance(word, str) and word and not _overlaps_itself(word):
        if duck:
            gone = f"length(replace({source.text}, {search.text}, ''))"
            return f"CAST((length({source.text}) - {gone}) // {len(word)} AS BIGINT)"
        return f"toInt64(countSubstrings({source.text}, {search.text}))"
    return emit.python("kql_countof", text.count_plain, ["VARCHAR", "VARCHAR"], "BIGINT", source.text, search.text)


def _strcat(emit: Emit, *parts: Fragment) -> str:
    joined = " || ".join(part.text for part in parts)
    return f"({joined})" if emit.dialect == "duckdb" else f"concat({', '.join(part.text for part in parts)})"


def _strcat_delim(emit: Emit, delimiter: Fragment, *parts: Fragment) -> str:
    return _strcat(emit, *[piece for part in parts for piece in (delimiter, part)][1:])


def _strrep(emit: Emit, value: Fragment, times: Fragment, delimiter: Fragment | None = None) -> str:
    count = f"least(greatest({times.text}, 0), {_LONGEST_REPEAT})"
    if emit.dialect == "duckdb":
        if delimiter is None:
            return f"repeat({value.text}, {count})"
        return f"(repeat({value.text} || {delimiter.text}, {count} - 1) || left({value.text}, {count} * length({value.text})))"
    if delimiter is None:
        return f"repeat({value.text}, toUInt64({count}))"
    return f"arrayStringConcat(arrayWithConstant({count}, {value.text}), {delimiter.text})"


def _replaced(source: str, lookup: str, rewrite: str) -> str:
    return source.replace(lookup, rewrite) if lookup else source


def _replace_string(emit: Emit, source: Fragment, lookup: Fragment, rewrite: Fragment) -> str:
    replaced = f"{'replace' if emit.dialect == 'duckdb' else 'replaceAll'}({source.text}, {lookup.text}, {rewrite.text})"
    if isinstance(lookup.value, str) and lookup.value:
        return replaced
    return f"(CASE WHEN {lookup.text} = '' THEN {source.text} ELSE {replaced} END)"


def _replace_strings(emit: Emit, source: Fragment, lookups: Fragment, rewrites: Fragment) -> str:
    types = ["VARCHAR", "VARCHAR", "VARCHAR"]
    return emit.python("kql_replace_strings", text.replace_many, types, "VARCHAR", source.text, lookups.text, rewrites.text)


def _strcmp(emit: Emit, left: Fragment, right: Fragment) -> str:
    one, other = left.text, right.text
    if emit.dialect == "duckdb":
        return f"(CASE WHEN {one} < {other} THEN CAST(-1 AS BIGINT) WHEN {one} > {other} THEN 1 ELSE 0 END)"
    return f"toInt64(multiIf({one} < {other}, -1, {one} > {other}, 1, 0))"


def _translate_constants(search: str, replacement: str, source: str) -> str:
    return text.translate(search, replacement, source)


def _lower(text: str) -> str | None:
    """Only ASCII: of other letters the engine has its own tables."""
    return text.lower() if text.isascii() else None


def _upper(text: str) -> str | None:
    return text.upper() if text.isascii() else None


def _text_fold(*parts: str) -> str:
    return "".join(parts)


FUNCTIONS: tuple[Function, ...] = (
    scalar(
        "tolower",
        "value:text",
        STRING,
        "The text in lower case.",
        "lower({0})",
        "lowerUTF8({0})",
        examples=(shows("tolower('HELLO')", "hello"),),
        fold=_lower,
    ),
    scalar(
        "toupper",
        "value:text",
        STRING,
        "The text in upper case.",
        "upper({0})",
        "upperUTF8({0})",
        examples=(shows("toupper('hello')", "HELLO"),),
        fold=_upper,
    ),
    scalar(
        "strlen",
        "value:string",
        LONG,
        "Length of the text in characters.",
        "length({0})",
        "toInt64(lengthUTF8({0}))",
        examples=(shows("strlen('hello')", 5), shows("strlen('⒦⒰⒮⒯⒪')", 5)),
        naming="prefix",
        nulls="never",
        fold=len,
    ),
    scalar(
        "string_size",
        "value:string",
        LONG,
        "Length of the text in bytes of UTF-8.",
        "CAST(strlen({0}) AS BIGINT)",
        "toInt64(length({0}))",
        examples=(shows("string_size('hello')", 5), shows("string_size('⒦⒰⒮⒯⒪')", 15)),
        naming="prefix",
        nulls="never",
    ),
    scalar(
        "strcat",
        "value:text+",
        STRING,
        "The texts of all arguments, one after the other; null adds nothing.",
        _strcat,
        _strcat,
        examples=(shows("strcat('hello', ' ', 'world')", "hello world"), shows("strcat('a', int(null), 'b')", "ab")),
        nulls="never",
        fold=_text_fold,
    ),
    scalar(
        "strcat_delim",
        "delimiter:text first:text more:text+",
        STRING,
        "The texts of all arguments with a delimiter between them.",
        _strcat_delim,
        _strcat_delim,
        examples=(
            shows("strcat_delim('-', 1, '2', 'A', 1s)", "1-2-A-00:00:01"),
            shows("strcat_delim('-', 'a', int(null), 'b')", "a--b"),
        ),
        nulls="never",
    ),
    scalar(
        "strcmp",
        "left:text right:text",
        LONG,
        "-1, 0 or 1: the order of two texts by their bytes.",
        _strcmp,
        _strcmp,
        examples=(
            shows("strcmp('ABC', 'ABC'), strcmp('abc', 'ABC'), strcmp('ABC', 'abc'), strcmp('abcde', 'abc')", 0, 1, -1, 1),
        ),
        nulls="never",
    ),
    scalar(
        "strrep",
        "value:text times:long delimiter:text?",
        STRING,
        "The text repeated, at most 1024 times.",
        _strrep,
        _strrep,
        examples=(shows("strrep('ABC', 2), strrep('A', 3, '-')", "ABCABC", "A-A-A"),),
    ),
    scalar(
        "substring",
        "source:text start:long length:long?",
        STRING,
        "A part of the text from a zero-based place; a negative start counts from the end.",
        _substring,
        _substring,
        examples=(
            shows("substring('123456', 1), substring('123456', 2, 2), substring('ABCD', 0, 2)", "23456", "34", "AB"),
            shows("substring('123456', -2, 2), substring('abc', 0, -1)", "56", ""),
        ),
    ),
    scalar(
        "split",
        "source:text delimiter:string index:long?",
        DYNAMIC,
        "The pieces between delimiters, or one of them, as an array.",
        _split,
        _split,
        naming="through",
        nulls="strict",
        examples=(
            shows("split('aa_bb', '_'), split('aaa_bbb_ccc', '_', 1)", '["aa","bb"]', '["bbb"]'),
            shows("split('', '_'), split('a__b', '_'), split('aabbcc', 'bb')", '[""]', '["a","","b"]', '["aa","cc"]'),
        ),
    ),
    scalar(
        "indexof",
        "source:text match:text start:long? length:long? occurrence:!long?",
        LONG,
        "Zero-based place of a text, or of its n-th occurrence; -1 when it is not there.",
        _indexof,
        _indexof,
        nulls="maybe",
        examples=(
            shows("indexof('abcdefg', 'cde'), indexof('abcdefg', 'cde', 1, 4), indexof('abcdefg', 'cde', 1, 2)", 2, 2, -1),
            shows("indexof('abcdefg', 'cde', 3, 4), indexof('abcdefg', 'cde', -5), indexof(1234567, 5, 1, 4)", -1, 2, 4),
            shows("indexof('abcdefgabcdefg', 'cde', 1, 10, 2), indexof('abcdefgabcdefg', 'cde', 1, -1, 3)", 9, -1),
            shows("indexof('gpt-35-turbo', '-', 0, -1, 2)", 6),
        ),
    ),
    scalar(
        "countof",
        "source:string search:string kind:!string?",
        LONG,
        "How often a text (may overlap) or a regular expression occurs.",
        _countof,
        _countof,
        nulls="never",
        examples=(
            shows("countof('The cat sat on the mat', 'at'), countof('aaa', 'aa')", 3, 2),
            shows(r"countof('The cat sat on the mat', @'\b.at\b', 'regex')", 3),
        ),
    ),
    scalar(
        "replace_string",
        "text:string lookup:string rewrite:string",
        STRING,
        "The text with every occurrence of a text replaced.",
        _replace_string,
        _replace_string,
        examples=(
            shows(
                "replace_string('A magic trick can turn a cat into a dog', 'cat', 'hamster')",
                "A magic trick can turn a hamster into a dog",
            ),
        ),
        fold=_replaced,
    ),
    scalar(
        "replace_strings",
        "text:string lookups:dynamic rewrites:dynamic",
        STRING,
        "The text with several texts replaced, one after the other.",
        _replace_strings,
        nulls="maybe",
        examples=(
            shows(
                "replace_strings('A magic trick can turn a cat into a dog', dynamic(['cat', 'dog', 'broken']), "
                "dynamic(['dog', 'pigeon', 'happy']))",
                "A magic trick can turn a pigeon into a pigeon",
            ),
        ),
    ),
    scalar(
        "reverse",
        "value:text",
        STRING,
        "The text backwards.",
        "reverse({0})",
        "reverseUTF8({0})",
        examples=(shows("reverse('ABCDEFGH'), reverse(1234), reverse(5m)", "HGFEDCBA", "4321", "00:50:00"),),
    ),
    scalar(
        "translate",
        "search:string replacement:string source:string",
        STRING,
        "The text with each character of one list replaced by its partner in another.",
        python=_translate_constants,
        examples=(
            shows(
                "translate('krasp', 'otsku', 'spark'), translate('abc', 'x', 'abc'), translate('abc', '', 'ab')",
                "kusto",
                "xxx",
                "",
            ),
        ),
        nulls="never",
    ),
    scalar(
        "strcat_array",
        "array:dynamic delimiter:text",
        STRING,
        "The items of an array as one text.",
        python=text.join_array,
        aliases=("array_strcat",),
        nulls="maybe",
        examples=(shows("strcat_array(dynamic([1, 2, 'x']), '->')", "1->2->x"),),
    ),
    scalar(
        "unicode_codepoints_from_string",
        "value:text",
        DYNAMIC,
        "The Unicode code points of the text.",
        python=text.code_points,
        aliases=("to_utf8",),
        nulls="never",
        examples=(shows("unicode_codepoints_from_string('⒦⒰⒮⒯⒪')", "[9382,9392,9390,9391,9386]"),),
    ),
    scalar(
        "unicode_codepoints_to_string",
        (
            signature("points:dynamic+", STRING, python=text.from_code_points),
            signature("point:long+", STRING, python=text.from_code_points),
        ),
        STRING,
        "The text made of Unicode code points.",
        aliases=("make_string",),
        nulls="maybe",
        examples=(shows("make_string(75, 117, 115, 116, 111), make_string(dynamic([75, 117]))", "Kusto", "Ku"),),
    ),
    scalar(
        "has_any_index",
        "source:string terms:dynamic",
        LONG,
        "The place in the array of the first term that the text has; -1 when none.",
        python=text.has_any_index,
        nulls="never",
        examples=(
            shows(
                "has_any_index('this is an example', dynamic(['this', 'example'])), "
                "has_any_index('this is an example', dynamic(['not', 'example']))",
                0,
                1,
            ),
            shows("has_any_index('this is an example', dynamic(['exampl']))", -1),
        ),
    ),
    scalar(
        "parse_csv",
        "text:string",
        DYNAMIC,
        "The values of one record of comma-separated text.",
        python=text.parse_csv,
        naming="through",
        nulls="never",
        examples=(
            shows("""parse_csv('aa,b,cc')""", '["aa","b","cc"]'),
            shows(
                '''parse_csv('aa,"b,b,b",cc,"Escaping quotes: ""Title""","line1\\nline2"')''',
                '["aa","b,b,b","cc","Escaping quotes: \\"Title\\"","line1\\nline2"]',
            ),
        ),
    ),
    scalar(
        "parse_command_line",
        "command:text parser:!string",
        DYNAMIC,
        "The arguments of a Windows command line.",
        python=text.parse_command_line,
        nulls="maybe",
        examples=(shows("""parse_command_line('echo "hello world!"', 'windows')""", '["echo","hello world!"]'),),
    ),
    scalar(
        "isascii",
        "value:text",
        BOOL,
        "Whether the text is ASCII.",
        "(strlen({0}) = length({0}))",
        "isValidASCII({0})",
        examples=(shows("isascii('hello'), isascii('⒦')", True, False),),
        nulls="never",
    ),
    scalar(
        "isutf8",
        "value:text",
        BOOL,
        "Whether the text is UTF-8, as every text is here.",
        "({0} IS NOT NULL)",
        "isValidUTF8({0})",
        examples=(shows("isutf8('some string')", True),),
        nulls="never",
    ),
)
