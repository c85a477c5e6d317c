"""The certificate as an SD-JWT (RFC 9901) of one closed form, and its opening.

Rules:

1. The text is ``<JWS>~<disclosure>~…~``; the payload is, byte for byte, `payload` of the record in it.
2. Digests are at fixed places only: `run` and `details` of the record; `inputs`, `inventory`, `outputs` of the run;
   `source` of an input.  There are no ``_sd`` members and no decoys; no digest appears twice.
3. Disclosures are in depth-first order of these places; one without a place is refused.
4. Every array has the length of the record's counts.  A *withheld* value is None here; its digest stays.
5. The key that signed belongs to the issuer's DID.  A certificate shown with its run shows its own output too.

So no signature covers two truths: each place has one digest, shown or withheld.

This module verifies no signature (`OpenCertificate.verify` does, given the issuer's key, which no text can name),
follows no link, and compares no figure of record and run (`ledger.verify`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Final

from msgspec.structs import force_setattr

from ledger.seal.digest import certificate_digest_text, text_digest
from ledger.seal.disclosure import Value, below, open_value
from ledger.seal.jws import CERTIFICATE_TYPE, Jws, parse_jws
from ledger.seal.view import payload_around, record_text
from schemas.certificate import MOST_DETAILS, MOST_SIGNED_BYTES, CertificateRecord, Detail
from schemas.frozen import Frozen
from schemas.inventory import Credits, Direct, Electricity, Fuels, InventoryGroup, Materials, Transport, Waste
from schemas.problem import InputError
from schemas.run import MOST_INPUTS, MOST_OUTPUTS, Input, Output, Run, Source
from schemas.vocabulary import GROUPS

MOST_TEXT_BYTES: Final = 4 * 1024 * 1024
"""More than twice a certificate with a run of 250 inputs, 250 lines and 64 outputs, all shown."""
MOST_DISCLOSURES: Final = 1 + 2 * MOST_INPUTS + len(GROUPS) + MOST_OUTPUTS + MOST_DETAILS
"""A run, inputs and their sources, groups, outputs, details: more have no place."""

_GROUP_MODELS: Final[tuple[type[InventoryGroup], ...]] = (
    Materials, Fuels, Electricity, Direct, Transport, Waste, Credits,
)  # fmt: skip
"""The models of the inventory, in the order of `GROUPS`."""
_GROUP_PLACES: Final = tuple(f"run/inventory/{group}" for group in GROUPS)

_BUILT_ON: Final = frozenset({Run, Input, Source, Materials, Electricity})
"""The models of disclosures that are read at a trusted."""


class OpenInput(Frozen):
    """A disclosed certified input; `source` is None if withheld."""

    value: Input
    source: Source | None


class OpenRun(Frozen):
    """A disclosed run, with the text of its disclosure; a withheld part is None.

    `inventory` is in the order of `GROUPS`; `groups` are its disclosed ones.  `lines_shown` tells if these are all,
    so that the run's figures can be recomputed.
    """

    value: Run
    text: str
    digest: str
    inputs: tuple[OpenInput | None, ...]
    inventory: tuple[InventoryGroup | None, ...]
    outputs: tuple[Output | None, ...]
    groups: tuple[InventoryGroup, ...] = ()
    lines_shown: bool = False

    def __post_init__(self) -> None:
        """Set the disclosed groups."""
        groups = tuple([group for group in self.inventory if group is not None])
        force_setattr(self, "groups", groups)
        force_setattr(self, "lines_shown", len(groups) == len(self.inventory))

    @property
    def sources(self) -> list[Source]:
        """Return the disclosed sources of the certified inputs, in input order."""
        return [each.source for each in self.inputs if each and each.source]


class OpenCertificate(Frozen):
    """A well-formed certificate: its record, the disclosed part of the run, and the input of its signature.

    `digest` is ``zQm…``, `digest_bytes` its 32 bytes.  `shown` has the texts of the disclosures, in order, by places
    such as ``run/inputs/3/source``. `verified` is the public key by which the signature was verified, if it was.
    """

    jws: Jws
    digest: str
    digest_bytes: bytes
    record: CertificateRecord
    run: OpenRun | None
    details: tuple[Detail | None, ...]
    shown: Mapping[str, str]
    verified: bytes | None = None

    @property
    def kid(self) -> str:
        """The DID URL of the key that signed, as the certificate states it."""
        return self.jws.kid

    @property
    def sources(self) -> list[Source]:
        """Return the sources of the run, as `OpenRun.sources`; none without a disclosed run."""
        return self.run.sources if self.run else []

    def verify(self, public: bytes) -> None:
        """Verify the signature with the issuer's key; raise CheckError `seal.signature`."""
        if public != self.verified:
            self.jws.verify(public)


