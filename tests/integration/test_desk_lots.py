"""The desk's lots: the list, one certificate and what can be done with it, incoming goods, and labels."""

from __future__ import annotations

import html
import io
import json
import re
import socket
import threading
import zipfile
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]
import pytest
from openpyxl import load_workbook

from api.app import create_app
from api.app_state import Parts
from api.desk.routes import incoming as incoming_route
from api.desk.routes import labels as labels_route
from ledger.audit.everything import audit
from ledger.carrier.link import CertificateLink, parse_link
from ledger.desk.incoming import kept_difference, list_incoming
from ledger.desk.lot_view import lot_view
from ledger.desk.outbox import latest_notices
from ledger.issuing.issue import IssuedRun, issue
from ledger.remote import printer as printers
from ledger.transfers.ship import Dispatch, ship
from tests.support.browser.labels import drawn, read
from tests.support.http.desk import Desk, desk
from tests.support.http.server import ANN, BEN, CID, ORIGIN, Served, plant, serve, tables
from tests.support.registries import two_homes
from tests.support.worlds.blends import blend, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from schemas.person import Role

KG = 1_000_000
EVERYTHING = ("clerk", "quality", "goods-in", "sales")


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A registry whose lots no test uses up."""
    home = serve(tmp_path_factory.mktemp("lots"))
    make(home, "A-1")
    make(home, "A-2")
    return home


def make(served: Served, lot: str, mass: str = "10 kg", *, by: str = ANN) -> str:
    (made,) = issue(served.registry, [blend(lot, mass, producer=by, plant=plant(by))], tables=tables())
    assert isinstance(made, IssuedRun), made
    return made.certificates[0].digest


def text_of(page: str) -> str:
    """Return the words of a page's body."""
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def digest_in(text: str) -> str:
    """Return the certificate's digest in what a scanner read."""
    link = parse_link(text)
    assert isinstance(link, CertificateLink)
    return link.digest


@pytest.fixture
def at(untouched: Served) -> Iterator[Desk]:
    with desk(untouched, *EVERYTHING) as visitor:
        yield visitor


def test_lots_are_listed_and_narrowed(untouched: Served, at: Desk) -> None:
    shown = at.get("/desk/lots").text
    assert shown.index("A-2") < shown.index("A-1")
    assert "A-2" not in at.get("/desk/lots?q=a-1&show=issued").text
    assert "No lot matches this search." in at.get("/desk/lots?show=received").text
    wrong = at.get("/desk/lots?show=soup&from=1.2.2026")
    assert wrong.status_code == 400
    assert 'href="#f-show"' in wrong.text
    assert 'href="#f-from"' in wrong.text
    with desk(untouched, "clerk", party=BEN) as other:
        assert "A-1" not in other.get("/desk/lots?show=all").text


def test_what_the_list_shows_is_exported_with_its_filters(untouched: Served, at: Desk) -> None:
    shown = at.get("/desk/lots?show=all&q=a-1").text
    links = [html.unescape(each) for each in re.findall(r'href="(/desk/export[^"]+)"', shown)]
    assert [each.partition("?")[0] for each in links] == ["/desk/export.xlsx", "/desk/export.zip"]
    book = load_workbook(io.BytesIO(at.get(links[0]).content))
    lots = {row[0].value for row in book["Runs"]["C4:C20"] if row[0].value}
    assert lots == {"A-1"}
    archive = zipfile.ZipFile(io.BytesIO(at.get(links[1]).content))
    runs = archive.read("Runs.csv").decode()
    assert ("A-1" in runs, "A-2" in runs) == (True, False)
    assert at.get("/desk/export.xlsx?from=1.2.2026").status_code == 422


