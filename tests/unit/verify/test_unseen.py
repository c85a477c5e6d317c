"""No check vanishes: each one that a bundle gives reason for is told as passed, failed, a warning, or not checked."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from ledger.verify.rule import Rule
from ledger.verify.unseen import OF_CORRECTION, OF_RUN, OF_SOURCE
from schemas.bundle import read_line
from schemas.sentences import CHECKS
from tests.support.worlds.attestations import Vouched
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.handmade_bundles import judged, seen_as
from tests.support.worlds.recipe import Make

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.report import Report
    from schemas.vocabulary import Audience
    from tests.support.worlds.drafts import Issuance
    from tests.support.worlds.world import World

AUDIENCES: Final[tuple[Audience, ...]] = ("public", "customer", "partner", "auditor")
WAY: Final = frozenset({Rule.SPLIT_SUM, Rule.SPLIT_KEEPS, Rule.MOVE_MASS, Rule.MOVE_SIGNED})
POWER: Final = frozenset({Rule.INSTRUMENTS, Rule.INSTRUMENT_DRAWN})

ALWAYS: Final = frozenset(
    {
        Rule.INCLUDED,
        Rule.TRUST_CURRENT,
        Rule.ON_TIME,
        Rule.ISSUED,
        Rule.NOT_VOIDED,
        Rule.ISSUER_KEY,
        Rule.ISSUER_MAY,
        Rule.ISSUER_NAMES,
        Rule.LATE,
        Rule.SIGNED,
        Rule.SAME_RECORD,
        Rule.OWN_PLACE,
        Rule.MARK_COUNT,
        Rule.LOT_ONCE,
        Rule.STATUS_LIST,
        Rule.STATUS_PLACE,
        Rule.NOT_WITHDRAWN,
        Rule.NOT_SUSPENDED,
        Rule.NOT_SUPERSEDED,
        Rule.USED_ONCE,
        Rule.POSSIBLE,
        Rule.CLEAR_FIGURES,
    }
)
"""Checks of the clear part of every certificate, its entry, and the lists; nothing of that can be withheld."""
WHERE: Final[dict[Rule, str]] = {
    Rule.FOLLOWS_NAMES: "a run is shown: what is not shown names no other predecessor than the certificate",
    Rule.INSTRUMENT: "a certificate is of a lot of electricity",
    Rule.INSTRUMENT_MARK: "a certificate is of a lot of electricity",
    Rule.INSTRUMENT_HOME: "a certificate is of a lot of electricity, of a scheme whose home the trust list names",
    Rule.ENDED_BY: "a statement ends a certificate or an attestation",
    Rule.NOT_EXPIRED: "the subject has an end",
    Rule.UPSTREAM: "the bundle has the registry's word about ended lots",
    Rule.SOURCE_SHOWN: "a run has inputs",
    Rule.UNDO_ALL: "an undo is shown",
    Rule.UNDO_SAME: "an undo is shown",
    Rule.UNDO_ENDS: "an undo is shown",
    Rule.UNDO_SIGNED: "an undo is shown",
    Rule.OWN_HOLDING: "the reader's own holding is in the bundle, or was asked for",
    Rule.CAPACITY: "the trust list gives a plant's capacity",
    Rule.STATED: "a certificate has claims; else claims.none is told",
    Rule.ANSWERED: "a certificate has claims; else claims.none is told",
    Rule.ATTESTATION_ENTRY: "an attestation is shown; else attestations.none is told",
    Rule.ATTESTATION_SIGNED: "an attestation is shown of whose attestor the trust list has the key",
    Rule.ATTESTOR: "an attestation is shown",
    Rule.ATTESTED: "an attestation is shown of an attestor whom the trust list names",
    Rule.INDEPENDENT: "such an attestation is of this chain",
    Rule.ATTESTATION_STANDS: "such an attestation is of a third party",
    Rule.OPINION: "an attestation counts",
}
"""Checks of what is not in every bundle, and when they apply; the bundle tells in clear whether they do."""
BESIDE: Final = frozenset(
    {
        "form.read",  # what could not be read is told as a failure of its own code
        "record.seal",  # of the label, by whoever was given one
        "status.none",  # a step without any check says so
        "status.corrected",  # what a rule found, in other words
        "status.undone",
        "inputs.path-unknown",
        "inputs.upstream-withdrawn",  # a registry's own word
        "inputs.upstream-suspended",
        "mass.capacity-known",
        "claims.none",
        "attestations.none",
    }
)
"""Codes of the report that are no rule's."""


def test_every_rule_and_every_code_of_the_report_has_its_place_here() -> None:
    """Hard use 22: a new check is of every certificate, of every run, of every input, or it is written down when it
    applies.
    """
    classes = (ALWAYS, frozenset(WHERE), OF_RUN, OF_SOURCE, OF_CORRECTION)
    assert sum(map(len, classes)) == len(set(Rule))
    assert frozenset().union(*classes) == set(Rule)
    assert set(CHECKS) == {rule.value for rule in Rule} | BESIDE


