"""Every record that ships as an example, drafted on the certificates that the others make."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.claims.draft import draft_with_claims
from ledger.desk.examples import FOLDERS, shipped
from ledger.drafting.draft import Upstream
from ledger.tables import shipped_tables
from schemas.certificate import Facility
from schemas.door import parse_document, parse_value
from schemas.parties import Parties
from schemas.record import written_run

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft

EXAMPLES = Path(__file__).parents[3] / "examples"


@cache
def plants() -> dict[str, Facility]:
    """Return the plants of all examples, by id."""
    found = {}
    for folder in FOLDERS:
        parties = parse_document(Parties, (EXAMPLES / folder / "parties.yaml").read_bytes(), media="yaml")
        for party in parties.parties:
            for plant in party.facilities:
                found[plant.id] = Facility(**plant.model_dump(include=set(Facility.__struct_fields__)))
    return found


@cache
def lots() -> dict[str, Upstream]:
    """Return the certificates that all examples make, by lot."""
    made: dict[str, Upstream] = {}
    for each in shipped():
        for certified in drafted(each.text, made).certified:
            made[certified.batch.lot] = Upstream(certified, certified.batch.lot)
    return made


def drafted(text: str, known: dict[str, Upstream] | None = None) -> Draft:
    """Return the draft of a record; a rule that rejects it raises."""
    record = written_run(parse_value(text.encode(), media="yaml"))
    upstream = [(lots() if known is None else known)[item.lot or ""] for item in record.inputs]
    return draft_with_claims(record, upstream, facility=plants()[record.facility], tables=shipped_tables())
