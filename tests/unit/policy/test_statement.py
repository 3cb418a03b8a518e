"""Statements as values: walking through them, replacing some, and the place of a failure."""

from __future__ import annotations

from gatelog.policy.compile import Compiler, PolicySource
from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.effects import PolicyError
from gatelog.policy.elements.parent_scope import Base
from gatelog.policy.elements.set_variable import SetVariable
from gatelog.policy.reads import reads_of
from gatelog.policy.statement import Place, located, substitute_all, walk

XML = """<policies><inbound>
<choose><when condition="@(true)"><base/><set-variable name="a" value="1"/></when><otherwise><retry condition="@(false)" count="1" interval="1"><base/></retry></otherwise></choose>
<set-variable name="b" value="2"/></inbound></policies>"""  # noqa: E501


def statements() -> tuple:  # type: ignore[type-arg]
    return Compiler().document(PolicySource("api", XML)).sections["inbound"].statements


def names(of: tuple) -> list[str]:  # type: ignore[type-arg]
    return [statement.place.element for statement in walk(of)]


def test_walk_finds_inner_statements() -> None:
    assert names(statements()) == ["choose", "base", "set-variable", "retry", "base", "set-variable"]


def test_substitute_replaces_everywhere_and_keeps_what_does_not_change() -> None:
    before = statements()
    other = before[1]
    after = substitute_all(before, Base, (other, other))
    assert names(after) == [
        "choose",
        "set-variable",
        "set-variable",
        "set-variable",
        "retry",
        "set-variable",
        "set-variable",
        "set-variable",
    ]
    assert after[1] is other
    assert substitute_all(after, Base, ()) is after
    assert isinstance(other, SetVariable)


def test_the_innermost_place_wins() -> None:
    inner, outer = Place("set-header", path="choose/when/set-header"), Place("choose", path="choose")
    error = located(DotNetException("FormatException", "bad"), inner)
    assert (error.source, error.reason, error.message) == (
        "set-header",
        "ExpressionValueEvaluationFailure",
        "Expression evaluation failed. bad",
    )
    assert located(error, outer).place is inner
    assert located(PolicyError("", "R", "m"), outer).source == "choose"


def test_reads() -> None:
    assert reads_of("@(context.Request.Body.As<string>())") == {"request-body"}
    assert reads_of("@(context.Response?.Body?.As<string>())") == {"response-body"}
    assert reads_of("@{ var q = context.Request; return q.Body.As<string>(); }") == {"request-body"}
    assert reads_of('@(((IResponse)context.Variables["r"]).Body.As<string>())') == frozenset()
    assert reads_of("@(context.Response == null)") == frozenset()
