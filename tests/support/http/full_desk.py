"""A desk on which every screen has something to show, and the address of each of its screens."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi.routing import APIRoute

from api.desk.routes import ROUTERS
from ledger.changes.share import create_share
from ledger.changes.withdraw import change_status
from ledger.desk.approvals import set_two_persons, waiting
from ledger.desk.contacts import add_contact, claim_code, goods_back, open_claim
from ledger.desk.hooks import create_hook
from ledger.desk.people import Person, one_time_link
from ledger.desk.recipe_versions import propose_recipe, send_recipe
from ledger.desk.recipes import keep_recipe
from ledger.desk.shipping import ship_lots
from ledger.desk.uploads import upload_workbook
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.approval import OPERATOR, UnapprovedError
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.contact import ContactRequest, ReturnRequest, ShipmentRequest
from schemas.door import JsonValue, validated
from schemas.person import ROLES
from schemas.requests import ShareRequest
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, BEN, plant, serve, status, tables
from tests.support.registries.desk_runs import blend as blend_recipe
from tests.support.registries.desk_runs import draft, held, recipe
from tests.support.worlds.blends import blend
from tests.support.worlds.oxide_days import day, row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.http.server import Served

KG: Final = 1_000_000
NAMES: Final = ("Li Wei", "Chen Jie", "Motor Works", "Ann", "Ben", "Wang Fang")
"""People and companies; whatever the language of a page, their names stay."""
GOODS: Final = ("neodymium oxide, bought", "neodymium oxide", "Oxide", "Blend", "assay in doubt", "wrong drum")
"""What the producer wrote itself: a page shows it as it is."""


class FullDesk(NamedTuple):
    """A running desk, the person at it, and a path of each screen by the path of its route."""

    site: DeskSite
    person: Person
    screens: dict[str, str]


@contextmanager
def full_desk(folder: Path) -> Iterator[FullDesk]:
    """Serve a desk in the middle of a day."""
    served = serve(folder)
    me, second = person(served, *ROLES, name="Li Wei"), person(served, "quality", "engineer", "clerk", name="Chen Jie")
    person(served, "clerk", name="Wang Fang")
    found = _lots(served) | _recipes(served, second) | _customers(served, me) | _runs(served, me)
    hook = "https://erp.ann.example/a/rather/long/way/to/the/receiver/of/oreprint?plant=1"
    create_hook(served.registry, status(served), party=ANN, address=hook)
    found |= _requests(served, me, second)
    found["/desk/admin/people/{person}"] = f"/desk/admin/people/{second.id}"
    with site(served) as at:
        found["/desk/link/{secret}"] = f"/desk/link/{one_time_link(served.registry, second.id, by=OPERATOR)}"
        yield FullDesk(at, me, found)


def pages() -> set[str]:
    """Return the paths of all routes of the desk that a browser opens."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    return {route.path for route in routes if "GET" in (route.methods or ())}


def _made(served: Served, lot: str, mass: str, *, by: str = ANN, inputs: dict[str, str] | None = None) -> str:
    record = blend(lot, mass, producer=by, plant=plant(by), inputs=inputs)
    (made,) = issue(served.registry, [record], tables=tables())
    assert isinstance(made, IssuedRun), made
    return made.certificates[0].digest


def _lots(served: Served) -> dict[str, str]:
    """Make lots that are at hand, shared, used, sent, received, suspended, withdrawn and on their way."""
    digest = _made(served, "AL-41", "447.2 kg")
    for lot in ("AL-42", "AL-43", "AL-44"):
        _made(served, lot, "450 kg")
    _made(served, "MX-7", "100 kg", inputs={"AL-41": "100 kg"})
    for lot, mass in (("RC-11", "1700 kg"), ("RC-12", "80 kg"), ("RC-13", "20 kg")):
        _made(served, lot, mass, by=BEN)
        ship(served.registry, Dispatch(lot, BEN, ANN))
        if lot == "RC-13":
            accept(served.registry, consignee=ANN, lot=lot)
    ship(served.registry, Dispatch("AL-41", ANN, BEN, 20 * KG))
    signer = status(served)
    change_status(served.registry, "AL-43", kind="suspend", issuer=ANN, reason="assay in doubt", status=signer)
    change_status(served.registry, "AL-44", kind="withdraw", issuer=ANN, reason="wrong drum", status=signer)
    wanted = validated(ShareRequest, {"lot": digest, "recipient": "Motor Works", "audience": "customer", "days": 90})
    create_share(served.registry, wanted, party=ANN, origin="http://localhost")
    return {
        "/desk/certificates/{digest}": f"/desk/certificates/{digest}",
        "/desk/labels": f"/desk/labels?d={digest}&start=2",
        "/desk/lots": "/desk/lots?show=all",
    }


