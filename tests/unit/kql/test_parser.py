"""Syntax trees, and text that is printed from them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog import kql
from gatelog.kql import KqlError, ast

QUERIES = """
T | where a == 1 and (b has "x" or c !in~ ("y", 'z')) | extend d = a + 2 * -b, ['my col'] = tolower(c)
T | summarize c = count(), max(x) by bin(t, 1h), k | sort by c desc nulls last, k asc | take 10
T | summarize by a, b
T | project-away x*, *y, z | project-reorder a, b* desc, c granny-asc | project-rename q = w | project-keep a
T | join kind=leftouter hint.strategy=broadcast (U | where b > 1) on k, $left.a == $right.b
T | lookup kind=inner U on k
union withsource=s kind=outer isfuzzy=true A, (B | take 1), C*
T | parse kind=regex flags=Ui s with * "a" x:long "b" y *
T | parse-where s with "a" x
T | mv-expand kind=array with_itemindex=i a = b.c to typeof(long), d limit 5
T | mv-apply e = l to typeof(long) on (top 1 by e | project e)
T | make-series kind=nonempty n = count() default=0, avg(x) on t from datetime(2020-01-01) to now() step 1h by k
T | render timechart with (title="x", ycolumns=a, b)
T | as X | union (X | where a > 1)
T | evaluate bag_unpack(d, "p_") : (*, a:string)
T | scan with_match_id=m declare (x:long=0) with (step s1 output=none: a > 1 => x = s1.x + 1; step s2: true;)
T | top-nested 2 of a by sum(x) desc, top-nested of b by count() asc
T | top-hitters 3 of a by b
T | sample-distinct 3 of a | sample 2 | distinct * | count as n | getschema | consume
T | partition hint.strategy=native by a (top 2 by b)
T | fork x = (where a > 1) (count)
T | facet by a, b with (take 1)
T | search in (A, B*) "term" and col:"x*"
T | find in (A) where a has "x" project a, b:string
T | parse-kv s as (a:long, b:string) with (pair_delimiter=";", quote='"')
T | invoke f(1, x="y") | serialize n = row_number(), prev(a)
print x = dynamic({"a": [1, 2.5, null, "x"]}), y = 1d, z = datetime(2020-01-01), d.a[0]["x y"].b, -x, (a - (b - c))
range x from 1 to 10 step 2
datatable(a:long, b:string) [1, "x", 2, "y\\n"]
let f = (a:long, T:(x:long, *), b:string = "q") { let c = a; T | where x > c }; f(1, U)
let v = view () { T }; let x = 5; set notruncation; declare query_parameters(p:long = 1, q:string); print x, p
T | where a between (1 .. 5) and t !between (ago(1d) .. 1h) and * contains "x" and s matches regex "[a-z]+"
T | where x in ((U | project a)) and y has_any ("a", "b") and z == typeof(string)
T | extend (a, b) = f(x), c = iff(a, 1, 2)
T | distinct a, b | order by a | limit 5 | top 3 by b asc
T | assert-schema (a:long)
print long(null), guid(74be27de-1e4e-49d9-b579-fe0b331d3642), decimal(1.5), true, 0x10, time(1.02:03:04), real(+inf)
""".strip().splitlines()


@pytest.mark.parametrize("query", QUERIES)
def test_printing_and_parsing_again_gives_the_same_tree(query: str) -> None:
    tree = kql.parse(query)
    text = kql.print_query(tree)
    assert kql.parse(text) == tree, text


def expression(text: str) -> ast.Expression:
    statement = kql.parse(f"print {text}").statements[0]
    assert isinstance(statement, ast.ExpressionStatement)
    pipeline = statement.value
    assert isinstance(pipeline, ast.Pipeline)
    item: ast.Expression = pipeline.source.items[0]  # type: ignore[union-attr]
    return item


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a or b and c", "a or (b and c)"),
        ("a == b and c", "(a == b) and c"),
        ("a + 1 > b", "(a + 1) > b"),
        ("-a * b", "(-a) * b"),
        ("a <> b", "a != b"),
        ("a notcontains 'x'", "a !contains 'x'"),
    ],
)
def test_precedence_and_old_spellings(text: str, same: str) -> None:
    assert expression(text) == expression(same)


@pytest.mark.parametrize(
    ("query", "line", "column", "code", "text"),
    [
        ("T | wher a", 1, 5, "SYN0002", "near: 'where'"),
        ("T | where", 1, 10, "SYN0002", "found the end of the query"),
        ("T\n| where a ==\n| take 5", 3, 1, "SYN0002", "expected an expression, found '|'"),
        ("T | take 1 2", 1, 12, "SYN0002", "expected '|' or the end"),
        ("print 'open", 1, 7, "SYN0002", "not closed"),
        ("print datetime(nonsense)", 1, 7, "SYN0002", "is not a datetime"),
        ("T | join U", 1, 11, "SYN0002", "expected 'on'"),
        ("T | reduce by x", 1, 5, "SEM0999", "not supported"),
        ("", 1, 1, "SYN0002", "empty"),
    ],
)
def test_errors_name_the_place(query: str, line: int, column: int, code: str, text: str) -> None:
    with pytest.raises(KqlError) as caught:
        kql.parse(query)
    problem = caught.value.problems[0]
    assert (problem.line, problem.column, problem.code) == (line, column, code)
    assert text in str(problem)


def test_several_errors_at_once() -> None:
    with pytest.raises(KqlError) as caught:
        kql.parse("T | where a == | extend b = | project c")
    assert [problem.column for problem in caught.value.problems] == [16, 29]


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(KqlError, match="nested deeper"):
        kql.parse("print " + "(" * 5000 + "1" + ")" * 5000)


PIECES = st.sampled_from(
    "T | where extend a = 1 ( ) , 'x' \"y\" + - * / == in ( dynamic ([ ]) { } let ; summarize count() by join on $left.a has 1d "
    "datetime(2020) print range mv-expand parse with : project-away [ ] .. between not".split(" ")
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map(" ".join)))
def test_any_text_is_a_tree_or_an_error(text: str) -> None:
    try:
        tree = kql.parse(text)
    except KqlError as error:
        assert error.problems
        return
    assert kql.parse(kql.print_query(tree)) == tree
