"""Random histories of producers and registries that collude, and a victim who doesn't.

`ann` and `ben` and both registries do whatever pays; `cat` is honest, and nobody has her key. `gus` is a guest: a
customer for whom a registry holds by a key that the trust list lets sign moves and nothing else. A history is a row of
acts, honest ones and cheats, each with what is at hand. The public rule holds throughout: no log takes a mark twice.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ledger.factors.figures import co2e_document, parsed_co2e, per_kg
from ledger.holdings.split import SplitPart
from ledger.seal.digest import to_base64url
from ledger.seal.signer import SoftwareSigner
from schemas.document import replace
from schemas.quantity import kg_text, milligrams
from tests.support.worlds.drafts import HONEST, Cheat, Issuance, Lump, honest_input, name_of
from tests.support.worlds.parties import cast, did, key
from tests.support.worlds.recipe import Make, decimal_text, power, statement
from tests.support.worlds.world import RepeatedMarkError, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from ledger.footprint.engine import InputFigures
    from ledger.log.entry import Entry
    from schemas.certificate import CertificateFacts
    from schemas.holding import Holder
    from schemas.inventory import Cancelled
    from schemas.run import RunFacts
    from schemas.statement import Move, Undo

COLLUDING: Final = ("ann", "ben")
VICTIM: Final = "cat"
GUEST: Final = "gus"
LOGS: Final = ("one.example", "two.example")
BATCH_MG: Final = 1_000_000
STATEMENT_MWH: Final = 40_000_000
POWER: Final = 0.15
"""How often kWh are split or moved, and not goods."""


@dataclass
class History:
    """What has happened: all lumps ever made, those not used by an honest act, issuances, and who really said what."""

    random: Random
    world: World
    lumps: list[Lump] = field(default_factory=list)
    fresh: list[Lump] = field(default_factory=list)
    issuances: list[Issuance] = field(default_factory=list)
    followed: set[bytes] = field(default_factory=set)
    undone: set[bytes] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    used_while_suspended: set[bytes] = field(default_factory=set)
    spoken: set[bytes] = field(default_factory=set)
    """Records that the victim made."""
    tainted: set[str] = field(default_factory=set)
    """Texts of parts of the victim's lumps that are somebody else's."""
    handed: dict[bytes, str] = field(default_factory=dict)
    """Owner of what a move or undo used, by its record digest. A split changes no hands."""

    # -- choosing -------------------------------------------------------------------------------------------------

    def lump(self, among: Sequence[Lump], *, cheat: bool = False, power: bool = False) -> Lump:
        """Choose a lump of goods, or of electricity; a cheat has only those of who colludes."""
        certified = [lump for lump in among if lump.issuance.certificates[lump.output] is not None]
        certified = [lump for lump in certified if (lump.statement is not None) is power]
        usable = [lump for lump in certified if not cheat or name_of(lump.holder.owner) in COLLUDING]
        if not usable:
            raise RepeatedMarkError
        return self.random.choice(usable)

    def issuance(self, *, cheat: bool = True) -> Issuance:
        """Choose an issuance of who colludes, or any."""
        usable = [made for made in self.issuances if not cheat or made.producer in COLLUDING]
        if not usable:
            raise RepeatedMarkError
        return self.random.choice(usable[-4:])

    def makes(self, mass_mg: int) -> list[Make]:
        """Return one or two outputs of a mass in all, some at home in another registry."""
        away = self.random.choice((*LOGS, None, None, None))
        if self.random.random() < 0.5 or mass_mg < 10:
            return [Make(mass_mg, registry=away)]
        part = mass_mg // self.random.choice((2, 4))
        return [Make(part, registry=away), Make(mass_mg - part, registry=away)]

    # -- acts -----------------------------------------------------------------------------------------------------

    def made(self, issuance: Issuance) -> Issuance:
        """Keep an issuance and what it made."""
        self.issuances.append(issuance)
        if issuance.first == issuance.digest:
            self.lumps += issuance.lumps
            self.fresh += issuance.lumps
        return issuance

    def spend(self, *lumps: Lump, by: str) -> None:
        """Keep that lumps were used; remember what the victim said herself, and whose lumps changed hands."""
        last = next(reversed(self.world.records))
        if by == VICTIM:
            self.spoken.add(last)
        for lump in lumps:
            self.handed[last] = name_of(lump.holder.owner)
            if lump in self.fresh:
                self.fresh.remove(lump)

    def gain(self, lumps: Sequence[Lump]) -> None:
        """Keep new lumps."""
        self.lumps += lumps
        self.fresh += lumps

    def mine(self, who: str | None = None, cheat: Cheat = HONEST) -> Issuance:
        who = who or self.random.choice((*COLLUDING, VICTIM))
        makes = self.makes(BATCH_MG)
        made = self.made(self.world.issue(who, makes=makes, registry=self.random.choice(LOGS), cheat=cheat))
        self.spend(by=who)
        return made

    def split(self, lump: Lump | None = None, cheat: Cheat = HONEST) -> None:
        lump = lump or self.lump(self.fresh, power=self.random.random() < POWER)
        if lump.mass_mg < 4:
            raise RepeatedMarkError
        parts = self.world.split(lump, lump.mass_mg // self.random.choice((2, 4)), cheat=cheat)
        self.spend(lump, by=name_of(lump.holder.owner) if cheat is HONEST else COLLUDING[0])
        self.handed.pop(next(reversed(self.world.records)), None)
        if name_of(lump.holder.owner) == VICTIM:
            self.tainted |= {part.text for part in parts if part.holder.owner != lump.holder.owner}
        self.gain(parts)

    def move(self, lump: Lump | None = None, cheat: Cheat = HONEST, to: str | None = None) -> None:
        lump = lump or self.lump(self.fresh, power=self.random.random() < POWER)
        who = to or self.random.choice((*COLLUDING, VICTIM))
        there = self.random.choice((None, None, *LOGS))
        moved = self.world.move(lump, who, there, cheat=cheat)
        self.spend(lump, by=name_of(lump.holder.owner) if cheat is HONEST else COLLUDING[0])
        self.gain([moved])

    def hold(self) -> None:
        """Ship to the guest: it holds from then on, in the registry where the lump is at home."""
        lump = self.lump([each for each in self.fresh if name_of(each.holder.owner) != GUEST])
        moved = self.world.move(lump, GUEST, None)
        self.spend(lump, by=name_of(lump.holder.owner))
        self.gain([moved])

    def leave(self) -> None:
        """Move what the guest holds back to a producer, or on to who claims it."""
        lump = self.lump([each for each in self.fresh if name_of(each.holder.owner) == GUEST])
        moved = self.world.move(lump, self.random.choice((*COLLUDING, VICTIM)), None)
        self.spend(lump, by=GUEST)
        self.gain([moved])

    def issue(self, lumps: Sequence[Lump] | None = None, cheat: Cheat = HONEST, who: str | None = None) -> Issuance:
        """Use lumps, by their owner and where they are at home unless it is said otherwise, and all of their mass."""
        if lumps is None:
            lumps = [self.lump(self.fresh)]
            lumps += [
                one
                for one in self.fresh
                if one.holder == lumps[0].holder and one is not lumps[0] and self.random.random() < 0.3
            ][:1]
            if all(one.issuance.certificates[one.output] for one in lumps):
                lumps.sort(key=lambda one: one.statement is not None)
        if any(lump.issuance.certificates[lump.output] is None for lump in lumps):
            raise RepeatedMarkError
        producer = who or name_of(lumps[0].holder.owner)
        if producer == VICTIM and cheat is HONEST and any(lump not in self.fresh for lump in lumps):
            raise RepeatedMarkError
        registry = lumps[0].holder.registry
        total = sum(lump.mass_mg for lump in lumps if lump.statement is None) or BATCH_MG
        made = self.made(self.world.issue(producer, lumps, self.makes(total), registry=registry, cheat=cheat))
        cited = {each.digest for lump in lumps if (each := lump.issuance.certificates[lump.output])}
        if cited & self.suspended:
            self.used_while_suspended.add(made.digest)
        self.spend(*lumps, by=producer if cheat is HONEST else COLLUDING[0])
        self.handed.pop(made.digest, None)
        return made

    def enter(
        self,
        who: str | None = None,
        said: Cancelled | None = None,
        registry: str = LOGS[0],
        cheat: Cheat = HONEST,
    ) -> Issuance:
        """Enter a scheme's statement where its home is, unless it is said otherwise."""
        who = who or self.random.choice((*COLLUDING, VICTIM))
        made = self.made(self.world.enter(who, STATEMENT_MWH, said or self.statement(), registry, cheat))
        self.spend(by=who)
        return made

    def statement(self) -> Cancelled:
        """Return a statement that nobody has entered yet."""
        return statement(f"S{len(self.world.records)}")

    def enter_again(self) -> None:
        """Undo a statement that was entered and not used, and enter it again."""
        whole = [lump for lump in self.fresh if lump.statement and lump in lump.issuance.lumps]
        usable = [lump for lump in whole if lump.issuance.digest not in self.followed | self.undone]
        if not usable:
            raise RepeatedMarkError
        old = self.random.choice(usable).issuance
        said = old.lumps[0].statement
        self.world.undo(old)
        self.undone.add(old.digest)
        self.spend(*old.lumps, by=old.producer)
        if said is not None:
            after = to_base64url(next(reversed(self.world.records)))
            self.enter(old.producer, replace(said, after=after), old.run.run.registry)

    def follow(self, old: Issuance | None = None, cheat: Cheat = HONEST, makes: Sequence[Make] = ()) -> Issuance:
        old = old or self.issuance(cheat=False)
        if old.digest in self.followed | self.undone and cheat is HONEST:
            raise RepeatedMarkError
        same = [
            Make(milligrams(made.net_mass_kg), statement=each.record.instrument if each else None)
            for made, each in zip(old.run.run.made, old.certificates, strict=True)
        ]
        made = self.world.issue(
            old.producer, old.takes, list(makes) or same, registry=old.run.run.registry, follows=old, cheat=cheat
        )
        self.followed.add(old.digest)
        self.issuances.append(made)
        self.spend(by=old.producer)
        return made

    def undo(
        self,
        old: Issuance | None = None,
        cheat: Cheat = HONEST,
        uses: Sequence[Lump] | None = None,
        by: str | None = None,
    ) -> None:
        old = old or self.random.choice([made for made in self.issuances if made.takes] or [self.issuance()])
        fresh = all(lump in self.fresh for lump in old.lumps)
        if not old.takes or (cheat is HONEST and not (fresh and old.digest not in self.followed | self.undone)):
            raise RepeatedMarkError
        back = self.world.undo(old, uses=uses, cheat=cheat)
        self.undone.add(old.digest)
        self.spend(*(uses or old.lumps), by=by or old.producer)
        self.gain(back)

    def change(self) -> None:
        made = self.issuance(cheat=False)
        certificate = made.certificate
        kind = self.random.choice(("withdraw", "suspend", "lift"))
        self.world.change(kind, certificate)  # type: ignore[arg-type]
        self.spend(by=made.producer)
        match kind:
            case "withdraw":
                self.withdrawn.add(certificate.digest)
            case "suspend":
                self.suspended.add(certificate.digest)
            case _:
                self.suspended.discard(certificate.digest)


