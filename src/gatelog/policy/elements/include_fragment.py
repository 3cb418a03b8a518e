"""`include-fragment`: the policies of a fragment, in place."""

from __future__ import annotations

from dataclasses import dataclass

from gatelog.errors import InvalidDocument
from gatelog.policy.binding import ERROR, WARNING, Binder, Finding
from gatelog.policy.parts import attribute, statements
from gatelog.policy.reader import Node
from gatelog.policy.slots import LINE, Slot
from gatelog.policy.statement import Place, Statement, Steps, run_statements
from gatelog.record.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeFragment(Statement):
    """Run the policies of a fragment here. A fragment holds neither sections nor `base`, and includes no other fragment."""

    fragment_id: Slot[str] = attribute(LINE, required=True, expressions=False, doc="id of the fragment")
    statements: tuple[Statement, ...] = statements()

    @classmethod
    def bind(cls, binder: Binder, node: Node, place: Place) -> IncludeFragment | None:
        values = binder.values(cls, node)
        if values is None:
            return None
        if node.elements:
            binder.problem(node, "'include-fragment' has no elements inside")
            return None
        name = node.attributes["fragment-id"].value.strip()
        binder.references.add(("fragment", name))
        values["statements"] = _included(binder, node, name)
        return cls(place=place, **values)

    def run(self, exchange: Exchange) -> Steps:
        return run_statements(self.statements, exchange)


def _included(binder: Binder, node: Node, name: str) -> tuple[Statement, ...]:
    if binder.fragments:
        chain = " -> ".join((*binder.fragments, name))
        cyclic = name in binder.fragments
        binder.problem(node, f"the fragments include each other: {chain}" if cyclic else f"fragments cannot be nested: {chain}")
        return ()
    try:
        inner = binder.setting.read_fragment(name)
    except InvalidDocument as error:
        binder.findings += [Finding(problem) for problem in error.problems]
        return ()
    if inner is None:
        severity = ERROR if binder.setting.fragments_known else WARNING
        binder.problem(node, f"the fragment '{name}' is not defined", severity)
        return ()
    for child in inner:
        if child.name == "base":
            binder.problem(child, "'base' is not allowed in a fragment")
    binder.fragments = (name,)
    bound = binder.bind_statements(child for child in inner if child.name != "base")
    binder.fragments = ()
    return bound
