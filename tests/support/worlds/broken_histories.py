"""For every rule of verification a history that breaks it, and as far as can be nothing else.

Each is told as what a cheat would do: the records are real, signed and logged, and consistent in all but the one thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.holdings.mark import instrument_mark
from ledger.holdings.split import SplitPart
from ledger.seal.digest import to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.verify.chain import Policy
from ledger.verify.rule import Rule
from schemas.bundle import CertificateLine, StatusLine
from schemas.certificate import Follows, OpenFlags, StatusPlace
from schemas.claim import SCOPES, Claim
from schemas.document import replace
from schemas.figures import Beside, OriginStep
from schemas.instant import instant_text
from schemas.inventory import Cancelled, Electricity, ElectricityLine, Instrument
from schemas.name import Name
from schemas.quantity import trillionths, trillionths_text
from schemas.run import Output
from schemas.trust import TrustList, Voided
from tests.support.worlds.attestations import DOT, Vouched
from tests.support.worlds.drafts import HONEST, Cheat, Issuance, Lump
from tests.support.worlds.parties import REGISTRIES, Cast, did, key
from tests.support.worlds.recipe import GRID, OLDER, Make, power, statement
from tests.support.worlds.upstream import with_word
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.log.entry import Entry
    from schemas.bundle import BundleLine
    from schemas.certificate import CertificateFacts
    from schemas.holding import Holder
    from schemas.inventory import InventoryGroup
    from schemas.report import Verdict
    from schemas.run import InputFacts, RunFacts, Source
    from schemas.statement import Move, Undo

DAY_MS: Final = 24 * 3600 * 1000


@dataclass(frozen=True)
class Case:
    """A bundle, by what it is to be judged, and the verdict that is due."""

    lines: list[bytes]
    cast: Cast
    policy: Policy
    verdict: Verdict = "do-not-rely"


def case(world: World, subject: Issuance, verdict: Verdict = "do-not-rely", **how: object) -> Case:
    """Return the case of a subject's bundle, judged a minute after its last act."""
    lines = world.bundle(subject.certificate, **how)  # type: ignore[arg-type]
    return Case(lines, world.people, Policy(world.now_ms + 60_000), verdict)


def mined(world: World, grams: int = 1000, **how: object) -> Issuance:
    """Let ann mine a batch."""
    return world.issue("ann", makes=[Make(grams * 1000)], **how)  # type: ignore[arg-type]


def drawn(world: World, grams: int = 400, to: str = "ben") -> Lump:
    """Let ann mine a kilogram, and give `to` a part of it."""
    part, _ = world.split(mined(world).lumps[0], grams * 1000)
    return world.move(part, to)


# -- steps 1 to 6: the record ---------------------------------------------------------------------------------------


def _not_in_log() -> Case:
    def other_path(lines: list[BundleLine]) -> list[BundleLine]:
        last = lines[-2]
        assert isinstance(last, CertificateLine)
        wrong = replace(last.proof, path=(to_base64url(bytes(32)), *last.proof.path[1:]))
        return [*lines[:-2], replace(last, proof=wrong), lines[-1]]

    world = World()
    return case(world, world.issue("ben", [drawn(world)], [Make(300_000)]), change=other_path)


def _list_expired() -> Case:
    world = World()
    found = case(world, mined(world), "incomplete")
    people = world.people.changed(lambda listed: replace(listed, expires=instant_text(world.now_ms)))
    return replace(found, cast=people)


def _logged_late() -> Case:
    world = World()
    late = Cheat(facts=lambda facts: replace(facts, not_logged_after="2026-05-28T00:00:00Z"))
    return case(world, mined(world, cheat=late))


def _voided() -> Case:
    def void(listed: TrustList) -> TrustList:
        first = listed.registries[0]
        voided = (Voided(origin=first.logs[0].origin, index=0),)
        return replace(listed, registries=(replace(first, voided=voided), *listed.registries[1:]))

    world = World()
    return replace(case(world, mined(world)), cast=world.people.changed(void))


def _party(change: dict[str, object]) -> Callable[[TrustList], TrustList]:
    """Return what changes ann in a trust list."""

    def changed(listed: TrustList) -> TrustList:
        ann, *others = listed.parties
        return replace(listed, parties=(replace(ann, **change), *others))

    return changed


