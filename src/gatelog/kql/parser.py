"""Tokens to syntax tree: precedence climbing for expressions, one function for each tabular operator (see `operators/`).

A finding inside an operator is noted and parsing goes on behind the next `|` or `;`, so that several errors are reported at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from gatelog.kql import ast
from gatelog.kql.constants import json_constant, literal
from gatelog.kql.errors import NOT_SUPPORTED, SYNTAX, Finding, nearest, report
from gatelog.kql.lexer import END, LONG, NAME, OPERATOR, REAL, STRING, TIMESPAN, TYPED, Token, string_value
from gatelog.kql.reader import TokenReader
from gatelog.kql.syntax import LISTS, PRECEDENCE, SPELLINGS
from gatelog.schema.types import KqlType

ParseOperator = Callable[["Parser", int], ast.Operator]
"""(parser standing behind the keyword, offset of the keyword) -> node."""

MAX_DEPTH = 160
"""Nesting of expressions and pipelines that is read; deeper text is refused instead of exhausting the stack."""

_SOURCES = frozenset(("print", "range", "datatable", "union", "search", "find", "externaldata", "evaluate"))


class Parser(TokenReader):
    """Reads one query. Operators use its public methods to read their parts."""

    def __init__(self, text: str, operators: Mapping[str, ParseOperator], sources: Mapping[str, ParseOperator]) -> None:
        super().__init__(text)
        self._operators = operators
        self._sources = sources

    # -- statements

    def query(self) -> ast.Query:
        """The whole text. Raises KqlError with all findings."""
        statements: list[ast.Statement] = []
        while self.token.kind != END:
            if self.accept(";"):
                continue
            try:
                statements.append(self.statement())
                if self.token.kind != END:
                    self.expect(";")
            except Finding as finding:
                self.findings.append(finding)
                self._skip(";")
        if not statements and not self.findings:
            self.findings.append(Finding(SYNTAX, "the query is empty", (0, len(self._text))))
        if self.findings:
            raise report(self._text, self.findings)
        return ast.Query((0, len(self._text)), tuple(statements))

    def _skip(self, *stops: str) -> None:
        depth = 0
        while self.token.kind != END:
            text = self.token.text if self.token.kind == OPERATOR else ""
            if depth <= 0 and text in stops:
                return
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(text, 0)
            if depth < 0 and ";" not in stops:
                return
            self.advance()

    def statement(self) -> ast.Statement:
        """One statement, without its `;`."""
        start = self.token.start
        following = self.peek()
        if self.token.kind == NAME and self.token.text in _STATEMENTS and following.kind in (NAME, OPERATOR):
            if following.kind == NAME or following.text == "[":
                return _STATEMENTS[self.token.text](self, start)
        value = self.pipeline()
        return ast.ExpressionStatement((start, self.end), value)

    def _let(self, start: int) -> ast.Statement:
        self.advance()
        name = self.name("the name of the variable")
        self.expect("=")
        value = self._lambda() if self._at_lambda() else self.pipeline()
        return ast.Let((start, self.end), name, value)

    def _set(self, start: int) -> ast.Statement:
        self.advance()
        name = self.name("the name of the option")
        value: Any = True
        if self.accept("="):
            expression = self.expression()
            if isinstance(expression, ast.Literal):
                value = expression.value
            elif isinstance(expression, ast.Name):
                value = expression.name
            else:
                raise self.fail("expected a constant", expression.span)
        return ast.SetOption((start, self.end), name, value)

    def _declare(self, start: int) -> ast.Statement:
        self.advance()
        if self.accept("query_parameters"):
            return ast.DeclareParameters((start, self.end), self._parameters())
        return self._other(start)

    def _other(self, start: int) -> ast.Statement:
        keyword = self.token.text
        self._skip(";")
        return ast.Other((start, self.end), keyword)

    def _at_lambda(self) -> bool:
        if self.token.text == "view" and self.peek().text == "(":
            return True
        if not self.at("("):
            return False
        depth = 0
        for index in range(self._position, len(self._tokens)):
            token = self._tokens[index]
            if token.kind == OPERATOR:
                depth += {"(": 1, ")": -1}.get(token.text, 0)
                if not depth:
                    return self._tokens[index + 1].text == "{" if index + 1 < len(self._tokens) else False
        return False

    def _lambda(self) -> ast.Lambda:
        start = self.token.start
        view = self.accept("view")
        parameters = self._parameters()
        self.expect("{")
        statements: list[ast.Statement] = []
        body: ast.Expression | None = None
        while not self.at("}"):
            if self.token.kind == END:
                raise self.unexpected("'}'")
            if self.accept(";"):
                continue
            statement = self.statement()
            if isinstance(statement, ast.ExpressionStatement):
                body = statement.value
            else:
                statements.append(statement)
            if not self.at("}"):
                self.expect(";")
        self.expect("}")
        return ast.Lambda((start, self.end), parameters, tuple(statements), body, view)

    def _parameters(self) -> tuple[ast.Parameter, ...]:
        self.expect("(")
        items: list[ast.Parameter] = []
        while not self.at(")"):
            items.append(self._parameter())
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(items)

    def _parameter(self) -> ast.Parameter:
        start = self.token.start
        name = self.name("the name of the parameter")
        self.expect(":")
        if self.accept("("):
            columns: list[tuple[str, KqlType]] = []
            is_open = False
            while not self.at(")"):
                if self.accept("*"):
                    is_open = True
                else:
                    column = self.name("a column name")
                    self.expect(":")
                    columns.append((column, self.type_name()))
                if not self.accept(","):
                    break
            self.expect(")")
            return ast.Parameter((start, self.end), name, None, tuple(columns), is_open, tabular=True)
        kind = self.type_name()
        default = self.expression() if self.accept("=") else None
        return ast.Parameter((start, self.end), name, kind, default=default)

    # -- pipelines

    def pipeline(self) -> ast.Expression:
        """An expression, or `source | operator ...`."""
        self._enter()
        start = self.token.start
        source = self.source()
        operators: list[ast.Operator] = []
        while self.accept("|"):
            if self.token.kind == END:
                raise self.unexpected("an operator")
            try:
                operators.append(self.operator())
                if not (self.token.kind == END or self.at("|", ")", ";", "}", ",")):
                    raise self.unexpected("'|' or the end of the query")
            except Finding as finding:
                self.findings.append(finding)
                self._skip("|", ";")
        self._depth -= 1
        if not operators and isinstance(source, ast.Expression):
            return source
        return ast.Pipeline((start, self.end), source, tuple(operators))

    def source(self) -> ast.Expression | ast.Operator:
        """What a pipeline starts with."""
        token = self.token
        if token.kind == NAME and token.text in self._sources and self._starts_source():
            self.advance()
            return self._sources[token.text](self, token.start)
        return self.expression()

    def _starts_source(self) -> bool:
        text, following = self.token.text, self.peek()
        if text == "print" or (text == "evaluate" and following.kind == NAME):
            return not (following.kind == OPERATOR and following.text in ("|", ")", ";", "=", ".", ","))
        if text == "range":
            return following.kind == NAME or following.text == "["
        if text in ("datatable", "externaldata"):
            return following.kind in (NAME, OPERATOR) and following.text not in ("|", ".", "=")
        if text == "union":
            return following.kind in (NAME, STRING) or following.text in ("(", "*", "[")
        return following.kind in (NAME, STRING, LONG, TYPED) or following.text in ("(", "*", "[")

    def operator(self) -> ast.Operator:
        """One tabular operator, with its keyword."""
        token = self.token
        read = self._operators.get(token.text) if token.kind == NAME else None
        if read is None:
            if token.kind == NAME:
                hint = nearest(token.text, self._operators)
                raise Finding(SYNTAX, f"'{token.text}' is not a tabular operator", (token.start, token.end), hint)
            raise self.unexpected("a tabular operator")
        self.advance()
        return read(self, token.start)

    def operators_until_close(self) -> tuple[ast.Operator, ...]:
        """`operator | operator`, up to a closing parenthesis: the sub-pipelines of partition, mv-apply, fork."""
        self._enter()
        items = [self.operator()]
        while self.accept("|"):
            items.append(self.operator())
        self._depth -= 1
        return tuple(items)

    # -- expressions

    def named(self) -> ast.Expression:
        """`name = expression`, `(a, b) = expression`, or an expression."""
        start = self.token.start
        if self.token.kind == NAME and self.peek().text == "=" and self.peek().kind == OPERATOR:
            names: tuple[str, ...] = (self.name(),)
            self.advance()
            return ast.Named((start, self.end), names, self.expression())
        if self.at("[") and self.at_name() and self.peek(3).text == "=":
            names = (self.name(),)
            self.advance()
            return ast.Named((start, self.end), names, self.expression())
        if self.at("(") and self._at_name_group():
            self.advance()
            names = self.names()
            self.expect(")")
            self.expect("=")
            return ast.Named((start, self.end), names, self.expression(), grouped=True)
        return self.expression()

    def _at_name_group(self) -> bool:
        index = 1
        while True:
            if self.peek(index).kind == NAME:
                index += 1
            elif self.peek(index).text == "[" and self.peek(index + 1).kind == STRING:
                index += 3
            else:
                return False
            if self.peek(index).text == ")":
                return self.peek(index + 1).text == "=" and self.peek(index + 1).kind == OPERATOR
            if self.peek(index).text != ",":
                return False
            index += 1

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            token = self.token
            raise Finding(NOT_SUPPORTED, f"nested deeper than {MAX_DEPTH} levels", (token.start, token.end))

    def expression(self, least: int = 1) -> ast.Expression:
        """A scalar expression whose operators bind at least as strong as `least`."""
        self._enter()
        left = self._unary()
        while True:
            token = self.token
            if token.kind not in (OPERATOR, NAME):
                break
            strength = PRECEDENCE.get(token.text)
            if strength is None or strength < least or (token.text == "matches" and self.peek().text != "regex"):
                break
            left = self._binary(left, strength)
        self._depth -= 1
        return left

    def _binary(self, left: ast.Expression, strength: int) -> ast.Expression:
        start = left.span[0]
        operator = self.advance().text
        operator = SPELLINGS.get(operator, operator)
        if operator in LISTS:
            items = self._items()
            return ast.In((start, self.end), operator, left, items)
        if operator in ("between", "!between"):
            self.expect("(")
            low = self.expression()
            self.expect("..")
            high = self.expression()
            self.expect(")")
            return ast.Between((start, self.end), operator, left, low, high)
        if operator == "matches":
            self.advance()
            operator = "matches regex"
        right = self.expression(strength + 1)
        return ast.Binary((start, self.end), operator, left, right)

    def _items(self) -> tuple[ast.Expression, ...]:
        self.expect("(")
        items: list[ast.Expression] = []
        while not self.at(")"):
            items.append(self.pipeline())
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(items)

    def _unary(self) -> ast.Expression:
        token = self.token
        if token.kind == OPERATOR and token.text in ("-", "+"):
            self._enter()
            self.advance()
            operand = self._unary()
            self._depth -= 1
            return ast.Unary((token.start, self.end), token.text, operand)
        return self._postfix(self._primary())

    def _postfix(self, operand: ast.Expression) -> ast.Expression:
        start = operand.span[0]
        while self.token.kind == OPERATOR:
            if self.token.text == ".":
                self.advance()
                if self.at("["):
                    continue
                name = self.name("the name of a member")
                operand = ast.Member((start, self.end), operand, name)
                if self.at("("):
                    operand = ast.Call((start, self.end), f"{_path(operand)}", self._arguments(), (start, self.end))
            elif self.token.text == "[":
                self.advance()
                index = self.expression()
                self.expect("]")
                operand = ast.Index((start, self.end), operand, index)
            else:
                break
        return operand

    def _primary(self) -> ast.Expression:
        token = self.token
        if token.kind == NAME:
            return self._named_primary(token)
        if token.kind == STRING:
            return self._string()
        if token.kind in (LONG, REAL, TIMESPAN, TYPED):
            self.advance()
            return literal(token)
        if token.text == "(":
            self.advance()
            inner = self.pipeline()
            self.expect(")")
            return inner
        if token.text == "[" and self.at_name():
            name = self.name()
            return ast.Name((token.start, self.end), name, quoted=True)
        if token.text == "*":
            self.advance()
            return ast.Star((token.start, token.end))
        raise self.unexpected("an expression")

    def _named_primary(self, token: Token) -> ast.Expression:
        text = token.text
        following = self.peek()
        if text in _SOURCES and text in self._sources and self._starts_source() and text not in ("range", "evaluate"):
            self.advance()
            return ast.Pipeline((token.start, self.end), self._sources[text](self, token.start), ())
        if following.text == "(" and following.kind == OPERATOR:
            self.advance()
            if text == "dynamic":
                return self._dynamic(token)
            if text == "typeof":
                return self._typeof(token)
            arguments = self._arguments()
            return ast.Call((token.start, self.end), text, arguments, (token.start, token.end))
        self.advance()
        if text in ("true", "false", "True", "False", "TRUE", "FALSE"):
            return ast.Literal((token.start, token.end), KqlType.BOOL, text.lower() == "true")
        return ast.Name((token.start, token.end), text)

    def _arguments(self) -> tuple[ast.Expression, ...]:
        self.expect("(")
        items: list[ast.Expression] = []
        while not self.at(")"):
            items.append(self._argument())
            if not self.accept(","):
                break
        self.expect(")")
        return tuple(items)

    def _argument(self) -> ast.Expression:
        start = self.token.start
        if self.token.kind == NAME and self.peek().text == "=" and self.peek().kind == OPERATOR:
            name = self.name()
            self.advance()
            return ast.Named((start, self.end), (name,), self.pipeline())
        if self.token.kind == NAME and self.peek().text == "*" and self.peek().start == self.token.end:
            if self.peek(2).text in (")", ","):
                return ast.Star((start, self.end), self.pattern())
        return self.pipeline()

    def _string(self) -> ast.Expression:
        start = self.token.start
        parts = []
        while self.token.kind == STRING:
            parts.append(string_value(self.advance().text))
        return ast.Literal((start, self.end), KqlType.STRING, "".join(parts))

    def _typeof(self, token: Token) -> ast.Expression:
        if self.peek().kind == NAME and self.peek(2).text == ":":
            return ast.TypeOf((token.start, self.end), None, self.columns())
        self.expect("(")
        if self.accept("*"):
            self.expect(")")
            return ast.TypeOf((token.start, self.end), None)
        kind = self.type_name()
        self.expect(")")
        return ast.TypeOf((token.start, self.end), kind)

    def _dynamic(self, token: Token) -> ast.Expression:
        self.expect("(")
        value = self._json()
        self.expect(")")
        text = None if value is None else orjson.dumps(value).decode()
        return ast.Literal((token.start, self.end), KqlType.DYNAMIC, text)

    def _json(self) -> Any:
        self._enter()
        try:
            return self._json_value()
        finally:
            self._depth -= 1

    def _json_value(self) -> Any:
        token = self.token
        if token.kind == STRING:
            return self._string().value  # type: ignore[attr-defined]
        if token.kind in (LONG, REAL, TIMESPAN, TYPED):
            self.advance()
            return json_constant(literal(token))
        if token.text == "-":
            self.advance()
            value = self._json()
            if not isinstance(value, (int, float)):
                raise self.fail("expected a number", (token.start, self.end))
            return -value
        if token.kind == NAME and token.text.lower() in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[self.advance().text.lower()]
        if self.accept("["):
            return self._json_array()
        if self.accept("{"):
            return self._json_bag()
        if token.text == "dynamic" and self.peek().text == "(":
            self.advance()
            self.advance()
            value = self._json()
            self.expect(")")
            return value
        raise self.unexpected("a JSON value")

    def _json_array(self) -> list[Any]:
        items: list[Any] = []
        while not self.at("]"):
            items.append(self._json())
            if not self.accept(","):
                break
        self.expect("]")
        return items

    def _json_bag(self) -> dict[str, Any]:
        bag: dict[str, Any] = {}
        while not self.at("}"):
            if self.token.kind != STRING:
                raise self.unexpected("a quoted key")
            key = string_value(self.advance().text)
            self.expect(":")
            bag[key] = self._json()
            if not self.accept(","):
                break
        self.expect("}")
        return bag


_STATEMENTS: dict[str, Callable[[Parser, int], ast.Statement]] = {
    "let": Parser._let,
    "set": Parser._set,
    "declare": Parser._declare,
    "alias": Parser._other,
    "restrict": Parser._other,
}


def _path(operand: ast.Expression) -> str:
    if isinstance(operand, ast.Member):
        return f"{_path(operand.operand)}.{operand.name}"
    if isinstance(operand, (ast.Name, ast.Call)):
        return operand.name
    return "?"


def parse_text(text: str, operators: Mapping[str, ParseOperator], sources: Mapping[str, ParseOperator]) -> ast.Query:
    """The syntax tree of a query. Raises KqlError."""
    try:
        parser = Parser(text, operators, sources)
    except Finding as finding:
        raise report(text, [finding]) from finding
    return parser.query()
