"""Seal a run and its certificates: from values to signed text.

Rules: the texts of a run's disclosures are made once and are identical in the certificate of every output.  Each
certificate signs one digest, the run's.  Disclosures are in depth-first order: the run, each input followed by its
source, the seven groups, the outputs, then the certificate's own details.  The caller gives salts and keys; `new_salt`
returns 16 fresh random bytes at each call.

This module computes and checks no figure (`ledger.footprint`, `ledger.verify`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from msgspec.structs import asdict

from ledger.seal.digest import certificate_digest_text
from ledger.seal.disclosure import Disclosure, seal_text, seal_value
from ledger.seal.jws import CERTIFICATE_TYPE, sign_jws
from ledger.seal.sdjwt import check_counts, check_issuer, check_signed_size, count_lines
from ledger.seal.signer import Signer
from ledger.seal.view import payload_around
from schemas.certificate import CertificateFacts, CertificateRecord, Detail
from schemas.inventory import InventoryGroup
from schemas.problem import InputError
from schemas.run import Hidden, Input, InputFacts, Output, Run, RunFacts, Source
from schemas.vocabulary import GROUPS


@dataclass(frozen=True, slots=True)
class SealedRun:
    """A run with its digests, the digest of its disclosure, and the texts of all disclosures in order."""

    run: Run
    digest: str
    texts: tuple[str, ...]
    lines: int


@dataclass(frozen=True, slots=True)
class SealedCertificate:
    """A certificate for its issuer: the signed `jws`, its digest as text and bytes, and its disclosures' texts."""

    record: CertificateRecord
    jws: str
    digest: str
    digest_bytes: bytes
    disclosures: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text with all disclosures."""
        return "~".join((self.jws, *self.disclosures, ""))


def seal_run(
    facts: RunFacts,
    *,
    inputs: Sequence[tuple[InputFacts, Source]],
    inventory: Sequence[InventoryGroup],
    outputs: Sequence[Output],
    new_salt: Callable[[], bytes],
) -> SealedRun:
    """Return the run of `facts` with all confidential parts sealed.

    Raises:
        InputError: `seal.groups` unless `inventory` has all seven groups in order; `seal.salt`.
    """
    if tuple(group.group for group in inventory) != GROUPS:
        raise InputError.at("seal.groups", "run/inventory", groups=", ".join(GROUPS))
    below_inputs = [_seal_input(each, source, new_salt) for each, source in inputs]
    groups = [seal_value(group, salt=new_salt()) for group in inventory]
    disclosures = [seal_value(output, salt=new_salt()) for output in outputs]
    run, text = Run(
        **asdict(facts),
        inputs=tuple([Hidden(digest=sealed.digest) for sealed, _ in below_inputs]),
        inventory=tuple([Hidden(digest=sealed.digest) for sealed in groups]),
        outputs=tuple([Hidden(digest=sealed.digest) for sealed in disclosures]),
    ).read_back()
    sealed_run = seal_text(text, salt=new_salt())
    order = [sealed_run, *(sealed for pair in below_inputs for sealed in pair), *groups, *disclosures]
    return SealedRun(run, sealed_run.digest, tuple(sealed.text for sealed in order), count_lines(inventory))


def seal_following_run(
    facts: RunFacts,
    *,
    before: Run,
    texts: Sequence[str],
    inventory: Sequence[InventoryGroup],
    new_salt: Callable[[], bytes],
) -> SealedRun:
    """Return the run of `facts` that corrects the run `before`; inputs and outputs are repeated, text for text.

    `texts` are all disclosures of the corrected run, in order.

    Raises:
        InputError: `seal.groups`, `seal.salt`.
    """
    if tuple(group.group for group in inventory) != GROUPS:
        raise InputError.at("seal.groups", "run/inventory", groups=", ".join(GROUPS))
    first_group = 1 + 2 * len(before.inputs)
    first_output = first_group + len(GROUPS)
    groups = [seal_value(group, salt=new_salt()) for group in inventory]
    run, text = Run(
        **asdict(facts),
        inputs=before.inputs,
        inventory=tuple([Hidden(digest=sealed.digest) for sealed in groups]),
        outputs=before.outputs,
    ).read_back()
    sealed_run = seal_text(text, salt=new_salt())
    kept = texts[first_output : first_output + len(before.outputs)]
    order = (sealed_run.text, *texts[1:first_group], *(sealed.text for sealed in groups), *kept)
    return SealedRun(run, sealed_run.digest, order, count_lines(inventory))


def seal_certificate(
    facts: CertificateFacts,
    *,
    run: SealedRun,
    details: Sequence[Detail] = (),
    signer: Signer,
    new_salt: Callable[[], bytes],
) -> SealedCertificate:
    """Return the signed certificate of one output of `run`.

    Raises:
        InputError: `seal.issuer` if the key is not the issuer's; `seal.counts` if the record's counts are not the
            run's; `seal.signed-size`.
    """
    sealed = [seal_value(detail, salt=new_salt()) for detail in details]
    record, record_text = CertificateRecord(
        **asdict(facts),
        run=(Hidden(digest=run.digest),),
        details=tuple([Hidden(digest=each.digest) for each in sealed]),
    ).read_back()
    check_issuer(record, signer.kid)
    check_counts(record, run.run, lines=run.lines)
    jws = sign_jws(payload_around(record, record_text), typ=CERTIFICATE_TYPE, signer=signer)
    check_signed_size(jws)
    digest = sha256(jws.encode("ascii")).digest()
    disclosures = (*run.texts, *[each.text for each in sealed])
    return SealedCertificate(record, jws, certificate_digest_text(digest), digest, disclosures)


def _seal_input(facts: InputFacts, source: Source, new_salt: Callable[[], bytes]) -> tuple[Disclosure, Disclosure]:
    """Return an input and its source."""
    hidden = seal_value(source, salt=new_salt())
    _, text = Input(**asdict(facts), source=(Hidden(digest=hidden.digest),)).read_back()
    return seal_text(text, salt=new_salt()), hidden
