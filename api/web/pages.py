"""The pages of one server: rendered once for a report, told fresh at every hit.

Rules: a page is kept only beside the report that it was made of, and `api.reports` decides whether that still stands; time of the
check, size of the log and age of the status lists are of the hit. What this module does not do: judging, or choosing who sees what.
"""

from __future__ import annotations

import itertools
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final
from weakref import ReferenceType, ref

import orjson

from api.views import PUBLIC, view_of
from api.web.page import Page, PageAddress, PageContent, render
from api.web.uploads import judge_bundle, judge_upload
from api.web.words import LANGUAGES
from ledger.bundles.build import BundleView, bundle_lines
from ledger.bundles.recall import learn
from ledger.files.cache import Bounded
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store.engine import reading
from ledger.store.lots import lots_certified, unused
from ledger.store.reading import certificates, newest_certificates
from ledger.verify.chain import Policy
from ledger.verify.graph import chain_graph
from schemas.bundle import CertificateLine
from schemas.problem import MissingError, OreprintError
from schemas.quantity import kg_text

if TYPE_CHECKING:
    from api.app_state import AppState
    from api.reports import Judged, Told
    from ledger.admin.tokens import Token
    from schemas.certificate import CertificateRecord
    from schemas.chain import ChainGraph
    from schemas.report import Report

MOST_KEPT_BYTES: Final = 64 * 1024 * 1024
"""Of pages in memory, plain and packed: about 100 kB each."""
MOST_WARMED: Final = 128
"""Certificates whose pages are made before a server is ready."""
WARM_MS: Final = 3000
"""How long that may take at most: a page and its report are made in 2 to 10 ms, of a long chain in seconds."""
_NOW: Final = b',"checked_at":'
"""Where the members of a report begin that are of the hit."""
Key = tuple[str, BundleView, str | None, str | None, str]