def _key_too_new() -> Case:
    world = World()
    found = case(world, mined(world))
    (old,) = world.people.listed.parties[0].keys
    new = replace(old, since="2026-12-01T00:00:00Z")
    return replace(found, cast=world.people.changed(_party({"keys": (new,)})))


def _kind_not_allowed() -> Case:
    world = World()
    return replace(case(world, mined(world)), cast=world.people.changed(_party({"kinds": ("metal",)})))


def _signed_by_another() -> Case:
    world = World()
    return case(world, mined(world, cheat=Cheat(signer=SoftwareSigner(key("ann").kid, key("ben").key))))


def _entry_of_another_record() -> Case:
    world = World()
    return case(world, mined(world, cheat=Cheat(entry=lambda entry: replace(entry, digest=bytes(32)))))


def _at_another_place() -> Case:
    world = World()
    two = [Make(600_000), Make(400_000)]
    return case(world, world.issue("ann", makes=two, cheat=Cheat(values=lambda values: values[::-1])))


def _one_mark_more(entry: Entry) -> Entry:
    return replace(entry, marks=tuple(sorted((*entry.marks, bytes(32)))))


def _marks_more_than_said() -> Case:
    world = World()
    return case(world, mined(world, cheat=Cheat(entry=_one_mark_more)), show="public")


def _names_another_predecessor() -> Case:
    def other(facts: CertificateFacts) -> CertificateFacts:
        named = Follows(record=facts.follows.record, certificate=elsewhere) if facts.follows else None
        return replace(facts, follows=named)

    world = World()
    elsewhere = mined(world).certificate.digest
    old = mined(world)
    return case(world, world.issue("ann", makes=[Make(1_000_000)], follows=old, cheat=Cheat(facts=other)))


def _list_not_signed() -> Case:
    def forged(lines: list[BundleLine]) -> list[BundleLine]:
        for number, line in enumerate(lines):
            if isinstance(line, StatusLine):
                lines[number] = replace(line, credential=line.credential[:-86] + "A" * 86)
        return lines

    world = World()
    return case(world, mined(world), change=forged)


def _word_of_another_key() -> Case:
    world = World()
    made = mined(world)
    word = with_word(world, made.certificate, signer=SoftwareSigner.from_raw(f"{did(REGISTRIES[0])}#k", bytes(32)))
    return case(world, made, change=word)


def _ended(kind: str, verdict: Verdict) -> Callable[[], Case]:
    def made() -> Case:
        world = World()
        batch = world.issue("ben", [drawn(world)], [Make(300_000)])
        world.change(kind, batch.certificate)  # type: ignore[arg-type]
        return case(world, batch, verdict)

    return made


def _superseded() -> Case:
    world = World()
    old = mined(world)
    world.issue("ann", makes=[Make(1_000_000)], follows=old)
    return case(world, old, "superseded")


def _expired() -> Case:
    world = World()
    return case(world, mined(world, valid_until=instant_text(world.now_ms + 2000)), "expired")


def _ended_by_another() -> Case:
    world = World()
    batch = mined(world)
    world.change("withdraw", batch.certificate, cheat=Cheat(signer=key("ben")))
    return case(world, batch)


def _facts(**change: object) -> Cheat:
    return Cheat(facts=lambda facts: replace(facts, **change))


def _of_batch(**change: object) -> Cheat:
    return Cheat(
        facts=lambda facts: replace(facts, batch=replace(facts.batch, **change)),
        outputs=lambda outputs: [
            replace(output, **{name: value for name, value in change.items() if name in Output.__struct_fields__})
            for output in outputs
        ],
    )


def _dated_ahead() -> Case:
    world = World()
    return case(world, mined(world, cheat=_facts(issued="2026-06-03T00:00:00Z")))


def _called_another() -> Case:
    def other(facts: CertificateFacts) -> CertificateFacts:
        names = (Name(lang="en", text="Another Company Ltd"),)
        return replace(facts, issuer=replace(facts.issuer, names=names))

    world = World()
    return case(world, mined(world, cheat=Cheat(facts=other)))


