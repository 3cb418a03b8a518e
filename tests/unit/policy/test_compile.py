"""What a document is refused for, in words, with its place; and what compiling knows about a pipeline."""

from __future__ import annotations

import pytest

from gatelog.errors import InvalidDocument
from gatelog.policy.compile import Compiler, KnownNames, PolicySource, check, compile_pipeline
from gatelog.policy.elements.table import REFUSED, STATEMENTS


def inbound(content: str) -> str:
    return f"<policies><inbound>{content}</inbound></policies>"


def errors(xml: str, **how: object) -> list[str]:
    given = {"named_values": {}, "fragments": {}} | how
    return [str(finding.problem) for finding in check(xml, **given) if finding.severity == "error"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<set-heder name='a'/>", "line 1, column 20: 'set-heder' is not a policy element (did you mean 'set-header'?)"),
        (
            "<set-header nam='a'><value/></set-header>",
            "line 1, column 20: The required attribute 'name' is missing: 'set-header'",
        ),
        ("<set-header name='a' x='1'><value/></set-header>", "line 1, column 44: 'x' is not an attribute of 'set-header'"),
        ("<set-header name='a'/>", "'set-header' needs the element 'value' unless exists-action is 'delete'"),
        ("<set-header name='a' exists-action='merge'><value/></set-header>", "is 'merge'; expected one of 'override', 'skip'"),
        ("<set-header name='a'>text</set-header>", "found the text 'text' inside of 'set-header'; expected an element"),
        (
            "<set-header name='a'><val>1</val></set-header>",
            "'val' is not allowed inside of 'set-header'; expected one of 'value'",
        ),
        (
            "<forward-request/>",
            "Policy is not allowed in the specified section: 'forward-request' in 'inbound', only in 'backend'",
        ),
        ("<set-variable name='a' value='@(1 +)'/>", ": syntax error"),
        (
            "<set-variable name='a' value='@(new Foo())'/>",
            "line 1, column 56: Usage of type 'Foo' is not supported within expressions",
        ),
        ("<set-variable name='a' value='@{\n\n  var x = new Foo();\n return 1; }'/>", "line 3, column 15: Usage of type 'Foo'"),
        ("<set-variable name='a' value='@(&quot;a&quot; + new Foo())'/>", "line 1, column 72: Usage of type 'Foo'"),
        ("<set-variable name='a' value='{{none}}'/>", "line 1, column 50: Cannot find a property 'none'"),
        ("<rate-limit calls='x' renewal-period='60'/>", "attribute 'calls' of 'rate-limit' is 'x'; expected a whole number"),
        ("<rate-limit calls='1_0' renewal-period='60'/>", "expected a whole number"),
        ("<quota renewal-period='3600'/>", "'quota' needs 'calls' or 'bandwidth'"),
        ("<quota calls='1' renewal-period='60'/>", "must be 0 or at least 300 seconds"),
        ("<set-backend-service/>", "needs either 'base-url' or 'backend-id'"),
        ("<choose/>", "'choose' needs the element 'when'"),
        ("<choose><when><base/></when></choose>", "The required attribute 'condition' is missing: 'when'"),
        ("<choose><when condition='maybe'/></choose>", "is 'maybe'; expected 'true' or 'false'"),
        ("<choose><when condition='true'/><otherwise/><otherwise/></choose>", "more than one 'otherwise'"),
        ("<include-fragment fragment-id='none'/>", "the fragment 'none' is not defined"),
        ("<log-to-eventhub logger-id='@(1)'>x</log-to-eventhub>", "must be a literal; expressions are not allowed"),
        ("<log-to-eventhub logger-id='a'/>", "'log-to-eventhub' is empty; expected text"),
        ("<log-to-eventhub logger-id='a' partition-id='0' partition-key='k'>x</log-to-eventhub>", "either 'partition-id' or"),
        ("<send-request response-variable-name='a'/>", "needs the element 'set-url' when its mode is 'new'"),
        ("<validate-jwt><openid-config url='u'/></validate-jwt>", "needs one of 'header-name', 'query-parameter-name'"),
        ("<retry condition='@(true)' count='51' interval='1'><base/></retry>", "is '51'; expected a whole number from 1 to 50"),
        ("<retry condition='@(true)' count='5' interval='1'/>", "'retry' is empty"),
        ("<wait><set-variable name='a' value='b'/></wait>", "'set-variable' is not allowed here"),
        ("<llm-token-limit counter-key='a' estimate-prompt-tokens='true'/>", "needs 'tokens-per-minute' or 'token-quota'"),
        ("<emit-metric name='a'><dimension name='b'/></emit-metric>", "the dimension 'b' needs a value"),
        ("<set-body template='liquid'>{% if %}</set-body>", "the Liquid template is not valid"),
        ("<xsl-transform/>", "'xsl-transform' needs the element 'xsl:stylesheet'"),
        ("<value>1</value>", "'value' is not a policy element"),
        ("stray", "found the text 'stray' inside of 'inbound'; expected an element"),
        ("@(1)<base/>", "found the text '@(1)' inside of 'inbound'"),
        ("<set-header name='a'><value>@(1)<!-- x --> and more</value></set-header>", "mixes an expression with other text"),
        ("<cache-remove-value key='a-@(new Foo())'/>", "line 1, column 53: Usage of type 'Foo'"),
    ],
)
def test_refusals(content: str, message: str) -> None:
    found = errors(inbound(content))
    assert any(message in text for text in found), found


