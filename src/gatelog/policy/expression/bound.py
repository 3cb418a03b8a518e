"""What the compiler passes around: bound expressions, variables, scopes and the state of one compilation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import tree_sitter

from gatelog.policy.dotnet.library import Whitelist
from gatelog.policy.dotnet.metadata import NULL, OBJECT, VOID, Type, nullable
from gatelog.policy.expression.syntax import ExpressionError, Source

NOTHING: Final = object()
"""No constant value."""
GUARD: Final = "(None if {} is None else {})"


@dataclass(frozen=True, slots=True)
class Expr:
    """A bound expression: Python code (always atomic: a name, a call, or in brackets) and its static type."""

    code: str
    type: Type
    nonnull: bool = False
    const: Any = NOTHING
    """The value of a compile-time constant."""
    guards: tuple[str, ...] = ()
    """Receivers of `?.` to the left in the same chain, still to be tested for null."""
    kind: str = "value"
    """`value`, `type`, `namespace`, `group` (method group), `lambda`, `null`, `throw`, `out`, `default`."""
    payload: Any = None

    @property
    def is_value(self) -> bool:
        return self.kind in ("value", "null")


@dataclass(frozen=True, slots=True)
class Group:
    """A method named but not called."""

    name: str
    receiver: Expr | None
    owner: Type
    arguments: tuple[Type, ...] = ()


@dataclass(slots=True, eq=False)
class Function:
    """One Python function that is being written."""

    parent: Function | None = None
    returns: Type | None = None
    """The declared type; None: to be inferred from `found`."""
    found: list[Type] = field(default_factory=list)
    rebound: set[str] = field(default_factory=set)
    """Variables of outer functions that this one assigns."""
    loop: str = ""
    """`loop`, `switch`, or `switch` inside a loop: what break and continue mean here."""
    held: set[str] = field(default_factory=set)
    """`fresh` variables of outer functions whose value this one holds."""


@dataclass(slots=True, eq=False)
class Variable:
    """A local variable or parameter."""

    code: str
    type: Type
    function: Function
    const: Any = NOTHING
    signature: tuple[tuple[Any, ...], Type] | None = None
    """Parameters and result of a local function."""
    readonly: bool = False
    fresh: bool = False
    """Each round of a loop has its own, and it is never assigned again: lambdas hold its value."""


class Scope:
    """Names visible at one place."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.names: dict[str, Variable] = {}

    def find(self, name: str) -> Variable | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


def visible(scope: Scope | None) -> tuple[tuple[str, Type], ...]:
    """Names and types of everything in scope."""
    found: list[tuple[str, Type]] = []
    while scope is not None:
        found.extend((name, variable.type) for name, variable in scope.names.items())
        scope = scope.parent
    return tuple(found)


class LambdaMismatch(Exception):
    """A lambda does not fit the delegate type that was tried."""


class Compilation:
    """The state of compiling one expression; the binding functions call each other through it."""

    def __init__(self, source: Source, library: Whitelist) -> None:
        self.source = source
        self.library = library
        self.constants: dict[str, Any] = {}
        self._constant_names: dict[int, str] = {}
        self._count = 0
        self.function = Function()
        self.scope = Scope()
        self.hoisted: list[str] = []
        """Lines (nested functions) that must stand before the statement being bound."""
        self.trial = 0
        """Above 0 while overloads are tried: lambdas then need only their type."""
        self.lambda_types: dict[Any, Type] = {}
        self.metered = False
        """Loops or lambdas exist: the function needs a budget."""
        self.bind: Callable[[tree_sitter.Node], Expr]
        self.block: Callable[[tree_sitter.Node], tuple[list[str], bool]]
        self.bind_lambda: Callable[[Expr, tuple[Type, ...], Type | None], tuple[Expr, Type]]
        self.binary: Callable[[tree_sitter.Node, str, Expr, Expr], Expr]
        self.cast: Callable[[Expr, Type], Expr | None]
        self.argument: Callable[[Expr, tree_sitter.Node], Any]
        self.set_element: Callable[[tree_sitter.Node, Expr, Any, Expr], str]
        self.set_member: Callable[[tree_sitter.Node, Expr, str, Expr], str]

    def name(self, prefix: str) -> str:
        self._count += 1
        return f"{prefix}{self._count}"

    def constant(self, value: Any) -> str:
        """The global name under which generated code finds `value`."""
        known = self._constant_names.get(id(value))
        if known is None:
            known = self.name("f" if callable(value) else "k")
            self._constant_names[id(value)] = known
            self.constants[known] = value
        return known

    def call(self, function: Callable[..., Any], *arguments: str) -> str:
        return f"{self.constant(function)}({', '.join(arguments)})"

    def declare(self, node: tree_sitter.Node, name: str, kind: Type, *, const: Any = NOTHING, readonly: bool = False) -> Variable:
        if name == "context" or self.scope.find(name) is not None:
            raise self.error(node, f"A local variable named '{name}' is already defined in this scope")
        variable = Variable(self.name("v"), kind, self.function, const, readonly=readonly)
        self.scope.names[name] = variable
        return variable

    def used(self, variable: Variable) -> None:
        """Note that the function being written reads `variable`."""
        function: Function | None = self.function
        while variable.fresh and function is not None and function is not variable.function:
            function.held.add(variable.code)
            function = function.parent

    def assigned(self, variable: Variable) -> None:
        """Note that the function being written assigns `variable`."""
        function: Function | None = self.function
        while function is not None and function is not variable.function:
            function.rebound.add(variable.code)
            function = function.parent

    def error(self, node: tree_sitter.Node, message: str) -> ExpressionError:
        return self.source.error(node, message)

    def text(self, node: tree_sitter.Node) -> str:
        return self.source.string(node)

    def value(self, node: tree_sitter.Node) -> Expr:
        """Bind a node that must be a value, with its `?.` tests in place."""
        found = closed(self.bind(node), self.library)
        if not found.is_value and found.kind not in ("lambda", "group", "throw", "default"):
            raise self.error(node, f"'{self.text(node)}' is a {found.kind} but is used like a variable")
        return found


def closed(expr: Expr, library: Whitelist) -> Expr:
    """Put the null tests of a `?.` chain around it; a value type becomes nullable."""
    if not expr.guards:
        return expr
    code = expr.code
    for guard in reversed(expr.guards):
        code = GUARD.format(guard, code)
    kind = nullable(expr.type) if library.is_value(expr.type) and expr.type != VOID else expr.type
    return replace(expr, code=code, type=kind, guards=(), nonnull=False, const=NOTHING)


def value_expr(code: str, kind: Type, **more: Any) -> Expr:
    return Expr(code, kind, **more)


def null_expr() -> Expr:
    return Expr("None", NULL, kind="null", const=None)


def type_expr(kind: Type) -> Expr:
    return Expr("", kind, kind="type")


def friendly(kind: Type) -> str:
    """A type's name as APIM's messages write it."""
    if kind == NULL:
        return "<null>"
    if kind.name == "[]":
        return friendly(kind.args[0]) + "[]"
    if kind.name == "System.Nullable":
        return friendly(kind.args[0]) + "?"
    if kind == OBJECT:
        return "object"
    inside = f"<{', '.join(friendly(a) for a in kind.args)}>" if kind.args else ""
    return kind.name.removeprefix("!") + inside
