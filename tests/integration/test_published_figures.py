"""The figures of the examples, against what published studies found of the same products."""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificate_jws
from schemas.document import replace
from tests.support.registries.lived_in import Life, a_life
from tests.support.worlds.studies import RANGES, UNPUBLISHED, all_outside, outside

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.certificate import CertificateRecord


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, CertificateRecord]:
    """The certificates of the example, by lot."""
    life: Life = a_life(tmp_path_factory.mktemp("example") / "home")
    with reading(life.registry.engine) as connection:
        texts = (certificate_jws(connection, certificate_digest_bytes(digest)) for digest in life.digests.values())
        found = [open_certificate(f"{text}~").record for text in texts]
    return {record.batch.lot: record for record in found}


def test_every_example_lies_within_the_published_range(records: dict[str, CertificateRecord]) -> None:
    """Hard use 30: an LCA engineer who knows the studies would sign each of them."""
    assert len(records) == 15
    assert all_outside(records.values()) == []
    assert {record.batch.product for record in records.values()} & RANGES.keys() >= RANGES.keys() - {
        "neodymium-oxide",
        "neodymium-metal",
    }


def test_a_figure_of_tap_water_would_be_found(records: dict[str, CertificateRecord]) -> None:
    """Hard use 30: an oxide that costs what tap water costs, one that nobody could have made so dear, one of no
    product.
    """
    oxide = records["OX-16"]
    for figure in ("0.000168", "8.92", "77.1"):
        footprint = replace(oxide.footprint, per_kg=replace(oxide.footprint.per_kg, location=figure))
        assert "is outside 8.93 to 77.0" in str(outside(replace(oxide, footprint=footprint)))
    for product, told in ((None, "names no product"), ("terbium-oxide", "neither a published range nor a reason")):
        batch = replace(oxide.batch, product=product)
        assert told in str(outside(replace(oxide, batch=batch)))


def test_the_ranges_are_those_that_were_read(shared: Path) -> None:
    """Hard use 30: carried over with their sources, without what is known from memory alone."""
    with (shared / "data" / "published_ranges.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["boundary"], row["indicator"]) == ("cradle-to-gate", "ghg")]
    for product, found in RANGES.items():
        (row,) = (each for each in rows if (each["product"], each["route"]) == found.row)
        assert product in row["product"].split(";")
        bounds = [Decimal(row["low"]), Decimal(row["high"])]
        if "memory" in row["note"] or "memory" in row["studies"]:  # then the typical ones are those that were read
            bounds = [Decimal(row["typical_low"]), Decimal(row["typical_high"])]
        assert found.high == bounds[1]
        assert found.low in {bounds[0], None}
    ranged = {product for row in rows if row["low"] for product in row["product"].split(";")}
    assert not ranged & UNPUBLISHED.keys()
