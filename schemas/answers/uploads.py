"""Answers about uploaded workbooks: the state of the whole and of each row, and what is wrong at which cell."""

from __future__ import annotations

from typing import Literal

from schemas.answers import AnswerDocument
from schemas.answers.others import ProblemEntry
from schemas.identifier import CertificateDigest
from schemas.instant import Instant

RowState = Literal["ready", "problem", "refused", "changed", "back", "unchanged", "issued", "held", "replaced"]


class UploadCounts(AnswerDocument):
    """How many rows of an upload are in each state."""

    ready: int
    """Rows that can be issued."""
    problem: int
    """Rows that make no record."""
    refused: int
    """Rows that the registry would not issue now."""
    changed: int
    """Rows of runs that were issued before with other values. They are never issued."""
    back: int
    """Rows that were held, but could no longer be signed when they were due."""
    unchanged: int
    """Rows of runs that were issued before, just so."""
    issued: int
    """Rows that were issued from this upload."""
    held: int
    """Rows that were issued, but are not signed yet. They are signed at `due`, unless they are taken back before."""
    replaced: int
    """Rows that were held, until a later upload took their place."""


class RowCertificate(AnswerDocument):
    """A certificate of a row."""

    lot: str
    """Lot number as printed on the goods."""
    digest: CertificateDigest
    """Digest of the certificate (`zQm...`)."""


class RowShipment(AnswerDocument):
    """What a row ships once its lot has a certificate."""

    customer: str
    """Customer, as the row names it."""
    mass_kg: str
    """Mass that goes out, in kg."""
    shipment: str | None = None
    """Id of the shipment. Null before the lot is shipped."""


class UploadedRunAnswer(AnswerDocument):
    """One run of an uploaded workbook."""

    run: str
    """The plant's own name for the run."""
    recipe: str
    """Name of the recipe that the run followed. Empty where the row names none."""
    place: str
    """Cell of the lot, as `sheet!cell`."""
    state: RowState
    """What would become of the row, or what became of it."""
    problems: tuple[ProblemEntry, ...]
    """What is wrong, each at its cell."""
    warnings: tuple[ProblemEntry, ...]
    """What is odd, each at its cell. It keeps nothing from being issued."""
    certificates: tuple[RowCertificate, ...]
    """Certificates of the run. Empty before it is signed."""
    due: Instant | None = None
    """When a held row is signed. Null for any other."""
    ships: RowShipment | None = None
    """What the row ships. Null where it names no customer."""


class UploadAnswer(AnswerDocument):
    """An uploaded workbook. Without `id`, it was only rehearsed and is not kept."""

    id: str | None = None
    """Name of the upload in addresses. Null for a rehearsal."""
    name: str
    """Name of the file."""
    counts: UploadCounts
    """How many rows are in each state."""
    recipes: dict[str, int]
    """Version of each recipe by which the workbook was read."""
    versions_unsaid: bool
    """Whether the file does not say for which versions it was made. To issue it, `confirmed` is needed."""
    problems: tuple[ProblemEntry, ...]
    """What is wrong with the workbook as a whole. Then no row is issued with the others."""
    notes: tuple[ProblemEntry, ...]
    """What the reader of the workbook should know, such as hidden rows."""
    rows: tuple[UploadedRunAnswer, ...]
    """Rows, in their order; only those with problems where that was asked."""
