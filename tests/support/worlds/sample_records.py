"""A sample run and certificate for tests: an alloy made of two certified metals. Plants, lots and amounts are invented.

The figures are of a realistic number and length, not results; tests of the engine bring their own.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ledger.seal.certificate import SealedCertificate, SealedRun, seal_certificate, seal_run
from ledger.seal.digest import certificate_digest, text_digest, to_base64url
from ledger.seal.disclosure import seal_value
from ledger.seal.keys import did_key, did_key_kid
from ledger.seal.signer import SoftwareSigner
from schemas.attestation import Attestation, ExaminedBranch
from schemas.certificate import (
    Alternative,
    Batch,
    CertificateFacts,
    Counts,
    Detail,
    Facility,
    Footprint,
    Indicators,
    Issuer,
    StatusPlace,
)
from schemas.claim import Claim
from schemas.document import replace
from schemas.figures import Co2e, CountryShare, ElementShare, FactorSetRef, FigureRow, IndicatorRow, OriginStep, Quality
from schemas.holding import Holder
from schemas.instant import Period
from schemas.inventory import (
    Credits,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    GasMass,
    Instrument,
    InventoryGroup,
    MaterialLine,
    Materials,
    Transport,
    TransportLine,
    Waste,
    WasteLine,
    Water,
)
from schemas.name import Name
from schemas.run import Allocation, Exclusion, InputFacts, Made, Output, RunFacts, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.vocabulary import Gas, Group, Stage

REGISTRY: Final = "registry.example"
PERIOD: Final = Period(start="2026-03-02", end="2026-03-06")
FACTORS: Final = (FactorSetRef(name="oreprint-1", digest=text_digest("a factor set")),)
GASES: Final[tuple[Gas, ...]] = ("CO2-fossil", "CH4-fossil", "N2O")
INDICATORS: Final[tuple[IndicatorRow, ...]] = (
    ("energy", "61234.567890123456"),
    ("water-withdrawn", "12.5"),
    ("water-consumed", "11.25"),
    ("waste-non-hazardous", "152.345678901234"),
    ("waste-radioactive", "3.21"),
    ("thorium", "0.004321"),
)
QUALITY: Final = Quality(primary_share="0.654248215519", rating="2.345678", variance="0.012345678901")


def signer(name: str = "alloy plant") -> SoftwareSigner:
    """Return the key of one who exists in tests only, made from its name."""
    private = sha256(f"test key of {name}".encode()).digest()
    did = did_key(SoftwareSigner.from_raw("did:key:z", private).public)
    return SoftwareSigner.from_raw(did_key_kid(did), private)


def did_of(key: SoftwareSigner) -> str:
    return key.kid.partition("#")[0]


def salts(name: str = "salt", size: int = 16) -> Callable[[], bytes]:
    """Return what gives another salt each time, and the same ones in each test."""
    count = iter(range(10**6))
    return lambda: sha256(f"{name} {next(count)}".encode()).digest()[:size]


def holding(name: str) -> str:
    """Return a holding's text."""
    return seal_value(Holder(owner=did_of(signer()), registry=REGISTRY), salt=salts(name, 32)()).text


def rows(stages: tuple[Stage, ...] = ("mining", "separation", "reduction", "alloying")) -> tuple[FigureRow, ...]:
    return tuple(
        (stage, gas, f"{12 + i}.{345678901234 + j}", f"{11 + i}.000000000{1 + j}")
        for i, stage in enumerate(stages)
        for j, gas in enumerate(GASES)
    )


def composition() -> tuple[ElementShare, ...]:
    china, mixed = CountryShare(country="CN", share="1"), CountryShare(country="CN", share="0.85")
    return (
        ElementShare(element="Fe", fraction="0.679", pre="0", post="0", extracted=()),
        ElementShare(
            element="Nd",
            fraction="0.231",
            pre="0.05",
            post="0.1",
            extracted=(mixed, CountryShare(country="ZZ", share="0.15")),
        ),
        ElementShare(element="Pr", fraction="0.077", pre="0", post="0.1", extracted=(china,)),
        ElementShare(
            element="B", fraction="0.01", pre="0", post="0", extracted=(CountryShare(country="TR", share="1"),)
        ),
        ElementShare(element="Al", fraction="0.003", pre="0", post="0", extracted=()),
    )


