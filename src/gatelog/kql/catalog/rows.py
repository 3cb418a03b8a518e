"""What the catalogue says of one scalar function or aggregate: a row of data that binder, lowering, docs and editor share.

A rendering works on fragments: operands that are already SQL of the target engine, each safe to stand inside any expression.
It is a template (`"upper({0})"`, `{*}` = all operands, comma separated), or a callable, or absent (the engine lacks it:
the query is refused by name), or a Python function where SQL cannot say it exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from gatelog.schema.types import KqlType


class _Unknown:
    """The value of an operand that is not constant."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()

Kind = str
"""What a parameter takes, and what its operand is converted to before rendering:

| kind | takes | the rendering sees |
| --- | --- | --- |
| any | every type | the operand as it is |
| string | string, dynamic | string |
| text | every type | string, by the rules of tostring() |
| int, long | int, long, dynamic | that type |
| real | int, long, real, decimal, dynamic | real |
| decimal | int, long, real, decimal | decimal |
| number | int, long, real, decimal | as it is |
| summable | int, long, real, decimal, timespan, dynamic | as it is; dynamic becomes real |
| bool, guid | that type, dynamic | that type |
| datetime, timespan | that type, dynamic | that type |
| dynamic | dynamic | JSON text, null for null |
| json | dynamic; string as JSON to parse; others as their JSON value | JSON text, null for null |
| type | typeof(..) | its value is a `KqlType` |
| column | a column reference | as it is |
"""


class Operand(Protocol):
    """What result rules may ask of an argument."""

    @property
    def type(self) -> KqlType: ...
    @property
    def value(self) -> Any:
        """The constant, or UNKNOWN. bool, int, float, Decimal, str; datetime: ticks of 100 ns since 0001-01-01; timespan: ticks;
        guid: text; dynamic: JSON text; typeof: a KqlType; null: None."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """An operand in SQL."""

    text: str
    """Atomic or parenthesised."""
    type: KqlType
    nullable: bool = True
    """False: the SQL never gives NULL. A string is never NULL."""
    value: Any = UNKNOWN
    """See `Operand.value`."""
    tick: int = 0
    """The seventh digit of a datetime's fraction where every row has the same (TIMESTAMP holds six): endofday() has 9."""


class Emit(Protocol):
    """The lowering, as a rendering sees it."""

    dialect: str
    """`duckdb` or `clickhouse`."""
    sql: Any
    """The module of that engine's primitives (`kql/sql/duckdb.py`, `kql/sql/clickhouse.py`)."""
    now: int
    """The query's now, in ticks since 0001-01-01."""
    result: KqlType
    """Type of the call that is being rendered."""
    order: str
    """Inside an aggregate: `ORDER BY ...` that restores the order of the rows, or an empty string."""
    over: str
    """Inside a window function: `(ORDER BY ...)` that restores the order of the rows."""

    def literal(self, value: Any, type: KqlType) -> Fragment:
        """A constant. The only way user text enters SQL."""
        ...

    def text(self, value: str) -> str:
        """A quoted string literal."""
        ...

    def convert(self, operand: Fragment, type: KqlType) -> Fragment:
        """tostring(), tolong(), todynamic() ... of an operand."""
        ...

    def call(self, name: str, *operands: Fragment) -> Fragment:
        """Another function of the catalogue, applied to rendered operands."""
        ...

    def python(self, name: str, run: Callable[..., Any], parameters: Sequence[str], returns: str, *operands: str) -> str:
        """SQL that calls a Python function for each row; parameters and returns are SQL types of the engine.

        Refused on engines that cannot. `run` gets None for NULL."""
        ...

    def hoist(self, sql: str) -> str:
        """The name of a column that holds `sql`, computed in a layer below: for windows over windows.

        The layer sees the same operands."""
        ...

    def refuse(self, message: str) -> Exception:
        """The error to raise for a call that cannot be answered exactly: `raise emit.refuse("...")`."""
        ...


Render = str | Callable[..., str]
"""A template, or `(emit, *fragments) -> SQL`."""
ResultRule = KqlType | str | Callable[[Sequence[Operand]], KqlType]
"""A type; `arg0`, `arg1` ...: that argument's type; `widest`: the common type of all; or a rule over the operands."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter."""

    name: str
    kind: Kind
    optional: bool = False
    repeated: bool = False
    """Takes the rest of the arguments, at least one (or none, when optional)."""
    literal: bool = False
    """Must be a constant."""


