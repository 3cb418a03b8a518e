"""System.Xml.Linq: XDocument, XElement, XAttribute, XName, text nodes; read with lxml (no DTD, no entities, no network)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from lxml import etree

from gatelog.policy.dotnet import exceptions as ex
from gatelog.policy.dotnet.collections import Sequence
from gatelog.policy.dotnet.converting import change_type
from gatelog.policy.dotnet.dates import DateTime
from gatelog.policy.dotnet.metadata import Type
from gatelog.policy.dotnet.numeric_format import round_trip_text
from gatelog.policy.dotnet.runtime import Instance, iterate, to_text

NS: Final = "System.Xml.Linq."
XMLNS: Final = "http://www.w3.org/2000/xmlns/"
XML: Final = "http://www.w3.org/XML/1998/namespace"


class XName(Instance):
    """A local name in a namespace."""

    __slots__ = ("local", "namespace")
    NAME = NS + "XName"

    def __init__(self, local: str, namespace: str = "") -> None:
        self.local = local
        self.namespace = namespace

    def text(self) -> str:
        return f"{{{self.namespace}}}{self.local}" if self.namespace else self.local

    def same_value(self, other: XName) -> bool:
        return self.local == other.local and self.namespace == other.namespace


def name_of(text: str | None) -> XName | None:
    """The implicit conversion from text: `{namespace}local`."""
    if text is None:
        return None
    found = re.fullmatch(r"(?:\{([^}]*)\})?([^{}]+)", text)
    if not text:
        raise ex.argument("An XName cannot be empty.")
    if found is None or not re.fullmatch(r"[^\W\d][\w.\-]*", found[2]):
        bad = next((c for c in (found[2] if found else text) if not re.match(r"[\w.\-]", c)), text[0])
        raise ex.DotNetException(
            "XmlException", f"The '{bad}' character, hexadecimal value 0x{ord(bad):02X}, cannot be included in a name."
        )
    return XName(found[2], found[1] or "")


class XNamespace(Instance):
    """A namespace name; `ns + "local"` makes an XName."""

    __slots__ = ("uri",)
    NAME = NS + "XNamespace"

    def __init__(self, uri: str) -> None:
        self.uri = uri

    def text(self) -> str:
        return self.uri

    def same_value(self, other: XNamespace) -> bool:
        return self.uri == other.uri


class XObject(Instance):
    """Anything in a tree."""

    __slots__ = ("parent",)
    NAME = NS + "XObject"
    parent: Any


class XAttribute(XObject):
    """An attribute."""

    __slots__ = ("name", "value")
    NAME = NS + "XAttribute"

    def __init__(self, name: XName, value: Any) -> None:
        self.parent = None
        self.name = name
        self.value = content_text(value)

    def text(self) -> str:
        shown = (
            "xmlns"
            if self.name.local == "xmlns"
            else f"xmlns:{self.name.local}"
            if self.name.namespace == XMLNS
            else self.name.local
        )
        return f'{shown}="{escape_attribute(self.value)}"'


class XText(XObject):
    """Characters, or a CDATA section."""

    __slots__ = ("cdata", "value")
    NAME = NS + "XText"

    def __init__(self, value: str, cdata: bool = False) -> None:
        self.parent = None
        self.value = value
        self.cdata = cdata

    def text(self) -> str:
        return f"<![CDATA[{self.value}]]>" if self.cdata else escape_text(self.value)


class XComment(XObject):
    """A comment."""

    __slots__ = ("value",)
    NAME = NS + "XComment"

    def __init__(self, value: str) -> None:
        self.parent = None
        self.value = value

    def text(self) -> str:
        return f"<!--{self.value}-->"


class XElement(XObject):
    """An element: attributes and nodes."""

    __slots__ = ("attributes", "name", "nodes")
    NAME = NS + "XElement"

    def __init__(self, name: XName, *content: Any) -> None:
        self.parent = None
        self.name = name
        self.attributes: list[XAttribute] = []
        self.nodes: list[Any] = []
        for item in content:
            self.add(item)

    def add(self, content: Any) -> None:
        """`Add(object)`: nodes, attributes, sequences, or text."""
        if content is None:
            return
        if isinstance(content, XAttribute):
            if any(a.name.same_value(content.name) for a in self.attributes):
                raise ex.invalid_operation("Duplicate attribute.")
            content.parent = self
            self.attributes.append(content)
        elif isinstance(content, XObject):
            node = clone(content) if content.parent is not None else content
            node.parent = self
            self.nodes.append(node)
        elif isinstance(content, Instance) and hasattr(content, "__iter__"):
            for item in list(iterate(content)):
                self.add(item)
        else:
            self._append_text(content_text(content))

    def _append_text(self, value: str) -> None:
        if self.nodes and isinstance(self.nodes[-1], XText) and not self.nodes[-1].cdata:
            self.nodes[-1].value += value
        elif value:
            node = XText(value)
            node.parent = self
            self.nodes.append(node)

    def value(self) -> str:
        return "".join(n.value if isinstance(n, XText) else n.value() if isinstance(n, XElement) else "" for n in self.nodes)

    def set_value(self, value: Any) -> Any:
        self.nodes = []
        self._append_text(content_text(value))
        return value

    def attribute(self, name: XName) -> XAttribute | None:
        return next((a for a in self.attributes if a.name.same_value(name)), None)

    def set_attribute(self, name: XName, value: Any) -> None:
        found = self.attribute(name)
        if value is None:
            self.attributes = [a for a in self.attributes if a is not found]
        elif found is not None:
            found.value = content_text(value)
        else:
            self.add(XAttribute(name, value))

    def elements(self, name: XName | None = None) -> list[XElement]:
        return [n for n in self.nodes if isinstance(n, XElement) and (name is None or n.name.same_value(name))]

    def text(self) -> str:
        return "".join(_write(self, "", {}, indent=True))

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("an element is not a sequence")


class XDocument(XElement):
    """A document: its nodes, and the declaration that `ToString()` leaves out."""

    __slots__ = ("declaration",)
    NAME = NS + "XDocument"

    def __init__(self, *content: Any) -> None:
        super().__init__(XName("#document"), *content)
        self.declaration = ""

    def root(self) -> XElement | None:
        return next(iter(self.elements()), None)

    def text(self) -> str:
        return "\n".join("".join(_write(n, "", {}, indent=True)) for n in self.nodes)


def content_text(value: Any) -> str:
    """How Linq to XML writes a value: XML Schema forms."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {"Infinity": "INF", "-Infinity": "-INF"}.get(round_trip_text(value), round_trip_text(value))
    return value.iso() if isinstance(value, DateTime) else to_text(value)