def history(world: Vouched) -> Issuance:
    """Return a batch of which the chain has all that there is: splits, moves, a correction, an undo, electricity, an
    attestation.
    """
    ore = [drawn(world), drawn(world)]
    first = world.issue("ben", [ore[0]], [Make(300_000), Make(100_000)])
    spoilt = world.issue("ben", [ore[1]], [Make(400_000)])
    (back,) = world.undo(spoilt)
    again = world.issue("ben", [back], [Make(350_000)])
    a, b = (world.move(lump, "cat", "two.example") for lump in (first.lumps[0], again.lumps[0]))
    last = world.issue("cat", [a, b], [Make(640_000)], registry="two.example")
    world.issue("ben", [ore[0]], [Make(300_000), Make(100_000)], follows=first)
    world.attest(last.certificate)
    return last


def mixed(seed: int) -> Callable[[str], Audience]:
    """Return what shows each certificate to an audience of its own."""
    drawn_from = Random(seed)  # noqa: S311 - a test repeats
    chosen: dict[str, Audience] = {}
    return lambda digest: chosen.setdefault(digest, drawn_from.choice(AUDIENCES))


def due(lines: list[bytes], found: Report) -> tuple[set[Rule], set[Rule]]:
    """Return the checks that a bundle gives reason for, and those that can't be made of something withheld in it."""
    kinds = [read_line(line, "line") for line in lines]
    certificates = sum(each.t == "certificate" for each in kinds)
    statements = {each.kind for each in kinds if each.t == "statement"}
    open_codes = {check.code for check in found.checks if check.result == "not-checked"}
    wanted = ALWAYS | OF_RUN | OF_SOURCE - WAY - POWER
    wanted |= {Rule.SOURCE_SHOWN, *OF_CORRECTION, Rule.ATTESTATION_ENTRY, Rule.ATTESTATION_SIGNED, Rule.ATTESTOR}
    wanted |= {rule for rule in WAY if rule.name.startswith("SPLIT") and any(each.t == "split" for each in kinds)}
    wanted |= {rule for rule in WAY if rule.name.startswith("MOVE") and "move" in statements}
    wanted |= {rule for rule in Rule if rule.name.startswith("UNDO") and "undo" in statements}
    assert certificates > 1
    hidden = OF_SOURCE if Rule.SOURCE_SHOWN.value in open_codes else frozenset()
    return set(wanted), set(hidden)


@pytest.mark.parametrize("show", [*AUDIENCES, *range(12)])
def test_no_check_vanishes_when_something_is_withheld(show: Audience | int) -> None:
    """Hard use 22: whatever is shown of a chain, every check that applies is told, and what is withheld as not
    checked.
    """
    world = Vouched()
    subject = history(world)
    lines = world.bundle(subject.certificate, mixed(show) if isinstance(show, int) else show)
    found = judged(world, lines)
    assert found.verdict in {"genuine", "incomplete"}, found.headline
    told = {check.code for check in found.checks}
    if "status.undone" in told:  # the same check, in other words
        told.add(Rule.NOT_WITHDRAWN.value)
    wanted, hidden = due(lines, found)
    assert sorted(rule.value for rule in wanted if rule.value not in told) == []
    open_codes = {check.code for check in found.checks if check.result == "not-checked"}
    assert sorted(rule.value for rule in hidden if rule.value not in open_codes) == []
    if show == "public":
        assert {rule.value for rule in OF_RUN | OF_CORRECTION} <= open_codes
    assert not [check for check in found.checks if not check.sentence.strip()]


def hiding(world: World, batch: Issuance, hidden: Issuance, code: str) -> tuple[str, str]:
    """Return verdict and result of a check where the run of one batch is withheld."""
    show = lambda digest: "public" if digest == hidden.certificate.digest else "auditor"  # noqa: E731
    found = seen_as(world, batch, show)
    (check,) = [each for each in found.checks if each.code == code and each.place]
    return found.verdict, check.result


def test_masses_of_a_hidden_root_are_not_checked_and_said_to_be_so() -> None:
    """Hard use 22: a split, a move or a use of a holding whose mass is withheld is listed as not checked."""
    world = Vouched()
    ann = mined(world)
    part, _ = world.split(ann.lumps[0], 400_000)
    assert hiding(world, world.issue("ann", [part], [Make(390_000)]), ann, "inputs.split-sum") == (
        "genuine",
        "not-checked",
    )
    ann = mined(world)
    moved = world.move(ann.lumps[0], "ben")
    assert hiding(world, world.issue("ben", [moved], [Make(990_000)]), ann, "inputs.move-mass") == (
        "genuine",
        "not-checked",
    )
    ann = mined(world)
    batch = world.issue("ann", [ann.lumps[0]], [Make(990_000)])
    assert hiding(world, batch, ann, "inputs.mass") == ("genuine", "not-checked")