@dataclass(slots=True)
class Pages:
    """The rendered pages of one process, by certificate, view, tenant, own mass and language."""

    desk: AppState
    _kept: Bounded[Key, tuple[ReferenceType[Report], Page]] = field(
        default_factory=lambda: Bounded(MOST_KEPT_BYTES, weigh=_weight)
    )

    def warm(self) -> None:
        """Make the pages of the newest certificates, so that few visitors pay for what is judged, loaded and compiled once.

        It takes `WARM_MS` at most; what can't be shown is told to whoever asks for it.
        """
        now_ms = self.desk.registry.runtime.now_ms
        end = now_ms() + WARM_MS
        with reading(self.desk.registry.engine) as connection:
            newest = newest_certificates(connection, MOST_WARMED)
        for digest, tag in itertools.product(map(certificate_digest_text, newest), LANGUAGES):
            if now_ms() >= end:
                break
            with suppress(OreprintError):
                self.tell(digest, None, tag, packed=True)

    def seen(self, digest: str, tag: str, *, packed: bool) -> bytes | None:
        """Return the public page of a certificate if it is kept and still stands; one small question to the database."""
        told = self.desk.reports.seen(digest, PUBLIC)
        kept = self._kept.get((digest, PUBLIC, None, None, tag))
        if told is None or kept is None or kept[0]() is not told.found:
            return None
        return _fresh(kept[1], told, packed=packed)

    def tell(self, digest: str, token: Token | None, tag: str, *, packed: bool) -> bytes:
        """Return the page of a certificate as its caller may see it, in the language `tag`.

        Raises:
            MissingError: `store.record-missing`; InputError: `seal.certificate-digest`.

        """
        view = view_of(self.desk.registry, digest, token)
        tenant = token.tenant if token is not None else None
        told = self.desk.reports.tell(digest, view, tenant=tenant)
        own = self._own(digest, tenant) if tenant else None
        key = (digest, view, tenant, own, tag)
        kept = self._kept.get(key)
        if kept is None or kept[0]() is not told.found:
            page = render(self._shown(digest, told, view, own), tag)
            kept = (ref(told.found), page)
            self._kept.put(key, kept)
        return _fresh(kept[1], told, packed=packed)

    def judge(self, raw: bytes, tag: str, *, packed: bool) -> bytes:
        """Return the page of a certificate or bundle that somebody brought; one of this registry is completed from its log.

        Raises:
            InputError: when it is neither.

        """
        desk = self.desk
        trust, tables, policy = desk.reports.trust(), desk.parts.tables, Policy(at_ms=desk.registry.runtime.now_ms())
        shown = judge_upload(raw, trust=trust, tables=tables, policy=policy)
        found = shown.report
        if found.certificate is not None and found.log_size is None and self._here(found.certificate.digest):
            digest = found.certificate.digest
            view = BundleView("public", as_granted=True, text=raw.decode("ascii").rstrip("\r\n"))
            lines = list(bundle_lines(desk.registry, digest, audience=view))
            address = PageAddress(desk.parts.origin, digest)
            known = partial(learn, desk.registry)
            shown = judge_bundle(lines, trust=trust, tables=tables, policy=policy, address=address, learn=known)
        return render(shown, tag).at(
            checked_at=shown.report.checked_at,
            log_size=shown.report.log_size,
            status_age_s=shown.report.status_age_s,
            packed=packed,
        )

    def _shown(self, digest: str, told: Told, view: BundleView, own: str | None) -> PageContent:
        desk = self.desk
        judged = told.judged or desk.reports.gathered(digest, view)
        trust, tables = judged.trust, desk.parts.tables
        record, graph = self._read(judged, digest)
        return PageContent(
            report=told.found,
            record=record,
            graph=graph,
            party=trust.parties.get(record.issuer.did) if record is not None else None,
            trust=trust.listed,
            gwp=tables.gwp.weights,
            profile=tables.profiles.get(record.footprint.method) if record is not None else None,
            address=PageAddress(desk.parts.origin, digest),
            own_kg=own,
            whole=told.whole,
        )

    def _read(self, judged: Judged, digest: str) -> tuple[CertificateRecord, ChainGraph] | tuple[None, None]:
        """Return the record and the graph, or neither: then the report says what is wrong with them."""
        texts = [line.certificate for line in judged.lines if isinstance(line, CertificateLine)]
        try:
            opened = {each.digest: each for each in map(judged.opening, texts)}
        except OreprintError:
            return None, None
        of = opened.get(digest)
        if of is None:  # one that came from another registry is published there
            raise MissingError.at("store.record-missing")
        shown = [of] if of.run is None else opened.values()
        return of.record, chain_graph(digest, shown, self.desk.parts.tables, judged.trust)

    def _own(self, digest: str, tenant: str) -> str | None:
        """Return the mass, in kg, of what a tenant holds unused of a lot; None where that is nothing."""
        registry = self.desk.registry
        now = registry.runtime.now_ms()
        with reading(registry.engine) as connection:
            held = sum(
                each.mass_mg
                for lot in lots_certified(connection, [certificate_digest_bytes(digest)])
                for each in unused(connection, lot, owner=tenant, registry=registry.did, now_ms=now)
            )
        return kg_text(held) if held else None

    def _here(self, digest: str) -> bool:
        with reading(self.desk.registry.engine) as connection:
            return bool(certificates(connection, [certificate_digest_bytes(digest)]))


def _weight(kept: tuple[ReferenceType[Report], Page]) -> int:
    """Return how much memory a kept page takes, in bytes: each half is there plain, and packed once somebody takes it so."""
    return 2 * (len(kept[1].before) + len(kept[1].after))


def _fresh(page: Page, told: Told, *, packed: bool) -> bytes:
    """Return a page with this moment's time, size and age."""
    now = orjson.loads(b"{" + told.text[told.text.rindex(_NOW) + 1 :])
    return page.at(
        checked_at=now["checked_at"], log_size=now.get("log_size"), status_age_s=now.get("status_age_s"), packed=packed
    )
