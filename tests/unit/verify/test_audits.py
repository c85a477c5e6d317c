"""Step 11, auditors: who else judged every step counts only as the pinned list says, and changes no verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.holdings.mark import trust_digest
from ledger.log.entry import PurposeCode, StatusBit
from ledger.seal.audit import seal_inside
from ledger.seal.digest import digest_bytes, from_base64url, text_digest, to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.verify.chain import Policy
from ledger.verify.learned import known_of, relied
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditedHead, AuditState
from schemas.bundle import AuditLine, HeadLine
from schemas.claim import SCOPES, Claim
from schemas.document import replace
from schemas.sentences import AUDITED, NOT_AUDITED
from tests.support.worlds.auditors import EVA, FAY, GUS, AuditedWorld, audited_cast, leaf
from tests.support.worlds.broken_histories import DAY_MS, drawn, mined
from tests.support.worlds.drafts import HONEST, Cheat
from tests.support.worlds.parties import cast, did, key
from tests.support.worlds.recipe import Make, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.verify.chain import Chain
    from schemas.bundle import BundleLine
    from schemas.report import Audited, Report
    from tests.support.worlds.drafts import Issuance

OTHER = text_digest("another")


def judged(world: AuditedWorld, made: Issuance, show: Any = "public", **how: Any) -> Report:  # noqa: ANN401
    policy = Policy(how.pop("at_ms", world.now_ms + 60_000), **how.pop("policy", {}))
    lines = world.bundle(made.certificate, show=show, **how)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def word(found: Report) -> Audited:
    assert found.audited is not None
    return found.audited


def two_tiers(world: AuditedWorld) -> Issuance:
    return world.issue("ben", [drawn(world)], [Make(300_000)])


def test_enough_auditors_make_a_chain_audited_and_change_nothing_else() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    alone = judged(world, made)
    for name in (GUS, EVA):
        world.audit(name, [leaf(made)])
    found = judged(world, made)
    told = word(found)
    assert (told.state, told.required, told.of) == ("audited", 2, 3)
    assert [(each.name, each.state, each.reason) for each in told.counted] == [
        ("Eva", "right", None),
        ("Gus", "right", None),
    ]
    assert (told.not_counted, told.registry, told.words) == ((), None, "audited")
    assert told.sentence in found.headline
    assert "2 independent auditors (Eva, Gus)" in told.sentence
    assert f"as of {told.counted[1].made}" in told.sentence
    assert (alone.verdict, alone.chain, alone.claims) == (found.verdict, found.chain, found.claims)
    assert "you rely on the producer alone" in alone.headline
    assert [check for check in found.checks if check.step != 2] == [check for check in alone.checks if check.step != 2]
    assert found.not_proven[-3:] == (
        "That meters and assays showed what the runs say.",
        "That 2 auditors do not lie together.",
        "What was withdrawn within the last day.",
    )


def test_one_auditor_speaks_for_itself_alone() -> None:
    world = AuditedWorld(people=audited_cast(EVA, least=1))
    made = two_tiers(world)
    world.audit(EVA, [leaf(made)])
    found = judged(world, made)
    assert word(found).words == "audited-one"
    assert "One auditor (Eva) was shown every step" in found.headline
    assert "That the auditor does not lie." in found.not_proven


def test_states_say_how_many_of_how_many() -> None:
    right, relied, refused = AuditState.RIGHT, AuditState.RELIED, AuditState.REFUSED
    cases: dict[tuple[AuditState, ...], tuple[str, str]] = {
        (): ("none", "none"),
        (right,): ("short", "short"),
        (relied,): ("short", "short"),
        (right, relied): ("relied", "relied"),
        (relied, relied): ("relied", "relied"),
        (right, right, relied): ("audited", "audited"),
        (right, right, refused): ("disputed", "disputed"),
        (refused,): ("disputed", "disputed"),
    }
    for states, expected in cases.items():
        world = AuditedWorld()
        made = two_tiers(world)
        for name, state in zip((EVA, FAY, GUS), states, strict=False):
            world.audit(name, [leaf(made, state)])
        told = word(judged(world, made))
        assert (told.state, told.words) == expected, states
        assert "{" not in told.sentence
        counted = sum(state is not refused for state in states)
        assert (len(told.counted), len(told.not_counted)) == (counted, len(states) - counted)
        assert all(each.reason == "refused" for each in told.not_counted)


def test_the_registrys_own_record_is_told_apart_and_never_counts() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    world.audit("one.example", [leaf(made)], change={"trust": (OTHER,), "rules": (OTHER,)})
    told = word(judged(world, made))
    assert (told.state, told.counted, told.words) == ("none", (), "registry")
    assert told.registry is not None
    assert (told.registry.auditor, told.registry.state) == ("did:web:one.example", "right")
    assert "Its registry, one.example, says" in told.sentence
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)])
    told = word(judged(world, made))
    assert (told.state, len(told.counted)) == ("audited", 2)
    assert told.registry is not None


def test_whoever_requires_an_audit_gets_less_only_as_incomplete() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    world.audit(EVA, [leaf(made)])
    short = judged(world, made, policy={"require_audit": True})
    assert (short.verdict, word(short).state) == ("incomplete", "short")
    assert "you require an audit" in short.headline
    world.audit(FAY, [leaf(made)])
    assert judged(world, made, policy={"require_audit": True}).verdict == "genuine"
    whole = judged(world, made, policy={"require_chain": True, "require_audit": True})
    assert (whole.verdict, word(whole).state) == ("incomplete", "audited")
    assert "you require a whole chain" in whole.headline
    world.audit(GUS, [leaf(made, AuditState.REFUSED)])
    assert judged(world, made, policy={"require_audit": True}).verdict == "incomplete"
    assert judged(world, made).verdict == "genuine"


def test_claims_get_the_weakest_answer_of_those_who_count() -> None:
    rows = tuple(Claim(id="zero-discharge", scope=scope, answer="declared") for scope in SCOPES)
    world = AuditedWorld()
    made = mined(world, cheat=Cheat(facts=lambda facts: replace(facts, claims=rows)))
    world.audit(EVA, [leaf(made, answers=("proven", "declared"))])
    assert word(judged(world, made)).answers == ()
    world.audit(FAY, [leaf(made, answers=("declared", "unknown"))])
    found = judged(world, made)
    assert (found.verdict, word(found).answers) == ("genuine", ("declared", "unknown"))
    assert [(row.answer, row.said) for row in found.claims] == [("declared", "declared")] * 2


def test_a_shown_chain_is_told_as_shown_and_the_audit_beside_it() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)])
    found = judged(world, made, show="auditor")
    assert (found.chain.state, word(found).state) == ("complete", "audited")
    assert found.headline == "Genuine record. Chain: complete, 2 certificates in 2 tiers."


# -- what never counts -----------------------------------------------------------------------------------------------


def with_line(change: Callable[[AuditLine], AuditLine]) -> Callable[[list[BundleLine]], list[BundleLine]]:
    """Return what changes the first record in a bundle."""

    def changed(lines: list[BundleLine]) -> list[BundleLine]:
        at = next(number for number, line in enumerate(lines) if isinstance(line, AuditLine))
        first = lines[at]
        assert isinstance(first, AuditLine)
        return [*lines[:at], change(first), *lines[at + 1 :]]

    return changed


def bundled(change: Callable[[AuditLine], AuditLine]) -> Callable[[AuditedWorld, Issuance], dict[str, Any]]:
    def made(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
        world.audit(EVA, [leaf(made)])
        return {"change": with_line(change)}

    return made


def said(**change: Any) -> Callable[[AuditedWorld, Issuance], dict[str, Any]]:  # noqa: ANN401
    def made(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
        world.audit(EVA, [leaf(made)], change=change)
        return {}

    return made


def leafed(**change: Any) -> Callable[[AuditedWorld, Issuance], dict[str, Any]]:  # noqa: ANN401
    def made(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
        world.audit(EVA, [leaf(made, **change)])
        return {}

    return made


def by(name: str, cheat: Cheat = HONEST) -> Callable[[AuditedWorld, Issuance], dict[str, Any]]:
    def made(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
        world.audit(name, [leaf(made)], cheat=cheat)
        return {}

    return made


def of_another_registry(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    mined(world, registry="two.example")
    world.audit(EVA, [leaf(made)], change={"registry": "two.example"})
    return {}


def struck_off(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    world.audit(EVA, [leaf(made)])
    world.people = audited_cast(FAY, GUS)
    return {}


def dated_back(**ends: str) -> Callable[[AuditedWorld, Issuance], dict[str, Any]]:
    def made(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
        world.audit(EVA, [leaf(made)])
        old = world.people
        listed = old.listed
        parties = tuple(
            replace(each, keys=(replace(each.keys[0], **ends),)) if each.did == did(EVA) else each
            for each in listed.parties
        )
        world.people = old.changed(lambda _: replace(listed, parties=parties))
        return {}

    return made


def no_longer_attesting(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    world.audit(EVA, [leaf(made)])
    listed = world.people.listed
    parties = tuple(
        replace(each, attests=replace(each.attests, until="2026-01-01T00:00:00Z")) if each.did == did(EVA) else each
        for each in listed.parties
    )
    world.people = world.people.changed(lambda _: replace(listed, parties=parties))
    return {}


def before_the_certificate(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    head = world.head()
    later = mined(world)
    world.audit(EVA, [leaf(later)], change={"head": head})
    assert made is not later
    return {"subject": later}


def superseded_by_one_without_it(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    world.audit(EVA, [leaf(made)])
    world.audit(EVA, [leaf(mined(world))])
    return {}


def numbered_twice(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    for depth in (0, 1):
        world.audit(
            EVA, [leaf(made), *[leaf(made, inside=bytes(32))][:depth]], change={"number": 9}, shown=[leaf(made)]
        )
    return {}


def two_leaves(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    world.audit(EVA, [leaf(made), leaf(made, AuditState.RELIED)])
    return {}


def of_an_older_list(world: AuditedWorld, made: Issuance) -> dict[str, Any]:
    world.audit(EVA, [leaf(made)])
    world.people = world.people.changed(lambda listed: replace(listed, number=listed.number + 1))
    return {}


def without_monitors(lines: list[BundleLine]) -> list[BundleLine]:
    """Return a bundle whose heads only the witness has cosigned."""

    def witnessed(line: BundleLine) -> BundleLine:
        if not isinstance(line, HeadLine):
            return line
        kept = [each for each in line.checkpoint.splitlines(keepends=True) if "monitor." not in each]
        return replace(line, checkpoint="".join(kept))

    return [witnessed(line) for line in lines]


HEAD = AuditedHead(origin="one.example/log", size=10**6, root=OTHER)

NEVER: dict[str, tuple[str, Callable[[AuditedWorld, Issuance], dict[str, Any]]]] = {
    "no JWS": ("unreadable", bundled(lambda line: replace(line, audit="no"))),
    "nothing": ("unreadable", bundled(lambda line: replace(line, audit=""))),
    "random": ("unreadable", bundled(lambda line: replace(line, audit="é" * 50))),
    "oversized": ("unreadable", bundled(lambda line: replace(line, audit="a" * 100_000))),
    "depth too small": ("unreadable", said(depth=9)),
    "depth too large": ("unreadable", said(depth=31)),
    "another depth": ("path", said(depth=11)),
    "another root": ("path", said(root=OTHER)),
    "an impossible date": ("unreadable", said(made="2026-02-30T00:00:00Z")),
    "an altered byte": ("not-logged", bundled(lambda line: replace(line, audit=line.audit[:-3] + "AAA"[:2] + "A"))),
    "cross-registry": ("elsewhere", of_another_registry),
    "said to be of another registry": ("elsewhere", bundled(lambda line: replace(line, registry="two.example"))),
    "not listed": ("not-listed", by("ann")),
    "nobody known": ("not-listed", by("nobody")),
    "struck off": ("not-listed", struck_off),
    "signed by another": ("not-signed", by(EVA, Cheat(signer=SoftwareSigner(key(EVA).kid, key(FAY).key)))),
    "a key that is not listed": ("no-key", by(EVA, Cheat(signer=SoftwareSigner(f"{did(EVA)}#other", key(EVA).key)))),
    "registry by another key": (
        "no-key",
        by("one.example", Cheat(signer=SoftwareSigner("did:web:one.example#other", key("one.example").key))),
    ),
    "key dated back": ("not-then", dated_back(until="2026-05-01T00:00:00Z")),
    "key compromised": ("not-then", dated_back(compromised="2026-05-01T00:00:00Z")),
    "no longer attesting": ("not-then", no_longer_attesting),
    "entry of another record": ("not-logged", by(EVA, Cheat(at=0))),
    "not logged": ("not-logged", by(EVA, Cheat(unlogged=True))),
    "with a mark": ("not-logged", by(EVA, Cheat(entry=lambda entry: replace(entry, marks=(bytes(32),))))),
    "with a bit": (
        "not-logged",
        by(EVA, Cheat(entry=lambda entry: replace(entry, bits=(StatusBit(0, 1, PurposeCode.REVOCATION, 1),)))),
    ),
    "another index": (
        "not-logged",
        bundled(lambda line: replace(line, proof=replace(line.proof, index=line.proof.index + 1))),
    ),
    "no path": ("not-logged", bundled(lambda line: replace(line, proof=replace(line.proof, path=())))),
    "no entry": ("not-logged", bundled(lambda line: replace(line, proof=replace(line.proof, entry="AA")))),
    "future made": ("ahead", said(made="2026-12-01T00:00:00Z", not_logged_after="2026-12-01T00:30:00Z")),
    "old made": ("stale", said(made="2026-05-01T00:00:00Z")),
    "logged late": ("late", said(not_logged_after="2026-05-28T00:00:00Z")),
    "void only in a year": ("late", said(not_logged_after="2027-05-28T00:00:00Z")),
    "a head beyond its entry": ("head", said(head=HEAD)),
    "a head of another log": ("head", said(head=replace(HEAD, origin="two.example/log", size=1))),
    "stale head": ("not-read", before_the_certificate),
    "unknown rules": ("rules", said(rules=(OTHER,))),
    "one unknown release": ("rules", said(rules=(OTHER, OTHER))),
    "an old list": ("old-list", of_an_older_list),
    "lists of nobody": ("old-list", said(trust=(OTHER,))),
    "leaf of another issuance": ("other-leaf", leafed(issuance=bytes(32))),
    "leaf of another output": ("other-leaf", leafed(output=1)),
    "leaf of another certificate": ("other-leaf", leafed(certificate=bytes(32))),
    "leaf with an answer too many": ("leaf", leafed(answers=("proven",))),
    "state 0": ("leaf", bundled(lambda line: _with_state(line, 0))),
    "state 4": ("leaf", bundled(lambda line: _with_state(line, 4))),
    "no leaf": ("no-leaf", bundled(lambda line: replace(line, leaves=()))),
    "leaf without path": ("path", bundled(lambda line: _with_leaf(line, path=()))),
    "leaf with a long path": ("path", bundled(lambda line: _with_leaf(line, path=(OTHER,) * 63))),
    "leaf elsewhere": ("path", bundled(lambda line: _with_leaf(line, index=2**31 - 1))),
    "leaf of no bytes": ("leaf", bundled(lambda line: _with_leaf(line, leaf="AA"))),
    "stray bits": ("leaf", bundled(lambda line: _with_leaf(line, leaf="AAB"))),
    "two leaves": ("leaf", two_leaves),
    "left out of the newest": ("replaced", superseded_by_one_without_it),
    "two records of one number": ("twice", numbered_twice),
}


def _with_leaf(line: AuditLine, **change: Any) -> AuditLine:  # noqa: ANN401
    return replace(line, leaves=(replace(line.leaves[0], **change),))


def _with_state(line: AuditLine, state: int) -> AuditLine:
    raw = bytearray(from_base64url(line.leaves[0].leaf))
    raw[89] = state
    return _with_leaf(line, leaf=to_base64url(bytes(raw)))


@pytest.mark.parametrize("name", NEVER)
def test_it_never_counts_and_the_reason_is_told(name: str) -> None:
    reason, make = NEVER[name]
    world = AuditedWorld()
    made = two_tiers(world)
    alone = judged(world, made)
    how = make(world, made)
    subject = how.pop("subject", made)
    found = judged(world, subject, **how)
    told = word(found)
    assert (found.verdict, told.state, told.counted) == ("genuine", "none", ())
    assert reason in {each.reason for each in told.not_counted}
    assert NOT_AUDITED[reason]
    assert told.sentence == AUDITED["none"]
    assert subject is not made or (found.chain, found.claims) == (alone.chain, alone.claims)


def test_a_replayed_record_ends_after_a_day() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)])
    later = judged(world, made, at_ms=world.now_ms + DAY_MS - 60_000)
    assert word(later).state == "audited"
    ended = word(judged(world, made, at_ms=world.now_ms + DAY_MS + 60_000))
    assert (ended.state, {each.reason for each in ended.not_counted}) == ("none", {"not-genuine"})


def test_one_party_counts_once() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    for _ in range(3):
        world.audit(EVA, [leaf(made)])
    told = word(judged(world, made))
    assert (told.state, len(told.counted)) == ("short", 1)
    assert [each.reason for each in told.not_counted] == ["replaced", "replaced"]
    assert told.counted[0].number == 3


def test_nothing_counts_of_what_is_withdrawn_or_not_monitored() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)])
    unmonitored = judged(world, made, change=without_monitors)
    assert (unmonitored.verdict, word(unmonitored).state) == ("incomplete", "none")
    world.change("withdraw", made.certificate)
    withdrawn = judged(world, made)
    assert (withdrawn.verdict, word(withdrawn).state) == ("withdrawn", "none")
    assert {each.reason for each in word(withdrawn).not_counted} == {"not-genuine"}


def test_a_registry_without_auditors_requires_none_and_has_none() -> None:
    world = AuditedWorld(people=cast())
    made = two_tiers(world)
    world.audit(EVA, [leaf(made)])
    told = word(judged(world, made))
    assert (told.state, told.required, told.of) == ("none", 0, 0)
    assert judged(world, made, policy={"require_audit": True}).verdict == "incomplete"


def test_a_newer_list_counts_where_the_bundle_proves_it() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    pinned = world.people
    world.people = pinned.changed(lambda listed: replace(listed, number=listed.number + 1))
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)])
    lines = world.bundle(made.certificate, show="public")
    policy = Policy(world.now_ms + 60_000)
    found = report(verify_bundle(lines, trust=pinned.trust, tables=tables(), policy=policy))
    assert word(found).state == "audited"


def test_a_list_of_another_registry_needs_all_pinned_ones_beside_it() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    own = to_base64url(trust_digest(world.people.note))
    for name in (EVA, FAY):
        world.audit(name, [leaf(made)], change={"trust": (own, OTHER)})
    assert word(judged(world, made)).state == "audited"


# -- relied inputs -----------------------------------------------------------------------------------------------------


def test_a_step_that_is_not_shown_is_closed_by_the_leaves_of_others() -> None:
    world = AuditedWorld()
    upstream = drawn(world).issuance
    made = world.issue("ben", [world.move(upstream.lumps[0], "ben")], [Make(900_000)])
    digest = upstream.certificate.digest
    whole = judging(world, made, show="auditor")
    known = known_of(whole, digest)
    assert known is not None
    disclosure = seal_inside(known.inside, run=whole.paths.issued[upstream.digest].text)
    inside = digest_bytes(disclosure.digest)
    for name, state in ((EVA, AuditState.RIGHT), (FAY, AuditState.RELIED)):
        world.audit(name, [leaf(upstream, state, inside=inside)])
    chain = judging(world, made)
    assert relied(chain, digest, disclosure.text, least=2) == known
    assert relied(chain, digest, disclosure.text, least=3) is None
    assert relied(chain, digest, seal_inside(known.inside, run="another").text, least=2) is None
    world.audit(GUS, [leaf(upstream, AuditState.REFUSED, inside=inside)])
    assert relied(judging(world, made), digest, disclosure.text, least=2) is None


def test_one_auditor_alone_closes_no_step_where_two_are_required() -> None:
    world = AuditedWorld()
    made = two_tiers(world)
    world.audit(EVA, [leaf(made)])
    chain = judging(world, made)
    assert relied(chain, made.certificate.digest, "AA", least=1) is None


def judging(world: AuditedWorld, made: Issuance, show: Any = "public") -> Chain:  # noqa: ANN401
    lines = world.bundle(made.certificate, show=show)
    return verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 60_000))
