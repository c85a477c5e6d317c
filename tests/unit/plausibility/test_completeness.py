"""What a step owes: each cheat is refused or flagged, each honest counterpart passes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.drafting.written import sealed_groups, written_output
from ledger.plausibility.rules import BEFORE, judge
from schemas.document import replace as with_members
from schemas.problem import InputError, RefusedError
from schemas.run import Absent
from tests.support.worlds import worked_example as example
from tests.support.worlds.cheats import carbon_in_salt
from tests.support.worlds.record_changes import absent, both, drop, line, output, put, top

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.footprint.inventory import Inventory

    Change = Callable[[dict[str, Any]], object]

ICL, CRK, SEP, ELY, MAG, SCR, BEN = (
    "ICL-2026-01", "CRK-2026-02", "SEP-2026-03", "ELY-2026-04-A", "MAG-2026-06", "SCR-2026-02", "BEN-2026-01",
)  # fmt: skip

REPORT = "A" * 43
MONITOR = {"by": "measured", "monitor": "FTIR", "continuous": True}


def unnamed(value: dict[str, Any]) -> None:
    for each in value["outputs"]:
        each.pop("product", None)


def all_amounts(group: str, amount: str, **members: object) -> Change:
    def change(value: dict[str, Any]) -> None:
        for each in value[group]:
            each.update(amount=amount, **members)

    return change


def without_notes(group: str) -> Change:
    def change(value: dict[str, Any]) -> None:
        for each in value[group]:
            each.pop("note", None)

    return change


def lean(amount: str, **members: object) -> Change:
    """Take little electricity in separation."""
    return put("electricity", "electricity", amount=amount, **members)


def gas(amount: str, energy: str, **members: object) -> Change:
    """Burn another amount of natural gas in the kiln, and supply as much."""

    def change(value: dict[str, Any]) -> None:
        for each in value["fuels"]:
            each.update(amount=amount, **members, **({"energy": energy} if "energy" in each else {}))

    return change


def no_return_trips(value: dict[str, Any]) -> None:
    """Leave no empty return trips out, where no lorry came."""
    value["excluded"] = [each for each in value["excluded"] if each["what"] != "empty return trips"]


def nothing_left_out_by_amount(value: dict[str, Any]) -> None:
    """Leave out no amount: carts take the waste, too, and sacks are used again."""
    value["excluded"] = [each for each in value["excluded"] if each["kind"] != "bounded"]


def as_machining(value: dict[str, Any]) -> None:
    """Call the making of magnets machining, with the power of a grinder."""
    unnamed(value)
    value.update(step="machining", fuels=[], electricity=value["electricity"][:1])
    value["electricity"][0].update(amount="100 kWh", instruments=[])


N2_TOLD = {
    "name": "N2 of ammonium", "substance": "N2", "mass": "1500 kg", "elements": {"N": "1500 kg"}, "basis": "calculated",
}  # fmt: skip

LAUGHING = {"name": "off-gas", "substance": "off-gas", "mass": "33 kg", "basis": "assumed"}

REFUSED: list[tuple[str, str, str, Change]] = [
    ("electricity left out", "rule.q-line", SEP, top(electricity=[])),
    (
        "electricity left out in words",
        "rule.v-prof-absent",
        SEP,
        top(electricity=[], excluded=[{"what": "electricity of all", "why": "not metered"}]),
    ),
    ("nitrous oxide deleted", "rule.q-line", ICL, drop("direct", "N2O")),
    ("no leaching agent", "rule.q-line", ICL, drop("materials", "ammonium sulphate")),
    ("the kiln forgotten behind much electricity", "rule.q-line", SEP, top(fuels=[])),
    ("the crystalliser forgotten", "rule.q-line", SEP, lambda value: value["water"].pop("evaporator")),
    ("hardly any electricity", "rule.q-least", SEP, lean("100 kWh", basis="metered", meter="M-1")),
    ("a cold roaster", "rule.q-least", CRK, put("fuels", "burnt", energy="3000 MJ", basis="metered", meter="M-1")),
    ("little nitrous oxide, calculated", "rule.q-least", ICL, put("direct", "N2O", mass="1 kg")),
    (
        "little nitrous oxide by a monitor without a report",
        "rule.q-least",
        ICL,
        put("direct", "N2O", mass="0.3 kg", basis="metered", method=MONITOR),
    ),
    (
        "odd electricity called metered",
        "rule.q-odd",
        SEP,
        both(lean("2400 kWh", basis="metered"), without_notes("electricity")),
    ),
    (
        "odd electricity by a meter of no name",
        "rule.q-odd",
        SEP,
        both(lean("2400 kWh", basis="metered", meter="none"), without_notes("electricity")),
    ),
    (
        "odd electricity that was weighed",
        "rule.q-odd",
        SEP,
        both(lean("2400 kWh", basis="weighed"), without_notes("electricity")),
    ),
    (
        "odd electricity by a key that speaks of a meter",
        "rule.q-odd",
        SEP,
        both(lean("2400 kWh", basis="apportioned", basis_key="meters, by mass"), without_notes("electricity")),
    ),
    ("a cracking called leaching in place", "rule.q-step", CRK, both(unnamed, top(step="in-situ-leaching", fuels=[]))),
    (
        "nitrogen told as N2 without a monitor",
        "rule.q-least",
        ICL,
        both(put("direct", "N2O", mass="1 kg"), lambda value: value["direct"].append(N2_TOLD)),
    ),
    ("odd electricity that nobody measured", "rule.q-odd", SEP, both(lean("2400 kWh"), without_notes("electricity"))),
    (
        "odd electricity by a key of no meter",
        "rule.q-odd",
        SEP,
        both(lean("2400 kWh", basis="apportioned", basis_key="month, by mass"), without_notes("electricity")),
    ),
    ("separation called blending", "rule.q-step-blend", SEP, both(unnamed, top(step="blending", electricity=[]))),
    (
        "separation called machining",
        "rule.q-step",
        SEP,
        both(unnamed, top(step="machining"), lean("200 kWh", basis="metered", meter="M-1")),
    ),
    (
        "separation called alkaline cracking",
        "rule.q-step",
        SEP,
        both(unnamed, top(step="alkaline-cracking"), lean("350 kWh", basis="metered", meter="M-1")),
    ),
    ("calcining called machining", "rule.q-step", SEP, both(unnamed, top(step="machining", fuels=[]))),
    ("magnets by machining alone", "rule.q-step", MAG, as_machining),
    ("a greenhouse gas that names no gas", "rule.q-gas", ICL, lambda value: line(value, "direct", "N2O").pop("gas")),
    (
        "a greenhouse gas under another name",
        "rule.q-gas",
        ICL,
        lambda value: value["direct"].append(LAUGHING | {"elements": {"N": "21 kg", "O": "11.994 kg"}}),
    ),
    (
        "a perfluorocarbon under another name",
        "rule.q-gas",
        ELY,
        lambda value: value["direct"].append(
            LAUGHING | {"mass": "1 kg", "elements": {"C": "0.1365 kg", "F": "0.8634 kg"}}
        ),
    ),
    ("an absence of what nobody owes", "rule.q-absent-item", SEP, absent("luck", "met-by-electricity")),
    (
        "an absence for no listed reason of the row",
        "rule.q-absent-reason",
        SEP,
        both(top(electricity=[]), absent("electricity", "not-in-process", variant="by hand")),
    ),
    (
        "bastnaesite that needs no roaster",
        "rule.q-absent-reason",
        CRK,
        both(top(fuels=[]), absent("process-heat", "not-in-process", variant="leached cold")),
    ),
    (
        "a carbon anode that gives no CO2",
        "rule.q-absent-reason",
        ELY,
        absent("anode-co2", "not-in-process", variant="inert anode"),
    ),
    (
        "an absence told twice",
        "rule.q-absent-twice",
        SEP,
        both(absent("electricity", "other-run", run="X-1"), absent("electricity", "other-run", run="X-2")),
    ),
    (
        "another line that is not there",
        "rule.q-absent-line",
        SEP,
        both(top(electricity=[]), absent("electricity", "in-other-line", line="fuels[9]")),
    ),
    (
        "another line that is too small for both",
        "rule.q-absent-short",
        SEP,
        both(
            top(electricity=[]),
            put("fuels", "burnt", energy="13000 MJ"),
            absent("electricity", "in-other-line", line="fuels[0]"),
        ),
    ),
    (
        "heat that is told as another line of electricity",
        "rule.q-absent-electricity",
        SEP,
        both(top(fuels=[]), absent("process-heat", "in-other-line", line="electricity[0]")),
    ),
    (
        "an electric kiln on unchanged electricity",
        "rule.q-absent-short",
        SEP,
        both(top(fuels=[]), absent("process-heat", "met-by-electricity")),
    ),
    (
        "acid of a lot that is no input",
        "rule.q-absent-lot",
        SEP,
        both(drop("materials", "hydrochloric"), absent("acid", "in-input", lot="LC-99")),
    ),
    (
        "acid of a lot that holds none",
        "rule.q-absent-short",
        SEP,
        both(drop("materials", "hydrochloric"), absent("acid", "in-input", lot="RC-11")),
    ),
    (
        "acid that nothing regenerated",
        "rule.q-absent-short",
        SEP,
        both(
            drop("materials", "hydrochloric"),
            put("fuels", "burnt", energy="13000 MJ"),
            lean("800 kWh"),
            absent("acid", "regenerated-in-run"),
        ),
    ),
    (
        "a zero that no monitor read",
        "rule.q-absent-monitor",
        ICL,
        both(drop("direct", "N2O"), absent("n2o", "measured-zero", line="direct[0]")),
    ),
    (
        "too little recovered heat",
        "rule.q-least",
        SEP,
        both(top(fuels=[]), absent("process-heat", "recovered-heat", run="ACID-1", heat="1000 MJ")),
    ),
]


@pytest.mark.parametrize(("code", "run", "change"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_cheat_is_refused(code: str, run: str, change: Change) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, change))
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


def at_the_flags(value: dict[str, Any]) -> None:
    """Take every amount that can be chosen just above its flag, calculated."""
    lean("6500 kWh", basis="calculated")(value)
    gas("540 m3", "21006 MJ")(value)


def top_metered(group: str) -> Change:
    """Say that meters gave all lines of a group."""
    return lambda value: [line_.update(basis="metered", meter="M-2") for line_ in value[group]]


FLAGGED: list[tuple[str, str, str, Change]] = [
    ("no treatment of waste", "rule.q-line-flag", SEP, top()),
    ("odd electricity whose note names a source", "rule.q-odd-flag", SEP, lean("1078 kWh", note="BLEECAM, 0.265")),
    (
        "odd electricity by a key of the main meter",
        "rule.q-odd-flag",
        SEP,
        both(lean("2400 kWh", basis="apportioned", basis_key="by mass", meter="M-1"), without_notes("electricity")),
    ),
    ("low electricity that nobody measured", "rule.q-odd-flag", SEP, lean("10000 kWh")),
    ("odd electricity that is metered", "rule.q-range", SEP, lean("2400 kWh", basis="metered", meter="M-1")),
    ("much electricity", "rule.q-range", SEP, lean("60000 kWh", basis="metered", meter="M-1")),
    ("every amount at its flag, calculated", "rule.q-joint", SEP, at_the_flags),
    (
        "every amount at its flag, by named meters",
        "rule.q-joint-metered",
        SEP,
        both(at_the_flags, lean("3400 kWh", basis="metered", meter="M-1"), top_metered("fuels")),
    ),
    (
        "a monitor that found a hundredth",
        "rule.q-measured",
        ICL,
        put("direct", "N2O", mass="0.3 kg", basis="metered", method=MONITOR | {"document": REPORT}),
    ),
    (
        "electricity of another run",
        "rule.q-absent",
        SEP,
        both(top(electricity=[]), absent("electricity", "other-run", run="SEP-2026-04")),
    ),
    (
        "heat of an acid plant",
        "rule.q-absent",
        SEP,
        both(top(fuels=[]), absent("process-heat", "recovered-heat", run="ACID-1", heat="48000 MJ")),
    ),
    (
        "a yard with hand carts",
        "rule.q-absent",
        SCR,
        both(
            top(electricity=[], transport=[]),
            no_return_trips,
            nothing_left_out_by_amount,
            absent("work", "not-in-process", variant="hand carts"),
            absent("electricity", "not-in-process", variant="hand carts"),
        ),
    ),
    (
        "salt that is sold as brine",
        "rule.q-absent",
        SEP,
        both(
            lambda value: value["water"].pop("evaporator"),
            absent("evaporator", "not-in-process", variant="brine is sold as it is"),
        ),
    ),
    ("a pilot kiln that burns a lot", "rule.e-calc-most", SEP, gas("17994.86 m3", "700000 MJ")),
]


@pytest.mark.parametrize(("code", "run", "change"), [case[1:] for case in FLAGGED], ids=[case[0] for case in FLAGGED])
def test_what_could_be_is_flagged(code: str, run: str, change: Change) -> None:
    done = example.drafted(example.changed(run, change))
    assert code in {finding.problem.code for finding in done.findings}


def no_phosphorus_left(value: dict[str, Any]) -> None:
    """Take what P507 brought out of the residue."""
    elements = line(value, "wastes", "separation residue")["elements"]
    elements.pop("P")
    elements.update(C="34.37 kg")


HONEST: list[tuple[str, str, Change]] = [
    (
        "an electric kiln with its own kWh",
        SEP,
        both(
            top(fuels=[]), lean("40000 kWh", basis="metered", meter="M-1"), absent("process-heat", "met-by-electricity")
        ),
    ),
    (
        "a generator that burns gas for all",
        SEP,
        both(
            top(electricity=[]),
            gas("3598.98 m3", "140000 MJ", basis="metered", meter="M-1"),
            absent("electricity", "in-other-line", line="fuels[0]"),
            absent("evaporator-energy", "in-other-line", line="fuels[0]"),
        ),
    ),
    (
        "ion exchange instead of an extractant",
        SEP,
        both(
            drop("materials", "P507"),
            no_phosphorus_left,
            absent("extractant", "not-in-process", variant="ion exchange on a resin"),
        ),
    ),
    (
        "transport on the same site",
        MAG,
        both(top(transport=[]), no_return_trips, absent("transport-in", "not-in-process", variant="one site")),
    ),
    ("nothing changed", ELY, top()),
]


@pytest.mark.parametrize(("run", "change"), [case[1:] for case in HONEST], ids=[case[0] for case in HONEST])
def test_an_honest_plant_passes_without_a_new_flag(run: str, change: Change) -> None:
    before = {finding.problem.code for finding in example.drafts()[run].findings}
    after = {finding.problem.code for finding in example.drafted(example.changed(run, change)).findings}
    assert {code for code in after - before if code.startswith("rule.q-")} == set()


@pytest.mark.parametrize(("basis", "shown"), [("weighed", False), ("calculated", True)])
def test_carbon_that_stays_in_a_waste_was_weighed_or_is_shown(basis: str, shown: bool) -> None:
    change = both(carbon_in_salt, put("wastes", "mixed ammonium", basis=basis, meter="W-1"))
    done = example.drafted(example.changed(SEP, change))
    assert shown == ("rule.c-run-kept" in {each.problem.code for each in done.findings})


def test_solvents_and_oxalic_acid_leave_carbon_in_residues() -> None:
    assert "C-RUN" not in {each.rule.id for done in example.drafts().values() for each in done.findings}


def little_nitrogen_left(value: dict[str, Any]) -> None:
    line(value, "wastes", "leached ore body")["elements"].update(N="500 kg")


def test_nitrogen_that_a_monitor_read_as_n2_leaves_the_base() -> None:
    told = N2_TOLD | {"basis": "metered", "meter": "M-1", "method": MONITOR | {"document": REPORT}}
    few = both(put("direct", "N2O", mass="15 kg"), lambda value: value["direct"].append(told), little_nitrogen_left)
    with pytest.raises(RefusedError, match="n2o of in-situ-leaching"):
        example.drafted(example.changed(ICL, put("direct", "N2O", mass="10 kg")))
    codes = {finding.problem.code for finding in example.drafted(example.changed(ICL, few)).findings}
    assert "rule.q-range" not in codes


@pytest.mark.parametrize(
    ("reason", "members"),
    [
        ("not-in-process", {}),
        ("in-other-line", {"lot": "RC-11"}),
        ("in-input", {}),
        ("other-run", {}),
        ("met-by-electricity", {"variant": "x"}),
        ("recovered-heat", {"line": "fuels[0]"}),
        ("no-data", {}),
        ("confidential", {}),
        ("small", {}),
    ],
)
def test_an_absence_names_what_its_reason_asks_and_no_other_reason_exists(reason: str, members: dict[str, str]) -> None:
    with pytest.raises(InputError, match="absent"):
        example.read(example.changed(SEP, absent("process-heat", reason, **members)))


OLD: list[tuple[str, str, Change]] = [
    ("rule.e-calc", SEP, put("fuels", "burnt", energy="400000 MJ")),
    ("rule.e-calc-low", SEP, both(put("fuels", "burnt", energy="1000 MJ"), lean("10 kWh"))),
    ("rule.p-precip", SEP, put("materials", "ammonium bicarbonate", mass="3000 kg")),
    ("rule.p-acid", SEP, put("materials", "hydrochloric", mass="7000 kg")),
    ("rule.c-ely", ELY, put("direct", "CO2", mass="140 kg")),
    ("rule.c-ely-range", ELY, output(0, mass="150 kg")),
    ("rule.f-pfc", ELY, drop("direct", "CF4")),
    ("rule.v-prof-line", SEP, top(electricity=[])),
]


def of_engine_1(run: str, change: Change) -> Inventory:
    """Return a changed run of the example as the first engine's."""
    record, inventory = example.read(example.changed(run, change)), example.drafts()[run].inventory
    outputs = [written_output(each, f"outputs[{index}]") for index, each in enumerate(record.outputs)]
    groups = sealed_groups(record, example.tables())
    return replace(inventory, groups=groups, outgoing=outputs, shared=None, engine="1")


