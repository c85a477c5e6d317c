"""A paper before it is set: its title, its notice, and sections of lines and tables.

Rules: every text is what a reader sees, in the reader's language, never markup.  A paper says of each thing that it
tells whether it is proven or declared.  This module judges nothing and sets nothing (`ledger.papers.typeset`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from markupsafe import Markup

from ledger.factors.profiles import Profile
from ledger.footprint.digits import MANY
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from schemas.certificate import CertificateRecord
from schemas.problem import InputError, Sentence
from schemas.report import Audited, ClaimAnswer, Reply, Report

NOT_STATED: Final = "–"
"""Stands in a table where a record states nothing."""


MOST_NAMED: Final = 3
"""Lots that a notice names; the record has all."""


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

    def day(self, text: str) -> str:
        """Return a day of the documents."""

    def country(self, code: str) -> str:
        """Return the name of a country."""

    def claim(self, claim: ClaimAnswer) -> str:
        """Return the claim in words."""

    def reason(self, claim: ClaimAnswer) -> str:
        """Return the finding that decides a claim."""

    def audited_claim(self, word: Audited, number: int) -> str:
        """Return the auditors' answer to a claim."""

    def reply(self, reply: Reply) -> SaidAnswer:
        """Return an answer to a question of a purchaser."""

    def limit(self, sentence: str, word: Audited | None) -> str:
        """Return a sentence about the limits of the proof, with the auditors' part."""


class Table(NamedTuple):
    """Rows under a head; `right` are the columns of numbers, from 0."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


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
        """The issuer's name by the trust list, or its DID."""
        return self.report.certificate.issuer_name if self.report.certificate else self.record.issuer.did

    @property
    def demo(self) -> bool:
        """Whether the trust list marks the issuer as a demonstration."""
        party = self.chain.trust.parties.get(self.record.issuer.did)
        return party is not None and party.demo


def plain(words: str) -> str:
    """Return words that may be HTML as plain text."""
    return Markup(words).striptags()  # noqa: S704 - what it strips was escaped by its maker


def notice(subject: PaperSubject, said: Speaker) -> tuple[str, ...]:
    """Return the note of every paper: it proves nothing, and how the record in it is checked."""
    told = (
        said(
            "This paper is not a verification. A print can be forged. Any change to the record attached to this file is detected."
        ),
        said(
            "To check it, scan the code, or drop this file on the page of the registry, or run: oreprint verify FILE.pdf"
        ),
    )
    demo = (said("Demo record. All of it is invented."),) if subject.demo else ()
    return (*demo, *_affected(subject, said), *told)


def _affected(subject: PaperSubject, said: Speaker) -> Iterator[str]:
    """Yield how much of a lot comes from lots that have ended, which these are, and since when."""
    ended = subject.report.affected
    if not ended:
        return
    reply = said.reply(subject.report.replies.withdrawn)
    answer = said("%(answer)s.") % {"answer": plain(reply.answer)}
    named = [
        ", ".join(filter(None, (each.lot, each.since and said.day(each.since[:10])))) for each in ended[:MOST_NAMED]
    ]
    told = "; ".join((*filter(None, named), *(["…"] if len(ended) > MOST_NAMED else ())))
    yield " ".join((said("Is any of it withdrawn?"), answer, plain(reply.sentence), *([f"({told})"] if told else ())))


def unit(subject: PaperSubject) -> str:
    """Return the unit of the subject's mass."""
    return "kWh" if subject.record.batch.kind == "electricity" else "kg"


def lot_line(subject: PaperSubject, said: Speaker) -> str:
    """Return lot, mass and description in one line."""
    batch = subject.record.batch
    return f"{batch.lot} · {said.amount(batch.net_mass_kg)} {unit(subject)} · {batch.description}"