def test_all_problems_of_all_documents_are_reported() -> None:
    first, second = inbound("<a/><b/>"), inbound("<c/>")
    with pytest.raises(InvalidDocument) as caught:
        compile_pipeline([PolicySource("product", first, "p.xml"), PolicySource("api", second, "a.xml")])
    assert [(problem.place, problem.column) for problem in caught.value.problems] == [("p.xml", 20), ("p.xml", 24), ("a.xml", 20)]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "the document is empty; expected one root element '<policies>'"),
        ("<fragment/>", "found '<fragment>'; expected one root element '<policies>'"),
        ("<policies/><policies/>", "expected one root element"),
        ("<policies><inbond/></policies>", "'inbond' is not a section"),
        ("<policies><inbound/><inbound/></policies>", "the section 'inbound' is given twice"),
        ("<policies>x</policies>", "found the text 'x' inside of 'policies'"),
        ("<policies><inbound>", "'<inbound>' is never closed"),
    ],
)
def test_documents_of_a_wrong_shape(document: str, message: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        compile_pipeline([PolicySource("api", document)])
    assert message in str(caught.value)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_done_is_refused_by_name(name: str) -> None:
    (text,) = errors(inbound(f"<{name} a='1'>x</{name}>"))
    assert f"'{name}' is not supported: {REFUSED[name]}" in text


def test_fragments_cannot_be_nested_or_cyclic() -> None:
    fragments = {
        "a": "<fragment><include-fragment fragment-id='b'/></fragment>",
        "b": "<fragment><include-fragment fragment-id='a'/></fragment>",
    }
    fragments["self"] = "<fragment><include-fragment fragment-id='self'/></fragment>"
    assert errors(inbound("<include-fragment fragment-id='a'/>"), fragments=fragments) == [
        "fragment 'a':1:11: fragments cannot be nested: a -> b"
    ]
    assert errors(inbound("<include-fragment fragment-id='self'/>"), fragments=fragments) == [
        "fragment 'self':1:11: the fragments include each other: self -> self"
    ]


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        ("<fragment><base/></fragment>", "'base' is not allowed in a fragment"),
        ("<policies/>", "expected one root element '<fragment>'"),
        ("<fragment>", "'<fragment>' is never closed"),
        ("<fragment><forward-request/></fragment>", "Policy is not allowed in the specified section"),
    ],
)
def test_bad_fragments_are_problems_of_the_document(fragment: str, message: str) -> None:
    (text,) = errors(inbound("<include-fragment fragment-id='f'/>"), fragments={"f": fragment})
    assert text.startswith("fragment 'f':1:")
    assert message in text


def test_what_nobody_can_know_is_a_warning() -> None:
    content = """<set-variable name='a' value='{{text}}'/><rate-limit calls='{{calls}}' renewal-period='60'/>
    <set-variable name='b' value='@({{number}} + 1)'/><include-fragment fragment-id='f'/>"""
    found = check(inbound(content))
    assert {finding.severity for finding in found} == {"warning"}
    assert [finding.problem.message.split("'")[1] for finding in found] == ["text", "calls", "number", "f"]


