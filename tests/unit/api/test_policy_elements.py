from __future__ import annotations

from gatelog.api.policy_elements import described_elements
from gatelog.policy.elements.table import STATEMENTS


def test_every_element_is_described() -> None:
    found = {element["name"]: element for element in described_elements()}
    assert set(found) == set(STATEMENTS)
    assert found["set-header"]["attributes"] == ["name", "exists-action"]
    assert found["set-header"]["sections"] == ["backend", "inbound", "on-error", "outbound"]
    assert found["forward-request"]["sections"] == ["backend"]
    assert all(element["doc"] for element in found.values())
