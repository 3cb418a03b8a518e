"""KQL: text and a schema to a query that a storage engine runs. Pure: no I/O, no clock.

lexer -> parser -> (syntax tree, ast) -> binder -> (plan, bound) -> sql/ -> schema.query.Query
catalog/     scalar functions and aggregates, one row each
operators/   tabular operators, one file each
kernels/     Python where SQL says it badly
errors       KqlError, with spans, Kusto codes and hints

>>> compile("print x = 1 + 1", Schema(()), now=0).outputs[0].columns[0].name
'x'
"""

from gatelog.kql.api import catalogue, compile, explain, parse, print_query
from gatelog.kql.compiler import Options
from gatelog.kql.errors import KqlError
from gatelog.schema.table import Schema

__all__ = ["KqlError", "Options", "Schema", "catalogue", "compile", "explain", "parse", "print_query"]
