"""A small world that makes real records, without a database: producers, registries with logs, holdings that change
hands.

Everything is made by the rooms that make it in earnest, and everything can be made wrong on purpose: each act takes a
`Cheat`, whose hooks change a value just before it is hashed or signed, so that a forged record is consistent in all
else. The same acts give the same bytes: salts are counted, keys come from names, and time goes on by a second an act.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

from ledger.holdings.mark import (
    commitment,
    holding_text,
    issuance_digest,
    run_mark,
    split_digest,
    statement_digest,
    status_digest,
    successor,
)
from ledger.holdings.split import SplitPart, SplitRecord
from ledger.log.entry import Entry, EntryKind, ListVersion, PurposeCode, StatusBit, blinded
from ledger.log.head import sign_head
from ledger.log.merkle import Frontier, Growth, leaf_hash, prove_inclusion
from ledger.log.vkey import KeyType
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.presentation import present
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.seal.statement import seal_statement
from ledger.trust.status import rebuild, sign_status_list
from ledger.verify.instruments import marks_of
from schemas.bundle import (
    CertificateLine,
    EndLine,
    Header,
    HeadLine,
    HoldingLine,
    Proof,
    SplitLine,
    StatementLine,
    StatusLine,
    TrustLine,
)
from schemas.holding import Holder, Part
from schemas.instant import Period, instant_text
from schemas.note import Cosignature, Note, Signature
from schemas.quantity import kg_text, milligrams
from schemas.statement import Move, StatusChange, Undo
from schemas.status import StatusRecord
from schemas.vocabulary import PURPOSES, StatementKind
from tests.support.worlds.drafts import (
    HONEST,
    WEEK_MS,
    Cheat,
    Draft,
    Issuance,
    Lump,
    cited,
    ended,
    name_of,
    resealed,
    same,
    value_of,
)
from tests.support.worlds.parties import START_MS, Cast, cast, did, key, vkey
from tests.support.worlds.recipe import PERIOD, Make, power, statement

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from ledger.seal.certificate import SealedCertificate
    from ledger.seal.signer import SoftwareSigner
    from schemas.bundle import BundleLine
    from schemas.inventory import Cancelled
    from schemas.vocabulary import Audience


@lru_cache(1024)
def opened_once(text: str) -> OpenCertificate:
    """Open a certificate; the bundles of one history show most certificates again and again."""
    return open_certificate(text)


@dataclass(frozen=True)
class Record:
    """A logged record: where, what it builds on (record digests), and its lines in a bundle but for the proof."""

    digest: bytes
    registry: str
    index: int
    builds_on: tuple[bytes, ...]
    shows: tuple[str, ...]
    entry: Entry
    lines: Callable[[Bundling, Proof], list[BundleLine]]


@dataclass(frozen=True)
class Bundling:
    """What a bundle shows: which certificates, and how much of each."""

    shown: frozenset[str]
    how: Callable[[str], Audience | Collection[str]]


@dataclass
class Published:
    """The state of a registry's log that bundles lead to."""

    growth: Growth
    size: int
    checkpoint: str
    lists: list[tuple[int, str]]


class RepeatedMarkError(Exception):
    """A monitor would see this mark a second time in one log, so nobody would believe the log any more."""