class ClearPart(Frozen):
    """A certificate with its clear part parsed, and no disclosure yet; members as those of `OpenCertificate`."""

    jws: Jws
    digest: str
    digest_bytes: bytes
    record: CertificateRecord
    texts: list[str]

    def open(self, *, trusted: bool = False, verified: bytes | None = None) -> OpenCertificate:
        """Parse the disclosures; raise as `open_certificate`.

        `verified` is a key by which the signature was verified.
        """
        record = self.record
        if not self.texts and not record.details:  # the usual case of a public view: nothing to walk through
            return OpenCertificate(self.jws, self.digest, self.digest_bytes, record, None, (), {}, verified)
        walk = _Walk(self.texts, trusted=trusted)
        run = _open_run(walk, record)
        details = tuple([walk.take(f"details/{i}", hidden.digest, Detail) for i, hidden in enumerate(record.details)])
        walk.end()
        if run is not None and run.outputs[record.output] is None and not trusted:
            raise InputError.at("seal.own-output", f"run/outputs/{record.output}")
        return OpenCertificate(self.jws, self.digest, self.digest_bytes, record, run, details, walk.shown, verified)

    def withheld(self) -> OpenCertificate:
        """Return the certificate as if it had no disclosures; the text of its run is not parsed."""
        record, run = self.record, self.texts[0] if self.texts else ""
        shown = {"run": run} if text_digest(run) == record.run[0].digest else {}
        details = (None,) * len(record.details)
        return OpenCertificate(self.jws, self.digest, self.digest_bytes, record, None, details, shown)


def open_certificate(text: str, *, trusted: bool = False) -> OpenCertificate:
    """Open a certificate strictly; the signature is not verified.

    With `trusted`, only the parts that later certificates build on are read: record, run, inputs, materials and
    electricity.  This is for a text that is opened strictly elsewhere, and says nothing about its form.

    Raises:
        InputError: `seal.*`, or the errors of a document in it, with the place such as ``run/inputs/3/source``.
    """
    return open_clear(text, trusted=trusted).open(trusted=trusted)


def open_clear(text: str, *, trusted: bool = False) -> ClearPart:
    """Parse the clear part of a certificate; errors and `trusted` are as for `open_certificate`."""
    if len(text) > MOST_TEXT_BYTES or not text.isascii():
        raise InputError.at("seal.text-form", limit=MOST_TEXT_BYTES)
    # finding the end of the long first part is quicker than splitting
    end = text.find("~")
    texts = text[end + 1 :].split("~")
    if end < 0 or texts.pop() or len(texts) > MOST_DISCLOSURES:
        raise InputError.at("seal.text-form", limit=MOST_TEXT_BYTES)
    first = text[:end]
    check_signed_size(first)
    jws, payload = parse_jws(first, typ=CERTIFICATE_TYPE)
    record = _open_payload(payload, trusted=trusted)
    check_issuer(record, jws.kid)
    raw = sha256(jws.raw).digest()
    return ClearPart(jws, certificate_digest_text(raw), raw, record, texts)


def check_signed_size(jws: str) -> None:
    """Check that a signed part is not too long; raise InputError `seal.signed-size`."""
    if len(jws) > MOST_SIGNED_BYTES:
        raise InputError.at("seal.signed-size", size=len(jws), limit=MOST_SIGNED_BYTES)


