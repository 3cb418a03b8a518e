"""The compiled pipeline of every way in: which policy documents apply, compiled once and shared where they are the same.

Documents go from the broad to the narrow scope: global, product, API, operation; a scope without a document is left out.
A call that came in by no product skips the product's scope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from gatelog.catalog.entities import Configuration, Fragment
from gatelog.errors import InvalidDocument, Problem
from gatelog.policy.compile import Compiler, KnownNames, Pipeline, PolicySource, check

Chain = tuple[PolicySource, ...]
Mode = Literal["safe", "strict"]


class Pipelines:
    """Compiles pipelines on demand and remembers them."""

    def __init__(self, configuration: Configuration, previous: Pipelines | None = None) -> None:
        self._fragments = configuration.fragments
        self._documents = {
            document.scope.lower(): PolicySource(scope=document.scope.split(":", 1)[0], xml=document.xml, path=document.path)
            for document in configuration.policies
        }
        self._settings = configuration.settings
        self._named_values = {named.name: named.value for named in configuration.named_values}
        self._known = KnownNames(
            loggers=frozenset(logger.id for logger in configuration.loggers),
            backends=frozenset(backend.id for backend in configuration.backends),
            certificates=frozenset(configuration.certificates),
        )
        self._scopes = tuple(_ways(configuration))
        self._compilers: dict[Mode, Compiler] = {}
        self._chains: dict[tuple[Mode, Chain], Pipeline] = {}
        self._ways: dict[tuple[str | None, str, str], Pipeline] = {}
        if previous is not None and previous._world() == self._world():
            self._compilers = previous._compilers
            self._chains = dict(previous._chains)

    def _world(self) -> tuple[Mapping[str, str], Mapping[str, str], KnownNames]:
        """What every pipeline depends on besides its own documents."""
        return {fragment.id: fragment.xml for fragment in self._fragments}, self._named_values, self._known

    def of(self, product_id: str | None, api_id: str, operation_id: str) -> Pipeline:
        """The pipeline of a way in."""
        way = (product_id, api_id, operation_id)
        found = self._ways.get(way)
        if found is None:
            found = self._ways[way] = self._compiled(self._chain(product_id, api_id, operation_id), self._mode(api_id))
        return found

    def problems(self) -> list[Problem]:
        """Compile every document in each scope chain that it adds to; all problems, each once."""
        found: dict[Problem, None] = dict.fromkeys(
            Problem(f"{name}: expected safe or strict, found {value!r}", place="service")
            for name, value in self._settings.items()
            if name.partition(":")[0] == "policy-mode" and value not in ("safe", "strict")
        )
        for fragment in self._fragments:
            for problem in self._fragment_problems(fragment):
                found[problem] = None
        for way in self._scopes:
            try:
                self.of(*way)
            except InvalidDocument as error:
                found.update(dict.fromkeys(error.problems))
        return list(found)

    def _fragment_problems(self, fragment: Fragment) -> Iterator[Problem]:
        """A fragment is checked by itself too: nothing may include it yet."""
        fragments, named_values, known = self._world()
        for finding in check(fragment.xml, fragments=fragments, named_values=named_values, known=known, path=fragment.path):
            if finding.severity == "error":
                yield finding.problem

    def _mode(self, api_id: str) -> Mode:
        """The API's switch, else the service's; anything but `strict` is `safe` (`problems` refuses other words)."""
        for name in (f"policy-mode:{api_id}", "policy-mode"):
            if name in self._settings:
                return "strict" if self._settings[name] == "strict" else "safe"
        return "safe"

    def _chain(self, product_id: str | None, api_id: str, operation_id: str) -> Chain:
        scopes = [
            "global",
            f"product:{product_id}" if product_id else "",
            f"api:{api_id}" if api_id else "",
            f"operation:{api_id}/{operation_id}" if operation_id else "",
        ]
        return tuple(self._documents[scope.lower()] for scope in scopes if scope and scope.lower() in self._documents)

    def _compiled(self, chain: Chain, mode: Mode) -> Pipeline:
        found = self._chains.get((mode, chain))
        if found is None:
            found = self._chains[mode, chain] = self._compiler(mode).pipeline(chain)
        return found

    def _compiler(self, mode: Mode) -> Compiler:
        if mode not in self._compilers:
            fragments, named_values, known = self._world()
            self._compilers[mode] = Compiler(fragments=fragments, named_values=named_values, known=known, mode=mode)
        return self._compilers[mode]


def _ways(configuration: Configuration) -> Iterator[tuple[str | None, str, str]]:
    """Ways in that between them touch every document: the service's, each product's, each API's, each operation's."""
    yield None, "", ""
    for product in configuration.products:
        yield product.id, "", ""
    for api in configuration.apis:
        yield None, api.id, ""
    for document in configuration.policies:
        scope, _, rest = document.scope.partition(":")
        if scope == "operation":
            api_id, _, operation_id = rest.partition("/")
            yield None, api_id, operation_id