@dataclass
class World:
    """The world; see the module. Under the `public_rule` no log takes a mark twice, whoever colludes."""

    seed: int = 0
    people: Cast = field(default_factory=cast)
    full: bool = False
    public_rule: bool = False
    now_ms: int = START_MS
    period: Period = PERIOD
    logs: dict[str, list[Entry]] = field(default_factory=dict)
    records: dict[bytes, Record] = field(default_factory=dict)
    makers: dict[str, bytes] = field(default_factory=dict)
    statement_marks: set[bytes] = field(default_factory=set)
    relist: Callable[[str], str] = field(default=str)
    """What becomes of a status list's JWS before it is logged."""
    _count: Any = field(default_factory=count)
    indexes: Any = field(default_factory=lambda: count(7))
    lots: int = 0
    _published: dict[str, Published] = field(default_factory=dict)
    _left: dict[str, set[bytes]] = field(default_factory=dict)
    _ends: dict[str, list[bytes]] = field(default_factory=dict)

    # -- small things ---------------------------------------------------------------------------------------------

    def salt(self, size: int = 16) -> bytes:
        """Return fresh salt."""
        return sha256(b"%d %d" % (self.seed, next(self._count))).digest()[:size]

    def holding(self, owner: str, registry: str, cheat: Cheat = HONEST) -> tuple[str, Holder]:
        """Return a new holding's text and what it says."""
        holder = cheat.holder(Holder(owner=did(owner), registry=registry))
        return holding_text(self.salt(32), holder), holder

    def log(  # noqa: PLR0913 - the members of an entry
        self,
        registry: str,
        digest: bytes,
        marks: Iterable[bytes] = (),
        bits: Iterable[StatusBit] = (),
        *,
        builds_on: tuple[bytes, ...],
        shows: tuple[str, ...] = (),
        lines: Callable[[Bundling, Proof], list[BundleLine]],
        cheat: Cheat = HONEST,
    ) -> Record:
        """Put a record into a registry's log."""
        self.now_ms += 1000
        at = cheat.log or registry
        entry = Entry(EntryKind.RECORD, self.now_ms, blinded(digest), tuple(sorted({*marks})), tuple(sorted({*bits})))
        entry = cheat.entry(entry)
        entries = self.logs.setdefault(at, [])
        if cheat.at is None and not cheat.unlogged:
            if self.public_rule and self._left.setdefault(at, set()) & {*entry.marks}:
                raise RepeatedMarkError
            self._left.setdefault(at, set()).update(entry.marks)
            entries.append(entry)
            self._published.clear()
        index = max(0, len(entries) - 1) if cheat.at is None else cheat.at
        record = Record(digest, at, index, builds_on, shows, entry if cheat.unlogged else entries[index], lines)
        self.records[digest] = record
        return record

    # -- acts -----------------------------------------------------------------------------------------------------

    def issue(  # noqa: PLR0913 - everything a run may differ in
        self,
        producer: str,
        takes: Sequence[Lump] = (),
        makes: Sequence[Make] = (Make(1_000_000),),
        *,
        registry: str = "one.example",
        feed_mg: int | None = None,
        follows: Issuance | None = None,
        valid_until: str | None = None,
        cheat: Cheat = HONEST,
    ) -> Issuance:
        """Make a run and the certificates of its outputs, and log them."""
        mass = sum(make.mass_mg for make in makes) if feed_mg is None else feed_mg
        mined = None if any(lump.statement is None for lump in takes) else "CN"
        fed = makes[0].statement is None and (feed_mg is not None or all(lump.statement for lump in takes))
        feed = [Make(mass, makes[0].composition, extracted_in=mined)] if fed else []
        draft = Draft(self, producer, tuple(takes), tuple(makes), registry, feed, follows, cheat)
        self.lots += 1
        if follows is None or cheat.remade:
            run, result, texts = draft.sealed_run()
        else:
            run, result, texts = draft.recounted_run(follows) if cheat.recounted else draft.repeated_run(follows)
        sealed = [draft.certificate(number, run, result, valid_until) for number in range(len(run.run.made))]
        values = cheat.values([value_of(made) for made in sealed])
        digest = issuance_digest(digest_bytes(run.digest), values)
        if follows is not None:
            marks = [successor(follows.digest)]
            bits = [StatusBit(end.list, end.index, PurposeCode.REFRESH, 1) for end in follows.ended() if end]
        else:
            marks, bits = [lump.mark for lump in takes] or [run_mark(digest_bytes(run.digest))], []
            further = {left for each in filter(None, sealed) for left in marks_of(each.record)}
            self.statement_marks |= further
            marks += further
        before = [lump.creator for lump in takes] + [lump.issuance.digest for lump in takes]
        first = follows.first if follows else digest
        lumps: list[Lump] = []
        made = Issuance(
            digest,
            producer,
            run,
            result,
            tuple(values),
            tuple(sealed),
            (),
            tuple(takes),
            first,
            draft.inputs,
            tuple(feed),
            draft.claims,
        )
        for number, (text, holder) in enumerate(texts):
            lumps.append(Lump(first, text, milligrams(run.run.made[number].net_mass_kg), holder, made, number))
        object.__setattr__(made, "lumps", tuple(lumps))
        self.log(
            registry,
            digest,
            marks,
            bits,
            builds_on=(*before, *((follows.digest,) if follows else ()), *self._freed(makes)),
            shows=tuple(
                made.digest for made in (*map(cited, takes), *(follows.certificates if follows else ())) if made
            ),
            lines=lambda bundling, proof: _certificate_lines(made, bundling, proof),
            cheat=cheat,
        )
        for each in filter(None, sealed):
            self.makers[each.digest] = digest
        if follows is not None:
            for each in filter(None, follows.certificates):
                self._ends.setdefault(each.digest, []).append(digest)
        return made

    def enter(
        self, producer: str, mwh: int = 1_000_000_000, said: Cancelled | None = None, registry: str = "one.example",
        cheat: Cheat = HONEST,
    ) -> Issuance:  # fmt: skip
        """Enter a scheme's statement as a lot of electricity."""
        return self.issue(producer, makes=[power(mwh, said or statement())], registry=registry, cheat=cheat)

    def _freed(self, makes: Sequence[Make]) -> Iterable[bytes]:
        """Return the undo, if there is one, that freed the statement that is entered."""
        named = (make.statement.after for make in makes if make.statement is not None)
        digests = (digest_bytes(after) for after in named if after is not None)
        return [digest for digest in digests if digest in self.records]

    def twin(self, old: Issuance) -> Issuance:
        """Return an issuance with a second certificate of its first output, of which the logged values say nothing."""
        made = resealed(self, old)
        other = replace(old, certificates=(made, *old.certificates[1:]))
        place = certificate_digest_bytes(made.digest)
        self.records[place] = replace(
            self.records[old.digest], lines=lambda bundling, proof: _certificate_lines(other, bundling, proof)
        )
        self.makers[made.digest] = place
        return other

    def split(self, lump: Lump, *masses: int, cheat: Cheat = HONEST) -> list[Lump]:
        """Split a holding; a single mass gets what is left beside it."""
        rest = lump.mass_mg - sum(masses)
        wanted = [*masses, rest] if len(masses) == 1 else [*masses]
        texts = [self.holding(name_of(lump.holder.owner), lump.holder.registry, cheat) for _ in wanted]
        pieces = cheat.pieces(
            [SplitPart(mass, commitment(text)) for mass, (text, _) in zip(wanted, texts, strict=True)]
        )
        text = SplitRecord(lump.creator, lump.text, tuple(pieces)).to_text()
        digest = split_digest(text)

        def lines(_: Bundling, proof: Proof) -> list[BundleLine]:
            return [SplitLine(t="split", registry=record.registry, split=text, proof=proof)]

        record = self.log(
            lump.holder.registry, digest, [lump.mark], builds_on=(lump.creator,), lines=lines, cheat=cheat
        )
        return [
            Lump(digest, made, piece.mass_mg, holder, lump.issuance, lump.output)
            for piece, (made, holder) in zip(pieces, texts, strict=True)
        ]

    def move(self, lump: Lump, to: str, registry: str | None = None, *, cheat: Cheat = HONEST) -> Lump:
        """Give a holding to another owner, or to another registry."""
        text, holder = self.holding(to, registry or lump.holder.registry, cheat)
        said = cheat.statement(
            Move(
                oreprint="move/1",
                registry=lump.holder.registry,
                uses=lump.use,
                creates=Part(mass_kg=kg_text(lump.mass_mg), holding=to_base64url(commitment(text))),
                to_registry=registry or lump.holder.registry,
                not_logged_after=self._last(),
            )
        )
        signer = cheat.signer or key(name_of(lump.holder.owner))
        digest = self._state("move", said, signer, [lump.mark], (), (lump.creator,), cheat)
        return Lump(digest, text, milligrams(said.creates.mass_kg), holder, lump.issuance, lump.output)

    def undo(self, issuance: Issuance, *, uses: Sequence[Lump] | None = None, cheat: Cheat = HONEST) -> list[Lump]:
        """Give the inputs of a run back."""
        run, takes = issuance.run.run, issuance.takes
        texts = [self.holding(issuance.producer, run.registry, cheat) for _ in takes]
        ends = tuple(filter(None, issuance.ended()))
        lumps = issuance.lumps if uses is None else uses
        said = cheat.statement(
            Undo(
                oreprint="undo/1",
                registry=run.registry,
                issuance=to_base64url(issuance.digest),
                uses=tuple(lump.use for lump in lumps),
                returns=tuple(
                    Part(mass_kg=kg_text(lump.mass_mg), holding=to_base64url(commitment(text)))
                    for lump, (text, _) in zip(takes, texts, strict=True)
                ),
                ends=ends,
                not_logged_after=self._last(),
            )
        )
        marks = [*(lump.mark for lump in lumps), successor(issuance.digest)]
        bits = [StatusBit(end.list, end.index, PurposeCode.REVOCATION, 1) for end in said.ends]
        before = (issuance.digest, *(lump.creator for lump in lumps))
        digest = self._state("undo", said, cheat.signer or key(issuance.producer), marks, bits, before, cheat)
        return [
            Lump(digest, text, milligrams(part.mass_kg), holder, lump.issuance, lump.output)
            for part, lump, (text, holder) in zip(said.returns, takes, texts, strict=False)
        ]

    def change(self, kind: StatementKind, made: SealedCertificate, *, cheat: Cheat = HONEST) -> bytes:
        """Withdraw, suspend, or lift the suspension of a certificate."""
        said = cheat.statement(
            StatusChange.validated(
                oreprint=f"{kind}/1",
                registry=made.record.registry,
                ends=ended(made),
                reason="found wrong on a second look",
                not_logged_after=self._last(),
            )
        )
        purpose = PurposeCode.REVOCATION if kind == "withdraw" else PurposeCode.SUSPENSION
        bit = StatusBit(said.ends.list, said.ends.index, purpose, int(kind != "lift"))
        signer = cheat.signer or key(name_of(made.record.issuer.did))
        digest = self._state(kind, said, signer, (), [bit], (), cheat)
        self._ends.setdefault(made.digest, []).append(digest)
        return digest

    def _state(  # noqa: PLR0917 - a statement and its entry
        self,
        kind: StatementKind,
        said: Move | Undo | StatusChange,
        signer: SoftwareSigner,
        marks: Iterable[bytes],
        bits: Iterable[StatusBit],
        builds_on: tuple[bytes, ...],
        cheat: Cheat,
    ) -> bytes:
        text = seal_statement(said, signer=signer)
        digest = statement_digest(text)

        def lines(_: Bundling, proof: Proof) -> list[BundleLine]:
            return [StatementLine(t="statement", registry=record.registry, kind=kind, statement=text, proof=proof)]

        record = self.log(said.registry, digest, marks, bits, builds_on=builds_on, lines=lines, cheat=cheat)
        return digest

    def _last(self) -> str:
        return instant_text(self.now_ms + WEEK_MS)

    # -- bundles --------------------------------------------------------------------------------------------------

    def bundle(
        self,
        subject: SealedCertificate,
        show: Audience | Callable[[str], Audience | Collection[str]] = "auditor",
        *,
        own: Lump | None = None,
        beside: Iterable[SealedCertificate] = (),
        also: Collection[bytes] = (),
        without: Collection[bytes] = (),
        change: Callable[[list[BundleLine]], list[BundleLine]] = same,
    ) -> list[bytes]:
        """Return the bundle of a certificate as its lines; `own` is the reader's holding of it, `beside` what else is
        shown.
        """
        how = show if callable(show) else lambda _: show
        needed, shown = self._needed(subject, [*also, *([own.creator] if own else [])])
        for each in beside:
            further, certificates = self._needed(each, ())
            needed, shown = needed | further, shown | certificates
        for registry in {self.records[digest].registry for digest in needed}:
            self._publish(registry)
        registries = sorted({self.records[digest].registry for digest in needed})
        bundling = Bundling(frozenset(shown), how)
        records = [
            line
            for digest, record in self.records.items()
            if digest in needed and digest not in without
            for line in record.lines(bundling, self._proof(record.registry, record.index, record.entry))
        ]
        lines: list[BundleLine] = [
            Header(
                t="bundle/1",
                audience=show if not callable(show) else "partner",
                subject=subject.digest,
                registries=tuple(registries),
                records=len(records),
            ),
            TrustLine(t="trust", note=self.people.note),
            *(HeadLine(t="head", registry=name, checkpoint=self._published[name].checkpoint) for name in registries),
            *(line for name in registries for line in self._lists(name)),
            *records,
        ]
        if own:
            lines.append(HoldingLine(t="holding", creator=to_base64url(own.creator), holding=own.text))
        lines.append(EndLine(t="end", lines=len(lines) + 1))
        return [line.to_bytes() + b"\n" for line in change(lines)]

    def _needed(self, subject: SealedCertificate, also: Sequence[bytes]) -> tuple[set[bytes], set[str]]:
        """Return the records that a bundle must have, and the certificates it must show."""
        needed: set[bytes] = set()
        shown = {subject.digest}
        waiting = [self.makers[subject.digest], *self._ends.get(subject.digest, ()), *also]
        while waiting:
            digest = waiting.pop()
            if digest in needed:
                continue
            needed.add(digest)
            record = self.records[digest]
            waiting += record.builds_on
            for made in record.shows:
                shown.add(made)
                waiting += [self.makers[made], *self._ends.get(made, ())]
        return needed, shown

    def _proof(self, registry: str, index: int, entry: Entry) -> Proof:
        state = self._published[registry]
        path = prove_inclusion(state.growth, index=index, size=state.size)
        return Proof(entry=to_base64url(entry.to_bytes()), index=index, path=tuple(map(to_base64url, path)))

    def publish_list(self, registry: str, *, number: int = 1) -> list[tuple[int, str]]:
        """Log a version of each status list of a registry; return where, and what."""
        entries = self.logs.setdefault(registry, [])
        made = []
        for purpose in PURPOSES:
            size = len(entries)
            bits = rebuild((bit for entry in entries for bit in entry.bits), purpose=purpose, list_number=0)
            told = StatusRecord(
                oreprint="status/1", registry=registry, purpose=purpose, list=0, number=number, size=size
            )
            jws = self.relist(sign_status_list(told, bits, issued=instant_text(self.now_ms), signer=key(registry)))
            listed = ListVersion(number, sha256(jws.encode()).digest())
            entries.append(Entry(EntryKind.STATUS_LIST, self.now_ms, blinded(status_digest(jws)), listed=listed))
            made.append((size, jws))
        return made

    def _publish(self, registry: str) -> None:
        if registry in self._published:
            return
        lists = self.publish_list(registry)
        entries = self.logs[registry]
        growth = Frontier().append(leaf_hash(entry.to_bytes()) for entry in entries)
        checkpoint = sign_head(
            vkey(f"{registry}/log"), size=len(entries), root=growth.frontier.root(), sign=key(f"{registry}/log").sign
        )
        cosigned = cosign(checkpoint, f"witness.{registry}", f"monitor.{registry}", time_s=self.now_ms // 1000)
        self._published[registry] = Published(growth, len(entries), cosigned, lists)

    def _lists(self, registry: str) -> list[BundleLine]:
        return [
            StatusLine(
                t="status",
                registry=registry,
                credential=jws,
                proof=self._proof(registry, index, self.logs[registry][index]),
            )
            for index, jws in self._published[registry].lists
        ]


def _certificate_lines(made: Issuance, bundling: Bundling, proof: Proof) -> list[BundleLine]:
    """Return the certificates of an issuance that are shown; the first one where none is cited."""
    there = list(filter(None, made.certificates))
    chosen = [each for each in there if each.digest in bundling.shown] or there[:1]
    values = tuple(map(to_base64url, made.values))
    return [
        CertificateLine(t="certificate", certificate=_shown(each, bundling), values=values, proof=proof)
        for each in chosen
    ]


def _shown(made: SealedCertificate, bundling: Bundling) -> str:
    how = bundling.how(made.digest)
    return made.text if how == "auditor" else _presented(made.text, how if isinstance(how, str) else tuple(how))


@lru_cache(1024)
def _presented(text: str, show: Audience | Collection[str]) -> str:
    return present(text, show=show).text


def cosign(checkpoint: str, *names: str, time_s: int) -> str:
    """Return a checkpoint note with cosignatures by witnesses or monitors of these names."""
    note = Note.parse(checkpoint)
    signatures = list(note.signatures)
    for name in names:
        public = vkey(name, KeyType.COSIGNATURE)
        unsigned = Cosignature(time_s, bytes(64))
        raw = Cosignature(time_s, key(name).sign(unsigned.message(note.text))).to_bytes()
        signatures.append(Signature(public.name, public.key_id, raw))
    return Note(note.text, tuple(signatures)).to_text()