def test_references_are_checked_against_what_is_known() -> None:
    content = """<set-backend-service backend-id='pol'/><log-to-eventhub logger-id='hub'>x</log-to-eventhub>
    <authentication-certificate certificate-id='cert'/>"""
    known = KnownNames(backends=frozenset({"pool"}), loggers=frozenset(), certificates=frozenset({"cert"}))
    assert errors(inbound(content), known=known) == [
        "line 1, column 20: the backend 'pol' is not defined (did you mean 'pool'?)",
        "line 1, column 59: the logger 'hub' is not defined",
    ]
    assert errors(inbound(content)) == []
    _, references = Compiler().check(inbound(content))
    assert references == {("backend", "pol"), ("logger", "hub"), ("certificate", "cert")}


@pytest.mark.parametrize(
    "document",
    [
        "<fragment><set-variable name='a' value='@(1)'/></fragment>",
        "<fragment><forward-request/><cache-store duration='1'/></fragment>",
        "<inbound><base/></inbound>",
        "<set-variable name='a' value='b'/><choose><when condition='@(true)'><base/></when></choose>",
        "<policies><inbound><base/></inbound></policies>",
    ],
)
def test_check_takes_whole_and_partial_documents(document: str) -> None:
    assert check(document) == []


def test_equal_documents_are_compiled_once() -> None:
    compiler = Compiler()
    source = PolicySource("api", inbound("<set-variable name='a' value='@(1)'/>"))
    first, second = compiler.pipeline([source]), compiler.pipeline([source])
    assert first.inbound[0] is second.inbound[0]


CHOOSE = """<choose><when condition='@(context.Response.StatusCode == 500)'>
<return-response><set-body>x</set-body></return-response></when></choose>"""
LOG = "<log-to-eventhub logger-id='h'>@(context.Response.Body.As<string>(true))</log-to-eventhub>"


@pytest.mark.parametrize(
    ("outbound", "mode", "buffers", "deferred"),
    [
        ("", "safe", False, False),
        (LOG, "safe", False, True),
        (LOG, "strict", True, False),
        ("<trace source='s'><message>@(context.Response.Body.As<string>())</message></trace>", "safe", False, True),
        ("<set-body>x</set-body>", "safe", True, False),
        ("<find-and-replace from='a' to='b'/>", "safe", True, False),
        ("<set-variable name='a' value='@(context.Response.Body.As<string>(true))'/>", "safe", True, False),
        ("<set-variable name='a' value='@{ var r = context.Response; return r.Body.As<string>(true); }'/>", "safe", True, False),
        ("<set-variable name='a' value='@(context.Response.StatusCode)'/>", "safe", False, False),
        (CHOOSE,
         "safe", False, False),
        ("<cache-store duration='1'/>", "safe", True, False),
    ],
)  # fmt: skip
def test_what_a_pipeline_knows_of_the_response(outbound: str, mode: str, buffers: bool, deferred: bool) -> None:
    xml = f"<policies><outbound><base/>{outbound}</outbound></policies>"
    pipeline = compile_pipeline([PolicySource("api", xml)], mode=mode)  # type: ignore[arg-type]
    assert (pipeline.buffers_response, pipeline.has_deferred) == (buffers, deferred)


def test_only_what_is_spliced_in_counts() -> None:
    broad = PolicySource("global", "<policies><outbound><set-body>x</set-body></outbound></policies>")
    with_base = compile_pipeline([broad, PolicySource("api", "<policies><outbound><base/></outbound></policies>")])
    without = compile_pipeline([broad, PolicySource("api", "<policies><outbound/></policies>")])
    assert (with_base.buffers_response, without.buffers_response) == (True, False)


def test_every_row_of_the_table_is_bound_by_a_class_with_a_docstring() -> None:
    assert all(row.type.__doc__ and row.sections for row in STATEMENTS.values())
    assert all(row.alias in STATEMENTS for row in STATEMENTS.values() if row.alias)
