"""Find the run that a correction follows: the run of a plant's lots, with its latest certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from ledger.issuing.correction import CorrectedRun, TakenInput
from ledger.lots.certificates import opened
from ledger.lots.lineage import jws_of, lineage
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.sdjwt import OpenRun, open_certificate
from ledger.store.engine import reading
from ledger.store.lots import lots_at, lots_of_issuance
from ledger.store.parties import facilities
from ledger.store.reading import certificates_of
from schemas.answers.life import CorrectableRun
from schemas.lot import normal_lot
from schemas.phrases import NEVER_ISSUED, RUN_MADE
from schemas.problem import AccessError, MissingError, RefusedError


def followed_of(registry: OpenRegistry, facility: str, lots: Sequence[str], *, producer: str) -> CorrectableRun:
    """Return what a correction of a plant's lots repeats, for a producer that signs it with its own key.

    Raises:
        AccessError: `api.tenant`, for another party's plant; RefusedError: as `correct`.
    """
    with reading(registry.engine) as connection:
        owner, _ = facilities(connection).get(facility, ("", None))
        if owner != producer:
            raise AccessError.at("api.tenant")
        before = before_of(connection, facility, lots)
    return CorrectableRun(
        issuances=before.issuances,
        certificates=tuple(each.jws.text for each in before.certificates),
        disclosures=before.texts,
    )


def before_of(connection: Connection, facility: str, named: Sequence[str]) -> CorrectedRun:
    """Return the run that a correction of a plant's lots follows, as it is known now.

    Raises:
        RefusedError: `life.correct-lots`, `life.uncertified`, `life.withdrawn`, `life.suspended`, `life.undone`.
    """
    wanted = [(facility, normal_lot(lot)) for lot in named]
    known = lots_at(connection, wanted)
    for index, (place, lot) in enumerate(zip(wanted, named, strict=True)):
        if place not in known:
            raise RefusedError.at("life.correct-lots", f"outputs[{index}].lot", reason=NEVER_ISSUED.format(known=lot))
    lots = lots_of_issuance(connection, known[wanted[0]].issuance)
    if [(lot.facility, lot.lot_normal) for lot in lots] != wanted:
        names = ", ".join(lot.lot for lot in lots)
        raise RefusedError.at("life.correct-lots", "outputs", reason=RUN_MADE.format(known=names))
    lives = [lineage(connection, lot) for lot in lots if lot.certificate is not None]
    if not lives:
        raise RefusedError.at("life.uncertified")
    for life in lives:
        life.check_changeable()
    issuances = lives[0].issuances
    stored = certificates_of(connection, issuances[-1])
    run = open_certificate(stored[0].text).run
    if run is None:
        raise MissingError.at("store.record-missing")
    return CorrectedRun(
        tuple(map(to_base64url, issuances)),
        tuple(opened(each.row.jws) for each in stored),
        run,
        tuple(stored[0].disclosures),
        tuple(_taken(connection, run)),
    )


def _taken(connection: Connection, run: OpenRun) -> Iterator[TakenInput]:
    for shown in run.inputs:
        if shown is not None and shown.source is not None:
            jws = jws_of(connection, certificate_digest_bytes(shown.source.certificate))
            yield TakenInput(shown.value, shown.source, opened(jws).record)
