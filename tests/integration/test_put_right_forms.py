"""A certificate is corrected and a run replaced in the form that it was typed in, without a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit.everything import audit
from ledger.desk import may_put_right
from ledger.desk.listing import ListFilter, every_certificate
from ledger.desk.recipes import keep_recipe
from ledger.issuing.issue import IssuedRun, issue
from ledger.recipes.checked import checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook.template import template
from tests.support.http.desk import Desk, desk, filled, send_workbook, text_of, until
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
from tests.support.registries.desk_runs import READING, blend, recipe, typed
from tests.support.worlds.blends import blend as record_of
from tests.support.worlds.blends import written as record_of_run
from tests.support.worlds.oxide_days import day, row
from tests.support.worlds.workbooks import filled as filled_sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = serve(tmp_path_factory.mktemp("desk"))
    keep_recipe(made.registry, recipe(), party=ANN)
    keep_recipe(made.registry, blend(), party=ANN)
    yield made
    assert list(audit(made.home, tables=tables(), progress=lambda *_: None).faults) == []


@pytest.fixture(scope="module")
def clerk(served: Served) -> Iterator[Desk]:
    with desk(served, "clerk") as at:
        yield at


@pytest.fixture(scope="module")
def quality(served: Served) -> Iterator[Desk]:
    with desk(served, "quality") as at:
        yield at


def made(served: Served, clerk: Desk, lot: str, **more: str) -> str:
    """Issue a run in the form; return the address of its certificate."""
    path = clerk.post("/desk/runs/new", {"recipe": "OX", **typed(lot), **more}).headers["location"]
    assert clerk.post(f"{path}/issue", {"revision": 1, "then": "now"}).status_code == 303
    return of_lot(served, lot)


def of_lot(served: Served, lot: str) -> str:
    found = [each.digest for each in every_certificate(served.registry, ANN, ListFilter()) if each.lot == lot]
    return f"/desk/certificates/{found[0]}"


def sign_workbook(clerk: Desk, content: bytes) -> None:
    """Upload a workbook of one run, and sign it without waiting for its time."""
    path = send_workbook(clerk, content).headers["location"]
    clerk.post(f"{path}/issue", {"rows": "all"})
    until(clerk, path, "1 held")
    clerk.post(f"{path}/sign", {"then": "sign"})
    until(clerk, path, "1 issued")


def begun(at: Desk, certificate: str, act: str) -> tuple[str, dict[str, str]]:
    """Open the form that puts a run right; return the address of its draft, and what it is filled in with."""
    answer = at.post(f"{certificate}/put-right", {"act": act})
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"].removesuffix("/edit")
    return path, filled(at.get(f"{path}/edit").text)


def test_quality_corrects_a_line_in_the_form_and_sees_what_it_changes(
    served: Served, clerk: Desk, quality: Desk
) -> None:
    first = made(served, clerk, "C-1")
    path, fields = begun(quality, first, "correct")
    assert begun(quality, first, "correct")[0] == path, "the open draft, no second one"
    assert path in quality.get("/desk").text
    assert path not in clerk.get("/desk").text, "a clerk may not open it"
    assert (fields["lot"], fields["mass_kg"], fields[f"r:{READING}"]) == ("C-1", "100", "100")
    assert "Nothing differs" not in text_of(quality.get(path).text), "nobody has typed anything yet"
    same = text_of(quality.post(path, fields, follow=True).text)  # leads to the form
    assert "Nothing differs from what was issued" in same
    quality.post(path, fields | {"mass_kg": "101", "revision": "2"})
    fixed = quality.get(path).text
    assert 'href="#f-mass_kg"' in fixed
    assert "A correction cannot change the net mass" in text_of(fixed)
    assert "更正不能更改批次的净重" in text_of(quality.get(f"{path}/edit?lang=zh-Hans").text).replace(" ", "")
    fields["revision"] = filled(fixed)["revision"]
    quality.post(path, fields | {"lot": "C-9"})
    fixed = quality.get(f"{path}/edit?lang=zh-Hans").text
    assert "本厂从未签发C-9" in text_of(fixed).replace(" ", "")
    quality.get("/desk?lang=en")
    fields["revision"] = filled(fixed)["revision"]
    quality.post(path, fields | {f"r:{READING}": "104"})
    shown = text_of(quality.get(path).text)
    assert re.search(r"Lot C-1: [0-9.]+ → [0-9.]+ kg CO2e/kg", shown)
    assert re.search(r"neodymium oxide, bought ?100 kg ?104 kg", shown)
    assert clerk.post(f"{path}/issue", {"revision": 5, "then": "now"}).status_code == 403
    answer = quality.post(f"{path}/issue", {"revision": 5, "then": "now"}, follow=True)
    assert "The certificate is signed" in answer.text
    assert "This certificate was corrected" in text_of(quality.get(first).text)
    assert "correction" not in text_of(quality.get("/desk").text)
    # once more: the form begins with the corrected facts
    _, again = begun(quality, of_lot(served, "C-1"), "correct")
    assert again[f"r:{READING}"] == "104"


def test_a_newer_recipe_is_told_and_not_taken(served: Served, clerk: Desk, quality: Desk) -> None:
    keep_recipe(served.registry, recipe(name="OY"), party=ANN)
    path = clerk.post("/desk/runs/new", {"recipe": "OY", **typed("N-1")}).headers["location"]
    clerk.post(f"{path}/issue", {"revision": 1, "then": "now"})
    keep_recipe(served.registry, recipe(2, title="Oxide, fired longer", name="OY"), party=ANN)
    path, fields = begun(quality, of_lot(served, "N-1"), "correct")
    page = text_of(quality.get(f"{path}/edit").text)
    assert "The recipe has version 2 by now. This form keeps version 1, which made the run." in page
    quality.post(path, fields | {f"r:{READING}": "103"})
    preview = text_of(quality.get(path).text)
    assert "The recipe now has version 2" in preview
    assert "Correct the certificate" in preview
    assert quality.post(f"{path}/issue", {"revision": 2, "then": "now"}, follow=True).status_code == 200
    assert "This certificate was corrected" in text_of(quality.get(of_lot_first(served, "N-1")).text)


def of_lot_first(served: Served, lot: str) -> str:
    found = [each.digest for each in every_certificate(served.registry, ANN, ListFilter()) if each.lot == lot]
    return f"/desk/certificates/{found[-1]}"


def test_a_clerk_replaces_its_own_run_under_the_next_free_name(served: Served, clerk: Desk) -> None:
    first = made(served, clerk, "R-1")
    assert clerk.post(f"{first}/put-right", {"act": "correct"}).status_code == 403
    path, fields = begun(clerk, first, "replace")
    assert (fields["lot"], fields["run"], fields["mass_kg"]) == ("R-1-2", "R-1", "100")
    clerk.post(path, fields | {"mass_kg": "96"})
    shown = text_of(clerk.get(path).text)
    assert re.search(r"Lot R-1-2 ?100 kg ?96 kg", shown), shown
    assert "replaced before shipment by R-1-2" in shown
    assert "until its status lists are a day old, then incomplete" in shown
    empty = clerk.post(f"{path}/issue", {"revision": 2, "then": "now", "reason": " "})
    assert 'href="#f-reason"' in empty.text
    done = clerk.post(f"{path}/issue", {"revision": 2, "then": "now", "reason": "scale not zeroed"}, follow=True)
    assert "R-1-2" in text_of(done.text)
    assert "Replaced before shipment by R-1-2" in text_of(clerk.get(first).text)
    with desk(served, "auditor") as auditor:
        assert "R-1 -> R-1-2: scale not zeroed" in text_of(auditor.get("/desk/admin/events").text)
    with desk(served, "clerk") as other:
        second = of_lot(served, "R-1-2")
        assert "put-right" not in other.get(second).text
        refused = other.post(f"{second}/put-right", {"act": "replace"})
        assert refused.status_code == 403
        assert "within the last 24 hours" in text_of(refused.text)


def test_after_a_day_quality_replaces_it(
    served: Served, clerk: Desk, quality: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(served, clerk, "R-9")
    path, fields = begun(clerk, first, "replace")
    monkeypatch.setattr(may_put_right, "REPLACE_MS", -1)
    assert clerk.get(f"{path}/edit").status_code == 403
    assert clerk.post(path, fields).status_code == 403
    assert "Replace the run" not in clerk.get(path).text
    assert begun(quality, first, "replace")[0] == path
    with desk(served, "quality", party=BEN) as stranger:
        assert stranger.post(f"{first}/put-right", {"act": "replace"}).status_code == 404
        assert stranger.get(path).status_code == 404


def test_a_run_without_a_recipe_is_a_table_of_its_lines(served: Served, quality: Desk) -> None:
    (run,) = issue(
        served.registry, [record_of("P-1", "10 kg", producer=ANN, plant=plant(ANN))], tables=tables(), author="x"
    )
    assert isinstance(run, IssuedRun)
    path, fields = begun(quality, of_lot(served, "P-1"), "replace")
    lines = [name for name in fields if name.startswith("r:")]
    page = text_of(quality.get(f"{path}/edit").text)
    assert "The run was issued without a recipe, so all its lines are listed here." in page
    assert lines
    assert f"Issued with {fields[lines[0]]}" in page
    quality.post(path, fields | {"mass_kg": "100", lines[0]: "100"})  # a slip of the decimal mark is no doubt here
    shown = text_of(quality.get(path).text)
    assert re.search(r"Lot P-1-2 ?10 kg ?100 kg", shown), shown
    done = quality.post(f"{path}/issue", {"revision": 2, "reason": "kg, not t", "then": "now"}, follow=True)
    assert "P-1-2" in text_of(done.text)
    # and its successor, which no recipe made either
    assert begun(quality, of_lot(served, "P-1-2"), "correct")[1]["mass_kg"] == "100"


def test_a_row_of_a_workbook_is_put_right_in_the_form(served: Served, clerk: Desk, quality: Desk) -> None:
    sign_workbook(clerk, day([row(71)]))
    draft, fields = begun(quality, of_lot(served, "OX-71"), "correct")
    assert (fields["run"], fields["mass_kg"], fields[f"r:{READING}"]) == ("R-71", "100", "101")
    quality.post(draft, fields | {f"r:{READING}": "102"})
    assert re.search(r"neodymium oxide, bought ?101 kg ?102 kg", text_of(quality.get(draft).text))


def wet_blend() -> dict[str, Any]:
    """Return a recipe of four certified inputs, one line that is asked, two outputs and a balance of water."""
    used = {f"A-{number}": "15 kg" for number in range(1, 5)}
    run = dict(record_of_run("W-1", "60 kg", inputs=used, producer=ANN, plant=plant(ANN)))
    run["materials"] = record_of_run("W-1", "40 kg", producer=ANN)["materials"]
    first = run["outputs"][0] | {"price": "83 USD/kg"}
    run["outputs"] = [first, first | {"lot": "W-2", "mass": "40 kg"}]
    days = {"start": "2021-01-01", "end": "2025-12-31"}
    run["allocation"] = run["allocation"] | {"prices": {"period": days, "currency": "USD", "source": "the plant's own"}}
    run["water"] = dict.fromkeys(
        ("fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes"),
        "0 m3",
    )
    return recipe_of(run, name="WET", title="Wet blend")


def test_all_sheets_of_a_row_go_through_the_form_and_back(served: Served, clerk: Desk, quality: Desk) -> None:
    keep_recipe(served.registry, wet_blend(), party=ANN)
    for number in range(1, 5):
        made(served, clerk, f"V-{number}")
    run = {"recipe": "WET", "run": "WR-1", "lot": "WL-1", "mass_kg": 78, "start": "2026-05-03", "moisture": 0.05}
    run |= {f"input{number}_lot": f"V-{number}" for number in range(1, 4)}
    run |= {f"input{number}_kg": 15 for number in range(1, 4)}
    run |= {"r:neodymium-oxide-bought": 60, "reason": "twice the oxide, as ordered", "note": "wet", "end": "2026-05-04"}
    content = filled_sheet([run], before=template([checked_recipe(wet_blend())]))
    truck = {"group": "transport", "name": "from the port", "amount": 12.5, "unit": "t.km", "basis": "assumed"}
    truck |= {"factor": "transport/heavy-diesel-truck.cn.2024", "note": "by truck this time"}
    further: list[dict[str, Any]] = [
        {"lot": "V-4", "mass_kg": 15},
        {"lot": "WL-2", "mass_kg": 42, "moisture": 0.01},
        truck,
        {"meter": "FM-1", "reading_m3": 2.5},
    ]
    for sheet, row_of in enumerate(further, 1):
        content = filled_sheet([{"run": "WR-1"} | row_of], sheet=sheet, before=content)
    sign_workbook(clerk, content)
    draft, fields = begun(quality, of_lot(served, "WL-1"), "correct")
    assert (fields["meters.1.meter"], fields["meters.1.reading_m3"]) == ("FM-1", "2.5")
    assert (fields["inputs.4.lot"], fields["outputs.2.moisture"]) == ("V-4", "0.01")
    assert fields["lines.1.name"] == "from the port"
    same = text_of(quality.post(draft, fields, follow=True).text)
    assert "Nothing differs from what was issued" in same
    more = quality.post(draft, fields | {"revision": "2", "then": "meters=2"}).headers["location"]
    assert more.endswith("/edit?meters=2#meters")
    fields = filled(quality.get(more).text)
    quality.post(draft, fields | {"meters.1.reading_m3": "2.75", "meters.2.meter": "outfall"})
    told = quality.get(f"{draft}/edit").text
    assert 'href="#f-meters.2.reading_m3"' in told
    fields["revision"] = filled(told)["revision"]
    quality.post(draft, fields | {"meters.1.reading_m3": "2.75"})
    shown = text_of(quality.get(draft).text)
    assert re.search(r"water: FM-1 ?2\.5 m3 ?2\.75 m3", shown), shown


def test_a_run_with_a_certified_input_is_replaced_and_its_input_comes_back(
    served: Served, clerk: Desk, quality: Desk
) -> None:
    made(served, clerk, "I-1")
    typed_in = {"recipe": "BL", "lot": "I-2", "mass_kg": "50", "start": "2026-05-02"}
    path = clerk.post("/desk/runs/new", typed_in | {"input1_lot": "I-1", "input1_kg": "50"}).headers["location"]
    clerk.post(f"{path}/issue", {"revision": 1, "then": "now"})
    first = of_lot(served, "I-2")
    draft, fields = begun(quality, first, "replace")
    assert (fields["input1_lot"], fields["input1_kg"]) == ("I-1", "50")
    quality.post(draft, fields | {"mass_kg": "49", "input1_kg": "49"})
    assert re.search(r"I-1 ?50 kg ?49 kg", text_of(quality.get(draft).text))
    done = quality.post(f"{draft}/issue", {"revision": 2, "then": "now", "reason": "a slip"}, follow=True)
    assert "I-2-2" in text_of(done.text)
    assert "51 kg" in text_of(quality.get(of_lot(served, "I-1")).text), "100 kg less 49 kg"
