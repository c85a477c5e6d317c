"""Drafts of a registry, held against what a party asked it for, before the party signs them with its own key.

Rules:

1. A statement is of the kind, the registry and the reason asked for, and is to be logged within a week.
2. It uses holdings of the party alone; what it creates is the consignee's, or comes back to the party; a move is of the
   mass asked for.
3. It ends certificates of the party alone, each at its own place in the status lists, and of the lot or the run that
   was named; an undo gives every input its mass back.

The texts do not say which lot a holding belongs to. The registry keeps that list, and its audit and every later
verification check it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from ledger.client.registry import RegistryClient, certificate_at, is_missing, own_certificate_at
from ledger.holdings.mark import commitment, open_holding
from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.seal.digest import is_certificate_digest, to_base64url
from ledger.seal.sdjwt import OpenRun
from schemas.answers.life import DraftedStatement
from schemas.certificate import CertificateRecord
from schemas.holding import Holder, Part, Use
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.problem import AccessError, CheckError, RefusedError
from schemas.quantity import milligrams
from schemas.requests import CancelRequest, MoveRequest, StatusRequest, UndoRequest
from schemas.statement import Ended, Move, StatusChange, Undo

Asked = MoveRequest | CancelRequest | StatusRequest | UndoRequest


def check_drafts(client: RegistryClient, own: Holder, asked: Asked, drafts: Sequence[DraftedStatement]) -> None:
    """Check that drafts contain the request and no more. `own` is the party and its registry.

    Raises:
        CheckError: `remote.drafted`, `remote.otherwise`; AccessError: `api.scope`; RefusedError: `remote.refused`.
    """
    check = _Check(client, own)
    for each in drafts:
        check.in_time(each)
    match asked:
        case MoveRequest():
            mass = None if asked.mass is None else milligrams(asked.mass.amount)
            check.moves(drafts, to=asked.to, mass_mg=mass)
        case CancelRequest():
            check.moves(drafts, to=own.owner, mass_mg=None)
        case StatusRequest():
            check.changes(drafts, asked)
        case UndoRequest():
            check.undo(drafts, asked.lot)


@dataclass(frozen=True, slots=True)
class _Check:
    """The registry and the own party, against which drafts are checked."""

    client: RegistryClient
    own: Holder

    def _fail(self, what: str) -> NoReturn:
        raise CheckError.at("remote.drafted", host=self.client.remote.host, what=what)

    def in_time(self, draft: DraftedStatement) -> None:
        """Check that a statement is of the party's registry, and can be logged for no more than a week."""
        said = draft.statement
        if said.registry != self.own.registry:
            self._fail(f"a statement of {said.registry}")
        if epoch_ms(said.not_logged_after) > self.client.runtime.now_ms() + TIME_TO_LOG_MS + CLOCK_MS:
            self._fail(f"a statement that can be logged until {said.not_logged_after}")

    def moves(self, drafts: Sequence[DraftedStatement], *, to: str, mass_mg: int | None) -> None:
        """Check that holdings of the party go to `to`, of the mass asked for together."""
        moved = 0
        used: set[str] = set()
        for draft in drafts:
            move = draft.statement
            if not isinstance(move, Move):
                self._fail(move.oreprint)
            self._uses([move.uses])
            self._creates([move.creates], draft.texts, Holder(owner=to, registry=self.own.registry))
            if move.to_registry != self.own.registry:
                self._fail(f"a move to {move.to_registry}")
            moved += milligrams(move.creates.mass_kg)
            used.add(move.uses.holding)
        if len(used) < len(drafts) or (mass_mg is not None and moved != mass_mg):
            self._fail("another mass")

    def changes(self, drafts: Sequence[DraftedStatement], asked: StatusRequest) -> None:
        """Check that a draft changes only the party's own certificates of the lot, or its attestation."""
        for draft in drafts:
            change = draft.statement
            if not isinstance(change, StatusChange) or change.oreprint != f"{asked.statement}/1":
                self._fail(change.oreprint)
            if change.reason != asked.reason or draft.texts:
                self._fail("another reason")
            if change.ends.certificate != asked.lot or self._is_certificate(asked.lot):
                self._lot(self._ended(change.ends), asked.lot)

    def undo(self, drafts: Sequence[DraftedStatement], name: str) -> None:
        """Check that the run named is undone, every certificate of it ended, and every input given its mass back."""
        statement = drafts[0].statement
        if len(drafts) > 1 or not isinstance(statement, Undo) or not statement.ends:
            self._fail("no undo of one run")
        records = [self._ended(each) for each in statement.ends]
        run = own_certificate_at(self.client.remote, statement.ends[0].certificate).run
        if run is None:
            raise AccessError.at("api.scope", scope="read")
        outputs = run.value.made
        whole = [record.run[0].digest for record in records] == [run.digest] * sum(each.certified for each in outputs)
        if not whole or len(statement.uses) != len(outputs):
            self._fail("a part of a run")
        self._uses(statement.uses)
        self._creates(statement.returns, drafts[0].texts, self.own)
        taken = [each.value.mass_kg for each in run.inputs if each is not None]
        if [each.mass_kg for each in statement.returns] != taken:
            self._fail("other masses than were taken")
        self._run(run, records, name)

    def _uses(self, uses: Sequence[Use]) -> None:
        if any(open_holding(each.holding) != self.own for each in uses):
            self._fail("a holding of somebody else")

    def _creates(self, parts: Sequence[Part], texts: Sequence[str], holder: Holder) -> None:
        """Check that the holdings created are those of the texts, and all of them `holder`'s."""
        if [each.holding for each in parts] != [to_base64url(commitment(text)) for text in texts]:
            self._fail("holdings without their texts")
        if any(open_holding(text) != holder for text in texts):
            self._fail("a holding for somebody else")

    def _ended(self, ends: Ended) -> CertificateRecord:
        """Return what a certificate says that is ended: one of the party's own, at its own place."""
        record = certificate_at(self.client.remote, ends.certificate).record
        if record.issuer.did != self.own.owner or record.registry != self.own.registry:
            self._fail(f"a certificate of {record.issuer.did}")
        if (record.status.list, record.status.index) != (ends.list, ends.index):
            self._fail("another place in the status lists")
        return record

    def _is_certificate(self, digest: str) -> bool:
        """Return whether a digest names a certificate; else it is an attestation, which only the registry shows."""
        try:
            certificate_at(self.client.remote, digest)
        except RefusedError as refusal:
            if is_missing(refusal):
                return False
            raise
        return True

    def _lot(self, record: CertificateRecord, name: str) -> None:
        """Check that a certificate is of the lot that was named, as printed or by a certificate's digest."""
        if is_certificate_digest(name):
            named = certificate_at(self.client.remote, name).record.batch
            if (record.batch.lot, record.batch.facility.id) == (named.lot, named.facility.id):
                return
        elif normal_lot(record.batch.lot) == normal_lot(name):
            return
        self._fail(f"a statement about {record.batch.lot}")

    def _run(self, run: OpenRun, records: Sequence[CertificateRecord], name: str) -> None:
        """Check that a run is the one that was named: by its own name, a lot, or a certificate's digest."""
        if is_certificate_digest(name):
            self._lot(next((each for each in records if self._of_digest(each, name)), records[0]), name)
            return
        lots = [normal_lot(each.lot) for each in run.outputs if each is not None]
        if name != run.value.run and normal_lot(name) not in lots:
            self._fail(f"an undo of {run.value.run}")

    def _of_digest(self, record: CertificateRecord, digest: str) -> bool:
        return certificate_at(self.client.remote, digest).record.batch.lot == record.batch.lot
