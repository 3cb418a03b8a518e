"""What a query in the context of one resource may read."""

from __future__ import annotations

import pytest

from gatelog.api.resource_scope import ScopeRefused, scope_to
from gatelog.kql.compiler import compile_query
from gatelog.kql.errors import KqlError
from gatelog.schema.tables import SCHEMA

RESOURCE = "/subscriptions/s/resourceGroups/g"


def test_named_tables_are_filtered_and_places_are_kept() -> None:
    scope = scope_to("AzureActivity | where 'search' == 'AzureMetrics' // find", RESOURCE, SCHEMA, ())
    assert scope.tables == {"AzureActivity"} and scope.prefix.count("\n") == 1
    compiled = compile_query(scope.text, SCHEMA, 0)
    scope.check(compiled.query)
    assert all("_ResourceId" in scan.columns for scan in compiled.query.scans)
    broken = scope_to("AzureActivity\n| where Nope == 1", RESOURCE, SCHEMA, ())
    with pytest.raises(KqlError) as caught:
        compile_query(broken.text, SCHEMA, 0)
    problem = broken.moved(caught.value).problems[0]
    assert (problem.line, problem.column, problem.start) == (2, 9, 22)


@pytest.mark.parametrize(
    ("text", "resource"),
    [
        ("union Azure* | count", RESOURCE),
        ("search 'x'", RESOURCE),
        ("find where Level == 'x'", RESOURCE),
        ("table('AzureActivity')", RESOURCE),
        ("Mine() | count", RESOURCE),
        ("AzureActivity", "/subscriptions/s' or true or '"),
        ("AzureActivity", "subscriptions"),
    ],
)
def test_refused(text: str, resource: str) -> None:
    with pytest.raises(ScopeRefused):
        scope_to(text, resource, SCHEMA, ("Mine",))


def test_a_table_past_the_filter_is_refused() -> None:
    scope = scope_to("['AzureActivity'] | count", RESOURCE, SCHEMA, ())
    with pytest.raises(ScopeRefused, match="AzureActivity"):
        scope.check(compile_query(scope.text, SCHEMA, 0).query)
