"""The columns of a recipe's workbook: one table for its writing and its reading, as `schemas.columns` has for runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from schemas.columns import Column, Language, column

RecipeSheetKey = Literal["recipe", "recipe-lines", "compositions", "left-out"]


RECIPE_SHEETS: Final[Mapping[RecipeSheetKey, tuple[Column, ...]]] = {
    "recipe": (
        column(
            "place",
            "text",
            ("Place", "what the value is, such as run.step"),
            ("位置", "字段，例如 run.step"),
            required=True,
        ),
        column("value", "value", ("Value", "text, number or date"), ("值", "文本、数字或日期"), required=True),
    ),
    "recipe-lines": (
        column(
            "group",
            "text",
            ("Group", "materials, fuels, electricity, direct, transport, wastes, credits, water, anodes"),
            ("类别", "materials, fuels, electricity, direct, transport, wastes, credits, water, anodes"),
            required=True,
        ),
        column("name", "text", ("Name", "name of the line"), ("名称", "行的名称"), required=True),
        column("amount", "amount", ("Amount", "in the typical run"), ("数量", "典型批次的数量")),
        column("unit", "unit", ("Unit", "kg, kWh, MJ, m3, t.km"), ("单位", "kg、kWh、MJ、m3、t.km")),
        column(
            "rule",
            "text",
            ("Rule", "empty: per-output; per-input, per-run, asked, rest, fixed"),
            ("规则", "留空为 per-output；per-input, per-run, asked, rest, fixed"),
        ),
        column("key", "text", ("Key", "of an asked amount, such as gas"), ("键", "需录入的数量的键，例如 gas")),
        column("label", "text", ("Field", "what the field is called"), ("字段名", "录入字段的名称")),
        column("low", "bound", ("Lowest", "usual amount, in the line's unit"), ("下限", "通常最低值，单位同本行")),
        column("high", "bound", ("Highest", "usual amount, in the line's unit"), ("上限", "通常最高值，单位同本行")),
        column(
            "scale",
            "text",
            ("Grows with", "per-output, per-input or per-run: the band of an asked amount"),
            ("随之变化", "per-output、per-input 或 per-run：录入值的范围"),
        ),
        column("reason", "text", ("Reason", "why the band is wide"), ("原因", "范围较宽的原因")),
        column("factor", "text", ("Factor", "table/row"), ("排放因子", "表/行")),
        column("grid", "text", ("Grid", "such as CN-NM or MY"), ("电网", "例如 CN-NM 或 MY")),
        column(
            "strength",
            "fraction",
            ("Strength", "pure part of the mass, such as 0.31"),
            ("浓度", "纯物质比例，例如 0.31"),
        ),
        column(
            "basis",
            "text",
            ("Basis", "metered, weighed, calculated, apportioned, assumed"),
            ("依据", "metered, weighed, calculated, apportioned, assumed"),
        ),
        column("composition", "text", ("Composition", "name in the sheet Compositions"), ("成分", "“成分”表中的名称")),
        column("fate", "text", ("Fate", "what happens to a waste"), ("去向说明", "废物如何处理")),
        column(
            "destination",
            "text",
            ("Destination", "of a waste: recovery, disposal, on-site, outside"),
            ("去向", "废物：recovery, disposal, on-site, outside"),
        ),
        column("substance", "text", ("Substance", "given off"), ("物质", "排放的物质")),
        column(
            "gas", "text", ("Gas", "as which it counts, such as CO2-fossil"), ("气体", "按何种气体计，例如 CO2-fossil")
        ),
        column("note", "text", ("Source", "meter, invoice or assumption"), ("来源", "仪表、发票或假设")),
    ),
    "compositions": (
        column("name", "text", ("Name", "as other sheets refer to it"), ("名称", "其他表引用的名称"), required=True),
        column("unit", "text", ("Unit", "fraction or kg"), ("单位", "fraction 或 kg"), required=True),
    ),
    "left-out": (
        column("what", "text", ("What", "is left out"), ("内容", "被排除的内容"), required=True),
        column("why", "text", ("Why", "it is left out"), ("原因", "为何排除"), required=True),
        column("share", "fraction", ("Share", "at most, such as 0.01"), ("比例", "至多，例如 0.01")),
        column(
            "kind",
            "text",
            ("Kind", "boundary, no-ghg, no-credit, in-other-line, bounded, open"),
            ("类型", "boundary, no-ghg, no-credit, in-other-line, bounded, open"),
        ),
        column("line", "text", ("Line", "that covers it"), ("所在行", "涵盖它的行")),
        column(
            "at_most", "text", ("At most", "amount with its unit, such as 3 kg"), ("至多", "带单位的数量，例如 3 kg")
        ),
        column("factor", "text", ("Factor", "table/row"), ("排放因子", "表/行")),
    ),
}
"""The columns of each sheet, in order. `compositions` has, besides, a column for each element (`e:<element>`)."""

RECIPE_SHEET_NAMES: Final[Mapping[RecipeSheetKey, Mapping[Language, str]]] = {
    "recipe": {"en": "Recipe", "zh-Hans": "配方"},
    "recipe-lines": {"en": "Lines", "zh-Hans": "清单行"},
    "compositions": {"en": "Compositions", "zh-Hans": "成分"},
    "left-out": {"en": "Left out", "zh-Hans": "排除项"},
}


def element_column(element: str) -> Column:
    """Return the column of an element in the sheet of compositions."""
    text = (element, "part of the mass, or kg")
    return column(f"e:{element}", "amount", text, (element, "质量分数，或 kg"))
