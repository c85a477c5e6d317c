import base64
import csv
import hashlib
import io
from dataclasses import astuple

import pytest

from ledger.chemistry.exact import SCALE
from ledger.factors.factor import COLUMNS, GWP_COLUMNS, FactorSet, parse_factor_set, parse_gwp
from ledger.tables import SHIPPED, shipped_tables
from schemas.problem import InputError, MissingError
from schemas.quantity import trillionths
from schemas.vocabulary import GASES

ROW = {
    "flow": "ammonia",
    "label": "ammonia, liquid",
    "geography": "CN",
    "year": "2022",
    "per": "kg",
    "values": "CO2-fossil=2.1;CH4-fossil=0.004",
    "gwp_set": "",
    "set": "",
    "boundary": "cradle-to-gate",
    "status": "read",
    "quality": "2",
    "licence": "CC0",
    "source": "a plant's own report",
    "note": "",
}


def table(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def refusal(content: bytes) -> InputError:
    with pytest.raises(InputError) as refused:
        parse_factor_set(content, "own")
    return refused.value


def test_a_row_becomes_a_factor_named_by_table_flow_place_and_year() -> None:
    content = table(ROW)
    factors = parse_factor_set(content, "own", visibility="withheld")
    factor = factors.rows["own/ammonia.cn.2022"]
    assert factor.values == (("CO2-fossil", trillionths("2.1")), ("CH4-fossil", trillionths("0.004")))
    assert (factor.per, factor.year, factor.gwp_set, factor.set, factor.quality) == ("kg", 2022, None, None, 2)
    assert factors.visibility == "withheld"
    assert base64.urlsafe_b64decode(factors.digest + "=") == hashlib.sha256(content).digest()


def test_the_digest_is_that_of_the_bytes_and_not_of_the_meaning() -> None:
    unix = parse_factor_set(table(ROW), "own")
    windows = parse_factor_set(b"\xef\xbb\xbf" + table(ROW).replace(b"\n", b"\r\n"), "own")
    assert [*map(astuple, unix.rows.values())] == [*map(astuple, windows.rows.values())]
    assert unix.digest != windows.digest


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"flow": "Ammonia"}, "factor.cell", "flow"),
        ({"flow": ""}, "factor.cell", "flow"),
        ({"label": ""}, "factor.cell", "label"),
        ({"geography": "China"}, "factor.cell", "geography"),
        ({"year": "22"}, "factor.cell", "year"),
        ({"per": "ton"}, "factor.cell", "per"),
        ({"values": ""}, "factor.gas", "values"),
        ({"values": "CO2=1"}, "factor.gas", "values"),
        ({"values": "N2O=1;N2O=1"}, "factor.gas", "values"),
        ({"values": "N2O=1e-3"}, "quantity.signed-12", "values"),
        ({"values": "N2O=1,5"}, "quantity.signed-12", "values"),
        ({"values": "CO2-fossil=-1"}, "factor.sign", "values"),
        ({"values": "CO2e=1"}, "factor.gwp-set", "gwp_set"),
        ({"gwp_set": "AR6"}, "factor.gwp-set", "gwp_set"),
        ({"values": "CO2e=1", "gwp_set": "AR4"}, "factor.cell", "gwp_set"),
        ({"set": "both"}, "factor.cell", "set"),
        ({"status": "from memory"}, "factor.cell", "status"),
        ({"quality": "0"}, "factor.cell", "quality"),
        ({"licence": ""}, "factor.cell", "licence"),
        ({"source": "two\nlines"}, "factor.cell", "source"),
    ],
)
def test_a_faulty_cell_is_told_with_line_column_and_value(change: dict[str, str], code: str, column: str) -> None:
    error = refusal(table(ROW, ROW | {"year": "2023"} | change))
    assert [problem.code for problem in error.problems] == [code]
    line = 4 if "\n" in "".join(change.values()) else 3
    assert error.problems[0].place == f"own, line {line}, column {column}"


def test_all_faulty_rows_are_told_at_once() -> None:
    error = refusal(table(ROW, ROW | {"year": "x"}, ROW | {"per": "kt", "year": "2021"}))
    assert [problem.place for problem in error.problems] == ["own, line 3, column year", "own, line 4, column per"]


