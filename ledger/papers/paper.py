"""A paper before it is set: its title, its notice, and sections of lines and tables.

Rules: every text is what a reader sees, in the reader's language, never markup.  A paper says of each thing that it
tells whether it is proven or declared, until when nothing of it was withdrawn, and how to check it again.  The time is
that of the status lists in the record, so the same record gives the same paper.  This module judges nothing and sets
nothing (`ledger.papers.typeset`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from markupsafe import Markup

from ledger.claims.evidence import recycled_part
from ledger.factors.products import Product
from ledger.factors.profiles import Profile
from ledger.footprint.digits import MANY
from ledger.footprint.origin import UNKNOWN
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from schemas.certificate import CertificateRecord
from schemas.figures import ElementShare
from schemas.instant import epoch_ms, instant_text
from schemas.problem import InputError, Sentence
from schemas.quantity import trillionths
from schemas.report import Action, Audited, ClaimAnswer, Reply, Report
from schemas.sentences import MARK_WORDS

NOT_STATED: Final = "–"
"""Stands in a table where a record states nothing."""


FILE: Final = "FILE.pdf"
"""Stands for the reader's own name of the file."""
MOST_NAMED: Final = 3
"""Lots that a notice names; the record has all."""
DIGITS: Final = 3
"""Significant digits of shares and element masses on paper. The record has all."""
_STANDS: Final = frozenset({"withdrawn-no"})
"""Answers of a report by which nothing is withdrawn or suspended."""
_MS: Final = 1000


class SaidAnswer(Protocol):
    """An answer to a question of a purchaser in a language."""

    @property
    def answer(self) -> str:
        """The answer in a few words."""

    @property
    def sentence(self) -> str:
        """The answer in sentences."""


class Speaker(Protocol):
    """The words, numbers and dates of one language; `tag` is its BCP 47 tag.  A method may return HTML."""

    @property
    def tag(self) -> str:
        """The language."""

    def __call__(self, message: str) -> str:
        """Return the words for an English message."""

    def term(self, word: str) -> str:
        """Return a word of a closed list of the documents."""

    def figure(self, text: str, digits: int = MANY) -> str:
        """Return a computed figure, rounded."""

    def amount(self, text: str) -> str:
        """Return an amount with all its digits."""

    def percent(self, fraction: str | Decimal, digits: int = 3) -> str:
        """Return a fraction in percent."""

    def profile(self, profile: Profile | None) -> str:
        """Return the name of a method profile."""

    def product(self, product: Product | None) -> str:
        """Return the name of a product, or nothing if it is unknown."""

    def day(self, text: str) -> str:
        """Return a day of the documents."""

    def instant(self, text: str) -> str:
        """Return a time of the documents, in UTC to the minute."""

    def country(self, code: str) -> str:
        """Return the name of a country."""

    def worded(self, template: str, facts: Mapping[str, str]) -> str:
        """Return a sentence about a figure, with its numbers and words of the vocabulary in this language."""

    def claim(self, claim: ClaimAnswer) -> str:
        """Return the claim in words."""

    def reason(self, claim: ClaimAnswer) -> str:
        """Return the finding that decides a claim."""

    def audited_claim(self, word: Audited, number: int) -> str:
        """Return the auditors' answer to a claim."""

    def reply(self, reply: Reply) -> SaidAnswer:
        """Return an answer to a question of a purchaser."""

    def action(self, action: Action) -> str:
        """Return the recommended action."""

    def limit(self, sentence: str, word: Audited | None) -> str:
        """Return a sentence about the limits of the proof, with the auditors' part."""


class Table(NamedTuple):
    """Rows under a head; `right` are the columns of numbers, from 0.  A `form` has room to write in by hand."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    form: bool = False


class Section(NamedTuple):
    """A heading with sentences, and a table under them."""

    heading: str
    lines: tuple[str, ...] = ()
    table: Table | None = None


class Paper(NamedTuple):
    """All that a paper says."""

    title: str
    subtitle: str
    notice: tuple[str, ...]
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class PaperSubject:
    """The subject of a paper: a finished verification of a record that could be read, and its report.

    `opened` are the certificates of its chain as they were shown, upstream first.
    """

    chain: Chain
    report: Report
    seen: ShownCertificate
    opened: tuple[OpenCertificate, ...]

    @classmethod
    def of(cls, chain: Chain, report: Report, texts: Iterable[str]) -> PaperSubject:
        """Return the subject of papers, given the texts of all certificates; raise InputError `paper.unreadable`."""
        seen = chain.seen.get(chain.subject) if chain.subject else None
        if seen is None:
            raise InputError.at("paper.unreadable", reason=Sentence(report.headline))
        ours = {seen.digest, *chain.cited}
        opened = tuple(each for each in map(open_certificate, texts) if each.digest in ours)
        return cls(chain, report, seen, opened)

    @property
    def record(self) -> CertificateRecord:
        """The record of the certificate."""
        return self.seen.record

    @property
    def issuer(self) -> str:
        """The issuer's name then by the trust list, or its DID."""
        return self.report.certificate.issuer_name if self.report.certificate else self.record.issuer.did

    @property
    def issuer_now(self) -> str | None:
        """The issuer's name today, if it was renamed since."""
        return self.report.certificate.issuer_now if self.report.certificate else None

    @property
    def address(self) -> str | None:
        """The issuer's postal address by the trust list, or None."""
        party = self.chain.trust.parties.get(self.record.issuer.did)
        return party.address if party else None

    @property
    def status_time(self) -> str:
        """The time as of which the record in the paper tells all withdrawals, in UTC.

        It is that of the registry's word in it, or else of the oldest status list.
        """
        if self.chain.upstream is not None:
            return self.chain.upstream.record.made
        report = self.report
        return instant_text(epoch_ms(report.checked_at) - (report.status_age_s or 0) * _MS)


