"""The examples with every claim that their steps may state, issued in a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from ledger.claims.rules import RULES
from schemas.door import parse_document, parse_value, validated
from schemas.record import ProductionRecord
from schemas.trust import TrustFile
from schemas.written import WrittenClaim
from tests.support.registries.example import chain, issue_all
from tests.support.registries.lived_in import TABLES, Life, a_birth
from tests.support.worlds.further_examples import EXAMPLES
from tests.support.worlds.small_cheats import a_roof_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHOLE: Final = "bayan-obo"
"""The example with shipments, from ore and scrap to the magnet."""
ROUTES: Final = ("bastnaesite-us", "further-steps", "ion-clay-magnesium", "nimh-recycled", "smco-calcium", WHOLE)
CHOSEN: Final[dict[str, Any]] = {
    "element": "Nd",
    "threshold": "0.2",
    "countries": ["CN"],
    "baseline": {"figure": "0.5"},
}
"""What the producer chooses where a rule leaves it to him."""
THRESHOLDS: Final = {"footprint-below": "60", "energy-intensity-fall": "0.9", "water-reuse": "0.5"}


def claimed(record: ProductionRecord) -> ProductionRecord:
    """Return a record that states every claim of its step, one of them for two elements."""
    stated = [*_claims(record), {"id": "recycled-content", "element": "Dy", "threshold": "0.1"}]
    return record.model_copy(update={"claims": tuple(validated(WrittenClaim, each) for each in stated)})


def _claims(record: ProductionRecord) -> Iterator[dict[str, Any]]:
    for rule in RULES.values():
        if not rule.steps or record.step in rule.steps:
            chosen: dict[str, Any] = {name: CHOSEN[name] for name in rule.needs}
            if "threshold" in chosen:
                chosen["threshold"] = THRESHOLDS.get(rule.id, CHOSEN["threshold"])
            yield {"id": rule.id, **chosen}


def a_claimed_life(folder: Path, route: str) -> Life:
    """Make a home in which the records of one example were issued, with all their claims; machining has own sun."""
    life = a_birth(folder, EXAMPLES / route)
    if route == WHOLE:
        for each in issue_all(life.registry, [claimed(record) for record in chain()], TABLES):
            life.keep(each)
        return life
    for path in sorted((EXAMPLES / route).glob("[0-9]*.yaml")):
        value: Any = parse_value(path.read_bytes(), media="yaml")
        if value["step"] == "machining":
            a_roof_for("0.2")(value)
        life.issue(claimed(parse_document(ProductionRecord, orjson.dumps(value))))
    return life


def note_of(life: Life) -> str:
    """Return the signed trust list of a home."""
    return TrustFile.from_text(life.home.trust.read_bytes().rstrip(b"\n")).note
