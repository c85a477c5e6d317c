"""Electricity instruments as holdings in kWh: entered once, drawn like any lot, and never for more than a statement
says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
import pytest

from ledger.admin.init import init
from ledger.audit.everything import audit
from ledger.bundles.build import bundle_lines
from ledger.changes.undo import undo
from ledger.changes.withdraw import withdraw
from ledger.client.issue import issue_at
from ledger.holdings.mark import instrument_mark, statement_digest
from ledger.issuing.issue import IssuedRun, issue
from ledger.log.entry import Entry
from ledger.lots.balance import balances_of
from ledger.registry.lists import publish_status
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.logs import entry, latest_head
from ledger.store.reading import latest_published
from ledger.store.whole import places_taken, rows_of
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.door import validated
from schemas.inventory import instrument_key
from schemas.parties import Parties
from schemas.problem import InputError, OreprintError
from schemas.quantity import kg_text
from schemas.record import statement_lot
from tests.support.http.server import ANN, BEN, CID, PASSPHRASE, Served, plant, runtime, serve, status, tables
from tests.support.registries.own_key import office
from tests.support.worlds.blends import OXIDE
from tests.support.worlds.electricity import SCHEME, entering, powered, told

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.record import ProductionRecord
    from schemas.report import Report

LOT = statement_lot(SCHEME, "S-1")
HOME: Final[dict[str, Any]] = {"schemes": [{"scheme": SCHEME}]}


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database, **HOME)


def done(served: Served, record: ProductionRecord) -> str:
    """Return the digest of what was issued, or the code that it was refused with."""
    (outcome,) = issue(served.registry, [record], tables=tables())
    return outcome.certificates[0].digest if isinstance(outcome, IssuedRun) else outcome.code


def undone(served: Served, lot: str, producer: str) -> str:
    """Undo the run that made a lot; return the undo's record digest."""
    return to_base64url(
        statement_digest(undo(served.registry, lot, producer=producer, status=status(served)).statement)
    )


def left(served: Served, owner: str) -> dict[str, str]:
    """Return the kWh that a party has left of each statement's lot."""
    with reading(served.registry.engine) as connection:
        found = balances_of(connection, served.registry.did, owner=owner, now_ms=runtime().now_ms())
    return {each.lot.lot: kg_text(each.left_mg) for each in found if each.lot.kind == "electricity"}


def judged(served: Served, digest: str) -> Report:
    """Return what an auditor finds of a certificate."""
    publish_status(served.registry, signer=status(served))
    with reading(served.registry.engine) as connection:
        note = latest_published(connection, "trust")
    assert note is not None
    lines = bundle_lines(served.registry, digest, audience="auditor")
    policy = Policy(at_ms=runtime().now_ms())
    return report(verify_bundle(lines, trust=open_trust(note.text), tables=tables(), policy=policy))


def sound(served: Served) -> bool:
    found = audit(served.home, tables=tables(), progress=lambda *_: None)
    assert found.faults == ()
    return found.whole


def marks(served: Served) -> list[bytes]:
    """Return all marks of the log."""
    with reading(served.registry.engine) as connection:
        size = latest_head(connection).size
        return [mark for index in range(size) for mark in Entry.parse(entry(connection, index)).marks]


def test_a_statement_is_entered_once_and_leaves_the_mark_that_anyone_can_compute(served: Served) -> None:
    assert done(served, entering(ANN, plant(ANN), "S-1", "250 kWh")).startswith("zQm")
    mark = instrument_mark(instrument_key(SCHEME, "S-1"))
    assert marks(served).count(mark) == 1
    for producer in (ANN, BEN):
        assert done(served, entering(producer, plant(producer), "s-001", "10 kWh")) == "holding.instrument-used"
        assert done(served, entering(producer, plant(producer), "S-1", "10 MWh")) == "holding.instrument-used"
    assert done(served, powered("B-1", BEN, plant(BEN), told("S-1", "10 kWh"))) == "holding.instrument-used"
    assert marks(served).count(mark) == 1
    assert sound(served)


def test_runs_draw_what_they_name_until_nothing_is_left(served: Served) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "150 kWh"))
    digest = done(served, powered("A-1", ANN, plant(ANN), told("S-1", "90 kWh")))
    assert left(served, ANN) == {LOT: "60"}
    assert done(served, powered("A-2", ANN, plant(ANN), told("S-1", "60.001 kWh"))) == "holding.less-power"
    assert done(served, powered("A-2", ANN, plant(ANN), told("S-1", "60 kWh"))).startswith("zQm")
    assert left(served, ANN) == {LOT: "0"}
    found = judged(served, digest)
    assert found.verdict == "genuine"
    assert (found.chain.certificates, found.chain.tiers) == (1, 1)
    assert sound(served)


