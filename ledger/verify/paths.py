"""Step 7, the walk along holdings: from the holding a run used, creator by creator, to the batch it is of.

Rules: records come upstream-first, so each holding is known before it is used and the walk is one look-up a link:

1. A record creates holdings by commitment and mass; each keeps the root of the holding that was used for it.
2. Using a holding shows its text; creator and text give the mark, which must be in the entry of the record that uses
   it.
3. A split keeps owner and registry, and its parts sum exactly; a move keeps mass and batch and is signed by the owner;
   an issuance creates one holding an output, and counts only with a certificate of it shown and signed by its producer.
4. No mark is used by two records, and each use is logged in the registry that the holding names as home.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, field

from ledger.holdings.mark import NO_CERTIFICATE, certificate_value, commitment, mark, open_holding, successor
from ledger.holdings.split import SplitRecord
from ledger.log.entry import PurposeCode, StatusBit
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.statement import OpenStatement
from ledger.trust.pinned import Trust
from ledger.verify.certificate import ShownCertificate, ShownRecord
from ledger.verify.findings import Findings, Outcome
from ledger.verify.heads import ProvenEntry, in_order
from ledger.verify.rule import Rule
from ledger.verify.walk_state import CreatedHolding, Ending, Root, ShownIssuance, Used, WithheldIssuance
from schemas.audit import Inside
from schemas.document import replace
from schemas.problem import OreprintError
from schemas.quantity import kg_text, milligrams
from schemas.sentences import CAUSES
from schemas.statement import Ended, Move, StatusChange, Undo


@dataclass(slots=True)
class Paths:
    """Every holding seen to be created.

    `hidden` are issuances whose run is withheld; `unknown` are records of registries that the trust list does not name.
    """

    trust: Trust
    findings: Findings
    created: dict[bytes, dict[bytes, CreatedHolding]] = field(default_factory=dict)
    hidden: dict[bytes, WithheldIssuance] = field(default_factory=dict)
    issued: MutableMapping[bytes, ShownIssuance] = field(default_factory=dict)
    undone: set[bytes] = field(default_factory=set)
    unknown: set[bytes] = field(default_factory=set)
    _early: list[tuple[str, Undo]] = field(default_factory=list)

    def use(self, place: str, creator: str, text: str) -> Used | None:
        """Look up a holding in use; None when nothing seen so far created it."""
        return self._use(place, digest_bytes(creator), text)

    def _use(self, place: str, made_by: bytes, text: str) -> Used | None:
        holder = open_holding(text)
        created = self.created.get(made_by)
        held = created.get(commitment(text)) if created else None
        if held is None and made_by in self.hidden:
            held = self.hidden[made_by].held
            self.findings.add(Rule.PATH, Outcome.WITHHELD, place)
        elif held is None and made_by in self.unknown:
            self.findings.add_as(Rule.PATH, "inputs.path-unknown", Outcome.ABSENT, place, {})
            return None
        elif not self.findings.require(Rule.PATH, place, holds=held is not None) or held is None:
            return None
        kept = held.owner in (None, holder.owner) and held.registry in (None, holder.registry)
        self.findings.require(Rule.SPLIT_KEEPS, place, holds=kept, owner=holder.owner)
        return Used(holder, held, mark(made_by, text))

    def let_go(self, uses: Iterable[tuple[str, str]]) -> None:
        """Forget used holdings, given by creator and text, while reading a whole log.

        No other use can be right.
        """
        for creator, text in uses:
            made_by = digest_bytes(creator)
            left = self.created.get(made_by, {})
            left.pop(commitment(text), None)
            if not left:
                self.created.pop(made_by, None)

    def enter(self, rule: Rule, place: str, logged: ProvenEntry, marks: Collection[bytes]) -> None:
        """Check that an entry has exactly these marks."""
        found = logged.entry.marks
        self.findings.require(rule, place, holds=list(found) == sorted(marks), found=len(found), due=len(marks))

    def bits(self, place: str, logged: ProvenEntry, ended: Sequence[Ended | None], purpose: PurposeCode) -> None:
        """Check that an entry sets exactly the bits of these certificates."""
        due = tuple(sorted(StatusBit(end.list, end.index, purpose, 1) for end in ended if end))
        self.findings.require(Rule.BITS, place, holds=logged.entry.bits == due)

    def take(self, line: ShownRecord) -> Ending | None:
        """Read a split or a statement. Return a statement about status, whose effect the caller checks."""
        if isinstance(line.record, SplitRecord):
            self._split(line, line.record)
            return None
        return None if line.logged is None else self._statement(line, line.record, line.logged)

    def _split(self, line: ShownRecord, record: SplitRecord) -> None:
        place, logged = line.place, line.logged
        used = self._use(place, record.creator, record.holding)
        if logged is None or used is None:
            return
        self._alone(place, used, logged)
        self._keeps_mass(Rule.SPLIT_SUM, place, used, sum([piece.mass_mg for piece in record.pieces]))
        root, (owner, registry) = used.held.root, (used.holder.owner, used.holder.registry)
        made = [
            (each.commitment, CreatedHolding(each.mass_mg, root, logged, owner, registry)) for each in record.pieces
        ]
        self._create(place, line.digest, made)

    def _statement(self, line: ShownRecord, opened: OpenStatement, logged: ProvenEntry) -> Ending | None:
        place, digest, statement = line.place, line.digest, opened.value
        self.findings.require(
            Rule.SAME_REGISTRY, place, holds=statement.registry == logged.registry, registry=statement.registry
        )
        match statement:
            case Move():
                self._move(place, digest, opened, statement, logged)
            case Undo():
                self._undo(place, digest, opened, statement, logged)
            case StatusChange():
                self._status(place, opened, statement, logged)
                return Ending(statement, opened.jws.did, logged)
        return None

    def _move(self, place: str, digest: bytes, opened: OpenStatement, said: Move, logged: ProvenEntry) -> None:
        used = self.use(place, said.uses.creator, said.uses.holding)
        if used is None:
            return
        self._alone(place, used, logged)
        self._signed(Rule.MOVE_SIGNED, place, opened, used.holder.owner, "move", logged)
        mass = milligrams(said.creates.mass_kg)
        self._keeps_mass(Rule.MOVE_MASS, place, used, mass)
        held = CreatedHolding(mass, used.held.root, logged, registry=said.to_registry)
        self._create(place, digest, [(digest_bytes(said.creates.holding), held)])

    def _undo(self, place: str, digest: bytes, opened: OpenStatement, said: Undo, logged: ProvenEntry) -> None:
        issuance = digest_bytes(said.issuance)
        self.undone.add(issuance)
        undone = self.issued.get(issuance) or self.hidden.get(issuance)
        if not self.findings.require(Rule.UNDO_ALL, place, holds=undone is not None) or undone is None:
            return
        findings = self.findings
        findings.require(Rule.SUCCESSOR_HOME, place, holds=logged.registry == undone.registry, registry=undone.registry)
        self._signed(Rule.UNDO_SIGNED, place, opened, undone.producer, "undo", logged)
        used = [found for use in said.uses if (found := self.use(place, use.creator, use.holding))]
        for found in used:
            self._home(place, found, logged)
            findings.require(Rule.OWNER, place, holds=found.holder.owner == undone.producer, owner=found.holder.owner)
        self.enter(Rule.MARK, place, logged, [*(found.mark for found in used), successor(issuance)])
        findings.require(Rule.UNDO_ENDS, place, holds=self.ends(said.ends, undone.values))
        self.bits(place, logged, said.ends, PurposeCode.REVOCATION)
        roots = self._given_back(place, said, undone)
        self._create(
            place,
            digest,
            [
                (digest_bytes(part.holding), CreatedHolding(milligrams(part.mass_kg), root, logged))
                for part, root in zip(said.returns, roots, strict=False)
            ],
        )

    def _given_back(self, place: str, said: Undo, undone: ShownIssuance | WithheldIssuance) -> Sequence[Root | None]:
        """Check that an undo uses all outputs of the run and returns its inputs, as far as they are shown.

        Return the batches.
        """
        if isinstance(undone, WithheldIssuance):
            for rule in (Rule.UNDO_ALL, Rule.UNDO_SAME):
                self.findings.add(rule, Outcome.WITHHELD, place)
            self._early.append((place, said))
            return [None] * len(said.returns)
        whole = [(digest_bytes(use.creator), commitment(use.holding)) for use in said.uses]
        due = [(undone.first, held) for held, _ in undone.holdings]
        self.findings.require(Rule.UNDO_ALL, place, holds=whole == due)
        masses = [milligrams(part.mass_kg) for part in said.returns]
        taken = [mass for mass, _ in undone.inputs]
        same = len(masses) == len(taken) and all(was in (None, now) for was, now in zip(taken, masses, strict=True))
        self.findings.require(Rule.UNDO_SAME, place, holds=same)
        if None in taken:
            self.findings.add(Rule.UNDO_SAME, Outcome.WITHHELD, place)
            self._early.append((place, said))
        return [root for _, root in undone.inputs]

    def check_undos(self) -> None:
        """Judge what undos give back once more, where the run undone was shown, or more of it, after they came."""
        early, self._early = self._early, []
        for place, said in early:
            undone = self.issued.get(digest_bytes(said.issuance))
            if undone is not None:
                self._given_back(place, said, undone)

    def _status(self, place: str, opened: OpenStatement, said: StatusChange, logged: ProvenEntry) -> None:
        """Check that a withdrawal, suspension or lifting sets only its own bit, and that its signer may sign it."""
        kind = said.oreprint.partition("/")[0]
        purpose = PurposeCode.REVOCATION if kind == "withdraw" else PurposeCode.SUSPENSION
        due = StatusBit(said.ends.list, said.ends.index, purpose, int(kind != "lift"))
        self.findings.require(Rule.BITS, place, holds=logged.entry.bits == (due,))
        self.enter(Rule.MARK, place, logged, ())
        self._signed(Rule.ISSUER_KEY, place, opened, opened.jws.did, kind, logged)

    def ends(self, ended: Iterable[Ended | None], values: tuple[bytes, ...]) -> bool:
        """Return whether `ended` names every certificate of an issuance of these values, in output order."""
        told = [
            certificate_value(certificate_digest_bytes(end.certificate), status_list=end.list, status_index=end.index)
            for end in ended
            if end
        ]
        return told == [value for value in values if value != NO_CERTIFICATE]

    def first(self, issuance: bytes) -> bytes:
        """Return the first issuance of an issuance's batches, whose holdings they are."""
        known, hidden = self.issued.get(issuance), self.hidden.get(issuance)
        if hidden is not None and hidden.held.root is not None:
            return hidden.held.root[0]
        return known.first if known else issuance

    def first_undone(self) -> set[bytes]:
        """Return the first issuances of the runs that were undone."""
        return {self.first(issuance) for issuance in self.undone}

    def conceal(self, seen: ShownCertificate, logged: ProvenEntry) -> None:
        """Take in an issuance whose run is withheld: its holdings are not shown, only that they are of its batches."""
        if seen.issuance in self.issued:
            return
        record, first, marks = seen.record, seen.issuance, logged.entry.marks
        if record.follows is not None:
            followed = digest_bytes(record.follows.record)
            first, before = self.first(followed), self.hidden.get(followed)
            marks = before.marks if before else ()
        held = CreatedHolding(None, (first, None), logged)
        self.hidden[seen.issuance] = WithheldIssuance(record.issuer.did, record.registry, seen.values, held, marks)

    def recall(self, seen: ShownCertificate, logged: ProvenEntry, inside: Inside) -> None:
        """Take in what an auditor knows of a certificate whose run is withheld: its holding, a root of paths."""
        first, held = digest_bytes(inside.first), digest_bytes(inside.holding)
        root = (first, seen.record.output)
        mass = milligrams(seen.record.batch.net_mass_kg)
        self.created.setdefault(first, {}).setdefault(held, CreatedHolding(mass, root, logged))
        hidden = self.hidden.get(seen.issuance)
        if hidden is not None:
            self.hidden[seen.issuance] = hidden._replace(held=replace(hidden.held, root=(first, None)))

    def issue(self, place: str, issued: ShownIssuance, logged: ProvenEntry) -> None:
        """Add a first issuance. The holdings of its outputs are the roots of paths."""
        self.issued[issued.digest] = issued
        self.hidden.pop(issued.digest, None)
        self._create(
            place,
            issued.digest,
            [
                (held, CreatedHolding(mass, (issued.digest, number), logged))
                for number, (held, mass) in enumerate(issued.holdings)
            ],
        )

    def show(self, issued: ShownIssuance) -> None:
        """Take in that a later view of an issuance shows more of its inputs."""
        known = self.issued.get(issued.digest)
        if known is not None:
            self.issued[issued.digest] = replace(known, inputs=issued.inputs)

    def follow(self, place: str, issued: ShownIssuance, first: bytes, logged: ProvenEntry) -> None:
        """Take in an issuance that follows another: only the holdings of the `first` one exist."""
        self.issued[issued.digest] = replace(issued, first=first)
        if Rule.FIRST_RUN in self.findings.off:
            self.issue(place, issued, logged)

    def _create(self, place: str, digest: bytes, holdings: list[tuple[bytes, CreatedHolding]]) -> None:
        """Keep what a record created; two holdings of one text in one record could not be told apart."""
        known = dict(holdings)
        once = len(known) == len(holdings)
        if self.findings.require(Rule.PATH, place, holds=once, reason=CAUSES["created-twice"]):
            self.created[digest] = known

    def _alone(self, place: str, used: Used, logged: ProvenEntry) -> None:
        """Check that an entry records the use of this holding and nothing else."""
        entry, findings = logged.entry, self.findings
        self._home(place, used, logged)
        findings.require(Rule.MARK, place, holds=entry.marks == (used.mark,), found=len(entry.marks), due=1)
        findings.require(Rule.BITS, place, holds=not entry.bits)

    def _home(self, place: str, used: Used, logged: ProvenEntry) -> None:
        """Check that a holding is used in its own registry, and after its creation."""
        home, here = used.holder.registry, logged.registry
        self.findings.require(Rule.HOME, place, holds=home == here, home=home, used=here)
        self.findings.require(Rule.TIME_ORDER, place, holds=in_order(used.held.logged, logged))

    def _keeps_mass(self, rule: Rule, place: str, used: Used, mass: int) -> None:
        """Check that a record creates as much mass as it uses, where the mass is shown."""
        held = used.held.mass_mg
        if held is None:
            self.findings.add(rule, Outcome.WITHHELD, place)
            return
        holds = mass == held
        told = {} if holds else {"made": kg_text(mass), "held": kg_text(held)}
        self.findings.require(rule, place, holds=holds, **told)

    def _signed(
        self, rule: Rule, place: str, opened: OpenStatement, signer: str, kind: str, logged: ProvenEntry
    ) -> None:
        """Check that `signer` signed a statement with a key that was valid then and may sign such a statement."""
        try:
            key = self.trust.key(opened.jws.kid, logged=logged.entry.time_ms)
            opened.jws.verify(key.public)
        except OreprintError as error:
            self.findings.fails(rule, place, error)
            return
        may = key.party.did == signer and kind in key.party.statements
        self.findings.require(rule, place, holds=may, signer=key.party.did, owner=signer)