def test_another_party_s_certificate_is_not_found_in_any_way(untouched: Served) -> None:
    digest = make(untouched, "A-3")
    with desk(untouched, *EVERYTHING, party=BEN) as other:
        assert other.get(f"/desk/certificates/{digest}").status_code == 404
        assert other.get(f"/desk/labels?d={digest}").status_code == 404
        assert other.get(f"/desk/labels/file?d={digest}").status_code == 404
        for path, form in (
            ("share", {"recipient": "x", "audience": "customer", "days": "9"}),
            ("status", {"change": "withdraw", "reason": "x"}),
            ("undo", {}),
            ("cancel", {}),
        ):
            assert other.post(f"/desk/certificates/{digest}/{path}", form).status_code == 404, path
    assert lot_view(untouched.registry, ANN, digest).state == "standing"


def test_a_role_that_may_not_is_told_so(untouched: Served) -> None:
    digest = make(untouched, "A-4")
    with desk(untouched, "clerk") as clerk:
        for path in ("share", "status", "undo"):
            assert clerk.post(f"/desk/certificates/{digest}/{path}").status_code == 403
        assert clerk.get("/desk/incoming").status_code == 403
        shown = clerk.get(f"/desk/certificates/{digest}").text
        assert "Undo the run" not in shown
        assert "Share with a customer" not in shown


def test_a_link_is_made_shown_once_counted_and_ended(untouched: Served, at: Desk) -> None:
    digest = make(untouched, "A-5")
    path = f"/desk/certificates/{digest}"
    made = at.post(f"{path}/share", {"recipient": "Motor <Works>", "audience": "customer", "days": "30"})
    assert "#key=orev_" in made.text
    assert "Motor &lt;Works&gt;" in made.text
    again = at.get(path).text
    assert "#key=" not in again
    ends = re.search(rf'action="({path}/links/[0-9a-f]+/end)"', again)
    assert ends is not None
    assert at.post(ends[1]).status_code == 303
    assert "ended by you" in at.get(path).text
    wrong = at.post(f"{path}/share", {"recipient": "", "audience": "customer", "days": "900"})
    assert wrong.status_code == 422
    assert 'href="#f-recipient"' in wrong.text


def test_a_lot_is_suspended_lifted_withdrawn_and_undone(served: Served) -> None:
    first, second = make(served, "L-1"), make(served, "L-2")
    with desk(served, "quality") as quality:
        path = f"/desk/certificates/{first}/status"
        assert quality.post(path, {"change": "suspend", "reason": "an assay is repeated"}).status_code == 303
        assert "Suspended: an assay is repeated" in quality.get(f"/desk/certificates/{first}").text
        again = quality.post(path, {"change": "suspend", "reason": "twice"})
        assert again.status_code == 409, again.text
        assert quality.post(path, {"change": "lift", "reason": "it was right"}).status_code == 303
        assert quality.post(path, {"change": "withdraw", "reason": "it was wrong"}).status_code == 303
        shown = text_of(quality.get(f"/desk/certificates/{first}").text)
        assert "Withdrawn: it was wrong" in shown
        assert "Put right" not in shown, "nothing can be done with it"
        assert quality.post(f"/desk/certificates/{second}/undo").status_code == 303
        assert "The run was undone" in quality.get(f"/desk/certificates/{second}").text
    assert list(audit(served.home, tables=tables(), progress=lambda *_: None).faults) == []


def test_a_wrong_mass_is_replaced_and_words_are_corrected_by_a_record(served: Served) -> None:
    digest = make(served, "L-1")
    record = json.dumps(written("L-1", "8 kg", producer=ANN, plant=plant(ANN)))
    with desk(served, "quality") as quality:
        headers = {"origin": "https://registry.example", "sec-fetch-site": "same-origin"}

        def bring(path: str, how: str, content: str, *, forged: bool = False) -> tuple[int, str]:
            data = {"csrf": "x" if forged else quality.token(), "how": how}
            file = {"file": ("record.json", io.BytesIO(content.encode()), "application/json")}
            answer = quality.client.post(path, data=data, files=file, headers=headers, follow_redirects=False)
            return answer.status_code, answer.headers.get("location", answer.text)

        path = f"/desk/certificates/{digest}/record"
        assert bring(path, "replace", record, forged=True)[0] == 403
        status, refused = bring(path, "replace", "{")
        assert (status, "ends in the middle" in refused) == (400, True)
        assert bring(path, "replace", "")[0] == 422
        status, where = bring(path, "replace", record)
        assert status == 303, where
        shown = text_of(quality.get(where).text)
        assert "Lot L-1-2" in shown
        assert "Replaced before shipment by L-1-2" in text_of(quality.get(f"/desk/certificates/{digest}").text)
    assert list(audit(served.home, tables=tables(), progress=lambda *_: None).faults) == []


