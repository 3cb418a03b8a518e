"""Ids: canonical, full, relative."""

from __future__ import annotations

import doctest

import pytest

from gatelog.catalog import operations, resource
from gatelog.catalog.resource import canonical_id, full_id, name_in, parent_of, type_of

SERVICE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/x"


def test_examples_in_the_documentation() -> None:
    assert doctest.testmod(resource).failed == 0
    assert doctest.testmod(operations).failed == 0


@pytest.mark.parametrize("tail", ["", "/apis/a", "/apis/a/operations/b/policies/policy"])
def test_full_and_canonical_are_inverse(tail: str) -> None:
    assert canonical_id(SERVICE + tail, SERVICE) == "~" + tail
    assert canonical_id((SERVICE + tail).upper(), SERVICE).startswith("~")
    assert full_id("~" + tail, SERVICE) == SERVICE + tail


def test_another_service_stays_as_it_is() -> None:
    other = SERVICE + "y/apis/a"
    assert canonical_id(other, SERVICE) == other


def test_names_and_parents() -> None:
    policy = "~/apis/a/operations/b/policies/policy"
    assert parent_of(policy) == "~/apis/a/operations/b"
    assert (name_in(policy, "apis"), name_in(policy, "operations"), name_in(policy, "products")) == ("a", "b", "")
    assert type_of("/subscriptions/s") == "Microsoft.Resources/subscriptions"
