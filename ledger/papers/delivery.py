"""The delivery that a statement of origin is for: what no record knows, and whoever takes the paper enters.

Rules: a text that is not given is a blank line on the paper, to be filled in by hand.  A day that is not given is the
day of the paper.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from schemas.door import validated
from schemas.instant import date_of
from schemas.requests import DeliveryRequest


class StatedDelivery(NamedTuple):
    """A delivery: contract, part, consignee, who signs for it, and its day."""

    contract: str | None = None
    part: str | None = None
    consignee: str | None = None
    signatory: str | None = None
    day: date | None = None


def read_delivery(**given: str | None) -> StatedDelivery:
    """Return a delivery of the members of `DeliveryRequest`; an empty text is not given.

    Raises:
        InputError: `document.*`, `quantity.day`, each with the member in its place.
    """
    asked = validated(DeliveryRequest, {name: text for name, text in given.items() if text})
    day = date_of(asked.delivery) if asked.delivery else None
    return StatedDelivery(asked.contract, asked.part, asked.consignee, asked.signatory, day)
