"""The table of what leaves the plant says what the copies of a certificate really show."""

from __future__ import annotations

from typing import Final, get_args

import pytest

from cli.commands.schema import DOCUMENTS
from ledger.seal.audiences import WHOLE, members
from ledger.seal.presentation import present
from schemas.vocabulary import Audience
from tests.support.shown_members import SHOWN, names_shown
from tests.support.worlds import sample_records as samples

IN_TABLE: Final = {
    "detail": "detail",
    "inventory-group": "inventory materials",
    "bundle-line": None,
    "statement": "move",
}
"""Documents that go by another name in the table; a bundle is lines of the others."""
COMPUTED: Final = {"report", "chain", "trust-file"}
"""Documents that a reader makes of what it sees, or that hold another one."""


@pytest.mark.parametrize("audience", get_args(Audience))
def test_a_copy_shows_what_the_table_says(audience: Audience) -> None:
    """Neither more nor, of what the certificate has, less."""
    text = samples.sealed_certificate().text
    whole, copy = names_shown(text), names_shown(present(text, show=audience).text)
    assert copy == {name for name in whole if audience in SHOWN[name]}
    assert len({document for document, _ in whole}) >= 8


def test_every_document_is_in_the_table() -> None:
    known = {document.replace("-", " ") for document, _ in SHOWN}
    missing = {name for name in DOCUMENTS if IN_TABLE.get(name, name.replace("-", " ")) not in {*known, None}}
    assert missing == COMPUTED


def test_what_a_producer_writes_and_knows_leaves_in_no_document() -> None:
    alone = {document for document, (_, readers) in WHOLE.items() if not readers}
    assert alone == {"production record", "instrument", "recipe", "recipe facts", "parties", "shipments"}
    assert all(each.meaning for each in members())
