"""System.Xml.Linq over lxml-free element objects (XDocument, XElement, XAttribute, XName)."""

from __future__ import annotations

from typing import Any


def parse_xml_bytes(data: bytes, kind: str) -> Any:
    raise NotImplementedError