HONEST_ACTS: Final[tuple[Callable[[History], object], ...]] = (
    History.split, History.split, History.move, History.move, History.issue, History.issue, History.issue,
    History.follow, History.undo, History.enter, History.enter_again,
)  # fmt: skip


GUEST_ACTS: Final[tuple[Callable[[History], object], ...]] = (History.hold, History.hold, History.leave, History.leave)


# -- cheats: each does one thing that pays, and hides it as well as it can --------------------------------------------


def staged(history: History, who: str, outputs: int = 2, away: str | None = None) -> Issuance:
    """Let `who` make a run of all of a new batch, of which nothing has left the plant."""
    (lump, *_) = history.made(history.world.issue(who, makes=[Make(BATCH_MG)], registry=LOGS[0])).lumps
    history.spend(by=who)
    made = history.made(history.world.issue(who, [lump], [Make(BATCH_MG // outputs, registry=away)] * outputs))
    history.spend(lump, by=who)
    history.handed.pop(made.digest, None)
    return made


def _some_mark(history: History) -> Callable[[Entry], Entry]:
    """Leave as many other marks as are due."""
    return lambda entry: replace(entry, marks=tuple(sorted(history.world.salt(32) for _ in entry.marks)))


def spend_again(history: History) -> None:
    """Use a lump again, under another mark."""
    lump = history.lump(history.lumps, cheat=True)
    cheat = Cheat(entry=_some_mark(history))
    history.random.choice((history.split, history.move, lambda one, how: history.issue([one], how)))(lump, cheat)
    if history.fresh[-1].holder.owner != did(VICTIM):
        history.issue([history.fresh[-1]])


def spend_elsewhere(history: History) -> None:
    """Use a lump in the registry where it isn't at home."""
    lump = history.lump(history.lumps, cheat=True)
    there = LOGS[lump.holder.registry == LOGS[0]]
    moved = Cheat(log=there, statement=lambda said: replace(said, registry=there))
    if lump in history.fresh:
        history.issue([lump])
    history.move(lump, moved, to=COLLUDING[1])
    history.issue([history.lumps[-1]], Cheat())


def _record_elsewhere(facts: CertificateFacts) -> CertificateFacts:
    return replace(facts, registry=LOGS[facts.registry == LOGS[0]])


def issue_elsewhere(history: History) -> None:
    """Use a lump where it isn't at home, in a run that says it was there."""
    lump = history.lump(history.lumps, cheat=True)
    there = LOGS[lump.holder.registry == LOGS[0]]
    history.issue([lump], Cheat(log=there, facts=_record_elsewhere))


def overdraw(history: History) -> None:
    """Take more of a lump than there is in it."""
    lump = history.lump(history.lumps, cheat=True)
    history.issue([replace(lump, mass_mg=lump.mass_mg * 3)], Cheat())


def split_into_more(history: History) -> None:
    def larger(pieces: list[SplitPart]) -> list[SplitPart]:
        return [SplitPart(piece.mass_mg * 3, piece.commitment) for piece in pieces]

    history.split(history.lump(history.lumps, cheat=True), Cheat(pieces=larger))


def split_for_another(history: History) -> None:
    """Split somebody's lump into parts that belong to somebody else, or are at home elsewhere."""

    def other(holder: Holder) -> Holder:
        change = {"owner": did(COLLUDING[0])} if history.random.random() < 0.7 else {"registry": LOGS[1]}
        return replace(holder, **change)

    history.split(history.lump(history.fresh), Cheat(holder=other))


def move_more(history: History) -> None:
    def more(said: Move) -> Move:
        mass = kg_text(milligrams(said.creates.mass_kg) * 3)
        return replace(said, creates=replace(said.creates, mass_kg=mass))

    history.move(history.lump(history.lumps, cheat=True), Cheat(statement=more))


def move_what_is_hers(history: History) -> None:
    """Sign the move of a lump oneself."""
    history.move(history.lump(history.fresh), Cheat(signer=key(COLLUDING[0])), to=COLLUDING[0])


def use_what_is_hers(history: History) -> None:
    history.issue([history.lump(history.fresh)], Cheat(), who=COLLUDING[0])


def forge_a_holding(history: History) -> None:
    """Use a holding that nobody created."""
    lump = history.lump(history.lumps, cheat=True)
    text, holder = history.world.holding(COLLUDING[0], lump.holder.registry)
    history.issue([replace(lump, text=text, holder=holder)], Cheat())


def cite_another_batch(history: History) -> None:
    """Say that a lump is of another batch than it is."""
    lump, other = history.lump(history.lumps, cheat=True), history.issuance(cheat=False)
    history.issue([replace(lump, issuance=other, output=0)], Cheat())


def sign_for_another(history: History) -> None:
    """Sign a certificate in the victim's name, of her own lump or of a new batch."""
    forged = SoftwareSigner(key(VICTIM).kid, key(COLLUDING[0]).key)
    hers = [lump for lump in history.fresh if name_of(lump.holder.owner) == VICTIM]
    if hers and history.random.random() < 0.7:
        history.issue([history.random.choice(hers)], Cheat(signer=forged), who=VICTIM)
    else:
        history.made(history.world.issue(VICTIM, makes=history.makes(BATCH_MG), cheat=Cheat(signer=forged)))


def produce_for_another(history: History) -> None:
    """Use the victim's lump in a run that is said to be hers, under a certificate of one's own."""
    lump = history.lump([lump for lump in history.fresh if name_of(lump.holder.owner) == VICTIM])
    said = Cheat(run=lambda facts: replace(facts, producer=did(VICTIM)))
    history.issue([lump], said, who=COLLUDING[0])


def pass_off_an_entry(history: History) -> None:
    """Use lumps again in a run that is never logged, and show the entry of the run that was."""
    old = history.issuance()
    record = history.world.records[old.digest]
    lumps = list(old.takes)
    if not lumps:
        raise RepeatedMarkError
    history.issue(lumps, Cheat(at=record.index, log=record.registry), who=old.producer)


def never_log(history: History) -> None:
    history.issue([history.lump(history.lumps, cheat=True)], Cheat(unlogged=True))


def a_second_certificate(history: History) -> None:
    """Issue one output's certificate twice: the second one is not what the issuance says."""
    old = history.issuance()
    history.issuances.append(history.world.twin(old))


def say_more_in_clear(history: History) -> None:
    """Certify a larger mass than the run says, so that each kilogram has a smaller figure."""

    def larger(facts: CertificateFacts) -> CertificateFacts:
        mass = milligrams(facts.batch.net_mass_kg) * 2
        each = co2e_document(per_kg(parsed_co2e(facts.footprint.total_kg_co2e), mass))
        batch = replace(facts.batch, net_mass_kg=kg_text(mass))
        return replace(facts, batch=batch, footprint=replace(facts.footprint, per_kg=each))

    history.mine(COLLUDING[0], Cheat(facts=larger))


def follow_and_spend_again(history: History) -> None:
    """Correct a run, and use what it made as if the correction had made it once more."""
    old = history.issuance()
    new = history.follow(old, Cheat())
    lumps = [
        replace(lump, creator=new.digest, issuance=new) for lump in new.lumps if lump.holder.owner == did(old.producer)
    ]
    history.lumps += lumps
    history.issue([history.random.choice(lumps or history.lumps)], Cheat())


def follow_with_more(history: History) -> None:
    """Correct a run into one of twice the mass."""
    old = history.issuance()
    if old.takes:
        raise RepeatedMarkError
    makes = [Make(2 * milligrams(made.net_mass_kg)) for made in old.run.run.made]
    new = history.follow(old, Cheat(remade=True), makes)
    mine = [lump for lump in history.fresh if lump.issuance is old and lump.holder.owner == did(old.producer)]
    if mine:
        history.issue([replace(history.random.choice(mine), issuance=new)], Cheat())


def follow_and_leave_one(history: History) -> None:
    """Correct a run and let a certificate of it stand."""

    def fewer(facts: RunFacts) -> RunFacts:
        if facts.follows is None or len(facts.follows.ends) < 2:
            raise RepeatedMarkError
        named = replace(facts.follows, ends=(facts.follows.ends[0], None))
        return replace(facts, follows=named)

    old = staged(history, COLLUDING[0])
    history.follow(old, Cheat(run=fewer, entry=lambda entry: replace(entry, bits=entry.bits[:1])))


def _no_bits(entry: Entry) -> Entry:
    return replace(entry, bits=())


def end_without_a_bit(history: History) -> None:
    """Undo or correct a run, and set no bit."""
    old = history.issuance()
    if history.random.random() < 0.5:
        history.undo(staged(history, COLLUDING[0]), Cheat(entry=_no_bits))
        history.issue([history.lumps[-1]], Cheat())
    else:
        history.follow(old, Cheat(entry=_no_bits))


def undo_elsewhere(history: History) -> None:
    """Correct a run at home and undo what it was before in another registry, where its outputs are at home."""
    old = staged(history, COLLUDING[0], 1, LOGS[1])
    history.follow(old, Cheat())
    moved = Cheat(
        log=LOGS[1],
        statement=lambda said: replace(said, registry=LOGS[1]),
        holder=lambda holder: replace(holder, registry=LOGS[1]),
    )
    history.undo(old, moved)
    history.issue([history.lumps[-1]], Cheat())


def undo_a_part(history: History) -> None:
    """Undo a correction but for one output, and use that one under its first certificate."""
    old = staged(history, COLLUDING[0])
    new = history.follow(old, Cheat())
    history.undo(new, Cheat(), uses=old.lumps[:1])
    history.issue([history.lumps[-1]], Cheat())
    history.issue([old.lumps[1]], Cheat())


def undo_for_more(history: History) -> None:
    def more(said: Undo) -> Undo:
        first, *others = said.returns
        changed = replace(first, mass_kg=kg_text(milligrams(first.mass_kg) * 3))
        return replace(said, returns=(changed, *others))

    history.undo(staged(history, COLLUDING[0]), Cheat(statement=more))
    history.issue([history.lumps[-1]], Cheat())


def undo_and_leave_one(history: History) -> None:
    """Undo a run and let a certificate of it stand."""
    fewer = Cheat(statement=lambda said: replace(said, ends=said.ends[:1]))
    history.undo(staged(history, COLLUDING[0]), fewer)
    history.issue([history.lumps[-1]], Cheat())


def undo_what_is_hers(history: History) -> None:
    """Undo the victim's run, and keep what comes back."""
    to_ann = Cheat(signer=key(COLLUDING[0]), holder=lambda holder: replace(holder, owner=did(COLLUDING[0])))
    history.undo(staged(history, VICTIM), to_ann, by=COLLUDING[0])
    history.issue([history.lumps[-1]], Cheat())


def use_while_suspended(history: History) -> None:
    """Use a batch while it is suspended, and lift the suspension afterwards."""
    lump = history.lump(history.fresh, cheat=True)
    certificate = lump.issuance.certificates[lump.output]
    if certificate is None:
        raise RepeatedMarkError
    history.world.change("suspend", certificate)
    history.suspended.add(certificate.digest)
    history.issue([lump], Cheat())
    history.world.change("lift", certificate)
    history.suspended.discard(certificate.digest)


def lift_for_another(history: History) -> None:
    """Use a batch, before or after it is suspended, and have the suspension lifted by who may not."""
    lump = history.lump(history.fresh, cheat=True)
    certificate = lump.issuance.certificates[lump.output]
    if certificate is None:
        raise RepeatedMarkError
    before = history.random.random() < 0.5
    if before:
        history.issue([lump], Cheat())
    history.world.change("suspend", certificate)
    other = COLLUDING[name_of(certificate.record.issuer.did) == COLLUDING[0]]
    history.world.change("lift", certificate, cheat=Cheat(signer=key(other)))
    if not before:
        history.issue([lump], Cheat())


def name_a_lot_twice(history: History) -> None:
    """Give the lots of a new run the names that those of the run before have."""
    history.mine(COLLUDING[0])
    history.world.lots -= 1
    lumps = [] if history.random.random() < 0.5 else [history.lump(history.fresh, cheat=True)]
    history.issue(lumps, Cheat()) if lumps else history.mine(COLLUDING[1])


def name_a_statement_twice(history: History) -> None:
    """Name a statement, of a scheme that has no home, in two runs: in one registry, or of one chain in both."""
    said = replace(history.statement(), scheme="Other certificates (invented)")
    named = Cheat(power=lambda _: [(said, STATEMENT_MWH)])
    ore, other = (history.made(history.world.issue(who, makes=[Make(BATCH_MG)], registry=LOGS[0])) for who in COLLUDING)
    made = history.made(history.world.issue(COLLUDING[0], ore.lumps, [Make(BATCH_MG)], registry=LOGS[0], cheat=named))
    lump, where = other.lumps[0], LOGS[0]
    if history.random.random() < 0.6:
        lump, where = history.world.move(made.lumps[0], COLLUDING[1], LOGS[1]), LOGS[1]
    history.made(history.world.issue(COLLUDING[1], [lump], [Make(BATCH_MG)], registry=where, cheat=named))


def gain_a_little(history: History) -> None:
    """Find a little more of an element in each of two runs, as much as assays may differ in one."""
    lump = history.lump(history.fresh, cheat=True)
    for nd, oxygen in (("0.602", "0.148"), ("0.604", "0.146")):
        make = Make(lump.mass_mg, (("Nd", nd), ("Pr", "0.25"), ("O", oxygen)))
        owner, registry = name_of(lump.holder.owner), lump.holder.registry
        made = history.made(history.world.issue(owner, [lump], [make], registry=registry, cheat=Cheat()))
        history.spend(lump, by=COLLUDING[0])
        history.handed.pop(made.digest, None)
        lump = made.lumps[0]


def undo_an_overdraft(history: History) -> None:
    """Take more of a lump than there is, undo that, and use all that comes back."""
    lump = history.lump(history.fresh, cheat=True)
    more = replace(lump, mass_mg=lump.mass_mg * 3)
    made = history.issue([more], Cheat())
    history.undo(made, Cheat())
    history.issue([history.lumps[-1]], Cheat())


def give_the_hidden_output_less(history: History) -> None:
    """Give an output that has no certificate a smaller share than its weight."""

    def less(facts: RunFacts) -> RunFacts:
        shown, hidden = facts.made
        rows = tuple((stage, gas, "0.001", "0.001") for stage, gas, _, _ in hidden.rows)
        return replace(facts, made=(shown, replace(hidden, rows=rows)))

    makes = [Make(BATCH_MG // 4), Make(BATCH_MG * 3 // 4, certified=False)]
    history.made(history.world.issue(COLLUDING[0], makes=makes, cheat=Cheat(run=less)))


def _cheaper(taken: list[InputFigures]) -> list[InputFigures]:
    return [replace(one, rows=tuple((stage, gas, "0.001", "0.001") for stage, gas, _, _ in one.rows)) for one in taken]


def bring_less(history: History) -> None:
    """Count less of the footprint of what is used than its certificate says."""
    history.issue([history.lump(history.fresh, cheat=True)], Cheat(taken=_cheaper))


def add_up_less(history: History) -> None:
    """Say rightly what each input brings, and add it up wrongly."""
    lump = history.lump(history.fresh, cheat=True)
    history.issue([lump], Cheat(taken=_cheaper, inputs=lambda _: [honest_input(lump)]))


def make_from_nothing(history: History) -> None:
    """Make more than goes in."""
    lump = history.lump(history.fresh, cheat=True)
    history.made(
        history.world.issue(
            name_of(lump.holder.owner), [lump], [Make(lump.mass_mg * 3)], registry=lump.holder.registry, cheat=Cheat()
        )
    )


def say_it_is_richer(history: History) -> None:
    """Count fewer elements in the run than the composition gives."""

    def fewer(facts: RunFacts) -> RunFacts:
        made = [
            replace(one, elements=tuple((name, decimal_text(Decimal(mass) / 4)) for name, mass in one.elements))
            for one in facts.made
        ]
        return replace(facts, made=tuple(made))

    lump = history.lump(history.fresh, cheat=True)
    history.made(
        history.world.issue(
            name_of(lump.holder.owner),
            [lump],
            [Make(lump.mass_mg * 3)],
            registry=lump.holder.registry,
            cheat=Cheat(run=fewer),
        )
    )


# -- cheats with electricity instruments -------------------------------------------------------------------------------


def _another_mark(history: History) -> Callable[[Entry], Entry]:
    """Leave another mark for the one of the statement."""

    def changed(entry: Entry) -> Entry:
        kept = [mark for mark in entry.marks if mark not in history.world.statement_marks]
        return replace(entry, marks=tuple(sorted((*kept, history.world.salt(32)))))

    return changed


def enter_twice(history: History) -> None:
    """Enter a statement a second time, under another mark, and use both."""
    first = history.enter(COLLUDING[0])
    second = history.enter(COLLUDING[1], first.lumps[0].statement, cheat=Cheat(entry=_another_mark(history)))
    history.issue(first.lumps[:1])
    history.issue(second.lumps[:1])


def enter_as_if_freed(history: History) -> None:
    """Enter a statement a second time, by an undo that was of something else, and use both."""
    first = history.enter(COLLUDING[0])
    history.undo(staged(history, COLLUDING[0]))
    said = first.lumps[0].statement
    if said is None:
        raise RepeatedMarkError
    after = to_base64url(next(reversed(history.world.records)))
    second = history.enter(COLLUDING[1], replace(said, after=after))
    history.issue(first.lumps[:1])
    history.issue(second.lumps[:1])


def enter_elsewhere(history: History) -> None:
    """Enter a statement in both registries, and use both."""
    first = history.enter(COLLUDING[0])
    second = history.enter(COLLUDING[1], first.lumps[0].statement, LOGS[1])
    history.issue(first.lumps[:1])
    history.issue(second.lumps[:1])


def enter_in_two(history: History) -> None:
    """Make two lots of one statement, each for all of it, and use both."""
    made = history.world.issue(COLLUDING[0], makes=[power(STATEMENT_MWH, history.statement())] * 2, registry=LOGS[0])
    history.made(made)
    history.spend(by=COLLUDING[0])
    history.issue(made.lumps)


def follow_with_another_statement(history: History) -> None:
    """Correct a statement into another one, which left no mark, and use that."""
    old = history.enter(COLLUDING[0])
    other = history.statement()
    new = history.follow(old, Cheat(facts=lambda facts: replace(facts, instrument=other)))
    history.issue([replace(old.lumps[0], issuance=new)])


def claim_more(history: History) -> None:
    """Name more kWh in a line than are drawn."""
    lump = history.enter(COLLUDING[0]).lumps[0]
    history.issue([lump], Cheat(power=lambda drawn: [(said, 3 * mwh) for said, mwh in drawn]))


def claim_alone(history: History) -> None:
    """Name a statement in a line, and draw nothing; and let somebody else draw it."""
    lump = history.enter(COLLUDING[0]).lumps[0]
    said = lump.statement
    if said is None:
        raise RepeatedMarkError
    goods = history.lump(history.fresh, cheat=True)
    history.issue([goods], Cheat(power=lambda _: [(said, STATEMENT_MWH)]))
    history.issue([lump])


# -- cheats with guests, whose keys the registries keep ----------------------------------------------------------------


def _guests(history: History) -> list[Lump]:
    return [lump for lump in history.lumps if name_of(lump.holder.owner) == GUEST]


def move_again_from_a_guest(history: History) -> None:
    """Move what the guest held a second time, under another mark, and use it."""
    lump = history.lump(_guests(history))
    history.move(lump, Cheat(entry=_some_mark(history)), to=COLLUDING[0])
    history.issue([history.lumps[-1]])


def make_as_a_guest(history: History) -> None:
    """Make a run in the guest's name, of what it holds."""
    history.issue([history.lump(_guests(history))], Cheat(), who=GUEST)


def take_from_a_guest(history: History) -> None:
    """Move what the guest holds by another's signature, and use it."""
    history.move(history.lump(_guests(history)), Cheat(signer=key(COLLUDING[0])), to=COLLUDING[0])
    history.issue([history.lumps[-1]])


GUEST_CHEATS: Final = (take_from_a_guest, move_again_from_a_guest, make_as_a_guest)


def play(
    random: Random,
    cheats: Sequence[Callable[[History], object]],
    *,
    acts: int,
    honest: float,
    usual: Sequence[Callable[[History], object]] = (*HONEST_ACTS, *GUEST_ACTS),
) -> History:
    """Return a history of some acts, honest ones out of `usual` and cheats."""
    people = cast(guests=(GUEST,))
    history = History(random, World(seed=random.getrandbits(62), public_rule=True, people=people))
    for who in (*COLLUDING, VICTIM)[: random.randint(1, 3)]:
        history.mine(who)
    for _ in range(acts):
        act = random.choice(usual) if random.random() < honest or not cheats else random.choice(cheats)
        if act in usual and random.random() < 0.05:
            act = History.change
        with suppress(RepeatedMarkError):
            act(history)
    return history
