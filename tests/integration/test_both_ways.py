"""What a production record may say, what it is refused for, and what its certificates say don't depend on who signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import orjson
import pytest
from pydantic import TypeAdapter

from ledger.admin.init import status_signer
from ledger.changes.undo import undo
from ledger.footprint.versions import ENGINES
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.lots.balance import balances_of
from ledger.seal.digest import certificate_digest_text
from ledger.store.engine import reading
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.document import replace
from schemas.record import statement_lot
from schemas.requests import DraftRequest
from tests.support.http.server import ANN, BEN, PASSPHRASE, plant, runtime, tables
from tests.support.registries.both_ways import Way, both_ways
from tests.support.worlds.blends import blend, read, written
from tests.support.worlds.electricity import SCHEME, entering, powered, told
from tests.support.worlds.years import year

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.record import ProductionRecord


_ASKED: Final[TypeAdapter[Any]] = TypeAdapter(DraftRequest)


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[tuple[Way, Way]]:
    with both_ways(tmp_path) as ways:
        yield ways


def own(lot: str, mass: str, *inputs: tuple[str, str], **change: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return a record of Ann's; inputs are lots or digests, with the mass taken."""
    record = written(lot, mass, producer=ANN, plant=plant(ANN), inputs=dict(inputs))
    record["inputs"] = [
        {"certificate" if name.startswith("zQm") else "lot": name, "mass": taken} for name, taken in inputs
    ]
    return record | change


def pieces(way: Way, *masses: int) -> None:
    """Have Ben make lot B-1, and ship it to Ann in pieces of these masses in kg."""
    issue(way.served.registry, [blend("B-1", "100 kg", producer=BEN, plant=plant(BEN))], tables=tables())
    for mass in masses:
        ship(way.served.registry, Dispatch("B-1", BEN, ANN, mass * 10**6))
        accept(way.served.registry, consignee=ANN)


def said_alike(ways: tuple[Way, Way], **asked: Any) -> Any:  # noqa: ANN401
    """Say something both ways; return what was answered, which must be the same."""
    first, second = (way.say(_ASKED.validate_json(orjson.dumps(asked))) for way in ways)
    assert first == second
    return first


def corrected_alike(ways: tuple[Way, Way], record: dict[str, Any]) -> list[Any]:
    """Correct by a record both ways; return what its certificates say, which must be the same."""
    first, second = (way.correct(read(record)) for way in ways)
    assert first == second
    return first


def held(way: Way, owner: str) -> dict[str, int]:
    """Return what somebody has left, in mg."""
    with reading(way.served.registry.engine) as connection:
        found = balances_of(connection, way.served.registry.did, owner=owner, now_ms=runtime().now_ms())
    return {each.lot.lot: each.left_mg for each in found}


def alike(ways: tuple[Way, Way], record: dict[str, Any] | ProductionRecord) -> list[object]:
    """Issue a record both ways; return what was said of it, which must be the same."""
    first, second = (way.try_(read(record) if isinstance(record, dict) else record) for way in ways)
    assert first == second
    assert sorted(ways[0].notes) == sorted(ways[1].notes)
    return first


def test_an_input_in_several_pieces_is_one_and_a_lot_is_named_once(ways: tuple[Way, Way]) -> None:
    for way in ways:
        pieces(way, 10, 10, 30)
    (said,) = alike(ways, own("A-1", "45 kg", ("B-1", "45 kg")))
    assert said
    alike(ways, own("A-2", "40 kg"))
    for taken in (("10 kg", "10 kg"), ("10 kg", "20 kg")):
        twice = own("A-3", f"{sum(int(each[:2]) for each in taken)} kg", *(("A-2", mass) for mass in taken))
        assert alike(ways, twice) == ["rule.x-double"]


