"""A desk on which every screen has something to show, and the address of each of its screens."""

from __future__ import annotations

import io
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from fastapi.routing import APIRoute
from openpyxl import load_workbook

from api.desk.routes import ROUTERS
from ledger.admin.tokens import create_token, keep_uses, revoke_token
from ledger.changes.share import create_share, list_shares
from ledger.changes.withdraw import change_status
from ledger.desk.approvals import set_two_persons, waiting
from ledger.desk.contacts import add_contact, claim_code, goods_back, open_claim
from ledger.desk.drafts import save_draft
from ledger.desk.held import sign_draft
from ledger.desk.hooks import create_hook
from ledger.desk.listing import ListFilter, every_certificate
from ledger.desk.operator_requests import answer_request, file_request
from ledger.desk.people import Person, end_person, one_time_link
from ledger.desk.putting_right import Act, begin_putting_right
from ledger.desk.receipt import receive
from ledger.desk.recipe_versions import propose_recipe, send_recipe
from ledger.desk.recipes import keep_recipe
from ledger.desk.shipping import ship_lots
from ledger.desk.starters import starter_of
from ledger.desk.upload_holds import hold_upload
from ledger.desk.uploads import IssueWish, issue_upload, upload_workbook
from ledger.issuing.issue import IssuedRun, issue
from ledger.recipes.checked import checked_recipe
from ledger.registry.approval import OPERATOR, UnapprovedError
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.workbook.recipe_sheets import recipe_workbook
from schemas.contact import ContactRequest, ReturnRequest, ShipmentRequest
from schemas.door import JsonValue, validated
from schemas.person import ROLES
from schemas.requests import ShareRequest
from tests.support.http.desk import DeskSite, person, site
from tests.support.http.server import ANN, BEN, plant, serve, status, tables
from tests.support.registries.desk_runs import READING, draft, held, recipe
from tests.support.registries.desk_runs import blend as blend_recipe
from tests.support.worlds.blends import blend
from tests.support.worlds.oxide_days import day, row
from tests.support.worlds.workbooks import saved

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.http.server import Served

KG: Final = 1_000_000
NAMES: Final = ("Li Wei", "Chen Jie", "Motor Works", "Ann", "Ben", "Wang Fang", "Zhao Min")
"""People and companies; whatever the language of a page, their names stay."""
GOODS: Final = (
    "neodymium oxide, bought", "neodymium oxide", "Oxide", "Blend", "assay in doubt", "wrong drum", "ERP, line 2",
    "Bayan Obo 2", "steps 3 and 4", "It is in the list now.", "A network address is missing.",
    "dysprosium oxide, blended", "dysprosium oxide", "electricity", "dust of the filter",
    "road, reagents and materials, shipped mass (solutions as delivered)", "OXIDE-{n}", "outputs[0]", "DY",
    "number of a shipped example, BLEND-DY-24: write your own", "oreprint factors import",
)  # fmt: skip
"""What the producer wrote itself: a page shows it as it is."""


class FullDesk(NamedTuple):
    """A running desk, the person at it, and a path of each screen by the path of its route.

    Of a screen that looks otherwise in another state, a word behind the path of the route says which. `files` are what
    forms are sent with.
    """

    site: DeskSite
    person: Person
    screens: dict[str, str]
    files: dict[str, Path]


@contextmanager
def full_desk(folder: Path) -> Iterator[FullDesk]:
    """Serve a desk in the middle of a day."""
    served = serve(folder)
    me, second = person(served, *ROLES, name="Li Wei"), person(served, "quality", "engineer", "clerk", name="Chen Jie")
    person(served, "clerk", name="Wang Fang")
    found = _lots(served) | _recipes(served, second) | _customers(served, me) | _runs(served, me)
    found |= _put_right(served, me)
    found |= _requests(served, me, second)
    _programs(served, me)
    hook = "https://erp.ann.example/a/rather/long/way/to/the/receiver/of/oreprint?plant=1"
    # of kinds that don't happen here: ten deliveries that fail would switch it off while a page is looked at
    kinds = ("refused", "hook-off")
    create_hook(served.registry, party=ANN, address=hook, kinds=kinds)
    found["/desk/admin/people/{person}"] = f"/desk/admin/people/{second.id}"
    found["/desk/grids/{grid}"] = "/desk/grids/MY?line=1"
    with site(served) as at:
        found["/desk/link/{secret}"] = f"/desk/link/{one_time_link(served.registry, second.id, by=OPERATOR)}"
        yield FullDesk(at, me, found, _files(folder))


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
    """Keep two approved recipes, have an engineer send the next version of one, and begin one of an example."""
    for each in (recipe() | {"lots": "OX-{n}"}, blend_recipe()):
        keep_recipe(served.registry, each, party=ANN)
    again = recipe(version=2) | {"lots": "OXIDE-{n}", "examples": ["outputs[0]"]}
    sent = propose_recipe(served.registry, again, party=ANN, by=engineer.author, tables=tables())
    send_recipe(served.registry, ANN, "OX", digest=sent.digest, by=engineer.author)
    example = starter_of(served.registry, "blending", "dysprosium-oxide", party=ANN, tables=tables(), name="DY")
    propose_recipe(served.registry, example, party=ANN, by=engineer.author, tables=tables())
    return {
        "/desk/recipes/{recipe}": "/desk/recipes/OX",
        "/desk/recipes/{recipe}/edit": "/desk/recipes/OX/edit",
        "/desk/recipes/{recipe}/try": "/desk/recipes/BL/try",
        "/desk/recipes/{recipe} example": "/desk/recipes/DY",
        "/desk/recipes/{recipe}/edit example": "/desk/recipes/DY/edit",
    }


