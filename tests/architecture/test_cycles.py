"""No module imports another that imports it again, on whatever way; annotations count."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

PACKAGES = ("schemas", "ledger", "api", "cli", "oreprint")


def in_order(imports: dict[str, set[str]]) -> list[str]:
    """Return modules after those that they import; raise CycleError."""
    return [*TopologicalSorter(imports).static_order()]


def test_no_import_cycle() -> None:
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(in_order(imports)) > 400


def test_a_cycle_is_found() -> None:
    with pytest.raises(CycleError, match=r"\['a', 'b', 'a'\]|\['b', 'a', 'b'\]"):
        in_order({"a": {"b"}, "b": {"a"}})
