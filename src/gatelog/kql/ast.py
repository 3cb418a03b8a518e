"""The syntax tree: what was written, with its place; nothing is resolved yet. Spans do not take part in comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gatelog.kql.errors import SYNTAX, Finding, Span
from gatelog.schema.types import KqlType

if TYPE_CHECKING:
    from gatelog.kql.binder import Binder, Environment, Relation

NOWHERE: Span = (0, 0)


@dataclass(frozen=True, slots=True)
class Node:
    """Root of all nodes."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Expression(Node):
    """Something with a value: a scalar, or a table where one may stand."""


@dataclass(frozen=True, slots=True)
class Literal(Expression):
    """A constant; `value` as `catalog.rows.Operand.value` says."""

    type: KqlType
    value: Any


@dataclass(frozen=True, slots=True)
class TypeOf(Expression):
    """`typeof(long)`; the columns of `typeof(a:int, b:string)`."""

    type: KqlType | None
    columns: tuple[tuple[str, KqlType], ...] = ()


@dataclass(frozen=True, slots=True)
class Name(Expression):
    """A name that stands for a column, a variable, a table; `quoted`: written as ['name']."""

    name: str
    quoted: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Star(Expression):
    """`*`, or a name with wildcards (`Sec*`) where names may have them."""

    pattern: str = "*"


@dataclass(frozen=True, slots=True)
class Call(Expression):
    """`f(a, b, name=c)`."""

    name: str
    arguments: tuple[Expression, ...]
    name_span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unary(Expression):
    """`-x`, `+x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Expression):
    """`a + b`, `a has b`, `a and b`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class In(Expression):
    """`a in (b, c)`, `a has_any (b, c)`; one item may be a table or a dynamic array."""

    operator: str
    left: Expression
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Between(Expression):
    """`a between (b .. c)`."""

    operator: str
    left: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class Member(Expression):
    """`d.name`."""

    operand: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index(Expression):
    """`d[expression]`."""

    operand: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Named(Expression):
    """`a = x`, `(a, b) = x`."""

    names: tuple[str, ...]
    value: Expression
    grouped: bool = False
    """The names stood in parentheses."""
    declared: tuple[KqlType | None, ...] = ()


@dataclass(frozen=True, slots=True)
class DynamicLiteral(Expression):
    """`dynamic({...})`; JSON text."""

    text: str


@dataclass(frozen=True, slots=True)
class Operator(Node):
    """A tabular operator; each file in `operators/` has its own kinds."""

    @property
    def keeps_columns(self) -> bool:
        """Whether the columns stay as they are, so that binding can go on behind a finding."""
        return False

    def text(self) -> str:
        """The operator as KQL, without the pipe."""
        raise NotImplementedError

    def bind(self, binder: Binder, relation: Relation, environment: Environment) -> Relation:
        """The relation behind this operator. Raises Finding."""
        raise Finding(SYNTAX, "this operator can only start a query", self.span)

    def source(self, binder: Binder, environment: Environment) -> Relation:
        """The relation of an operator that starts a pipeline. Raises Finding."""
        raise Finding(SYNTAX, "this operator needs a table before it", self.span)


@dataclass(frozen=True, slots=True)
class Pipeline(Expression):
    """`source | operator | operator`."""

    source: Expression | Operator
    operators: tuple[Operator, ...]


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """`name:type = default` of a function or of the query; `columns` for `(T:(x:long, *))`."""

    name: str
    type: KqlType | None
    columns: tuple[tuple[str, KqlType], ...] = ()
    open: bool = False
    tabular: bool = False
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class Lambda(Expression):
    """`(a:long, b:string = "x") { statements; body }`."""

    parameters: tuple[Parameter, ...]
    statements: tuple[Statement, ...]
    body: Expression | None
    view: bool = False


@dataclass(frozen=True, slots=True)
class Statement(Node):
    """One of the kinds below."""


@dataclass(frozen=True, slots=True)
class Let(Statement):
    """`let name = value`."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class SetOption(Statement):
    """`set name = value`."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class DeclareParameters(Statement):
    """`declare query_parameters(...)`."""

    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Other(Statement):
    """A statement that is read and refused or ignored: `alias`, `restrict`, `declare pattern`."""

    keyword: str


@dataclass(frozen=True, slots=True)
class ExpressionStatement(Statement):
    """A query whose table is an answer."""

    value: Expression


@dataclass(frozen=True, slots=True)
class Query(Node):
    """All statements."""

    statements: tuple[Statement, ...]


Hints = Mapping[str, str]
"""Operator parameters: `kind=leftouter`, `hint.strategy=broadcast`."""
