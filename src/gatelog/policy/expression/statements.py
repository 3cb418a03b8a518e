"""Statements of a block: each gives lines of Python and says whether its end can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import tree_sitter

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.dotnet.metadata import CHAR, INT, NULL, OBJECT, STRING, VOID, Type
from gatelog.policy.dotnet.runtime import iterate, nn, raise_value, refill
from gatelog.policy.expression.bound import NOTHING, Compilation, Expr, Function, Scope, closed, friendly, value_expr
from gatelog.policy.expression.conversions import DELEGATES, default_value, implicit
from gatelog.policy.expression.expressions import condition, field_of, inner, pattern_test
from gatelog.policy.expression.lambdas import definition
from gatelog.policy.expression.names import resolve_type
from gatelog.policy.expression.objects import elements
from gatelog.policy.expression.syntax import walk

Lines = list[str]
Result = tuple[Lines, bool]
"""Lines, and whether control can come out at the end."""
EXCEPTION: Final = "System.Exception"


def indent(lines: Lines) -> Lines:
    return ["    " + line for line in lines] or ["    pass"]


def block(c: Compilation, node: tree_sitter.Node) -> Result:
    """The statements of `{ ... }` in a scope of their own."""
    outer = c.scope
    c.scope = Scope(outer)
    try:
        return sequence(c, inner(node))
    finally:
        c.scope = outer


def sequence(c: Compilation, nodes: list[tree_sitter.Node]) -> Result:
    lines: Lines = []
    reachable = True
    for node in nodes:
        if node.type == "local_function_statement":
            _announce(c, node)
    for node in nodes:
        found, ends = statement(c, node)
        lines.extend(found)
        reachable = reachable and ends
    return lines, reachable


def statement(c: Compilation, node: tree_sitter.Node) -> Result:
    """One statement, with the nested functions that it needs before it."""
    binder = STATEMENTS.get(node.type)
    if binder is None:
        raise c.error(node, f"'{node.type.replace('_', ' ')}' is not supported within expressions")
    outer = c.hoisted
    c.hoisted = []
    try:
        lines, reachable = binder(c, node)
        return [*c.hoisted, *lines], reachable
    finally:
        c.hoisted = outer


def nested(c: Compilation, node: tree_sitter.Node) -> Result:
    """The body of an if or a loop: its own scope."""
    outer = c.scope
    c.scope = Scope(outer)
    try:
        return block(c, node) if node.type == "block" else statement(c, node)
    finally:
        c.scope = outer


def expression(c: Compilation, node: tree_sitter.Node) -> Result:
    inside = inner(node)
    if not inside:
        return [], True
    if inside[0].type not in (
        "assignment_expression", "invocation_expression", "postfix_unary_expression", "prefix_unary_expression",
        "object_creation_expression", "conditional_access_expression", "parenthesized_expression",
    ):  # fmt: skip
        raise c.error(node, "Only assignment, call, increment, decrement, and new object expressions can be used as a statement")
    found = c.bind(inside[0])
    return [closed(found, c.library).code], True


def declaration(c: Compilation, node: tree_sitter.Node) -> Result:
    words = {c.text(child) for child in node.children if child.type == "modifier"}
    return declare(c, next(n for n in node.named_children if n.type == "variable_declaration"), const="const" in words), True


def declare(c: Compilation, node: tree_sitter.Node, *, const: bool = False) -> Lines:
    """`T a = x, b = y`."""
    type_node = field_of(node, "type")
    lines: Lines = []
    for child in node.named_children:
        if child.type == "variable_declarator":
            lines.extend(_declarator(c, child, type_node, const=const))
    return lines


def _declarator(c: Compilation, node: tree_sitter.Node, type_node: tree_sitter.Node, *, const: bool) -> Lines:
    name_node = field_of(node, "name")
    values = [n for n in inner(node) if n.start_byte > name_node.start_byte]
    name = c.text(name_node).removeprefix("@")
    if type_node.type == "implicit_type" or c.text(type_node) == "var":
        if not values:
            raise c.error(node, "Implicitly-typed variables must be initialized")
        value = c.value(values[0])
        if value.kind != "value" or value.type in (NULL, VOID):
            raise c.error(
                node, f"Cannot assign {friendly(value.type) if value.is_value else value.kind} to an implicitly-typed variable"
            )
        variable = c.declare(node, name, value.type)
        variable.fresh = _settled(c, node, name)
        return [f"{variable.code} = {value.code}"]
    kind = resolve_type(c, type_node)
    if not values:
        variable = c.declare(node, name, kind)
        return [f"{variable.code} = {default_value(c, kind).code}"]
    if values[0].type == "initializer_expression" and kind.name == "[]":
        value = elements(c, node, [c.value(n) for n in inner(values[0])], kind.args[0])
    elif kind.name in DELEGATES:
        return _delegate(c, node, name, kind, values[0])
    else:
        value = c.value(values[0])
    converted = implicit(c, value, kind)
    if converted is None:
        raise c.error(node, f"Cannot implicitly convert type '{friendly(value.type)}' to '{friendly(kind)}'")
    variable = c.declare(node, name, kind, const=converted.const if const else NOTHING, readonly=const)
    variable.fresh = _settled(c, node, name)
    return [f"{variable.code} = {converted.code}"]


def _settled(c: Compilation, node: tree_sitter.Node, name: str) -> bool:
    """Whether a variable of a loop's body keeps its first value: a lambda may then hold the value instead of the variable."""
    if not c.function.loop:
        return False
    around = node.parent
    while around is not None and around.type != "block":
        around = around.parent
    return around is not None and not any(_changes(c, n, name) for n in walk(around))


