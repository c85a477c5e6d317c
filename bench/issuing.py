"""Bulk issue: production records, as the bytes their producer wrote, to durable certificates.

Each record is the electrolysis of the example with 20 lines and two inputs, drawn out of two large lots by splits.
What is timed is all of it: the strict door, the rules, the computation, drawing, sealing, the entry, the signed head,
and a commit on the database: SQLite with ``synchronous=FULL``, or a server of PostgreSQL on this machine with
``fsync=on``.  The floor signs the very same signing inputs with the same key on one core.

Processors that sign quickly don't run Python as much quicker, so the ratio to that floor moves with them.  A second
floor does not: the standard library's JSON reader and writer, in Python alone, on the same records.  To it is compared
what issuing takes beside its signature.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from itertools import count
from json.decoder import JSONArray, JSONObject, py_scanstring  # type: ignore[attr-defined] # of the standard library
from json.scanner import py_make_scanner  # type: ignore[attr-defined] # likewise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from bench.table import Row, printed, seconds
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.commits import REQUESTS_A_COMMIT
from ledger.tables import shipped_tables
from schemas.door import parse_document, parse_value
from schemas.record import ProductionRecord
from tests.support.registries.databases import started
from tests.support.registries.example import EXAMPLE
from tests.support.registries.registry import PLANT, open_registry, party_signer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.registries.registry import Registry

ROUNDS: Final = 7
REQUIRED: Final = "<= 10x"
OXIDES: Final = {"OX": "04-SEP-2026-03", "RX": "06-REC-2026-03"}
STOCK: Final = "900000 t"
_AMOUNT: Final = re.compile(r"([0-9.]+) (kg|kWh|t\.km|m3)")


def rows() -> list[Row]:
    """Measure bulk issue on both databases."""
    with started() as server, server.fresh() as url:
        return [*_rows("SQLite", None), *_rows("PostgreSQL", url)]


def _rows(kind: str, database: str | None) -> list[Row]:
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        found = Line(open_registry(Path(folder) / "home", database=database)).measured()
    return [
        Row(
            f"issue complete, durable certificates in bulk (20 lines, two inputs drawn), {kind}",
            f"{found.issued:.0f}/s",
            f"{found.signed:.0f} signatures/s",
            f"{100 * found.issued / found.signed:.2f} %",
            ">= 2.5 %",
            "4 %",
        ),
        Row(
            f"the same beside its signature, {kind}",
            f"{found.beside_s * 1e6:.0f} µs",
            f"{1e6 / found.copied:.0f} µs, JSON read and written in plain Python",
            f"{found.beside_s * found.copied:.2f}x",
            REQUIRED,
            "",
        ),
    ]


class Measured(NamedTuple):
    """Certificates that were issued in a second, signatures over the same bytes, and records that plain Python read
    and wrote again.
    """

    issued: float
    signed: float
    copied: float

    @property
    def beside_s(self) -> float:
        """The seconds that a certificate takes beside its signature."""
        return 1 / self.issued - 1 / self.signed


class Line:
    """A metal plant in a registry, issuing one electrolysis after the other; each commit draws from two stocks of
    its own.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._producer = registry.producer("Metal plant")
        self._tables = shipped_tables()
        self._signer = party_signer("Metal plant")
        self._firsts = count(1, REQUESTS_A_COMMIT)
        self._written()

    def measured(self) -> Measured:
        """Measure issuing, and both floors on the same bytes."""
        issuing, signing, copying = [], [], []
        for _ in range(ROUNDS):
            written, made = self._written(), list[IssuedRun]()
            issuing.append(seconds(lambda: made.extend(self._issue(written))))  # noqa: B023 - called at once
            signed = [
                each.text.partition("~")[0].rpartition(".")[0].encode() for one in made for each in one.certificates
            ]
            signing.append(seconds(lambda: [self._signer.sign(each) for each in signed]))  # noqa: B023
            copying.append(seconds(lambda: [_copied(each) for each in written]))  # noqa: B023
        return Measured(*(REQUESTS_A_COMMIT / min(each) for each in (issuing, signing, copying)))

    def _written(self) -> list[bytes]:
        """Return the records of a commit, the stocks that they draw from issued."""
        first = next(self._firsts)
        lots = {lot: f"{lot}-{first}" for lot in OXIDES}
        self._issue([_stock(lot, OXIDES[kind], self._producer) for kind, lot in lots.items()])
        return _written(_electrolysis(self._producer, *lots.values()), first, REQUESTS_A_COMMIT)

    def _issue(self, written: Sequence[bytes]) -> list[IssuedRun]:
        records = [parse_document(ProductionRecord, each, media="json") for each in written]
        issued = []
        for outcome in issue(self._registry.opened, records, tables=self._tables):
            if not isinstance(outcome, IssuedRun):
                raise outcome
            issued.append(outcome)
        return issued


