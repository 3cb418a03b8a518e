"""Documented functions that gatelog refuses by name, and why: a wrong answer would be worse."""

from __future__ import annotations

from types import MappingProxyType

_GEO = "geospatial functions are not supported"
_GRAPH = "graph functions are not supported"
_CURSOR = "there are no database cursors"
_STORAGE = "it tells of Kusto's own storage"
_SESSION = "the query language knows nothing of who asks"

REFUSED = MappingProxyType(
    {
        "bin_auto": "use bin()",
        "column_names_of": "use getschema",
        "cursor_after": _CURSOR,
        "cursor_before_or_at": _CURSOR,
        "cursor_current": _CURSOR,
        "current_cursor": _CURSOR,
        "current_cluster_endpoint": _SESSION,
        "current_database": _SESSION,
        "current_principal": _SESSION,
        "current_principal_details": _SESSION,
        "current_principal_is_member_of": _SESSION,
        "current_node_id": _STORAGE,
        "datetime_list_timezones": "the list of time zones differs",
        "estimate_data_size": _STORAGE,
        "extent_id": _STORAGE,
        "extentid": _STORAGE,
        "extent_tags": _STORAGE,
        "hash_combine": "Kusto's way to combine hashes is not published",
        "hash_many": "Kusto's way to combine hashes is not published",
        "hll_isvalid": "sketches have a form of their own here",
        "inner_nodes": _GRAPH,
        "labels": _GRAPH,
        "node_degree_in": _GRAPH,
        "node_degree_out": _GRAPH,
        "node_id": _GRAPH,
        "parse_version": "its numbers have more digits than a decimal here can hold",
        "parse_user_agent": "it needs Kusto's list of browsers",
        "rank_tdigest": "use percentrank_tdigest()",
        "row_id": _STORAGE,
        "rowstore_ordinal_range": _STORAGE,
        "tdigest_isvalid": "sketches have a form of their own here",
    }
)
"""Name of a function -> reason."""

PREFIXES = MappingProxyType({"geo_": _GEO, "graph_": _GRAPH})
"""Start of a name -> reason."""
