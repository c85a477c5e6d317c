"""The single checks of verification, each with a name, a step, and the code under which it is reported.

Rules: a check is made in one place, under one of these names; a test may switch one off by name, to show that
leaving it out lets a fraud pass, and nothing else may.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

STEP_OF_AREA: Final[dict[str, int]] = {
    "form": 1,
    "log": 2,
    "issuer": 3,
    "signature": 4,
    "record": 5,
    "status": 6,
    "inputs": 7,
    "mass": 8,
    "footprint": 9,
    "claims": 10,
    "attestations": 11,
}
"""The step of a code's area; the steps are numbered in `schemas.report.STEPS`."""


class Rule(Enum):
    """One check; the value is its stable code, whose area tells its step."""

    # 2 log
    INCLUDED = "log.included"
    TRUST_CURRENT = "log.trust-list"
    ON_TIME = "log.on-time"
    ISSUED = "log.issued"
    NOT_VOIDED = "log.not-voided"
    # 3 issuer
    ISSUER_KEY = "issuer.key"
    ISSUER_MAY = "issuer.may"
    ISSUER_NAMES = "issuer.names"
    LATE = "issuer.late"
    # 4 signature
    SIGNED = "signature.valid"
    # 5 same record
    SAME_RECORD = "record.entry"
    OWN_PLACE = "record.place"
    MARK_COUNT = "record.mark-count"
    FOLLOWS_NAMES = "record.follows"
    LOT_ONCE = "record.lot"
    INSTRUMENT = "record.instrument"
    INSTRUMENT_MARK = "record.instrument-mark"
    # 6 status
    STATUS_LIST = "status.list"
    STATUS_PLACE = "status.place"
    ENDED_BY = "status.ended-by"
    NOT_WITHDRAWN = "status.withdrawn"
    NOT_SUSPENDED = "status.suspended"
    NOT_SUPERSEDED = "status.superseded"
    NOT_EXPIRED = "status.expired"
    UPSTREAM = "status.upstream"
    # 7 inputs
    SAME_ISSUER = "inputs.issuer"
    SAME_REGISTRY = "inputs.registry"
    OUTPUT_AS_CLEAR = "inputs.output"
    ENTRY_MARKS = "inputs.entry-marks"
    SOURCE_SHOWN = "inputs.certificate"
    AS_CITED = "inputs.as-cited"
    CUSTODY = "inputs.custody"
    ROOT = "inputs.root"
    PATH = "inputs.path"
    MARK = "inputs.mark"
    OWNER = "inputs.owner"
    USED_ONCE = "inputs.used-once"
    HOME = "inputs.home"
    TAKEN = "inputs.mass"
    WITHIN_BATCH = "inputs.batch"
    SPLIT_SUM = "inputs.split-sum"
    SPLIT_KEEPS = "inputs.split-keeps"
    MOVE_MASS = "inputs.move-mass"
    MOVE_SIGNED = "inputs.move-signed"
    PRODUCER_SIGNED = "inputs.producer-signed"
    FIRST_RUN = "inputs.first-run"
    FOLLOWS_REPEATS = "inputs.follows-repeats"
    FOLLOWS_ENDS = "inputs.follows-ends"
    SUCCESSOR_HOME = "inputs.successor-home"
    UNDO_ALL = "inputs.undo-all"
    UNDO_SAME = "inputs.undo-same"
    UNDO_ENDS = "inputs.undo-ends"
    UNDO_SIGNED = "inputs.undo-signed"
    BITS = "inputs.bits"
    TIME_ORDER = "inputs.time-order"
    SOURCE_STANDS = "inputs.source-ended"
    OWN_HOLDING = "inputs.holding"
    INSTRUMENT_HOME = "inputs.instrument-home"
    # 8 mass
    ELEMENTS = "mass.elements"
    COMPOSITION = "mass.composition"
    POSSIBLE = "mass.possible"
    SIZE = "mass.size"
    GAINS = "mass.gains"
    SHARES = "mass.shares"
    ORIGIN = "inputs.origin"
    PHYSICS = "mass.physics"
    FLAGGED = "mass.flagged"
    CAPACITY = "mass.capacity"
    FLAGS_STATED = "mass.flags-stated"
    # 9 footprint
    WHOLE = "footprint.whole"
    FACTORS = "footprint.factors"
    RECOMPUTED = "footprint.recomputed"
    CONTRIBUTION = "footprint.contribution"
    CLEAR_FIGURES = "footprint.clear"
    TERMS = "footprint.terms"
    ALLOCATION = "footprint.allocation"
    NEGATIVE = "footprint.negative"
    INSTRUMENTS = "footprint.instruments"
    INSTRUMENT_DRAWN = "footprint.instrument-drawn"
    INDICATORS = "footprint.indicators"
    QUALITY = "footprint.quality"
    BESIDE = "footprint.beside"

    # 10 claims
    STATED = "claims.stated"
    ANSWERED = "claims.answered"
    # 11 attestations
    ATTESTATION_ENTRY = "attestations.entry"
    ATTESTATION_SIGNED = "attestations.signed"
    ATTESTOR = "attestations.attestor"
    ATTESTED = "attestations.subject"
    INDEPENDENT = "attestations.independent"
    ATTESTATION_STANDS = "attestations.stands"
    OPINION = "attestations.opinion"

    __hash__ = object.__hash__
    """Each member exists once; Enum's own, by name, is slow, and every check is counted under its rule."""

    step: int
    """The step this check belongs to, 1 to 11."""
    code: str
    """The value, without the property that `Enum` puts before it."""

    def __init__(self, code: str) -> None:
        """Derive the step from the code, once."""
        self.code = code
        self.step = STEP_OF_AREA[code.partition(".")[0]]