def _changes(c: Compilation, node: tree_sitter.Node, name: str) -> bool:
    if node.type == "assignment_expression":
        target = node.child_by_field_name("left")
    elif node.type in ("prefix_unary_expression", "postfix_unary_expression", "argument"):
        words = {c.text(child) for child in node.children if not child.is_named}
        target = node.named_children[-1] if words & {"++", "--", "out", "ref"} else None
    else:
        return False
    return target is not None and target.type == "identifier" and c.text(target) == name


def _delegate(c: Compilation, node: tree_sitter.Node, name: str, kind: Type, value_node: tree_sitter.Node) -> Lines:
    """A delegate variable: the lambda may call itself only through a variable declared before, as in C#."""
    value = c.value(value_node)
    converted = implicit(c, value, kind)
    if converted is None:
        raise c.error(node, f"Cannot convert lambda expression to type '{friendly(kind)}'")
    variable = c.declare(node, name, kind)
    return [f"{variable.code} = {converted.code}"]


def return_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    inside = inner(node)
    if not inside:
        c.function.found.append(VOID)
        if c.function.returns not in (None, VOID):
            raise c.error(node, "An object of a type convertible to 'object' is required")
        return ["return None"], False
    value = c.value(inside[0])
    if value.kind in ("lambda", "group"):
        raise c.error(node, "Cannot convert lambda expression to type 'object' because it is not a delegate type")
    if value.kind == "throw":
        return [value.code], False
    if value.type == VOID:
        raise c.error(node, "Cannot implicitly convert type 'void' to 'object'")
    c.function.found.append(value.type)
    if c.function.returns is not None:
        converted = implicit(c, value, c.function.returns)
        if converted is None:
            raise c.error(node, f"Cannot implicitly convert type '{friendly(value.type)}' to '{friendly(c.function.returns)}'")
        value = converted
    return [f"return {value.code}"], False


def if_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    test_node = field_of(node, "condition")
    test = condition(c, test_node)
    yes, yes_ends = nested(c, field_of(node, "consequence"))
    lines = [f"if {test}:", *indent(yes)]
    other = node.child_by_field_name("alternative")
    if other is None:
        return lines, yes_ends or c.text(test_node) != "true"
    no, no_ends = nested(c, other)
    return [*lines, "else:", *indent(no)], yes_ends or no_ends


def _metered(c: Compilation) -> Lines:
    c.metered = True
    return ["b[0] -= 1", f"if b[0] < 0: {c.constant(refill)}(b)"]


def _loop_body(c: Compilation, node: tree_sitter.Node) -> Result:
    outer, c.function.loop = c.function.loop, "loop"
    try:
        return nested(c, node)
    finally:
        c.function.loop = outer


def _breaks(node: tree_sitter.Node) -> bool:
    """Whether a break of this loop stands in the body."""
    for child in node.named_children:
        if child.type == "break_statement":
            return True
        if child.type in (
            "for_statement",
            "foreach_statement",
            "while_statement",
            "do_statement",
            "switch_statement",
            "lambda_expression",
        ):
            continue
        if _breaks(child):
            return True
    return False


def while_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    test_node = field_of(node, "condition")
    test = condition(c, test_node)
    body_node = field_of(node, "body")
    lines, _ = _loop_body(c, body_node)
    endless = c.text(test_node) == "true" and not _breaks(node)
    return [f"while {test}:", *indent([*_metered(c), *lines])], not endless


