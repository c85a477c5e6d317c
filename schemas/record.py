"""A production record: what a producer writes about one run, in JSON or YAML.

Rules: every amount is a string with its unit ("38.0 kg", "1.2 t", "2015.28 kWh"); compositions are element ->
mass fraction of the dry product; factors are named ``<table>/<row>``.  The reading is kind (units, trailing
zeros) and normalises at the door; nothing is guessed.  What this module does not do: looking up lots,
factors or keys (`ledger.drafting.draft`).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from schemas.claim import MOST_CLAIMS, Stated
from schemas.determination import WrittenAnodes
from schemas.document import Written
from schemas.door import JsonValue, as_pydantic, validated
from schemas.identifier import (
    Did,
    Digest,
    Element,
    FacilityId,
    FactorId,
    Grid,
    ProfileId,
    RunId,
)
from schemas.instant import Instant, Period, Year
from schemas.inventory import Cancelled, instrument_key
from schemas.lot import MAX_LOT_CHARACTERS, MOST_IN_LOTS, Lot, checked_lot
from schemas.name import Words
from schemas.problem import InputError
from schemas.quantity import Kwh, Mass
from schemas.run import MOST_ABSENT, MOST_INPUTS, MOST_LINES, MOST_OUTPUTS
from schemas.vocabulary import CANCELLATION, ElectricitySet, GwpSet, Step
from schemas.written import (
    WrittenAbsent,
    WrittenAllocation,
    WrittenClaim,
    WrittenCredit,
    WrittenDirect,
    WrittenElectricity,
    WrittenExclusion,
    WrittenFuel,
    WrittenInput,
    WrittenMaterial,
    WrittenOutput,
    WrittenTransport,
    WrittenWaste,
    WrittenWater,
)


class WrittenCancelled(Written):
    """A scheme's cancellation statement: what it says was generated, where and when, and how much of it."""

    kind: Literal["contract"] | None = None
    """`contract` if the statement is a contract. Absent for an energy attribute certificate."""
    scheme: Words
    """Name of the scheme that cancelled the certificates. Case, blanks and dashes make no difference."""
    statement: Words
    """Number of the cancellation statement within its scheme. A registry accepts each statement once."""
    amount: Kwh
    """Electricity that the statement covers, in kWh or MWh, above zero."""
    grid: Grid
    """Grid in which the electricity was generated, as an ISO 3166-2 subdivision or an undivided country."""
    year: Year
    """Calendar year in which the electricity was generated."""
    factor: FactorId
    """Emission factor of the technology that generated it, as `<table>/<row>`."""
    after: Digest | None = None
    """Record digest of the undo that freed this statement. Absent if nobody entered it before."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells the statement from others."""
        return instrument_key(self.scheme, self.statement)

    @property
    def cancelled(self) -> Cancelled:
        """What the certificate of its lot says."""
        return Cancelled(
            kind=self.kind,
            scheme=self.scheme,
            statement=self.statement,
            grid=self.grid,
            year=self.year,
            factor=self.factor,
            after=self.after,
        )


class InstrumentRecord(WrittenCancelled):
    """A cancellation statement entered by itself, before any run draws kWh from it."""

    oreprint: Literal["instrument/1"]
    """Format and version of this document."""
    producer: Did
    """DID of the producer that enters the statement."""
    facility: FacilityId
    """URI of the plant at which the statement is entered."""
    period: Period
    """First and last day that the statement covers, both included. Both lie in `year`."""
    owner: Did | None = None
    """DID of the owner of the kWh. Absent if the producer owns them."""

    @model_validator(mode="after")
    def _within_the_year(self) -> Self:
        if {self.period.start[:4], self.period.end[:4]} != {self.year}:
            raise as_pydantic(InputError.at("record.instrument-year", found=self.period.to_slashed(), year=self.year))
        return self

    def as_run(self) -> ProductionRecord:
        """Return the run that the statement is entered by."""
        said = {name: getattr(self, name) for name in WrittenCancelled.model_fields}
        return entered(
            WrittenCancelled.model_construct(**said), self.producer, self.facility, self.period, owner=self.owner
        )