def test_a_line_that_names_a_new_statement_enters_it_with_the_run(served: Served) -> None:
    digest = done(served, powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh", whole="1 MWh")))
    assert left(served, ANN) == {LOT: "940"}
    assert judged(served, digest).verdict == "genuine"
    assert done(served, powered("A-2", ANN, plant(ANN), told("S-1", "10 kWh", whole="2 MWh"))) == (
        "holding.instrument-otherwise"
    )
    again = powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh", whole="1 MWh"))
    assert done(served, again) == digest
    assert sound(served)


@pytest.mark.parametrize(
    "otherwise", [{"grid": "CN-SC"}, {"year": "2025"}, {"factor": "methods/electricity-solar-direct.glo"}]
)
def test_a_line_says_what_the_statement_says(served: Served, otherwise: dict[str, str]) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "150 kWh"))
    refused = done(served, powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh", **otherwise)))
    assert refused.startswith(("holding.instrument-otherwise", "rule.", "draft."))
    assert left(served, ANN) == {LOT: "150"}


def test_what_cannot_be_issued_enters_no_statement(served: Served) -> None:
    before = len(marks(served))
    broken = powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh"), inputs=[{"lot": "NONE", "mass": "1 kg"}])
    assert done(served, broken) == "holding.unknown"
    assert (len(marks(served)), left(served, ANN)) == (before, {})


def test_a_record_that_names_thousands_of_statements_is_refused_alone_and_at_once(served: Served) -> None:
    many = powered("B-1", BEN, plant(BEN), *[told(f"T-{number}", "1 kWh") for number in range(6000)])
    good = powered("B-2", BEN, plant(BEN), told("S-1", "1 kWh"))
    refused, issued = issue(served.registry, [many, good], tables=tables())
    assert isinstance(refused, OreprintError)
    assert refused.code == "holding.many"
    assert refused.problems[0].facts == {"count": "6000", "limit": "250"}
    assert isinstance(issued, IssuedRun)
    assert sound(served)


def test_lots_of_one_commit_name_thousands_of_statements(served: Served) -> None:
    records = [
        powered(f"B-{lot}", BEN, plant(BEN), *[told(f"T-{lot}-{number}", "1 kWh") for number in range(24)])
        for lot in range(48)
    ]
    assert all(isinstance(outcome, IssuedRun) for outcome in issue(served.registry, records, tables=tables()))


def test_kwh_are_shipped_and_drawn_by_their_new_owner(served: Served) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "150 kWh"))
    ship(served.registry, Dispatch(LOT, ANN, BEN, 40_000_000, unit="kWh"))
    accept(served.registry, consignee=BEN)
    assert (left(served, ANN), left(served, BEN)) == ({LOT: "110"}, {LOT: "40"})
    digest = done(served, powered("B-1", BEN, plant(BEN), told("S-1", "40 kWh")))
    assert judged(served, digest).verdict == "genuine"
    assert done(served, powered("B-2", BEN, plant(BEN), told("S-1", "1 kWh"))) == "holding.less-power"
    assert sound(served)


def test_an_agent_enters_a_statement_for_another(served: Served) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "150 kWh", owner=BEN))
    assert left(served, BEN) == {LOT: "150"}
    assert judged(served, done(served, powered("B-1", BEN, plant(BEN), told("S-1", "40 kWh")))).verdict == "genuine"
    assert done(served, powered("A-1", ANN, plant(ANN), told("S-1", "40 kWh"))) == "holding.instrument-used"


def test_kwh_are_no_goods_and_goods_no_kwh(served: Served) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "150 kWh"))
    done(served, powered("A-1", ANN, plant(ANN)))
    with pytest.raises(OreprintError) as refused:
        ship(served.registry, Dispatch(LOT, ANN, BEN, 40_000_000, unit="kg"))
    assert refused.value.code == "quantity.lot-unit"
    as_goods = powered("A-2", ANN, plant(ANN), inputs=[{"lot": LOT, "mass": "10 kg"}])
    assert done(served, as_goods) == "quantity.lot-unit"
    with pytest.raises(InputError):
        powered("A-3", ANN, plant(ANN), step="instrument-cancellation")


