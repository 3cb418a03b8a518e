"""`?.` and `?[`: they bind tighter than every operator to their left, and the rest of the chain waits for them."""

from __future__ import annotations

import pytest

from gatelog.policy.expression import ExpressionError, compile, describe, evaluate, to_text

VALUES = [
    ('@("x" + context.Subscription?.Id + "y")', "xy"),
    ('@(1 + "abc"?.Length * 2)', "7"),
    ('@(("abc")?.Length == 3 ? "a"?.ToUpper() : null)', "A"),
    ('@(new JObject(new JProperty("a", 5))?["a"]?.ToString() + "b" + new JObject()?["q"]?.ToString())', "5b"),
    ('@{ string s = null; return "x" + s?.Trim().Length; }', "x"),
    ('@{ string s = null; return !(s?.Contains("a") ?? false) && s?.Length == null; }', "True"),
    ('@{ string s = " q "; s?.Trim(); return $"{s?.Trim()}|{s?.Length:D3}" + "?.x"; }', "q|003?.x"),
    ("@{ bool b = true; return b?.5:1; }", "0.5"),
    ("@{ int?[] a = new int?[3]; return a.Length; }", "3"),
    ('@((string)new JObject()["a"]?["b"] ?? "none")', "none"),
    ('@("Bearer " + ((Authorization)context.Variables.GetValueOrDefault<Authorization>("none"))?.AccessToken)', "Bearer "),
]


@pytest.mark.parametrize(("text", "expected"), VALUES)
def test_binds_to_its_operand_alone(text: str, expected: str) -> None:
    assert to_text(evaluate(compile(text), describe({}))) == expected


def test_is_no_place_to_assign_to() -> None:
    with pytest.raises(ExpressionError, match="left-hand side") as refused:
        compile('@{ string s = "a"; s?.Length = 3; return 1; }')
    assert refused.value.line == 1


def test_default_of_a_claim_may_be_an_array() -> None:
    token = "eyJhbGciOiJub25lIn0.eyJvaWQiOiJ1LTEifQ."
    claims = f'"{token}".AsJwt().Claims.GetValueOrDefault'
    assert evaluate(compile(f'@({claims}("oid", new string[]{{"none"}})[0])'), describe({})) == "u-1"
    assert evaluate(compile(f'@({claims}("tid", new string[]{{"none"}})[0])'), describe({})) == "none"
    assert evaluate(compile(f'@({claims}("tid", "text"))'), describe({})) == "text"


XML = "@{ XElement d = XElement.Parse(\"<a><b i='1'><c x='7'/>t</b><b><c x='8'/></b></a>\"); return %s; }"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('d.Elements("b").Elements("c").Count()', "2"),
        ("d.Elements().Descendants().Count()", "2"),
        ('string.Join(",", d.Elements("b").Elements().Attributes("x").Select(a => a.Value))', "7,8"),
        ("d.Elements().Nodes().Count()", "3"),
        ("d.Elements().Attributes().Count()", "1"),
        ('XNamespace.Get("urn:x") + "Body"', "{urn:x}Body"),
        ('"ns " + XNamespace.Get("urn:x")', "ns urn:x"),
        ("d.Elements().DescendantsAndSelf().Count()", "4"),
    ],
)
def test_reads_sequences_of_elements(text: str, expected: str) -> None:
    assert to_text(evaluate(compile(XML % text), describe({}))) == expected


def test_removes_sequences_of_elements() -> None:
    text = '@{ XElement d = XElement.Parse("<a><b><c/></b></a>"); d.Elements("b").Remove(); return d.ToString(); }'
    assert evaluate(compile(text), describe({})) == "<a />"
