"""What a material is bought by: each cheat is refused or flagged, and each honest plant beside it is not."""

from __future__ import annotations

import csv
import io
from dataclasses import replace as replace_tables
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.cas import is_cas
from ledger.drafting.trace import explain, lines_of, terms_of
from ledger.factors.boundary import BURNT
from ledger.factors.factor import COLUMNS, SUBSTANCE_COLUMNS, parse_factor_set
from ledger.factors.fit import NO_FITS, class_of, parse_fits
from ledger.footprint.material_amounts import material_amount
from ledger.footprint.versions import ENGINES
from ledger.plausibility.rules import judge
from schemas.document import replace
from schemas.inventory import MaterialLine
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example
from tests.support.worlds.cheats import to_the_other_hall

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.drafting.draft import Draft
    from ledger.factors.tables import FactorTables

FIT = tuple(f"rule.m-{word}" for word in ("fit", "strong", "blind", "floor", "own", "proxy"))
CRK, SEP, SCR, REC = "CRK-2026-02", "SEP-2026-03", "SCR-2026-02", "REC-2026-03"
ICL, SC, MAG, HSA = "ICL-2026-01", "SC-2026-05", "MAG-2026-06", "HSA-2026-05"

ACID = {"H": "0.086629197", "O": "0.621665279", "Cl": "0.291705524"}
"""Hydrochloric acid of 30 %."""


def bought(mass: str, factor: str, composition: dict[str, str] | None = None, **members: object) -> Any:  # noqa: ANN401
    """Return a change of a record that buys a material and throws it away again, so that all balances hold."""

    def change(value: example.Written) -> None:
        made: dict[str, object] = {"name": "goods", "mass": f"{mass} kg", "factor": factor, **members}
        if composition:
            made["composition"] = composition
            elements = {
                element: f"{(Decimal(mass) * Decimal(part)).normalize():f} kg" for element, part in composition.items()
            }
            waste = {"name": "goods thrown away", "mass": f"{mass} kg", "fate": "disposal", "elements": elements}
            value["wastes"].append(waste | {"destination": "disposal"})
        value["materials"].append(made)

    return change


def put(word: str, **members: object) -> Callable[[example.Written], None]:
    def change(value: example.Written) -> None:
        next(each for each in value["materials"] if word in each["name"]).update(members)

    return change


def codes(
    run: str, *changes: Callable[[example.Written], object], tables: FactorTables | None = None
) -> dict[str, str]:
    """Return the codes by which a changed record is refused, or else those by which it is flagged anew."""
    value = example.written(run)
    for change in changes:
        change(value)
    try:
        done = example.drafted(value, other=tables)
    except RefusedError as error:
        return {problem.code: "refused" for problem in error.problems}
    before = {finding.problem.code for finding in example.drafts()[run].findings}
    return {finding.problem.code: "flagged" for finding in done.findings if finding.problem.code not in before}


def of_fit(found: dict[str, str]) -> dict[str, str]:
    """Return the codes of what materials are bought by."""
    return {code: verdict for code, verdict in found.items() if code.startswith(FIT)}


def drafted(run: str, *changes: Callable[[example.Written], object]) -> Draft:
    value = example.written(run)
    for change in changes:
        change(value)
    return example.drafted(value)


def own(flow: str, value: str, name: str = "own", **cells: str) -> FactorTables:
    """Return the shipped tables and a producer's own with one factor."""
    row = {
        "flow": flow, "label": flow, "geography": "GLO", "per": "kg", "values": f"CO2e={value}", "gwp_set": "AR6",
        "boundary": "cradle-to-gate", "status": "read", "quality": "1", "licence": "own", "source": "a supplier",
        **cells,
    }  # fmt: skip
    columns = (*COLUMNS, *SUBSTANCE_COLUMNS) if set(SUBSTANCE_COLUMNS) & set(cells) else COLUMNS
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow(row)
    return example.tables().joined(parse_factor_set(text.getvalue().encode(), name, visibility="withheld"))


# -- cheats -------------------------------------------------------------------------------------------------------

