"""Evidence against an auditor: lies are proven by bytes, and no file frames an honest one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.seal.digest import text_digest
from ledger.seal.signer import SoftwareSigner
from ledger.verify.audit_evidence import Judging
from ledger.verify.evidence import Conviction, convict
from schemas.audit import AuditState
from schemas.bundle import HoldingLine, SplitLine, StatementLine, read_line
from schemas.document import replace
from schemas.evidence import AuditTwice, FalseAudit, LoggedAudit, read_evidence
from schemas.problem import CheckError, OreprintError
from tests.support.worlds.auditors import EVA, FAY, RULES, AuditedWorld, SaidAudit, leaf
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.parties import did, key
from tests.support.worlds.recipe import Make, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.evidence import Evidence
    from tests.support.worlds.drafts import Issuance

JUDGING = Judging(tables(), RULES)


def logged(world: AuditedWorld, said: SaidAudit) -> LoggedAudit:
    world._publish(said.registry)
    place = said.logged
    return LoggedAudit(audit=said.text, proof=world._proof(place.registry, place.index, place.entry))


def checkpoint(world: AuditedWorld) -> str:
    world._publish("one.example")
    return world._published["one.example"].checkpoint


def false_audit(world: AuditedWorld, made: Issuance, said: SaidAudit, **how: Any) -> FalseAudit:  # noqa: ANN401
    own = world.audits
    world.audits = []  # a whole bundle needs no word of auditors
    lines = world.bundle(made.certificate, **how)
    world.audits = own
    return FalseAudit(
        oreprint="evidence/1",
        registry="one.example",
        checkpoint=checkpoint(world),
        shows="audit",
        audit=logged(world, said),
        leaf=said.shown()[0],
        bundle=tuple(line.decode().removesuffix("\n") for line in lines),
    )


def convicted(world: AuditedWorld, evidence: Evidence) -> Conviction:
    return convict(read_evidence(evidence.to_bytes() + b"\n"), world.people.trust, JUDGING)


def of_a_wrong_split(world: AuditedWorld) -> Issuance:
    larger = Cheat(pieces=lambda pieces: [replace(pieces[0], mass_mg=900_000), *pieces[1:]])
    lump = world.move(world.split(mined(world).lumps[0], 400_000, cheat=larger)[0], "ben")
    return world.issue("ben", [lump], [Make(lump.mass_mg)])


def of_more_than_went_in(world: AuditedWorld) -> Issuance:
    return world.issue("ben", [drawn(world)], [Make(900_000)], cheat=Cheat())


def honest(world: AuditedWorld) -> Issuance:
    return world.issue("ben", [drawn(world)], [Make(300_000)])


@pytest.mark.parametrize("make", [of_a_wrong_split, of_more_than_went_in])
def test_who_calls_a_forged_chain_right_is_convicted_by_its_whole_bundle(
    make: Callable[[AuditedWorld], Issuance],
) -> None:
    world = AuditedWorld()
    made = make(world)
    for name in (EVA, FAY):
        said = world.audit(name, [leaf(made)])
        found = convicted(world, false_audit(world, made, said))
        assert (found.auditor, found.problem.code) == (did(name), "evidence.audit")
        assert found.problem.facts["certificate"] == made.certificate.digest
        assert "{" not in found.problem.sentence()


def _public(world: AuditedWorld, made: Issuance, said: SaidAudit) -> FalseAudit:
    return false_audit(world, made, said, show="public")


def _without(kind: type[SplitLine | StatementLine]) -> Callable[[AuditedWorld, Issuance, SaidAudit], FalseAudit]:
    """Return what frames an auditor by leaving lines out."""

    def framed(world: AuditedWorld, made: Issuance, said: SaidAudit) -> FalseAudit:
        def less(lines: list[Any]) -> list[Any]:
            head, *rest, end = [line for line in lines if not isinstance(line, kind)]
            return [replace(head, records=head.records - 1), *rest, replace(end, lines=len(rest) + 2)]

        return false_audit(world, made, said, change=less)

    return framed


def _garbled(world: AuditedWorld, made: Issuance, said: SaidAudit) -> FalseAudit:
    evidence = false_audit(world, made, said)
    return replace(evidence, bundle=(*evidence.bundle[:3], "{}", *evidence.bundle[3:]))


def _no_bundle(world: AuditedWorld, made: Issuance, said: SaidAudit) -> FalseAudit:
    return replace(false_audit(world, made, said), bundle=("nothing",))


def _a_proof_altered(world: AuditedWorld, made: Issuance, said: SaidAudit) -> FalseAudit:
    evidence = false_audit(world, made, said)
    at = next(number for number, line in enumerate(evidence.bundle) if line.startswith('{"t":"split"'))
    split = read_line(f"{evidence.bundle[at]}\n".encode(), "")
    assert isinstance(split, SplitLine)
    wrong = replace(split, proof=replace(split.proof, index=split.proof.index + 1)).to_text()
    return replace(evidence, bundle=(*evidence.bundle[:at], wrong, *evidence.bundle[at + 1 :]))


def _with_a_holding(world: AuditedWorld, made: Issuance, said: SaidAudit) -> FalseAudit:
    def with_holding(lines: list[Any]) -> list[Any]:
        own = mined(world).lumps[0]
        *rest, end = lines
        added = HoldingLine(t="holding", creator=text_digest("none"), holding=own.text)
        return [*rest, added, replace(end, lines=len(rest) + 2)]

    return false_audit(world, made, said, change=with_holding)


FRAMES: dict[str, Callable[[AuditedWorld, Issuance, SaidAudit], FalseAudit]] = {
    "an honest chain": false_audit,
    "the public view": _public,
    "a split left out": _without(SplitLine),
    "a move left out": _without(StatementLine),
    "a garbled line": _garbled,
    "no bundle": _no_bundle,
    "a proof altered": _a_proof_altered,
    "a holding added": _with_a_holding,
}


@pytest.mark.parametrize("name", FRAMES)
def test_no_file_frames_an_honest_auditor(name: str) -> None:
    world = AuditedWorld()
    made = honest(world)
    said = world.audit(EVA, [leaf(made)])
    with pytest.raises(OreprintError) as refused:
        convicted(world, FRAMES[name](world, made, said))
    assert refused.value.code == "evidence.shows-nothing"


def test_what_came_after_the_head_that_the_auditor_had_read_convicts_nobody() -> None:
    world = AuditedWorld()
    first = mined(world)
    head = world.head()
    made = world.issue("ben", [world.move(first.lumps[0], "ben")], [Make(2_000_000)], feed_mg=None)
    said = world.audit(EVA, [leaf(made)], change={"head": head})
    with pytest.raises(CheckError) as refused:
        convicted(world, false_audit(world, made, said))
    assert refused.value.code == "evidence.shows-nothing"


@pytest.mark.parametrize("state", [AuditState.RELIED, AuditState.REFUSED])
def test_who_relies_on_others_or_refuses_is_not_convicted_of_the_whole(state: AuditState) -> None:
    world = AuditedWorld()
    made = of_a_wrong_split(world)
    said = world.audit(EVA, [leaf(made, state)])
    with pytest.raises(CheckError) as refused:
        convicted(world, false_audit(world, made, said))
    assert refused.value.code == "evidence.shows-nothing"


def test_another_release_does_not_convict() -> None:
    world = AuditedWorld()
    made = of_a_wrong_split(world)
    evidence = false_audit(world, made, world.audit(EVA, [leaf(made)], change={"rules": (text_digest("older"),)}))
    for judging in (JUDGING, None):
        with pytest.raises(CheckError) as refused:
            convict(evidence, world.people.trust, judging)
        assert refused.value.code in {"evidence.audit-release", "evidence.shows-nothing"}


def test_the_leaf_must_be_of_the_bundle_and_in_the_record() -> None:
    world = AuditedWorld()
    made, other = of_a_wrong_split(world), honest(world)
    said = world.audit(EVA, [leaf(made), leaf(other)])
    evidence = false_audit(world, made, said)
    with pytest.raises(CheckError) as refused:
        convicted(world, replace(evidence, leaf=said.shown()[1]))
    assert refused.value.code == "evidence.shows-nothing"
    for wrong in (replace(evidence.leaf, index=0), replace(evidence.leaf, path=evidence.leaf.path[1:])):
        with pytest.raises(CheckError) as refused:
            convicted(world, replace(evidence, leaf=wrong))
        assert refused.value.code.startswith("log.")


def twice(world: AuditedWorld, one: SaidAudit, other: SaidAudit) -> AuditTwice:
    return AuditTwice(
        oreprint="evidence/1",
        registry="one.example",
        checkpoint=checkpoint(world),
        shows="audit-twice",
        first=logged(world, one),
        second=logged(world, other),
    )


def test_two_records_of_one_number_convict_their_auditor() -> None:
    world = AuditedWorld()
    made = honest(world)
    one, other = (
        world.audit(EVA, [leaf(made, state)], change={"number": 5}) for state in (AuditState.RIGHT, AuditState.RELIED)
    )
    found = convicted(world, twice(world, one, other))
    assert (found.auditor, found.problem.code) == (did(EVA), "evidence.audit-twice")
    assert "number 5" in found.problem.sentence()


def test_two_records_of_two_numbers_or_auditors_or_one_record_twice_convict_nobody() -> None:
    world = AuditedWorld()
    made = honest(world)
    one = world.audit(EVA, [leaf(made)], change={"number": 5})
    later = world.audit(EVA, [leaf(made)], change={"number": 6})
    fays = world.audit(FAY, [leaf(made)], change={"number": 5})
    for pair in ((one, later), (one, fays), (one, one)):
        with pytest.raises(CheckError) as refused:
            convicted(world, twice(world, *pair))
        assert refused.value.code == "evidence.shows-nothing"


def test_a_record_that_the_auditor_did_not_sign_convicts_nobody() -> None:
    world = AuditedWorld()
    made = honest(world)
    forged = Cheat(signer=SoftwareSigner(key(EVA).kid, key(FAY).key))
    one = world.audit(EVA, [leaf(made)], change={"number": 5})
    other = world.audit(EVA, [leaf(made)], change={"number": 5}, cheat=forged)
    with pytest.raises(CheckError) as refused:
        convicted(world, twice(world, one, other))
    assert refused.value.code == "seal.signature"