def powered_by(*instruments: dict[str, Any], lot: str = "A-1", **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return a record of Ann's that draws from statements."""
    return powered(lot, ANN, plant(ANN), *instruments, **more)


def kwh_lots(way: Way) -> list[str]:
    """Return the lots of statements that Ann holds or held."""
    with reading(way.served.registry.engine) as connection:
        found = balances_of(connection, way.served.registry.did, owner=ANN, now_ms=runtime().now_ms())
    return [each.lot.lot for each in found if each.lot.kind == "electricity"]


@pytest.mark.parametrize(
    "otherwise",
    [
        {"grid": "CN-SC"},
        {"year": "2025"},
        {"factor": "methods/electricity-solar-direct.glo"},
        {"whole": "1 MWh"},
        {"kind": "contract"},
    ],
)
def test_a_line_says_of_a_statement_what_was_entered(ways: tuple[Way, Way], otherwise: dict[str, str]) -> None:
    alike(ways, entering(ANN, plant(ANN), "S-1", "150 kWh"))
    assert alike(ways, powered_by(told("S-1", "60 kWh", **otherwise))) == ["holding.instrument-otherwise"]
    assert len(alike(ways, powered_by(told("S-1", "60 kWh", whole="150 kWh")))) == 1


def test_a_run_that_is_refused_enters_no_statement(ways: tuple[Way, Way]) -> None:
    alike(ways, entering(ANN, plant(ANN), "S-1", "150 kWh"))
    made = written("A-1", "111 kg", producer=ANN, plant=plant(ANN))["outputs"]
    assert alike(ways, powered_by(told("S-1", "6 kWh"), told("S-2", "60 kWh"), outputs=made)) == ["rule.m-elem"]
    many = powered_by(*(told(f"S-{number}", "0.001 kWh") for number in range(2, 253)))
    assert alike(ways, many) == ["holding.many"]
    assert [kwh_lots(way) for way in ways] == [[statement_lot(SCHEME, "S-1")]] * 2
    assert len(alike(ways, powered_by(told("S-1", "6 kWh"), told("S-2", "60 kWh")))) == 1


def test_a_statement_is_found_however_long_its_words(ways: tuple[Way, Way]) -> None:
    assert len(alike(ways, powered_by(told("证" * 600, "60 kWh", scheme="绿" * 600)))) == 1


def corrected(way: Way, record: dict[str, Any], *reasons: str) -> None:
    """Correct a record that was issued, once for each reason why something was left out."""
    status = status_signer(way.served.home, way.served.registry.did, passphrase=PASSPHRASE)
    for why in reasons:
        again = read(record | {"excluded": [{"what": "electricity", "why": why}]})
        correct(way.served.registry, again, tables=tables(), status=status)


def test_a_lot_that_was_corrected_is_used_as_its_latest_certificate_says(ways: tuple[Way, Way]) -> None:
    first = own("A-1", "100 kg")
    alike(ways, first)
    alike(ways, own("A-2", "10 kg", ("A-1", "10 kg")))
    for way in ways:
        corrected(way, first, "it is mixed by hand", "it is blended by hand")
    assert len(alike(ways, own("A-3", "40 kg", ("A-1", "40 kg")))) == 1
    for way in ways:
        (named,) = [each.source.certificate for each in way.run("A-3").inputs if each and each.source]
        assert named != way.digest("A-1")
        assert len(way.try_(read(own("A-4", "10 kg", (way.digest("A-1"), "10 kg"))))) == 1


def test_what_an_undo_gave_back_is_used_again(ways: tuple[Way, Way]) -> None:
    alike(ways, own("A-1", "100 kg"))
    alike(ways, second := own("A-2", "100 kg", ("A-1", "100 kg")))
    for way in ways:
        corrected(way, second, "it is mixed by hand")
        status = status_signer(way.served.home, way.served.registry.did, passphrase=PASSPHRASE)
        undo(way.served.registry, "A-2", producer=ANN, status=status)
    assert len(alike(ways, own("A-3", "60 kg", ("A-1", "60 kg")))) == 1


def january(number: int, *, kwh: str, **baseline: str) -> ProductionRecord:
    """Return the record of a January of Ann's, that energy fell since the January before, or of the first one."""
    record = year(number, kwh=kwh, claim={"baseline": baseline} if baseline else {})
    return record.model_copy(update={"producer": ANN, "facility": plant(ANN)})


def answers(said: list[Any]) -> list[str]:
    """Return the answers to the claims of the first certificate."""
    return [each["answer"] for each in said[0][0]["claims"]]


def test_a_claim_is_measured_from_the_certificate_of_the_year_before(
    ways: tuple[Way, Way], monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = alike(ways, january(2025, kwh="5400 kWh"))
    figure = cast("Any", first)[0]["claims"][0]["value"]
    for certificate, code in (
        (certificate_digest_text(bytes(32)), "claim.baseline"),
        ("zQm" + "1" * 44, "seal.certificate-digest"),
    ):
        assert alike(ways, january(2026, kwh="4970 kWh", figure=figure, certificate=certificate)) == [code]
    one, other = (
        way.try_(january(2026, kwh="4970 kWh", figure=figure, certificate=way.digest("CON-2025"))) for way in ways
    )
    assert one == other
    assert answers(one) == ["declared"]

    _, way = ways
    earlier = way.issued["CON-2025"].record
    stated = tuple(replace(each, value="0.13") for each in earlier.claims)
    better = january(2026, kwh="4980 kWh", figure="0.13", certificate=way.digest("CON-2025"))
    better = better.model_copy(
        update={"outputs": tuple(each.model_copy(update={"lot": "CON-X"}) for each in better.outputs)}
    )
    monkeypatch.setattr(
        "ledger.client.issue.earlier_certificates",
        lambda *_: {way.digest("CON-2025"): replace(earlier, claims=stated)},
    )
    assert answers(cast("Any", way.try_(better))) == ["declared"], (
        "a false figure of a year before makes nothing stronger"
    )
    unknown = certificate_digest_text(bytes(32))
    monkeypatch.setattr("ledger.client.issue.earlier_certificates", lambda *_: {unknown: earlier})
    lost = january(2026, kwh="4970 kWh", figure=figure, certificate=unknown)
    assert way.try_(lost) == ["claim.baseline"], "nor that there is one that it has not"


def test_a_lot_exists_once_and_what_was_undone_or_corrected_is_not_issued_again(ways: tuple[Way, Way]) -> None:
    first, second = own("A-1", "100 kg"), own("A-2", "100 kg")
    twice = own("A-3", "2 kg")
    twice["outputs"] = [twice["outputs"][0] | {"lot": lot, "mass": "1 kg"} for lot in ("A-3", "a-03")]
    assert alike(ways, twice) == ["issue.lot-twice"]
    for record in (first, second):
        assert alike(ways, record) == alike(ways, record)
    for way in ways:
        corrected(way, first, "it is mixed by hand")
        status = status_signer(way.served.home, way.served.registry.did, passphrase=PASSPHRASE)
        undo(way.served.registry, "A-2", producer=ANN, status=status)
    assert alike(ways, first) == ["issue.corrected"]
    assert alike(ways, second) == ["issue.lot-undone"]
    assert alike(ways, own("A-1", "10 kg")) == ["issue.lot-taken"]
    assert alike(ways, own("A-2", "10 kg")) == ["issue.lot-undone"]


def test_a_run_by_an_older_engine_is_taken_from_nobody(ways: tuple[Way, Way], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.drafting.draft.ENGINE", ENGINES[0])
    assert ways[1].try_(read(own("A-1", "10 kg"))) == ["issue.engine"]


def test_flags_are_told_to_who_issues(tmp_path: Path) -> None:
    with both_ways(tmp_path, plants={ANN: {"capacity_per_year": "150 kg"}}) as ways:
        alike(ways, own("A-1", "100 kg"))
        assert "B-UNC" in ways[1].notes
        assert "X-CAPACITY" not in ways[1].notes
        alike(ways, own("A-2", "100 kg"))
        assert "X-CAPACITY" in ways[1].notes


def test_a_kind_that_the_trust_list_does_not_grant_is_certified_by_nobody(ways: tuple[Way, Way]) -> None:
    other = own("A-1", "1 kg")
    other["outputs"][0]["kind"] = "mixed-compound"
    assert [way.try_(read(other)) for way in ways] == [["issue.kind"], ["issue.unsound"]]
    assert len(alike(ways, own("A-1", "1 kg"))) == 1


def test_a_run_may_be_long_and_have_many_certificates(ways: tuple[Way, Way]) -> None:
    record = own("A-1", "64 kg")
    record["allocation"]["prices"] = {
        "period": {"start": "2021-01-01", "end": "2025-12-31"},
        "currency": "CNY",
        "source": "the exchange",
    }
    made = record["outputs"][0] | {"mass": "1 kg", "price": "100 CNY/kg"}
    record["outputs"] = [made | {"lot": f"A-{number}"} for number in range(64)]
    reagent = {"mass": "0.001 kg", "factor": "materials/tap-water.cn.2019", "composition": {}, "note": "by hand " * 70}
    record["materials"] += [reagent | {"name": f"reagent {number}"} for number in range(150)]
    assert len(alike(ways, record)) == 64


def test_a_mass_is_offered_taken_back_and_accepted_both_ways(ways: tuple[Way, Way]) -> None:
    """Hard use 31: ship, cancel and accept say the same whoever signs the moves."""
    alike(ways, own("A-1", "100 kg"))
    move = {"statement": "move", "lot": "a-01", "to": BEN}
    offered = said_alike(ways, **move, mass="30 kg")
    assert (offered["state"], offered["shipments"][0]["mass_kg"]) == ("offered", "30")
    assert said_alike(ways, statement="cancel", lot="A-1")["shipments"][0]["to"] == BEN
    assert said_alike(ways, statement="cancel") == ["holding.offer-unknown"]
    for wrong, code in (
        ({"to": ANN}, "holding.to-yourself"),
        ({"mass": "101 kg"}, "holding.too-little"),
    ):
        assert said_alike(ways, **(move | wrong)) == [code]
    unknown = [way.say(_ASKED.validate_python(move | {"lot": "A-9"})) for way in ways]
    assert unknown == [["holding.unknown"], ["holding.not-yours"]], (
        "over HTTP nobody learns which lots of others there are"
    )
    assert said_alike(ways, **(move | {"to": "did:web:nobody.example"}), mass="1 kg")["warnings"]
    said_alike(ways, **move)
    assert said_alike(ways, **move) == ["holding.offered"]
    for way in ways:
        accept(way.served.registry, consignee=BEN)
        assert (held(way, ANN), held(way, BEN)) == ({"A-1": 0}, {"A-1": 99 * 10**6})


def test_words_and_lines_are_corrected_and_nothing_else_both_ways(ways: tuple[Way, Way]) -> None:
    """Hard use 31: correct says the same whoever signs, and the lists show it at once."""
    alike(ways, own("A-0", "100 kg"))
    first = own("A-1", "40 kg", ("A-0", "40 kg"))
    alike(ways, first)
    old = [way.digest("A-1") for way in ways]
    better = first | {"excluded": [{"what": "electricity", "why": "it is mixed by hand"}]}
    (said,) = corrected_alike(ways, better)
    assert said[0]["follows"] == {"record": "*", "certificate": "*"}
    assert corrected_alike(ways, better) == [said], "the same again changes nothing"
    for way, digest in zip(ways, old, strict=True):
        with way.served.client() as client:
            assert client.get(f"/v1/certificates/{digest}/verification").json()["verdict"] == "superseded"
            seen = f"/v1/certificates/{way.digest('A-1')}/verification"
            latest = client.get(seen, headers=way.served.token(ANN)).json()
        assert (latest["verdict"], latest["footprint"]["difference"]) == ("genuine", "0")
    assert corrected_alike(ways, first), "and back again"
    assert len({way.digest("A-1") for way in ways} | set(old)) == 4
    for wrong, code in (
        (own("A-1", "41 kg", ("A-0", "41 kg")), "life.correct-fixed"),
        (own("A-1", "40 kg", ("A-0", "39 kg")) | {"materials": first["materials"]}, "life.correct-inputs"),
        (own("A-9", "40 kg"), "life.correct-lots"),
        (first | {"period": {"start": "2025-01-01", "end": "2025-01-02"}}, "life.correct-fixed"),
    ):
        assert set(corrected_alike(ways, wrong)) == {code}
    said_alike(ways, statement="withdraw", lot="A-1", reason="wrong assay")
    assert corrected_alike(ways, better) == ["life.withdrawn"]


def test_a_status_is_changed_both_ways(ways: tuple[Way, Way]) -> None:
    """Hard use 31: suspend, lift and revoke say the same whoever signs, of every certificate of a lot."""
    first = own("A-1", "100 kg")
    alike(ways, first)
    corrected_alike(ways, first | {"excluded": [{"what": "electricity", "why": "it is mixed by hand"}]})
    about = {"lot": "A-1", "reason": "assay under review"}
    assert said_alike(ways, statement="lift", **about) == ["life.not-suspended"]
    assert said_alike(ways, statement="suspend", **about)["lot"] == "A-1"
    assert said_alike(ways, statement="suspend", **about) == ["life.suspended"]
    assert said_alike(ways, statement="move", lot="A-1", to=BEN) == ["holding.suspended"]
    said_alike(ways, statement="lift", **about)
    for way in ways:
        made = way.say(_ASKED.validate_python({"statement": "withdraw", "lot": way.digest("A-1"), "reason": "wrong"}))
        assert made["state"] == "withdraw"  # type: ignore[index]
    assert said_alike(ways, statement="withdraw", **about) == ["life.withdrawn"]
    assert said_alike(ways, statement="withdraw", lot="B-9", reason="wrong") == ["life.lot-unknown"]


def test_a_run_is_undone_both_ways(ways: tuple[Way, Way]) -> None:
    """Hard use 31: undo gives back the holdings whoever signs."""
    alike(ways, own("A-1", "100 kg"))
    alike(ways, second := own("A-2", "60 kg", ("A-1", "60 kg")))
    corrected_alike(ways, second | {"excluded": [{"what": "electricity", "why": "it is mixed by hand"}]})
    said_alike(ways, statement="move", lot="A-2", to=BEN, mass="1 kg")
    assert said_alike(ways, statement="undo", lot="A-2") == ["life.used"]
    alike(ways, own("A-3", "40 kg", ("A-1", "40 kg")))
    said_alike(ways, statement="move", lot="A-3", to=BEN)
    assert said_alike(ways, statement="undo", lot="A-3") == ["life.offered"]
    alike(ways, own("A-4", "2 kg"))
    undone = said_alike(ways, statement="undo", lot="A-4")
    assert (undone["lots"], undone["returned"]) == (["A-4"], [])
    assert said_alike(ways, statement="undo", lot="A-4") == ["life.undone"]
    assert said_alike(ways, statement="undo", lot="no such run") == ["life.run-unknown"]
    alike(ways, own("A-5", "100 kg"))
    alike(ways, own("A-6", "60 kg", ("A-5", "60 kg")))
    back = said_alike(ways, statement="undo", lot=ways[0].run("A-6").value.run)
    assert back["returned"] == [{"lot": "A-5", "mass_kg": "60", "unit": "kg"}]
    assert [held(way, ANN)["A-5"] for way in ways] == [100 * 10**6] * 2