NEODYMIUM = {"Nd": "1"}
OXIDE = {"Nd": "0.857361", "O": "0.142639"}
PRND = {"Nd": "0.75", "Pr": "0.25"}
ACID_WITH = {"H": "0.08", "O": "0.58", "Cl": "0.291705524", "Nd": "0.048294476"}
PRND_IN_SILICON = {"Nd": "0.22", "Pr": "0.08", "Si": "0.4", "Fe": "0.3"}

REFUSED = {
    "neodymium at the factor of iron": (SC, bought("100", "placeholders/iron.glo", NEODYMIUM), "rule.m-fit-rare"),
    "neodymium oxide at the factor of tap water": (SEP, bought("100", "materials/tap-water.cn.2019", OXIDE), "rule.m-fit-rare"),
    "cobalt at the factor of iron": (SC, put("cobalt", factor="placeholders/iron.glo"), "rule.m-fit"),
    "acid of 3 % whose composition says 30 %": (SEP, put("hydrochloric", strength="0.03"), "rule.m-strong"),
    "lime at the emission of its limestone": (CRK, put("lime", factor="materials/caco3-process-co2.cn"), "rule.m-fit-role"),
    "lime at the factor of treated waste water": (CRK, put("lime", factor="materials/municipal-wastewater-treatment-a2o.cn.2009"), "rule.m-fit-role"),
    "a fuel's flue gas as a solvent": (SEP, put("kerosene", factor="fuels/other-kerosene-burnt.glo.2006"), "rule.m-fit-role"),
    "lime as free of burden": (CRK, put("lime", factor="methods/no-burden.glo"), "rule.m-fit"),
    "something unseen as free of burden": (SEP, bought("100", "methods/no-burden.glo"), "rule.m-fit-unseen"),
    "rare earth as a part of an acid": (SEP, bought("2000", "placeholders/hydrochloric-acid.glo", ACID_WITH, strength="0.3"), "rule.m-fit-rare"),
    "PrNd as rare-earth ferrosilicon": (SC, bought("100", "materials/rare-earth-ferrosilicon.cn.2013", PRND_IN_SILICON), "rule.m-fit"),
    "oxide as ore, where none is mined": (SEP, bought("100", "placeholders/iron-ore-tailings-rare-earth.glo", OXIDE), "rule.m-fit-role"),
    "virgin metal as scrap": (SCR, put("swarf", composition=PRND), "rule.s-scrap"),
    "scrap where nothing is recycled": (SC, bought("10", "methods/scrap-cut-off.glo", {"Fe": "1"}), "rule.s-scrap-step"),
    "a proxy that nobody listed": (SC, put("cobalt", factor="placeholders/iron.glo", proxy_for="cobalt"), "rule.m-fit-proxy"),
    "a fluorocarbon by a cheaper organic": (SC, bought("1", "placeholders/epoxy-resin.glo", {"C": "0.24", "F": "0.74", "H": "0.02"}, proxy_for="difluoroethene"), "rule.m-fit-proxy"),
    "cobalt called magnesium sulphate": (SC, put("cobalt", factor="placeholders/ammonium-sulphate.glo", proxy_for="magnesium sulphate"), "rule.m-fit-proxy-other"),
    "metal oxide as rare metal by proxy": (SC, bought("10", "placeholders/iron.glo", NEODYMIUM, proxy_for="low-alloy steel"), "rule.m-fit-rare"),
    "another substance by its CAS number": (SEP, bought("1", "placeholders/iron.glo", cas="7440-48-4"), "rule.m-fit-cas"),
    "an unseen material that weighs": (SEP, bought("9000", "placeholders/iron.glo"), "rule.m-blind-share"),
}  # fmt: skip


@pytest.mark.parametrize("cheat", REFUSED)
def test_a_material_by_a_factor_that_is_not_its_own_is_refused(cheat: str) -> None:
    run, change, code = REFUSED[cheat]
    assert codes(run, change).get(code) == "refused"