def _of_two(cheat: Cheat) -> Case:
    """Return the case of a batch made of two that were made with the same cheat."""
    world = World()
    first, second = (world.split(mined(world, cheat=cheat).lumps[0], 400_000)[0] for _ in range(2))
    return case(world, world.issue("ann", [first, second], [Make(700_000)]))


def _lot_twice() -> Case:
    return _of_two(_of_batch(lot="OX-1"))


def _status_place_twice() -> Case:
    return _of_two(_facts(status=StatusPlace(list=0, index=5)))


# -- step 7: inputs -------------------------------------------------------------------------------------------------


def _run(**change: object) -> Cheat:
    return Cheat(run=lambda facts: replace(facts, **change))


def _producer_is_another() -> Case:
    world = World()
    return case(world, mined(world, cheat=_run(producer=did("cat"))))


def _registry_is_another() -> Case:
    world = World()
    return case(world, mined(world, cheat=_run(registry="two.example")))


def _output_is_another() -> Case:
    world = World()
    other = Cheat(outputs=lambda outputs: [replace(output, lot="another") for output in outputs])
    return case(world, mined(world, cheat=other))


def _other_mark(entry: Entry) -> Entry:
    return replace(entry, marks=(bytes(32),))


def _entry_has_other_marks() -> Case:
    world = World()
    return case(world, world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(entry=_other_mark)))


def _upstream_is_missing() -> Case:
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    return case(world, batch, "incomplete", without=set(world.records) - {batch.digest})


def _of_another_batch() -> Case:
    def cites(inputs: list[tuple[InputFacts, Source]]) -> list[tuple[InputFacts, Source]]:
        changed = {"certificate": other.certificate.digest, "run": other.run.digest}
        return [(facts, replace(source, **changed)) for facts, source in inputs]

    world = World()
    other, lump = mined(world), drawn(world)
    batch = world.issue("ben", [lump], [Make(300_000)], cheat=Cheat(inputs=cites))
    return case(world, batch, also=[other.digest])


def _called_scrap() -> Case:
    def scrap(inputs: list[tuple[InputFacts, Source]]) -> list[tuple[InputFacts, Source]]:
        return [(replace(facts, kind="scrap"), source) for facts, source in inputs]

    world = World()
    return case(world, world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(inputs=scrap)))


def _stronger_custody() -> Case:
    world = World()
    return case(world, world.issue("ben", [drawn(world)], [Make(300_000)], cheat=_facts(custody="segregated")))


def _from_nowhere() -> Case:
    world = World()
    text, holder = world.holding("ann", "one.example")
    forged = replace(mined(world).lumps[0], text=text, holder=holder)
    return case(world, world.issue("ann", [forged], [Make(300_000)]))


def _split_has_another_mark() -> Case:
    world = World()
    part, _ = world.split(mined(world).lumps[0], 400_000, cheat=Cheat(entry=_other_mark))
    return case(world, world.issue("ann", [part], [Make(300_000)]))


def _of_another_owner() -> Case:
    world = World()
    return case(world, world.issue("cat", [drawn(world)], [Make(300_000)]))


def _used_twice() -> Case:
    world = World()
    lump = drawn(world)
    first, second = (world.issue("ben", [lump], [Make(300_000)]) for _ in range(2))
    return case(world, world.issue("ben", [first.lumps[0], second.lumps[0]], [Make(500_000)]))


def _used_away_from_home() -> Case:
    world = World()
    there = Cheat(log="two.example", statement=_in("two.example"))
    return case(world, world.issue("ben", [world.move(mined(world).lumps[0], "ben", cheat=there)], [Make(300_000)]))


def _in(registry: str) -> Callable[[Move], Move]:
    return lambda said: replace(said, registry=registry)


def _more_than_held() -> Case:
    world = World()
    return case(world, world.issue("ben", [replace(drawn(world), mass_mg=900_000)], [Make(800_000)]))


def _more_than_there_was() -> Case:
    """Take more of a batch than its own net mass, by a holding of which nobody sees that it was never given."""
    world = World()
    batch = mined(world, 1)
    text, holder = world.holding("ben", "one.example")
    forged = replace(batch.lumps[0], text=text, holder=holder, mass_mg=5_000_000)
    made = world.issue("ben", [forged], [Make(4_900_000)])
    return case(world, made, show=lambda digest: "public" if digest == batch.certificate.digest else "auditor")


