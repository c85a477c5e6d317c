"""What a registry says of a certificate from its memory: months of a plant, ways of sharing out, stock and scrap."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.init import status_signer
from ledger.bundles.recall import learn
from ledger.changes.withdraw import withdraw
from ledger.issuing.correct import correct
from ledger.issuing.issue import IssuedRun, issue
from ledger.lots.registry_word import word_of
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.instant import epoch_ms
from schemas.trust import TrustFile
from tests.support.http.server import ANN, PASSPHRASE, Served, plant, serve, tables
from tests.support.registries.example import record
from tests.support.registries.lived_in import MAGNET_MAKER, TABLES, Life, a_life, code_of, copied
from tests.support.worlds import worked_example as example
from tests.support.worlds.blends import OXIDE, read, written
from tests.support.worlds.kilns import calcined, kiln

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from schemas.record import ProductionRecord
    from schemas.report import RegistryWord, Report

NOW = epoch_ms("2026-11-20T00:00:00Z")


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def issued(served: Served, *records: ProductionRecord) -> list[IssuedRun]:
    outcomes = issue(served.registry, records, tables=tables())
    for each in outcomes:
        assert isinstance(each, IssuedRun), each
    return [each for each in outcomes if isinstance(each, IssuedRun)]


def word(served: Served, made: IssuedRun, *, now_ms: int = NOW) -> RegistryWord:
    with reading(served.registry.engine) as connection:
        digest = made.certificates[0].digest
        found = word_of(connection, served.registry.did, digest, tables=tables(), now_ms=now_ms)
    assert found is not None
    assert all(each.sentence.isprintable() and "{" not in each.sentence for each in found.findings)
    return found


def codes(found: RegistryWord) -> list[str]:
    return [each.code for each in found.findings]


# -- months -----------------------------------------------------------------------------------------------------------


def of_month(month: str, mj: int = 5000, **more: Any) -> ProductionRecord:  # noqa: ANN401
    """Return a run of Ann's in a month; its figure grows with its gas."""
    period = {"start": f"{month}-01", "end": f"{month}-20"}
    return kiln(f"L-{month}-{mj}", mj, **{"producer": ANN, "plant": plant(ANN), "period": period, **more})


def year(*months: Iterable[int] | int) -> list[str]:
    return [f"2026-{month:02d}" for month in months]


def test_the_months_of_a_plant_and_product_are_counted(served: Served) -> None:
    *_, last = issued(served, *map(of_month, ["2025-01", *year(1, 2, 3)]))
    months = word(served, last).months
    assert months is not None
    assert (months.product, months.through, months.certified) == ("neodymium-oxide", "2026-03", 3)
    assert months.few, "the plant is older than the year, and nine months are missing"
    assert codes(word(served, last)) == ["registry.months"]
    issued(served, *(of_month(f"2025-{month:02d}") for month in range(4, 10)))
    assert codes(word(served, last)) == [], "nine of twelve"


def test_a_young_plant_is_not_blamed_for_months_before_it_began(served: Served) -> None:
    *_, last = issued(served, *map(of_month, year(1, 2, 5)))
    months = word(served, last).months
    assert months is not None
    assert (months.certified, months.few, codes(word(served, last))) == (3, False, [])


def test_the_middle_of_the_figures_is_nobodys_own(served: Served) -> None:
    first, second = issued(served, of_month("2026-01", 5000), of_month("2026-01", 9000))
    assert word(served, second).months is not None
    months = word(served, second).months
    assert months is not None
    assert months.median_kg_co2e_per_kg is None, "of two lots it would tell the other one's figure"
    third, fourth = issued(served, of_month("2026-02", 7000), of_month("2026-02", 6000))

    def figure(made: IssuedRun) -> Decimal:
        return Decimal(open_certificate(made.certificates[0].text).record.footprint.per_kg.location)

    months = word(served, fourth).months
    assert months is not None
    middle = (figure(third) + figure(fourth)) / 2
    assert months.median_kg_co2e_per_kg is not None
    assert abs(Decimal(months.median_kg_co2e_per_kg) - middle) <= Decimal("0.000001")
    assert figure(first) < middle < figure(second)


def test_other_products_plants_and_withdrawn_lots_do_not_count(served: Served) -> None:
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    other = of_month("2026-02")
    unnamed = other.model_copy(update={"outputs": (other.outputs[0].model_copy(update={"product": None}),)})
    _, second, third = issued(served, of_month("2026-01"), unnamed, of_month("2026-03"))
    assert word(served, second).months is None
    months = word(served, third).months
    assert months is not None
    assert months.certified == 2
    withdraw(served.registry, "L-2026-01-5000", issuer=ANN, reason="a test", status=status)
    months = word(served, third).months
    assert months is not None
    assert months.certified == 1