def _customers(served: Served, me: Person) -> dict[str, str]:
    """Ship to a guest, who says that it came, sends some back, and whose goods somebody claims."""
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
    receive(served.registry, next(each.id for each in list_shares(served.registry, ANN).links))
    back = validated(ReturnRequest, {"lot": "AL-42", "mass": "4 kg"})
    goods_back(served.registry, guest.id, back, party=ANN)
    open_claim(served.registry, claim_code(served.registry, guest.id, party=ANN).code, claimant=BEN)
    return {
        "/desk/contacts/{contact}": f"/desk/contacts/{guest.id}",
        "/desk/shipments/{shipment}": f"/desk/shipments/{made.id}",
    }


def _runs(served: Served, me: Person) -> dict[str, str]:
    """Keep a run to be finished and one that is held, and upload days: with a mistake, shipped, and held."""
    kept = draft(served, "OX-21", "101")
    waits = held(served, "OX-22")
    wrong = _uploaded(served, me, row(31), row(32, mass_kg=1000, **{"r:neodymium-oxide-bought": 1010}))
    sent = _uploaded(served, me, row(33, customer="Motor Works", ship_kg=40.5), row(34))
    for _ in issue_upload(served.registry, ANN, sent, tables=tables(), wish=IssueWish(by=me.author)):
        pass
    later = _uploaded(served, me, row(35, customer="Ben"), row(36), row(37, mass_kg=1000))
    wish = IssueWish("ready", by=me.author)
    hold_upload(served.registry, ANN, later, tables=tables(), wish=wish, minutes=30)
    return {
        "/desk/runs/new": "/desk/runs/new?recipe=OX",
        "/desk/runs/new recipes": "/desk/runs/new",
        "/desk/drafts/{draft_id}": f"/desk/drafts/{kept.row.id}",
        "/desk/drafts/{draft_id}/edit": f"/desk/drafts/{kept.row.id}/edit",
        "/desk/drafts/{draft_id} held": f"/desk/drafts/{waits.row.id}",
        "/desk/uploads/{upload}": f"/desk/uploads/{wrong}",
        "/desk/uploads/{upload} shipped": f"/desk/uploads/{sent}",
        "/desk/uploads/{upload} held": f"/desk/uploads/{later}",
    }


def _uploaded(served: Served, me: Person, *rows: dict[str, object]) -> str:
    content = day(rows)
    return upload_workbook(served.registry, ANN, "day.xlsx", content, tables=tables(), by=me.author).id


def _put_right(served: Served, me: Person) -> dict[str, str]:
    """Begin to correct a run without a recipe, and to replace one that a recipe made."""
    made = held(served, "OX-23")
    sign_draft(served.registry, ANN, made.row.id, tables=tables())
    wrong: tuple[tuple[str, Act, dict[str, str]], ...] = (
        ("AL-41", "correct", {f"r:{READING}": "450"}),
        ("OX-23", "replace", {"mass_kg": "99.5", f"r:{READING}": "99.5"}),
    )
    digests = {each.lot: each.digest for each in every_certificate(served.registry, ANN, ListFilter())}
    found = {}
    for lot, act, typed in wrong:
        begun = begin_putting_right(served.registry, digests[lot], act, who=me, tables=tables())
        save_draft(served.registry, ANN, begun.row.id, {**begun.typed, **typed}, revision=1, by=me.author)
        found[f"/desk/drafts/{{draft_id}} {act}"] = f"/desk/drafts/{begun.row.id}"
        found[f"/desk/drafts/{{draft_id}}/edit {act}"] = f"/desk/drafts/{begun.row.id}/edit"
    return found | {"/desk/certificates/{digest} replaceable": f"/desk/certificates/{digests['OX-23']}"}


def _programs(served: Served, me: Person) -> None:
    """Make tokens that are used, ended and of somebody who left; ask the operator, who answers some."""
    gone = person(served, "clerk", name="Zhao Min")
    label = "ERP, line 2"
    used, _ = create_token(served.registry, tenant=ANN, scopes=("read", "issue"), label=label, days=90, by=me.author)
    keep_uses(served.registry, {used.id: served.registry.runtime.now_ms()})
    create_token(served.registry, tenant=ANN, scopes=("read",), by=gone.author)
    ended, _ = create_token(served.registry, tenant=ANN, scopes=("read", "move", "share"), days=1, by=me.author)
    revoke_token(served.registry, ended.id, party=ANN, by=me.author)
    end_person(served.registry, gone.id, party=ANN, by=OPERATOR)
    for kind, wish in (("plant", "Bayan Obo 2\nsteps 3 and 4"), ("printer", "ZPL"), ("key", "DID")):
        asked = file_request(served.registry, party=ANN, kind=kind, wish=wish, by=me.author)
        if kind == "plant":
            answer_request(served.registry, asked.id, done=True, answer="It is in the list now.")
        if kind == "printer":
            answer_request(served.registry, asked.id, done=False, answer="A network address is missing.")


def _files(folder: Path) -> dict[str, Path]:
    """Write what forms are sent with: a recipe workbook with wrong cells, and no workbook."""
    book = load_workbook(io.BytesIO(recipe_workbook(checked_recipe(recipe()))))
    book["Lines"]["C4"], book["Lines"]["E4"] = "many", "now and then"
    files = {"recipe.xlsx": saved(book), "wrong.xlsx": b"no workbook"}
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in files}


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
