"""What expressions may use of System.Xml.Linq."""

from __future__ import annotations

from typing import Any, Final

from gatelog.policy.dotnet import xml_linq as xl
from gatelog.policy.dotnet.metadata import Type, TypeDef
from gatelog.policy.dotnet.runtime import iterate

NS: Final = xl.NS
_NAMES: Final = {
    "string": "String",
    "int": "Int32",
    "long": "Int64",
    "bool": "Boolean",
    "double": "Double",
    "decimal": "Decimal",
    "DateTime": "DateTime",
    "Guid": "Guid",
}


def _casts(owner: str) -> tuple[tuple[str, Any], ...]:
    rows: list[tuple[str, Any]] = []
    for word, name in _NAMES.items():
        rows.append((f"explicit {word}({owner} value)", xl.cast(Type(f"System.{name}"))))
        if word != "string":
            rows.append((f"explicit {word}?({owner} value)", xl.cast(Type(f"System.{name}"), True)))
    return tuple(rows)


_EACH: Final = "this IEnumerable<XContainer> source"
_EACH_ELEMENT: Final = "this IEnumerable<XElement> source"
_CONTAINER: Final = (
    ("IEnumerable<XElement> Elements()", lambda e: xl.sequence(e.elements(), "XElement")),
    ("IEnumerable<XElement> Elements(XName name)", lambda e, n: xl.sequence(e.elements(n), "XElement")),
    ("XElement Element(XName name)", lambda e, n: next(iter(e.elements(n)), None)),
    ("IEnumerable<XElement> Descendants()", xl.descendants),
    ("IEnumerable<XElement> Descendants(XName name)", xl.descendants),
    ("IEnumerable<XNode> Nodes()", lambda e: xl.sequence(list(e.nodes), "XNode")),
    ("XNode FirstNode", lambda e: e.nodes[0] if e.nodes else None),
    ("XNode LastNode", lambda e: e.nodes[-1] if e.nodes else None),
    ("void Add(params object[] content)", lambda e, c: [e.add(i) for i in iterate(c)] and None),
    ("void RemoveNodes()", lambda e: e.nodes.clear()),
)

