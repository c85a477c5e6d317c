"""Chains computed again under another factor: does the time grow with the number of batches alone?  Beside `bw2calc`
on the same chain.

Every batch is a run of 20 lines whose inputs are the batch before it and, every other time, the one before that.
`bw2calc` solves the same chain as one matrix, in floating point and without gases, stages or a second column, with the
lines already added up.
"""

from __future__ import annotations

import time
import warnings
from functools import partial
from typing import TYPE_CHECKING, Final

from bench.footprint import groups
from bench.table import Row, seconds
from ledger.factors.figures import co2e_document, figure_rows
from ledger.footprint.engine import AllocationBasis, InputFigures, Terms, compute
from ledger.footprint.indicators import indicator_rows
from ledger.tables import shipped_tables
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from ledger.footprint.engine import Result

SIZES: Final = (1_000, 10_000, 100_000)
CHANGED: Final = "grid/location.cn-nm.2023"
NET_MG: Final = 1_000_000_000
TAKEN_MG: Final = 100_000_000


def recompute(length: int, tables: FactorTables) -> int:
    """Compute a chain of so many batches and return the last one's kg CO2e (scaled)."""
    lines, terms = groups(), Terms("reduction", "AR6", "economic", "RE")
    outputs = [AllocationBasis(NET_MG, {"Nd": 10**15}, 83 * 10**12, allocated=True)]
    last: list[InputFigures] = []
    result: Result | None = None
    for number in range(length):
        result = compute(terms, lines, last[-1 - number % 2 :], outputs, tables=tables)
        last = [*last[-1:], _taken(result)]
    return 0 if result is None else result.outputs[0].total.location


def _taken(result: Result) -> InputFigures:
    made = result.outputs[0]
    return InputFigures(
        TAKEN_MG,
        NET_MG,
        figure_rows(made.rows),
        co2e_document(made.alternative),
        indicator_rows(made.indicators),
        tuple(result.partial),
        result.quality,
    )


def by_matrix(length: int) -> float:
    """Let `bw2calc` solve the same chain; return the seconds that building and solving took."""
    import bw2calc  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load, and for this alone
    import bw_processing  # type: ignore[import-untyped] # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    start = time.process_time()
    inputs = [(n - back, n) for n in range(1, length) for back in range(1, min(n, 1 + n % 2) + 1)]
    package = bw_processing.create_datapackage()
    rows = [*((n, n) for n in range(length)), *inputs]
    package.add_persistent_vector(
        matrix="technosphere_matrix",
        indices_array=np.array(rows, dtype=bw_processing.INDICES_DTYPE),
        data_array=np.array([1000.0] * length + [100.0] * len(inputs)),
        flip_array=np.array([False] * length + [True] * len(inputs)),
    )
    package.add_persistent_vector(
        matrix="biosphere_matrix",
        indices_array=np.array([(length, n) for n in range(length)], dtype=bw_processing.INDICES_DTYPE),
        data_array=np.array([20_000.0] * length),
    )
    package.add_persistent_vector(
        matrix="characterization_matrix",
        indices_array=np.array([(length, length)], dtype=bw_processing.INDICES_DTYPE),
        data_array=np.array([1.0]),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lca = bw2calc.LCA({length - 1: 1.0}, data_objs=[package])
        lca.lci()
        lca.lcia()
    return time.process_time() - start


def rows() -> list[Row]:
    """Measure chains of three lengths."""
    tables = shipped_tables().with_value(CHANGED, trillionths("0.45"))
    by_matrix(SIZES[0])  # what it loads is not what it costs
    found: list[Row] = []
    for length in SIZES:
        ours = seconds(partial(recompute, length, tables), clock=time.process_time)
        theirs = by_matrix(length)
        found.append(
            Row(
                f"a factor change through a chain of {length:,} batches of 20 lines",
                f"{ours:.1f} s, {ours / length * 1e6:.0f} µs a batch",
                f"{theirs:.1f} s, bw2calc, lines added up before",
                f"{ours / theirs:.1f}x",
                "linear",
                "",
            )
        )
    return found


if __name__ == "__main__":
    for each in rows():
        print(each)