def origin() -> tuple[OriginStep, ...]:
    return (
        OriginStep(step="mining", country="CN", region="CN-NM"),
        OriginStep(step="separation", country="CN", region="CN-NM"),
        OriginStep(step="oxide-electrolysis", country="CN"),
        OriginStep(step="strip-casting", country="CN", region="CN-ZJ"),
    )


def run_facts(*, outputs: int = 2) -> RunFacts:
    made = tuple(
        Made(
            net_mass_kg=("498.25" if k == 0 else "0.75"),
            elements=(
                ("Nd", "115.09575" if k == 0 else "0.17325"),
                ("Pr", "38.36525" if k == 0 else "0.05775"),
            ),
            certified=k == 0,
            allocated=True,
            rows=rows(),
            alternative=Co2e(location="9001.5", market="8700.25"),
            indicators=INDICATORS,
            holding=text_digest(holding(f"output {k}")),
        )
        for k in range(outputs)
    )
    groups: tuple[Group, ...] = ("materials", "fuels", "electricity", "direct")
    own = tuple((group, gas, "1.5", "1.25") for group in groups for gas in GASES)
    return RunFacts(
        oreprint="run/1",
        run="2026-SC-0117",
        producer=did_of(signer()),
        registry=REGISTRY,
        facility="https://id.alloy.example/plants/ningbo-2",
        step="strip-casting",
        stage="alloying",
        period=PERIOD,
        gwp="AR6",
        electricity="direct",
        factor_sets=FACTORS,
        engine="1",
        profile="oreprint-1",
        allocation=Allocation(method="mass", mass_key="RE"),
        own=own,
        upstream=rows(("mining", "separation", "reduction")),
        upstream_alternative=Co2e(location="8100", market="8000"),
        own_indicators=INDICATORS,
        upstream_indicators=INDICATORS,
        partial=("fluoride-discharged",),
        quality=QUALITY,
        made=made,
        excluded=(Exclusion(what="packaging of goods sent", why="below 0.1 % of the mass"),),
        untracked=("Al",),
    )


def inputs(count: int = 2) -> tuple[tuple[InputFacts, Source], ...]:
    return tuple(
        (
            InputFacts(
                material=f"Pr-Nd metal {i + 1}",
                kind="metal",
                mass_kg="80.5",
                mark=text_digest(f"mark {i}"),
            ),
            Source(
                certificate=certificate_digest(f"upstream certificate {i}"),
                run=text_digest(f"upstream run {i}"),
                output=0,
                registry=REGISTRY,
                supplier=did_of(signer(f"metal plant {i}")),
                creator=text_digest(f"record that created holding {i}"),
                holding=holding(f"input {i}"),
                rows=rows(("mining", "separation", "reduction")),
                alternative=Co2e(location="4050", market="4000"),
                indicators=INDICATORS,
                quality=QUALITY,
            ),
        )
        for i in range(count)
    )