def test_rare_earth_in_many_small_parts_is_summed() -> None:
    """Each acid alone brings 0.3 % of the run's rare earth; six of them bring 1.8 %."""
    acid = {"H": "0.0859", "O": "0.6207", "Cl": "0.291705524", "Nd": "0.001694476"}
    one = bought("4000", "placeholders/hydrochloric-acid.glo", acid, strength="0.3")
    assert "rule.m-fit-rare" not in codes(SEP, one)
    assert codes(SEP, *[one] * 6)["rule.m-fit-rare"] == "refused"


SPLIT = [bought("1500", "placeholders/iron.glo") for _ in range(6)]


def test_unseen_materials_in_many_small_lines_are_summed() -> None:
    assert codes(SEP, SPLIT[0]) == {"rule.m-blind": "flagged"}
    assert codes(SEP, *SPLIT)["rule.m-blind-share"] == "refused"


FLAGGED = {
    "a material of unknown substance": (SEP, bought("1", "placeholders/iron.glo"), "rule.m-blind"),
    "ammonium bicarbonate below its ammonia": (CRK, put("ammonium bicarbonate", factor="materials/ammonium-bicarbonate-nh4hco3.cn.2005"), "rule.m-floor"),
    "goods of a supplier without certificate": (SC, bought("10", "defaults/rare-earth-goods.glo", PRND), "rule.m-proxy-default"),
}  # fmt: skip


@pytest.mark.parametrize("case", FLAGGED)
def test_what_cannot_be_proved_is_flagged(case: str) -> None:
    run, change, code = FLAGGED[case]
    assert codes(run, change).get(code) == "flagged"


def test_swarf_that_no_certified_run_tells_of_is_flagged_until_one_does() -> None:
    by = {"organisation": "did:web:magnets.example", "step": "magnet-production"}
    told = by | {"certificate": f"zQm{'a' * 44}"}
    for source, flagged in ((None, True), (by, True), (told, False)):
        done = drafted(SCR, put("swarf", generated_by=source))
        assert flagged == ("rule.s-scrap-source" in {finding.problem.code for finding in done.findings}), source


PROOF, FREE_SCRAP = "A" * 43, "methods/scrap-cut-off.glo"
DILUTED = {"Nd": "0.255", "Pr": "0.085", "Fe": "0.66"}


def unproven(*changes: Callable[[example.Written], None], run: str = SCR) -> dict[str, str]:
    """Return what is told of scrap that nothing proves, or nothing."""

    def change(value: example.Written) -> None:
        for each in changes:
            each(value)

    done = drafted(run, change)
    assert all("<" not in finding.problem.sentence() for finding in done.findings)
    told = [finding.problem.facts for finding in done.findings if finding.problem.code == "rule.s-proof"]
    stated = done.certified[0].footprint.flags
    assert stated is not None
    assert not {"S-SCRAP", "M-DILUTE"} & {each.rule for each in stated.parts or ()}
    assert [each["share"] for each in told] == [each.part for each in stated.parts or () if each.rule == "S-PROOF"]
    return dict(told[0]) if told else {}


@pytest.mark.parametrize(
    ("changes", "share"),
    [
        ([], "1"),
        ([put("swarf", proof=PROOF)], "0.4277"),
        ([put("swarf", proof=PROOF), put("end-of-life", proof=PROOF)], None),
    ],
    ids=["none proved", "swarf proved", "all proved"],
)
def test_scrap_that_nobody_certified_is_told_with_its_share(
    changes: list[Callable[[example.Written], None]], share: str | None
) -> None:
    assert unproven(*changes).get("share") == share


def test_scrap_of_little_rare_earth_that_is_no_metal_needs_no_proof() -> None:
    phosphor = {"Y": "0.1", "Al": "0.3", "O": "0.6"}
    assert unproven(put("swarf", proof=PROOF), put("end-of-life", proof=PROOF), bought("9", FREE_SCRAP, phosphor)) == {}


@pytest.mark.parametrize(
    "composition",
    [
        {"Ni": "1"},
        {"Ni": "0.5", "Fe": "0.5"},
        {"Co": "0.6", "Ni": "0.2", "Fe": "0.2"},
        DILUTED,
        {"Nd": "0.03", "Fe": "0.97"},
    ],
)
def test_new_metal_called_old_goods_is_told(composition: dict[str, str]) -> None:
    proved = [put("swarf", proof=PROOF), put("end-of-life", proof=PROOF)]
    metal = bought("900", FREE_SCRAP, composition, recycled="post-consumer")
    assert unproven(*proved, metal)["material"] == "goods"


