"""The content of a page about a file: what was found of a bundle, or of a lone certificate, and its chain to draw."""

from __future__ import annotations

from api.web.page import PageAddress, PageContent
from ledger.bundles.verification import VerifiedFile
from ledger.factors.tables import FactorTables
from ledger.trust.pinned import Trust
from ledger.verify.graph import bundle_graph, certificate_graph
from ledger.verify.verdict import report
from schemas.chain import ChainGraph
from schemas.problem import OreprintError
from schemas.quantity import kg_text


def content_of(
    found: VerifiedFile, trust: Trust, tables: FactorTables, address: PageAddress | None = None
) -> PageContent:
    """Return the content of the page about a file; `address` is where its record is published, if it is."""
    chain = found.chain
    seen = chain.seen.get(chain.subject) if chain.subject else None
    own = chain.own.held.mass_mg if chain.own is not None else None
    return PageContent(
        report=report(chain),
        record=seen.record if seen else None,
        graph=_graph(found, trust, tables),
        party=trust.parties.get(seen.record.issuer.did) if seen else None,
        trust=trust.listed,
        gwp=tables.gwp.weights,
        address=address,
        own_kg=None if own is None else kg_text(own),
        profile=tables.profiles.get(seen.record.footprint.method) if seen else None,
    )


def _graph(found: VerifiedFile, trust: Trust, tables: FactorTables) -> ChainGraph | None:
    """Return the chain to draw, or None where nothing can be drawn: the report says what is wrong."""
    if not found.lines:
        return certificate_graph(found.text, tables, trust) if found.chain.subject else None
    try:
        return bundle_graph(found.lines, tables, trust)
    except OreprintError:
        return None