def _parts_too_large() -> Case:
    def larger(pieces: list[SplitPart]) -> list[SplitPart]:
        return [SplitPart(piece.mass_mg + 300_000, piece.commitment) for piece in pieces]

    world = World()
    part, _ = world.split(mined(world).lumps[0], 400_000, cheat=Cheat(pieces=larger))
    return case(world, world.issue("ann", [part], [Make(300_000)]))


def _split_to_another_owner() -> Case:
    world = World()
    to_cat = Cheat(holder=lambda holder: replace(holder, owner=did("cat")))
    part, _ = world.split(mined(world).lumps[0], 400_000, cheat=to_cat)
    return case(world, world.issue("cat", [part], [Make(300_000)]))


def _move_adds_mass() -> Case:
    def more(said: Move) -> Move:
        return replace(said, creates=replace(said.creates, mass_kg="0.9"))

    world = World()
    part, _ = world.split(mined(world).lumps[0], 400_000)
    moved = world.move(part, "ben", cheat=Cheat(statement=more))
    return case(world, world.issue("ben", [moved], [Make(800_000)]))


def _moved_by_another() -> Case:
    world = World()
    moved = world.move(mined(world).lumps[0], "ben", cheat=Cheat(signer=key("ben")))
    return case(world, world.issue("ben", [moved], [Make(300_000)]))


def _follows_another_first() -> Case:
    def first(facts: RunFacts) -> RunFacts:
        named = replace(facts.follows, first_run=to_base64url(bytes(32))) if facts.follows else None
        return replace(facts, follows=named)

    world = World()
    return case(world, world.issue("ann", makes=[Make(1_000_000)], follows=mined(world), cheat=Cheat(run=first)))


def _follows_but_differs() -> Case:
    world = World()
    return case(world, world.issue("ann", makes=[Make(1_000_000)], follows=mined(world), cheat=_run(run="another")))


def _follows_and_leaves_one() -> Case:
    def one(facts: RunFacts) -> RunFacts:
        assert facts.follows is not None
        named = replace(facts.follows, ends=(facts.follows.ends[0], None))
        return replace(facts, follows=named)

    world = World()
    two = [Make(600_000), Make(400_000)]
    cheat = Cheat(run=one, entry=lambda entry: replace(entry, bits=entry.bits[:1]))
    return case(world, world.issue("ann", makes=two, follows=world.issue("ann", makes=two), cheat=cheat))


def undone(
    world: World,
    makes: list[Make],
    cheat: Cheat,
    *,
    uses: slice = slice(None),
    takes_mg: int = 400_000,
) -> Issuance:
    """Let ben make a run, undo it, and use what came back; return the last batch."""
    first = world.issue("ben", [drawn(world)], makes)
    (back,) = world.undo(first, uses=first.lumps[uses], cheat=cheat)
    return world.issue("ben", [back], [Make(takes_mg)])


def _undo_elsewhere() -> Case:
    world = World()
    makes = [Make(300_000, registry="two.example")]
    first = world.issue("ben", [drawn(world)], makes)
    cheat = Cheat(statement=_in("two.example"), log="two.example", holder=_homed("one.example"))
    (back,) = world.undo(first, cheat=cheat)
    return case(world, world.issue("ben", [back], [Make(300_000)]))


def _homed(registry: str) -> Callable[[Holder], Holder]:
    return lambda holder: replace(holder, registry=registry)


def _undo_of_a_part() -> Case:
    world = World()
    return case(world, undone(world, [Make(300_000), Make(100_000)], Cheat(), uses=slice(1)))


def _undo_gives_more() -> Case:
    def more(said: Undo) -> Undo:
        return replace(said, returns=(replace(said.returns[0], mass_kg="0.9"),))

    world = World()
    return case(world, undone(world, [Make(300_000)], Cheat(statement=more), takes_mg=800_000))


def _undo_leaves_one() -> Case:
    world = World()
    fewer = Cheat(statement=lambda said: replace(said, ends=said.ends[:1]))
    return case(world, undone(world, [Make(300_000), Make(100_000)], fewer))


