"""A small world that makes real records, without a database: producers, registries with logs, holdings that change hands.

Everything is made by the rooms that make it in earnest, and everything can be made wrong on purpose: each act takes a
`Cheat`, whose hooks change a value just before it is hashed or signed, so that a forged record is consistent in all else.
The same acts give the same bytes: salts are counted, keys come from names, and time goes on by a second an act.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ledger.footprint.engine import Share, Taken, Terms, compute
from ledger.footprint.figures import co2e_document, figure_rows, group_rows
from ledger.holdings.mark import (
    NO_CERTIFICATE,
    certificate_value,
    commitment,
    holding_text,
    issuance_digest,
    mark,
    run_mark,
    split_digest,
    statement_digest,
    status_digest,
    successor,
)
from ledger.holdings.split import Piece, SplitRecord
from ledger.log.entry import Entry, Kind, Listed, Purpose, StatusBit, blinded
from ledger.log.head import sign_head
from ledger.log.merkle import Frontier, Growth, leaf_hash, prove_inclusion
from ledger.log.vkey import KeyType
from ledger.seal.certificate import SealedCertificate, SealedRun, seal_certificate, seal_run
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.disclosure import seal_value
from ledger.seal.presentation import present
from ledger.seal.statement import seal_statement
from ledger.trust.status import rebuild, sign_status_list
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
from schemas.certificate import (
    Alternative,
    Batch,
    CertificateFacts,
    Counts,
    Facility,
    Follows,
    Footprint,
    Indicators,
    Issuer,
    StatusPlace,
)
from schemas.holding import Holder, Part, Use
from schemas.instant import instant_text
from schemas.name import Name
from schemas.note import Cosignature, Note, Signature
from schemas.quantity import kg_text, milligrams, trillionths, trillionths_text
from schemas.run import (
    Allocation,
    FactorSetRef,
    InputFacts,
    InventoryGroup,
    Made,
    Output,
    Run,
    RunFacts,
    RunFollows,
    Source,
)
from schemas.statement import Ended, Move, StatusChange, Undo
from schemas.status import StatusRecord
from schemas.vocabulary import PURPOSES, STAGE_OF_STEP, StatementKind, Step
from tests.cast import FACILITY, START_MS, Cast, cast, did, key, vkey
from tests.recipe import ORIGIN, PERIOD, Make, composed, element_masses, inventory, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from ledger.footprint.engine import Contribution, OutputFigures, Result
    from ledger.seal.signer import SoftwareSigner
    from schemas.bundle import BundleLine
    from schemas.vocabulary import Audience

WEEK_MS: Final = 7 * 24 * 3600 * 1000


_Value = TypeVar("_Value")


def same(value: _Value) -> _Value:
    """Change nothing."""
    return value


@dataclass(frozen=True)
class Cheat:
    """What is changed in a record while it is made; what isn't named is honest. `log` is the registry that logs it."""

    run: Callable[[RunFacts], RunFacts] = same
    inventory: Callable[[tuple[InventoryGroup, ...]], tuple[InventoryGroup, ...]] = same
    inputs: Callable[[list[tuple[InputFacts, Source]]], list[tuple[InputFacts, Source]]] = same
    outputs: Callable[[list[Output]], list[Output]] = same
    facts: Callable[[CertificateFacts], CertificateFacts] = same
    values: Callable[[list[bytes]], list[bytes]] = same
    pieces: Callable[[list[Piece]], list[Piece]] = same
    statement: Callable[[Any], Any] = same
    entry: Callable[[Entry], Entry] = same
    holder: Callable[[Holder], Holder] = same
    taken: Callable[[list[Taken]], list[Taken]] = same
    signer: SoftwareSigner | None = None
    log: str | None = None


HONEST: Final = Cheat()


@dataclass(frozen=True)
class Lump:
    """A holding as its owner knows it: creator's record, text and mass, and the certificate of the batch it is of."""

    creator: bytes
    text: str
    mass_mg: int
    holder: Holder
    issuance: Issuance
    output: int

    @property
    def mark(self) -> bytes:
        return mark(self.creator, self.text)

    @property
    def use(self) -> Use:
        return Use(creator=to_base64url(self.creator), holding=self.text)


