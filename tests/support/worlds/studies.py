"""What published studies found of the products in the examples, and whether an example's figure lies within it.

Rules: a row says the lowest and the highest figure of the studies that were read, cradle to gate, in kg CO2e for a kg;
a bound that is known from memory alone is left out.  A product without a study that was read is named with the reason,
so that no example goes unlooked at.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.seal.sdjwt import open_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from schemas.certificate import CertificateRecord


class Range(NamedTuple):
    """What studies of a product found, and which; `row` is product and route in the list that it was carried over
    from.
    """

    row: tuple[str, str]
    low: Decimal | None
    high: Decimal
    studies: str


_OXIDE: Final = Range(
    ("praseodymium-neodymium-oxide;neodymium-oxide", "bastnaesite;ion-clay;any-primary"),
    Decimal("8.93"),
    Decimal("77.0"),
    "CPCD literature row of 2018 (8.93); BLEECAM 0.1.0b1, stages put together (54.6 ion clay, 77.0 Bayan Obo type)",
)
_METAL: Final = Range(
    ("praseodymium-neodymium-metal;neodymium-metal", "any-primary"),
    Decimal("18.0"),
    Decimal("101.4"),
    "the oxide's range x 1.1766, and electrolysis by BLEECAM 0.1.0b1 (7.557 to 10.847)",
)
RANGES: Final = {
    "mixed-rare-earth-oxide": Range(
        ("mixed-rare-earth-oxide", "ion-clay"),
        Decimal("17.8"),
        Decimal("24.3"),
        "Wan, Zhou and Xue, Processes 10:1354, 2022, ion-adsorption clay (17.8 to 24.3); BLEECAM 0.1.0b1 (19.864)",
    ),
    "praseodymium-neodymium-oxide": _OXIDE,
    "neodymium-oxide": _OXIDE,
    "praseodymium-neodymium-metal": _METAL,
    "neodymium-metal": _METAL,
    # the low end, about 27, is known from memory alone
    "sintered-ndfeb-magnet": Range(
        ("sintered-ndfeb-magnet", "any-primary"), None, Decimal("52.41"), "CPCD literature row of 2021 (52.41)"
    ),
}
UNPUBLISHED: Final = {
    "rare-earth-concentrate": "none read",
    "mixed-rare-earth-carbonate": "gate to gate only (BLEECAM 0.1.0b1, 3.838)",
    "lanthanum-cerium-oxide": "one study of each oxide, its allocation unknown (CPCD 2018: 7.26, 6.66); economic figures are below and no fault",
    "dysprosium-oxide": "none with a value read",
    "dysprosium-iron-alloy": "none read",
    "lanthanum-cerium-metal": "one, near the floor of the process, and no evidence (CPCD, 0.872)",
    "ndfeb-strip-cast-alloy": "gate to gate only (BLEECAM 0.1.0b1, 0.772 to 1.037)",
    "ndfeb-scrap": "scrap enters free of burden",
    "ab5-hydrogen-storage-alloy": "none read",
}
"""Products of the examples of which there is no range, and why."""


def outside(record: CertificateRecord) -> str | None:
    """Return what is wrong with the figure of an example, or None."""
    lot, product, figure = record.batch.lot, record.batch.product, Decimal(record.footprint.per_kg.location)
    if record.batch.kind == "electricity":
        return None
    if product is None:
        return f"{lot} names no product, so nobody can say whether {figure} is a fair figure"
    if product in UNPUBLISHED:
        return None if figure > 0 else f"{lot} has no burden at all"
    found = RANGES.get(product)
    if found is None:
        return f"{lot}: {product} has neither a published range nor a reason why there is none"
    if figure > found.high or (found.low is not None and figure < found.low):
        return f"{lot}: {figure} kg CO2e for a kg of {product} is outside {found.low} to {found.high}: {found.studies}"
    return None


def certificates(folder: Path) -> list[CertificateRecord]:
    """Return the records of all certificates below a folder, in files of their own and in answers of a registry."""
    texts = [path.read_text().rstrip("\n") for path in sorted(folder.rglob("*.sdjwt"))]
    answers = [json.loads(path.read_text()) for path in sorted(folder.rglob("answer.json"))]
    texts += [each["certificate"] for answer in answers for each in answer["certificates"]]
    return [open_certificate(text).record for text in texts]


def all_outside(records: Iterable[CertificateRecord]) -> list[str]:
    """Return all that is wrong with the figures of examples."""
    return [wrong for record in records if (wrong := outside(record)) is not None]
