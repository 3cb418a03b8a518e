"""The tolerant reader: what it takes, what it refuses and where, and that it never crashes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.errors import InvalidDocument
from gatelog.policy.reader import MAX_DEPTH, Characters, Node, read


def only(text: str, **named_values: str) -> Node:
    (root,) = read(text, named_values)
    return root


def text_in(node: Node) -> str:
    return "".join(child.value for child in node.children if isinstance(child, Characters))


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ('"@(context.Variables["a"] == "b" && 1 < 2)"', '@(context.Variables["a"] == "b" && 1 < 2)'),
        ('"@(&quot;a&quot; == b &amp;&amp; 1 &lt; 2)"', '@("a" == b && 1 < 2)'),
        ("'@(\"it is\" + 'x')'", "@(\"it is\" + 'x')"),
        ('"@("closing ) and \\" inside")"', '@("closing ) and \\" inside")'),
        ('"@(@"C:\\" + "x")"', '@(@"C:\\" + "x")'),
        ('"@(@"say ""hi"" )")"', '@(@"say ""hi"" )")'),
        ('"@($"{d["k"]} {{literal}} {x}")"', '@($"{d["k"]} {{literal}} {x}")'),
        ("\"@(c == ')' || c == '\"')\"", "@(c == ')' || c == '\"')"),
        ('"@(x /* ) " */ + 1)"', '@(x /* ) " */ + 1)'),
        ('"@{ // don\'t )\n return 1; }"', "@{ // don't )\n return 1; }"),
        ('"@(new List<string>().Count > 0)"', "@(new List<string>().Count > 0)"),
        ('" @(1) "', " @(1) "),
        ('"a &amp; b & c"', "a & b & c"),
        ('"plain"', "plain"),
        ('"key-@(f("a", "b"))"', '@(f("a", "b"))'.join(["key-", ""])),
        ('"@(f("a"))-@{ return "b"; }!"', '@(f("a"))-@{ return "b"; }!'),
        ('"a@(b"', "a@(b"),
        ('"@(broken"', "@(broken"),
        ('"mail@(me)@x"', "mail@(me)@x"),
        ('"&#65;&#x42;&nbsp;"', "AB&nbsp;"),
    ],
)
def test_attribute_values(attribute: str, value: str) -> None:
    assert only(f"<when condition={attribute} other='1'/>").attributes["condition"].value == value


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("  plain  ", "  plain  "),
        (
            '@{ if (a < b && c > d) { return "<x>"; } return "</value>"; }',
            '@{ if (a < b && c > d) { return "<x>"; } return "</value>"; }',
        ),
        ('@("a" + <!-- gone --> "b")', '@("a" +  "b")'),
        ("<![CDATA[@(a < b)]]>", "@(a < b)"),
        ("<!-- a <b> -->text", "text"),
        ("&lt;b&gt; &amp; & c", "<b> & & c"),
    ],
)
def test_text(content: str, value: str) -> None:
    assert text_in(only(f"<value>{content}</value>")) == value


def test_set_body_keeps_markup_as_text() -> None:
    body = only('<set-body template="liquid"><a:b x="1">{% if a < b %}{{c}}{% endif %}</a:b></set-body>')
    assert text_in(body) == '<a:b x="1">{% if a < b %}{{c}}{% endif %}</a:b>'
    assert text_in(only("<set-body>a &lt; b</set-body>")) == "a < b"
    assert text_in(only('<set-body>@("</set-body>")</set-body>')) == '@("</set-body>")'


def test_declaration_bom_namespaces_and_comments() -> None:
    root = only("\ufeff<?xml version='1.0'?>\n<!-- hello --><p:policies xmlns:p='urn:x' xmlns='y' a='1'><inbound/></p:policies>")
    assert (root.name, list(root.attributes), [node.name for node in root.elements]) == ("policies", ["a"], ["inbound"])


def test_places() -> None:
    root = only('<policies>\n  <inbound a="1"\n     b="@(&quot;x&quot;\n + y)">text</inbound></policies>')
    (inbound,) = root.elements
    assert (inbound.line, inbound.column) == (2, 3)
    assert inbound.attributes["b"].place() == (3, 9)
    value = inbound.attributes["b"].value
    assert inbound.attributes["b"].place(value.index("x")) == (3, 17)
    assert inbound.attributes["b"].place(value.index("y")) == (4, 4)
    assert inbound.texts[0].place() == (4, 8)


def test_named_values_keep_places_of_the_original() -> None:
    root = only('<a x="{{long}}" y="@({{n}} + z)"/>', long="0123456789" * 3, n="12345")
    assert root.attributes["x"].value == "0123456789" * 3
    assert root.attributes["y"].value == "@(12345 + z)"
    assert root.attributes["x"].place(20) == (1, 7)
    assert root.attributes["y"].place(root.attributes["y"].value.index("z")) == (1, 30)


def test_named_value_may_be_an_expression_with_markup() -> None:
    assert only("<value>{{e}}</value>", e='@(1 < 2 ? "a" : "b")').texts[0].value == '@(1 < 2 ? "a" : "b")'


@pytest.mark.parametrize(
    ("document", "line", "column", "words"),
    [
        ("<a>", 1, 1, "'<a>' is never closed; expected '</a>'"),
        ("<a>\n  <b></a>", 2, 6, "found '</a>', expected '</b>' (opened in line 2, column 3)"),
        ("<a></a></b>", 1, 8, "no element is open"),
        ("<a x></a>", 1, 5, "expected '=' after the attribute 'x' of '<a>'"),
        ("<a x=1/>", 1, 6, "expected a quote before the value"),
        ('<a x="1>', 1, 6, 'never closed; expected "'),
        ('<a x="1" x="2"/>', 1, 10, "given twice"),
        ("<a x='1'y='2'/>", 1, 9, "expected an attribute, '>' or '/>'"),
        ("<a <b/>", 1, 4, "expected an attribute, '>' or '/>'"),
        ("<a>< b</a>", 1, 4, "expected an element's name after '<'"),
        ("<a></a x>", 1, 8, "expected '>' to end the tag '</a'"),
        ("<!DOCTYPE a><a/>", 1, 1, "DOCTYPE"),
        ("<a><!-- x </a>", 1, 4, "the comment is never closed; expected '-->'"),
        ("<a><![CDATA[ x </a>", 1, 4, "expected ']]>'"),
        ("hello <a/>", 1, 1, "text outside of the root element"),
        ("<set-body>text", 1, 1, "expected '</set-body>'"),
        ("<a>" * (MAX_DEPTH + 1), 1, 3 * MAX_DEPTH + 1, "nested deeper"),
    ],
)
def test_broken_documents_are_refused_with_their_place(document: str, line: int, column: int, words: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        read(document, path="p.xml")
    (problem,) = caught.value.problems
    assert (problem.place, problem.line, problem.column) == ("p.xml", line, column)
    assert words in problem.message


_PIECES = st.lists(
    st.sampled_from(
        ["<a>", "</a>", "<b x='1'/>", '<c y="', '"', "'", ">", "/>", "@(", "@{", ")", "}", "{{n}}", "<!--", "-->", "<![CDATA["]
        + [
            "]]>",
            "&quot;",
            "&amp;",
            "&",
            "<",
            "\n",
            " ",
            "//",
            "/*",
            "*/",
            '$"',
            '@"',
            "\\",
            "<set-body>",
            "</set-body>",
            "text",
            "é",
            "\ufeff",
        ]
    ),
    max_size=40,
)


@settings(max_examples=300, deadline=None)
@given(_PIECES)
def test_any_text_is_read_or_refused(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        roots = read(text, {"n": '@("<")'})
    except InvalidDocument as error:
        lines = text.count("\n") + 1
        assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in error.problems)
    else:
        assert all(isinstance(root, Node) for root in roots)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.text(alphabet="ab<>&\"'@(){}\n", max_size=40))
def test_escaped_values_come_back(value: str, other: str) -> None:
    for text in (value, other):
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        if text.lstrip().startswith(("@(", "@{")):
            continue
        assert only(f'<a x="{escaped}"/>').attributes["x"].value == text


def test_hostile_documents_end_soon() -> None:
    many = "".join(f'<a x="@(1)<{i}"/>' for i in range(300))
    assert len(only(f"<r>{many}</r>").elements) == 300
    assert only('<a x="' + "@(1)<" * 3000 + '"/>').attributes["x"].value == "@(1)<" * 3000
    assert only("<a x='@(" + '$"{' * 3000 + "'/>").attributes["x"].value.startswith("@(")
    with pytest.raises(InvalidDocument, match="too many expressions that are never closed"):
        read("<r>" + "<a x='@(('/>" * 100 + "</r>")
