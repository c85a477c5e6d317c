"""Judge what a reader was given: a certificate, a bundle, or what a link led to.

Rules: the trust list is the reader's own, pinned beforehand, and never taken from what is judged.  Where the registry
of a link can't be asked, the seal in the link still can be judged.

This module opens no file and no connection.  The command `oreprint verify` and the library `oreprint` judge by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import TypeAdapter

from ledger.files.source import ADDRESS, Source, SourceBundle
from schemas.door import validated
from schemas.identifier import Did
from schemas.problem import InputError, OreprintError, problems_in
from schemas.quantity import milligrams, read_quantity

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from ledger.trust.pinned import Trust
    from ledger.verify.chain import Chain, Policy
    from schemas.report import Report

_NOT_FOUND_OUT: Final = frozenset({"remote.away", "verify.unlisted", "verify.offline", "home.missing"})
"""Where a link's registry can't be asked, its seal still can."""


class ReceivedGoods(NamedTuple):
    """Goods that came: their mass, such as ``498.2 kg``, and the DID of the receiver; None for neither.

    `places` are the names under which a caller was given both.
    """

    mass: str | None
    receiver: str | None
    places: tuple[str, str]


def policy_of(at_ms: int, goods: ReceivedGoods, *, require_chain: bool, require_audit: bool) -> Policy:
    """Return the policy that a reader asks for, as of `at_ms` since 1970 UTC.

    Raises:
        InputError: `verify.received`, `quantity.*`, `document.*`, each at the place of what is wrong.
    """
    from ledger.verify.chain import Policy  # noqa: PLC0415

    at_mass, at_receiver = goods.places
    if (goods.mass is None) != (goods.receiver is None):
        raise InputError.at("verify.received", at_mass)
    if goods.receiver is not None:
        with problems_in(at_receiver):
            validated(TypeAdapter[str](Did), goods.receiver)
    with problems_in(at_mass):
        mass = None if goods.mass is None else milligrams(read_quantity(goods.mass, dimension="mass").amount)
    return Policy(
        at_ms=at_ms,
        require_chain=require_chain,
        require_audit=require_audit,
        received_mg=mass,
        received_as=goods.receiver,
    )


@lru_cache(maxsize=1)
def pinned(notes: Sequence[str], factors: Sequence[tuple[str, bytes]]) -> tuple[Trust, FactorTables]:
    """Return trust lists, read as one, and factor tables, both as hashable tuples; a process opens them once.

    Raises:
        OreprintError: as `ledger.trust.pinned.open_trust`, `merged_trust` and `tables_with`.
    """
    from ledger.trust.pinned import open_trust  # noqa: PLC0415 - as slow to load as to judge by
    from ledger.trust.several import merged_trust  # noqa: PLC0415

    own, *others = map(open_trust, notes)
    return merged_trust(own, others), tables_with(factors)


def tables_with(own: Sequence[tuple[str, bytes]]) -> FactorTables:
    """Return the shipped tables and those that producers gave to an auditor, by name and bytes."""
    from ledger.factors.factor import parse_factor_set  # noqa: PLC0415
    from ledger.tables import shipped_tables  # noqa: PLC0415

    tables = shipped_tables()
    for name, content in own:
        tables = tables.joined(parse_factor_set(content, name, visibility="withheld"))
    return tables


def verified(found: Source, trust: Trust, tables: FactorTables, policy: Policy) -> Chain:
    """Verify what was given; raise OreprintError, its place with the source's name, where it can't be read."""
    from ledger.verify.verify import verify_bundle, verify_certificate  # noqa: PLC0415

    with problems_in(found.name):
        if isinstance(found, SourceBundle):
            chain = verify_bundle(found.lines, trust=trust, tables=tables, policy=policy)
        else:
            chain = verify_certificate(found.text, trust=trust, tables=tables, policy=policy)
        chain.printed = found.printed
        return chain


def reported(chain: Chain, source: str) -> Report:
    """Return the report on a chain, and of the seal in the link `source` if it is one that has a seal."""
    from ledger.verify.verdict import report  # noqa: PLC0415

    result, subject, seal = report(chain), chain.seen.get(chain.subject or ""), _seal_in(source)
    if seal is None or subject is None:
        return result
    from ledger.carrier.judging import with_seal  # noqa: PLC0415 - few links have a seal

    return with_seal(result, seal, record=subject.record, digest=subject.digest, trust=chain.trust)


def or_of_its_seal(
    judge: Callable[[], Report], source: str, *, trust: Trust, at_ms: int, tell: Callable[[OreprintError], None]
) -> Report:
    """Return the report, or that of the seal in the link `source`; `tell` is told why its registry wasn't asked.

    Raises:
        OreprintError: what `judge` raises, if the seal can't take its place.
    """
    try:
        return judge()
    except OreprintError as error:
        seal = _seal_in(source)
        if seal is None or error.code not in _NOT_FOUND_OUT:
            raise
        from ledger.carrier.judging import seal_report  # noqa: PLC0415

        tell(error)
        return seal_report(seal, trust=trust, at_ms=at_ms)


def _seal_in(source: str) -> str | None:
    """Return the seal in a link by digest, or None for any other source."""
    if not ADDRESS.match(source):
        return None
    from ledger.client.links import linked  # noqa: PLC0415 - who judges a file pays for no addresses

    link = linked(source)
    return None if link is None else link.seal