TYPES: Final = (
    TypeDef(
        NS + "XName",
        (
            ("implicit XName(string expandedName)", xl.name_of),
            ("static XName Get(string expandedName)", xl.name_of),
            ("static XName Get(string localName, string namespaceName)", xl.XName),
            ("string LocalName", "{0}.local"),
            ("string NamespaceName", "{0}.namespace"),
            ("XNamespace Namespace", lambda n: xl.XNamespace(n.namespace)),
            ("string ToString()", xl.XName.text),
            ("operator bool ==(XName a, XName b)", lambda a, b: a is b or (a is not None and b is not None and a.same_value(b))),
            (
                "operator bool !=(XName a, XName b)",
                lambda a, b: not (a is b or (a is not None and b is not None and a.same_value(b))),
            ),
        ),
    ),
    TypeDef(
        NS + "XNamespace",
        (
            ("implicit XNamespace(string namespaceName)", lambda s: xl.XNamespace(s) if s is not None else None),
            ("static XNamespace Get(string namespaceName)", xl.XNamespace),
            ("static XNamespace None", lambda: xl.XNamespace("")),
            ("static XNamespace Xmlns", lambda: xl.XNamespace(xl.XMLNS)),
            ("static XNamespace Xml", lambda: xl.XNamespace(xl.XML)),
            ("string NamespaceName", "{0}.uri"),
            ("string ToString()", xl.XNamespace.text),
            ("XName GetName(string localName)", lambda n, s: xl.XName(s, n.uri)),
            ("operator XName +(XNamespace ns, string localName)", lambda n, s: xl.XName(s, n.uri)),
        ),
    ),
    TypeDef(NS + "XObject", (("XElement Parent", lambda o: o.parent if not isinstance(o.parent, xl.XDocument) else None),)),
    TypeDef(
        NS + "XNode",
        (
            ("void Remove()", xl.remove),
            ("void ReplaceWith(object content)", xl.replace_with),
            ("string ToString()", "{0}.text()"),
            (
                "string ToString(SaveOptions options)",
                lambda n, o: xl.text_with(n, int(o)) if isinstance(n, xl.XElement) else n.text(),
            ),
            ("IEnumerable<XElement> Ancestors()", xl.ancestors),
            ("IEnumerable<XElement> Ancestors(XName name)", xl.ancestors),
        ),
        extends=("XObject",),
    ),
    TypeDef(NS + "XContainer", _CONTAINER, extends=("XNode",)),
    TypeDef(
        NS + "XElement",
        (
            ("new(XName name)", xl.XElement),
            ("new(XName name, object content)", xl.XElement),
            ("new(XName name, params object[] content)", lambda n, c: xl.XElement(n, *iterate(c))),
            ("new(XElement other)", xl.clone),
            ("static XElement Parse(string text)", xl.parse_element),
            ("static XElement Parse(string text, LoadOptions options)", xl.parse_element),
            ("XName Name", "{0}.name"),
            ("string Value", xl.XElement.value, xl.XElement.set_value),
            ("bool HasElements", lambda e: bool(e.elements())),
            ("bool HasAttributes", lambda e: bool(e.attributes)),
            ("bool IsEmpty", lambda e: not e.nodes),
            ("XAttribute Attribute(XName name)", xl.XElement.attribute),
            ("IEnumerable<XAttribute> Attributes()", lambda e: xl.sequence(list(e.attributes), "XAttribute")),
            ("void SetAttributeValue(XName name, object value)", xl.XElement.set_attribute),
            ("void SetValue(object value)", lambda e, v: e.set_value(v) and None),
            ("void RemoveAttributes()", lambda e: e.attributes.clear()),
            ("void RemoveAll()", lambda e: (e.nodes.clear(), e.attributes.clear())[-1]),
            ("IEnumerable<XElement> DescendantsAndSelf()", xl.self_and_descendants),
            ("IEnumerable<XElement> DescendantsAndSelf(XName name)", xl.self_and_descendants),
            *_casts("XElement"),
        ),
        extends=("XContainer",),
    ),
    TypeDef(
        NS + "XDocument",
        (
            ("new()", xl.XDocument),
            ("new(params object[] content)", lambda c: xl.XDocument(*iterate(c))),
            ("static XDocument Parse(string text)", xl.parse_document),
            ("static XDocument Parse(string text, LoadOptions options)", xl.parse_document),
            ("XElement Root", xl.XDocument.root),
        ),
        extends=("XContainer",),
    ),
    TypeDef(
        NS + "XAttribute",
        (
            ("new(XName name, object value)", xl.XAttribute),
            ("XName Name", "{0}.name"),
            ("string Value", "{0}.value"),
            ("void Remove()", xl.remove),
            ("string ToString()", xl.XAttribute.text),
            *_casts("XAttribute"),
        ),
        extends=("XObject",),
    ),
    TypeDef(NS + "XText", (("new(string value)", xl.XText), ("string Value", "{0}.value")), extends=("XNode",)),
    TypeDef(NS + "XCData", (("new(string value)", lambda v: xl.XText(v, True)),), extends=("XText",)),
    TypeDef(NS + "XComment", (("new(string value)", xl.XComment), ("string Value", "{0}.value")), extends=("XNode",)),
    TypeDef(
        NS + "Extensions",
        (
            (f"static IEnumerable<XElement> Elements({_EACH})", lambda s: xl.of_each(s, xl.XElement.elements, "XElement")),
            (
                f"static IEnumerable<XElement> Elements({_EACH}, XName name)",
                lambda s, n: xl.of_each(s, lambda e: e.elements(n), "XElement"),
            ),
            (f"static IEnumerable<XElement> Descendants({_EACH})", lambda s: xl.of_each(s, xl.descendants, "XElement")),
            (
                f"static IEnumerable<XElement> Descendants({_EACH}, XName name)",
                lambda s, n: xl.of_each(s, lambda e: xl.descendants(e, n), "XElement"),
            ),
            (
                f"static IEnumerable<XElement> DescendantsAndSelf({_EACH_ELEMENT})",
                lambda s: xl.of_each(s, xl.self_and_descendants, "XElement"),
            ),
            (f"static IEnumerable<XNode> Nodes({_EACH})", lambda s: xl.of_each(s, lambda e: list(e.nodes), "XNode")),
            (
                f"static IEnumerable<XAttribute> Attributes({_EACH_ELEMENT})",
                lambda s: xl.of_each(s, lambda e: list(e.attributes), "XAttribute"),
            ),
            (
                f"static IEnumerable<XAttribute> Attributes({_EACH_ELEMENT}, XName name)",
                lambda s, n: xl.of_each(s, lambda e: [a for a in e.attributes if a.name.same_value(n)], "XAttribute"),
            ),
            (
                "static IEnumerable<XElement> Ancestors(this IEnumerable<XNode> source)",
                lambda s: xl.of_each(s, xl.ancestors, "XElement"),
            ),
            ("static void Remove(this IEnumerable<XNode> source)", xl.remove_each),
            ("static void Remove(this IEnumerable<XAttribute> source)", xl.remove_each),
        ),
        kind="static",
    ),
    TypeDef(
        NS + "SaveOptions",
        kind="enum",
        flags=True,
        values=(("None", 0), ("DisableFormatting", 1), ("OmitDuplicateNamespaces", 2)),
    ),
    TypeDef(
        NS + "LoadOptions",
        kind="enum",
        flags=True,
        values=(("None", 0), ("PreserveWhitespace", 1), ("SetBaseUri", 2), ("SetLineInfo", 4)),
    ),
    TypeDef(
        "System.Xml.XmlNodeType",
        kind="enum",
        values=(("None", 0), ("Element", 1), ("Attribute", 2), ("Text", 3), ("CDATA", 4), ("Comment", 8), ("Document", 9)),
    ),
)