def test_an_undo_of_a_run_gives_its_kwh_back(served: Served) -> None:
    done(served, powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh")))
    undo(served.registry, "A-1", producer=ANN, status=status(served))
    assert left(served, ANN) == {LOT: "60"}
    assert judged(served, done(served, powered("A-2", ANN, plant(ANN), told("S-1", "60 kWh")))).verdict == "genuine"
    assert sound(served)


def test_a_statement_that_was_undone_is_entered_again_by_anyone_and_once(served: Served) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "15 kWh"))
    first = undone(served, LOT, ANN)
    assert done(served, entering(BEN, plant(BEN), "S-1", "150 kWh")) == "holding.instrument-after"
    done(served, entering(BEN, plant(BEN), "S-1", "150 kWh", after=first))
    second = undone(served, statement_lot(SCHEME, "S-1", first), BEN)
    assert done(served, entering(ANN, plant(ANN), "S-1", "150 kWh", after=first)) == "holding.instrument-after"
    digest = done(served, powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh", whole="150 kWh")))
    assert judged(served, digest).verdict == "genuine"
    assert done(served, entering(BEN, plant(BEN), "S-1", "150 kWh", after=second)) == "holding.instrument-used"
    key = instrument_key(SCHEME, "S-1")
    left_by = [instrument_mark(key), *(instrument_mark(key, digest_bytes(each)) for each in (first, second))]
    assert [marks(served).count(each) for each in left_by] == [1, 1, 1]
    assert sound(served)


def test_an_undo_that_freed_something_else_frees_no_statement(served: Served) -> None:
    done(served, entering(ANN, plant(ANN), "S-2", "15 kWh"))
    other = undone(served, statement_lot(SCHEME, "S-2"), ANN)
    wrong = entering(ANN, plant(ANN), "S-1", "15 kWh", after=other)
    assert done(served, wrong) == "holding.instrument-after"


def test_a_withdrawn_statement_is_drawn_no_more_and_what_used_it_is_affected(served: Served) -> None:
    digest = done(served, powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh", whole="1 MWh")))
    withdraw(served.registry, LOT, issuer=ANN, reason="cancelled by the scheme", status=status(served))
    assert done(served, powered("A-2", ANN, plant(ANN), told("S-1", "60 kWh"))) == "holding.withdrawn"
    assert [each.lot for each in judged(served, digest).affected] == [LOT]
    assert sound(served)


def test_statements_are_entered_where_their_scheme_is_at_home(served: Served) -> None:
    def with_homes(*schemes: dict[str, object]) -> None:
        base = served.home.trust.read_bytes()
        parties = {
            "oreprint": "parties/1",
            "registry": "registry.example",
            "parties": [_party(BEN)],
            "schemes": schemes,
        }
        init(served.home, validated(Parties, parties), runtime(), passphrase=PASSPHRASE)  # type: ignore[arg-type]
        assert served.home.trust.read_bytes() != base

    with_homes({"scheme": SCHEME, "registry": "other.example"})
    assert done(served, entering(ANN, plant(ANN), "S-1", "15 kWh")) == "holding.instrument-elsewhere"
    with_homes({"scheme": SCHEME, "agents": [BEN]})
    assert done(served, powered("A-1", ANN, plant(ANN), told("S-1", "15 kWh"))) == "holding.instrument-elsewhere"
    assert done(served, entering(BEN, plant(BEN), "S-1", "15 kWh", owner=ANN)).startswith("zQm")
    assert judged(served, done(served, powered("A-1", ANN, plant(ANN), told("S-1", "15 kWh")))).verdict == "genuine"


def _party(did: str) -> dict[str, object]:
    return {
        "did": did,
        "names": [{"lang": "en", "text": did[8:11].title()}],
        "facilities": [{"id": plant(did), "name": "Plant 1", "country": "CN", "region": "CN-NM"}],
        "kinds": ["oxide", "concentrate", "metal"],
    }


def test_a_statement_that_is_entered_for_a_run_that_is_refused_counts_nowhere(served: Served) -> None:
    good = powered("B-1", BEN, plant(BEN), told("S-1", "1 kWh"))
    bought = {"name": "oxide, bought", "mass": "50 kg", "factor": "defaults/rare-earth-goods.glo", "composition": OXIDE}
    # it makes more than it took, which shows once its statement was sealed
    bad = powered("B-2", BEN, plant(BEN), told("S-2", "1 kWh"), materials=[bought])
    outcomes = issue(served.registry, [bad, good], tables=tables())
    assert [isinstance(each, IssuedRun) for each in outcomes] == [False, True]
    with reading(served.registry.engine) as connection:
        assert places_taken(connection) == dict(rows_of(connection, schema.STATUS_LISTS)) == {0: 2}
    assert sound(served)


def test_a_scheme_without_a_home_is_told(tmp_path: Path) -> None:
    served = serve(tmp_path)
    found = judged(served, done(served, powered("A-1", ANN, plant(ANN), told("S-1", "60 kWh"))))
    assert found.verdict == "genuine"
    assert any("names no registry" in each for each in found.not_proven)


def test_a_producer_with_its_own_key_enters_and_draws(served: Served, tmp_path: Path) -> None:
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        record = powered("C-1", CID, plant(CID), told("S-1", "60 kWh", whole="100 kWh"))
        ((_, text),) = issue_at(desk, record)
        issue_at(desk, powered("C-2", CID, plant(CID), told("S-1", "40 kWh")))
        with pytest.raises(OreprintError, match="has 0 kWh left"):
            issue_at(desk, powered("C-3", CID, plant(CID), told("S-1", "1 kWh")))
        with pytest.raises(OreprintError, match="instrument-used"):
            issue_at(desk, entering(CID, plant(CID), "S-1", "60 kWh"))
    assert judged(served, open_certificate(text).digest).verdict == "genuine"
    assert left(served, CID) == {LOT: "0"}
    assert sound(served)


def test_a_producer_with_its_own_key_draws_from_a_statement_that_was_entered_again(
    served: Served, tmp_path: Path
) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "15 kWh"))
    first = undone(served, LOT, ANN)
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        ((_, text),) = issue_at(desk, powered("C-1", CID, plant(CID), told("S-1", "60 kWh", whole="100 kWh")))
        issue_at(desk, powered("C-2", CID, plant(CID), told("S-1", "40 kWh")))
    assert judged(served, open_certificate(text).digest).verdict == "genuine"
    assert left(served, CID) == {statement_lot(SCHEME, "S-1", first): "0"}
    assert sound(served)