def test_new_metal_thinned_with_iron_has_no_boron() -> None:
    thinned = bought("90", FREE_SCRAP, DILUTED, recycled="post-consumer")
    assert codes(SCR, thinned).get("rule.s-scrap-boron") == "flagged"
    assert "rule.s-scrap-boron" not in codes(SCR, bought("90", FREE_SCRAP, DILUTED | {"Fe": "0.65", "B": "0.01"}))


@pytest.mark.parametrize(("mass", "flagged"), [("9", None), ("60", "flagged")])
def test_iron_for_magnets_of_finished_alloy_is_told(mass: str, flagged: str | None) -> None:
    assert codes(MAG, bought(mass, "placeholders/iron.glo", {"Fe": "1"})).get("rule.m-dilute") == flagged


def test_magnets_that_are_called_bonded_need_a_resin() -> None:
    def called(value: example.Written) -> None:
        value["outputs"][0].update(product="bonded-ndfeb-magnet")

    resin = bought("12", "placeholders/epoxy-resin.glo", {"C": "0.74", "H": "0.07", "O": "0.19"})
    assert codes(MAG, called).get("rule.v-prod-resin") == "flagged"
    assert "rule.v-prod-resin" not in codes(MAG, called, resin)


def test_metal_that_leaves_as_waste_is_flagged_when_it_is_more_than_grinding_loses() -> None:
    def diverted(value: example.Written) -> None:
        value["outputs"][0].update(mass="400 kg", coating=None)
        made = value["outputs"][0]["composition"]
        more = {element: f"{(Decimal(part) * 100).normalize():f} kg" for element, part in made.items()}
        waste = {"name": "magnets for the sister", "mass": "100 kg", "fate": "sold", "destination": "recovery"}
        value["wastes"].append(waste | {"elements": more})

    assert "rule.s-scrap-waste" in codes(MAG, diverted)
    assert "rule.s-scrap-waste" not in codes(MAG)


# -- a producer's own table ---------------------------------------------------------------------------------------

HCL = {"formula": "HCl", "cas": "7647-01-0", "per": "kg-content"}
LIME = {"formula": "CaO", "cas": "1305-78-8"}


def test_a_table_without_substances_is_shown_and_carries_little_of_a_figure() -> None:
    lubricated, acid = put("kerosene", factor="own/any.glo"), put("hydrochloric", factor="own/any.glo")
    assert codes(SEP, lubricated, tables=own("any", "0.9")) == {"rule.m-blind-table": "flagged"}
    assert codes(SEP, acid, tables=own("any", "0.9", per="kg-content")) == {"rule.m-blind-share": "refused"}


OWN = {
    "a low acid": ("hydrochloric", "acid", "0.51", HCL, {"rule.m-own": "flagged"}),
    "an acid that is known by its composition alone": ("hydrochloric", "acid", "0.51", {"family": "acid", "per": "kg-content"}, {"rule.m-own": "flagged"}),
    "an acid like the shipped one": ("hydrochloric", "acid", "0.95", HCL, {}),
    "an acid of another formula": ("hydrochloric", "acid", "0.95", HCL | {"formula": "H2SO4", "cas": ""}, {"rule.m-fit": "refused"}),
    "bicarbonate below its ammonia": ("bicarbonate", "salt", "0.3", {"formula": "NH4HCO3"}, {"rule.m-floor-own": "refused"}),
    "a convention of its own": ("hydrochloric", "no-burden", "0", HCL | {"boundary": "method"}, {"rule.m-fit-free": "refused"}),
    "an emission as a supply": ("hydrochloric", "acid", "1", HCL | {"boundary": "direct"}, {"rule.m-fit-role": "refused"}),
}  # fmt: skip