def _undone_by_another() -> Case:
    world = World()
    return case(world, undone(world, [Make(300_000)], Cheat(signer=key("cat"))))


def _bits_not_set() -> Case:
    world = World()
    return case(world, undone(world, [Make(300_000)], Cheat(entry=lambda entry: replace(entry, bits=()))))


def _used_before_it_was_there() -> Case:
    world = World()
    moved = world.move(mined(world).lumps[0], "ben", "two.example")
    early = Cheat(entry=lambda entry: replace(entry, time_ms=entry.time_ms - 60_000))
    return case(world, world.issue("ben", [moved], [Make(300_000)], registry="two.example", cheat=early))


def _used_after_withdrawal() -> Case:
    world = World()
    lump = drawn(world)
    world.change("withdraw", lump.issuance.certificate)
    return case(world, world.issue("ben", [lump], [Make(300_000)]))


def _own_holding_is_of_another_batch() -> Case:
    world = World()
    other = mined(world)
    return case(world, mined(world), own=other.lumps[0])


# -- steps 8 and 9 --------------------------------------------------------------------------------------------------


def _more_than_taken() -> Case:
    world = World()
    return case(world, world.issue("ben", [drawn(world)], [Make(500_000)]))


def _composition_says_otherwise() -> Case:
    def less(facts: RunFacts) -> RunFacts:
        (made,) = facts.made
        return replace(facts, made=(replace(made, elements=(("Nd", "0.1"), ("Pr", "0.25"))),))

    world = World()
    return case(world, mined(world, cheat=Cheat(run=less)))


def _all_of_it_burns() -> Case:
    world = World()
    return case(world, mined(world, cheat=_of_batch(loss_on_ignition="1")))


def _too_large_to_tell() -> Case:
    world = World()
    makes = [Make(999_999_999_999_000_000, (("Nd", "0.000001"), ("O", "0.999999")))] * 2
    return case(world, world.issue("ann", makes=makes, feed_mg=1), show="customer")


def _gains_add_up() -> Case:
    world = World()
    richer = [(("Nd", "0.602"), ("Pr", "0.25"), ("O", "0.148")), (("Nd", "0.604"), ("Pr", "0.25"), ("O", "0.146"))]
    made = []
    lump = drawn(world)
    for composition in richer:
        made.append(world.issue("ben", [lump], [Make(lump.mass_mg, composition)]))
        lump = made[-1].lumps[0]
    return case(world, made[-1])


def _said_of_the_output(change: dict[str, object]) -> Case:
    """Say something of the output in the certificate and in the run alike."""
    world = World()
    both = Cheat(
        outputs=lambda outputs: [replace(output, **change) for output in outputs],
        facts=lambda facts: replace(facts, **change),
    )
    return case(world, mined(world, cheat=both))


def _recycled_from_nowhere() -> Case:
    world = World()
    honest = mined(world).certificate.record.composition
    return _said_of_the_output({"composition": tuple(replace(share, post="0.5") for share in honest)})


def _from_another_country() -> Case:
    return _said_of_the_output({"origin": (OriginStep(step="mining", country="AU"),)})


def _half_of_it_is_nothing() -> Case:
    world = World()
    return case(world, world.issue("ann", makes=[Make(1_000_000, (("Nd", "0.3"), ("Pr", "0.1")))]))


def _share_is_another() -> Case:
    def hides(facts: RunFacts) -> RunFacts:
        shown, hidden = facts.made
        rows = tuple((stage, gas, "1", "1") for stage, gas, _, _ in hidden.rows)
        return replace(facts, made=(shown, replace(hidden, rows=rows)))

    world = World()
    makes = [Make(600_000), Make(400_000, certified=False)]
    return case(world, world.issue("ann", makes=makes, cheat=Cheat(run=hides)))


def _engine_is_unknown() -> Case:
    engine = {"engine": "999"}
    both = Cheat(
        run=lambda facts: replace(facts, **engine),
        facts=lambda facts: replace(facts, footprint=replace(facts.footprint, **engine)),
    )
    world = World()
    return case(world, mined(world, cheat=both))