def parameters(text: str) -> tuple[Parameter, ...]:
    """`source:string start:long length:long? rest:any* some:any+ part:!string` -> parameters.

    `?` optional, `*` any number, `+` one or more, `!` must be constant."""
    found = []
    for word in text.split():
        name, _, kind = word.partition(":")
        suffix = kind[-1] if kind[-1] in "?*+" else ""
        kind = kind.removesuffix(suffix) if suffix else kind
        found.append(Parameter(name, kind.removeprefix("!"), suffix in {"?", "*"}, suffix in {"*", "+"}, kind.startswith("!")))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function. The first signature that takes the arguments wins."""

    parameters: tuple[Parameter, ...]
    result: ResultRule
    duckdb: Render | None = None
    clickhouse: Render | None = None
    python: Callable[..., Any] | None = None
    """Where `duckdb` is absent: called with one Python value for each operand (`Operand.value`, but datetime is
    `datetime.datetime` without zone, decimal `Decimal`), gives the same kinds. None for null; a string result of None is ''."""
    nulls: str = ""
    """See `Function.nulls`, where this form differs from the others."""


def signature(
    text: str,
    result: ResultRule,
    duckdb: Render | None = None,
    clickhouse: Render | None = None,
    python: Callable[..., Any] | None = None,
    nulls: str = "",
) -> Signature:
    """A signature whose parameters are written as in `parameters`."""
    return Signature(parameters(text), result, duckdb, clickhouse, python, nulls)


@dataclass(frozen=True, slots=True)
class Example:
    """A query that docs print and tests run."""

    query: str
    rows: tuple[tuple[Any, ...], ...]
    """What it answers: str, int, float, bool, None; datetime, timespan, decimal, guid and dynamic as the wire writes them
    (`2024-01-01T00:00:00.0000000Z`, `01:00:00`, `1.5`, JSON text)."""


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function."""

    name: str
    signatures: tuple[Signature, ...]
    doc: str
    examples: tuple[Example, ...] = ()
    aliases: tuple[str, ...] = ()
    naming: str = "none"
    """Default column name: `through` (the name of the first argument), `only` (the same, where it is the only argument),
    `prefix` (`strlen_` + name of the first argument), `suffix` (name of the first argument + `_sorted`), `fixed` (the label),
    `none` (Column1)."""
    label: str = ""
    """The word of `prefix` where it is not the function's name (gettype(x) is type_x), of `suffix` and of `fixed`."""
    nulls: str = "strict"
    """`strict`: NULL exactly when an operand is NULL; `never`: never NULL; `maybe`: NULL for other reasons too.
    (Where the result is a string, a possible NULL is made '' by the lowering.)"""
    deterministic: bool = True
    window: bool = False
    """Looks at other rows: needs serialized input; the rendering uses `emit.over`."""
    fold: Callable[..., Any] | None = None
    """Python over constant values (`Operand.value`), so that the result is a constant too."""
    tick: Callable[[Sequence[Fragment]], int] | None = None
    """The seventh digit of a datetime result, when it is not 0."""
    columns: tuple[tuple[str, KqlType], ...] = ()
    """Gives several columns: (suffix, type) each; the rendering gives a JSON array with one item for each."""
    family: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate: the same signatures, rendered as an aggregate expression (`sum({0})`).

    Renderings answer NULL where Kusto answers null; `emit.order` restores row order (`list({0} {order})` in a template)."""

    name: str
    signatures: tuple[Signature, ...]
    doc: str
    examples: tuple[Example, ...] = ()
    aliases: tuple[str, ...] = ()
    prefix: str = ""
    """Default column name: `sum_` + name of the first argument; empty: name + `_`."""
    naming: str = "prefix"
    """`through`: the name of the first argument, without a prefix."""
    suffix: Callable[[Sequence[Operand]], str] | None = None
    """Appended to the default name: `_95` of percentile_x_95."""
    nulls: str = "maybe"
    columns: Callable[[Sequence[Operand]], Sequence[tuple[str, KqlType, Render]]] | None = None
    """Gives several columns, from the arguments: (name suffix, type, rendering) each: percentiles_x_50, percentiles_x_95."""
    family: str = "aggregates"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every function and aggregate, by lower-case-exact name; aliases included."""

    functions: dict[str, Function] = field(default_factory=dict)
    aggregates: dict[str, Aggregate] = field(default_factory=dict)


def catalogue(functions: Sequence[Function], aggregates: Sequence[Aggregate]) -> Catalogue:
    """The registry of those rows."""
    return Catalogue(
        {name: row for row in functions for name in (row.name, *row.aliases)},
        {name: row for row in aggregates for name in (row.name, *row.aliases)},
    )
