"""The certificate as an SD-JWT (RFC 9901) of one closed form, and its opening.

Rules:

1. The text is ``<JWS>~<disclosure>~…~``; the payload is, byte for byte, `payload` of the record in it.
2. Digests stand at fixed places only: `run` and `details` of the record; `inputs`, `inventory`, `outputs` of the run; `source`
   of an input. There are no ``_sd`` members and no decoys; no digest stands twice.
3. Disclosures stand depth first in that order, each at its place; one that has no place is refused.
4. Every array is as long as the record's counts say. What is not shown is *withheld*: None here, its digest stays.
5. The key that signed is one of the issuer's DID. A certificate shown with its run shows its own output too.

So there are no two truths under one signature: for each place there is one digest, and it is shown or it is not.

What this module does not do: it verifies no signature (`OpenCertificate.verify` does, given the issuer's key, which no text
can name), follows no link, and compares no figure of record and run (`ledger.verify`).
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

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

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_TEXT_BYTES: Final = 4 * 1024 * 1024
"""A certificate with a run of 250 inputs, 250 lines and 64 outputs, all shown, has less than half of it."""
MOST_DISCLOSURES: Final = 1 + 2 * MOST_INPUTS + len(GROUPS) + MOST_OUTPUTS + MOST_DETAILS
"""A run, inputs and their sources, groups, outputs, details: more have no place."""

_GROUP_MODELS: Final[tuple[type[InventoryGroup], ...]] = (
    Materials, Fuels, Electricity, Direct, Transport, Waste, Credits,
)  # fmt: skip
"""The models of the inventory, in the order of `GROUPS`."""
_GROUP_PLACES: Final = tuple(f"run/inventory/{group}" for group in GROUPS)

_BUILT_ON: Final = frozenset({Run, Input, Source, Materials, Electricity})
"""What is read of the disclosures of a trusted certificate."""


class OpenInput(Frozen):
    """A certified input that is shown; `source` is None where it is withheld."""

    value: Input
    source: Source | None


class OpenRun(Frozen):
    """A run that is shown, with the text of its disclosure; each place holds None where it is withheld.

    `inventory` is in the order of `GROUPS`, `groups` are those of it that are shown.
    """

    value: Run
    text: str
    digest: str
    inputs: tuple[OpenInput | None, ...]
    inventory: tuple[InventoryGroup | None, ...]
    outputs: tuple[Output | None, ...]
    groups: tuple[InventoryGroup, ...] = ()

    def __post_init__(self) -> None:
        """Tell the groups that are shown, once."""
        force_setattr(self, "groups", tuple([group for group in self.inventory if group is not None]))

    @property
    def lines_shown(self) -> bool:
        """Tell whether every inventory group is shown, so that the run's figures can be made again."""
        return len(self.groups) == len(self.inventory)


class OpenCertificate(Frozen):
    """A certificate whose form is right: record, what is shown of the run, and what a signature is over.

    `digest` is ``zQm…``, `digest_bytes` its 32 bytes; `shown` are the texts of the disclosures, by places such as
    ``run/inputs/3/source``, in their order; `verified` is the public key by which the signature is known to hold, if it is.
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
        """The DID URL of the key that signed, by the certificate's own word."""
        return self.jws.kid

    def verify(self, public: bytes) -> None:
        """Verify the signature with the issuer's key; raise CheckError `seal.signature`."""
        if public != self.verified:
            self.jws.verify(public)


class ClearPart(Frozen):
    """A certificate of which the clear part is read, and no disclosure yet; members as those of `OpenCertificate`."""

    jws: Jws
    digest: str
    digest_bytes: bytes
    record: CertificateRecord
    texts: list[str]

    def open(self, *, trusted: bool = False, verified: bytes | None = None) -> OpenCertificate:
        """Read the disclosures; errors as of `open_certificate`.  `verified` is a key by which the signature is known to hold."""
        record = self.record
        if not self.texts and not record.details:  # as the public sees most of them: there is nothing to walk through
            return OpenCertificate(self.jws, self.digest, self.digest_bytes, record, None, (), {}, verified)
        walk = _Walk(self.texts, trusted=trusted)
        run = _open_run(walk, record)
        details = tuple([walk.take(f"details/{i}", hidden.digest, Detail) for i, hidden in enumerate(record.details)])
        walk.end()
        if run is not None and run.outputs[record.output] is None and not trusted:
            raise InputError.at("seal.own-output", f"run/outputs/{record.output}")
        return OpenCertificate(self.jws, self.digest, self.digest_bytes, record, run, details, walk.shown, verified)

    def withheld(self) -> OpenCertificate:
        """Return the certificate as if nothing were shown of it; the text of its run, if it is there, is not read."""
        record, run = self.record, self.texts[0] if self.texts else ""
        shown = {"run": run} if text_digest(run) == record.run[0].digest else {}
        details = (None,) * len(record.details)
        return OpenCertificate(self.jws, self.digest, self.digest_bytes, record, None, details, shown)


def open_certificate(text: str, *, trusted: bool = False) -> OpenCertificate:
    """Read a certificate, strictly; the signature is not verified.

    A `trusted` text was read strictly before. Only what later certificates build on is read of it: record, run, inputs, materials and
    electricity.

    Raises:
        InputError: `seal.*`, or what a document in it refuses, with the place such as ``run/inputs/3/source``.

    """
    return open_clear(text, trusted=trusted).open(trusted=trusted)


def open_clear(text: str, *, trusted: bool = False) -> ClearPart:
    """Read the clear part of a certificate; errors, and what `trusted` is, as of `open_certificate`."""
    if len(text) > MOST_TEXT_BYTES or not text.isascii():
        raise InputError.at("seal.text-form", limit=MOST_TEXT_BYTES)
    # the end of the long first part is found at once, where splitting compares it letter by letter
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
    """Refuse a signed part that is too long; raise InputError `seal.signed-size`."""
    if len(jws) > MOST_SIGNED_BYTES:
        raise InputError.at("seal.signed-size", size=len(jws), limit=MOST_SIGNED_BYTES)


def check_issuer(record: CertificateRecord, kid: str) -> None:
    """Refuse a key that is not of the issuer's DID; raise InputError `seal.issuer`."""
    if kid.partition("#")[0] != record.issuer.did:
        raise InputError.at("seal.issuer", "header.kid", kid=kid, issuer=record.issuer.did)


def check_counts(record: CertificateRecord, run: Run, *, lines: int | None) -> None:
    """Refuse a run whose arrays are not as long as the record says (rule 4); `lines` is None where some are withheld.

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
    """Return how many lines the groups have together."""
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
    """The disclosures of a text, taken one after another by the places they belong to (rules 2 and 3)."""

    def __init__(self, texts: list[str], *, trusted: bool) -> None:
        self.shown: dict[str, str] = {}
        self._trusted = trusted
        self._texts = texts
        self._digests = [text_digest(text) for text in texts]
        self._digests.append("")  # no digest is empty, so nothing can be taken after the last
        self._placed: list[str] = []

    def take(self, place: str, digest: str, model: type[Value]) -> Value | None:
        """Return the value at a place, or None if the next disclosure is not the one of this digest."""
        self._placed.append(digest)
        at = len(self.shown)
        if self._digests[at] != digest:
            return None
        text = self.shown[place] = self._texts[at]
        if self._trusted and model not in _BUILT_ON:
            return None
        return open_value(text, model, place=place, trusted=self._trusted)

    def end(self) -> None:
        """Refuse disclosures that have no place here, and a digest that stands twice."""
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
