"""What the demo's registry says to people, page by page: amounts that a person would write, and nothing that nobody
counted as 0.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from html import unescape
from typing import TYPE_CHECKING, Final

import pytest
from pypdf import PdfReader

from api.app import create_app
from api.app_state import Parts
from cli.parts import runtime
from ledger.admin.init import open_book, status_signer
from ledger.desk.people import add_person
from ledger.registry.approval import OPERATOR
from ledger.registry.folder import Home
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.parties import parties
from ledger.tables import shipped_tables
from schemas.person import ROLES
from tests.support.browser.wording import raw_in, said_on
from tests.support.http.client import Client
from tests.support.http.desk import sign_in
from tests.support.http.server import ORIGIN, Served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.terminal import Demo, Terminal

OPEN: Final = {
    "IC-03": (
        "indirect N2O from leached ammonium and deposited NH3",
        "land-use change, loss of vegetation, landslides",
    ),
    "MG-88": (
        "flotation collector (hydroxamate)",
        "indirect N2O from leached ammonium and deposited NH3",
        "land-use change, loss of vegetation, landslides",
    ),
}
"""What nobody quantified, by lot; the magnet inherits it."""
LAND_USE: Final = "CO2-land-use"


@pytest.fixture(scope="module")
def served(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """The demo's registry without a socket: a copy, since people are added."""
    home = Home(shutil.copytree(demo.home, tmp_path_factory.mktemp("demo") / "home"))
    passphrase = home.passphrase.read_bytes().strip()
    registry = open_book(home, runtime(), passphrase=passphrase)
    status = status_signer(home, registry.did, passphrase=passphrase)
    app = create_app(Parts(registry, shipped_tables(), status, ORIGIN))
    return Served(home, registry, app, home)


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[Client]:
    with served.client() as client:
        yield client


# -- amounts, plurals, patterns ----------------------------------------------------------------------------------------

LINK: Final = re.compile(r'href="(/desk[^"#?]*)')


OWN: Final = frozenset({"/desk", "/desk/incoming", "/desk/lots", "/desk/ship"})
"""Screens that say something else to each party, without an id in their address."""
FILES: Final = re.compile(r"/desk/(?:static|export|labels/file|uploads/template)")


def walked(client: Client, seen: set[str]) -> Iterator[tuple[str, str]]:
    """Yield every page that links lead to from Today, and what it says, but for those `seen` before."""
    waiting = list(OWN)
    while waiting:
        path = waiting.pop()
        if path in seen or FILES.match(path):
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            yield path, "\n".join(said_on(answer.text))
            waiting += [unescape(found) for found in LINK.findall(answer.text)]


def test_no_page_of_the_desk_shows_a_raw_amount_or_a_pattern(served: Served, client: Client) -> None:
    """The desk of each party, with the pages that it leads to."""
    with reading(served.registry.engine) as connection:
        dids = [each.issuer.did for each in parties(connection)]
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    for did in dids:
        who = add_person(served.registry, party=did, name=f"Walker of {did}", roles=ROLES, by=OPERATOR)
        client.cookies.clear()
        sign_in(served, client, who)
        seen -= OWN
        wrong |= {f"{did} {path}": found for path, text in walked(client, seen) if (found := raw_in(text))}
    client.cookies.clear()
    assert wrong == {}
    assert {"/desk/recipes", "/desk/uploads", "/desk/shipments", "/desk/contacts", "/desk/admin/rules"} <= seen
    assert sum(path.startswith("/desk/certificates/") for path in seen) > 15


# -- what nobody quantified --------------------------------------------------------------------------------------------


def pdf_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


@pytest.mark.parametrize("lot", OPEN)
def test_what_nobody_quantified_is_open_at_every_door_and_never_0(
    lot: str, demo: Demo, client: Client, terminal: Terminal
) -> None:
    """Issue 34, 5: page, report, bundle, papers, and the terminal."""
    file = demo.home / "certificates" / f"{lot}.sdjwt"
    opened = open_certificate(file.read_text().strip())
    path, told = f"/v1/certificates/{opened.digest}", "; ".join(OPEN[lot])
    assert LAND_USE not in {gas for _, gas, _, _ in opened.record.footprint.rows}
    page = " ".join(said_on(client.get(f"/c/{opened.digest}").text))
    assert raw_in(page) == []
    assert f"Left out, and nobody knows how much it adds: {told}." in page
    assert LAND_USE not in page
    bundle = client.get(f"{path}/bundle")
    sent = client.post("/v1/verify", content=bundle.content, headers={"content-type": bundle.headers["content-type"]})
    for report in (client.get(f"{path}/verification").json(), sent.json()):
        (found,) = [each for each in report["plausibility"]["beside"] if each["key"] == "open"]
        assert found["facts"] == {"items": told}
    rows = list(csv.DictReader(io.StringIO(client.get(f"{path}/figures.csv").content.decode("utf-8-sig"))))
    assert [each["name"] for each in rows if each["row"] == "left-out" and each["part"] == "open"] == list(OPEN[lot])
    assert LAND_USE not in {each["part"] for each in rows}
    assert told in pdf_text(client.get(f"{path}/certificate.pdf").content)
    shown = " ".join(terminal.run("show", str(file)).out.split())
    assert f"not in it, since nobody bounded it: {told}" in shown
    assert "Land-use change not quantified" in shown