def test_goods_are_accepted_by_the_scale_and_the_difference_is_kept(served: Served) -> None:
    digest = make(served, "L-1", "1000 kg")
    ship(served.registry, Dispatch("L-1", ANN, BEN, 600 * KG))
    with desk(served, "goods-in", party=BEN) as goods:
        shown = text_of(goods.get("/desk/incoming").text)
        assert "L-1 from Ann" in shown
        assert "600 kg" in shown
        (offer,) = list_incoming(served.registry, BEN)
        path = f"/desk/incoming/{offer.offer}/accept"
        none = goods.post(path, {"scale": ""})
        assert (none.status_code, f'href="#f-scale-{offer.offer}"' in none.text) == (422, True)
        far = goods.post(path, {"scale": "598.7"})
        assert far.status_code == 409
        assert "600 kg are offered. The difference is -0.22 %" in text_of(far.text)
        assert 'value="598.7"' in far.text, "what was typed is kept"
        done = goods.post(path, {"scale": "599.4"})
        assert (done.status_code, done.headers["location"]) == (303, f"/desk/certificates/{digest}")
        assert "0.6 kg less than you accepted" in text_of(goods.get(f"/desk/certificates/{digest}").text)
        assert kept_difference(served.registry, BEN, offer.lot) == 600_000
        assert goods.post(path, {"scale": "600"}).status_code == 404, "it was accepted before"
    assert "Shipped 600 kg to Ben" in _seen_by_ann(served, digest)
    assert list(audit(served.home, tables=tables(), progress=lambda *_: None).faults) == []


def _seen_by_ann(served: Served, digest: str) -> str:
    with desk(served, "clerk") as ann:
        return text_of(ann.get(f"/desk/certificates/{digest}").text)


def test_an_offer_that_is_not_taken_stays_shut_here_and_its_sender_reads_why(served: Served) -> None:
    make(served, "L-1")
    ship(served.registry, Dispatch("L-1", ANN, BEN, 4 * KG))
    token = served.token(BEN)
    with desk(served, "goods-in", party=BEN) as goods:
        (offer,) = list_incoming(served.registry, BEN)
        empty = goods.post(f"/desk/incoming/{offer.offer}/shut", {"reason": " "})
        assert empty.status_code == 422
        assert goods.post(f"/desk/incoming/{offer.offer}/shut", {"reason": "the seal is broken"}).status_code == 303
        shown = goods.get("/desk/incoming").text
        assert "the seal is broken" in shown
        assert f"/{offer.offer}/accept" not in shown
        assert goods.post(f"/desk/incoming/{offer.offer}/accept", {"scale": "4"}).status_code == 409
        accepted = goods.client.post("/v1/statements", json={"statement": "accept"}, headers=token)
        assert (accepted.status_code, accepted.json()["code"]) == (409, "incoming.shut"), "no token passes it by"
        assert goods.post(f"/desk/incoming/{offer.offer}/open").status_code == 303
        assert goods.post(f"/desk/incoming/{offer.offer}/accept", {"scale": "4"}).status_code == 303
    from ledger.store.engine import reading
    from ledger.store.events import events

    with reading(served.registry.engine) as connection:
        told = [each for each in events(connection, last=50, tenant=ANN) if each.action == "offer not taken"]
    assert [(each.subject, each.outcome) for each in told] == [("L-1", f"{BEN}: the seal is broken")]
    (refused,) = [each for each in latest_notices(served.registry, ANN) if each.kind == "refused"]
    assert (refused.subject, refused.facts) == ("L-1", {"with": BEN, "reason": "the seal is broken"})


