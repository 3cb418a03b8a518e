"""The type system that expressions are compiled against: types, their members, and the C# signatures that declare them.

A library file declares a type as a `TypeDef` whose rows are pairs of a C# signature and the Python that does it:

    TypeDef("System.Version", members=(
        ("int Major", "{0}.major"),                              # property: template with the receiver as {0}
        ("static bool TryParse(string s, out int n)", parse),    # out: returns (result, out value, ...)
        ("char this[int i]", at),                                # indexer
        ("new(int major)", Version),                             # constructor
        ("explicit string(Version v)", to_text),                 # conversion; also implicit
        ("operator bool ==(Version a, Version b)", same),
    ))
Prefixes: `some` promises a value that is not null, `typed` hands the type arguments over first (as a tuple), `ctx` the
context object before everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple


class Type(NamedTuple):
    """A .NET type: full name and type arguments. Arrays are `[]`, type parameters `!T`."""

    name: str
    args: tuple[Any, ...] = ()

    @property
    def short(self) -> str:
        return self.name.rpartition(".")[2]

    def __str__(self) -> str:
        return display(self)


KEYWORDS: Final = {
    "object": "System.Object",
    "string": "System.String",
    "bool": "System.Boolean",
    "char": "System.Char",
    "sbyte": "System.SByte",
    "byte": "System.Byte",
    "short": "System.Int16",
    "ushort": "System.UInt16",
    "int": "System.Int32",
    "uint": "System.UInt32",
    "long": "System.Int64",
    "ulong": "System.UInt64",
    "float": "System.Single",
    "double": "System.Double",
    "decimal": "System.Decimal",
    "void": "System.Void",
}

OBJECT: Final = Type("System.Object")
STRING: Final = Type("System.String")
BOOL: Final = Type("System.Boolean")
CHAR: Final = Type("System.Char")
INT: Final = Type("System.Int32")
UINT: Final = Type("System.UInt32")
LONG: Final = Type("System.Int64")
ULONG: Final = Type("System.UInt64")
SHORT: Final = Type("System.Int16")
USHORT: Final = Type("System.UInt16")
BYTE: Final = Type("System.Byte")
SBYTE: Final = Type("System.SByte")
FLOAT: Final = Type("System.Single")
DOUBLE: Final = Type("System.Double")
DECIMAL: Final = Type("System.Decimal")
VOID: Final = Type("System.Void")
NULL: Final = Type("null")
ANONYMOUS: Final = "<anonymous>"

INTEGERS: Final = {
    SBYTE: (-(2**7), 2**7 - 1),
    BYTE: (0, 2**8 - 1),
    SHORT: (-(2**15), 2**15 - 1),
    USHORT: (0, 2**16 - 1),
    INT: (-(2**31), 2**31 - 1),
    UINT: (0, 2**32 - 1),
    LONG: (-(2**63), 2**63 - 1),
    ULONG: (0, 2**64 - 1),
}
"""Integer types with their smallest and greatest value."""
NUMERIC: Final = frozenset({*INTEGERS, CHAR, FLOAT, DOUBLE, DECIMAL})
WIDENING: Final = {
    SBYTE: (SHORT, INT, LONG, FLOAT, DOUBLE, DECIMAL),
    BYTE: (SHORT, USHORT, INT, UINT, LONG, ULONG, FLOAT, DOUBLE, DECIMAL),
    SHORT: (INT, LONG, FLOAT, DOUBLE, DECIMAL),
    USHORT: (INT, UINT, LONG, ULONG, FLOAT, DOUBLE, DECIMAL),
    INT: (LONG, FLOAT, DOUBLE, DECIMAL),
    UINT: (LONG, ULONG, FLOAT, DOUBLE, DECIMAL),
    LONG: (FLOAT, DOUBLE, DECIMAL),
    ULONG: (FLOAT, DOUBLE, DECIMAL),
    CHAR: (USHORT, INT, UINT, LONG, ULONG, FLOAT, DOUBLE, DECIMAL),
    FLOAT: (DOUBLE,),
}
"""Implicit numeric conversions (C# 7, 6.1.2)."""


def nullable(argument: Type) -> Type:
    return Type("System.Nullable", (argument,))


def array_of(element: Type) -> Type:
    return Type("[]", (element,))


def generic(name: str, *args: Type) -> Type:
    return Type(name, args)


def display(kind: Type) -> str:
    """The name as .NET's `Type.ToString()` writes it."""
    if kind.name == "[]":
        return f"{display(kind.args[0])}[]"
    if kind.name.startswith("!"):
        return kind.name[1:]
    if not kind.args:
        return kind.name
    return f"{kind.name}`{len(kind.args)}[{','.join(display(a) for a in kind.args)}]"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a member."""

    name: str
    type: Type
    mode: str = ""
    """``, `out`, `params` or `this`."""
    default: Any = ...
    """`...`: required."""


@dataclass(frozen=True, slots=True)
class Member:
    """One overload of a member."""

    kind: str
    """`method`, `property`, `indexer`, `new`, `implicit`, `explicit`, `operator`."""
    name: str
    type: Type
    parameters: tuple[Parameter, ...]
    does: str | Callable[..., Any]
    setter: Any = None
    """What assigns the property or element; of a static property: its constant value."""
    variables: tuple[str, ...] = ()
    static: bool = False
    typed: bool = False
    context: bool = False
    extension: bool = False
    some: bool = False
    """Its value is never null."""
    signature: str = field(default="", compare=False)


@dataclass(frozen=True, eq=False)
class TypeDef:
    """A type of the library. `name` may declare parameters: `System.Collections.Generic.List<T>`."""

    name: str
    members: tuple[tuple[Any, ...], ...] = ()
    extends: tuple[str, ...] = ()
    """Base type and interfaces, as C# type names over the parameters."""
    kind: str = "class"
    """`class`, `struct`, `interface`, `enum`, `static`."""
    values: tuple[tuple[str, int], ...] = ()
    """Members of an enum."""
    flags: bool = False

    @property
    def full_name(self) -> str:
        return self.name.partition("<")[0]

    @property
    def variables(self) -> tuple[str, ...]:
        inside = self.name.partition("<")[2].rstrip(">")
        return tuple(part.strip() for part in inside.split(",")) if inside else ()


_TOKEN: Final = re.compile(r"\s*(\"[^\"]*\"|-?\d+|[A-Za-z_][\w.]*|\[\]|==|!=|<=|>=|<<|>>|.)")


class _Reader:
    """A cursor over the tokens of a signature."""

    def __init__(self, text: str, names: Callable[[str, int], str | None], variables: tuple[str, ...]) -> None:
        self.text = text
        self.tokens = [t for t in _TOKEN.findall(text) if t.strip()]
        self.at = 0
        self.names = names
        self.variables = variables

    def peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if expected and token != expected:
            raise ValueError(f"signature {self.text!r}: expected {expected!r} before {token!r}")
        self.at += 1
        return token

    def accept(self, token: str) -> bool:
        if self.peek() == token:
            self.at += 1
            return True
        return False

    def type(self) -> Type:
        name = self.take()
        args: list[Type] = []
        if self.peek() == "<" and name not in KEYWORDS:
            self.take()
            args.append(self.type())
            while self.accept(","):
                args.append(self.type())
            closing = self.take()
            if closing == ">>":
                self.at -= 1
                self.tokens[self.at] = ">"
        found = self._named(name, tuple(args))
        while self.peek() in ("[]", "?"):
            found = array_of(found) if self.take() == "[]" else nullable(found)
        return found

    def _named(self, name: str, args: tuple[Type, ...]) -> Type:
        if name in KEYWORDS:
            return Type(KEYWORDS[name])
        if name in self.variables:
            return Type("!" + name)
        full = self.names(name, len(args))
        if full is None:
            raise ValueError(f"signature {self.text!r}: unknown type {name!r}")
        return Type(full, args)


def parse_type(text: str, names: Callable[[str, int], str | None], variables: tuple[str, ...] = ()) -> Type:
    return _Reader(text, names, variables).type()


def parse_member(row: tuple[Any, ...], owner: TypeDef, names: Callable[[str, int], str | None]) -> Member:
    """A declared row as a `Member`."""
    signature, does = row[0], row[1]
    reader = _Reader(signature, names, owner.variables)
    flags = {word: reader.accept(word) for word in ("some", "typed", "ctx", "static")}
    setter = row[2] if len(row) > 2 else None
    shared = {"does": does, "setter": setter, "typed": flags["typed"], "context": flags["ctx"], "signature": signature}
    shared["some"] = flags["some"]
    own = Type(owner.full_name, tuple(Type("!" + v) for v in owner.variables))
    if reader.peek() == "new" and reader.peek(1) == "(":
        reader.take()
        return Member("new", ".ctor", own, _parameters(reader), static=True, **shared)
    if reader.peek() in ("implicit", "explicit"):
        kind = reader.take()
        target = reader.type()
        return Member(kind, "op", target, _parameters(reader), static=True, **shared)
    if reader.accept("operator"):
        result = reader.type()
        name = reader.take()
        return Member("operator", name, result, _parameters(reader), static=True, **shared)
    variables = _method_variables(signature)
    reader.variables = owner.variables + variables
    result = reader.type()
    name = reader.take()
    if name == "this":
        return Member("indexer", "this", result, _parameters(reader, "[", "]"), **shared)
    if variables:
        while reader.take() != ">":
            pass
    if reader.peek() != "(":
        return Member("property", name, result, (), static=flags["static"], **shared)
    parameters = _parameters(reader)
    extension = bool(parameters) and parameters[0].mode == "this"
    return Member(
        "method",
        name,
        result,
        parameters,
        variables=variables,
        static=flags["static"] or extension,
        extension=extension,
        **shared,
    )


def _method_variables(signature: str) -> tuple[str, ...]:
    found = re.search(r"\w+<([\w, ]+)>\(", signature)
    return tuple(part.strip() for part in found.group(1).split(",")) if found else ()


def _parameters(reader: _Reader, opening: str = "(", closing: str = ")") -> tuple[Parameter, ...]:
    reader.take(opening)
    found: list[Parameter] = []
    while not reader.accept(closing):
        mode = reader.take() if reader.peek() in ("out", "params", "this") else ""
        kind = reader.type()
        name = reader.take()
        default = _default(reader.take()) if reader.accept("=") else ...
        found.append(Parameter(name, kind, mode, default))
        reader.accept(",")
    return tuple(found)


def _default(token: str) -> Any:
    literals = {"null": None, "true": True, "false": False}
    if token in literals:
        return literals[token]
    return token[1:-1] if token.startswith('"') else int(token)


def substitute(kind: Type, bindings: dict[str, Type]) -> Type:
    """`kind` with its type parameters replaced."""
    if kind.name.startswith("!"):
        return bindings.get(kind.name[1:], kind)
    if not kind.args:
        return kind
    return Type(kind.name, tuple(substitute(a, bindings) for a in kind.args))


class Library:
    """The whitelist: every type and member that an expression may name, parsed from its rows on first use."""

    def __init__(self, definitions: tuple[TypeDef, ...]) -> None:
        self.definitions = {d.full_name + (f"`{len(d.variables)}" if d.variables else ""): d for d in definitions}
        self._short: dict[tuple[str, int], str] = {}
        for definition in definitions:
            key = (definition.full_name.rpartition(".")[2], len(definition.variables))
            self._short.setdefault(key, definition.full_name)
        self._extenders = tuple(d for d in definitions if any("(this " in row[0] for row in d.members))
        self.arities = {name for name, arity in self._short if arity}
        self.members = lru_cache(maxsize=None)(self._members)
        self.bases = lru_cache(maxsize=None)(self._bases)
        self.extensions = lru_cache(maxsize=None)(self._extensions)
        self.converts = lru_cache(maxsize=None)(self._converts)

    def definition(self, kind: Type) -> TypeDef | None:
        if kind.name == "[]":
            return self.definitions.get("System.Array`1")
        return self.definitions.get(f"{kind.name}`{len(kind.args)}" if kind.args else kind.name)

    def resolve(self, name: str, arity: int = 0) -> str | None:
        """Full name of a short or full type name with `arity` type arguments."""
        if name in KEYWORDS:
            return KEYWORDS[name]
        full = self._short.get((name, arity))
        if full is None and "." in name and (f"{name}`{arity}" if arity else name) in self.definitions:
            return name
        return full

    def parse(self, text: str) -> Type:
        """A C# type name of the library."""
        return parse_type(text, self.resolve)

    def is_namespace(self, name: str) -> bool:
        return any(full.startswith(name + ".") for full in self.definitions)

    def is_value(self, kind: Type) -> bool:
        """Whether values of the type cannot be null."""
        if kind.name == "System.Nullable":
            return False
        definition = self.definition(kind)
        return definition is not None and definition.kind in ("struct", "enum")

    def is_enum(self, kind: Type) -> bool:
        definition = self.definition(kind)
        return definition is not None and definition.kind == "enum"

    def _members(self, full_name: str, name: str) -> tuple[Member, ...]:
        definition = self.definitions.get(full_name)
        if definition is None:
            return ()
        parsed = (parse_member(row, definition, self.resolve) for row in definition.members if name in row[0])
        return tuple(member for member in parsed if name in (member.name, member.kind))

    def own_members(self, kind: Type, name: str) -> tuple[tuple[Member, dict[str, Type]], ...]:
        """Members `name` that `kind` itself declares, each with the bindings of the type's parameters."""
        definition = self.definition(kind)
        if definition is None:
            return ()
        key = definition.full_name + (f"`{len(definition.variables)}" if definition.variables else "")
        bindings = dict(zip(definition.variables, kind.args, strict=False))
        return tuple((member, bindings) for member in self.members(key, name))

    def find(self, kind: Type, name: str) -> Iterator[tuple[Member, dict[str, Type]]]:
        """Members `name` of `kind` and what it derives from, nearest first."""
        for step in self.bases(kind):
            yield from self.own_members(step, name)

    def _bases(self, kind: Type) -> tuple[Type, ...]:
        """`kind` and all that it derives from, nearest first, `object` last."""
        found = [kind]
        queue = [kind]
        while queue:
            step = queue.pop(0)
            definition = self.definition(step)
            if definition is None:
                continue
            if definition.kind == "enum":
                found.append(Type("System.Enum"))
            bindings = dict(zip(definition.variables, step.args, strict=False))
            for text in definition.extends:
                parent = substitute(parse_type(text, self.resolve, definition.variables), bindings)
                if parent not in found:
                    found.append(parent)
                    queue.append(parent)
        if OBJECT not in found:
            found.append(OBJECT)
        return tuple(found)

    def _extensions(self, name: str) -> tuple[Member, ...]:
        return tuple(
            member
            for definition in self._extenders
            for member in self.members(definition.full_name, name)
            if member.extension and member.name == name
        )

    def _converts(self, source: Type, target: Type) -> bool:
        """Whether there is an identity, reference or boxing conversion (C# 7, 6.1)."""
        if source == target or target == OBJECT:
            return True
        if source == NULL:
            return not self.is_value(target)
        for step in self.bases(source):
            if step == target or self._varies(step, target):
                return True
        return False

    def _varies(self, source: Type, target: Type) -> bool:
        covariant = {"System.Collections.Generic.IEnumerable", "System.Collections.Generic.IReadOnlyList", "[]",
                     "System.Collections.Generic.IReadOnlyCollection", "System.Collections.Generic.IEnumerator"}  # fmt: skip
        return (
            source.name == target.name
            and source.name in covariant
            and len(source.args) == 1
            and not self.is_value(source.args[0])
            and self._converts(source.args[0], target.args[0])
        )