@pytest.mark.parametrize(("code", "run", "change"), OLD, ids=[case[0] for case in OLD])
def test_a_run_of_the_first_engine_keeps_its_rules(code: str, run: str, change: Change) -> None:
    found = {breach.problem.code for breach in judge(of_engine_1(run, change), BEFORE)}
    assert code in found
    assert not [each for each in found if each.startswith("rule.q-")]


def test_a_run_of_the_first_engine_may_leave_a_group_out_in_words() -> None:
    told = of_engine_1(SEP, top(electricity=[]))
    words = example.drafts()[BEN].inventory.excluded[:1]
    told = replace(told, excluded=[type(words[0])(what="electricity of the mixer", why="small")])
    assert "rule.v-prof-line" not in {breach.problem.code for breach in judge(told, BEFORE)}


@pytest.mark.parametrize(("run", "lot"), [("SEP-2026-03", "OX-17"), ("REC-2026-03", "RX-04")])
def test_bought_oxide_of_commerce_is_no_compound_that_a_kiln_made_oxide(run: str, lot: str) -> None:
    made = next(each for each in example.written(run)["outputs"] if each["lot"] == lot)
    assert {"C", "Cl", "H"} <= set(made["composition"]), "traces of what it was made of"
    oxide = {"mass": "100 kg", "composition": made["composition"]}
    record = example.written(run)
    for group in ("inputs", "materials", "fuels", "electricity", "direct", "transport", "wastes", "excluded", "claims"):
        record.pop(group, None)
    record |= {
        "step": "blending",
        "allocation": {"method": "mass", "mass_key": "REO"},
        "materials": [oxide | {"name": "oxide", "factor": "defaults/rare-earth-goods.glo"}],
        "outputs": [oxide | {"lot": "A-1", "kind": "oxide", "description": "oxide"}],
    }
    record.pop("water", None)
    assert "M-PROXY" in {breach.rule.id for breach in example.drafted(record).findings}, "it is drafted, and flagged"