def do_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    body_node = field_of(node, "body")
    if _continues(body_node):
        raise c.error(node, "'continue' inside 'do' is not supported within expressions")
    lines, ends = _loop_body(c, body_node)
    test = condition(c, field_of(node, "condition"))
    return ["while True:", *indent([*_metered(c), *lines, f"if not {test}: break"])], ends or _breaks(node)


def _continues(node: tree_sitter.Node) -> bool:
    skip = ("for_statement", "foreach_statement", "while_statement", "do_statement", "lambda_expression")
    return any(
        child.type == "continue_statement" or (child.type not in skip and _continues(child)) for child in node.named_children
    )


def for_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    outer = c.scope
    c.scope = Scope(outer)
    try:
        return _for(c, node)
    finally:
        c.scope = outer


def _for(c: Compilation, node: tree_sitter.Node) -> Result:
    start: Lines = []
    for child in node.children_by_field_name("initializer"):
        if not child.is_named:
            continue
        start.extend(declare(c, child) if child.type == "variable_declaration" else [c.value(child).code])
    test_node = node.child_by_field_name("condition")
    test = condition(c, test_node) if test_node is not None else "True"
    body_node = field_of(node, "body")
    lines, _ = _loop_body(c, body_node)
    updates = [c.value(child).code for child in node.children_by_field_name("update") if child.is_named]
    endless = test_node is None and not _breaks(node)
    if not _continues(body_node):
        return [*start, f"while {test}:", *indent([*_metered(c), *lines, *updates])], not endless
    first = c.name("t")
    advance = [f"if {first}:", *indent([f"{first} = False"]), "else:", *indent(updates)]
    body = [*_metered(c), *advance, f"if not {test}: break", *lines]
    return [*start, f"{first} = True", "while True:", *indent(body)], not endless


def foreach_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    outer = c.scope
    c.scope = Scope(outer)
    try:
        return _foreach(c, node)
    finally:
        c.scope = outer


def _foreach(c: Compilation, node: tree_sitter.Node) -> Result:
    source = c.value(field_of(node, "right"))
    element = element_type(c, source.type)
    if element is None:
        raise c.error(
            node,
            f"foreach statement cannot operate on variables of type '{friendly(source.type)}' because it does not contain "
            "a public instance definition for 'GetEnumerator'",
        )
    type_node = node.child_by_field_name("type")
    name_node = field_of(node, "left")
    kind = element
    item = c.name("t")
    value = value_expr(item, element)
    if type_node is not None and type_node.type != "implicit_type":
        kind = resolve_type(c, type_node)
        converted = c.cast(value, kind)
        if converted is None:
            raise c.error(node, f"Cannot convert type '{friendly(element)}' to '{friendly(kind)}'")
        value = converted
    variable = c.declare(node, c.text(name_node), kind, readonly=True)
    variable.fresh = True
    lines, _ = _loop_body(c, field_of(node, "body"))
    head = [*_metered(c), f"{variable.code} = {value.code}"]
    iterable = source.code if source.nonnull else f"{c.constant(nn)}({source.code})"
    own = next((m.does for m, _ in c.library.find(source.type, "GetEnumerator") if callable(m.does)), None)
    iterable = iterable if own is None else c.call(own, iterable)
    return [f"for {item} in {c.constant(iterate)}({iterable}):", *indent([*head, *lines])], True


def element_type(c: Compilation, kind: Type) -> Type | None:
    """What foreach gives of a type."""
    if kind.name == "[]":
        return kind.args[0]  # type: ignore[no-any-return]
    if kind == STRING:
        return CHAR
    for member, _ in c.library.find(kind, "GetEnumerator"):
        return member.type.args[0] if member.type.args else OBJECT
    for step in c.library.bases(kind):
        if step.name == "System.Collections.Generic.IEnumerable":
            return step.args[0]  # type: ignore[no-any-return]
    return OBJECT if any(step.name == "System.Collections.IEnumerable" for step in c.library.bases(kind)) else None


def break_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    if not c.function.loop:
        raise c.error(node, "No enclosing loop out of which to break or continue")
    return ["break"], False


def continue_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    if not c.function.loop or c.function.loop == "switch":
        raise c.error(node, "No enclosing loop out of which to break or continue")
    if c.function.loop.startswith("switch:"):
        return [f"{c.function.loop[7:]} = True", "break"], False
    return ["continue"], False


