"""A file that somebody brought, or a bundle made here, judged for a page.

Rules: a bundle says by its first line that it is one; all else is read as a certificate; what is neither gives a report
that says so, as the verification itself does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from api.web.page import PageAddress, PageContent
from ledger.factors.tables import FactorTables
from ledger.trust.pinned import Trust
from ledger.verify.chain import Chain, Policy
from ledger.verify.graph import bundle_graph, certificate_graph
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle, verify_certificate
from schemas.chain import ChainGraph
from schemas.problem import InputError, OreprintError
from schemas.quantity import kg_text

_BUNDLE: Final = b'{"t":"bundle/1"'


def is_bundle(raw: bytes) -> bool:
    """Return whether a file is a bundle rather than a certificate, by how it begins."""
    return raw.startswith(_BUNDLE)


def judge_upload(raw: bytes, *, trust: Trust, tables: FactorTables, policy: Policy) -> PageContent:
    """Judge a certificate or a bundle, as bytes.

    Raises:
        InputError: when it is neither.
    """
    if is_bundle(raw):
        return judge_bundle(raw.splitlines(keepends=True), trust=trust, tables=tables, policy=policy)
    try:
        text = raw.decode("ascii").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError.at("seal.jws-form") from error
    chain = verify_certificate(text, trust=trust, tables=tables, policy=policy)
    return _shown(chain, trust, tables, certificate_graph(text, tables, trust) if chain.subject else None, None)


def judge_bundle(
    lines: Sequence[bytes],
    *,
    trust: Trust,
    tables: FactorTables,
    policy: Policy,
    address: PageAddress | None = None,
    learn: Callable[[Chain], None] | None = None,
) -> PageContent:
    """Judge a bundle, as its lines with their newlines; `learn` adds what the one who judges knows besides.

    Raises:
        InputError: when it is none.
    """
    chain = verify_bundle(lines, trust=trust, tables=tables, policy=policy)
    if learn is not None:
        learn(chain)
    try:
        graph = bundle_graph(lines, tables, trust)
    except OreprintError:  # the report says what is wrong
        graph = None
    return _shown(chain, trust, tables, graph, address)


def _shown(
    chain: Chain, trust: Trust, tables: FactorTables, graph: ChainGraph | None, address: PageAddress | None
) -> PageContent:
    seen = chain.seen.get(chain.subject) if chain.subject else None
    own = chain.own.held.mass_mg if chain.own is not None else None
    return PageContent(
        report=report(chain),
        record=seen.record if seen else None,
        graph=graph,
        party=trust.parties.get(seen.record.issuer.did) if seen else None,
        trust=trust.listed,
        gwp=tables.gwp.weights,
        address=address,
        own_kg=None if own is None else kg_text(own),
        profile=tables.profiles.get(seen.record.footprint.method) if seen else None,
    )
