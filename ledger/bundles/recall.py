"""The part of a certificate that stems from ended lots, also where the chain is withheld.

Rules: a registry knows the whole chain of what it logged, so it never tells of a certificate that it is genuine while a
lot behind it has ended.  To whom the chain is not shown it tells the share, in tenths of a percent, and that it is a
batch of the chain: no lot, no supplier, no way (ADR 0008).  Uses are followed in the database; only what leads to a lot
that has ended is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Final, Literal

from sqlalchemy import Connection

from ledger.log.entry import Entry
from ledger.lots.lineage import Lineage, lineage, lot_of
from ledger.lots.plant_capacity import learn_capacity
from ledger.lots.registry_word import word_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.seal.statement import open_statement
from ledger.seal.upstream import seal_upstream
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, entry
from ledger.store.lots import touched_lots, uses_behind
from ledger.store.reading import StoredCertificate, certificates
from ledger.store.status import anything_ended, statements_about
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.recall import Recall, Said
from ledger.verify.upstream import ended_upstream, know
from schemas.bundle import UpstreamLine
from schemas.document import replace
from schemas.instant import time_text
from schemas.report import Affected, Ended
from schemas.statement import StatusChange
from schemas.upstream import MOST_ENDED, MOST_UPSTREAM_BYTES, UpstreamRecord

MOST_OPENED: Final = 2000
"""Certificates opened for one answer: seconds.

