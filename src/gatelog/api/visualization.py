"""`render` properties as the clients of both query APIs expect them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KUSTO: dict[str, Any] = {
    "Visualization": None,
    "Title": None,
    "XColumn": None,
    "Series": None,
    "YColumns": None,
    "AnomalyColumns": None,
    "XTitle": None,
    "YTitle": None,
    "XAxis": None,
    "YAxis": None,
    "Legend": None,
    "YSplit": None,
    "Accumulate": False,
    "IsQuerySorted": False,
    "Kind": None,
    "Ymin": "NaN",
    "Ymax": "NaN",
    "Xmin": None,
    "Xmax": None,
}


def kusto_properties(found: Mapping[str, Any]) -> dict[str, Any]:
    """Every property; those that the query did not set have their defaults."""
    return {**_KUSTO, **found}


def log_analytics_render(found: Mapping[str, Any]) -> dict[str, Any]:
    """The `render` object of Log Analytics: the same properties in camel case, those that are set and a few that always are."""
    always = {"Visualization", "Title", "Accumulate", "IsQuerySorted", "Kind"}
    chosen = {name: value for name, value in kusto_properties(found).items() if name in always or name in found}
    return {name[:1].lower() + name[1:]: value for name, value in chosen.items()}
