"""`oreprint factors`, and what a producer's own table means for those who verify: without it, with it, and years
later.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.terminal import Terminal
from tests.support.worlds import worked_example

if TYPE_CHECKING:
    from tests.e2e.terminal import Done

ROOT = Path(__file__).resolve().parents[2]
HEAD = (
    "flow,label,geography,year,per,values,gwp_set,set,boundary,status,quality,licence,source,note,formula,cas,family\n"
)
FEED = "iron-ore-tailings-rare-earth"


def table(value: str, *, status: str = "read") -> str:
    return f"{HEAD}{FEED},tailings,CN,2024,kg,CO2-fossil={value},,,cradle-to-gate,{status},2,licensed,a licensed study,,,,rare-earth\n"


class Desk:
    """A registry with the parties of the example, and a table of the first plant's own."""

    def __init__(self, terminal: Terminal, folder: Path) -> None:
        self.terminal = terminal
        self.folder = folder
        self.run("init", str(ROOT / "examples/bayan-obo/parties.yaml"))

    def run(self, *words: str, code: int = 0) -> Done:
        done = self.terminal.run(*words)
        assert done.code == code, done.out + done.err
        return done

    def keep(self, text: str, name: str = "licensed") -> str:
        path = self.folder / f"{name}.csv"
        path.write_text(text, "utf-8")
        return str(path)

    def issue(self, lot: str = "CON-07", run: str = "BEN-2026-01") -> str:
        """Issue the first run of the example with the own factor for its feed; return the certificate's digest."""
        value = worked_example.written("BEN-2026-01")
        feed = next(each for each in value["materials"] if FEED in each["factor"])
        feed["factor"] = f"licensed/{FEED}.cn.2024"
        feed["supplier_value"] = "verified footprint of the tailings, by their owner"
        value["run"], value["outputs"][0]["lot"] = run, lot
        record = self.folder / "record.json"
        record.write_text(json.dumps(value), "utf-8")
        self.run("issue", str(record), "--out", str(self.folder / "out"))
        shown = self.run("show", str(self.folder / "out" / f"{lot}.sdjwt"), "--json").out
        return str(json.loads(shown)["digest"])

    def report(self, digest: str, *words: str, code: int = 0) -> dict[str, Any]:
        bundle = str(self.folder / "lot.oreprint")
        self.run("bundle", digest, "--for", "auditor", "-o", bundle)
        found: dict[str, Any] = json.loads(self.run("verify", bundle, "--json", *words, code=code).out)
        return found


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Desk:
    monkeypatch.setenv("OREPRINT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    return Desk(Terminal(monkeypatch, capsys), tmp_path)


def results(report: dict[str, Any], code: str) -> set[str]:
    return {each["result"] for each in report["checks"] if each["code"] == code}


def test_tables_are_listed_shown_compared_and_exported(desk: Desk) -> None:
    tables = json.loads(desk.run("factors", "list", "--json").out)["tables"]
    assert [each["name"] for each in tables][-1] == "gwp"
    shown = json.loads(desk.run("factors", "show", "grid/location.cn.2023", "--json").out)["factors"][0]
    assert shown["values"] == {"CO2-fossil": "0.5306"}
    assert "MEE" in shown["source"]
    out = desk.folder / "grid.csv"
    desk.run("factors", "export", "grid", "-o", str(out))
    assert desk.run("factors", "diff", "grid", str(out)).out == "The tables are the same.\n"
    out.write_text(out.read_text("utf-8").replace("0.5306", "0.5307"), "utf-8")
    changed = desk.run("factors", "diff", "grid", str(out), code=1).out
    assert changed.startswith("location.cn.2023: values CO2-fossil=0.5306 -> CO2-fossil=0.5307\n")


def test_a_table_with_faulty_rows_is_refused_with_every_line(desk: Desk) -> None:
    text = table("0.01") + table("one").removeprefix(HEAD) + table("0.02", status="guessed").removeprefix(HEAD)
    refused = desk.run("factors", "import", desk.keep(text), code=3)
    assert "licensed, line 3" in refused.err
    assert "licensed, line 4" in refused.err
    assert not (desk.folder / "home" / "factors").exists()
    assert desk.run("factors", "import", desk.keep(table("0.01"), "grid"), code=3).problem == "factor.taken"
    for name in ("../licensed", "Licensed", "", "a.b"):
        own = desk.keep(table("0.01"))
        assert desk.run("factors", "import", own, "--name", name, code=3).problem == "factor.name"
    assert not list(desk.folder.glob("home/*.csv"))
    assert desk.run("factors", "show", "nothing", code=3).problem == "factor.no-table"
    assert desk.run("factors", "export", "grid", "-o", str(desk.folder), code=3).problem == "file.unwritable"
    assert desk.run("factors", "import", desk.keep(""), code=3).problem == "file.empty"


def test_an_own_table_is_signed_by_its_digest_and_shown_to_the_auditor_alone(desk: Desk) -> None:
    own = desk.keep(table("0.01"))
    desk.run("factors", "import", own)
    digest = desk.issue()
    text = (desk.folder / "home" / "factors" / "licensed.csv").read_text("utf-8")
    assert "a licensed study" in text
    without = desk.report(digest)
    assert "not-checked" in results(without, "footprint.recomputed")
    assert "not-checked" in results(without, "mass.flags-stated"), "a flag may rest on the table that is not here"
    assert results(without, "footprint.factors") == {"passed"}
    assert results(without, "footprint.beside") == {"passed"}, "what rests on the table is computed again without it"
    beside = {each["key"]: each["sentence"] for each in without["plausibility"]["beside"]}
    assert beside["withheld"].endswith("% of the figure rests on factors that are not public.")
    assert beside["shipped"].startswith("With shipped factors in their place")
    certificate, sheet = str(desk.folder / "out" / "CON-07.sdjwt"), desk.folder / "sheet.html"
    shown = desk.run("show", certificate).out
    desk.run("sheet", certificate, "-o", str(sheet))
    for told in (shown, sheet.read_text("utf-8")):
        assert "rests on factors that are not public" in " ".join(told.split())
    with_it = desk.report(digest, "--factors", own)
    assert results(with_it, "footprint.recomputed") == {"passed"}
    assert results(with_it, "mass.flags-stated") == {"passed"}
    assert "licensed study" not in (desk.folder / "lot.oreprint").read_text("utf-8")
    desk.run("audit")


def test_what_was_issued_with_a_former_table_is_recomputed_with_it(desk: Desk) -> None:
    desk.run("factors", "import", desk.keep(table("0.01")))
    old = desk.issue()
    desk.run("factors", "import", desk.keep(table("0.02")))
    new = desk.issue("CON-08", "BEN-2026-02")
    for digest in (old, new):
        assert desk.report(digest)["verdict"] == "genuine"
    desk.run("audit")
    assert len(list((desk.folder / "home" / "factors" / "former").glob("licensed.*.csv"))) == 1


def test_a_chain_is_computed_again_under_another_value(desk: Desk) -> None:
    desk.run("factors", "import", desk.keep(table("0.01")))
    digest = desk.issue()
    bundle = str(desk.folder / "lot.oreprint")
    desk.run("bundle", digest, "--for", "auditor", "-o", bundle)
    assert desk.run("recompute", bundle).out == "No footprint changed in 1 batch.\n"
    (same,) = json.loads(desk.run("recompute", bundle, "--json").out)["batches"]
    (moved,) = json.loads(desk.run("recompute", bundle, "--what-if", "grid/location.cn-nm.2023=0", "--json").out)[
        "batches"
    ]
    assert (same["moved"], moved["moved"]) == (False, True)
    power = 4980 * 0.6479
    assert float(same["published"]["location"]) - float(moved["recomputed"]["location"]) == pytest.approx(power / 10000)
    assert desk.run("recompute", bundle, "--what-if", "grid/nowhere=1", code=3).problem == "factor.unknown"
    assert desk.run("recompute", bundle, "--what-if", "grid=1", code=3).err.startswith("oreprint: --what-if: grid=1 ")
    assert desk.run("recompute", bundle, "--factors", "no.csv", code=3).err.startswith("oreprint: no.csv: There is no")
    assert desk.run("trace", bundle, "--trust", "no.json", code=3).err.startswith("oreprint: no.json: There is no")
    desk.run("bundle", digest, "--for", "public", "-o", bundle)
    assert desk.run("recompute", bundle, code=3).problem == "recompute.withheld"


def test_a_record_is_tried_under_another_value_and_another_formula(desk: Desk) -> None:
    record = str(ROOT / "examples/bayan-obo/05-SCR-2026-02.yaml")
    words = (
        "--what-if",
        "transport/heavy-diesel-truck.cn.2024=0",
        "--circular",
        "placeholders/sodium-silicate.glo,0.2,1",
    )
    (found,) = json.loads(desk.run("footprint", record, *words, "--json").out)["outputs"]
    assert float(found["what_if"]["location"]) < float(found["footprint"]["per_kg"]["location"])
    # all of it is recycled, so a fifth of its own figure and four fifths of the virgin one
    due = float(found["footprint"]["per_kg"]["location"]) / 5 + 1.2 * 4 / 5
    assert float(found["circular"]) == pytest.approx(due)
    assert "circular footprint formula" in desk.run("footprint", record, *words).out
    assert desk.run("footprint", record, "--circular", "nonsense", code=3).problem == "footprint.circular"


def test_notice_is_what_the_command_prints(terminal: Terminal) -> None:
    assert terminal.run("factors", "sources").out == (ROOT / "NOTICE").read_text("utf-8")
    rows = json.loads(terminal.run("factors", "sources", "--json").out)["sources"]
    assert {"single facts", "CC BY 4.0", "OGL 3.0"} <= {each["licence"] for each in rows}