def _copied(written: bytes) -> str:
    """Read a record and write it again by the parts of `json` that are written in Python."""
    reader: Any = json.JSONDecoder()
    reader.parse_object, reader.parse_array = JSONObject, JSONArray
    reader.parse_string = py_scanstring
    reader.scan_once = py_make_scanner(reader)
    value = reader.decode(written.decode())
    # with an indent, `json` leaves its encoder in C aside (Lib/json/encoder.py)
    return json.JSONEncoder(indent=0).encode(value)


def _electrolysis(producer: str, virgin: str, recycled: str) -> dict[str, Any]:
    """Return the example's electrolysis with two inputs in place of three, and one more line: 20."""
    record: dict[str, Any] = _read("09-ELY-2026-04-A")
    record |= {"producer": producer, "facility": PLANT}
    record["allocation"] = {"method": "mass", "mass_key": "RE"}
    record["inputs"] = [{"lot": virgin, "mass": "221.6 kg"}, {"lot": recycled, "mass": "63.3 kg"}]
    for line in record["direct"]:
        if line["method"]["by"] == "anode-balance":
            del line["mass"]  # it is rounded, and what its method gives is not when all of it is multiplied
    record["electricity"] = [record["electricity"][0] | {"amount": amount} for amount in ("2000 kWh", "15.2824 kWh")]
    return record


def _stock(lot: str, example: str, producer: str) -> bytes:
    """Return the record of a very large lot of an oxide of the example, bought."""
    made = next(output for output in _read(example)["outputs"] if output["lot"].startswith(lot[:2]))
    record = {
        "oreprint": "production-record/1",
        "run": f"STOCK-{lot}",
        "producer": producer,
        "facility": PLANT,
        "step": "blending",
        "period": {"start": "2026-03-01", "end": "2026-03-02"},
        "allocation": {"method": "mass", "mass_key": "REO"},
        "excluded": [{"what": "electricity", "why": "it is bought as it is"}],
        "materials": [
            {
                "name": "oxide, bought",
                "mass": STOCK,
                "factor": "defaults/rare-earth-goods.glo",
                "composition": made["composition"],
            }
        ],
        "outputs": [
            {
                "lot": lot,
                "kind": "oxide",
                "description": made["description"],
                "mass": STOCK,
                "composition": made["composition"],
            }
        ],
    }
    return json.dumps(record).encode()


def _written(template: dict[str, Any], first: int, count: int) -> list[bytes]:
    """Return records with numbers from `first`: each the template that many times over, so that no two have an
    amount in common.
    """
    return [
        json.dumps(_named(_times(template, number), f"ME-{number}")).encode() for number in range(first, first + count)
    ]


def _named(record: dict[str, Any], name: str) -> dict[str, Any]:
    return record | {"run": name, "outputs": [record["outputs"][0] | {"lot": name}]}


def _times(value: Any, factor: int) -> Any:  # noqa: ANN401 - JSON
    """Return JSON values with every amount, which is a text with a unit, multiplied."""
    match value:
        case dict():
            return {name: _times(each, factor) for name, each in value.items()}
        case list():
            return [_times(each, factor) for each in value]
        case str() if amount := _AMOUNT.fullmatch(value):
            return f"{Decimal(amount[1]) * factor:f} {amount[2]}"
        case _:
            return value


def _read(name: str) -> dict[str, Any]:
    """Return an example's record as JSON values, dates and numbers as text."""
    found = parse_value((EXAMPLE / f"{name}.yaml").read_bytes(), media="yaml")
    return cast("dict[str, Any]", found)


if __name__ == "__main__":
    print(printed(rows()))