@pytest.mark.parametrize("case", OWN)
def test_an_own_value_is_compared_with_the_shipped_one(case: str) -> None:
    word, flow, value, cells, due = OWN[case]
    assert of_fit(codes(SEP, put(word, factor=f"own/{flow}.glo"), tables=own(flow, value, **cells))) == due


STEAM = {"per": "MJ", "boundary": "use"}


@pytest.mark.parametrize(
    ("value", "told", "due"),
    [
        ("0.001", None, {"rule.m-floor-own": "refused"}),
        ("0.001", "waste heat of the acid plant, contract 7", {"rule.m-own": "flagged"}),
        ("0.07", None, {"rule.m-own": "flagged"}),
        ("0.11", None, {}),
    ],
)
def test_own_steam_has_a_floor(value: str, told: str | None, due: dict[str, str]) -> None:
    def heated(record: example.Written) -> None:
        line = {"name": "steam", "amount": "100 MJ", "factor": "own/purchased-heat-steam-default.glo"}
        record["fuels"].append(line | ({"supplier_value": told} if told else {}))

    assert of_fit(codes(SEP, heated, tables=own("purchased-heat-steam-default", value, **STEAM))) == due


def test_own_transport_below_every_shipped_one_is_flagged() -> None:
    def carried(record: example.Written) -> None:
        record["transport"].append({"name": "train", "amount": "10 t.km", "factor": "own/train.glo"})

    assert codes(SEP, carried, tables=own("train", "0.001", per="t.km"))["rule.m-own"] == "flagged"
    assert "rule.m-own" not in codes(SEP, carried, tables=own("train", "0.0075", per="t.km"))


def test_rare_earth_by_a_suppliers_footprint_names_it_and_is_flagged() -> None:
    cells = {"formula": "Nd2O3", "family": "rare-earth"}
    line = bought("10", "own/oxide.glo", OXIDE)
    assert codes(SEP, line, tables=own("oxide", "60", **cells))["rule.m-fit-rare-supplier"] == "refused"
    assert codes(SEP, line, tables=own("oxide", "60", formula="Nd2O3"))["rule.m-fit-rare-supplier"] == "refused"
    told = bought("10", "own/oxide.glo", OXIDE, supplier_value="PCF 12 of Ann, verified by Bob")
    found = codes(SEP, told, tables=own("oxide", "60", **cells))
    assert of_fit(found) == {"rule.m-proxy-supplier": "flagged", "rule.m-own": "flagged"}
    assert codes(SEP, told, tables=own("oxide", "0.1", **cells))["rule.m-floor-own"] == "refused"


def test_a_supplier_s_samarium_has_the_floor_of_every_rare_earth() -> None:
    told = bought("10", "own/oxide.glo", {"Sm": "0.862361", "O": "0.137639"}, supplier_value="PCF 13 of Ann")
    cells = {"formula": "Sm2O3", "family": "rare-earth"}
    assert codes(SEP, told, tables=own("oxide", "0.43", **cells))["rule.m-floor-own"] == "refused"
    assert "rule.m-floor-own" not in codes(SEP, told, tables=own("oxide", "0.44", **cells))


# -- honest plants ------------------------------------------------------------------------------------------------

