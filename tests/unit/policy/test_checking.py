"""No text that a person may save makes the compiler fall over."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.policy.compile import check
from gatelog.policy.csharp_text import split_expressions

GOLDEN = Path(__file__).parents[2] / "conformance" / "policies"
TEXTS = [
    match[1]
    for path in sorted(GOLDEN.rglob("*.policytest"))
    for match in re.finditer(r"^=== policy[^\n]*\n(.*?)(?=^=== |\Z)", path.read_text(), re.MULTILINE | re.DOTALL)
]
SPICE = [
    '"',
    "'",
    "<",
    ">",
    "/",
    "@(",
    "@{",
    ")",
    "}",
    "&quot;",
    "{{x}}",
    "<!--",
    "-->",
    "<base/>",
    "=",
    " ",
    "\n",
    "null",
    "\x00",
    "é",
]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(TEXTS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(SPICE)), min_size=1, max_size=4),
)
def test_damaged_documents_are_checked(text: str, damages: list[tuple[float, int, str]]) -> None:
    for where, cut, spice in damages:
        at = int(where * len(text))
        text = text[:at] + spice + text[at + cut :]
    lines = text.count("\n") + 1
    for finding in check(text):
        assert finding.severity in ("error", "warning")
        assert finding.problem.message
        assert 1 <= finding.problem.line <= lines or finding.problem.place.startswith("fragment")


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab@(){}\"'\\/*$ \n", max_size=30))
def test_pieces_are_the_text_again(text: str) -> None:
    assert "".join(split_expressions(text)) == text


def test_the_golden_documents_are_many() -> None:
    assert len(TEXTS) > 100
