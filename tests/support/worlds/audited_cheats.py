"""Cheats that play with auditors: what they found right ends afterwards, or one who lies backs what is wrong.

Each is needed to show that some rule of the auditors is (`tests.support.worlds.lax_auditors`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.factors.figures import co2e_document, parsed_co2e, per_kg
from ledger.holdings.mark import commitment
from ledger.seal.audit import seal_inside
from ledger.seal.digest import to_base64url
from schemas.audit import Behind, Inside
from schemas.document import replace
from schemas.quantity import kg_text, milligrams
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.random_histories import BATCH_MG, COLLUDING, LOGS, STATEMENT_MWH
from tests.support.worlds.recipe import Make

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.certificate import CertificateFacts
    from schemas.statement import Undo
    from tests.support.worlds.audited_histories import Watched
    from tests.support.worlds.drafts import Issuance, Lump

FIRST, SECOND = COLLUDING
HERE, THERE = LOGS


def _made(
    history: Watched, who: str, lumps: Sequence[Lump] = (), registry: str = HERE, cheat: Cheat | None = None
) -> Issuance:
    """Let somebody make one batch of all of some lumps, or of ore."""
    mass = sum(lump.mass_mg for lump in lumps) or BATCH_MG
    made = history.made(history.world.issue(who, lumps, [Make(mass)], registry=registry, cheat=cheat or Cheat()))
    history.spend(*lumps, by=who)
    history.handed.pop(made.digest, None)
    return made


def _moved(history: Watched, lump: Lump, to: str, registry: str) -> Lump:
    moved = history.world.move(lump, to, registry)
    history.spend(lump, by=FIRST)
    history.gain([moved])
    return moved


def end_the_key_of_a_supplier(history: Watched) -> None:
    """Sell goods that auditors find right, and let the key that signed their first certificate have been stolen."""
    ore = _made(history, FIRST)
    _made(history, SECOND, [_moved(history, ore.lumps[0], SECOND, HERE)])
    history.ended_key = FIRST
    history.all_speak()


def withdraw_after_a_record(history: Watched) -> None:
    """Withdraw what goods were made of, after auditors found them right, and show their records a day later."""
    ore = _made(history, FIRST)
    _made(history, FIRST, ore.lumps)
    history.all_speak()
    _withdrawn(history, ore)
    history.waits = True


def sell_to_the_other_registry(history: Watched) -> None:
    """Make goods of what comes from another registry, and perhaps withdraw there what that was made of."""
    ore = _made(history, FIRST)
    oxide = _made(history, FIRST, ore.lumps)
    _made(history, SECOND, [_moved(history, oxide.lumps[0], SECOND, THERE)], THERE)
    history.all_speak()
    if history.random.random() < 0.5:
        _withdrawn(history, ore)


def _withdrawn(history: Watched, made: Issuance) -> None:
    history.world.change("withdraw", made.certificate)
    history.spend(by=made.producer)
    history.withdrawn.add(made.certificate.digest)


def cite_what_a_liar_backs(history: Watched) -> None:
    """Say that a lump is of a batch of the other registry, of which an auditor there says that it is."""
    lump, other = _made(history, FIRST, registry=THERE).lumps[0], _made(history, FIRST)
    inside = Inside(
        first=to_base64url(lump.creator),
        holding=to_base64url(commitment(lump.text)),
        gains=(),
        behind=Behind(scrap=()),
    )
    history.insides[other.certificate.digest] = seal_inside(inside, run="AA").text
    _made(history, FIRST, [replace(lump, issuance=other)], THERE)


def undo_a_part_for_more(history: Watched) -> None:
    """Let the undo of a run that used a part of a batch give back more, yet no more than the batch had."""

    def more(said: Undo) -> Undo:
        (part,) = said.returns
        return replace(said, returns=(replace(part, mass_kg=kg_text(milligrams(part.mass_kg) * 3)),))

    ore = _made(history, FIRST)
    parts = history.world.split(ore.lumps[0], BATCH_MG // 4)
    history.spend(ore.lumps[0], by=FIRST)
    history.gain(parts)
    history.undo(_made(history, FIRST, parts[:1]), Cheat(statement=more))
    _made(history, FIRST, history.lumps[-1:])


def correct_a_second_naming(history: Watched) -> None:
    """Name a statement again that a run upstream names, and leave it out of a correction."""
    said = replace(history.statement(), scheme="Other certificates (invented)")
    named = Cheat(power=lambda _: [(said, STATEMENT_MWH)])
    ore = _made(history, FIRST, cheat=named)
    made = _made(history, FIRST, ore.lumps, cheat=named)
    history.follow(made, Cheat(recounted=True))


def say_more_of_one(history: Watched) -> None:
    """Certify one of two outputs rightly, and the other with a larger mass than the run says; use both."""

    def larger(facts: CertificateFacts) -> CertificateFacts:
        mass = milligrams(facts.batch.net_mass_kg) * (1 + facts.output)
        each = co2e_document(per_kg(parsed_co2e(facts.footprint.total_kg_co2e), mass))
        batch = replace(facts.batch, net_mass_kg=kg_text(mass))
        return replace(facts, batch=batch, footprint=replace(facts.footprint, per_kg=each))

    makes = [Make(BATCH_MG // 2)] * 2
    made = history.made(history.world.issue(FIRST, makes=makes, registry=HERE, cheat=Cheat(facts=larger)))
    history.spend(by=FIRST)
    for lump in made.lumps:
        _made(history, FIRST, [lump])


AUDITED_CHEATS: Final = (
    end_the_key_of_a_supplier,
    withdraw_after_a_record,
    sell_to_the_other_registry,
    cite_what_a_liar_backs,
    undo_a_part_for_more,
    correct_a_second_naming,
    say_more_of_one,
)