@dataclass(frozen=True)
class Record:
    """A logged record: where, what it builds on (record digests), and its lines in a bundle but for the proof."""

    digest: bytes
    registry: str
    index: int
    builds_on: tuple[bytes, ...]
    shows: tuple[str, ...]
    lines: Callable[[Bundling, Proof], list[BundleLine]]


@dataclass(frozen=True, eq=False)
class Issuance:
    """An issuance: its run, certificates by output, the lumps it created, and what it used."""

    digest: bytes
    producer: str
    run: SealedRun
    result: Result
    values: tuple[bytes, ...]
    certificates: tuple[SealedCertificate | None, ...]
    lumps: tuple[Lump, ...]
    takes: tuple[Lump, ...]
    first: bytes

    @property
    def certificate(self) -> SealedCertificate:
        """The first certificate there is."""
        return next(filter(None, self.certificates))

    def ended(self) -> tuple[Ended | None, ...]:
        """Return every certificate as a record that ends it names it."""
        return tuple(ended(made) if made else None for made in self.certificates)


def ended(made: SealedCertificate) -> Ended:
    """Return a certificate as a record that ends it names it."""
    place = made.record.status
    return Ended(certificate=made.digest, list=place.list, index=place.index)


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


@dataclass
class World:
    """The world; see the module."""

    seed: int = 0
    people: Cast = field(default_factory=cast)
    full: bool = False
    now_ms: int = START_MS
    logs: dict[str, list[Entry]] = field(default_factory=dict)
    records: dict[bytes, Record] = field(default_factory=dict)
    makers: dict[str, bytes] = field(default_factory=dict)
    _count: Any = field(default_factory=count)
    indexes: Any = field(default_factory=lambda: count(7))
    lots: int = 0
    _published: dict[str, Published] = field(default_factory=dict)
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
        entry = Entry(Kind.RECORD, self.now_ms, blinded(digest), tuple(sorted({*marks})), tuple(sorted({*bits})))
        entries = self.logs.setdefault(at, [])
        entries.append(cheat.entry(entry))
        self._published.clear()
        record = Record(digest, at, len(entries) - 1, builds_on, shows, lines)
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
        feed = [] if takes and feed_mg is None else [Make(mass, makes[0].composition)]
        draft = _Draft(self, producer, tuple(takes), tuple(makes), registry, feed, follows, cheat)
        self.lots += 1
        run, result, texts = draft.sealed_run() if follows is None else draft.repeated_run(follows)
        sealed = [draft.certificate(number, run, result, valid_until) for number in range(len(run.run.made))]
        values = cheat.values([_value(made) for made in sealed])
        digest = issuance_digest(digest_bytes(run.digest), values)
        if follows is not None:
            marks = [successor(follows.digest)]
            bits = [StatusBit(end.list, end.index, Purpose.REFRESH, 1) for end in follows.ended() if end]
        else:
            marks, bits = [lump.mark for lump in takes] or [run_mark(digest_bytes(run.digest))], []
        before = [lump.creator for lump in takes] + [lump.issuance.digest for lump in takes]
        first = follows.first if follows else digest
        lumps: list[Lump] = []
        made = Issuance(digest, producer, run, result, tuple(values), tuple(sealed), tuple(lumps), tuple(takes), first)
        for number, (text, holder) in enumerate(texts):
            lumps.append(Lump(first, text, milligrams(run.run.made[number].net_mass_kg), holder, made, number))
        object.__setattr__(made, "lumps", tuple(lumps))
        self.log(
            registry,
            digest,
            marks,
            bits,
            builds_on=(*before, *((follows.digest,) if follows else ())),
            shows=tuple(
                made.digest for made in (*map(_cited, takes), *(follows.certificates if follows else ())) if made
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

    def split(self, lump: Lump, *masses: int, cheat: Cheat = HONEST) -> list[Lump]:
        """Split a holding; a single mass gets what is left beside it."""
        rest = lump.mass_mg - sum(masses)
        wanted = [*masses, rest] if len(masses) == 1 else [*masses]
        texts = [self.holding(_name(lump.holder.owner), lump.holder.registry, cheat) for _ in wanted]
        pieces = cheat.pieces([Piece(mass, commitment(text)) for mass, (text, _) in zip(wanted, texts, strict=True)])
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
        signer = cheat.signer or key(_name(lump.holder.owner))
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
        bits = [StatusBit(end.list, end.index, Purpose.REVOCATION, 1) for end in said.ends]
        before = (issuance.digest, *(lump.creator for lump in lumps))
        digest = self._state("undo", said, cheat.signer or key(issuance.producer), marks, bits, before, cheat)
        return [
            Lump(digest, text, milligrams(part.mass_kg), holder, lump.issuance, lump.output)
            for part, lump, (text, holder) in zip(said.returns, takes, texts, strict=False)
        ]

    def change(self, kind: StatementKind, made: SealedCertificate, *, cheat: Cheat = HONEST) -> bytes:
        """Withdraw, suspend, or lift the suspension of a certificate."""
        said = cheat.statement(
            StatusChange.model_validate(
                {
                    "oreprint": f"{kind}/1",
                    "registry": made.record.registry,
                    "ends": ended(made),
                    "reason": "found wrong on a second look",
                    "not_logged_after": self._last(),
                }
            )
        )
        purpose = Purpose.REVOCATION if kind == "withdraw" else Purpose.SUSPENSION
        bit = StatusBit(said.ends.list, said.ends.index, purpose, int(kind != "lift"))
        signer = cheat.signer or key(_name(made.record.issuer.did))
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
        also: Collection[bytes] = (),
        without: Collection[bytes] = (),
        change: Callable[[list[BundleLine]], list[BundleLine]] = same,
    ) -> list[bytes]:
        """Return the bundle of a certificate as its lines; `own` is the reader's holding of it."""
        how = show if callable(show) else lambda _: show
        needed, shown = self._needed(subject, [*also, *([own.creator] if own else [])])
        for registry in {self.records[digest].registry for digest in needed}:
            self._publish(registry)
        registries = sorted({self.records[digest].registry for digest in needed})
        bundling = Bundling(frozenset(shown), how)
        records = [
            line
            for digest, record in self.records.items()
            if digest in needed and digest not in without
            for line in record.lines(bundling, self._proof(record.registry, record.index))
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

    def _proof(self, registry: str, index: int) -> Proof:
        state = self._published[registry]
        path = prove_inclusion(state.growth, index=index, size=state.size)
        entry = self.logs[registry][index].to_bytes()
        return Proof(entry=to_base64url(entry), index=index, path=tuple(map(to_base64url, path)))

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
            jws = sign_status_list(told, bits, issued=instant_text(self.now_ms), signer=key(registry))
            listed = Listed(number, sha256(jws.encode()).digest())
            entries.append(Entry(Kind.STATUS_LIST, self.now_ms, blinded(status_digest(jws)), listed=listed))
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
            StatusLine(t="status", registry=registry, credential=jws, proof=self._proof(registry, index))
            for index, jws in self._published[registry].lists
        ]


@dataclass
class _Draft:
    """A run and its certificates while they are made."""

    world: World
    producer: str
    takes: tuple[Lump, ...]
    makes: tuple[Make, ...]
    registry: str
    feed: list[Make]
    follows: Issuance | None
    cheat: Cheat

    @property
    def step(self) -> Step:
        return "separation" if self.takes else "mining"

    def sealed_run(self) -> tuple[SealedRun, Result, list[tuple[str, Holder]]]:
        """Compute and seal the run; return it with its figures and the texts of its holdings."""
        groups = inventory(self.feed, full=self.world.full)
        taken = self.cheat.taken(list(map(_taken, self.takes)))
        shares = [_share(make) for make in self.makes]
        terms = Terms(STAGE_OF_STEP[self.step], "AR6", "mass", "RE")
        result = compute(terms, groups, taken, shares, tables=tables())
        texts = [self.world.holding(make.owner or self.producer, make.registry or self.registry) for make in self.makes]
        facts = self._facts(result, texts)
        inputs = [_input(lump, brought) for lump, brought in zip(self.takes, result.inputs, strict=True)]
        outputs = [self._output(number, make) for number, make in enumerate(self.makes)]
        run = seal_run(
            self.cheat.run(facts),
            inputs=self.cheat.inputs(inputs),
            inventory=self.cheat.inventory(groups),
            outputs=self.cheat.outputs(outputs),
            new_salt=self.world.salt,
        )
        return run, result, texts

    def repeated_run(self, old: Issuance) -> tuple[SealedRun, Result, list[tuple[str, Holder]]]:
        """Seal the run of a correction: everything is repeated, and it names what it follows."""
        before = old.run.run
        named = RunFollows(record=to_base64url(old.digest), first_run=to_base64url(old.first), ends=tuple(old.ended()))
        facts = self.cheat.run(before.model_copy(update={"follows": named}))
        run = Run(**facts.__dict__) if isinstance(facts, Run) else before
        sealed = seal_value(run, salt=self.world.salt())
        texts = (sealed.text, *old.run.texts[1:])
        return (
            SealedRun(run, sealed.digest, texts, old.run.lines),
            old.result,
            [(lump.text, lump.holder) for lump in old.lumps],
        )

    def _output(self, number: int, make: Make) -> Output:
        return Output(lot=self._lot(number), kind="oxide", composition=composed(make), origin=ORIGIN)

    def _lot(self, number: int) -> str:
        return f"L{self.world.lots}-{number}"

    def _facts(self, result: Result, texts: list[tuple[str, Holder]]) -> RunFacts:
        return RunFacts(
            oreprint="run/1",
            run=f"R{self.world.lots}",
            producer=did(self.producer),
            registry=self.registry,
            facility=FACILITY,
            step=self.step,
            stage=STAGE_OF_STEP[self.step],
            period=PERIOD,
            gwp="AR6",
            electricity="direct",
            factor_sets=_factor_sets(),
            engine="1",
            allocation=Allocation(method="mass", mass_key="RE"),
            own=group_rows(result.own),
            upstream=figure_rows(result.upstream),
            upstream_alternative=co2e_document(result.upstream_alternative),
            made=tuple(
                _made(make, figures, text)
                for make, figures, (text, _) in zip(self.makes, result.outputs, texts, strict=True)
            ),
            excluded=(),
            untracked=(),
        )

    def certificate(
        self, number: int, run: SealedRun, result: Result, valid_until: str | None
    ) -> SealedCertificate | None:
        """Seal the certificate of one output, if it gets one."""
        value = run.run
        if not value.made[number].certified:
            return None
        old = self.follows.certificates[number] if self.follows else None
        facts = old.record if old else self._record(number, run, result)
        changed = {
            "id": f"urn:uuid:{self.world.salt(4).hex()}-0000-4000-8000-{self.world.salt(6).hex()}",
            "status": StatusPlace(list=0, index=next(self.world.indexes)),
            "issued": instant_text(self.world.now_ms),
            "not_logged_after": instant_text(self.world.now_ms + WEEK_MS),
            "valid_until": valid_until,
        }
        if old and self.follows:
            changed["follows"] = Follows(record=to_base64url(self.follows.digest), certificate=old.digest)
        plain = {name: getattr(facts, name) for name in CertificateFacts.model_fields} | changed
        signer = self.cheat.signer or key(self.producer)
        return seal_certificate(
            self.cheat.facts(CertificateFacts(**plain)), run=run, signer=signer, new_salt=self.world.salt
        )

    def _record(self, number: int, run: SealedRun, result: Result) -> CertificateFacts:
        value, make, figures = run.run, self.makes[number], result.outputs[number]
        return CertificateFacts(
            oreprint="certificate/1",
            id="urn:uuid:00000000-0000-4000-8000-000000000000",
            issuer=Issuer(did=did(self.producer), names=(Name(lang="en", text=self.producer.title()),)),
            registry=self.registry,
            issued=instant_text(self.world.now_ms),
            not_logged_after=instant_text(self.world.now_ms),
            status=StatusPlace(list=0, index=0),
            batch=Batch(
                facility=Facility(id=FACILITY, name="Plant 1", country="CN", region="CN-NM"),
                lot=self._lot(number),
                kind="oxide",
                step=self.step,
                description="Didymium oxide",
                net_mass_kg=value.made[number].net_mass_kg,
                moisture="0",
                produced=PERIOD,
            ),
            composition=composed(make),
            footprint=_footprint(value, number, figures, result.placeholders),
            indicators=Indicators(energy="not-computed", water="not-computed", waste="not-computed"),
            claims="not-computed",
            origin=ORIGIN,
            custody="mass-balance",
            output=number,
            counts=Counts(inputs=len(self.takes), holdings=len(self.takes), lines=run.lines, outputs=len(self.makes)),
        )


def _footprint(value: RunFacts, number: int, figures: OutputFigures, placeholders: int) -> Footprint:
    return Footprint(
        boundary="cradle-to-gate",
        method="oreprint-1",
        allocation=value.allocation.method,
        gwp=value.gwp,
        electricity=value.electricity,
        factor_sets=value.factor_sets,
        engine=value.engine,
        rows=value.made[number].rows,
        total_kg_co2e=co2e_document(figures.total),
        per_kg=co2e_document(figures.per_kg),
        scope_1=trillionths_text(figures.scope_1),
        scope_2=co2e_document(figures.scope_2),
        scope_3=co2e_document(figures.scope_3),
        alternative=Alternative(method="economic", total_kg_co2e=value.made[number].alternative),
        placeholders=placeholders,
        primary_share="not-computed",
        quality="not-computed",
        uncertainty="not-computed",
    )


@cache
def _factor_sets() -> tuple[FactorSetRef, ...]:
    return tuple(FactorSetRef(name=found.name, digest=found.digest) for found in tables().sets.values())


def _share(make: Make) -> Share:
    elements = {element: trillionths(mass) for element, mass in element_masses(make)}
    return Share(make.mass_mg, elements, trillionths("10"), allocated=True)


def _made(make: Make, figures: OutputFigures, text: str) -> Made:
    return Made(
        net_mass_kg=kg_text(make.mass_mg),
        elements=element_masses(make),
        certified=make.certified,
        allocated=True,
        price="10",
        rows=figure_rows(figures.rows),
        alternative=co2e_document(figures.alternative),
        holding=to_base64url(commitment(text)),
    )


def _cited(lump: Lump) -> SealedCertificate | None:
    return lump.issuance.certificates[lump.output]


def _taken(lump: Lump) -> Taken:
    batch = _cited(lump)
    if batch is None:
        raise LookupError(lump.output)
    figures = batch.record.footprint
    return Taken(
        lump.mass_mg, milligrams(batch.record.batch.net_mass_kg), figures.rows, figures.alternative.total_kg_co2e
    )


def _input(lump: Lump, brought: Contribution) -> tuple[InputFacts, Source]:
    batch = _cited(lump)
    if batch is None:
        raise LookupError(lump.output)
    facts = InputFacts(
        material="Didymium oxide", kind="oxide", mass_kg=kg_text(lump.mass_mg), mark=to_base64url(lump.mark)
    )
    return facts, Source(
        certificate=batch.digest,
        run=lump.issuance.run.digest,
        output=lump.output,
        registry=batch.record.registry,
        supplier=batch.record.issuer.did,
        creator=to_base64url(lump.creator),
        holding=lump.text,
        rows=figure_rows(brought.rows),
        alternative=co2e_document(brought.alternative),
    )


def _value(made: SealedCertificate | None) -> bytes:
    if made is None:
        return NO_CERTIFICATE
    place = made.record.status
    return certificate_value(certificate_digest_bytes(made.digest), status_list=place.list, status_index=place.index)


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
    return made.text if how == "auditor" else present(made.text, show=how).text


def _name(owner: str) -> str:
    """Return the name that a producer's DID was made from."""
    return owner.removeprefix("did:web:").removesuffix(".example")


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