def test_a_later_offer_of_a_lot_waits_beside_the_one_that_was_shut(served: Served) -> None:
    make(served, "L-1")
    ship(served.registry, Dispatch("L-1", ANN, BEN, 4 * KG))
    with desk(served, "goods-in", party=BEN) as goods:
        (bad,) = list_incoming(served.registry, BEN)
        goods.post(f"/desk/incoming/{bad.offer}/shut", {"reason": "the seal is broken"})
        ship(served.registry, Dispatch("L-1", ANN, BEN, 2 * KG))
        by_reason = {each.reason: each for each in list_incoming(served.registry, BEN)}
        assert {reason: each.mass for reason, each in by_reason.items()} == {"the seal is broken": "4", None: "2"}
        good = by_reason[None].offer
        assert goods.post(f"/desk/incoming/{good}/accept", {"scale": "2"}).status_code == 303
        assert [each.offer for each in list_incoming(served.registry, BEN)] == [bad.offer]


def test_an_offer_that_is_not_judged_on_the_page_says_so(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming_route, "MOST_JUDGED", 1)
    for lot in ("L-1", "L-2"):
        make(served, lot)
        ship(served.registry, Dispatch(lot, ANN, BEN, 4 * KG))
    with desk(served, "goods-in", party=BEN) as goods:
        assert text_of(goods.get("/desk/incoming").text).count("was not checked on this page") == 1


def test_a_party_says_how_far_its_scale_may_differ(served: Served) -> None:
    make(served, "L-1")
    ship(served.registry, Dispatch("L-1", ANN, BEN, 4 * KG))
    with desk(served, "goods-in", "admin", party=BEN) as goods:
        (offer,) = list_incoming(served.registry, BEN)
        accept = f"/desk/incoming/{offer.offer}/accept"
        assert "up to 0.2 %" in goods.get("/desk/incoming").text
        assert goods.post(accept, {"scale": "3.985"}).status_code == 409
        for wrong in ("5.01", "-1", "a few", "1e-3", ""):
            assert goods.post("/desk/admin/rules/tolerance", {"tolerance": wrong}).status_code == 422, wrong
        assert goods.post("/desk/admin/rules/tolerance", {"tolerance": "0.4"}).status_code == 303
        assert 'value="0.4"' in goods.get("/desk/admin/rules").text
        assert "up to 0.4 %" in goods.get("/desk/incoming").text
        assert goods.post(accept, {"scale": "3.9839"}).status_code == 409
        assert goods.post(accept, {"scale": "3.984"}).status_code == 303
    with desk(served, "clerk", party=BEN) as clerk:
        assert clerk.post("/desk/admin/rules/tolerance", {"tolerance": "5"}).status_code == 403


def test_who_is_not_offered_anything_finds_no_offer(served: Served) -> None:
    make(served, "L-1")
    ship(served.registry, Dispatch("L-1", ANN, BEN, 4 * KG))
    (offer,) = list_incoming(served.registry, BEN)
    with desk(served, "goods-in", party=CID) as other:
        assert "Nothing is offered to you." in other.get("/desk/incoming").text
        for act, form in (("accept", {"scale": "4"}), ("shut", {"reason": "x"}), ("open", {})):
            assert other.post(f"/desk/incoming/{offer.offer}/{act}", form).status_code == 404
    assert list_incoming(served.registry, BEN)[0].reason is None


# -- labels --------------------------------------------------------------------------------------------------------


