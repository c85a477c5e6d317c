"""Every function that writes into the log asks the gate of two persons, or stands here with its reason."""

from __future__ import annotations

import ast
from functools import cache
from typing import Final, NamedTuple

from tests.architecture.sources import python_files, tree

REASONED: Final = {
    "ledger.admin.guests._list_keys": "the trust list is the operator's: a command on the host",
    "ledger.admin.guests._settle_one": "moves what its party said came back, or confirmed by the claimant's name",
    "ledger.admin.keys.list_anew": "keys are the operator's: a command on the host with the passphrase of the trust key",
    "ledger.changes.audited.post_audit": "an auditor's record says nothing for a party",
    "ledger.desk.incoming.accept_incoming": "takes in goods: the scope `accept`",
    "ledger.desk.shipping.ship_lots": "ships goods: the scope `move`",
    "ledger.desk.replace.foresee_replacement": "ends in a rollback: it only shows what would be signed",
    "ledger.issuing.reserve.reserve_holdings": "splits a party's own holding; nothing changes hands or is certified",
    "ledger.issuing.reserve.reserve_slots": "keeps places of the status lists and logs nothing",
    "ledger.registry.lists.publish_status": "repeats what the log says already",
    "ledger.registry.lists.publish_trust": "the trust list is the operator's",
    "ledger.transfers.moving.post_moves": "ships goods: the scope `move` is the party's word on it",
    "ledger.transfers.receive.receive": "takes in goods that another registry has moved here",
    "ledger.transfers.receive.once": "takes in goods that another registry has moved here",
    "ledger.transfers.ship.accept": "takes in goods: the scope `accept`",
    "ledger.transfers.ship.cancel": "takes back an offer that nobody has accepted",
    "ledger.transfers.ship.draft_offer": "splits a party's own holding; what is offered is signed later",
    "ledger.transfers.ship.send": "ships goods: the scope `move`",
    "ledger.transfers.ship.ship": "ships goods: the scope `move`",
}
"""Functions that log without a second person, each with the reason."""


class Function(NamedTuple):
    """What a function names, each by its module, and whether it asks the gate."""

    uses: set[str]
    asks: bool


def functions(module: str, tree: ast.Module) -> dict[str, Function]:
    """Return the functions of a module, those of its classes too."""
    nodes = list(ast.walk(tree))
    imports = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    found = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef):
            inside = list(ast.walk(node))
            read = {each.id for each in inside if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)}
            uses = {imports.get(name, f"{module}.{name}") for name in read}
            found[f"{module}.{node.name}"] = Function(uses, any(map(_checks, inside)))
    return found


@cache
def of_the_ledger() -> dict[str, Function]:
    found: dict[str, Function] = {}
    for path in python_files("ledger"):
        found |= functions(path.removesuffix(".py").replace("/", "."), tree(path))
    return found


def all_functions(extra: dict[str, str] | None = None) -> tuple[set[str], set[str]]:
    """Return the functions that open the writing transaction of the log, and those that reach the gate from there."""
    every = dict(of_the_ledger())
    for module, text in (extra or {}).items():
        every |= functions(module, ast.parse(text))
    gated = {name for name, each in every.items() if each.asks}
    while grown := {name for name, each in every.items() if name not in gated and each.uses & gated}:
        gated |= grown
    return {name for name, each in every.items() if "ledger.registry.append.append" in each.uses}, gated


def _checks(node: ast.AST) -> bool:
    """Return whether a node is a call of ``….gate.check``."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "check":
        return False
    return isinstance(node.func.value, ast.Attribute) and node.func.value.attr == "gate"


def test_every_verb_asks_the_gate_or_says_why_not() -> None:
    verbs, gated = all_functions()
    assert len(verbs) > 15
    assert {name for name in verbs if name not in gated} == set(REASONED)


def test_a_verb_that_forgets_the_gate_is_found() -> None:
    forgetful = "from ledger.registry.append import append\ndef forget(registry):\n    with append(registry) as t:\n        t.log()\n"
    verbs, gated = all_functions({"ledger.changes.forgetful": forgetful})
    assert "ledger.changes.forgetful.forget" in verbs - gated
    mindful = forgetful.replace("t.log()", "t.gate.check()")
    assert "ledger.changes.forgetful.forget" in all_functions({"ledger.changes.forgetful": mindful})[1]