def _old_engine_tells_more() -> Case:
    """Tell of free scrap in a run of engine 1, which has no such member."""
    beside = Beside(rows=(), free=("1", "0", "0"), instruments=(), partial=())
    both = Cheat(
        run=lambda facts: replace(facts, beside=beside),
        facts=lambda facts: replace(facts, footprint=replace(facts.footprint, beside=beside)),
    )
    world = World()
    return case(world, mined(world, cheat=both))


def _prices_without_date() -> Case:
    def undated(facts: RunFacts) -> RunFacts:
        return replace(facts, allocation=replace(facts.allocation, prices=None))

    world = World()
    makes = [Make(600_000), Make(400_000)]
    return case(world, world.issue("ann", makes=makes, cheat=Cheat(run=undated)), show="customer")


def _gives_back() -> Case:
    """Let one group be larger and another negative: the sum is right."""

    def shifted(facts: RunFacts) -> RunFacts:
        (group, gas, *both), *others = facts.own
        more = (group, gas, *(trillionths_text(trillionths(kg) + trillionths("1")) for kg in both))
        return replace(facts, own=(more, *others, ("direct", gas, "-1", "-1")))

    world = World()
    return case(world, mined(world, cheat=Cheat(run=shifted)), show="customer")


def _power(groups: tuple[InventoryGroup, ...]) -> Electricity:
    (power,) = [group for group in groups if isinstance(group, Electricity)]
    return power


def _one_instrument_twice() -> Case:
    once = Instrument(scheme="GEC", statement="0001", kwh="100", grid="CN-NM", year="2026", factor=GRID)

    def green(groups: tuple[InventoryGroup, ...]) -> tuple[InventoryGroup, ...]:
        lines = tuple(replace(line, instruments=(once,)) for line in _power(groups).lines)
        return (*groups[:2], replace(groups[2], lines=lines), *groups[3:])

    world = World()
    part, _ = world.split(mined(world, cheat=Cheat(inventory=green)).lumps[0], 400_000)
    batch = world.issue("ann", [part], [Make(300_000)], cheat=Cheat(inventory=green))
    return case(world, batch, show=_power_of(batch, "run/inputs/0/source"))


def _power_of(subject: Issuance, *also: str) -> Callable[[str], list[str]]:
    """Show the electricity of every run, and something more of the subject's."""
    power = ["run/inventory/electricity"]
    return lambda digest: [*power, *also] if digest == subject.certificate.digest else power


def _statement(
    world: World, said: Cancelled | None = None, cheat: Cheat = HONEST, **how: object
) -> tuple[Issuance, Issuance]:
    """Let ann enter a statement, and mine with its kWh; return both runs."""
    entered = world.enter("ann", 400_000_000, said, cheat=cheat, **how)  # type: ignore[arg-type]
    return entered, world.issue("ann", entered.lumps, [Make(1_000_000)], registry=entered.run.run.registry)


def _electricity_of_two_lots() -> Case:
    """One statement becomes two lots, each for all of it."""
    world = World()
    return case(world, world.issue("ann", makes=[power(400_000_000, statement())] * 2))


def _statement_leaves_no_mark() -> Case:
    def another(entry: Entry) -> Entry:
        (mark,) = set(entry.marks) - {instrument_mark(statement().key)}
        return replace(entry, marks=tuple(sorted((mark, bytes(32)))))

    world = World()
    return case(world, _statement(world, cheat=Cheat(entry=another))[1])


def _statement_is_entered_elsewhere() -> Case:
    world = World()
    return case(world, _statement(world, registry="two.example")[1])


def _line_names_another_kind() -> Case:
    def contract(groups: tuple[InventoryGroup, ...]) -> tuple[InventoryGroup, ...]:
        (line,) = groups[2].lines
        assert isinstance(line, ElectricityLine)
        item = replace(line.instruments[0], kind="contract")
        changed = replace(line, instruments=(item,))
        return (*groups[:2], replace(groups[2], lines=(changed,)), *groups[3:])

    world = World()
    entered = world.enter("ann", 400_000_000)
    return case(world, world.issue("ann", entered.lumps, [Make(1_000_000)], cheat=Cheat(inventory=contract)))


