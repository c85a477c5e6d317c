"""Withdrawing: an issuer ends a lot, an attestor an attestation, for ever, or suspends it and lifts that again.

The lists say so at once.

Rules:

1. A statement is about one certificate of its signer's, at that certificate's own status place; a lot that was
   corrected has several, and all of them are told the same, in one request.  An attestation is named by its digest.
2. Withdrawal is for ever: nothing lifts it, nothing is said after it.  Lifting ends a suspension and nothing else.
3. Unused holdings of the lot are frozen as long as it doesn't stand (`ledger.lots.lineage`); used ones stay used.
4. A registry that keeps the issuer's key drafts, signs and accepts; an issuer with its own key has the statements
   drafted, signs them at home, and sends them.  What is accepted is judged by the same function.
5. The answer comes when the statement is logged and the lists that carry its bit are published.  A crash between the
   two leaves lists that the next publication brings up to date.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from ledger.holdings.mark import statement_digest
from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.log.entry import PurposeCode, StatusBit
from ledger.lots.lineage import State, lineage, lot_of
from ledger.registry.append import LogTransaction, Posting, append, behind_commit
from ledger.registry.approval import OPERATOR, RequestedAct
from ledger.registry.lists import publish_status
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry, RegistrySnapshot, snapshot
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, is_certificate_digest
from ledger.seal.jws import Jws
from ledger.seal.signer import SoftwareSigner
from ledger.seal.statement import SentStatement, UnsignedStatement, open_sent
from ledger.store.attested import attestation
from ledger.store.events import add_events
from ledger.store.lots import StoredLot, lots_named
from ledger.store.parties import facilities, keys
from ledger.store.reading import logged_records
from ledger.store.rows import AttestationRow, CertificateRow
from ledger.store.status import bits_at
from schemas.door import JsonValue, validated
from schemas.instant import epoch_ms, time_text
from schemas.lot import normal_lot
from schemas.notice import NoticeKind
from schemas.problem import AccessError, CheckError, InputError, MissingError, RefusedError
from schemas.statement import Ended, StatusChange
from schemas.struct import plain

StatusChangeKind = Literal["withdraw", "suspend", "lift"]

BIT: Final[dict[StatusChangeKind, tuple[PurposeCode, int]]] = {
    "withdraw": (PurposeCode.REVOCATION, 1),
    "suspend": (PurposeCode.SUSPENSION, 1),
    "lift": (PurposeCode.SUSPENSION, 0),
}
"""The status bit and value that each kind of statement sets."""


_NOTICE: Final[dict[StatusChangeKind, NoticeKind]] = {
    "withdraw": "upstream-withdrawn",
    "suspend": "upstream-suspended",
    "lift": "upstream-restored",
}


class _Own(NamedTuple):
    """A record that a party may end: a lot with its certificates and `state`, or an attestation, by its `name`."""

    name: str
    rows: Sequence[CertificateRow | AttestationRow]
    state: State = "standing"


class LoggedChange(NamedTuple):
    """A lot or an attestation whose status changed, with the certificates and the signed statements."""

    name: str
    kind: StatusChangeKind
    certificates: tuple[str, ...]
    statements: tuple[str, ...]


def change_status(
    registry: OpenRegistry,
    lot: str,
    *,
    kind: StatusChangeKind,
    issuer: str,
    reason: str,
    status: SoftwareSigner,
    author: str = OPERATOR,
) -> LoggedChange:
    """Withdraw a lot (as printed, or a certificate's digest) or an attestation, suspend it, or lift that.

    Publish the lists.

    `status` is the registry's status key.

    Raises:
        MissingError: `life.lot-unknown`.
        RefusedError: `life.not-issuer`, `life.withdrawn`, `life.suspended`, `life.not-suspended`, `life.undone`,
            `issue.no-key`.
        InputError: a reason that isn't one line of words.
        UnapprovedError: `approval.*`, for an `author` whose party has a rule of two persons.
    """
    with append(registry) as transaction:
        drafts = _drafted(transaction, kind, lot, issuer=issuer, reason=reason).drafts
        signer = registry.signer(transaction.connection, issuer)
        sent = [open_sent(each.signed(signer), kind=kind) for each in drafts]
        changed = _accept(transaction, kind, sent, author=author)
    # A crash here: it is said, and the lists don't show it yet; the next `publish_status` finds them changed.
    with behind_commit(registry):
        publish_status(registry, signer=status)
    return changed


withdraw: Final = partial(change_status, kind="withdraw")
suspend: Final = partial(change_status, kind="suspend")
lift: Final = partial(change_status, kind="lift")


class DraftedChange(NamedTuple):
    """A status change before its statement is signed: the payload to sign, and the rows that change then."""

    drafts: tuple[UnsignedStatement, ...]
    changed: LoggedChange


def draft_change(
    registry: OpenRegistry, kind: StatusChangeKind, lot: str, *, issuer: str, reason: str
) -> DraftedChange:
    """Return what `issuer` has to sign to withdraw, suspend or lift a lot: a statement about each certificate.

    Raises:
        MissingError, RefusedError, InputError: as `withdraw`, `suspend` and `lift`.
    """
    with snapshot(registry) as seen:
        return _drafted(seen, kind, lot, issuer=issuer, reason=reason)


def post_change(
    registry: OpenRegistry,
    *texts: str,
    kind: StatusChangeKind,
    issuer: str,
    status: SoftwareSigner,
    author: str = OPERATOR,
) -> LoggedChange:
    """Log statements about one lot that its issuer signed with a key of its own.

    The same texts again get the same answer.

    Raises:
        InputError: `seal.*`, or what its document refuses.
        AccessError: `api.tenant`, when another party than `issuer` signed.
        CheckError: `life.not-signed`, `seal.signature`.
        MissingError: `life.lot-unknown`.
        RefusedError: as `withdraw`, `suspend` and `lift`; `life.late`.
    """
    sent = [open_sent(text, kind=kind) for text in texts]
    check_signers(sent, issuer)
    with append(registry) as transaction:
        changed = _accept(transaction, kind, sent, author=author)
    with behind_commit(registry):
        publish_status(registry, signer=status)
    return changed


def _drafted(seen: RegistrySnapshot, kind: StatusChangeKind, name: str, *, issuer: str, reason: str) -> DraftedChange:
    """Return the statements with which an issuer changes the status of its own records."""
    own = _own(seen.connection, issuer, name)
    rows = _check_due(seen.connection, kind, own)
    drafts = tuple(UnsignedStatement(_said(seen, kind, row, reason=reason)) for row in rows)
    return DraftedChange(
        drafts, LoggedChange(own.name, kind, tuple(certificate_digest_text(row.digest) for row in rows), ())
    )


def _accept(
    transaction: LogTransaction, kind: StatusChangeKind, sent: Sequence[SentStatement], *, author: str
) -> LoggedChange:
    """Log signed statements, from a registry's key or the issuer's own, and return their changes.

    Those that were logged before change nothing.

    Raises:
        OreprintError: as `post_change`.
    """
    connection, now_ms = transaction.connection, transaction.now_ms
    logged = logged_records(connection, [statement_digest(statement.jws) for statement in sent])
    about: list[str] = []
    said: dict[str, JsonValue] = {}
    party = ""
    postings: list[Posting] = []
    name = ""
    for statement in sent:
        change, jws = statement.opened.value, statement.opened.jws
        if not isinstance(change, StatusChange):
            raise TypeError(kind)
        own = _own(connection, jws.did, change.ends.certificate)
        if name not in {"", own.name} or change.ends.certificate in about:
            raise InputError.at("life.one-lot", kind=kind)
        name = own.name
        about.append(change.ends.certificate)
        if statement_digest(statement.jws) in logged:
            continue
        check_signed(connection, jws, now_ms=now_ms)
        row = next(one for one in own.rows if certificate_digest_text(one.digest) == change.ends.certificate)
        if (change.registry, change.ends) != (transaction.registry.did, ended(row)):
            raise MissingError.at("life.lot-unknown", lot=own.name, issuer=jws.did)
        check_in_time(change.not_logged_after, now_ms=now_ms)
        _check_due(connection, kind, own._replace(rows=(row,)))
        postings.append(_posting(kind, statement.jws, row))
        party, said[change.ends.certificate] = jws.did, change.reason
    if postings:
        wanted = RequestedAct(name, {"certificates": said})
        passed = transaction.gate.check(kind, party, author, lambda: wanted)
        add_events(connection, [passed.event(name, before=postings[0].digest)])
    transaction.log(*postings)
    if postings:  # whom it concerns is found afterwards (`ledger.desk.upstream`)
        facts = {"certificate": about[0]}
        notify(connection, party="", kind=_NOTICE[kind], subject=name, facts=facts, now_ms=now_ms)
    return LoggedChange(name, kind, tuple(about), tuple(statement.jws for statement in sent))


def _own(connection: Connection, party: str, name: str) -> _Own:
    """Return what a party made and `name` calls: its attestation, by digest, or its lot; raise as `own_lot`."""
    attested = attestation(connection, certificate_digest_bytes(name)) if is_certificate_digest(name) else None
    if attested is None:
        history = lineage(connection, own_lot(connection, party, name))
        return _Own(history.lot.lot, history.certificates, history.state)
    if attested.row.attestor != party:
        raise RefusedError.at("life.not-issuer", lot=name, issuer=attested.row.attestor, did=party)
    return _Own(name, (attested.row,))


def own_lot(connection: Connection, issuer: str, name: str) -> StoredLot:
    """Return the certified lot that `issuer` made and `name` calls: as printed, or by a certificate's digest.

    Raises:
        MissingError: `life.lot-unknown`.
        RefusedError: `life.not-issuer`.
    """
    plants = facilities(connection)
    if is_certificate_digest(name):
        found = lot_of(connection, certificate_digest_bytes(name))
        lots = [found] if found else []
        for lot in lots:
            owner = plants[lot.facility][0]
            if owner != issuer:
                raise RefusedError.at("life.not-issuer", lot=lot.lot, issuer=owner, did=issuer)
    else:
        lots = [lot for lot in lots_named(connection, normal_lot(name)) if plants[lot.facility][0] == issuer]
        if len(lots) > 1:
            raise RefusedError.at("holding.ambiguous", lot=name)
    certified = [lot for lot in lots if lot.certificate is not None]
    if not certified:
        raise MissingError.at("life.lot-unknown", lot=name, issuer=issuer)
    return certified[0]


def check_signed(connection: Connection, jws: Jws, *, now_ms: int) -> None:
    """Check that a statement or an attestation is signed with a registered key of its signer that is good now.

    Raises:
        CheckError: `life.not-signed`, `seal.signature`.
    """
    for key in keys(connection):
        if (key.kid, key.party) == (jws.kid, jws.did) and key.good(now_ms):
            jws.verify(key.public)
            return
    raise CheckError.at("life.not-signed", did=jws.did)


def check_signers(sent: Iterable[SentStatement], party: str) -> None:
    """Refuse statements that another party than `party` signed; raise AccessError `api.tenant`."""
    if any(each.opened.jws.did != party for each in sent):
        raise AccessError.at("api.tenant")


def check_in_time(last: str, *, now_ms: int) -> None:
    """Check that a statement was signed just now and may still be logged; raise RefusedError `life.late`."""
    if not now_ms <= epoch_ms(last) <= now_ms + TIME_TO_LOG_MS + CLOCK_MS:
        raise RefusedError.at("life.late", last=last)


def _check_due(connection: Connection, kind: StatusChangeKind, own: _Own) -> list[CertificateRow | AttestationRow]:
    """Return those of which `kind` says something new (rule 2)."""
    lot, rows = own.name, own.rows
    if own.state == "undone":
        raise RefusedError.at("life.undone", lot=lot)
    now = {row.digest: bits_set(connection, row) for row in rows}
    withdrawn = [row for row in rows if PurposeCode.REVOCATION in now[row.digest]]
    suspended = [row for row in rows if PurposeCode.SUSPENSION in now[row.digest]]
    if withdrawn and (kind != "withdraw" or len(withdrawn) == len(rows)):
        raise RefusedError.at("life.withdrawn", lot=lot)
    due = {"withdraw": [row for row in rows if row not in withdrawn], "lift": suspended}.get(
        kind, [row for row in rows if row not in suspended]
    )
    if not due:
        raise RefusedError.at("life.not-suspended" if kind == "lift" else "life.suspended", lot=lot)
    return due


def bits_set(connection: Connection, row: CertificateRow | AttestationRow) -> set[PurposeCode]:
    """Return the purposes for which a bit is set now."""
    last: dict[PurposeCode, int] = {}
    for bit in bits_at(connection, row.status_list, row.status_index):
        last[bit.purpose] = bit.value if bit.purpose is PurposeCode.SUSPENSION else bit.value | last.get(bit.purpose, 0)
    return {purpose for purpose, value in last.items() if value}


def ended(row: CertificateRow | AttestationRow) -> Ended:
    """Return the reference of a statement to the record that it ends."""
    return Ended(certificate=certificate_digest_text(row.digest), list=row.status_list, index=row.status_index)


def _said(
    seen: RegistrySnapshot, kind: StatusChangeKind, row: CertificateRow | AttestationRow, *, reason: str
) -> StatusChange:
    return validated(
        StatusChange,
        {
            "oreprint": f"{kind}/1",
            "registry": seen.registry.did,
            "ends": plain(ended(row)),
            "reason": reason,
            "not_logged_after": time_text(seen.now_ms + TIME_TO_LOG_MS),
        },
    )


def _posting(kind: StatusChangeKind, text: str, row: CertificateRow | AttestationRow) -> Posting:
    purpose, value = BIT[kind]
    bit = StatusBit(row.status_list, row.status_index, purpose, value)
    return Posting(kind, statement_digest(text), text.encode(), bits=(bit,))
