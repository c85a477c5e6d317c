"""The pages of one server: rendered once for a report, told fresh at every hit.

Rules: a page is kept only beside the report that it was made of, and `api.reports` decides whether that is still valid;
time of the check, size of the log and age of the status lists are of the hit.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final
from weakref import ReferenceType, ref

from api.access import opens, reader_of, tenant_of
from api.app_state import AppState
from api.reports import FreshReport
from api.web.page import PageAddress, PageContent, render
from api.web.rendered_page import Page
from api.web.uploads import content_of
from api.web.words import LANGUAGES
from ledger.admin.tokens import Token
from ledger.bundles.gather import BundleView
from ledger.bundles.verification import OpenBundle
from ledger.bundles.views import PUBLIC, view_of
from ledger.changes.share import Share
from ledger.desk.receipt import Delivery, delivery_of, with_custody
from ledger.desk.replace import successor_of_lot
from ledger.files.attached import PDF, attached_record
from ledger.files.cache import Bounded
from ledger.lots.balance import unused_mg
from ledger.lots.certificates import newest_digests
from ledger.verify.chain import Policy
from ledger.verify.graph import chain_graph
from schemas.bundle import CertificateLine
from schemas.certificate import CertificateRecord
from schemas.chain import ChainGraph
from schemas.problem import MissingError, OreprintError
from schemas.quantity import kg_text
from schemas.report import Report

MOST_KEPT_BYTES: Final = 32 * 1024 * 1024
"""Of pages in memory, plain and packed: about 100 kB each."""
WARM_MS: Final = 3000
"""How long that may take at most: a page and its report are made in 2 to 10 ms, of a long chain in seconds."""
Key = tuple[str, BundleView, str | None, str | Delivery | None, str]


@dataclass(slots=True)
class Pages:
    """The rendered pages of one process, by certificate, view, tenant, own mass and language."""

    server: AppState
    _kept: Bounded[Key, tuple[ReferenceType[Report], Page]] = field(
        default_factory=lambda: Bounded(MOST_KEPT_BYTES, name="pages", weigh=_weight)
    )

    def warm(self) -> None:
        """Render the pages of the newest certificates, so that their first visitors need not wait.

        It takes `WARM_MS` at most; a page that can't be shown tells why when it is asked for.
        """
        now_ms = self.server.registry.runtime.now_ms
        end = now_ms() + WARM_MS
        newest = newest_digests(self.server.registry, self.server.parts.warmed)
        for digest, tag in itertools.product(newest, LANGUAGES):
            if now_ms() >= end:
                break
            with suppress(OreprintError):
                self.tell(digest, None, tag, packed=True)

    def seen(self, digest: str, tag: str, *, packed: bool) -> bytes | None:
        """Return the public page of a certificate if it is kept and still holds, else None."""
        fresh = self.server.reports.find(digest, PUBLIC)
        kept = self._kept.get((digest, PUBLIC, None, None, tag))
        if fresh is None or kept is None or kept[0]() is not fresh.report:
            return None
        return kept[1].at(*fresh.moment, packed=packed)

    def tell(self, digest: str, token: Token | Share | None, tag: str, *, packed: bool) -> bytes:
        """Return the page of a certificate as its caller may see it, in the language `tag`.

        Raises:
            MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.
        """
        view = view_of(self.server.registry, digest, reader_of(token))
        tenant = tenant_of(token)
        fresh = self.server.reports.tell(digest, view, tenant=tenant)
        own = self._own(digest, tenant) if tenant else None
        sent = delivery_of(self.server.registry, token.id) if opens(token, digest) else None
        key = (digest, view, tenant, sent or own, tag)
        kept = self._kept.get(key)
        if kept is None or kept[0]() is not fresh.report:
            shown = self._shown(digest, fresh, view, own)
            shown = replace(shown, report=with_custody(shown.report, self.server.registry, sent), delivery=sent)
            page = render(shown, tag)
            kept = (ref(fresh.report), page)
            self._kept.put(key, kept)
        return kept[1].at(*fresh.moment, packed=packed)

    def judge(self, raw: bytes, tag: str, *, packed: bool, printed: bool = False) -> bytes:
        """Return the page of a file that somebody brought, or of the record in a PDF.

        A certificate of this registry is completed from its log. `printed` if the page took the file out of a PDF.

        Raises:
            InputError: when it is neither.
        """
        server = self.server
        record = attached_record(raw) if raw.startswith(PDF) else raw
        brought = server.verifier.judge_file(record, Policy(at_ms=server.registry.runtime.now_ms()))
        brought.chain.printed = printed or record is not raw
        address = PageAddress(server.parts.origin, brought.chain.subject or "") if brought.ours else None
        shown = content_of(brought, server.verifier.trust(), server.parts.tables, address)
        found = shown.report
        return render(shown, tag).at(found.checked_at, found.log_size, found.status_age_s, packed=packed)

    def _shown(self, digest: str, fresh: FreshReport, view: BundleView, own: str | None) -> PageContent:
        server = self.server
        bundle = fresh.bundle or server.verifier.gather(digest, view)
        trust, tables = bundle.trust, server.parts.tables
        record, graph = self._read(bundle, digest)
        return PageContent(
            report=fresh.report,
            record=record,
            graph=graph,
            party=trust.parties.get(record.issuer.did) if record is not None else None,
            trust=trust.listed,
            gwp=tables.gwp.weights,
            profile=tables.profiles.get(record.footprint.method) if record is not None else None,
            address=PageAddress(server.parts.origin, digest),
            own_kg=own,
            whole=fresh.kept.whole,
            replaced=successor_of_lot(server.registry, digest) if fresh.report.verdict == "withdrawn" else None,
        )

    def _read(self, bundle: OpenBundle, digest: str) -> tuple[CertificateRecord, ChainGraph] | tuple[None, None]:
        """Return the record and the graph, or neither: then the report says what is wrong with them."""
        texts = [line.certificate for line in bundle.lines if isinstance(line, CertificateLine)]
        try:
            opened = {each.digest: each for each in map(bundle.opening, texts)}
        except OreprintError:
            return None, None
        of = opened.get(digest)
        if of is None:  # one that came from another registry is published there
            raise MissingError.at("store.record-missing")
        shown = [of] if of.run is None else opened.values()
        return of.record, chain_graph(digest, shown, self.server.parts.tables, bundle.trust)

    def _own(self, digest: str, tenant: str) -> str | None:
        """Return the unused mass, in kg, that a tenant holds of a lot; None if it holds nothing."""
        held = unused_mg(self.server.registry, digest, tenant)
        return kg_text(held) if held else None


def _weight(kept: tuple[ReferenceType[Report], Page]) -> int:
    """Return the memory of a kept page in bytes: each half, plain and packed."""
    return 2 * (len(kept[1].before) + len(kept[1].after))