def plain(words: str) -> str:
    """Return words that may be HTML as plain text."""
    return Markup(words).striptags()  # noqa: S704 - what it strips was escaped by its maker


def notice(subject: PaperSubject, said: Speaker) -> tuple[str, ...]:
    """Return the note of every paper: what is withdrawn, what to do, that it proves nothing, and how it is checked."""
    told = (
        said(
            "This paper is not a verification. A print can be forged. Any change to the record attached to this file is detected."
        ),
        said(
            "To check it, scan the code, or drop this file on the page of the registry, or run: oreprint verify FILE.pdf"
        ),
    )
    mark = (said(MARK_WORDS[subject.report.mark]),) if subject.report.mark else ()
    advice = said("What to do, by what was known then: {advice}").format(
        advice=plain(said.action(subject.report.action))
    )
    return (*mark, standing(subject, said), advice, *told)


def standing(subject: PaperSubject, said: Speaker) -> str:
    """Return that nothing of a lot is withdrawn, as of which time; else what is, how much of it, and since when."""
    ended, answered = subject.report.affected, subject.report.replies.withdrawn
    reply = said.reply(answered)
    if not ended and answered.code in _STANDS:
        told = said("Not withdrawn as of {time}.").format(time=said.instant(subject.status_time))
        return f"{told} {plain(reply.sentence)}"
    answer = said("%(answer)s.") % {"answer": plain(reply.answer)}
    named = [
        ", ".join(filter(None, (each.lot, each.since and said.day(each.since[:10])))) for each in ended[:MOST_NAMED]
    ]
    lots = "; ".join((*filter(None, named), *(["…"] if len(ended) > MOST_NAMED else ())))
    return " ".join((said("Is any of it withdrawn?"), answer, plain(reply.sentence), *([f"({lots})"] if lots else ())))


def log_words(subject: PaperSubject, said: Speaker) -> str:
    """Return how large the log was at the head in use, and of which registry it is."""
    size = subject.report.log_size
    told = NOT_STATED if size is None else said.amount(str(size))
    return said("{size} entries at {registry}").format(size=told, registry=subject.record.registry)


def goods(subject: PaperSubject, said: Speaker) -> Section:
    """Return who issued a record, where the goods were made and when, and what identifies them."""
    record, batch = subject.record, subject.record.batch
    place = ", ".join(filter(None, (batch.facility.name, said.country(batch.facility.country), batch.facility.region)))
    rows = (
        (said("Issuer"), f"{subject.issuer} ({record.issuer.did})"),
        *([(said("now called"), subject.issuer_now)] if subject.issuer_now else []),
        (said("Postal address of the issuer"), subject.address or said("not stated in the trust list")),
        (said("Registry"), record.registry),
        (said("Lot"), batch.lot),
        (said("Goods"), _goods_name(subject, said)),
        (said("Description by the issuer"), batch.description),
        (said("Net mass"), f"{said.amount(batch.net_mass_kg)} {unit(subject)}"),
        (said("Plant"), place),
        (said("Step"), said.term(batch.step)),
        (said("Produced"), f"{said.day(batch.produced.start)} – {said.day(batch.produced.end)}"),
        (said("Issued"), said.day(record.issued[:10])),
        (said("HS code"), batch.hs_code or NOT_STATED),
        (said("Digest"), subject.seen.digest),
    )
    return Section(said("Goods"), (), Table((said("What"), said("Value")), rows))


def check_again(subject: PaperSubject, said: Speaker, link: str) -> Section:
    """Return how far a paper is known to stand, and how its reader checks that again."""
    rows = (
        (said("Status lists of the record"), said.instant(subject.status_time)),
        (said("Log of the registry"), log_words(subject, said)),
        (said("Check the record in this file"), f"oreprint verify {FILE} --trust trust.json"),
        (said("Ask the registry today"), f"oreprint verify '{link}' --trust trust.json{_asked(link, subject)}"),
        (said("Without a program"), link),
    )
    lines = (
        said("A lot can be withdrawn later. Check again before you rely on this paper."),
        said("trust.json is the trust list that you pinned. Do not take it from the one who sent you this paper."),
    )
    return Section(said("Check it again"), lines, Table((said("What"), said("Value")), rows))


def _asked(link: str, subject: PaperSubject) -> str:
    """Return the option that allows the origin of a link, or nothing if it is the registry's own domain."""
    origin = "/".join(link.split("/")[:3])
    return "" if origin == f"https://{subject.record.registry}" else f" --ask {origin}"


def unknown_part(part: ElementShare) -> int:
    """Return the part of an element (scaled) of which nobody states where it was extracted."""
    return sum(trillionths(each.share) for each in part.extracted if each.country == UNKNOWN)


def nothing_shown(part: ElementShare) -> bool:
    """Return whether nothing is shown of what is recycled in an element: it has an unknown origin, and no share."""
    return not recycled_part(part) and unknown_part(part) > 0


def unit(subject: PaperSubject) -> str:
    """Return the unit of the subject's mass."""
    return "kWh" if subject.record.batch.kind == "electricity" else "kg"


def lot_line(subject: PaperSubject, said: Speaker) -> str:
    """Return lot, mass and name of the goods in one line."""
    batch = subject.record.batch
    return f"{batch.lot} · {said.amount(batch.net_mass_kg)} {unit(subject)} · {_goods_name(subject, said)}"


def _goods_name(subject: PaperSubject, said: Speaker) -> str:
    """Return the name of the goods in the paper's language: the product's, else the kind's."""
    batch = subject.record.batch
    return said.product(subject.chain.tables.products.get(batch.product or "")) or said.term(batch.kind)