def test_sheets_hold_labels_that_scanners_read(untouched: Served, at: Desk) -> None:
    digests = [make(untouched, f"S-{number}") for number in range(3)]
    query = "&".join(f"d={each}" for each in digests)
    answer = at.get(f"/desk/labels?{query}&sheet=a4-4&start=3")
    assert answer.status_code == 200, answer.text
    pages = re.findall(
        r'<svg xmlns="http://www.w3.org/2000/svg" class="sheet a4".*?</svg>\n?</svg>', answer.text, re.DOTALL
    )
    assert len(pages) == 2, "two labels in the last cells of the begun sheet, one on the next"
    drawings = [drawn(page.encode(), suffix="svg", dots=150) for page in pages]  # half as fine as they are printed
    found = [[digest_in(text) for text in read(drawing)] for drawing in drawings]
    assert [sorted(each) for each in found] == [sorted(digests[:2]), digests[2:]]
    for query_more, field in (("sheet=a4-4&start=5", "start"), ("sheet=a0&start=1", "sheet"), ("start=x", "start")):
        wrong = at.get(f"/desk/labels?{query}&{query_more}")
        assert (wrong.status_code, f'href="#f-{field}"' in wrong.text) == (400, True)


def test_a_pdf_of_labels_has_a_label_a_page_in_its_true_size(untouched: Served, at: Desk) -> None:
    digests = [make(untouched, f"P-{number}") for number in range(2)]
    query = "&".join(f"d={each}" for each in digests)
    content = at.get(f"/desk/labels/file?{query}&format=pdf&width=60").content
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 2
    assert document[0].get_width() / 72 * 25.4 == pytest.approx(60, abs=0.3)
    for number, digest in enumerate(digests):
        (text,) = read(document[number].render(scale=300 / 72).to_pil())
        assert digest_in(text) == digest
    assert at.get(f"/desk/labels/file?{query}&format=pdf&width=60").content == content, "printing again is the same"


def test_labels_go_to_a_printer_that_the_operator_named(
    untouched: Served, at: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = make(untouched, "Z-1")
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def printer() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as stream:
                got.append(stream.read())

        thread = threading.Thread(target=printer, daemon=True)
        thread.start()
        monkeypatch.setattr(printers, "RAW_PORT", listener.getsockname()[1])
        named = printers.parse_printers("Hall 1=127.0.0.1, Office=lp:no-such-queue")
        untouched.app.state.server.parts.printers.update(named)
        assert "Hall 1" in at.get(f"/desk/labels?d={digest}").text
        done = at.post("/desk/labels/print", {"d": digest, "printer": "Hall 1", "width": "60"})
        thread.join(30)
    assert done.status_code == 303, done.text
    assert "sent to Hall 1" in at.get(done.headers["location"]).text
    (zpl,) = got
    assert zpl == at.get(f"/desk/labels/file?d={digest}&format=zpl&width=60").content
    assert zpl.startswith(b"^XA")
    assert b"Lot Z-1" in zpl
    for name, code in (("Hall 1", 400), ("Nowhere", 400), ("Office", 400)):  # away, unknown, no such queue
        refused = at.post("/desk/labels/print", {"d": digest, "printer": name, "width": "60"})
        assert (refused.status_code, 'href="#f-printer"' in refused.text) == (code, True)


@pytest.mark.parametrize("role", ["auditor", "engineer", "admin"])
def test_only_who_handles_goods_sends_labels_to_a_printer(untouched: Served, role: Role) -> None:
    digest = make(untouched, f"ZR-{role}")
    untouched.app.state.server.parts.printers.update(printers.parse_printers("Dock=lp:dock"))
    with desk(untouched, role) as reader:
        shown = reader.get(f"/desk/labels?d={digest}")
        assert (shown.status_code, "Dock" in shown.text) == (200, False)
        refused = reader.post("/desk/labels/print", {"d": digest, "printer": "Dock", "width": "60"})
        assert refused.status_code == 403
    with desk(untouched, "goods-in") as handler:
        assert "Dock" in handler.get(f"/desk/labels?d={digest}").text


@pytest.mark.parametrize("text", ["=1.2.3.4", "A=1.2.3.4:22", "A=http://x", "A=lp:-o", "A=1.2.3.4,A=1.2.3.5", "A="])
def test_printers_are_named_in_one_way(text: str) -> None:
    from schemas.problem import InputError

    with pytest.raises(InputError) as caught:
        printers.parse_printers(text)
    assert caught.value.code == "label.printers"
    assert labels_route.MOST_LABELS == 200


def test_a_delivery_note_has_the_seals_the_private_links_once_and_is_then_a_copy(served: Served) -> None:
    from ledger.desk.contacts import add_contact
    from schemas.contact import ContactRequest

    digest = make(served, "N-1")
    contact = add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN)
    with desk(served, *EVERYTHING) as sales:
        once = re.search(r'name="once" value="([0-9a-f]+)"', sales.get("/desk/ship").text)
        assert once is not None
        form = {
            "once": once[1],
            "contact": contact.id,
            "lot": digest,
            f"mass.{digest}": "4",
            "po": "PO-7",
            "number": "D-9",
        }
        shipped = sales.post("/desk/ship", {**form, "audience": "customer", "links": "1"})
        assert shipped.status_code == 200, text_of(shipped.text)
        path = re.search(r'action="(/desk/shipments/[0-9a-f]+/note)"', shipped.text)
        link = re.search(r'name="link" value="([^"]+)"', shipped.text)
        assert path is not None
        assert link is not None
        first = sales.post(path[1], {"link": link[1]})
        shown = text_of(first.text)
        for word in ("D-9", "PO-7", "Motor Works", "Lot N-1", "4 kg"):
            assert word in shown
        assert "Copy" not in shown
        codes = [text for svg in re.findall(r"<svg xmlns.*?</svg>", first.text, re.DOTALL) for text in _scanned(svg)]
        assert digest_in(codes[0]) == digest
        assert parse_link(codes[0]).seal is not None
        assert codes[1] == link[1]
        again = sales.post(path[1], {"link": f"{ORIGIN}/c/{digest}#key=orev_made-up"})
        assert "Copy" in text_of(again.text)
        assert len(re.findall(r"<svg xmlns", again.text)) == 1, "a link that is not the shipment's is not printed"
    with desk(served, *EVERYTHING, party=BEN) as other:
        assert other.post(path[1]).status_code == 404


