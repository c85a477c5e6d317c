"""A signed issuance with everything shown: its content, and the entry and rows that it becomes.

Rules:

1. Everything is shown to the registry: a run with something withheld is refused.
2. Seals come for every certificate or for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ledger.holdings.mark import run_mark, successor
from ledger.log.entry import PurposeCode, StatusBit
from ledger.lots.energy_instruments import Key, statement_of
from ledger.lots.issuance import (
    Certified,
    IssuedText,
    batch_rows,
    certified_by_output,
    content_of,
    issuance_rows,
    run_row,
    values_of,
)
from ledger.lots.whole_run import WholeRun
from ledger.registry.append import Posting
from ledger.seal.digest import digest_bytes, text_digest
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store.rows import RunRow
from ledger.store.writing import Row
from ledger.verify.instruments import marks_of
from schemas.inventory import InventoryGroup
from schemas.lot import normal_lot
from schemas.problem import InputError
from schemas.requests import SignedIssuance
from schemas.run import Absent, InputFacts, Output, Run, RunFollows, Source
from schemas.written import WrittenAbsent


@dataclass(slots=True)
class Submission:
    """A signed issuance: a run with all that is confidential in it, and its certificates by output.

    `texts` are the run's disclosures, `holdings` the texts of the holdings that it creates, `opened` its certificates
    as they were read.
    """

    run: Run
    run_digest: bytes
    texts: tuple[str, ...]
    certificates: dict[int, Certified]
    inputs: tuple[tuple[InputFacts, Source], ...]
    inventory: tuple[InventoryGroup, ...]
    outputs: tuple[Output, ...]
    holdings: tuple[str, ...] = ()
    seals: tuple[str, ...] = ()
    opened: tuple[OpenCertificate, ...] = ()
    values: tuple[bytes, ...] = field(init=False)
    content: bytes = field(init=False)
    issuance: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Work out the content of its entry and its record digest."""
        self.values = values_of(len(self.run.made), self.certificates)
        self.content, self.issuance = content_of(self.run_digest, self.values)

    @property
    def follows(self) -> RunFollows | None:
        """The run that it corrects, or None."""
        return self.run.follows

    @property
    def marks(self) -> tuple[bytes, ...]:
        """The marks that its entry leaves."""
        if self.follows is not None:
            return (successor(digest_bytes(self.follows.record)),)
        used = [digest_bytes(facts.mark) for facts, _ in self.inputs]
        further = [left for each in self.certificates.values() for left in marks_of(each.record)]
        return (*(used or (run_mark(self.run_digest),)), *further)

    @property
    def places(self) -> list[tuple[int, int]]:
        """The places of its certificates in the status lists."""
        return [(each.record.status.list, each.record.status.index) for each in self.certificates.values()]

    @property
    def sealed(self) -> list[tuple[bytes, str]]:
        """The seal of each certificate by its digest, if they came with seals."""
        return list(zip((each.digest for each in self.certificates.values()), self.seals, strict=False))

    @property
    def lots(self) -> list[str]:
        """The names of the lots that it makes, certified or not."""
        return [output.lot for output in self.outputs]

    @property
    def lot_places(self) -> list[tuple[str, str]]:
        """Plant and name, in normal form, of each lot that it makes."""
        return [(self.run.facility, normal_lot(lot)) for lot in self.lots]

    @property
    def statement(self) -> list[Key]:
        """The scheme's statement that it enters, if it does."""
        return statement_of(each.record for each in self.certificates.values())

    @property
    def made(self) -> set[object]:
        """The keys that two submissions of one commit must not share: run, mark, lot, place or statement."""
        return {self.issuance, *self.marks, *self.lot_places, *self.places, *self.statement}

    @property
    def whole(self) -> WholeRun:
        """The run as the registry looks at it."""
        first = self.issuance if self.follows is None else digest_bytes(self.follows.first_run)
        plant = next(iter(self.certificates.values())).record.batch.facility
        return WholeRun(self.issuance, first, self.run, plant, self.inputs, self.inventory, self.outputs)

    @property
    def remembered(self) -> RunRow:
        """What the registry remembers of the run."""
        return run_row(self.issuance, self.run, [facts for facts, _ in self.inputs])

    @property
    def issued(self) -> tuple[IssuedText, ...]:
        """Its certificates as they are answered."""
        return tuple(
            IssuedText(each.record.batch.lot, each.digest_text, each.record.id, _text(each.jws, self.texts))
            for each in self.certificates.values()
        )

    @property
    def entry(self) -> Posting:
        """Its entry without rows; a correction sets the refresh bit of every certificate that it follows."""
        ends = (end for end in (self.follows.ends if self.follows else ()) if end is not None)
        bits = tuple(StatusBit(end.list, end.index, PurposeCode.REFRESH, 1) for end in ends)
        return Posting("issuance", self.issuance, self.content, marks=self.marks, bits=bits)

    def posting(self, uses: Iterable[bytes], further: Iterable[Row], *, alone: Iterable[Key]) -> Posting:
        """Return its entry with all rows and `further` ones.

        `uses` are the commitments of the holdings used, `alone` statements that lines name and that are drawn from no
        lot.
        """
        statements = list(dict.fromkeys((*self.statement, *alone)))
        own = issuance_rows(self.issuance, self.texts, statements, self.certificates)
        if self.follows is not None:  # it makes nothing and uses nothing anew
            return replace(self.entry, rows=(*own, *further))
        made = batch_rows(self.issuance, self.run, self.outputs, self.holdings)
        rows = (*made, *own, *further)
        return Posting("issuance", self.issuance, self.content, marks=self.marks, uses=tuple(uses), rows=rows)


def run_key(producer: str, run: str) -> object:
    """Return the key of a run: what names it goes into a later commit."""
    return "run", producer, normal_lot(run)


def runs_named(producer: str, absences: Iterable[Absent | WrittenAbsent]) -> Iterator[object]:
    """Yield the keys of the runs that absences name."""
    return (run_key(producer, each.run) for each in absences if each.run is not None)


def _text(jws: str, texts: tuple[str, ...]) -> str:
    return "~".join((jws, *texts, ""))


def open_submission(signed: SignedIssuance) -> Submission:
    """Parse a signed issuance strictly. It must be complete (rule 1).

    Raises:
        InputError: `issue.withheld`, `issue.outputs`, `issue.seals`, and what opening a certificate refuses.
    """
    texts = (signed.run, *signed.disclosures)
    opened = tuple(open_certificate(_text(jws, texts)) for jws in signed.certificates)
    run = opened[0].run
    if run is None or text_digest(signed.run) != run.digest:
        raise InputError.at("issue.withheld", "run")
    inputs = tuple((each.value, each.source) for each in run.inputs if each is not None and each.source is not None)
    outputs = tuple(each for each in run.outputs if each is not None)
    whole = run.lines_shown and len(outputs) == len(run.outputs) and len(inputs) == len(run.inputs)
    if not whole or any(each.run is None or each.run.digest != run.digest for each in opened):
        raise InputError.at("issue.withheld", "disclosures")
    certificates = certified_by_output(opened)
    due = [number for number, made in enumerate(run.value.made) if made.certified]
    if list(certificates) != due or len(opened) != len(due) or any(each.details for each in opened):
        raise InputError.at("issue.outputs", "certificates")
    if signed.seals and len(signed.seals) != len(opened):
        raise InputError.at("issue.seals", "seals", count=len(signed.seals), needed=len(opened))
    return Submission(
        run.value,
        digest_bytes(run.digest),
        texts,
        certificates,
        inputs,
        run.groups,
        outputs,
        signed.holdings,
        signed.seals,
        opened,
    )
