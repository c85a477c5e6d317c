"""The demo's desk: what a producer of the story finds when it signs in.

Rules: everything is made with the real verbs, as the story's own steps are. It is made only where the demo is served,
so the story itself stays as it is printed. A further step is a line in `STEPS`.
"""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cli.files import read_document, write_lines
from cli.recipe_files import read_value
from cli.story import CAST, PASSPHRASE
from ledger.admin.init import status_signer
from ledger.changes.withdraw import suspend
from ledger.desk.approvals import set_two_persons
from ledger.desk.contacts import add_contact
from ledger.desk.people import add_person, one_time_link
from ledger.desk.recipes import keep_recipe, kept_recipe
from ledger.desk.shipping import ship_lots
from ledger.recipes.made import recipe_of
from ledger.registry.approval import OPERATOR, UnapprovedError
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.workbook.template import template
from schemas.contact import ContactRequest, ShipmentRequest
from schemas.door import validated
from schemas.person import ROLES
from schemas.quantity import milligrams
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from cli.story import Story

PARTY: Final = "did:web:magnet-a.example"
"""The producer whose desk it is: it casts alloy and makes the magnet."""
RECIPE: Final = "SC-2026-05"
"""The recipe of its workbook, named as the run that it is made of."""
SMALL_RUNS: Final = {"low": "150 kg", "high": "759 kg"}
"""The usual mass of a run of the recipe: the workbook's runs are a quarter of the typical one."""
STOCK: Final = (("ME-32", "143.5"), ("ME-33", "113.9"), ("DF-05", "10"))
"""Lots, with kg, that the producer buys for the runs in the workbook."""
INCOMING: Final = "ME-34"
CUSTOMER, SHIPPED = "Sinter Works", "6 kg"
"""A customer without a DID, and how much of the cast alloy it gets."""
_RIGHT: Final[dict[str, Any]] = {
    "recipe": RECIPE,
    "run": "SC-2026-06",
    "lot": "AL-41",
    "mass_kg": 165,
    "start": "2026-06-09",
    "end": "2026-06-09",
    "input1_lot": "ME-32",
    "input1_kg": 35.8,
    "input2_lot": "ME-33",
    "input2_kg": 13.8,
    "input3_lot": "DF-05",
    "input3_kg": 2.5,
}
ROWS: Final[tuple[dict[str, Any], ...]] = (
    _RIGHT,
    _RIGHT | {"run": "SC-2026-07", "lot": "AL-42", "mass_kg": 1650},
    _RIGHT | {"run": "SC-2026-08", "lot": "AL-43", "start": "09/06/2026"},
    _RIGHT | {"run": "SC-2026-09", "lot": "AL-44", "input1_kg": "35.8 t"},
)
"""The workbook, of runs that the stock is enough for.

Its rows: a right row, a mass with a digit too many, a date that reads two ways, and a unit that does not fit.
"""


class FilledDesk(NamedTuple):
    """The addresses of a filled desk: a link that signs in once, and a customer's private link to its goods."""

    sign_in: str
    private: str


def fill_desk(story: Story, origin: str) -> FilledDesk:
    """Fill the desk that is served at an address."""
    for step in STEPS:
        step(story)
    private = _customer(story, origin)
    someone = add_person(story.registry, party=PARTY, name="Demo", roles=ROLES, by=OPERATOR)
    link = one_time_link(story.registry, someone.id, by=OPERATOR)
    return FilledDesk(f"{origin}/desk/link/{link}", private)


def _customer(story: Story, origin: str) -> str:
    """Ship a part of a lot to a customer without a DID, and return its private link."""
    add_contact(story.registry, ContactRequest(name=CUSTOMER), party=PARTY)
    asked = validated(ShipmentRequest, {"contact": CUSTOMER, "lots": [{"lot": CAST, "mass": SHIPPED}], "po": "PO-17"})
    (line,) = ship_lots(story.registry, asked, party=PARTY, origin=origin).lots
    return str(line.link)


def _recipes(story: Story) -> None:
    """Keep a recipe of each run of the example, for its producer."""
    for path in sorted(story.examples.glob("[01]*.yaml")):
        record, value = read_document(ProductionRecord, path), read_value(path)
        title = record.outputs[0].description
        made = recipe_of(value if isinstance(value, dict) else {}, name=record.run, title=title)
        if record.run == RECIPE:
            made["outputs"] = [SMALL_RUNS]
        keep_recipe(story.registry, made, party=record.producer)


def _stock(story: Story) -> None:
    """Buy what the runs in the workbook need."""
    for lot, kg in STOCK:
        ship(story.registry, Dispatch(story.digests[lot], story.producer(lot), PARTY, milligrams(kg)))
        accept(story.registry, consignee=PARTY, lot=story.digests[lot])


def _incoming(story: Story) -> None:
    """Offer a lot, which waits to be accepted."""
    ship(story.registry, Dispatch(story.digests[INCOMING], story.producer(INCOMING), PARTY))


def _approval(story: Story) -> None:
    """Let a clerk ask to suspend a lot. It needs a second person: the one who opens the link."""
    set_two_persons(story.registry, "withdrawals", party=PARTY, by=OPERATOR)
    clerk = add_person(story.registry, party=PARTY, name="Demo clerk", roles=("clerk", "quality"), by=OPERATOR)
    status = status_signer(story.home, story.registry.did, passphrase=PASSPHRASE)
    with suppress(UnapprovedError):
        suspend(
            story.registry,
            story.digests[CAST],
            issuer=PARTY,
            reason="assay in doubt",
            status=status,
            author=clerk.author,
        )


def _workbook(story: Story) -> None:
    """Write a workbook with three mistakes."""
    from openpyxl import load_workbook

    kept = kept_recipe(story.registry, PARTY, RECIPE)
    book = load_workbook(BytesIO(template([kept.checked])))
    sheet = book.worksheets[0]
    columns = {str(cell.value): number for number, cell in enumerate(sheet[1], 1)}
    for number, row in enumerate(ROWS, 4):
        for key, value in row.items():
            sheet.cell(number, columns[key], value)
    content = BytesIO()
    book.save(content)
    write_lines(story.home.path / "day.xlsx", [content.getvalue()])


STEPS: Final[tuple[Callable[[Story], None], ...]] = (_recipes, _stock, _incoming, _workbook, _approval)
