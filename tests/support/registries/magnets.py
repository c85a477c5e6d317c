"""The registry of the Bayan Obo example up to its magnet, served: as it is, or with every plant in Japan.

In Japan nothing is made of scrap, of whose origin nobody knows, and the metal takes more primary oxide instead.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from ledger.admin.init import init, status_signer
from ledger.bundles.build import bundle_lines
from ledger.bundles.verification import LocalVerifier
from ledger.papers.paper import PaperSubject
from ledger.registry.folder import Home
from ledger.registry.lists import publish_status
from ledger.verify.chain import Policy
from ledger.verify.graph import certificate_texts
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.door import parse_value, validated
from schemas.parties import Parties
from schemas.record import ProductionRecord
from tests.support.http.server import PASSPHRASE, Served, application, runtime, tables
from tests.support.registries.example import EXAMPLE, issue_all

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust
    from schemas.vocabulary import Audience

SCRAP = ("05-SCR-2026-02", "06-REC-2026-03")
MAGNET = "13-MAG-2026-06"
GRID = "grid/location.jp.2026"


def magnet_served(folder: Path, *, country: str = "CN") -> tuple[Served, str]:
    """Return the served registry, and the digest of the magnet."""
    home = Home(folder / "registry")
    parties: Any = yaml.safe_load((EXAMPLE / "parties.yaml").read_text("utf-8"))
    if country != "CN":
        for plant in (plant for party in parties["parties"] for plant in party["facilities"]):
            plant["country"] = country
            plant.pop("region", None)
    registry = init(home, validated(Parties, parties), runtime(), passphrase=PASSPHRASE)
    scrap = () if country == "CN" else SCRAP
    paths = [path for path in sorted(EXAMPLE.glob("[0-9]*.yaml")) if path.stem <= MAGNET and path.stem not in scrap]
    records = [_record(path, country) for path in paths]
    *_, last = issue_all(registry, records, tables(), without=("RX-04",) if scrap else ())
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    publish_status(registry, signer=status)
    served = Served(home, registry, application(home, registry), home)
    return served, last.certificates[0].digest


class MagnetBundle(NamedTuple):
    """A magnet with its whole chain, the trust list of its registry, and the time to judge it at."""

    trust: Trust
    lines: tuple[bytes, ...]
    digest: str
    at_ms: int

    def subject(self, audience: Audience = "auditor") -> PaperSubject:
        """Return what papers are made of, as an audience sees it."""
        lines = self.lines if audience == "auditor" else _PUBLIC[self.digest]
        chain = verify_bundle(lines, trust=self.trust, tables=tables(), policy=Policy(at_ms=self.at_ms))
        return PaperSubject.of(chain, report(chain), certificate_texts(lines[1:]))


_PUBLIC: dict[str, tuple[bytes, ...]] = {}


@cache
def magnet_bundle(country: str = "JP") -> MagnetBundle:
    """Return the magnet of a country with its whole chain; made once in a process."""
    with TemporaryDirectory() as folder:
        served, digest = magnet_served(Path(folder), country=country)
        lines = tuple(bundle_lines(served.registry, digest, audience="auditor"))
        _PUBLIC[digest] = tuple(bundle_lines(served.registry, digest, audience="public"))
        return MagnetBundle(
            LocalVerifier(served.registry, tables()).trust(), lines, digest, served.registry.runtime.now_ms()
        )


def _record(path: Path, country: str) -> ProductionRecord:
    written: Any = parse_value(path.read_bytes(), media="yaml")
    if country != "CN":
        for line in written["materials"]:
            if "extracted_in" in line:
                line["extracted_in"] = country
        if written["run"] == "ELY-2026-04-A":
            written["inputs"] = [{"lot": "OX-17", "mass": "249.7 kg"}, {"lot": "OX-16", "mass": "35.2 kg"}]
            _without_traces(written)
        for line in written["electricity"]:
            line |= {"grid": country, "factor": GRID, "uncovered": GRID}
            for instrument in line.get("instruments", ()):
                instrument["grid"] = country
    return validated(ProductionRecord, written)


def _without_traces(written: dict[str, Any]) -> None:
    """Take out of a run what the recycled oxide brought."""
    metal = written["outputs"][0]["composition"]
    del metal["Dy"]
    metal["Fe"] = "0.0014"
    for waste in written["wastes"]:
        held = waste.get("elements", {})
        if "Al" in held:
            del held["Al"], held["Co"]
            held["O"] = "0.922723 kg"