def check_issuer(record: CertificateRecord, kid: str) -> None:
    """Check that a key belongs to the issuer's DID; raise InputError `seal.issuer`."""
    if kid.partition("#")[0] != record.issuer.did:
        raise InputError.at("seal.issuer", "header.kid", kid=kid, issuer=record.issuer.did)


def check_counts(record: CertificateRecord, run: Run, *, lines: int | None) -> None:
    """Check that a run's arrays have the lengths in the record (rule 4); `lines` is None if some are withheld.

    Raises:
        InputError: `seal.counts`.
    """
    counts = record.counts
    for place, found, expected in (
        ("run/inputs", len(run.inputs), counts.inputs),
        ("run/inputs", len(run.inputs), counts.holdings),
        ("run/outputs", len(run.outputs), counts.outputs),
        ("run/made", len(run.made), counts.outputs),
        ("run/inventory", counts.lines if lines is None else lines, counts.lines),
    ):
        if found != expected:
            raise InputError.at("seal.counts", place, found=found, expected=expected)
    if record.output >= counts.outputs:
        raise InputError.at("seal.counts", "oreprint/output", found=record.output, expected=counts.outputs - 1)


def count_lines(groups: Iterable[InventoryGroup]) -> int:
    """Return the number of lines of the groups together."""
    return sum(len(group.lines) for group in groups)


def _open_payload(given: bytes, *, trusted: bool) -> CertificateRecord:
    """Return the record in a payload that is the payload of this record (rule 1)."""
    text = record_text(given)
    if not text:
        raise InputError.at("seal.payload", "payload")
    try:
        record = CertificateRecord.from_text(text, trusted=trusted)
    except InputError as error:
        raise InputError(*(below("oreprint", problem) for problem in error.problems)) from error
    if not trusted and payload_around(record, text) != given:
        raise InputError.at("seal.payload", "payload")
    return record


class _Walk:
    """The disclosures of a text, taken one after another by their places (rules 2 and 3)."""

    def __init__(self, texts: list[str], *, trusted: bool) -> None:
        self.shown: dict[str, str] = {}
        self._trusted = trusted
        self._texts = texts
        self._digests = [text_digest(text) for text in texts]
        self._digests.append("")  # no digest is empty, so nothing can be taken after the last
        self._placed: list[str] = []

    def take(self, place: str, digest: str, model: type[Value]) -> Value | None:
        """Return the value at a place, or None if the next disclosure does not have this digest."""
        self._placed.append(digest)
        at = len(self.shown)
        if self._digests[at] != digest:
            return None
        text = self.shown[place] = self._texts[at]
        if self._trusted and model not in _BUILT_ON:
            return None
        return open_value(text, model, place=place, trusted=self._trusted)

    def end(self) -> None:
        """Check that every disclosure had a place, and that no digest appears twice."""
        if len(self.shown) != len(self._texts):
            raise InputError.at("seal.disclosure-place", number=len(self.shown) + 1)
        if len(set(self._placed)) != len(self._placed):
            raise InputError.at("seal.digest-twice")


def _open_run(walk: _Walk, record: CertificateRecord) -> OpenRun | None:
    digest = record.run[0].digest
    run = walk.take("run", digest, Run)
    if run is None:
        return None
    check_counts(record, run, lines=None)
    inputs = tuple([_open_input(walk, f"run/inputs/{i}", hidden.digest) for i, hidden in enumerate(run.inputs)])
    inventory = tuple(
        [
            walk.take(place, hidden.digest, model)
            for place, hidden, model in zip(_GROUP_PLACES, run.inventory, _GROUP_MODELS, strict=True)
        ]
    )
    outputs = tuple([walk.take(f"run/outputs/{i}", hidden.digest, Output) for i, hidden in enumerate(run.outputs)])
    opened = OpenRun(run, walk.shown["run"], digest, inputs, inventory, outputs)
    if opened.lines_shown:
        check_counts(record, run, lines=count_lines(opened.groups))
    return opened


def _open_input(walk: _Walk, place: str, digest: str) -> OpenInput | None:
    value = walk.take(place, digest, Input)
    if value is None:
        return None
    return OpenInput(value, walk.take(f"{place}/source", value.source[0].digest, Source))
