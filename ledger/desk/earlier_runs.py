"""Compare a run of a workbook with a run that was issued before: none, the same, or different.

Rules: a run is known by its producer, its plant and its name. One that was undone or withdrawn no longer counts. Where
the facts of the earlier run are kept, they are compared; else what its certificates say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.lots.certificates import opened
from ledger.lots.lineage import lineage, lot_of
from ledger.recipes.differences import Difference
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store.lots import lots_of_issuance
from ledger.store.memory import runs_of_plant
from ledger.store.reading import certificates, certificates_of
from ledger.store.uploads import issued_facts
from schemas.lot import normal_lot
from schemas.problem import InputError, Problem
from schemas.record import ProductionRecord

_STANDING = frozenset({"standing", "suspended"})
_IGNORED = frozenset({"oreprint", "version"})
"""Facts that say nothing about the run itself."""


class CertifiedLot(NamedTuple):
    """A certified lot of an earlier run."""

    lot: str
    digest: str
    mass_kg: str


class EarlierRun(NamedTuple):
    """A run that was issued and stands: the digest of its latest issuance, its lots, and its days."""

    latest: bytes
    lots: tuple[CertifiedLot, ...]
    first_day: str
    last_day: str


class KeptFacts(NamedTuple):
    """The typed values of an issued run, and its certificates: lot and digest of each."""

    facts: Mapping[str, Any]
    certificates: tuple[tuple[str, str], ...]
    ship: tuple[str | None, ...] = ()
    """Customer and mass that the row shipped; empty for none."""


def earlier_run(connection: Connection, record: ProductionRecord) -> EarlierRun | None:
    """Return the standing run of the same producer, plant and name, or None."""
    for row in runs_of_plant(connection, record.facility, normal_lot(record.run)):
        if row.producer != record.producer:
            continue
        lots = [lot for lot in lots_of_issuance(connection, row.issuance) if lot.certificate is not None]
        lives = [lineage(connection, lot) for lot in lots if lot.touched]
        if lots and len(lives) == len(lots) and all(each.state not in _STANDING for each in lives):
            continue
        latest = lives[0].issuances[-1] if lives else row.issuance
        latest_ones = [(each.row.digest, opened(each.row.jws).record) for each in certificates_of(connection, latest)]
        certified = tuple(
            CertifiedLot(each.batch.lot, certificate_digest_text(digest), each.batch.net_mass_kg)
            for digest, each in latest_ones
        )
        return EarlierRun(latest, certified, row.first_day, row.last_day)
    return None


def kept_facts(connection: Connection, party: str, runs: Collection[str]) -> dict[str, KeptFacts]:
    """Return the stored rows of runs that were issued from workbooks, by their names in normal form."""
    found: dict[str, KeptFacts] = {}
    for run, facts, told in issued_facts(connection, party, runs):
        known = tuple((lot, digest) for lot, digest in orjson.loads(told))
        if known:
            kept = orjson.loads(facts)
            found[run] = KeptFacts(kept["facts"], known, tuple(kept["ship"] or ()))
    return found


def stands(connection: Connection, digest: str) -> bool:
    """Return whether the lot of a certificate of this registry still stands."""
    lot = lot_of(connection, certificate_digest_bytes(digest))
    return lot is not None and (not lot.touched or lineage(connection, lot).state in _STANDING)


def certified(connection: Connection, issuance: bytes) -> tuple[tuple[str, str], ...]:
    """Return lot and digest of each certificate of an issuance."""
    return tuple(
        (opened(each.row.jws).record.batch.lot, certificate_digest_text(each.row.digest))
        for each in certificates_of(connection, issuance)
    )


def facts_differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return the places in which the facts of a run differ, whatever version of the recipe they were typed for."""
    old, new = (dict(flat(each)) for each in (before, now))
    places = [place for place in {**old, **new} if old.get(place) != new.get(place)]
    return [Difference(place, old.get(place, "nothing"), new.get(place, "nothing")) for place in places]


def against_certificate(
    connection: Connection, party: str, digest: str, values: Mapping[str, str]
) -> list[Difference] | None:
    """Return in which columns a row differs from the certificate that it names; None if the party has no such one."""
    try:
        (found,) = certificates(connection, [certificate_digest_bytes(digest)]).values()
    except (InputError, ValueError):
        return None
    opened_one = opened(found.row.jws)
    record = opened_one.record
    if record.issuer.did != party:
        return None
    said = {"lot": record.batch.lot, "mass_kg": record.batch.net_mass_kg}
    return [Difference(key, said[key], values[key]) for key in said if key in values and said[key] != values[key]]


def differences(
    known: KeptFacts | None, before: EarlierRun, record: ProductionRecord, facts: Mapping[str, Any]
) -> list[Difference]:
    """Return the differences between a row and the run that was issued under its name."""
    if known is not None:
        return facts_differ(known.facts, facts)
    return list(_against_certificates(before, record))


def _against_certificates(before: EarlierRun, record: ProductionRecord) -> Iterator[Difference]:
    old = {normal_lot(each.lot): each for each in before.lots}
    for number, output in enumerate(record.outputs):
        known = old.get(normal_lot(output.lot))
        if output.certify and known is None:
            yield Difference(f"outputs[{number}].lot", ", ".join(each.lot for each in before.lots), output.lot)
        elif known is not None and known.mass_kg != output.mass:
            yield Difference(f"outputs[{number}].mass", f"{known.mass_kg} kg", f"{output.mass} kg")
    days = (("start", before.first_day, record.period.start), ("end", before.last_day, record.period.end))
    for name, was, now in days:
        if was != now:
            yield Difference(f"period.{name}", was, now)


def flat(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield each value of a document with its place, such as ``outputs[0].mass``."""
    if isinstance(value, Mapping):
        for name, each in value.items():
            if place or name not in _IGNORED:
                yield from flat(each, f"{place}.{name}" if place else str(name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from flat(each, f"{place}[{number}]")
    else:
        yield place, str(value)


def changed(run: str, before: EarlierRun, found: list[Difference]) -> Problem:
    """Return that a run was issued with other values, and how to put it right; its place is that of the first one."""
    told = words_of(found)
    lot = before.lots[0].lot if before.lots else run
    return Problem.at("upload.changed", found[0].place if found else "", run=run, difference=told, lot=lot)


def words_of(found: Iterable[Difference]) -> str:
    """Return differences in words."""
    return "; ".join(f"{each.place}: {each.before}, now {each.after}" for each in found) or "a line of the recipe"