PROXIES = {
    "calcium": (SC, "placeholders/aluminium.glo", "calcium metal", {"Ca": "1"}),
    "zirconium": (SC, "placeholders/gallium.glo", "zirconium", {"Zr": "1"}),
    "chromium, which is in no list": (SC, "placeholders/gallium.glo", "chromium", {"Cr": "1"}),
    "chlorine": (SEP, "placeholders/hydrochloric-acid.glo", "chlorine", {"Cl": "1"}),
    "salt": (SEP, "materials/soda-ash.cn.2014", "sodium chloride", {"Na": "0.39337", "Cl": "0.60663"}),
    "a fluorocarbon": (SC, "materials/refrigerant-production.cn.2022", "difluoroethene", {"C": "0.24", "F": "0.74", "H": "0.02"}),
    "citric acid": (SEP, "placeholders/oxalic-acid-dihydrate.glo", "citric acid", {"C": "0.375", "H": "0.042", "O": "0.583"}),
    "an amine": (SEP, "placeholders/p507-extractant.glo", "Amine extractant", {"C": "0.815", "H": "0.145", "N": "0.04"}),
    "naphthenic acid": (SEP, "placeholders/p507-extractant.glo", "naphthenic acid", {"C": "0.73", "H": "0.11", "O": "0.16"}),
    "an ionic liquid": (SEP, "placeholders/epoxy-resin.glo", "trihexyl phosphonium chloride", {"C": "0.74", "H": "0.13", "P": "0.06", "Cl": "0.07"}),
    "an ionic liquid by name": (SEP, "placeholders/p507-extractant.glo", "ionic liquid", {"C": "0.74", "H": "0.13", "P": "0.06", "Cl": "0.07"}),
    "the resin of bonded magnets": (MAG, "placeholders/epoxy-resin.glo", "phenolic resin", {"C": "0.74", "H": "0.07", "O": "0.19"}),
    "magnesium sulphate with its water": (SEP, "placeholders/ammonium-sulphate.glo", "magnesium sulphate", {"Mg": "0.09861", "S": "0.13008", "O": "0.71408", "H": "0.05723"}),
    "an inorganic salt that is in no list": (SEP, "placeholders/lithium-fluoride.glo", "barium chloride", {"Ba": "0.6595", "Cl": "0.3405"}),
}  # fmt: skip


@pytest.mark.parametrize("case", PROXIES)
def test_a_substance_without_a_factor_is_bought_by_a_like_one_and_flagged(case: str) -> None:
    run, factor, substance, composition = PROXIES[case]
    strength = {"strength": "1"} if "hydrochloric" in factor else {}
    found = codes(run, bought("2", factor, composition, proxy_for=substance, **strength))
    assert of_fit(found) == {"rule.m-proxy": "flagged"}


FITTING = {
    "kiln lime of 77 % CaO": (CRK, bought("1", "materials/lime-cao.cn.2019", {"Ca": "0.55", "O": "0.35", "Si": "0.06", "Mg": "0.04"})),
    "sea water": (ICL, bought("100", "methods/no-burden.glo", {"O": "0.857", "H": "0.108", "Na": "0.012", "Cl": "0.023"})),
    "air": (SEP, bought("10", "methods/no-burden.glo", {"N": "0.77", "O": "0.23"})),
    "an ore without iron": ("BEN-2026-01", put("tailings", composition={"O": "0.45", "Ca": "0.28", "P": "0.12", "F": "0.03", "Si": "0.072", "Nd": "0.012", "Ce": "0.022", "La": "0.012", "Pr": "0.002"})),
    "kerosene as diesel": (SEP, put("kerosene", name="kerosene")),
    "a material known by its CAS number": (SEP, bought("1", "placeholders/iron.glo", cas="7439-89-6")),
    "spent acid with iron": (SEP, put("hydrochloric", composition={"H": "0.085", "O": "0.613294476", "Cl": "0.291705524", "Fe": "0.01"})),
}  # fmt: skip


@pytest.mark.parametrize("case", FITTING)
def test_an_honest_material_is_bought_by_its_own_factor(case: str) -> None:
    run, change = FITTING[case]
    assert of_fit(codes(run, change)) == {}


@pytest.mark.parametrize("run", example.runs())
def test_no_run_of_an_older_engine_is_judged(run: str) -> None:
    old = replace(example.drafts()[run].inventory, engine=ENGINES[0])
    assert not [found for found in judge(old) if found.problem.code.startswith(("rule.m-fit", "rule.s-scrap"))]


# -- figures ------------------------------------------------------------------------------------------------------


def test_a_proxy_counts_five_quarters_in_one_rounding_and_its_trace_says_so() -> None:
    salt = {"Mg": "0.201926", "S": "0.266345", "O": "0.531729"}
    proxy = bought(
        "1000", "placeholders/ammonium-sulphate.glo", salt, proxy_for="magnesium sulphate", basis="weighed", meter="W-1"
    )
    done = drafted(SEP, proxy)
    value = example.written(SEP)
    proxy(value)
    record = example.read(value)
    upstream = [example.lots()[item.lot or ""] for item in record.inputs]
    (term,) = terms_of(explain(done, upstream, 0, tables=example.tables()), ["goods"])
    text = "\n".join(lines_of(term))
    assert term.value == "887.5 / 887.5 kg" or term.value.startswith("887.5")
    assert "magnesium sulphate, by ammonium sulphate x 1.25" in text


