"""The columns of a workbook: one table for its headings, its template and its reading.

Rules: a key never changes; headings may. A column is found by its key, else by its heading in any language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from schemas.line_names import line_name_in

CellKind = Literal["text", "lot", "kilograms", "fraction", "date", "amount", "unit", "bound", "value", "written"]
"""What the cells of a column hold; `written` is filled in by us, and no part of a run."""
NUMBERS: Final[frozenset[CellKind]] = frozenset({"kilograms", "amount", "fraction"})
"""Kinds of columns whose cells are numbers. Texts are guarded against formulas, numbers need no guard."""
SheetKey = Literal["runs", "inputs", "outputs", "lines", "meters"]
Language = Literal["en", "zh-Hans"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh-Hans")


class Column(NamedTuple):
    """One column: its key, what it holds, its headings, and one line of help."""

    key: str
    kind: CellKind
    required: bool
    heading: Mapping[Language, str]
    help: Mapping[Language, str]


def column(key: str, kind: CellKind, en: tuple[str, str], zh: tuple[str, str], *, required: bool = False) -> Column:
    """Return a column with its headings and help texts in English and Chinese."""
    return Column(key, kind, required, {"en": en[0], "zh-Hans": zh[0]}, {"en": en[1], "zh-Hans": zh[1]})


_RUN: Final = column("run", "lot", ("Run", "as in the sheet Runs"), ("生产批次", "与“生产”表一致"), required=True)
_LOT: Final = column("lot", "lot", ("Lot", "as printed on the drum"), ("批号", "与桶上标签一致"), required=True)
_MASS: Final = column("mass_kg", "kilograms", ("Net mass", "kg, dry"), ("净重", "kg，干基"), required=True)
_NOTE: Final = column("note", "text", ("Note", "any text"), ("备注", "自由填写"))
_MOISTURE: Final = column(
    "moisture", "fraction", ("Moisture", "part of the wet mass, such as 0.05"), ("含水率", "占湿重的比例，例如 0.05")
)
_SHIPPED: Final = column(
    "shipped_kg", "kilograms", ("Mass as shipped", "kg, wet, if it was weighed"), ("发运湿重", "kg，含水分；称过才填")
)

INPUT_PAIRS: Final = 3
"""Inputs that have columns of their own in the sheet of runs; more stand in the sheet of inputs."""


def _inputs() -> tuple[Column, ...]:
    found: list[Column] = []
    for number in range(1, INPUT_PAIRS + 1):
        found += (
            column(
                f"input{number}_lot",
                "lot",
                (f"Input {number}, lot", "certified lot that was used"),
                (f"投入批号{number}", "所用的已认证批号"),
            ),
            column(
                f"input{number}_kg", "kilograms", (f"Input {number}, mass", "kg, dry"), (f"投入量{number}", "kg，干基")
            ),
        )
    return tuple(found)


SHEETS: Final[Mapping[SheetKey, tuple[Column, ...]]] = {
    "runs": (
        column("recipe", "text", ("Recipe", "name of the recipe"), ("配方", "配方名称"), required=True),
        column("run", "lot", ("Run", "leave empty to use the lot"), ("生产批次", "留空则用批号")),
        _LOT,
        _MASS,
        column("start", "date", ("First day", "such as 2026-07-01"), ("开始日期", "例如 2026-07-01"), required=True),
        column("end", "date", ("Last day", "leave empty if it is the first day"), ("结束日期", "留空则同开始日期")),
        *_inputs(),
        _MOISTURE,
        _SHIPPED,
        column(
            "customer",
            "text",
            ("Customer", "a contact; the lot is shipped once it is issued"),
            ("客户", "联系人名称；签发后即发货"),
        ),
        column(
            "ship_kg", "kilograms", ("Ship, mass", "kg, dry; empty for all"), ("发货量", "kg，干基；留空则全部发货")
        ),
        column(
            "reason",
            "text",
            ("Reason", "why an amount is unusual"),
            ("原因", "数值超出范围时说明原因"),
        ),
        _NOTE,
    ),
    "inputs": (_RUN, _LOT, _MASS),
    "outputs": (_RUN, _LOT, _MASS, _MOISTURE, _SHIPPED),
    "lines": (
        _RUN,
        column(
            "group",
            "text",
            ("Group", "materials, fuels, electricity, direct, transport, wastes, credits"),
            ("类别", "materials, fuels, electricity, direct, transport, wastes, credits"),
            required=True,
        ),
        column("name", "text", ("Name", "name of the line"), ("名称", "行的名称"), required=True),
        column("amount", "amount", ("Amount", "a number"), ("数量", "数字"), required=True),
        column("unit", "unit", ("Unit", "kg, kWh, MJ, m3, t.km"), ("单位", "kg、kWh、MJ、m3、t.km"), required=True),
        column(
            "basis",
            "text",
            ("Basis", "metered, weighed, calculated, assumed"),
            ("依据", "metered, weighed, calculated, assumed"),
        ),
        column("factor", "text", ("Factor", "table/row; empty: as in the recipe"), ("排放因子", "表/行；留空则用配方")),
        column("note", "text", ("Note", "why the run departs"), ("备注", "偏离配方的原因"), required=True),
    ),
    "meters": (
        _RUN,
        column(
            "meter",
            "lot",
            ("Meter", "name of a water meter at the site boundary"),
            ("仪表", "厂界水表的名称"),
            required=True,
        ),
        column(
            "reading_m3", "amount", ("Reading", "m3 in the days of the run"), ("读数", "m3，生产期间"), required=True
        ),
    ),
}
"""The columns of each sheet, in order. `runs` has, besides, a column for each asked amount (`r:<key>`), and `runs` and
`outputs` one for each asked element (`a:<element>`)."""

WRITTEN_COLUMNS: Final = (
    column("status", "written", ("Status", "filled in by Oreprint"), ("状态", "由 Oreprint 填写")),
    column("certificate", "written", ("Certificate", "filled in by Oreprint"), ("证书", "由 Oreprint 填写")),
)
"""The last columns of the sheet of runs: what became of the row. They are not read as part of a run."""
STATES: Final[Mapping[str, Mapping[Language, str]]] = {
    "ready": {"en": "ready", "zh-Hans": "可签发"},
    "problem": {"en": "problem", "zh-Hans": "有问题"},
    "refused": {"en": "refused", "zh-Hans": "被拒绝"},
    "changed": {"en": "changed", "zh-Hans": "与已签发的不同"},
    "unchanged": {"en": "issued before", "zh-Hans": "此前已签发"},
    "issued": {"en": "issued", "zh-Hans": "已签发"},
    "held": {"en": "held until {until}", "zh-Hans": "暂缓签发至 {until}"},
    "back": {"en": "not signed", "zh-Hans": "未签署"},
    "replaced": {"en": "replaced by a later upload", "zh-Hans": "已被后来的上传取代"},
}
"""What may have become of a row, in the words of its status."""

SHEET_NAMES: Final[Mapping[SheetKey, Mapping[Language, str]]] = {
    "runs": {"en": "Runs", "zh-Hans": "生产"},
    "inputs": {"en": "Inputs", "zh-Hans": "投入"},
    "outputs": {"en": "Outputs", "zh-Hans": "产出"},
    "lines": {"en": "Lines", "zh-Hans": "差异行"},
    "meters": {"en": "Meters", "zh-Hans": "仪表"},
}
PROBLEMS: Final[Mapping[Language, str]] = {"en": "Problems", "zh-Hans": "问题"}
"""Name of the sheet that lists all problems of an annotated copy."""
FORM: Final = "workbook/1"
"""Format and version of a workbook, as its hidden sheet says it."""
LISTS: Final[Mapping[Language, str]] = {"en": "Lists", "zh-Hans": "选项"}
"""Name of the hidden sheet from which cells are chosen."""
HIDDEN: Final = "_oreprint"
"""Name of the hidden sheet that says which sheet is which, whatever they are called."""


def reading_column(key: str, label: str, unit: str) -> Column:
    """Return the column of an amount that a recipe asks for."""
    return column(f"r:{key}", "amount", (label, unit), (line_name_in(label, "zh-Hans"), unit))


def assay_column(element: str) -> Column:
    """Return the column of an element that a recipe asks for."""
    en, zh = f"{element}, mass fraction", f"{element}，质量分数"
    return column(f"a:{element}", "fraction", (en, "such as 0.285"), (zh, "例如 0.285"))
