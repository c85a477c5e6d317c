"""`oreprint footprint` as people run it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.forked import command
from tests.support.registries.example import EXAMPLE
from tests.support.worlds import worked_example as example
from tests.support.worlds.example_records import EXAMPLES
from tests.support.worlds.honest_records import bastnaesite_by_hydrochloric_acid, estonian_separation
from tests.support.worlds.record_changes import top
from tests.support.worlds.years import year_written

if TYPE_CHECKING:
    from tests.e2e.terminal import Terminal


def oreprint(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command(), *words], cwd=root, capture_output=True, text=True, check=False)


def test_a_run_without_inputs_is_computed(root: Path) -> None:
    done = oreprint(root, "footprint", "examples/bayan-obo/01-BEN-2026-01.yaml")
    assert done.returncode == 0, done.stderr
    assert "5900 kg CO2e in total" in done.stdout


def test_an_incomplete_record_is_told_what_its_step_still_owes(root: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(example.changed("BEN-2026-01", top(electricity=[]))), encoding="utf-8")
    done = oreprint(root, "footprint", str(record))
    assert done.returncode == 3
    assert done.stdout.splitlines() == [
        "What beneficiation still owes:",
        "  electricity (in electricity): usually 0.333 to 0.498 kWh/kg concentrate, here about 3330 kWh",
        "    read it here: kWh meter of the step, or its share of the main meter",
        "    may be declared absent for: in-other-line, other-run",
    ]
    assert "1 line is missing, so beneficiation has no figure yet." in done.stderr
    assert "rule.q-line" not in done.stderr
    printed = json.loads(oreprint(root, "footprint", str(record), "--json").stdout)
    assert "rule.q-line" in {problem["code"] for problem in printed["problems"]}


def test_every_figure_is_explained_to_its_source(root: Path) -> None:
    done = oreprint(root, "footprint", "examples/bayan-obo/01-BEN-2026-01.yaml", "--explain", "all", "--json")
    printed = json.loads(done.stdout)
    output, trace = printed["outputs"][0], printed["explained"][0]
    assert output["footprint"]["total_kg_co2e"]["location"] in trace["value"]
    leaves = [
        leaf
        for row in trace["operands"]
        for share in row["operands"]
        for run in share["operands"]
        for leaf in run["operands"]
    ]
    assert len(leaves) == 5
    assert all(leaf["source"] and " x " in leaf["formula"] for leaf in leaves)


def test_one_figure_is_explained_by_its_path(root: Path) -> None:
    record = "examples/bayan-obo/01-BEN-2026-01.yaml"
    done = oreprint(root, "footprint", record, "--explain", "mining, CO2-fossil/electricity")
    assert "electricity: 3226.542 kg = 4980 kWh x" in done.stdout
    assert "MEE+NBS" in done.stdout
    group = oreprint(root, "footprint", record, "--explain", "materials", "--json")
    named = {term["name"] for term in json.loads(group.stdout)["explained"]}
    assert named == {
        "RE-bearing tailings of iron-ore dressing (5.5 % REO)",
        "sodium silicate (as Na2SiO3)",
        "process water, make-up",
    }
    missing = oreprint(root, "footprint", record, "--explain", "moon dust")
    assert missing.returncode == 3
    assert "footprint.no-figure" in missing.stderr


def test_water_and_data_quality_are_explained_to_the_line(root: Path) -> None:
    record = "examples/bayan-obo/01-BEN-2026-01.yaml"
    energy = oreprint(root, "footprint", record, "--explain", "energy").stdout
    assert "17928 MJ = 4980 kWh x 3.6 MJ/kWh" in energy
    quality = oreprint(root, "footprint", record, "--explain", "data quality").stdout
    assert "reliability 5, completeness 5, time 5, geography 5, technology 5" in quality
    assert "primary 0, rating" in quality


def test_an_input_without_its_certificate_is_named(root: Path, tmp_path: Path) -> None:
    done = oreprint(root, "footprint", "examples/bayan-obo/02-CRK-2026-02.yaml", "--home", str(tmp_path / "none"))
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_all_faults_of_a_record_are_told_with_code_and_place(root: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.yaml"
    text = (root / "examples/bayan-obo/01-BEN-2026-01.yaml").read_text(encoding="utf-8")
    record.write_text(
        text.replace("mass: 1037 kg", "mass: 1037 ton").replace("amount: 4980 kWh", "amount: 4980"), encoding="utf-8"
    )
    done = oreprint(root, "footprint", str(record))
    assert done.returncode == 3
    assert "materials[1].mass" in done.stderr
    assert "electricity[0].amount" in done.stderr
    assert "[quantity.unit-unknown]" in done.stderr


def test_a_fuel_without_its_supply_and_a_grid_without_its_province_are_refused(root: Path, tmp_path: Path) -> None:
    record = tmp_path / "record.yaml"
    text = (root / "examples/bayan-obo/07-ICL-2026-01.yaml").read_text(encoding="utf-8")
    record.write_text(
        text.replace("amount: 115 kg\n    factor: fuels/diesel-upstream", "amount: 1 kg\n    factor: fuels/diesel-upstream")
        .replace("grid: CN-JX", "grid: CN"),
        encoding="utf-8",
    )  # fmt: skip
    done = oreprint(root, "footprint", str(record))
    assert done.returncode == 3
    assert "115 kg of diesel were burnt and 1 kg supplied" in done.stderr
    assert "[rule.f-whole]" in done.stderr
    assert "[rule.e-set-finer-grid]" in done.stderr


def test_a_record_on_standard_input_is_computed(root: Path) -> None:
    record = (root / "examples/bayan-obo/01-BEN-2026-01.yaml").read_bytes()
    words = [*command(), "footprint", "-"]
    done = subprocess.run(words, cwd=root, input=record, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"5900 kg CO2e in total" in done.stdout
    wrong = subprocess.run(words, cwd=root, input=record + b"more: 1\n", capture_output=True, check=False)
    assert (wrong.returncode, wrong.stdout) == (3, b"")
    assert wrong.stderr.startswith(b"oreprint: standard input: more")


def test_an_input_without_certificate_is_told_with_a_remedy_that_works(by_hand: Terminal) -> None:
    written = (EXAMPLE / "02-CRK-2026-02.yaml").read_text("utf-8")
    Path("other.yaml").write_text(written.replace("CON-07", "CON-99"), "utf-8")
    refused = by_hand.run("footprint", "other.yaml", "--with", "out/CON-07.sdjwt", "--home", "home")
    assert refused.problem == "footprint.input-missing"
    assert "leave --with out and name its registry with --home" in refused.err, "with --with no registry is asked"
    assert by_hand.run("footprint", str(EXAMPLE / "02-CRK-2026-02.yaml"), "--home", "home").code == 0


def test_a_certificate_that_nothing_uses_is_refused_and_one_that_a_claim_is_measured_from_counts(
    by_hand: Terminal,
) -> None:
    Path("2025.json").write_text(json.dumps(year_written(2025, kwh="5400 kWh", claim={})))
    assert by_hand.run("issue", "2025.json", "--out", "out").code == 0
    digest = json.loads(by_hand.run("show", "out/CON-2025.sdjwt", "--json").out)["digest"]
    before = {"figure": "0.120666779018", "certificate": digest}
    Path("2026.json").write_text(json.dumps(year_written(2026, kwh="4970 kWh", claim={"baseline": before})))

    def answer(*words: str) -> str:
        told = json.loads(by_hand.run("footprint", "2026.json", *words, "--json").out)
        claim = told["outputs"][0]["claims"][0]
        assert claim["answer"] == "declared", "meters decide it, and nobody attested them"
        return str(claim["sentence"])

    assert answer("--with", "out/CON-2025.sdjwt").endswith("behind it, so you rely on the producer alone.")
    assert "without proof" in answer(), "who has not seen that certificate takes the claim's word"
    refused = by_hand.run("footprint", "2026.json", "--with", "out/CON-2025.sdjwt", "--with", "out/CON-07.sdjwt")
    assert (refused.code, refused.out, refused.problem) == (3, "", "footprint.input-idle")
    assert refused.err.startswith("oreprint: out/CON-07.sdjwt: ")


def test_a_factor_of_another_material_is_refused_and_a_proxy_is_explained(root: Path, tmp_path: Path) -> None:
    record = (root / "examples/bayan-obo/01-BEN-2026-01.yaml").read_text(encoding="utf-8")
    cheap = record.replace("placeholders/sodium-silicate.glo", "materials/tap-water.cn.2019")
    (tmp_path / "cheap.yaml").write_text(cheap, encoding="utf-8")
    done = oreprint(root, "footprint", str(tmp_path / "cheap.yaml"))
    assert done.returncode == 3
    assert "rule.m-fit" in done.stderr
    assert "materials/tap-water.cn.2019 is for water" in done.stderr
    line = "factor: placeholders/sodium-silicate.glo"
    assert line in record
    proxied = record.replace(line, "factor: placeholders/lithium-fluoride.glo\n    proxy_for: water glass")
    (tmp_path / "proxied.yaml").write_text(proxied, encoding="utf-8")
    done = oreprint(root, "footprint", str(tmp_path / "proxied.yaml"), "--explain", "sodium silicate")
    assert done.returncode == 0, done.stderr
    assert "water glass, by lithium fluoride x 1.25" in " ".join(done.stdout.split())


def test_where_there_is_no_registry_the_certificates_of_inputs_are_asked_for(terminal: Terminal) -> None:
    """Whoever starts from a record of a chain has neither: both ways to have the input are told."""
    done = terminal.run("footprint", str(EXAMPLES / "bayan-obo" / "03-SEP-2026-02.yaml"))
    assert (done.code, done.problem) == (3, "footprint.input-missing")
    assert "RC-11" in done.err


def test_the_example_of_a_step_is_computed_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    record = str(tmp_path / "record.yaml")
    assert "oreprint footprint" in terminal.run("example", "separation", "--out", record).out
    assert terminal.run("footprint", record).code == 0


def test_the_example_of_a_statement_is_no_record_to_compute(terminal: Terminal, tmp_path: Path) -> None:
    done = terminal.run("example", "instrument-cancellation", "--out", str(tmp_path / "statement.yaml"))
    assert "oreprint issue" in done.out
    assert "footprint" not in done.out


def test_too_little_of_a_line_is_not_called_missing(terminal: Terminal, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    plant = bastnaesite_by_hydrochloric_acid()
    plant["materials"][1]["mass"] = "9000 kg"
    record.write_text(json.dumps(plant), encoding="utf-8")
    done = terminal.run("footprint", str(record))
    assert "still owes" not in done.out
    assert "[rule.q-least]" in done.err


def test_what_other_rules_ask_for_is_told_with_its_place_too(terminal: Terminal, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    plant = estonian_separation()
    plant["materials"] = [each for each in plant["materials"] if each["name"] != "hydrochloric acid"]
    record.write_text(json.dumps(plant), encoding="utf-8")
    done = terminal.run("footprint", str(record))
    assert done.out.splitlines() == [
        "What separation has too little of, by how much the messages say:",
        "  acid (in materials): at least 3 mol charge/mol RE",
        "    read it here: weighbridge or tank level of the acid, times its strength",
        "    may be declared absent for: in-input, regenerated-in-run, not-in-process",
    ]
    assert "[rule.p-acid-charge]" in done.err