def test_the_amount_of_a_proxy_is_exact() -> None:
    line = MaterialLine(
        name="x", basis="weighed", meter="W-1", mass_kg="0.333333", factor="placeholders/hydrochloric-acid.glo", strength="0.333333333333"
    )  # fmt: skip
    amount, scale = material_amount(line)
    proxied, other = material_amount(replace(line, proxy_for="chlorine"))
    assert (proxied, other) == (amount * 5, scale * 4)


def test_rare_earth_goods_count_by_their_rare_earths_and_the_heavy_ones_tenfold() -> None:
    parts = (("Nd", "0.6"), ("Dy", "0.2"), ("Fe", "0.2"))
    line = MaterialLine(
        name="x", basis="weighed", meter="W-1", mass_kg="10", factor="defaults/rare-earth-goods.glo", composition=parts
    )
    amount, scale = material_amount(line)
    assert amount * 10**12 == trillionths("26") * scale
    done = drafted(SC, bought("10", "defaults/rare-earth-goods.glo", dict(parts)))
    plain = example.drafts()[SC]
    more = done.result.own["materials", "CO2e"].location - plain.result.own["materials", "CO2e"].location
    assert more == trillionths("2860")
    assert done.result.placeholders == plain.result.placeholders + 1


def test_a_virgin_magnet_without_certificate_counts_less_than_studies_found_and_says_so() -> None:
    magnet = {"Nd": "0.23", "Pr": "0.07", "Dy": "0.005", "Fe": "0.675", "B": "0.01", "Co": "0.01"}
    found = codes(SC, bought("10", "defaults/rare-earth-goods.glo", magnet))
    assert found.get("rule.m-proxy-published") == "flagged"
    oxide = codes(SC, bought("10", "defaults/rare-earth-goods.glo", OXIDE))
    assert "rule.m-proxy-published" not in oxide
    assert "refused" not in oxide.values()


def test_a_proxy_scores_the_worst_technology_and_is_no_primary_data() -> None:
    told = {"supplier_value": "by the supplier", "pedigree": "11111", "basis": "weighed", "meter": "W-1"}
    ash, salt = {"Na": "0.433819", "C": "0.113325", "O": "0.452856"}, {"Na": "0.39337", "Cl": "0.60663"}
    supplied = drafted(SEP, bought("200000", "materials/soda-ash.cn.2014", ash, **told)).quality
    proxied = drafted(
        SEP, bought("200000", "materials/soda-ash.cn.2014", salt, proxy_for="sodium chloride", **told)
    ).quality
    assert Decimal(supplied.primary_share) > Decimal(proxied.primary_share) == 0
    assert Decimal(supplied.rating) < Decimal(proxied.rating)
    assert Decimal(supplied.variance) < Decimal(proxied.variance)


# -- the table ----------------------------------------------------------------------------------------------------


def test_every_shipped_supply_says_what_it_stands_for() -> None:
    tables = example.tables()
    silent = [
        factor.id
        for factor in tables.by_id.values()
        if factor.per in {"kg", "kg-content"} and factor.boundary not in BURNT
        if (factor.table, factor.flow) not in tables.fits.rows
    ]
    assert silent == []


def test_what_stands_for_a_whole_class_is_the_highest_of_it() -> None:
    tables = example.tables()
    gwp = tables.gwp.weights["AR6"]
    highest: dict[str, tuple[int, str]] = {}
    standing: dict[str, str] = {}
    for factor in tables.by_id.values():
        for row in tables.fits.rows.get((factor.table, factor.flow), ()):
            if row.role != "material" or row.holds_rare_earths or not any(row.windows):
                continue
            parts: dict[str, int] = {}
            for bound in row.windows[0]:
                for element in sorted(bound.elements) if bound.what not in {"RE", "other"} else ():
                    parts[element] = max(parts.get(element, 0), bound.high)
            value = sum(mass * gwp[gas] for gas, mass in factor.values)
            kind = class_of(parts) if parts else "any inorganic"
            highest[kind] = max(highest.get(kind, (0, "")), (value, row.flow))
            standing |= {each: row.flow for each in row.stands_for if each.startswith("any ")}
    assert set(standing) == {"any metal", "any organic", "any fluorocarbon", "any inorganic", "any gas"}
    assert {kind: flow for kind, (_, flow) in highest.items() if kind in standing} == standing


