"""Random histories with auditors: honest ones, and such as lie, among colluding producers and registries.

Each registry has an honest auditor, the real judgement and the real standing (`ledger.auditing`) with a memory of its
own, over step views that the colluding registry shows now, later or never. For goods of the other registry it relies on
the auditors there. Two are needed, and one who lies stands in both lists: it finds everything right. Two more lie whom
nobody may believe any more: one was struck off the list, and one judged by a release whose rules the list has dropped.
So with every rule kept a certificate is *audited* only where the honest auditor found it right. All records are real,
logged and signed, and the real verifier counts them; which ones a bundle shows, the colluding registry chooses.

No certificate that is audited may fail a verification of its whole chain, and what is audited together must break
nothing of the oracle (`tests.support.worlds.oracle`).
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.holdings.mark import commitment
from ledger.seal.audit import seal_inside
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.verify.chain import Policy
from ledger.verify.learned import known_of
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditLeaf, AuditState, Behind, Inside
from schemas.document import replace
from schemas.instant import instant_text
from schemas.lot import normal_lot
from schemas.trust import Auditors
from tests.support.worlds.auditors import RULES, AuditedWorld, SaidAudit, auditor
from tests.support.worlds.broken_histories import DAY_MS
from tests.support.worlds.honest_auditors import HONEST, HonestAuditor, needs, now_of
from tests.support.worlds.key_places import with_registry
from tests.support.worlds.oracle import Believed, _stands_on, violation
from tests.support.worlds.parties import cast, did
from tests.support.worlds.random_histories import COLLUDING, HONEST_ACTS, LOGS, VICTIM, History
from tests.support.worlds.recipe import tables
from tests.support.worlds.world import RepeatedMarkError, opened_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from random import Random

    from ledger.seal.certificate import SealedCertificate
    from schemas.trust import TrustList
    from tests.support.worlds.drafts import Issuance
    from tests.support.worlds.parties import Cast

LATE: Final = 0.15
"""How often a registry keeps a step from an auditor until later."""
LOOKS: Final = 0.35
"""How often auditors look after an act; all of them look at the end."""
RECORDS: Final = 0.4
"""How often one who looked makes a record, too."""
A_DAY_LATER: Final = 0.4
"""How often a day goes by before the end."""
MADE_UP: Final = 0.15
"""How often the liar makes up what lies inside, although somebody may know better."""
STALE: Final = 0.4
"""How often a registry shows records of before."""
KEY_ENDS: Final = 0.15
"""How often the renewed list says that the key of one who colludes was compromised."""
LIAR, STRUCK, OLD = "gus", "hal", "ivy"
OLD_RULES: Final = "O" * 42 + "A"


@cache
def watched_cast() -> Cast:
    """Return the usual cast, where each registry has an honest auditor and three who lie, of whom two are needed."""

    def watched(listed: TrustList) -> TrustList:
        names = (*HONEST.values(), LIAR, STRUCK, OLD)
        found = replace(listed, parties=(*listed.parties, *map(auditor, names)))
        for number, registry in enumerate(LOGS):
            parties = tuple(map(did, (HONEST[registry], LIAR, STRUCK, OLD)))
            auditors = Auditors(least=2, parties=parties, rules=(RULES, OLD_RULES))
            found = with_registry(found, number, auditors=auditors)
        return found

    return cast().changed(watched)


def renewed(people: Cast, compromised: str | None, at_ms: int) -> Cast:
    """Return the cast under a renewed list: an auditor is struck off, old rules are dropped, a key may have ended."""

    def change(listed: TrustList) -> TrustList:
        found = replace(listed, number=listed.number + 1)
        for number, registry in enumerate(LOGS):
            parties = tuple(map(did, (HONEST[registry], LIAR, OLD)))
            found = with_registry(found, number, auditors=Auditors(least=2, parties=parties, rules=(RULES,)))
        renewed_parties = tuple(
            replace(each, keys=(replace(each.keys[0], compromised=instant_text(at_ms)),))
            if compromised is not None and each.did == did(compromised)
            else each
            for each in found.parties
        )
        return replace(found, parties=renewed_parties)

    return people.changed(change)


@dataclass
class Watched(History):
    """A history with auditors: what each registry could show of their records, and how trust changed."""

    world: AuditedWorld
    honest: dict[str, HonestAuditor] = field(default_factory=dict)
    before: int = 0
    """Records made before the list was renewed."""
    yesterday: int = 0
    """Records made a day ago."""
    insides: dict[str, str] = field(default_factory=dict)
    """What the liar says lies inside, by certificate; empty where it says what the honest auditor does."""
    ended_key: str | None = None
    """Whose key the renewed list ends."""
    waits: bool = False
    """Whether a day goes by before the end."""

    @property
    def audits(self) -> list[SaidAudit]:
        return self.world.audits

    def home(self, made: Issuance) -> str:
        """Return the registry that logged an issuance."""
        return self.world.records[made.digest].registry

    def look(self, registry: str, *, late: float = LATE) -> None:
        """Let the honest auditor of a registry look, and perhaps make a record."""
        self.honest[registry].look(self, hidden=lambda: self.random.random() < late)

    def all_speak(self) -> None:
        """Let all auditors look and make a record, those last who rely on the first."""
        for registry in LOGS:
            self.look(registry, late=0)
        self.lie(LIAR)
        for registry in LOGS:
            self.look(registry, late=0)
            self.honest[registry].record(self)

    def record(self, by: str, registry: str, leaves: Iterable[AuditLeaf], **change: object) -> None:
        """Let somebody make a record."""
        if not self.world.logs.get(registry):
            self.world._publish(registry)  # no head is of an empty log
        self.world.audit(by, [*leaves], change={"registry": registry, **change})

    def lie(self, by: str, **change: object) -> None:
        """Let somebody find everything right, in both registries."""
        for registry in LOGS:
            self.record(by, registry, self._all_right(registry), **change)

    def _all_right(self, registry: str) -> Iterable[AuditLeaf]:
        for made in self.issuances:
            for number, each in enumerate(made.certificates):
                if each is not None and self.home(made) == registry:
                    digest = certificate_digest_bytes(each.digest)
                    answers = tuple(row.answer for row in each.record.claims)
                    inside = text_bytes(self.inside(registry, each))
                    yield AuditLeaf(made.digest, number, digest, AuditState.RIGHT, inside, answers)

    def told_inside(self, registry: str, certificate: SealedCertificate) -> str:
        """Return what lies inside by the honest auditor, empty where it found nothing."""
        kept = self.honest[registry].memory.certificate(certificate_digest_bytes(certificate.digest))
        return kept.inside if kept else ""

    def inside(self, registry: str, certificate: SealedCertificate) -> str:
        """Return what lies inside by the liar: what the honest auditor says, or something made up."""
        digest, told = certificate.digest, self.told_inside(registry, certificate)
        if digest not in self.insides:
            self.insides[digest] = self._made_up() if self.random.random() < MADE_UP else ""
        if not told and not self.insides[digest]:
            self.insides[digest] = self._found_inside(certificate)
        return self.insides[digest] or told

    def _made_up(self) -> str:
        holding = self.random.choice(self.lumps)
        made_up = Inside(
            first=to_base64url(holding.creator),
            holding=to_base64url(commitment(holding.text)),
            gains=(),
            behind=Behind(scrap=()),
        )
        return seal_inside(made_up, run="AA").text

    def _found_inside(self, certificate: SealedCertificate) -> str:
        chain = verify_bundle(
            self.world.bundle(certificate, audits=()),
            trust=self.world.people.trust,
            tables=tables(),
            policy=Policy(self.world.now_ms + 60_000),
            opening=opened_once,
        )
        known = known_of(chain, certificate.digest) if certificate.digest in chain.seen else None
        run = chain.paths.issued[chain.seen[certificate.digest].issuance].text if known else ""
        return seal_inside(known.inside, run=run).text if known else "AA"

    def public(self, certificate: SealedCertificate, audits: Sequence[SaidAudit]) -> list[bytes]:
        """Return what the public sees of a certificate: nothing of its chain but what it corrects."""
        by_digest = {each.digest: each for made in self.issuances for each in made.certificates if each}
        kept, one = set[bytes](), certificate
        while True:
            kept |= {self.world.makers[one.digest], *self.world._ends.get(one.digest, ())}
            if one.record.follows is None:
                break
            one = by_digest[one.record.follows.certificate]
        hidden = self.world._needed(certificate, ())[0] - kept
        return self.world.bundle(certificate, "public", without=hidden, audits=audits)

    def shown(self, registry: str, certificate: SealedCertificate) -> list[SaidAudit]:
        """Return the records that the colluding registry shows: of each auditor one that it chooses."""
        found: dict[str, list[tuple[int, SaidAudit]]] = {}
        for number, said in enumerate(self.audits):
            if said.registry == registry:
                found.setdefault(said.text.split(".")[0], []).append((number, said))
        digest = certificate_digest_bytes(certificate.digest)
        chosen, stale = [], self.random.random() < STALE
        for records in found.values():
            old = [said for number, said in records if number < max(self.before, self.yesterday)]
            said = self.random.choice(old) if old and stale and self.random.random() < 0.7 else records[-1][1]
            about = tuple(raw for raw in said.leaves if AuditLeaf.parse(raw).certificate == digest)
            chosen.append(replace_said(said, about))
        return chosen


def replace_said(said: SaidAudit, leaves: tuple[bytes, ...]) -> SaidAudit:
    return SaidAudit(said.text, said.registry, said.tree, leaves, said.logged)


def text_bytes(text: str) -> bytes:
    return sha256(text.encode()).digest()


def play_audited(
    random: Random,
    cheats: Sequence[Callable[[Watched], object]],
    auditors: Sequence[HonestAuditor],
    *,
    acts: int,
    honest: float,
) -> Watched:
    """Return a history like `play`, in which auditors look from time to time, and the trust list is renewed once."""
    world = AuditedWorld(seed=random.getrandbits(62), public_rule=True, people=watched_cast())
    history = Watched(random, world, honest={each.registry: each for each in auditors})
    renewal, begun = random.randrange(acts), world.now_ms
    if random.random() < KEY_ENDS:
        history.ended_key = random.choice(COLLUDING)
    for who in (*COLLUDING, VICTIM)[: random.randint(1, 3)]:
        history.mine(who)
    for number in range(acts):
        act = random.choice(HONEST_ACTS) if random.random() < honest or not cheats else random.choice(cheats)
        if act in HONEST_ACTS and random.random() < 0.05:
            act = History.change
        with suppress(RepeatedMarkError):
            act(history)
        _looked(history)
        if number == renewal:
            history.lie(STRUCK)
            history.before = len(history.audits)
            world.people = renewed(world.people, history.ended_key, random.randrange(begun, world.now_ms + 1, 1000))
    _ended(history)
    return history


def _looked(history: Watched) -> None:
    """Let auditors look, or not, and make a record, or not."""
    for registry, each in history.honest.items():
        if history.random.random() < LOOKS:
            history.look(registry)
            if history.random.random() < RECORDS:
                each.record(history)


def _ended(history: Watched) -> None:
    """Let all auditors make their last records, perhaps a day later."""
    if history.waits or history.random.random() < A_DAY_LATER:
        history.yesterday = len(history.audits)
        history.world.now_ms += DAY_MS + 3_600_000
        history.world._published.clear()
    for registry in LOGS:
        history.look(registry, late=LATE / 3)
    history.lie(LIAR)
    if history.random.random() < 0.5:
        history.lie(OLD, rules=(OLD_RULES,))
    else:
        history.lie(STRUCK)
    for registry in (*LOGS, LOGS[0]):  # each may rely on the other
        history.look(registry, late=0)
        history.honest[registry].record(history)


def audited_wrongly(history: Watched) -> tuple[str | None, Counter[str]]:
    """Return what is wrong with all that is audited, or nothing, and how many certificates are in which state.

    The verifier is shown the public view with records that the registry chose. Lots and instruments are compared by
    nobody across two registries, whose auditors are others.
    """
    counts = Counter[str]()
    audited, everything = {name: Believed(history) for name in LOGS}, Believed(history, apart=True)
    made_by = {each.digest: made for made in history.issuances for each in made.certificates if each}
    policy, trust = Policy(now_of(history)), history.world.people.trust
    for made in history.issuances:
        for certificate in filter(None, made.certificates):
            shown = history.shown(history.home(made), certificate)
            lines = history.public(certificate, shown)
            word = report(
                verify_bundle(lines, trust=trust, tables=tables(), policy=policy, opening=opened_once)
            ).audited
            state = word.state if word else "none"
            counts[state] += 1
            if state not in {"audited", "relied"}:
                continue
            lines = history.world.bundle(certificate, without=_unsaid(history, certificate), audits=())
            whole = report(verify_bundle(lines, trust=trust, tables=tables(), policy=policy, opening=opened_once))
            if state == "relied" and whole.reason and whole.reason.code == Rule.INSTRUMENTS.code:
                continue  # nobody says that no statement stands on both sides
            if (whole.verdict, whole.chain.state) != ("genuine", "complete"):
                return f"{state}: {whole.verdict}, {whole.chain.state}: {whole.headline}", counts
            for believed in (everything, audited[history.home(made)]) if state == "audited" else (everything,):
                believed.subjects.append(certificate)
                believed.records |= history.world._needed(certificate, [])[0]
                for digest in _behind(certificate.digest, made_by):
                    believed.issuances[digest] = made_by[digest]
    own = (violation(each) or _lot_twice(each) for each in audited.values())
    return next(filter(None, own), None) or violation(everything), counts


def _lot_twice(believed: Believed) -> str | None:
    """Hold that no lot of a plant stands under two first issuances."""
    firsts: dict[str, bytes] = {}
    for digest, made in believed.issuances.items():
        record = next(each for each in made.certificates if each and each.digest == digest).record
        lot = f"{record.batch.facility.id} {normal_lot(record.batch.lot)}"
        if firsts.setdefault(lot, made.first) != made.first:
            return f"the lot {lot} stands twice"
    return None


def _unsaid(history: History, subject: SealedCertificate) -> set[bytes]:
    """Return the records that end certificates of a chain, set no bit of any of them, and aren't part of the chain.

    No reader of the status lists learns of them, so no registry puts them into a bundle.
    """
    world = history.world
    needed = needs(world, subject)
    shown = {subject.digest, *(each for digest in needed for each in world.records[digest].shows)}
    status = [
        each.record.status for made in history.issuances for each in made.certificates if each and each.digest in shown
    ]
    places = {(place.list, place.index) for place in status}
    ends = {digest for digests in world._ends.values() for digest in digests}
    return {
        digest
        for digest in ends - needed
        if places.isdisjoint((bit.list_number, bit.position) for bit in world.records[digest].entry.bits)
    }


def _behind(subject: str, made_by: dict[str, Issuance]) -> set[str]:
    return _stands_on(subject, made_by, set())
