"""Runs that a person types at the desk of a served registry: two recipes, drafts of them, and held runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import update

from ledger.desk.drafts import RunDraft, new_draft
from ledger.desk.held import hold_draft
from ledger.recipes.made import recipe_of
from ledger.store.desk_schema import DRAFTS
from ledger.store.engine import reading, writing
from ledger.store.lots import lots_named
from schemas.lot import normal_lot
from tests.support.http.server import ANN, plant, tables
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from tests.support.http.server import Served

ME: Final = "person:1"
READING: Final = "neodymium-oxide-bought"
"""The key of what the recipe `OX` asks for."""


def recipe(version: int = 1, title: str = "Oxide", name: str = "OX") -> dict[str, Any]:
    run = dict(written("A-1", "100 kg", producer=ANN, plant=plant(ANN)))
    return recipe_of(run, name=name, title=title) | {"version": version}


def blend() -> dict[str, Any]:
    run = dict(written("B-1", "50 kg", inputs={"A-1": "50 kg"}, producer=ANN, plant=plant(ANN)))
    return recipe_of(run, name="BL", title="Blend")


def typed(lot: str, mass: str = "100") -> dict[str, str]:
    return {"lot": lot, "mass_kg": mass, "start": "2026-05-01", f"r:{READING}": mass}


def draft(served: Served, lot: str, mass: str = "100", recipe: str = "OX", **more: str) -> RunDraft:
    fields = typed(lot, mass) | more
    if recipe == "BL":
        del fields[f"r:{READING}"]
    return new_draft(served.registry, ANN, recipe, fields, by=ME)


def held(
    served: Served, lot: str, mass: str = "100", recipe: str = "OX", *, minutes: int = 30, **more: str
) -> RunDraft:
    made = draft(served, lot, mass, recipe, **more)
    return hold_draft(served.registry, ANN, made.row.id, revision=1, tables=tables(), by=ME, minutes=minutes)


def make_due(served: Served, *runs: RunDraft) -> None:
    """Let held runs be due now."""
    with writing(served.registry.engine) as connection:
        connection.execute(update(DRAFTS).where(DRAFTS.c.id.in_([each.row.id for each in runs])).values(due_ms=0))
        connection.commit()


def issued(served: Served, *lots: str) -> int:
    with reading(served.registry.engine) as connection:
        return sum(len(lots_named(connection, normal_lot(each))) for each in lots)


def facts(lot: str, mass: str = "101 kg", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any member
    """Return the facts of a run by the recipe OX, with members changed or added."""
    return {
        "oreprint": "recipe-facts/1",
        "recipe": "OX",
        "period": {"start": "2026-05-01", "end": "2026-05-01"},
        "outputs": [{"lot": lot, "mass": mass}],
        "readings": {READING: mass},
    } | more
