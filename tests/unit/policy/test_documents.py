"""Raw and escaped forms of a document."""

from __future__ import annotations

import xml.etree.ElementTree as etree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatelog.policy.documents import to_raw, to_xml
from gatelog.policy.reader import read

RAW = """<policies>
  <inbound>
    <!-- "quotes" and @(a < b) stay in comments -->
    <choose><when condition="@(context.Variables["a"] == "x" && 1 < 2)"><base /></when></choose>
    <set-header name="h"><value>@("a" + 'b' + (1 < 2))</value></set-header>
    <set-body>@{ return new List<string>().Count > 1 ? "&" : "</set-body>"; }</set-body>
    <set-variable name='v' value='@("it" + '\\'' + 1)' />
    <trace source="a &amp; b"><message>text</message></trace>
  </inbound>
</policies>"""


def test_xml_form_is_well_formed_and_raw_form_comes_back() -> None:
    well_formed = to_xml(RAW)
    when = etree.fromstring(well_formed).find(".//when")
    assert when is not None and when.get("condition") == '@(context.Variables["a"] == "x" && 1 < 2)'
    assert to_raw(well_formed) == RAW
    assert to_xml(well_formed) == well_formed


def test_both_forms_read_the_same() -> None:
    def shape(text: str) -> object:
        def walk(node: object) -> object:
            attributes = {name: value.value for name, value in node.attributes.items()}  # type: ignore[attr-defined]
            texts = [text.value for text in node.texts]  # type: ignore[attr-defined]
            return node.name, attributes, texts, [walk(child) for child in node.elements]  # type: ignore[attr-defined]

        return [walk(root) for root in read(text)]

    assert shape(RAW) == shape(to_xml(RAW))


@pytest.mark.parametrize("text", ["", "plain", "<a/>", '<a x="@(broken"/>', "@(outside)"])
def test_other_text_stays(text: str) -> None:
    assert to_xml(text) == text
    assert to_raw(text) == text


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet='ab<>&" ()+', max_size=30))
def test_round_trip_of_expressions(inner: str) -> None:
    string = '"' + inner.replace('"', "").replace("&", "") + '"'
    raw = f'<a x="@({string} + {string})" />'
    assert to_raw(to_xml(raw)) == raw