def escape_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def escape_attribute(text: str) -> str:
    text = escape_text(text).replace('"', "&quot;")
    return text.replace("\n", "&#xA;").replace("\t", "&#x9;")


def clone(node: Any) -> Any:
    if isinstance(node, XText):
        return XText(node.value, node.cdata)
    if isinstance(node, XComment):
        return XComment(node.value)
    copy = XDocument() if isinstance(node, XDocument) else XElement(node.name)
    for attribute in node.attributes:
        copy.add(XAttribute(attribute.name, attribute.value))
    for child in node.nodes:
        copy.add(clone(child))
    return copy


def _write(node: Any, lead: str, prefixes: dict[str, str], *, indent: bool) -> Iterator[str]:
    """Pieces of XML text; `lead` is the line's indent, `prefixes` maps namespaces in scope."""
    if not isinstance(node, XElement):
        yield node.text()
        return
    scope = dict(prefixes)
    for attribute in node.attributes:
        if attribute.name.namespace == XMLNS or (attribute.name.local == "xmlns" and not attribute.name.namespace):
            scope[attribute.value] = "" if attribute.name.local == "xmlns" else attribute.name.local
    extra = ""
    if node.name.namespace not in scope and node.name.namespace:
        scope[node.name.namespace] = ""
        extra = f' xmlns="{escape_attribute(node.name.namespace)}"'
    elif not node.name.namespace and any(p == "" and u for u, p in scope.items()):
        scope = {u: p for u, p in scope.items() if p}
        extra = ' xmlns=""'
    prefix = scope.get(node.name.namespace, "")
    name = f"{prefix}:{node.name.local}" if prefix else node.name.local
    yield f"<{name}{extra}"
    for attribute in node.attributes:
        yield f' {_attribute_name(attribute, scope)}="{escape_attribute(attribute.value)}"'
    if not node.nodes:
        yield " />"
        return
    yield ">"
    inside = indent and not any(isinstance(n, XText) for n in node.nodes)
    deeper = lead + "  "
    for child in node.nodes:
        if inside:
            yield "\n" + deeper
        yield from _write(child, deeper, scope, indent=inside)
    yield f"\n{lead}</{name}>" if inside else f"</{name}>"


def _attribute_name(attribute: XAttribute, scope: dict[str, str]) -> str:
    name = attribute.name
    if name.namespace == XMLNS:
        return f"xmlns:{name.local}"
    if name.namespace == XML:
        return f"xml:{name.local}"
    return f"{scope.get(name.namespace, 'p1')}:{name.local}" if name.namespace else name.local


