"""DFARS 252.225-7052 as data: its magnets and countries, what it covers on a day, and what each step counts as.

Read: the clause in its version of May 2024, and 225.7018-2 and -3, in the DFARS edition of 10 November 2025.

Paragraph (b)(1)(i): through 31 December 2026 it covers what is melted or produced in a covered country.  (ii): from
1 January 2027, also what is mined, refined or separated there.  (b)(2)(i)(A): melting makes the magnet alloy, and
production is all that follows, such as powder formation, pressing, sintering or bonding, and magnetization.
(b)(2)(i)(B): from 2027 for samarium-cobalt, the whole chain from cobalt and samarium ore or feedstock, with recycled
material.  (b)(3): from 2027 for neodymium-iron-boron, the whole chain from the mining of neodymium, iron and boron.

Rules: the clause does not define refining or separation. `data/dfars_steps.csv` says what each step counts as, and why;
`status` is *read* where the clause names the step, else *derived*.  A row with a magnet is about that type alone.  This
module reads no clock.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, get_args

from msgspec import convert

from schemas.identifier import Country
from schemas.vocabulary import Step

Activity = Literal["mined", "refined", "separated", "melted", "produced"]
MagnetType = Literal["neodymium-iron-boron", "samarium-cobalt"]

ACTIVITIES: Final[tuple[Activity, ...]] = get_args(Activity)
"""Activities of paragraph (b)(1)(ii), in its order."""
UNTIL_2026: Final[tuple[Activity, ...]] = ("melted", "produced")
"""Activities of paragraph (b)(1)(i)."""
WHOLE_CHAIN_FROM: Final = date(2027, 1, 1)
"""First day of delivery on which all activities count."""
COVERED_COUNTRIES: Final[tuple[Country, ...]] = ("CN", "IR", "KP", "RU")
"""Paragraph (a): China, Iran, North Korea, Russia."""
NAMED_ELEMENTS: Final[Mapping[MagnetType, tuple[str, ...]]] = MappingProxyType(
    {"neodymium-iron-boron": ("Nd", "Fe", "B"), "samarium-cobalt": ("Sm", "Co")}
)
"""Elements whose mining paragraphs (b)(2)(i)(B) and (b)(3) name."""
MAGNET_TYPES: Final[Mapping[str, MagnetType]] = MappingProxyType(
    {
        "sintered-ndfeb-magnet": "neodymium-iron-boron",
        "bonded-ndfeb-magnet": "neodymium-iron-boron",
        "hot-deformed-ndfeb-magnet": "neodymium-iron-boron",
        "smco5-magnet": "samarium-cobalt",
        "sm2co17-magnet": "samarium-cobalt",
    }
)
"""Types of magnets that the clause covers, by product of the vocabulary; also those of Regulation (EU) 2024/1252,
Article 28(1)(b)."""


class CountedStep(NamedTuple):
    """What a step counts as under the clause, how that is known, and why."""

    activity: Activity
    status: Literal["read", "derived"]
    reason: str


def covered_activities(delivery: date) -> tuple[Activity, ...]:
    """Return the activities that the clause covers for a delivery on a day."""
    return ACTIVITIES if delivery >= WHOLE_CHAIN_FROM else UNTIL_2026


def counted(step: Step, magnet: MagnetType) -> CountedStep | None:
    """Return what a step counts as in the chain of a magnet; None for a step that handles no goods."""
    return _STEPS.get((step, magnet)) or _STEPS.get((step, ""))


def reasons() -> tuple[str, ...]:
    """Return the reason of every row of the table."""
    return tuple(each.reason for each in _STEPS.values())


def _rows() -> dict[tuple[str, str], CountedStep]:
    table = (files("ledger.papers") / "data" / "dfars_steps.csv").read_text(encoding="utf-8")
    return {
        (convert(row["step"], Step), row["magnet"]): convert(
            (row["activity"], row["status"], row["reason"]), CountedStep
        )
        for row in csv.DictReader(table.splitlines())
    }


_STEPS: Final = MappingProxyType(_rows())
