"""Attestations of third parties, in the words of a terminal. Each is shown as its attestor's statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cli.terminal import facts, plural, wrapped
from schemas.sentences import AUDITED, NOT_AUDITED, NOT_COUNTED, filled

if TYPE_CHECKING:
    from ledger.files.source import Source
    from ledger.seal.attestation import OpenAttestation
    from ledger.seal.sdjwt import OpenCertificate
    from schemas.attestation import Attestation
    from schemas.report import Audited, Vouched


def report_lines(attestations: Iterable[Vouched]) -> Iterator[str]:
    """Yield the attestations of a report. Those that count come first."""
    for each in sorted(attestations, key=lambda each: not each.counted):
        yield from wrapped(_said(each), first="  ")
        key = {"own": "", "custodial": "kept by the registry", "unknown": "not in your trust list"}[each.attestor_key]
        yield from facts(
            (
                ("of", ", ".join(each.lots) or each.subject),
                ("examined", _scopes(each.scopes, each.level)),
                ("by", "; ".join(each.criteria)),
                ("behind", _behind(each)),
                ("except", each.note or ""),
                ("valid until", each.valid_until),
                ("accredited", each.accreditation or ""),
                ("key", key),
                ("digest", each.digest),
            ),
            indent="    ",
        )


def record_lines(record: Attestation, digest: str) -> Iterator[str]:
    """Yield the content of an attestation, unchecked."""
    names = " / ".join(name.text for name in record.attestor.names)
    yield from wrapped(f"{names} ({record.attestor.did}): {record.opinion}.", first="  ")
    yield from facts(
        (
            ("examined", _scopes(record.scopes, record.level)),
            ("by", "; ".join(record.criteria)),
            ("behind", ", ".join(f"input {each.input}: {each.certificates}" for each in record.branches or ())),
            ("except", record.note or ""),
            ("valid until", record.valid_until),
            ("digest", digest),
        ),
        indent="    ",
    )


def auditor_lines(word: Audited) -> Iterator[str]:
    """Yield each auditor's record: those that count first, then the registry's own, then the others."""
    for each in word.counted:
        yield from wrapped(
            f"{each.name} ({each.auditor}): {each.state}; record {each.number} of {each.made}", first="  + "
        )
    if word.registry is not None:
        own = word.registry
        yield from wrapped(
            f"The registry itself: {own.state}; record {own.number} of {own.made}. Not counted.", first="    "
        )
    for each in word.not_counted:
        name = f"the record of {each.name} ({each.auditor})" if each.auditor else "a record"
        yield from wrapped(f"Not counted: {name}, because {NOT_AUDITED[each.reason or '']}.", first="  ? ")
    if word.answers:
        told = ", ".join(filled(AUDITED["claim"], {**word.facts, "answer": answer}) for answer in word.answers)
        yield from wrapped(f"Its claims, in their order: {told}.", first="    ")


def _said(each: Vouched) -> str:
    if each.counted:
        return f"{each.attestor_name} ({each.attestor}) states: {each.opinion}."
    return f"Not counted: the attestation of {each.attestor_name} ({each.attestor}), because {NOT_COUNTED[each.reason or '']}."


def _scopes(scopes: Iterable[str], level: str | None) -> str:
    return ", ".join(scopes) + (f"; {level} assurance" if level else "")


def _behind(each: Vouched) -> str:
    inputs = ", ".join(map(str, each.inputs))
    return (
        f"{'input' if len(each.inputs) == 1 else 'inputs'} {inputs}, {plural(each.behind, 'certificate')}"
        if inputs
        else ""
    )


def attested_in(found: Source, opened: OpenCertificate) -> Iterator[OpenAttestation]:
    """Yield the attestations of a bundle about the certificate, or about its run."""
    from ledger.files.source import SourceBundle
    from ledger.seal.attestation import open_attestation
    from schemas.bundle import AttestationLine, read_line

    for raw in found.lines if isinstance(found, SourceBundle) else ():
        line = read_line(raw, "attestation") if raw.startswith(b'{"t":"attestation"') else None
        if isinstance(line, AttestationLine):
            said = open_attestation(line.attestation)
            if said.record.subject in {opened.digest, opened.record.run[0].digest}:
                yield said