Of what has more between it and a lot that has ended, the share is not told.
"""
_MINUTE_MS: Final = 60_000
_ENDED: Final[dict[str, Ended]] = {"withdrawn": "withdrawn", "suspended": "suspended"}

Lot = tuple[bytes, int]
"""A lot, by its first issuance and its output there."""


def learn(registry: OpenRegistry, chain: Chain) -> None:
    """Add to a finished verification what this registry knows: ended lots, exceeded capacities, and its own word."""
    with reading(registry.engine) as connection:
        learn_from(connection, chain)


def learn_from(connection: Connection, chain: Chain) -> None:
    """Add what `learn` adds, from the snapshot that a connection sees."""
    learn_capacity(connection, chain)
    seen = chain.seen.get(chain.subject or "")
    if seen is None:
        return
    registry, now_ms = seen.record.registry, chain.policy.at_ms
    chain.registry_word = word_of(connection, registry, seen.digest, tables=chain.tables, now_ms=now_ms)
    if lot_of(connection, certificate_digest_bytes(seen.digest)) is not None:
        # what merely lies beside it in a bundle is not shown to be in its chain: naming it would tell whoever asks
        # that it is
        know(chain, affected(connection, seen.digest, shown={*chain.cited, seen.digest}), at_ms=now_ms)


def signed_word(
    registry: OpenRegistry,
    connection: Connection,
    digest: str,
    *,
    head: StoredHead,
    shown: Callable[[], Container[str]],
) -> UpstreamLine | None:
    """Return what this registry knows of ended lots behind a certificate of its own, signed and dated.

    `head` is the head of the bundle; `shown` names the certificates of the chain that the bundle shows. The date is
    that of the minute, so that answers of one minute are the same bytes, and never before the last entry below the
    head. None if the registry was opened without its keys.
    """
    if registry.status is None:
        return None
    ended = affected(connection, digest, shown=shown()) if anything_ended(connection) else ()
    now_ms, last = registry.runtime.now_ms(), Entry.parse(entry(connection, head.end - 1))
    word = UpstreamRecord(
        oreprint="upstream/1",
        registry=registry.did,
        certificate=digest,
        size=head.size,
        made=time_text(max(now_ms - now_ms % _MINUTE_MS, last.time_ms)),
        ended=tuple(map(ended_upstream, ended)),
    )
    if len(ended) > MOST_ENDED or len(word.to_bytes()) > MOST_UPSTREAM_BYTES:
        shortened = [_untold(state) for state in sorted({each.state for each in ended})]
        word = replace(word, ended=tuple(map(ended_upstream, shortened)))
    text = seal_upstream(word, signer=registry.status_signer(connection, registry.status))
    return UpstreamLine(t="upstream", registry=registry.did, upstream=text)


def affected(connection: Connection, digest: str, *, shown: Container[str]) -> tuple[Affected, ...]:
    """Return what a certificate owes to each ended lot behind it; only certificates `shown` are named."""
    lot = lot_of(connection, certificate_digest_bytes(digest)) if anything_ended(connection) else None
    if lot is None:
        return ()
    uses = uses_behind(connection, lot.issuance)
    ended, states, said = _ended(connection, {(of, output) for _, of, output in uses})
    if not ended:
        return ()
    runs = _below(uses, set(ended))
    if sum(by in runs for by, _, _ in uses) > MOST_OPENED:
        return tuple(_untold(state) for state in sorted(set(ended.values())))
    seen: dict[str, ShownCertificate] = {}
    recall = Recall(seen, ended=states, said=said)
    for each, opened in sorted(_opened(connection, digest, runs), key=lambda found: found[0].issuance.entry):
        seen[opened.digest] = _seen(each, opened)
        if opened.run is not None:
            recall.take(opened.run, seen[opened.digest], seen)
    return recall.affected(seen[digest], shown=shown)


def _untold(state: Ended) -> Affected:
    return Affected(lot=None, digest=None, state=state, mass_percent=None, elements={}, path=())


def _ended(connection: Connection, lots: set[Lot]) -> tuple[dict[Lot, Ended], dict[str, Ended], dict[str, Said]]:
    """Return those of `lots` that have ended, by lot and by certificate, and the statements that ended them."""
    by_lot: dict[Lot, Ended] = {}
    by_certificate: dict[str, Ended] = {}
    statements: dict[str, Said] = {}
    for lot in touched_lots(connection, {issuance for issuance, _ in lots}):
        known = lineage(connection, lot)
        if known.state in _ENDED and (lot.issuance, lot.output) in lots:
            by_lot[lot.issuance, lot.output] = _ENDED[known.state]
            digests = [certificate_digest_text(each.digest) for each in known.certificates]
            by_certificate |= dict.fromkeys(digests, _ENDED[known.state])
            said = _said(connection, known)
            statements |= dict.fromkeys(digests, said) if said and lot.home is None else {}
    return by_lot, by_certificate, statements


def _said(connection: Connection, known: Lineage) -> Said | None:
    """Return the statement that ended a lot, or None where a record without a reason did, such as an undo."""
    kind: Literal["withdraw", "suspend"] = "withdraw" if known.state == "withdrawn" else "suspend"
    about = [
        record
        for row in known.certificates
        for record in statements_about(connection, row.status_list, row.status_index)
        if record.kind == kind
    ]
    if not about:
        return None
    value = open_statement(about[-1].text, kind=kind).value
    time_ms = Entry.parse(entry(connection, about[-1].entry)).time_ms
    return Said(value.reason, time_ms) if isinstance(value, StatusChange) else None


def _below(uses: list[tuple[bytes, bytes, int]], ended: set[Lot]) -> set[bytes]:
    """Return the issuances that used an ended lot, directly or through other lots."""
    users: dict[bytes, list[bytes]] = {}
    for by, of, _ in uses:
        users.setdefault(of, []).append(by)
    waiting = [by for by, of, output in uses if (of, output) in ended]
    found: set[bytes] = set()
    while waiting:
        issuance = waiting.pop()
        if issuance not in found:
            found.add(issuance)
            waiting += users.get(issuance, [])
    return found


def _opened(connection: Connection, digest: str, runs: set[bytes]) -> list[tuple[StoredCertificate, OpenCertificate]]:
    """Return the certificate, every one behind it whose run is one of `runs`, and what those runs used."""
    found: dict[bytes, tuple[StoredCertificate, OpenCertificate]] = {}
    waiting = [certificate_digest_bytes(digest)]
    while waiting:
        wanted = [each for each in waiting if each not in found]
        waiting = []
        for key, stored in certificates(connection, wanted).items() if wanted else ():
            lot = lot_of(connection, key)
            inside = lot is not None and lot.issuance in runs
            opened = open_certificate(stored.text if inside else f"{stored.row.jws}~")
            found[key] = stored, opened
            waiting += [certificate_digest_bytes(source.certificate) for source in opened.sources]
    return list(found.values())


def _seen(stored: StoredCertificate, opened: OpenCertificate) -> ShownCertificate:
    """Return a certificate as `ledger.verify` knows it; that it is logged and signed was judged when it was logged."""
    return ShownCertificate.checked_before(opened, stored.issuance.digest, stored.values)
