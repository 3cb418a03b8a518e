"""C# policy expressions (`@(...)`, `@{...}`) compiled once to Python functions.

    syntax.py       text -> tree (tree-sitter), places for messages, ExpressionError
    bound.py        typed pieces of Python, scopes, the state of one compilation
    conversions.py  operators.py members.py literals.py objects.py places.py expressions.py lambdas.py statements.py
                    C#'s rules, one subject each: node -> typed Python
    compiler.py     the pipeline: compile, evaluate, to_text, type_name
    context.py      the context object over an Exchange
    describe.py     exchanges from plain dictionaries
The types and members that expressions may use are in `gatelog.policy.dotnet`.
"""

from gatelog.policy.dotnet.exceptions import DotNetException
from gatelog.policy.expression.compiler import Expression, compile, evaluate, to_text, type_name
from gatelog.policy.expression.context import Context
from gatelog.policy.expression.describe import describe
from gatelog.policy.expression.syntax import ExpressionError

__all__ = [
    "Context",
    "DotNetException",
    "Expression",
    "ExpressionError",
    "compile",
    "describe",
    "evaluate",
    "to_text",
    "type_name",
]
