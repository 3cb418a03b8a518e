"""The forms in which a policy document travels: raw (as people write it) and xml (well-formed, expressions escaped)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from xml.sax.saxutils import escape

from gatelog.policy.csharp_text import ENTITY, MAX_UNCLOSED, decoded, expression_end, starts_expression

_OPENER: Final = re.compile(r"""(?:=\s*(["'])|(>))\s*(?=@[({])|<!--.*?-->|<!\[CDATA\[.*?\]\]>""", re.DOTALL)


def to_raw(xml: str) -> str:
    """Resolve the entities inside of expressions, as `format: rawxml` shows them; everything else stays as it is.

    >>> to_raw('<when condition="@(1 &lt; 2 &amp;&amp; &quot;a&quot; == x)" />')
    '<when condition="@(1 < 2 && "a" == x)" />'
    """
    return _rewrite(xml, lambda text, quote: ENTITY.sub(lambda match: decoded(match[0]), text))


def to_xml(raw: str) -> str:
    """Escape the expressions so that any XML parser can read the document, as `format: xml` shows it.

    >>> to_xml('<when condition="@(1 < 2 && "a" == x)" />')
    '<when condition="@(1 &lt; 2 &amp;&amp; &quot;a&quot; == x)" />'
    """

    def escaped(text: str, quote: str) -> str:
        plain = ENTITY.sub(lambda match: decoded(match[0]), text)
        return escape(plain, {'"': "&quot;"} if quote == '"' else {"'": "&apos;"} if quote else {})

    return _rewrite(raw, escaped)


def _rewrite(text: str, change: Callable[[str, str], str]) -> str:
    return "".join(_pieces(text, change))


def _pieces(text: str, change: Callable[[str, str], str]) -> Iterator[str]:
    at = unclosed = 0
    while unclosed < MAX_UNCLOSED and (match := _OPENER.search(text, at)):
        start = match.end()
        yield text[at:start]
        at = start
        if not starts_expression(text, start):
            continue
        if found := expression_end(text, start):
            at = found[0]
            yield change(text[start:at], match[1] or "")
        else:
            unclosed += 1
    yield text[at:]
