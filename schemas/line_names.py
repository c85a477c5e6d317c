"""What people call the amounts of a record that have no name of their own, such as the members of its water balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _names(en: str, zh: str) -> Mapping[str, str]:
    return {"en": en, "zh-Hans": zh}


LINE_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "water": _names("water balance", "水平衡"),
    "water.fresh": _names("fresh water", "新鲜水"),
    "water.with_reagents": _names("water in reagents", "试剂带入水"),
    "water.feed_moisture": _names("moisture of the feed", "原料水分"),
    "water.formed": _names("water formed by reactions", "反应生成水"),
    "water.discharged": _names("discharged water", "外排水"),
    "water.evaporated": _names("evaporated water", "蒸发水"),
    "water.in_products": _names("water in products", "产品带走水"),
    "water.in_wastes": _names("water in wastes", "废物带走水"),
    "water.recycled": _names("recycled water", "循环水"),
    "water.evaporator": _names("liquor evaporated", "蒸发料液"),
    "water.evaporator_electricity": _names("electricity of the evaporator", "蒸发器用电"),
    "water.fluoride": _names("fluoride in discharged water", "外排水中的氟化物"),
    "water.ammonia_nitrogen": _names("ammonia nitrogen in discharged water", "外排水中的氨氮"),
    "anodes": _names("anodes", "阳极"),
    "anodes.used": _names("anodes used", "阳极用量"),
    "anodes.butts": _names("anode butts", "残极"),
    "anodes.dust": _names("anode dust", "阳极碳粉"),
    "anode_carbon": _names("carbon lost by anodes", "阳极碳损耗"),
    "yield": _names("yield", "产率"),
}
"""Names of lines that stand once in a record, by their place, in the languages of the desk and its workbooks."""
_BY_ENGLISH: Final[Mapping[str, Mapping[str, str]]] = {names["en"]: names for names in LINE_NAMES.values()}


def line_name_in(label: str, language: str) -> str:
    """Return the name of a line in a language, if it is one of ours; a plant's own names stay as they are."""
    return _BY_ENGLISH.get(label, {}).get(language, label)