def test_uptake_alone_may_be_negative() -> None:
    factors = parse_factor_set(table(ROW | {"values": "CO2-biogenic=-1.6"}), "own")
    assert factors.rows["own/ammonia.cn.2022"].values == (("CO2-biogenic", -trillionths("1.6")),)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (table(ROW, ROW), "factor.duplicate"),
        (table(ROW).replace(b"flow,label", b"label,flow", 1), "factor.columns"),
        (b"", "file.empty"),
        (table(ROW) + b"only,two\n", "factor.row"),
        (table(ROW) + b'"never closed', "factor.row"),
        (table(ROW) + b"\xff", "factor.encoding"),
        (b"x" * (4 * 1024 * 1024 + 1), "factor.large"),
    ],
)
def test_a_faulty_table_is_refused(content: bytes, code: str) -> None:
    assert refusal(content).code == code


GWPS = [
    {"gas": gas, "AR5": "1", "AR5_status": "read", "AR6": "1.5", "AR6_status": "read", "source": "x"}
    for gas in GASES
    if gas != "CO2e"
]


def test_the_gwp_table_weighs_each_gas_in_each_set() -> None:
    gwp = parse_gwp(table(*GWPS, columns=GWP_COLUMNS))
    assert gwp.weights["AR6"]["N2O"] == trillionths("1.5")
    assert gwp.weights["AR5"]["N2O"] == gwp.weights["AR6"]["CO2e"] == SCALE


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (GWPS[1:], "factor.gas"),
        ([*GWPS, GWPS[0]], "factor.duplicate"),
        ([GWPS[0] | {"gas": "CO2"}, *GWPS[1:]], "factor.cell"),
        ([GWPS[0] | {"gas": "CO2e"}, *GWPS[1:]], "factor.duplicate"),
    ],
)
def test_a_gwp_table_that_lacks_doubles_or_invents_a_gas_is_refused(rows: list[dict[str, str]], code: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_gwp(table(*rows, columns=GWP_COLUMNS))
    assert refused.value.code == code


def test_the_shipped_tables_hold_what_a_footprint_needs() -> None:
    tables = shipped_tables()
    assert set(tables.sets) == set(SHIPPED)
    assert tables.gwp.weights["AR6"]["CH4-fossil"] == trillionths("29.8")
    assert tables.gwp.weights["AR6"]["CO2-biogenic"] == 0
    assert tables.gwp.statuses["AR5"]["CH4-fossil"] == "placeholder"
    newest = tables.latest("grid", "location", "CN-NM", 2026)
    assert newest is not None
    assert newest.id == "grid/location.cn-nm.2023"
    assert newest.set == "direct"
    assert tables.latest("grid", "location", "CN-NM", 2020) is None


def test_what_is_not_evidence_is_marked_and_stands_apart() -> None:
    for name, factors in shipped_tables().sets.items():
        for factor in factors.rows.values():
            assert (factor.status == "placeholder") == (name in {"placeholders", "defaults"}), factor.id
            assert factor.note or factor.status != "placeholder", factor.id
            assert (factor.set is not None) == (factor.per == "kWh"), factor.id


def test_a_name_that_no_table_has_is_told() -> None:
    for identifier in ("grid/location.cn-nm.1999", "nowhere/x.glo", "plain", ""):
        with pytest.raises(MissingError) as refused:
            shipped_tables().factor(identifier, "inventory[0]")
        assert refused.value.code == "factor.unknown"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("materials/nickel-metal.cn.2016", "materials/nickel-metal.cn.2015"),
        ("materials/nickle-metal.cn.2015", "materials/nickel-metal.cn.2015"),
        ("grid/location.cn-nm.2018", "grid/location.cn-nm.2022 or grid/location.cn-nm.2023"),
        ("materials/unobtainium.cn.2020", "one that exists"),
    ],
)
def test_a_factor_of_another_year_or_name_is_told_those_that_there_are(asked: str, told: str) -> None:
    with pytest.raises(MissingError, match=rf"No factor table here has {asked}\. Use {told}, or add a table"):
        shipped_tables().factor(asked)


def test_a_producers_own_table_joins_the_shipped_ones_once() -> None:
    own: FactorSet = parse_factor_set(table(ROW), "own")
    joined = shipped_tables().joined(own)
    assert joined.factor("own/ammonia.cn.2022").label == "ammonia, liquid"
    with pytest.raises(InputError) as refused:
        joined.joined(own)
    assert refused.value.code == "factor.duplicate"