def _from_lxml(found: Any, *, whitespace: bool) -> XElement:
    qualified = etree.QName(found)
    made = XElement(XName(qualified.localname, qualified.namespace or ""))
    parent = found.getparent()
    outer = parent.nsmap if parent is not None else {}
    for prefix, uri in found.nsmap.items():
        if outer.get(prefix) != uri:
            made.add(XAttribute(XName(prefix, XMLNS) if prefix else XName("xmlns"), uri))
    for key, value in found.attrib.items():
        name = etree.QName(key)
        made.add(XAttribute(XName(name.localname, name.namespace or ""), value))
    _append(made, found.text, whitespace=whitespace)
    for child in found:
        if isinstance(child, etree._Comment):
            made.add(XComment(child.text or ""))
        elif isinstance(child.tag, str):
            made.add(_from_lxml(child, whitespace=whitespace))
        _append(made, child.tail, whitespace=whitespace)
    return made


def _append(target: XElement, text: str | None, *, whitespace: bool) -> None:
    if text and (whitespace or text.strip()):
        target.add(text)


def parse_tree(data: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise ex.DotNetException(
            "XmlException",
            f"{error.msg.partition(', line')[0]}. Line {line}, position {column}."
            if data.strip()
            else "Root element is missing.",
        ) from None
    if getattr(root.getroottree().docinfo, "doctype", ""):
        raise ex.DotNetException("XmlException", "For security reasons DTD is prohibited in this XML document.")
    return root


def parse_element(text: str | None, options: int = 0) -> XElement:
    if text is None:
        raise ex.argument_null("text")
    return _from_lxml(parse_tree(_encoded(text)), whitespace=bool(options & 1))


def parse_document(text: str | None, options: int = 0) -> XDocument:
    if text is None:
        raise ex.argument_null("text")
    return XDocument(_from_lxml(parse_tree(_encoded(text)), whitespace=bool(options & 1)))


def _encoded(text: str) -> bytes:
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode()


def parse_xml_bytes(data: bytes, kind: str) -> Any:
    """A message body as XDocument, XElement or XNode."""
    element = _from_lxml(parse_tree(data), whitespace=False)
    return XDocument(element) if kind == "XDocument" else element


def sequence(items: list[Any], kind: str) -> Sequence:
    return Sequence(Type(NS + kind), lambda: iter(items))


def descendants(node: XElement, name: XName | None = None) -> Sequence:
    def run(current: XElement) -> Iterator[XElement]:
        for child in current.elements():
            if name is None or child.name.same_value(name):
                yield child
            yield from run(child)

    return Sequence(Type(NS + "XElement"), lambda: run(node))


def self_and_descendants(node: XElement, name: XName | None = None) -> Sequence:
    lead = [node] if name is None or node.name.same_value(name) else []
    return Sequence(Type(NS + "XElement"), lambda: iter([*lead, *descendants(node, name)]))


def of_each(source: Any, children: Callable[[Any], Iterable[Any]], kind: str) -> Sequence:
    """What `children` gives of every node of a sequence, in its order."""

    def run() -> Iterator[Any]:
        for node in iterate(source):
            if node is not None:
                yield from children(node)

    return Sequence(Type(NS + kind), run)


def remove_each(source: Any) -> None:
    """Remove every node of a sequence from its parent."""
    for node in list(iterate(source)):
        remove(node)


def ancestors(node: XObject, name: XName | None = None) -> Sequence:
    def run() -> Iterator[XElement]:
        current = node.parent
        while isinstance(current, XElement) and not isinstance(current, XDocument):
            if name is None or current.name.same_value(name):
                yield current
            current = current.parent

    return Sequence(Type(NS + "XElement"), run)


def remove(node: Any) -> None:
    owner = node.parent
    if owner is None:
        raise ex.invalid_operation("The parent is missing.")
    owner.attributes = [a for a in owner.attributes if a is not node]
    owner.nodes = [n for n in owner.nodes if n is not node]
    node.parent = None


def replace_with(node: Any, content: Any) -> None:
    owner, at = node.parent, next(i for i, n in enumerate(node.parent.nodes) if n is node)
    tail = owner.nodes[at + 1 :]
    owner.nodes = owner.nodes[:at]
    owner.add(content)
    owner.nodes.extend(tail)


def text_with(node: XElement, options: int) -> str:
    """`ToString(SaveOptions)`: 1 is DisableFormatting."""
    return (
        node.text()
        if not options & 1
        else "".join(p for n in (node.nodes if isinstance(node, XDocument) else [node]) for p in _write(n, "", {}, indent=False))
    )


def cast(kind: Type, nullable: bool = False) -> Any:
    """`(T)element`, `(T)attribute`."""

    def run(node: Any) -> Any:
        if node is None:
            if nullable or kind.name == "System.String":
                return None
            raise ex.argument_null("element")
        value = node.value() if isinstance(node, XElement) else node.value
        if kind.name == "System.Boolean" and value.strip() in ("1", "0"):
            return value.strip() == "1"
        return change_type(value, kind)

    return run