# -- sharing out ------------------------------------------------------------------------------------------------------


def shared(lot: str, method: str, years: str = "2021/2025", month: str = "2026-03") -> ProductionRecord:
    """Return a blend of Ann's into two lots, shared by a method with prices of some years."""
    first, last = years.split("/")
    outputs = [
        {
            "lot": f"{lot}-{number}",
            "kind": "oxide",
            "description": "neodymium oxide",
            "mass": "50 kg",
            "composition": OXIDE,
            "price": "60 USD/kg",
        }
        for number in (1, 2)
    ]
    prices = {"period": {"start": f"{first}-01-01", "end": f"{last}-12-31"}, "currency": "USD", "source": "a test"}
    value = written(lot, "100 kg", producer=ANN, plant=plant(ANN))
    return read(
        value
        | {
            "outputs": outputs,
            "allocation": {"method": method, "mass_key": "REO", "prices": prices},
            "period": {"start": f"{month}-01", "end": f"{month}-02"},
        }
    )


def test_one_producer_shares_one_feed_out_in_one_way_a_year(served: Served) -> None:
    first, second = issued(served, shared("A", "economic"), shared("B", "economic"))
    assert codes(word(served, first)) == codes(word(served, second)) == []
    (third,) = issued(served, shared("C", "mass"))
    assert [each.problem.code for each in third.findings if each.rule.id == "A-METHOD"][-1:] == ["registry.method"]
    assert codes(word(served, third)) == codes(word(served, first)) == ["registry.method"]
    (fourth,) = issued(served, shared("D", "economic", "2020/2024"))
    assert sorted(codes(word(served, fourth))) == ["registry.method", "registry.prices"]
    (another_year,) = issued(served, shared("E", "mass", "2020/2024", month="2025-11"))
    assert codes(word(served, another_year)) == []


def test_two_ways_in_one_call_are_told_and_an_ended_run_is_none(served: Served) -> None:
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    first, second = issued(served, shared("A", "economic"), shared("B", "mass"))
    assert "registry.method" in {each.problem.code for each in second.findings}
    assert codes(word(served, first)) == ["registry.method"]
    for lot in ("B-1", "B-2"):
        withdraw(served.registry, lot, issuer=ANN, reason="a test", status=status)
    assert codes(word(served, first)) == []


# -- stock ------------------------------------------------------------------------------------------------------------


def test_stock_that_is_not_drawn_within_a_year_is_told(served: Served) -> None:
    value = calcined("A", mj=5000, producer=ANN, plant=plant(ANN))
    out = value["outputs"][0]
    del out["product"]
    value["outputs"] = [
        out | {"mass": "900 kg", "price": "60 USD/kg"},
        out | {"lot": "A-STOCK", "mass": "100 kg", "kind": "in-process", "price": "60 USD/kg", "certify": False},
    ]
    prices = {"period": {"start": "2021-01-01", "end": "2025-12-31"}, "currency": "USD", "source": "a test"}
    value["allocation"] = {"method": "economic", "mass_key": "REO", "prices": prices}
    (made,) = issued(served, read(value))
    assert codes(word(served, made)) == []
    assert codes(word(served, made, now_ms=epoch_ms("2027-04-01T00:00:00Z"))) == ["registry.stock"]


# -- on the example: scrap, corrections, page and terminal -----------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def told(life: Life, lot: str) -> Report:
    """Return what the registry itself says of a lot."""
    note = TrustFile.from_text(life.home.trust.read_bytes().rstrip(b"\n")).note
    policy = Policy(at_ms=life.clock.now)
    chain = verify_bundle(life.lines(lot), trust=open_trust(note), tables=TABLES, policy=policy)
    learn(life.registry, chain)
    return report(chain)


def findings(life: Life, lot: str) -> list[str]:
    found = told(life, lot).registry_word
    assert found is not None
    return codes(found)


def collected(life: Life, lot: str, mass: int, **source: str) -> IssuedRun:
    """Have the scrap yard collect swarf of a source."""

    def change(value: dict[str, Any]) -> None:
        swarf, out = value["materials"][0], value["outputs"][0]
        swarf |= {"mass": f"{mass} kg", "generated_by": source}
        value |= {"materials": [swarf], "wastes": [], "run": f"SCR-{lot}"}
        out |= {"lot": lot, "mass": f"{mass} kg", "composition": swarf["composition"]}

    (outcome,) = issue(life.registry, [example.read(example.changed("SCR-2026-02", change))], tables=TABLES)
    return life.keep(outcome)