def inventory() -> tuple[InventoryGroup, ...]:
    """Return the seven groups with 20 lines together."""
    materials = tuple(
        MaterialLine(
            name=name,
            basis="weighed",
            mass_kg=mass,
            factor=f"oreprint-1/{factor}",
            composition=((element, "0.995"),),
            note="delivery note and scale ticket",
        )
        for name, mass, factor, element in (
            ("Iron, pure", "338.4", "iron-pure", "Fe"),
            ("Ferro-boron", "25.2", "ferro-boron", "B"),
            ("Aluminium", "1.5", "aluminium-primary", "Al"),
            ("Argon", "61", "argon-liquid", "Ar"),
            ("Crucible, alumina", "0.9", "alumina", "Al"),
            ("Oxygen", "4.5", "oxygen-liquid", "O"),
        )
    )
    fuels = tuple(
        FuelLine(
            name=name, basis="metered", amount="112.25", unit="m3", factor=f"oreprint-1/{factor}", energy_mj="4041"
        )
        for name, factor in (
            ("Natural gas, burnt", "natural-gas"),
            ("Natural gas, supply", "natural-gas-supply"),
            ("Diesel", "diesel"),
        )
    )
    green = Instrument(
        scheme="GEC", statement="GEC-2026-000117", kwh="500", grid="CN-ZJ", year="2026", factor="oreprint-1/grid-wind"
    )
    electricity = tuple(
        ElectricityLine(
            name=name,
            basis="apportioned",
            basis_key="furnace hours, 2026-03",
            amount_kwh=amount,
            grid="CN-ZJ",
            factor="oreprint-1/grid-cn-zj-2023",
            uncovered="oreprint-1/grid-cn-residual-2023",
            instruments=(green,) if i == 0 else (),
        )
        for i, (name, amount) in enumerate(
            (("Melting", "1450.5"), ("Vacuum pumps", "212.75"), ("Hall, light and air", "96"))
        )
    )
    direct = (
        DirectLine(name="Graphite, burnt off", basis="calculated", substance="CO2", gas="CO2-fossil", mass_kg="1.1"),
    )
    transport = tuple(
        TransportLine(
            name=f"Metal from supplier {i + 1}",
            basis="calculated",
            amount_tkm="161.25",
            factor="oreprint-1/truck-32t",
            value=(GasMass(gas="CO2-fossil", mass_kg="9.8"),),
        )
        for i in range(4)
    )
    wastes = tuple(
        WasteLine(
            name=name,
            basis="weighed",
            mass_kg="2.25",
            moisture="0",
            fate="recycled by third party",
            elements=(("Nd", "0.4"), ("Fe", "1.5")),
        )
        for name in ("Slag", "Dust of the cyclone", "Crucible, used")
    )
    water = Water(
        fresh="1.2",
        with_reagents="0",
        feed_moisture="0",
        formed="0",
        discharged="0.2",
        evaporated="1",
        in_products="0",
        in_wastes="0",
        recycled="40",
    )
    return (
        Materials(group="materials", lines=materials),
        Fuels(group="fuels", lines=fuels),
        Electricity(group="electricity", lines=electricity),
        Direct(group="direct", lines=direct),
        Transport(group="transport", lines=transport),
        Waste(group="waste", lines=wastes, water=water),
        Credits(group="credits", lines=()),
    )


def outputs(count: int = 2) -> tuple[Output, ...]:
    return tuple(
        Output(
            lot=f"NB-26/03-{k + 1:04d}",
            kind="alloy" if k == 0 else "in-process",
            composition=composition(),
            origin=origin(),
        )
        for k in range(count)
    )


def sealed_run(*, number_of_inputs: int = 2, number_of_outputs: int = 2) -> SealedRun:
    return seal_run(
        run_facts(outputs=number_of_outputs),
        inputs=inputs(number_of_inputs),
        inventory=inventory(),
        outputs=outputs(number_of_outputs),
        new_salt=salts("run"),
    )


