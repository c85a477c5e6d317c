"""Documents made of members that are known to be right: the same as their constructor makes."""

from __future__ import annotations

import pytest

from ledger.seal.sdjwt import open_certificate
from schemas.document import known
from schemas.figures import Co2e
from schemas.inventory import TransportLine
from schemas.run import Hidden
from tests import samples

DIGEST = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"


def test_what_is_left_out_is_absent_and_the_order_is_that_of_the_schema() -> None:
    made = known(TransportLine)(amount_tkm="12.5", factor="transport/lorry", basis="metered", name="to the port")
    due = TransportLine(name="to the port", basis="metered", amount_tkm="12.5", factor="transport/lorry")
    assert made == due
    assert made.to_text() == due.to_text()
    assert made.note is None
    assert made.model_copy(update={"note": "by road"}).note == "by road"
    assert TransportLine.from_text(made.to_text()) == due


def test_a_member_goes_by_its_alias() -> None:
    made = known(Hidden)(**{"...": DIGEST})
    assert made == Hidden(**{"...": DIGEST})
    assert made.to_text() == f'{{"...":"{DIGEST}"}}'


def test_it_is_frozen_and_checks_nothing() -> None:
    made = known(Co2e)(location="not a number", market="1")
    with pytest.raises(ValueError, match="frozen"):
        made.location = "2"  # type: ignore[misc]
    with pytest.raises(ValueError, match="location"):
        Co2e(location="not a number", market="1")


def test_what_is_issued_reads_as_what_was_made() -> None:
    """Nothing of a certificate is made without a check that its strict reader would refuse."""
    sealed = samples.sealed_certificate()
    assert open_certificate(sealed.text).record == sealed.record