def switch_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    """A one-round loop, so that break leaves it; continue sets a flag for the loop around."""
    value = c.value(field_of(node, "value"))
    held = value_expr(c.name("t"), value.type)
    outer = c.function.loop
    flag = c.name("t") if outer and outer != "switch" else ""
    c.function.loop = f"switch:{flag}" if flag else "switch"
    try:
        lines, reachable = _sections(c, node, held)
    finally:
        c.function.loop = outer
    result = [f"{held.code} = {value.code}", "while True:", *indent([*lines, "break"])]
    if flag:
        again = [f"{outer[7:]} = True", "break"] if outer.startswith("switch:") else ["continue"]
        result = [f"{flag} = False", *result, f"if {flag}:", *indent(again)]
    return result, reachable


def _sections(c: Compilation, node: tree_sitter.Node, held: Expr) -> Result:
    sections = [n for n in field_of(node, "body").named_children if n.type == "switch_section"]
    lines: Lines = []
    default: Lines | None = None
    reachable = False
    pending: list[tree_sitter.Node] = []
    for section in sections:
        outer = c.scope
        c.scope = Scope(outer)
        tests, is_default, statements = _labels(c, section, held, [])
        if not statements:
            pending.append(section)
            c.scope = outer
            continue
        for earlier in pending:
            more, also, _ = _labels(c, earlier, held, [])
            tests, is_default = [*more, *tests], is_default or also
        pending = []
        body, ends = sequence(c, statements)
        c.scope = outer
        if ends:
            raise c.error(section, "Control cannot fall through from one case label to another")
        reachable = reachable or any(_breaks(s) or s.type == "break_statement" for s in statements)
        if tests and not is_default:
            lines.extend([f"if {' or '.join(tests)}:", *indent(body)])
        if is_default:
            default = body
    if default is not None:
        lines.extend(default)
    return lines, reachable or default is None


def _labels(
    c: Compilation, section: tree_sitter.Node, held: Expr, tests: list[str]
) -> tuple[list[str], bool, list[tree_sitter.Node]]:
    """Tests of the section's case labels, whether default is one of them, and its statements."""
    statements: list[tree_sitter.Node] = []
    is_default = False
    for child in section.children:
        if child.type in ("case", ":", "comment"):
            continue
        if child.type == "default":
            is_default = True
        elif child.type == "when_clause":
            tests[-1] = f"({tests[-1]} and {condition(c, inner(child)[0])})"
        elif child.type.endswith("_pattern") or (child.is_named and child.type.endswith(("_expression", "_literal"))):
            tests.append(_case_test(c, held, child))
        elif child.is_named:
            statements.append(child)
    return tests, is_default, statements


def _case_test(c: Compilation, held: Expr, node: tree_sitter.Node) -> str:
    inside = inner(node)[0] if node.type == "constant_pattern" else node
    if node.type.endswith("_pattern") and node.type != "constant_pattern":
        return pattern_test(c, held, node)
    constant = c.value(inside)
    if constant.type == NULL:
        return f"({held.code} is None)"
    converted = implicit(c, constant, held.type)
    if converted is None:
        raise c.error(node, f"Cannot implicitly convert type '{friendly(constant.type)}' to '{friendly(held.type)}'")
    if held.type == OBJECT:
        return c.call(c.library.equals, held.code, constant.code)
    return f"({held.code} == {converted.code})"


def throw_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    inside = inner(node)
    if not inside:
        return ["raise"], False
    value = c.value(inside[0])
    return [c.call(raise_value, value.code)], False


def try_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    body, ends = block(c, field_of(node, "body"))
    lines = ["try:", *indent(body)]
    catches = [n for n in node.named_children if n.type == "catch_clause"]
    if catches:
        error = c.name("e")
        lines.append(f"except {c.constant(DotNetException)} as {error}:")
        held = c.name("t")
        handler: Lines = [f"{held} = {error}", f"if {held}.fatal: raise"]
        for clause in catches:
            more, clause_ends = _catch(c, clause, held)
            handler.extend(more)
            ends = ends or clause_ends
        lines.extend(indent([*_chained(handler), "else:", *indent(["raise"])]))
    last = next((n for n in node.named_children if n.type == "finally_clause"), None)
    if last is not None:
        final, _ = block(c, inner(last)[0])
        lines.extend(["finally:", *indent(final)])
    return lines, ends


def _chained(handler: Lines) -> Lines:
    """Turn the second and later top-level `if` of the catch clauses into `elif`."""
    seen = 0
    out: Lines = []
    for line in handler:
        if line.startswith("if ") and line.endswith(":"):
            seen += 1
            line = line if seen == 1 else "el" + line
        out.append(line)
    return out