def test_a_statement_that_another_entered_again_is_drawn_by_who_got_it_and_nobody_else(
    served: Served, tmp_path: Path
) -> None:
    done(served, entering(ANN, plant(ANN), "S-1", "15 kWh"))
    again = done(served, entering(BEN, plant(BEN), "S-1", "150 kWh", after=undone(served, LOT, ANN)))
    record = powered("C-1", CID, plant(CID), told("S-1", "60 kWh"))
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        with pytest.raises(OreprintError, match="instrument-used"):
            issue_at(desk, record)
        assert not [*(tmp_path / "out").iterdir()]  # nothing was signed
        ship(served.registry, Dispatch(again, BEN, CID, 60 * 10**6))
        accept(served.registry, consignee=CID)
        ((_, text),) = issue_at(desk, record)
    assert judged(served, open_certificate(text).digest).verdict == "genuine"
    assert sound(served)


def test_the_api_says_where_a_statement_stands(served: Served) -> None:
    asked = {"scheme": SCHEME.upper(), "statement": "S-1"}
    with served.client() as client:

        def told_to(party: str) -> Any:  # noqa: ANN401 - whatever is answered
            return client.get("/v1/instruments", params=asked, headers=served.token(party, "read")).json()

        assert told_to(ANN) == {"lot": None, "certificate": None, "after": None}
        digest = done(served, entering(ANN, plant(ANN), "S-1", "15 kWh"))
        assert told_to(ANN) == {"lot": LOT, "certificate": digest, "after": None}
        assert told_to(BEN)["code"] == "holding.instrument-used"
        freed = undone(served, LOT, ANN)
        assert told_to(ANN) == told_to(BEN) == {"lot": None, "certificate": None, "after": freed}
        assert client.get("/v1/instruments", params={"scheme": SCHEME}, headers=served.token(ANN)).status_code == 400
        assert client.get("/v1/instruments", params=asked).status_code == 401


def test_what_the_api_says_of_kwh(served: Served) -> None:
    with served.client() as client:
        sent = {"oreprint": "instrument/1", "producer": ANN, "facility": plant(ANN), **told("S-1", "150 kWh")}
        sent["period"] = {"start": "2026-01-01", "end": "2026-03-31"}
        headers = served.token(ANN) | {"Content-Type": "application/json"}
        answer = client.post("/v1/certificates", content=orjson.dumps(sent), headers=headers)
        assert answer.status_code == 201, answer.text
        (held,) = client.get("/v1/holdings", headers=headers).json()["holdings"]
        assert (held["lot"], held["kind"], held["left_kwh"], held["offered_kwh"]) == (LOT, "electricity", "150", "0")
        body = orjson.dumps({"lot": LOT, "mass": "40 kWh"})
        assert client.post("/v1/splits", content=body, headers=headers).status_code == 201
        refused = client.post("/v1/splits", content=orjson.dumps({"lot": LOT, "mass": "40 kg"}), headers=headers)
        assert refused.json()["problems"][0]["code"] == "quantity.lot-unit"
        digest = answer.json()["certificates"][0]["digest"]
        page = client.get(f"/c/{digest}", headers={"Accept": "text/html"}).text
        assert "150" in page
        assert "kWh" in page