def _tables_are_others() -> Case:
    def other(facts: RunFacts) -> RunFacts:
        first, *rest = facts.factor_sets
        changed = (replace(first, digest=to_base64url(bytes(32))), *rest)
        return replace(facts, factor_sets=changed)

    world = World()
    return case(world, mined(world, cheat=Cheat(run=other)))


def _lines_say_more() -> Case:
    def larger(groups: tuple[InventoryGroup, ...]) -> tuple[InventoryGroup, ...]:
        power = _power(groups)
        lines = tuple(replace(line, factor=OLDER) for line in power.lines)
        return (*groups[:2], replace(power, lines=lines), *groups[3:])

    world = World()
    batch = mined(world, cheat=Cheat(inventory=larger))
    return case(world, batch, show=lambda _: ["run/inventory/materials", "run/inventory/electricity"])


def _less_energy() -> Case:
    """Let a run have used less energy than its lines say, with its output's share right."""

    def less(facts: RunFacts) -> RunFacts:
        (only,) = facts.made
        told = {
            "own_indicators": (("energy", "1"),),
            "made": (replace(only, indicators=(("energy", "1"),)),),
        }
        return replace(facts, **told)

    world = World()
    return case(world, mined(world, cheat=Cheat(run=less)))


def _better_than_it_is() -> Case:
    def primary(facts: RunFacts) -> RunFacts:
        return replace(facts, quality=replace(facts.quality, rating="1"))

    world = World()
    return case(world, mined(world, cheat=Cheat(run=primary)))


def _brings_half() -> Case:
    world = World()
    half = Cheat(
        taken=lambda taken: [
            replace(one, rows=tuple((stage, gas, "1", "1") for stage, gas, _, _ in one.rows)) for one in taken
        ]
    )
    return case(world, world.issue("ben", [drawn(world)], [Make(300_000)], cheat=half))


def _clear_figure_is_smaller() -> Case:
    def smaller(facts: CertificateFacts) -> CertificateFacts:
        figures = facts.footprint
        less = replace(figures.per_kg, location="1")
        return replace(facts, footprint=replace(figures, per_kg=less))

    world = World()
    return case(world, mined(world, cheat=Cheat(facts=smaller)), show="public")


def _flags_are_fewer() -> Case:
    def fewer(facts: CertificateFacts) -> CertificateFacts:
        return replace(facts, footprint=replace(facts.footprint, flags=OpenFlags(own=0, inputs=7)))

    world = World()
    return case(world, mined(world, cheat=Cheat(facts=fewer)))


def _claim_without_rule() -> Case:
    world = World()
    return case(world, mined(world, cheat=_facts(claims=(Claim(id="no-harm-done", scope="run", answer="declared"),))))


def _proven_without_meters() -> Case:
    answers = tuple(Claim(id="zero-discharge", scope=scope, answer="proven") for scope in SCOPES)
    world = World()
    return case(world, mined(world, cheat=_facts(claims=answers)))


def _attested(**how: object) -> Callable[[], Case]:
    def made() -> Case:
        world = Vouched()
        batch = mined(world)
        world.attest(batch.certificate, **how)  # type: ignore[arg-type] # change and cheat
        return case(world, batch)

    return made