def altered(run: str, group: str, change: Callable[[Any], Any], absent_: Sequence[Absent] = ()) -> Inventory:
    """Return a run as somebody else's program may seal it: lines of a group are changed, or left out if None."""
    made = example.drafts()[run].inventory
    groups = [
        with_members(each, lines=tuple(filter(None, map(change, each.lines)))) if each.group == group else each
        for each in made.groups
    ]
    return replace(made, groups=groups, absent=absent_)


def test_a_sealed_line_that_is_called_metered_names_its_meter() -> None:
    found = judge(altered(SEP, "electricity", lambda each: with_members(each, basis="metered", meter=None)), BEFORE)
    places = [each.problem.place for each in found if each.problem.code == "rule.q-meter"]
    assert places == [f"electricity[{index}]" for index in range(len(places))] != []


def test_what_no_named_meter_gave_is_sealed_as_calculated() -> None:
    for meter, basis in ((None, "calculated"), ("n/a", "calculated"), ("—", "calculated"), ("EM-3", "metered")):
        done = example.drafted(example.changed(SEP, lean("8000 kWh", basis="metered", meter=meter)))
        (power,) = [each for each in done.inventory.power.lines if each.amount_kwh == "8000"]
        assert (power.basis, power.meter) == (basis, meter if basis == "metered" else None)


