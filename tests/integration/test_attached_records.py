"""The record in a PDF: read out of ours, and out of no PDF that is damaged, hostile or ambiguous."""

from __future__ import annotations

import io
import zlib
from datetime import date
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, PdfObject, TextStringObject

from api.web.words import words
from ledger.files.attached import MOST_ATTACHED_BYTES, MOST_PDF_BYTES, attached_record
from ledger.papers.make import Wish, make_paper
from schemas.problem import InputError
from tests.support.registries.magnets import magnet_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("forked_readers")
"""`test_papers_cli` reads in a Python of its own."""


@pytest.fixture(scope="module")
def record() -> bytes:
    return b"".join(magnet_bundle().lines)


@pytest.fixture(scope="module")
def paper(record: bytes) -> bytes:
    subject = magnet_bundle().subject()
    return make_paper(subject, record, Wish("certificate", date(2026, 11, 29)), words("en")).content


def written(writer: PdfWriter) -> bytes:
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def changed(paper: bytes, change: Callable[[PdfWriter], object]) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(paper))
    change(writer)
    return written(writer)


def pdf_with(content: bytes, **members: PdfObject) -> bytes:
    """Return a PDF of one page with one attached file, whose stream is as it is told."""
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    stream = DecodedStreamObject()
    stream.set_data(content)
    stream.update({NameObject(f"/{name}"): value for name, value in members.items()})
    reference = writer._add_object(stream)
    specification = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Filespec"),
            NameObject("/F"): TextStringObject("a.oreprint"),
            NameObject("/EF"): DictionaryObject({NameObject("/F"): reference}),
        }
    )
    writer.root_object[NameObject("/AF")] = ArrayObject([writer._add_object(specification)])
    return written(writer)


def test_the_record_comes_out_as_it_went_in(paper: bytes, record: bytes) -> None:
    assert attached_record(paper) == record


def test_what_another_tool_wrote_anew_still_gives_the_record(paper: bytes, record: bytes) -> None:
    assert attached_record(changed(paper, lambda writer: writer.compress_identical_objects())) == record


def test_several_files_are_ambiguous(paper: bytes) -> None:
    with pytest.raises(InputError) as refused:
        attached_record(changed(paper, lambda writer: writer.add_attachment("other.oreprint", b"x")))
    assert (refused.value.code, refused.value.problems[0].facts["found"]) == ("pdf.several", "2")


def test_a_pdf_without_a_record_proves_nothing() -> None:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    with pytest.raises(InputError) as refused:
        attached_record(written(writer))
    assert refused.value.code == "pdf.no-record"


def test_an_encrypted_pdf_is_refused(paper: bytes) -> None:
    with pytest.raises(InputError) as refused:
        attached_record(changed(paper, lambda writer: writer.encrypt("secret", algorithm="AES-256")))
    assert refused.value.code == "pdf.encrypted"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zlib.compress(b"\0" * (400 * 1024 * 1024), 9)
    with pytest.raises(InputError) as refused:
        attached_record(pdf_with(bomb, Filter=NameObject("/FlateDecode")))
    assert refused.value.code in {"pdf.form", "pdf.effort", "pdf.record-size"}


def test_a_record_longer_than_the_bound_is_refused() -> None:
    long = zlib.compress(b"a" * (MOST_ATTACHED_BYTES + 1), 9)
    with pytest.raises(InputError) as refused:
        attached_record(pdf_with(long, Filter=NameObject("/FlateDecode")))
    assert refused.value.code == "pdf.record-size"


def test_a_file_that_is_packed_twice_is_refused() -> None:
    twice = zlib.compress(zlib.compress(b"x"))
    names = ArrayObject([NameObject("/FlateDecode"), NameObject("/FlateDecode")])
    with pytest.raises(InputError) as refused:
        attached_record(pdf_with(twice, Filter=names))
    assert refused.value.code == "pdf.form"


def test_a_pdf_beyond_the_bound_is_not_even_opened() -> None:
    with pytest.raises(InputError) as refused:
        attached_record(b"%PDF-1.7" + b"\0" * MOST_PDF_BYTES)
    assert refused.value.code == "pdf.size"


def cyclic(writer: PdfWriter) -> None:
    """Make the tree of attached files lead back to itself."""
    tree = DictionaryObject()
    reference = writer._add_object(tree)
    tree[NameObject("/Kids")] = ArrayObject([reference])
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): reference})


def test_a_tree_without_end_ends(paper: bytes, record: bytes) -> None:
    try:
        assert attached_record(changed(paper, cyclic)) == record
    except InputError as error:
        assert error.code in {"pdf.form", "pdf.effort", "pdf.several"}  # noqa: PT017 - either is calm


@pytest.mark.parametrize(
    "raw",
    [
        b"%PDF-1.7",
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7\nstartxref\n999999999\n%%EOF",
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/AF 1 0 R>>endobj\ntrailer<</Root 1 0 R/Size 999999999>>\nstartxref\n9\n%%EOF",
        b"%PDF-" + b"[" * 200_000,
        b"%PDF-" + b"<<" * 200_000,
    ],
)
def test_a_damaged_pdf_is_refused_calmly(raw: bytes) -> None:
    with pytest.raises(InputError) as refused:
        attached_record(raw)
    assert refused.value.code in {"pdf.form", "pdf.effort"}


def test_every_cut_of_a_paper_is_refused_or_gives_the_record(paper: bytes, record: bytes) -> None:
    for share in (0.1, 0.5, 0.9, 0.999):
        try:
            assert attached_record(paper[: int(len(paper) * share)]) == record
        except InputError as error:
            assert error.code.startswith("pdf.")  # noqa: PT017 - either is right
