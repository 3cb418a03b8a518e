"""The row of the resource table."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.catalog.shapes import Anything, Field, Flag, ListOf, MapOf, Record, Text

RESOURCE_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._~;=-]{0,254}[A-Za-z0-9_=])?|[A-Za-z0-9]"
"""Names of most parts of an API Management service; a revision is `openai;rev=2`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A property that names another resource."""

    path: str
    """Where it stands: `loggerId`, `pool.services[].id`, `name` for the resource's own name."""
    collection: str
    """Where the other one stands: `loggers` of the service, or a full type (`Microsoft.OperationalInsights/workspaces`)."""
    built_in: tuple[str, ...] = ()
    """Names that always exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource."""

    type: str
    """ARM type: `Microsoft.ApiManagement/service/apis`."""
    title: str
    """What one of them is called: `API`."""
    doc: str
    properties: Record
    envelope: Record = Record(())
    names: str = RESOURCE_NAME
    """Pattern of the name."""
    references: tuple[Reference, ...] = ()
    extension: bool = False
    """Stands on any resource, after `/providers/`."""
    link: bool = False
    """Has no properties of its own: its existence is the whole message (an API in a product)."""
    nullable_body: bool = False
    """PUT may come without a body."""

    @property
    def collection(self) -> str:
        """Last segment of the type: `apis`."""
        return self.type.rsplit("/", 1)[-1]


TAGGED = Record(
    (
        Field(name="location", shape=Text(), doc="Region name; kept and shown in the tables' Region columns."),
        Field(name="tags", shape=MapOf(Text()), doc="Free labels."),
        Field(name="sku", shape=Anything(), doc="Kept as it is."),
        Field(name="identity", shape=Anything(), doc="Managed identity; `SystemAssigned` gets a principal id."),
        Field(name="kind", shape=Text(), doc="Kept as it is."),
        Field(name="zones", shape=ListOf(Text()), doc="Kept as it is."),
        Field(name="systemData", shape=Anything(), doc="Who changed it last.", read_only=True),
        Field(name="etag", shape=Text(), doc="Its version.", read_only=True),
    )
)
"""The envelope of top-level resources."""


def text(
    name: str, doc: str, *, required: bool = False, longest: int = 0, pattern: str = "", default: str | None = None
) -> Field:
    """A text property."""
    return Field(name=name, shape=Text(longest=longest, pattern=pattern), doc=doc, required=required, default=default)


def flag(name: str, doc: str, default: bool | None = None) -> Field:
    """A yes-or-no property."""
    return Field(name=name, shape=Flag(), doc=doc, default=default)


def kept(name: str, doc: str = "Kept, without effect.") -> Field:
    """A property that Azure has and gatelog only carries."""
    return Field(name=name, shape=Anything(), doc=doc)


def made(name: str, doc: str = "Made by the service.") -> Field:
    """A read-only property."""
    return Field(name=name, shape=Anything(), doc=doc, read_only=True)