def sold_salt(**members: object) -> Change:
    """Say that the ammonium left in the ground was sold as fertiliser."""

    def change(value: dict[str, Any]) -> None:
        nitrogen = line(value, "wastes", "leached ore body")["elements"].pop("N")
        salt = {"name": "fertiliser", "mass": nitrogen, "fate": "sold", "destination": "recovery"}
        value["wastes"].append(salt | {"elements": {"N": nitrogen}, "basis": "calculated", **members})
        put("direct", "N2O", mass="8.6 kg")(value)

    return change


def test_nitrogen_that_is_sold_has_a_document_or_counts_as_lost() -> None:
    with pytest.raises(RefusedError, match="n2o of in-situ-leaching"):
        example.drafted(example.changed(ICL, sold_salt()))
    codes = {each.problem.code for each in example.drafted(example.changed(ICL, sold_salt(proof=REPORT))).findings}
    assert codes.isdisjoint({"rule.q-range", "rule.q-measured"})


def no_laughing_gas(value: dict[str, Any], **method: object) -> None:
    told = MONITOR | {"document": REPORT} | method
    put("direct", "N2O", mass="0 kg", basis="metered", method=told)(value)
    absent("n2o", "measured-zero", line="direct[1]")(value)


def test_no_nitrous_oxide_is_flagged_by_a_report_and_refused_without_one() -> None:
    codes = {each.problem.code for each in example.drafted(example.changed(ICL, no_laughing_gas)).findings}
    assert "rule.q-measured" in codes
    with pytest.raises(RefusedError, match="no monitor that ran all the time"):
        example.drafted(example.changed(ICL, lambda value: no_laughing_gas(value, document=None)))


@pytest.mark.parametrize(
    ("run", "group", "left_out", "item", "named", "shown"),
    [
        (MAG, "materials", "hydrogen", "hydrogen", "materials[0]", True),
        (MAG, "materials", "hydrogen", "hydrogen", "materials[3]", True),
        (SEP, "materials", "P507", "extractant", "materials[0]", True),
        (ICL, "fuels", "diesel", "site-fuel", "fuels[0]", False),
        (ICL, "fuels", "diesel", "site-fuel", "materials[0]", True),
        (ICL, "fuels", "diesel", "n2o-indirect", "direct[1]", True),
        (ICL, "fuels", "diesel", "n2o-indirect", "direct[0]", True),
    ],
)
def test_another_line_that_is_named_holds_the_amount_or_is_shown(
    run: str, group: str, left_out: str, item: str, named: str, shown: bool
) -> None:
    told = (Absent(item=item, reason="in-other-line", line=named),)
    run_ = altered(run, group, lambda each: None if each.name.startswith(left_out) else each, told)
    flags = [each.problem for each in judge(run_, BEFORE) if each.problem.code == "rule.q-absent"]
    assert shown == any(each.facts["item"] == item for each in flags)