HEAD = "flow,table,steps,role,substance,formula,cas,content_element,content_per_kg,composition,family,proxy_for,floor,floor_source,status,note\n"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("x,materials,,supply,x,,,,,,,,,,read,", "role"),
        ("x,materials,,material,x,,7647-01-1,,,,,,,,read,", "cas"),
        ("x,materials,,material,x,,,,,Xx=0..1,,,,,read,", "composition"),
        ("x,materials,smelting,material,x,,,,,,,,,,read,", "steps"),
        ("x,materials,,material,x,,,,,,,,,,sure,", "status"),
    ],
)
def test_a_bad_cell_names_its_line_and_column(row: str, column: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_fits((HEAD + row + "\n").encode())
    (problem,) = caught.value.problems
    assert problem.place == f"factor_fit, line 2, column {column}"


def test_a_row_stands_once_for_each_step() -> None:
    row = "x,materials,,material,x,,,,,,,,,,read,\n"
    with pytest.raises(InputError) as caught:
        parse_fits((HEAD + row + row).encode())
    assert caught.value.code == "factor.duplicate"


@pytest.mark.parametrize(
    ("cell", "text"), [("formula", "Xx2"), ("cas", "7647-01-1"), ("cas", "acid"), ("family", "Two Words")]
)
def test_a_bad_substance_in_an_own_table_names_its_place(cell: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        own("acid", "1", **{"family": "acid", cell: text})
    assert caught.value.problems[0].place == f"own, line 2, column {cell}"


def test_the_last_digit_of_a_cas_number_is_checked() -> None:
    assert [is_cas(text) for text in ("7647-01-0", "7732-18-5", "7647-01-1", "7647010")] == [True, True, False, False]


def test_a_slip_in_the_cas_number_of_a_line_is_refused() -> None:
    assert codes(SEP, bought("1", "placeholders/iron.glo", cas="7439-89-5")) == {"footprint.cas": "refused"}


def test_tables_that_do_not_say_what_factors_stand_for_judge_nothing() -> None:
    bare = replace_tables(example.tables(), fits=NO_FITS)
    assert of_fit(codes(SC, put("cobalt", factor="placeholders/iron.glo"), tables=bare)) == {}


def test_oxide_that_leaves_as_waste_for_a_recycler_is_flagged() -> None:
    def to_the_dam(value: example.Written) -> None:
        to_the_other_hall(value)
        for each in value["wastes"]:
            each["destination"] = "on-site"

    assert "rule.s-scrap-goods" in codes(SEP, to_the_other_hall)
    assert "rule.s-scrap-goods" not in codes(SEP, to_the_dam)


# -- a solution without a composition ---------------------------------------------------------------------------------


def test_the_factor_and_the_strength_of_a_solution_tell_its_composition() -> None:
    told = put("hydrochloric", composition={})
    assert not codes(SEP, told)
    acid = next(line for line in drafted(SEP, told).inventory.materials.lines if "hydrochloric" in line.name)
    assert dict(acid.composition).keys() == ACID.keys()
    for element, fraction in acid.composition:
        assert abs(Decimal(fraction) - Decimal(ACID[element])) < Decimal("0.00001")


def test_an_element_without_a_source_names_the_materials_that_nobody_described() -> None:
    value = example.written(SC)
    put("cobalt", composition={})(value)
    with pytest.raises(RefusedError) as refused:
        example.drafted(value)
    told = [problem for problem in refused.value.problems if problem.code == "rule.m-elem-unseen"]
    assert [problem.facts["element"] for problem in told] == ["Co"]
    assert told[0].facts["material"] == "cobalt"
