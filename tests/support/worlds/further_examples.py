"""Every record that ships as an example, drafted on the certificates that the others make."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from orjson import OPT_SORT_KEYS, dumps

from ledger.claims.draft import draft_with_claims
from ledger.desk.examples import FOLDERS, shipped
from ledger.drafting.draft import Upstream
from ledger.tables import shipped_tables
from schemas.certificate import Facility
from schemas.door import JsonValue, parse_document, parse_value
from schemas.parties import Parties
from schemas.record import written_run

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft

EXAMPLES = Path(__file__).parents[3] / "examples"
_DRAFTS: dict[bytes, Draft] = {}


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


@cache
def parsed(text: str) -> JsonValue:
    """Return what a text of YAML says. Nobody changes it."""
    return parse_value(text.encode(), media="yaml")


def drafted(text: str, known: dict[str, Upstream] | None = None) -> Draft:
    """Return the draft of a record; a rule that rejects it raises. A record of the same content is drafted once."""
    content = dumps(parsed(text), option=OPT_SORT_KEYS)
    if known is None and content not in _DRAFTS:
        known = lots()
    if content not in _DRAFTS:
        record = written_run(parsed(text))
        upstream = [(known or {})[item.lot or ""] for item in record.inputs]
        facility = plants()[record.facility]
        _DRAFTS[content] = draft_with_claims(record, upstream, facility=facility, tables=shipped_tables())
    return _DRAFTS[content]