def refused(life: Life, lot: str, **source: str) -> str:
    return code_of(lambda: collected(life, lot, 100, **source))


def test_scrap_is_looked_up_in_the_run_that_it_fell_off_in(life: Life) -> None:
    by = {"organisation": MAGNET_MAKER, "step": "magnet-production", "certificate": life.digests["MG-88"]}
    made = collected(life, "S-1", 150, **by)
    assert [each.problem.code for each in made.findings if each.problem.code.startswith("registry.")] == []
    assert findings(life, "S-1") == []
    collected(life, "S-2", 150, **by)
    assert (findings(life, "S-1"), findings(life, "S-2")) == ([], ["registry.scrap-more"])
    assert refused(life, "S-3", **by | {"step": "machining"}) == "issue.scrap-source"
    assert refused(life, "S-3", **by | {"organisation": "did:web:other.example"}) == "issue.scrap-source"
    mill = {"organisation": "did:web:north-concentrate.example", "step": "beneficiation"}
    assert refused(life, "S-3", **mill, certificate=life.digests["CON-07"]) == "issue.scrap-untold", "only tailings"
    unknown = collected(life, "S-4", 100, **by | {"certificate": f"zQm{'a' * 44}"})
    assert [each.problem.code for each in unknown.findings][-1] == "registry.scrap-elsewhere"
    assert findings(life, "S-4") == ["registry.scrap-elsewhere"]
    withdraw(life.registry, "MG-88", issuer=MAGNET_MAKER, reason="a test", status=life.status)
    assert findings(life, "S-1") == ["registry.scrap-ended"]
    assert life.faults() == []


def metered(name: str, more: int) -> ProductionRecord:
    first, *others = record(name).electricity
    first = first.model_copy(update={"amount": str(Decimal(first.amount) + more)})
    return record(name).model_copy(update={"electricity": (first, *others)})


def test_a_correction_after_delivery_is_seen_by_who_holds_the_old_certificate(life: Life) -> None:
    old, on_it = life.digests["ME-31"], life.digests["MG-88"]
    before = told(life, old)
    assert (before.corrected, before.verdict) == (None, "genuine")
    life.keep(correct(life.registry, metered("09-ELY-2026-04-A", 1000), tables=TABLES, status=life.status))
    now = told(life, old)
    assert now.corrected is not None
    assert (now.verdict, now.corrected.certificate) == ("superseded", life.digests["ME-31"])
    was, is_ = Decimal(now.corrected.was), Decimal(now.corrected.now)
    assert now.footprint is not None
    assert now.corrected.was == now.footprint.kg_co2e_per_kg
    assert is_ > was
    percent = f"+{(is_ / was - 1) * 100:.1f}"
    assert now.corrected.change_percent == percent
    assert f"({percent} %, issued " in now.headline
    lot = told(life, on_it)
    assert lot.plausibility is not None
    assert "1 batch upstream was corrected" in lot.plausibility.sentence
    assert lot.plausibility.qualified
    (warned,) = [each for each in lot.checks if each.code == "status.corrected"]
    assert f"({percent} %, issued " in warned.sentence
    offline = life.judge(life.lines(on_it))  # a bundle made after the correction, judged by itself
    assert [each.sentence for each in offline.checks if each.code == "status.corrected"] == [warned.sentence]
    assert offline.registry_word is None


def test_the_page_and_the_answer_over_http_have_it(served: Served) -> None:
    *_, last = issued(served, *map(of_month, ["2025-01", *year(1, 2, 3)]))
    digest = last.certificates[0].digest
    with served.client() as client:
        answer = client.get(f"/v1/certificates/{digest}/verification").json()
        assert answer["registry_word"]["months"]["certified"] == 3
        assert answer["registry_word"]["findings"][0]["code"] == "registry.months"
        assert "1 finding of the registry" in answer["plausibility"]["sentence"]
        posted = client.post(
            "/v1/verify",
            content=last.certificates[0].text,
            headers={"content-type": "application/vc+sd-jwt"},
        ).json()
        assert posted["registry_word"] == answer["registry_word"]
        page = client.get(f"/c/{digest}", headers={"accept-language": "en"}).text
        assert "The word of registry.example, unsigned:" in page
        assert "3 of the 12 months to 2026-03 of this plant and product are certified." in page
        chinese = client.get(f"/c/{digest}", headers={"accept-language": "zh"}).text
        assert "registry.example 的说明（未签名）" in chinese