BREAKS: Final[dict[Rule, Callable[[], Case]]] = {
    Rule.INCLUDED: _not_in_log,
    Rule.TRUST_CURRENT: _list_expired,
    Rule.ON_TIME: _logged_late,
    Rule.ISSUED: _dated_ahead,
    Rule.NOT_VOIDED: _voided,
    Rule.ISSUER_KEY: _key_too_new,
    Rule.ISSUER_MAY: _kind_not_allowed,
    Rule.ISSUER_NAMES: _called_another,
    Rule.SIGNED: _signed_by_another,
    Rule.SAME_RECORD: _entry_of_another_record,
    Rule.OWN_PLACE: _at_another_place,
    Rule.MARK_COUNT: _marks_more_than_said,
    Rule.FOLLOWS_NAMES: _names_another_predecessor,
    Rule.LOT_ONCE: _lot_twice,
    Rule.STATUS_PLACE: _status_place_twice,
    Rule.STATUS_LIST: _list_not_signed,
    Rule.ENDED_BY: _ended_by_another,
    Rule.NOT_WITHDRAWN: _ended("withdraw", "withdrawn"),
    Rule.NOT_SUSPENDED: _ended("suspend", "withdrawn"),
    Rule.NOT_SUPERSEDED: _superseded,
    Rule.NOT_EXPIRED: _expired,
    Rule.UPSTREAM: _word_of_another_key,
    Rule.SAME_ISSUER: _producer_is_another,
    Rule.SAME_REGISTRY: _registry_is_another,
    Rule.OUTPUT_AS_CLEAR: _output_is_another,
    Rule.ENTRY_MARKS: _entry_has_other_marks,
    Rule.SOURCE_SHOWN: _upstream_is_missing,
    Rule.AS_CITED: _called_scrap,
    Rule.CUSTODY: _stronger_custody,
    Rule.ROOT: _of_another_batch,
    Rule.PATH: _from_nowhere,
    Rule.MARK: _split_has_another_mark,
    Rule.OWNER: _of_another_owner,
    Rule.USED_ONCE: _used_twice,
    Rule.HOME: _used_away_from_home,
    Rule.TAKEN: _more_than_held,
    Rule.WITHIN_BATCH: _more_than_there_was,
    Rule.SPLIT_SUM: _parts_too_large,
    Rule.SPLIT_KEEPS: _split_to_another_owner,
    Rule.MOVE_MASS: _move_adds_mass,
    Rule.MOVE_SIGNED: _moved_by_another,
    Rule.PRODUCER_SIGNED: _signed_by_another,
    Rule.FIRST_RUN: _follows_another_first,
    Rule.FOLLOWS_REPEATS: _follows_but_differs,
    Rule.FOLLOWS_ENDS: _follows_and_leaves_one,
    Rule.SUCCESSOR_HOME: _undo_elsewhere,
    Rule.UNDO_ALL: _undo_of_a_part,
    Rule.UNDO_SAME: _undo_gives_more,
    Rule.UNDO_ENDS: _undo_leaves_one,
    Rule.UNDO_SIGNED: _undone_by_another,
    Rule.BITS: _bits_not_set,
    Rule.TIME_ORDER: _used_before_it_was_there,
    Rule.SOURCE_STANDS: _used_after_withdrawal,
    Rule.OWN_HOLDING: _own_holding_is_of_another_batch,
    Rule.ELEMENTS: _more_than_taken,
    Rule.COMPOSITION: _composition_says_otherwise,
    Rule.POSSIBLE: _all_of_it_burns,
    Rule.SIZE: _too_large_to_tell,
    Rule.GAINS: _gains_add_up,
    Rule.SHARES: _recycled_from_nowhere,
    Rule.ORIGIN: _from_another_country,
    Rule.PHYSICS: _half_of_it_is_nothing,
    Rule.FLAGS_STATED: _flags_are_fewer,
    Rule.WHOLE: _share_is_another,
    Rule.FACTORS: _tables_are_others,
    Rule.RECOMPUTED: _lines_say_more,
    Rule.CONTRIBUTION: _brings_half,
    Rule.INDICATORS: _less_energy,
    Rule.QUALITY: _better_than_it_is,
    Rule.BESIDE: _old_engine_tells_more,
    Rule.CLEAR_FIGURES: _clear_figure_is_smaller,
    Rule.TERMS: _engine_is_unknown,
    Rule.ALLOCATION: _prices_without_date,
    Rule.NEGATIVE: _gives_back,
    Rule.INSTRUMENTS: _one_instrument_twice,
    Rule.INSTRUMENT: _electricity_of_two_lots,
    Rule.INSTRUMENT_MARK: _statement_leaves_no_mark,
    Rule.INSTRUMENT_HOME: _statement_is_entered_elsewhere,
    Rule.INSTRUMENT_DRAWN: _line_names_another_kind,
    Rule.STATED: _claim_without_rule,
    Rule.ANSWERED: _proven_without_meters,
    Rule.ATTESTATION_ENTRY: _attested(cheat=Cheat(entry=_one_mark_more)),
    Rule.ATTESTATION_SIGNED: _attested(cheat=Cheat(signer=SoftwareSigner(key(DOT).kid, key("ben").key))),
}
"""A history for each rule that breaks it."""
