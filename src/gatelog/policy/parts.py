"""How an element class says what its XML looks like: one declared part for each of its dataclass fields.

    @dataclass(frozen=True, slots=True, kw_only=True)
    class SetStatus(Statement):
        code: Slot[int] = attribute(STATUS, required=True, doc="the status code")

`gatelog.policy.binding` fills the fields from nodes, `tools/policy_docs.py` prints them as tables: there is no second list.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, field, fields
from typing import Any, Final

from gatelog.policy.slots import LINE, TEXT, Kind

_KEY: Final = "part"


@dataclass(frozen=True, slots=True)
class Attribute:
    """An XML attribute -> Slot (or None when absent without a default)."""

    name: str
    kind: Kind[Any]
    required: bool
    default: str | None
    expressions: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Content:
    """The element's own text -> Slot, None when there is no text."""

    kind: Kind[Any]
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts of repeated children, `values` or `issuers/issuer` -> tuple of Slot; or of one child -> Slot or None."""

    path: str
    kind: Kind[Any]
    many: bool
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Nodes:
    """Child elements with attributes of their own, `openid-config` or `required-claims/claim` -> tuple (or one, or None)."""

    path: str
    type: type[Any]
    many: bool
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Statements:
    """Child statements -> tuple of Statement. `allowed` empty: every statement of the section."""

    allowed: frozenset[str]
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class Markup:
    """Everything between the tags, as written -> str."""

    doc: str


Part = Attribute | Content | Texts | Nodes | Statements | Markup


def attribute(
    kind: Kind[Any],
    *,
    required: bool = False,
    default: str | None = None,
    expressions: bool = True,
    doc: str,
    name: str = "",
) -> Any:
    """A field filled from the attribute of the same name (with dashes). `expressions=False`: only literals, as in Azure."""
    return field(metadata={_KEY: Attribute(name, kind, required, default, expressions, doc)})


def content(kind: Kind[Any] = TEXT, *, required: bool = False, doc: str) -> Any:
    return field(metadata={_KEY: Content(kind, required, doc)})


def texts(path: str, kind: Kind[Any] = LINE, *, required: bool = False, doc: str) -> Any:
    return field(metadata={_KEY: Texts(path, kind, True, required, doc)})


def text(path: str, kind: Kind[Any] = LINE, *, required: bool = False, doc: str) -> Any:
    return field(metadata={_KEY: Texts(path, kind, False, required, doc)})


def nodes(path: str, type: type[Any], *, required: bool = False, doc: str) -> Any:
    return field(metadata={_KEY: Nodes(path, type, True, required, doc)})


def node(path: str, type: type[Any], *, required: bool = False, doc: str) -> Any:
    return field(metadata={_KEY: Nodes(path, type, False, required, doc)})


def statements(*allowed: str, required: bool = False, doc: str = "run in order") -> Any:
    return field(metadata={_KEY: Statements(frozenset(allowed), required, doc)})


def markup(*, doc: str) -> Any:
    return field(metadata={_KEY: Markup(doc)})


def parts_of(cls: type[Any]) -> dict[str, Part]:
    """Field name -> part, in order of declaration; attributes without a name of their own get the field's."""
    return {entry.name: _named(entry) for entry in fields(cls) if _KEY in entry.metadata}


def _named(entry: Field[Any]) -> Part:
    part: Part = entry.metadata[_KEY]
    if isinstance(part, Attribute) and not part.name:
        name = entry.name.rstrip("_").replace("_", "-")
        return Attribute(name, part.kind, part.required, part.default, part.expressions, part.doc)
    return part