def _recipes(served: Served, engineer: Person) -> dict[str, str]:
    """Keep two approved recipes, and have an engineer send the next version of one."""
    for each in (recipe() | {"lots": "OX-{n}"}, blend_recipe()):
        keep_recipe(served.registry, each, party=ANN)
    again = recipe(version=2) | {"lots": "OXIDE-{n}", "examples": ["outputs[0]"]}
    sent = propose_recipe(served.registry, again, party=ANN, by=engineer.author, tables=tables())
    send_recipe(served.registry, ANN, "OX", digest=sent.digest, by=engineer.author)
    return {
        "/desk/recipes/{recipe}": "/desk/recipes/OX",
        "/desk/recipes/{recipe}/edit": "/desk/recipes/OX/edit",
        "/desk/recipes/{recipe}/try": "/desk/recipes/BL/try",
    }


def _customers(served: Served, me: Person) -> dict[str, str]:
    """Ship to a guest, of which some comes back and whose goods somebody claims, and to a party here."""
    guest = add_contact(served.registry, validated(ContactRequest, {"name": "Motor Works"}), party=ANN)
    add_contact(served.registry, validated(ContactRequest, {"name": "Ben", "did": BEN}), party=ANN)
    wanted: dict[str, JsonValue] = {
        "contact": guest.id,
        "lots": [{"lot": "AL-42", "mass": "30.5 kg"}],
        "number": "DN-1",
        "po": "PO-7",
    }
    made = ship_lots(
        served.registry, validated(ShipmentRequest, wanted), party=ANN, origin="http://localhost", by=me.author
    )
    back = validated(ReturnRequest, {"lot": "AL-42", "mass": "4 kg"})
    goods_back(served.registry, guest.id, back, party=ANN)
    open_claim(served.registry, claim_code(served.registry, guest.id, party=ANN).code, claimant=BEN)
    return {
        "/desk/contacts/{contact}": f"/desk/contacts/{guest.id}",
        "/desk/shipments/{shipment}": f"/desk/shipments/{made.id}",
    }


def _runs(served: Served, me: Person) -> dict[str, str]:
    """Keep a run to be finished and one that is held, and upload a day with a mistake in it."""
    kept = draft(served, "OX-21", "101")
    held(served, "OX-22")
    content = day([row(31), row(32, mass_kg=1000, **{"r:neodymium-oxide-bought": 1010})])
    upload = upload_workbook(served.registry, ANN, "day.xlsx", content, tables=tables(), by=me.author)
    return {
        "/desk/runs/new": "/desk/runs/new?recipe=OX",
        "/desk/drafts/{draft_id}": f"/desk/drafts/{kept.row.id}",
        "/desk/drafts/{draft_id}/edit": f"/desk/drafts/{kept.row.id}/edit",
        "/desk/uploads/{upload}": f"/desk/uploads/{upload.id}",
    }


def _requests(served: Served, me: Person, second: Person) -> dict[str, str]:
    """Let both people ask for what needs the other one."""
    set_two_persons(served.registry, "withdrawals", party=ANN, by=OPERATOR)
    for lot, who in (("AL-41", second), ("AL-42", me)):
        with suppress(UnapprovedError):
            change_status(
                served.registry,
                lot,
                kind="suspend",
                issuer=ANN,
                reason="assay in doubt",
                status=status(served),
                author=who.author,
            )
    found = [each.row.id for group in waiting(served.registry, ANN) for each in group.acts]
    theirs = next(each for each in found if each)
    return {"/desk/approvals/{approval}": f"/desk/approvals/{theirs}"}
