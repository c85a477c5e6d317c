"""A run with certified inputs is replaced and a magnet is made of it; what old label, old GS1 path and old bundle say
then; and replacing, shipping and accepting at once, on both databases.
"""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.app_state import Parts
from ledger.audit.everything import audit
from ledger.changes.gs1_keys import identify_lot
from ledger.desk.contacts import add_contact
from ledger.desk.replace import replace_run
from ledger.issuing.issue import issue
from ledger.lots.balance import holdings_of
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.contact import ContactRequest
from schemas.problem import OreprintError
from tests.support.browser.labels import drawn, read
from tests.support.http.server import ANN, BEN, ORIGIN, Served, plant, serve, status, tables
from tests.support.registries.example import chain, issue_all, record
from tests.support.registries.lived_in import MAGNET_MAKER, TABLES, Life, a_birth, code_of, trust_of, warnings
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry
    from schemas.report import Report

GTIN = "04006381333931"
HOUR_MS = 60 * 60 * 1000
KG = 10**6
ALLOY_RUN, MAGNET_RUN = "12-SC-2026-05", "13-MAG-2026-06"
ROUNDS, LONG = 4, 334
"""Rounds of three acts: the long form makes a thousand."""


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The example up to its alloy; the alloy has a GTIN, somebody has its bundle, and then it is replaced."""
    life = a_birth(tmp_path_factory.mktemp("life") / "home")
    for each in issue_all(life.registry, chain()[:12], TABLES):
        life.keep(each)
    return life


@pytest.fixture(scope="module")
def before(life: Life) -> list[bytes]:
    """The bundle of the alloy from before it was replaced."""
    identify_lot(life.registry, "AL-40", party=MAGNET_MAKER, gtin=GTIN)
    return life.lines("AL-40")


@pytest.fixture(scope="module")
def replaced(life: Life, before: list[bytes]) -> Life:
    assert before
    wanted = record(ALLOY_RUN).model_copy(update={"note": "weighed again"})
    done = replace_run(life.registry, "AL-40", wanted, producer=MAGNET_MAKER, tables=TABLES, status=life.status)
    life.digests |= {each.lot: each.digest for each in done.issued}
    magnet = record(MAGNET_RUN)
    renamed = [each.model_copy(update={"lot": "AL-40-2"}) if each.lot == "AL-40" else each for each in magnet.inputs]
    life.issue(magnet.model_copy(update={"inputs": tuple(renamed)}))
    return life


def judged(life: Life, lines: list[bytes], later_ms: int = 0) -> Report:
    policy = Policy(at_ms=life.clock.now + later_ms)
    return report(verify_bundle(lines, trust=trust_of(life.home), tables=TABLES, policy=policy))


def test_a_magnet_made_of_a_replaced_alloy_is_genuine(replaced: Life) -> None:
    for lot in ("AL-40-2", "MG-88"):
        found = replaced.verify(lot)
        assert (lot, found.verdict, found.chain.state) == (lot, "genuine", "complete")
        assert warnings(found) == [("status.undone", "AL-40")], lot
    assert replaced.verify("AL-40").verdict == "withdrawn"
    assert replaced.faults() == []


def test_the_old_label_and_the_old_gs1_path_lead_to_the_old_certificate_and_never_to_the_new(replaced: Life) -> None:
    old, new = replaced.digests["AL-40"], replaced.digests["AL-40-2"]
    app = create_app(Parts(replaced.registry, TABLES, replaced.status, ORIGIN))
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False) as client:
        (printed,) = read(drawn(client.get(f"/v1/certificates/{old}/label.png").content, suffix="png"))
        path = printed.removeprefix(ORIGIN)
        by_path = client.get(f"/01/{GTIN}/10/AL-40")
        assert (by_path.status_code, by_path.headers["location"]) == (307, f"{ORIGIN}/c/{old}")
        for scanned in (path, by_path.headers["location"]):
            page = client.get(scanned, headers={"accept": "text/html"})
            assert page.status_code == 200, scanned
            assert "Withdrawn" in page.text
            assert "Replaced before shipment by lot AL-40-2. Weigh the drum and print a new label." in page.text
            assert f'href="/c/{new}' in page.text
        other = client.get(f"/01/{GTIN}/10/AL-40-2").headers["location"]
        assert old not in other, other


def test_an_old_bundle_is_genuine_for_a_day_and_incomplete_after_it(replaced: Life, before: list[bytes]) -> None:
    assert judged(replaced, before, HOUR_MS).verdict == "genuine"
    stale = judged(replaced, before, 25 * HOUR_MS)
    assert stale.verdict == "incomplete"
    assert judged(replaced, replaced.lines("AL-40")).verdict == "withdrawn"  # with the lists of now


# -- racing ----------------------------------------------------------------------------------------------------------


REFUSED = ("life.", "holding.", "replace.")


class Race:
    """Three acts on the same lots, each in a thread of its own with the registry as another process has it."""

    def __init__(self, served: Served, lots: list[str]) -> None:
        """Begin with the lots issued."""
        self.served, self.lots, self.key = served, lots, status(served)
        self.guest = add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN).did
        self.records = {lot: blend(lot, "100 kg", producer=ANN, plant=plant(ANN)) for lot in lots}
        for made in issue(served.registry, list(self.records.values()), tables=tables()):
            assert not isinstance(made, OreprintError), made
        self.gate = threading.Barrier(3, timeout=120)
        self.won: dict[str, list[str]] = {lot: [] for lot in lots}
        self.failed: list[str] = []

    def replace(self, registry: OpenRegistry, lot: str) -> None:
        wanted = self.records[lot].model_copy(update={"note": "weighed again"})
        replace_run(registry, lot, wanted, producer=ANN, tables=tables(), status=self.key)

    def offer(self, registry: OpenRegistry, lot: str) -> None:
        ship(registry, Dispatch(lot, ANN, BEN, 60 * KG))
        accept(registry, consignee=BEN, lot=lot)

    def give(self, registry: OpenRegistry, lot: str) -> None:
        ship(registry, Dispatch(lot, ANN, self.guest, 60 * KG))

    def run(self, act: Callable[[OpenRegistry, str], None]) -> None:
        """Do one act on each lot, at the same time as the others."""
        registry, finished = self.served.beside().registry, False
        try:
            for lot in self.lots:
                self.gate.wait()
                code = code_of(partial(act, registry, lot))
                if code == "it was done":
                    self.won[lot].append(act.__name__)
                elif not code.startswith(REFUSED):
                    self.failed.append(code)
            finished = True
        finally:
            if not finished:
                self.failed.append(act.__name__)
                self.gate.abort()

    def held(self) -> dict[str, int]:
        """Return what all owners together have of each lot, in mg."""
        left: dict[str, int] = {}
        for owner in (ANN, BEN, self.guest):
            for each in holdings_of(self.served.registry, owner):
                left[each.lot.lot] = left.get(each.lot.lot, 0) + each.left_mg + each.offered_mg
        return left


def raced(served: Served, rounds: int) -> Race:
    """Replace a lot, ship it and give it to a guest at once, again and again; exactly one must win each time."""
    race = Race(served, [f"R-{number}" for number in range(rounds)])
    threads = [threading.Thread(target=race.run, args=(act,)) for act in (race.replace, race.offer, race.give)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert race.failed == []
    left = race.held()
    for lot, names in race.won.items():
        assert len(names) == 1, (lot, names)
        held = (left.get(lot, 0), left.get(f"{lot}-2", 0))
        assert held == ((0, 100 * KG) if names == ["replace"] else (100 * KG, 0)), (lot, names)
    found = audit(served.home, tables=tables(), progress=lambda _done, _all: None)
    assert (found.whole, found.faults) == (True, ())
    return race


def test_of_replacing_shipping_and_accepting_at_once_one_wins(tmp_path: Path, database: str | None) -> None:
    assert len(raced(serve(tmp_path, database), ROUNDS).won) == ROUNDS


@pytest.mark.soak
def test_a_thousand_racing_acts_oversell_nothing(
    tmp_path: Path, database: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [name for (name,) in raced(serve(tmp_path, database), LONG).won.values()]
    won = {name: names.count(name) for name in sorted(set(names))}
    with capsys.disabled():
        print(f" {LONG * 3} acts: {won} won, 0 g oversold ", end="")  # noqa: T201