def certificate_facts(*, number_of_inputs: int = 2, number_of_outputs: int = 2) -> CertificateFacts:
    return CertificateFacts(
        oreprint="certificate/1",
        id="urn:uuid:7d3f1c52-5a1e-4c0b-9f0e-2a4f6f1b8c11",
        issuer=Issuer(
            did=did_of(signer()),
            names=(Name(lang="en", text="Example Alloys Ltd"), Name(lang="zh-Hans", text="示例合金有限公司")),
            registration="LEI:00000000000000000000",
        ),
        registry=REGISTRY,
        issued="2026-03-07T08:00:00Z",
        not_logged_after="2026-03-14T08:00:00Z",
        status=StatusPlace(list=0, index=51_907),
        batch=Batch(
            facility=Facility(
                id="https://id.alloy.example/plants/ningbo-2",
                name="Strip casting plant 2",
                country="CN",
                region="CN-ZJ",
            ),
            lot="NB-26/03-0001",
            kind="alloy",
            step="strip-casting",
            description="NdFeB strip-cast alloy",
            net_mass_kg="498.25",
            moisture="0",
            produced=PERIOD,
            hs_code="28053090",
        ),
        composition=composition(),
        footprint=Footprint(
            boundary="cradle-to-gate",
            method="oreprint-1",
            allocation="mass",
            gwp="AR6",
            electricity="direct",
            factor_sets=FACTORS,
            engine="1",
            rows=rows(),
            total_kg_co2e=Co2e(location="9100.5", market="8800"),
            per_kg=Co2e(location="18.264927245359", market="17.66181635725"),
            scope_1="220.25",
            scope_2=Co2e(location="1072.2", market="760"),
            scope_3=Co2e(location="7808.05", market="7819.75"),
            alternative=Alternative(method="economic", total_kg_co2e=Co2e(location="9001.5", market="8700.25")),
            placeholders=1,
            quality=QUALITY,
        ),
        indicators=Indicators(boundary="certified-steps", rows=INDICATORS, partial=("fluoride-discharged",)),
        claims=(
            Claim(id="zero-discharge", scope="run", answer="proven", value="0"),
            Claim(id="zero-discharge", scope="chain", answer="refuted"),
            Claim(id="recycled-content", element="Nd", threshold="0.1", scope="chain", answer="declared", value="0.15"),
            Claim(id="origin-outside", countries=("KP", "RU"), scope="run", answer="proven"),
            Claim(id="origin-outside", countries=("KP", "RU"), scope="chain", answer="unknown"),
        ),
        origin=origin(),
        custody="mass-balance",
        output=0,
        counts=Counts(inputs=number_of_inputs, holdings=number_of_inputs, lines=20, outputs=number_of_outputs),
    )


def details() -> tuple[Detail, ...]:
    return (Detail(label="Customer order", text="PO 4711"), Detail(label="Furnace", text="SC-2"))


def sealed_certificate(*, number_of_inputs: int = 2, number_of_outputs: int = 2) -> SealedCertificate:
    """Return the sample certificate with everything shown: 2 inputs, 20 lines, 2 outputs, 2 details."""
    return seal_certificate(
        certificate_facts(number_of_inputs=number_of_inputs, number_of_outputs=number_of_outputs),
        run=sealed_run(number_of_inputs=number_of_inputs, number_of_outputs=number_of_outputs),
        details=details(),
        signer=signer(),
        new_salt=salts("certificate"),
    )


def attestation(certificate: str, **change: object) -> Attestation:
    """Return what somebody attests of the sample run, looking behind its second input; the certificate is named by
    its digest.
    """
    said = Attestation(
        oreprint="attestation/1",
        id="urn:uuid:0b6e1d52-6a0e-4c3e-9a53-4f0a7f1f2a11",
        registry=REGISTRY,
        status=StatusPlace(list=0, index=77_001),
        attestor=Issuer(did=did_key(signer("verifier").public), names=(Name(lang="en", text="Verifier (invented)"),)),
        producer=did_key(signer().public),
        certificate=certificate,
        run=sealed_certificate().record.run[0].digest,
        scopes=("figure", "mass-balance", "composition", "closed-branch", "on-site"),
        level="limited",
        criteria=("ISO 14064-3:2019", "ISO 14067:2018"),
        opinion="modified",
        note="The waste water was not metered.",
        branches=(ExaminedBranch(input=1, certificates=7),),
        examined="2026-03-09T10:00:00Z",
        issued="2026-03-11T08:00:00Z",
        valid_until="2027-03-11T08:00:00Z",
        not_logged_after="2026-03-18T08:00:00Z",
    )
    return replace(said, **change)


def public_key() -> bytes:
    """Return the key that the sample certificate is signed with."""
    return signer().public


def encoded(raw: bytes) -> str:
    """Return base64url, for tests that put certificates together by hand."""
    return to_base64url(raw)
