"""XML text as a dynamic value (learn.microsoft.com/kusto/query/parse-xml-function)."""

from __future__ import annotations

from typing import Any

from lxml import etree

from gatelog.kql.kernels.json_text import dump

_LONGEST = 1_048_576


def parse_xml(text: str) -> str | None:
    """A bag whose only key is the root element; null for what is no XML, or longer than 1 MB."""
    data = text.encode()
    if not data or len(data) > _LONGEST:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return None
    return dump({_name(root): _value(root)})


def _name(element: Any) -> str:
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _value(element: Any) -> Any:
    slots: dict[str, Any] = {}
    for prefix, uri in element.nsmap.items():
        parent = element.getparent()
        if parent is None or parent.nsmap.get(prefix) != uri:
            slots[f"@xmlns:{prefix}" if prefix else "@xmlns"] = uri
    for key, value in element.attrib.items():
        slots[f"@{_attribute(element, key)}"] = value
    if not slots and not len(element):
        return element.text if element.text and element.text.strip() else None
    _add_text(slots, element.text)
    for child in element:
        if isinstance(child.tag, str):
            _add(slots, _name(child), _value(child))
        _add_text(slots, child.tail)
    return slots or None


def _add_text(slots: dict[str, Any], text: str | None) -> None:
    if text and text.strip():
        _add(slots, "#text", text.strip())


def _attribute(element: Any, key: str) -> str:
    name = etree.QName(key)
    if not name.namespace:
        return name.localname
    prefixes = {uri: prefix for prefix, uri in element.nsmap.items() if prefix}
    prefix = prefixes.get(name.namespace, "xml")
    return f"{prefix}:{name.localname}"


def _add(slots: dict[str, Any], key: str, value: Any) -> None:
    """Elements of the same name become an array."""
    if key not in slots:
        slots[key] = value
    elif isinstance(slots[key], list):
        slots[key].append(value)
    else:
        slots[key] = [slots[key], value]