class ProductionRecord(Written):
    """One run at one plant, with everything that went in and everything that came out."""

    oreprint: Literal["production-record/1"]
    """Format and version of this document."""
    run: RunId
    """The producer's own name for the run. The producer keeps it unique within the plant."""
    producer: Did
    """DID of the producer that ran the plant and issues the certificates."""
    facility: FacilityId
    """URI of the plant. It never changes."""
    step: Step
    """Process step that the run performed. It decides the stage of the chain and the rules that apply."""
    period: Period
    """First and last day of the run, both included, by the plant's own calendar."""
    gwp: GwpSet = "AR6"
    """IPCC assessment report whose global warming potentials (100 years) convert gases to CO2e. All runs of a chain use
    the same one."""
    electricity_set: ElectricitySet = "direct"
    """Boundary of all electricity factors: `direct` counts generation only, `life-cycle` adds supply and grid losses.
    All runs of a chain use the same one."""
    profile: ProfileId = "oreprint-1"
    """Calculation method profile, as `oreprint vocabulary profiles` lists them."""
    allocation: WrittenAllocation
    """How the run's total is shared out among its outputs."""
    inputs: Annotated[tuple[WrittenInput, ...], Field(max_length=MOST_INPUTS)] = ()
    """Certified inputs that the run consumed. Empty if it took none."""
    materials: tuple[WrittenMaterial, ...] = ()
    """Materials that the run consumed and that have no certificate."""
    fuels: tuple[WrittenFuel, ...] = ()
    """Fuels burnt, fuels supplied, and heat bought."""
    electricity: tuple[WrittenElectricity, ...] = ()
    """Electricity used by the run."""
    direct: tuple[WrittenDirect, ...] = ()
    """Substances that the process itself gave off, such as CO2 of a carbonate or CF4 of a cell."""
    transport: tuple[WrittenTransport, ...] = ()
    """Journeys of goods that the plant paid for."""
    wastes: tuple[WrittenWaste, ...] = ()
    """Wastes of the run, dry."""
    credits: tuple[WrittenCredit, ...] = ()
    """What the run spared others. Credits are shown apart and lower no footprint."""
    anode_carbon: Mass | None = None
    """Net carbon that the anodes of an electrolysis lost, as a mass above zero. Write either this or `anodes`."""
    anodes: WrittenAnodes | None = None
    """Carbon balance of the anodes of an electrolysis. Write either this or `anode_carbon`."""
    water: WrittenWater | None = None
    """Water balance of the run. Absent means that the run states none, so its water indicators are partial."""
    outputs: Annotated[tuple[WrittenOutput, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    """Everything that came out of the run and is no waste, in the order in which the certificates number it."""
    excluded: tuple[WrittenExclusion, ...] = ()
    """What the result leaves out, and why."""
    untracked: tuple[Element, ...] = ()
    """Elements that the run leaves out of its mass balance, as chemical symbols."""
    absent: Annotated[tuple[WrittenAbsent, ...], Field(max_length=MOST_ABSENT)] = ()
    """What the step owes and this record has no line for, each with a reason of the closed list."""
    claims: Annotated[tuple[WrittenClaim, ...], Field(max_length=MOST_CLAIMS)] = ()
    """Claims that the certificates make, each with what its rule asks for."""
    valid_until: Instant | None = None
    """Last second for which the certificates are valid, in UTC. Absent means without end."""
    note: Words | None = None
    """Free words for whoever reads the record."""
    instrument: WrittenCancelled | None = None
    """Cancellation statement that this run enters. Only Oreprint sets it; people write an `instrument/1` document
    instead."""

    @property
    def stated(self) -> tuple[Stated, ...]:
        """The claims as certificates state them."""
        return tuple(claim.stated() for claim in self.claims)

    @model_validator(mode="after")
    def _anodes_once(self) -> Self:
        if self.anodes is not None and self.anode_carbon is not None:
            raise as_pydantic(InputError.at("record.anodes-twice"))
        return self

    @model_validator(mode="after")
    def _lines_bounded(self) -> Self:
        groups = (self.materials, self.fuels, self.electricity, self.direct, self.transport, self.wastes, self.credits)
        lines = sum(map(len, groups))
        if lines > MOST_LINES:
            raise as_pydantic(InputError.at("record.lines", found=lines, limit=MOST_LINES))
        return self

    @model_validator(mode="after")
    def _electricity_apart(self) -> Self:
        of_electricity = any(output.kind == "electricity" for output in self.outputs)
        if self.instrument is not None or self.step == CANCELLATION or of_electricity:
            raise as_pydantic(InputError.at("record.instrument-run"))
        return self


_TOLD_APART_BY: Final = 16
"""Characters of a hash in names of statements that are too long to stand whole: 64 bits."""
_NO_WATER: Final = WrittenWater.model_validate(
    dict.fromkeys(
        (
            "fresh", "with_reagents", "feed_moisture", "formed",
            "discharged", "evaporated", "in_products", "in_wastes",
        ),
        "0 m3",
    )
)  # fmt: skip


def written_run(value: JsonValue) -> ProductionRecord:
    """Return the run that a document of either kind tells of, as the door has parsed it.

    Raises:
        InputError: all that is wrong with it.

    """
    if isinstance(value, dict) and value.get("oreprint") == "instrument/1":
        return validated(InstrumentRecord, value).as_run()
    return validated(ProductionRecord, value)


def statement_lot(scheme: str, statement: str, after: Digest | None = None) -> Lot:
    """Return the name of a statement's lot: scheme and number, and anew after an undo.

    A hash replaces what a lot's name can't hold.
    """
    name = f"{scheme}: {statement}" + (f" ({after[:_TOLD_APART_BY]})" if after else "")
    if len(name) <= MAX_LOT_CHARACTERS and max(name) <= MOST_IN_LOTS:
        return name
    fitting = "".join(each for each in name if each <= MOST_IN_LOTS)[: MAX_LOT_CHARACTERS - 1 - _TOLD_APART_BY]
    return f"{fitting} {_hashed(instrument_key(scheme, statement), after)}".strip()


def _hashed(key: tuple[str, str], after: Digest | None) -> str:
    return sha256("\n".join((*key, after or "")).encode()).hexdigest()[:_TOLD_APART_BY]


def entered(
    said: WrittenCancelled, producer: Did, facility: FacilityId, period: Period, *, owner: Did | None = None
) -> ProductionRecord:
    """Return the run by which a statement is entered: one lot of its kWh, and nothing else."""
    lot = checked_lot(statement_lot(said.scheme, said.statement, said.after))
    output = WrittenOutput.model_construct(
        lot=lot,
        kind="electricity",
        description=lot,
        mass=said.amount,
        composition={},
        custody="identity-preserved",
        owner=owner,
    )
    return ProductionRecord.model_construct(
        oreprint="production-record/1",
        run=f"instrument-{_hashed(said.key, said.after)}",
        producer=producer,
        facility=facility,
        step=CANCELLATION,
        period=period,
        allocation=WrittenAllocation(method="mass", mass_key="RE"),
        water=_NO_WATER,
        outputs=(output,),
        instrument=said,
    )
