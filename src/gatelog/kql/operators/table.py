"""All tabular operators by keyword."""

from __future__ import annotations

from gatelog.kql.operators import count, distinct, extend, project, project_by_name, sort, sources, summarize, take, top, where
from gatelog.kql.parser import ParseOperator

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
}
"""What may stand behind a pipe."""

SOURCES: dict[str, ParseOperator] = {
    "print": sources.parse_print,
    "datatable": sources.parse_datatable,
    "range": sources.parse_range,
}
"""What may start a pipeline."""