def _catch(c: Compilation, clause: tree_sitter.Node, held: str) -> Result:
    outer = c.scope
    c.scope = Scope(outer)
    try:
        declared = next((n for n in clause.named_children if n.type == "catch_declaration"), None)
        kind = resolve_type(c, field_of(declared, "type")) if declared is not None else Type(EXCEPTION)
        lines: Lines = []
        name_node = declared.child_by_field_name("name") if declared is not None else None
        test = f"{held}.is_a({kind.name!r})"
        if name_node is not None:
            variable = c.declare(clause, c.text(name_node), kind)
            test = f"{test} and [{variable.code} := {held}] is not None"
        guard = next((n for n in clause.named_children if n.type == "catch_filter_clause"), None)
        if guard is not None:
            test = f"{test} and {condition(c, inner(guard)[0])}"
        body, ends = block(c, field_of(clause, "body"))
        return [f"if {test}:", *indent([*lines, *body])], ends
    finally:
        c.scope = outer


def using_statement(c: Compilation, node: tree_sitter.Node) -> Result:
    """`using (var x = ...) ...`: the library's objects hold nothing that must be given back."""
    outer = c.scope
    c.scope = Scope(outer)
    try:
        lines: Lines = []
        for child in inner(node)[:-1]:
            lines.extend(declare(c, child) if child.type == "variable_declaration" else [c.value(child).code])
        body, ends = nested(c, field_of(node, "body"))
        return [*lines, *body], ends
    finally:
        c.scope = outer


def _announce(c: Compilation, node: tree_sitter.Node) -> None:
    """Make a local function known before its statement, as C# does."""
    type_node = field_of(node, "type")
    result = VOID if c.text(type_node) == "void" else resolve_type(c, type_node)
    parameters: list[tuple[str, Type]] = []
    for child in inner(field_of(node, "parameters")):
        kind = child.child_by_field_name("type")
        name = child.child_by_field_name("name")
        if child.type != "parameter" or kind is None or name is None or child.child_count > 2:
            raise c.error(child, f"parameter '{c.text(child)}' is not supported within expressions")
        parameters.append((c.text(name), resolve_type(c, kind)))
    variable = c.declare(node, c.text(field_of(node, "name")), OBJECT, readonly=True)
    variable.signature = (tuple(parameters), result)


def local_function(c: Compilation, node: tree_sitter.Node) -> Result:
    variable = c.scope.names[c.text(field_of(node, "name"))]
    assert variable.signature is not None
    parameters, result = variable.signature
    c.metered = True
    outer_function, outer_scope, outer_hoisted = c.function, c.scope, c.hoisted
    function = Function(outer_function, result)
    c.function, c.scope, c.hoisted = function, Scope(outer_scope), []
    try:
        codes = [c.declare(node, name, kind).code for name, kind in parameters]
        body_node = field_of(node, "body")
        if body_node.type == "block":
            lines, ends = block(c, body_node)
            if ends and result != VOID:
                raise c.error(node, "Not all code paths return a value")
        else:
            lines = _arrow(c, node, body_node, result)
    finally:
        c.function, c.scope, c.hoisted = outer_function, outer_scope, outer_hoisted
    return definition(c, variable.code, codes, function, lines), True


def _arrow(c: Compilation, node: tree_sitter.Node, body: tree_sitter.Node, result: Type) -> Lines:
    value = c.value(inner(body)[0])
    if result == VOID:
        return [*c.hoisted, value.code]
    converted = implicit(c, value, result)
    if converted is None:
        raise c.error(node, f"Cannot implicitly convert type '{friendly(value.type)}' to '{friendly(result)}'")
    return [*c.hoisted, f"return {converted.code}"]


STATEMENTS: Final[dict[str, Callable[[Compilation, tree_sitter.Node], Result]]] = {
    "block": block,
    "expression_statement": expression,
    "local_declaration_statement": declaration,
    "return_statement": return_statement,
    "if_statement": if_statement,
    "while_statement": while_statement,
    "do_statement": do_statement,
    "for_statement": for_statement,
    "foreach_statement": foreach_statement,
    "break_statement": break_statement,
    "continue_statement": continue_statement,
    "switch_statement": switch_statement,
    "throw_statement": throw_statement,
    "try_statement": try_statement,
    "using_statement": using_statement,
    "local_function_statement": local_function,
    "checked_statement": lambda c, n: block(c, inner(n)[-1]),
    "empty_statement": lambda _c, _n: ([], True),
}

__all__ = ["INT", "block", "statement"]
