"""One sentence and one example for each tabular operator: for docs, completion and hover. Every example is run by a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Document:
    """What a reader needs first."""

    name: str
    doc: str
    example: str
    aliases: tuple[str, ...] = ()
    limits: str = ""
    """What this engine leaves out."""


_T = 'datatable(k:string, v:long)["a", 1, "b", 2, "a", 3]'
_D = 'datatable(k:string, d:dynamic)["a", dynamic([1, 2]), "b", dynamic([3])]'

DOCUMENTS = (
    Document("where", "Rows that meet a condition.", f"{_T} | where v > 1 and k == 'a'", ("filter",)),
    Document("extend", "More columns.", f"{_T} | extend twice = v * 2"),
    Document("project", "Only these columns.", f"{_T} | project k, next = v + 1"),
    Document("project-away", "All columns but these; names may have *.", f"{_T} | project-away v"),
    Document("project-keep", "Only these columns, in their old order; names may have *.", f"{_T} | project-keep v"),
    Document("project-rename", "Columns under new names.", f"{_T} | project-rename value = v"),
    Document("project-reorder", "These columns first.", f"{_T} | project-reorder v"),
    Document("summarize", "One row for each group, with aggregates.", f"{_T} | summarize count(), sum(v) by k | sort by k asc"),
    Document("distinct", "Each combination once.", f"{_T} | distinct k | sort by k asc"),
    Document("sort", "Rows in order; descending unless said.", f"{_T} | sort by v desc", ("order",)),
    Document("top", "The first rows of an order.", f"{_T} | top 1 by v desc"),
    Document("take", "Some rows.", f"{_T} | take 2 | count", ("limit",)),
    Document("count", "The number of rows.", f"{_T} | count"),
    Document(
        "join",
        "Rows of two tables side by side; all kinds: inner, innerunique, outer, semi and anti joins.",
        f"{_T} | join kind=inner (datatable(k:string, w:long)['a', 10]) on k",
    ),
    Document("lookup", "Columns of a small table, by key.", f"{_T} | lookup (datatable(k:string, w:long)['a', 10]) on k"),
    Document("union", "The rows of several tables.", f"{_T} | union (print k = 'c', v = 4)"),
    Document("parse", "Columns cut out of a text.", "print s = 'id=7 name=x' | parse s with 'id=' id:long ' name=' name"),
    Document("parse-where", "The same, without rows that do not match.", "print s = 'id=7' | parse-where s with 'id=' id:long"),
    Document(
        "parse-kv",
        "Values of named keys in a text.",
        "print s = 'a=1;b=x' | parse-kv s as (a:long, b:string) with (pair_delimiter=';', kv_delimiter='=')",
    ),
    Document("mv-expand", "One row for each item of an array.", f"{_D} | mv-expand d to typeof(long)", ("mvexpand",)),
    Document(
        "mv-apply",
        "A sub-query over the items of each row.",
        f"{_D} | mv-apply d to typeof(long) on (summarize sum(d))",
        ("mvapply",),
    ),
    Document("make-series", "Aggregates over a regular axis, as arrays.", f"{_T} | make-series sum(v) on v from 1 to 4 step 1"),
    Document("serialize", "Fixes the order, so that window functions may be used.", f"{_T} | serialize n = row_number()"),
    Document("render", "Asks the client for a chart; rows stay as they are.", f"{_T} | render columnchart with (title='v by k')"),
    Document("as", "A name for the rows, for what follows.", f"{_T} | as X | where v == toscalar(X | summarize max(v))"),
    Document("getschema", "Names and types of the columns.", f"{_T} | getschema"),
    Document("assert-schema", "Refuses the query when columns differ.", f"{_T} | assert-schema (k:string, v:long)"),
    Document("consume", "Runs the query and answers nothing.", f"{_T} | consume"),
    Document(
        "invoke", "Calls a function with the rows as its table.", f"let f = (T:(v:long)) {{ T | where v > 2 }}; {_T} | invoke f()"
    ),
    Document("search", "Rows of any table that hold a term.", f"{_T} | search 'b'", limits="no wildcard inside a term"),
    Document(
        "find",
        "The same, with chosen columns.",
        f"{_T} | find where v > 2 project v",
        limits="behind a pipe it needs a project clause",
    ),
    Document(
        "evaluate",
        "Plugins: pivot, bag_unpack and narrow.",
        f"{_T} | evaluate pivot(k, sum(v), v) | sort by v asc",
        limits="later operators name the columns that pivot and bag_unpack find only with an output schema; other plugins",
    ),
    Document("partition", "A sub-query for each value of a column.", f"{_T} | partition by k (top 1 by v) | sort by v asc"),
    Document(
        "scan",
        "Sequences of rows that match steps.",
        f"{_T} | serialize | scan declare (s:long = 0) with (step a: true => s = v + a.s;)",
    ),
    Document("sample", "Some rows.", f"{_T} | sample 1 | count"),
    Document("sample-distinct", "Some values of a column.", f"{_T} | sample-distinct 2 of k | count"),
    Document(
        "top-nested",
        "The best groups inside the best groups.",
        f"{_T} | top-nested 1 of k by sum(v), top-nested 1 of v by max(v)",
        limits="no `others`",
    ),
    Document("top-hitters", "The most frequent values, exactly.", f"{_T} | top-hitters 1 of k"),
    Document("fork", "Several answers from the same rows.", f"{_T} | fork (where v > 1) (count)"),
    Document("facet", "Counts by each of some columns.", f"{_T} | facet by k"),
    Document("print", "One row of values.", "print x = 1 + 1, y = strcat('a', 'b')"),
    Document("datatable", "Rows written in the query.", _T),
    Document("range", "Numbers, times or durations in steps.", "range x from 1 to 5 step 2"),
)
