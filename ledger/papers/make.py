"""Make a paper of a verified record: check that the record supports it, say it in a language, and set it.

This module reads no clock: the day comes from the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from ledger.carrier.link import checked_resolver, link_to
from ledger.papers.certificate import certificate_paper
from ledger.papers.crma import crma_paper
from ledger.papers.delivery import StatedDelivery
from ledger.papers.dfars import dfars_paper
from ledger.papers.figures import figures_csv
from ledger.papers.paper import Paper, PaperSubject, Speaker, check_again
from ledger.papers.support import PaperKind, check_support
from ledger.papers.typeset import AttachedRecord, Setting, typeset
from schemas.bundle import BUNDLE_BEGINS
from schemas.lot import lot_file_stem

PDF: Final = "application/pdf"
CSV: Final = "text/csv"
BUNDLE: Final = "application/vnd.oreprint.bundle+jsonl"
CERTIFICATE: Final = "application/vc+sd-jwt"


class PaperFile(NamedTuple):
    """A finished paper: its bytes, its media type, and a name for its file."""

    content: bytes
    media: str
    name: str


class Wish(NamedTuple):
    """The request: the paper, its day, the origin of the page that its code leads to, and the delivery.

    Without an origin it leads to the registry of the record. Only a statement of origin is about a delivery. Without a
    day of its own, the delivery is on the day of the paper.
    """

    kind: PaperKind
    day: date
    origin: str | None = None
    delivery: StatedDelivery = StatedDelivery()


def make_paper(subject: PaperSubject, raw: bytes, wish: Wish, said: Speaker) -> PaperFile:
    """Return a paper; `raw` is the record as it came, a bundle or a certificate.

    The same record, findings, wish and language give the same bytes.

    Raises:
        RefusedError: `paper.*`, when the record does not support it; InputError: `carrier.resolver`.
    """
    delivery = wish.delivery if wish.delivery.day else wish.delivery._replace(day=wish.day)
    check_support(wish.kind, subject.report, subject.record, delivery.day)
    stem = lot_file_stem(subject.record.batch.lot)
    if wish.kind == "figures":
        return PaperFile(b"".join(make_figures(subject, wish, said)), CSV, f"{stem}.csv")
    link = _link(subject, wish)
    whole = raw.startswith(BUNDLE_BEGINS)
    record = AttachedRecord(
        f"{stem}.oreprint" if whole else f"{stem}.sdjwt", BUNDLE if whole else CERTIFICATE, raw.decode()
    )
    foot = f"{subject.record.batch.lot} · {said.day(wish.day.isoformat())}"
    setting = Setting(said.tag, wish.day, subject.issuer, link, foot)
    paper = _paper(subject, wish.kind, delivery, said)
    paper = paper._replace(sections=(*paper.sections, check_again(subject, said, link)))
    ending = "" if wish.kind == "certificate" else f"-{wish.kind}"
    return PaperFile(typeset(paper, record, setting), PDF, f"{stem}{ending}.pdf")


def make_figures(subject: PaperSubject, wish: Wish, said: Speaker) -> Iterator[bytes]:
    """Return the CSV of figures piece by piece, however long the chain is; raise as `make_paper`, at once."""
    return figures_csv(subject, said, _link(subject, wish))


def _link(subject: PaperSubject, wish: Wish) -> str:
    resolver = checked_resolver(wish.origin or subject.record.registry)
    return link_to(resolver, subject.seen.digest, lot=subject.record.batch.lot).to_text()


def _paper(subject: PaperSubject, kind: PaperKind, delivery: StatedDelivery, said: Speaker) -> Paper:
    match kind:
        case "crma":
            return crma_paper(subject, said)
        case "dfars":
            return dfars_paper(subject, said, delivery)
        case _:
            return certificate_paper(subject, said)