def _scanned(svg: str) -> list[str]:
    """Read a symbol that was drawn without a size, as a page draws it."""
    return read(drawn(svg.replace("<svg ", '<svg width="50mm" height="50mm" ', 1).encode(), suffix="svg"))


def test_a_transfer_is_taken_in_and_a_bundle_is_only_judged(tmp_path: Path) -> None:
    one, two = two_homes.two_shops(tmp_path)
    digest = one.blend("OX-1", "10 kg", by=two_homes.ANN)
    transfer = b"".join(one.send("OX-1", two_homes.ANN, two_homes.BEN, two, 4 * KG))
    bundle = b"".join(one.bundle(digest))
    app = create_app(Parts(two.registry, two_homes.TABLES, two.status, ORIGIN))
    served = Served(two.home, two.registry, app, two.home)
    with desk(served, "goods-in", party=two_homes.BEN) as goods:
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}

        def bring(content: bytes) -> Response:
            file = {"file": ("goods.oreprint", io.BytesIO(content), "application/octet-stream")}
            sent = {"csrf": goods.token()}
            return goods.client.post(
                "/desk/incoming/file", data=sent, files=file, headers=headers, follow_redirects=False
            )

        judged = bring(bundle)
        assert judged.status_code == 200
        assert "Lot OX-1" in text_of(judged.text)
        assert "This file moves no goods to you" in judged.text
        assert two.left(two_homes.BEN) == {}
        assert bring(b"soup").status_code >= 400
        at = transfer.index(b"eyJ") + 200
        broken = bring(transfer[:at] + (b"A" if transfer[at : at + 1] != b"A" else b"B") + transfer[at + 1 :])
        assert broken.status_code >= 400
        assert two.left(two_homes.BEN) == {}
        taken = bring(transfer)
        assert (taken.status_code, taken.headers["location"]) == (303, f"/desk/certificates/{digest}")
        assert two.left(two_homes.BEN) == {"OX-1": 4 * KG}
        shown = text_of(goods.get(taken.headers["location"]).text)
        assert "Received 4 kg from one.example" in shown
        assert "OX-1" in goods.get("/desk/lots?show=received").text
