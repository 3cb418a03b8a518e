"""All tabular operators by keyword."""

from __future__ import annotations

from gatelog.kql.operators import (
    count,
    distinct,
    evaluate,
    extend,
    join,
    make_series,
    mv_expand,
    parse,
    parse_kv,
    passthrough,
    project,
    project_by_name,
    sampling,
    scan,
    search,
    sort,
    sources,
    summarize,
    take,
    top,
    union,
    where,
)
from gatelog.kql.parser import ParseOperator

REFUSED = (
    "reduce make-graph graph-match graph-to-table graph-shortest-paths graph-mark-components graph-where-nodes graph-where-edges "
    "execute-and-cache macro-expand project-by-names partition-by"
).split()
"""Known, and refused by name."""

OPERATORS: dict[str, ParseOperator] = {
    "where": where.parse,
    "filter": where.parse,
    "extend": extend.parse,
    "project": project.parse,
    "project-away": project_by_name.parse_away,
    "project-keep": project_by_name.parse_keep,
    "project-reorder": project_by_name.parse_reorder,
    "project-rename": project_by_name.parse_rename,
    "summarize": summarize.parse,
    "distinct": distinct.parse,
    "sort": sort.parse,
    "order": sort.parse,
    "top": top.parse,
    "take": take.parse,
    "limit": take.parse,
    "count": count.parse,
    "join": join.parse_join,
    "lookup": join.parse_lookup,
    "union": union.parse,
    "parse": parse.parse_parse,
    "parse-where": parse.parse_parse_where,
    "mv-expand": mv_expand.parse_expand,
    "mvexpand": mv_expand.parse_expand,
    "mv-apply": mv_expand.parse_apply,
    "mvapply": mv_expand.parse_apply,
    "partition": mv_expand.parse_partition,
    "render": passthrough.parse_render,
    "serialize": passthrough.parse_serialize,
    "as": passthrough.parse_as,
    "consume": passthrough.parse_consume,
    "getschema": passthrough.parse_getschema,
    "assert-schema": passthrough.parse_assert_schema,
    "invoke": passthrough.parse_invoke,
    "make-series": make_series.parse,
    "evaluate": evaluate.parse,
    "parse-kv": parse_kv.parse,
    "search": search.parse_search,
    "find": search.parse_find,
    "sample": sampling.parse_sample,
    "sample-distinct": sampling.parse_sample_distinct,
    "top-hitters": sampling.parse_top_hitters,
    "top-nested": sampling.parse_top_nested,
    "fork": sampling.parse_fork,
    "facet": sampling.parse_facet,
    "scan": scan.parse,
    **{name: sampling.refuse(name) for name in REFUSED},
}
"""What may stand behind a pipe."""

SOURCES: dict[str, ParseOperator] = {
    "print": sources.parse_print,
    "datatable": sources.parse_datatable,
    "range": sources.parse_range,
    "union": union.parse,
    "search": search.parse_search,
    "find": search.parse_find,
    "externaldata": sampling.refuse("externaldata"),
}
"""What may start a pipeline."""
