"""`cross-domain`: the policy file of Flash and Silverlight clients."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.policy.parts import markup
from gatelog.policy.statement import EndOfPipeline, Statement, Steps
from gatelog.record.exchange import Exchange, Response
from gatelog.record.headers import Headers

_FILES = ("/crossdomain.xml", "/clientaccesspolicy.xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossDomain(Statement):
    """Answer requests for `crossdomain.xml` and `clientaccesspolicy.xml` with the markup inside the element."""

    document: str = markup(doc="the file's content")

    def run(self, exchange: Exchange) -> Steps:
        if exchange.original_url.path.lower().endswith(_FILES):
            headers = Headers([("Content-Type", "text/xml")])
            exchange.response = Response(200, "OK", headers, self.document.strip().encode())
            raise EndOfPipeline
        return None
