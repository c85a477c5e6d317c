"""The chain behind a certificate as a graph, from the certificates of a bundle.

Rules: upstream-first as the bundle has them; a branch that is withheld stays, as such. Only a report says whether any
of it is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ledger.factors.figures import co2e, parsed_rows
from ledger.factors.tables import FactorTables
from ledger.seal.sdjwt import OpenCertificate, OpenInput, open_certificate
from ledger.trust.pinned import Trust
from schemas.bundle import CertificateLine, Header, read_line
from schemas.certificate import CertificateRecord
from schemas.chain import Branch, ChainBatch, ChainGraph
from schemas.problem import InputError
from schemas.quantity import trillionths_text
from schemas.vocabulary import Gas

_CERTIFICATE_LINE = b'{"t":"certificate"'


def bundle_graph(lines: Iterable[bytes], tables: FactorTables, trust: Trust | None = None) -> ChainGraph:
    """Return the graph of a bundle, given as its lines with their newlines.

    Names are those of `trust`, where it is given.

    Raises:
        InputError: `bundle.*`, `document.*`, `seal.*`.
    """
    reader = iter(lines)
    header = read_line(next(reader, b""), "line 1")
    if not isinstance(header, Header):
        raise InputError.at("bundle.header")
    return chain_graph(header.subject, map(open_certificate, certificate_texts(reader)), tables, trust)


def chain_graph(
    subject: str, certificates: Iterable[OpenCertificate], tables: FactorTables, trust: Trust | None = None
) -> ChainGraph:
    """Return the graph of certificates that are opened already, upstream-first; names as `bundle_graph`.

    Raises:
        InputError: `bundle.subject`, when the subject is not among them.
    """
    batches = tuple(_batch(opened, tables, trust) for opened in certificates)
    if subject not in {batch.certificate for batch in batches}:
        raise InputError.at("bundle.subject", digest=subject)
    return ChainGraph(subject=subject, batches=batches)


def certificate_graph(text: str, tables: FactorTables, trust: Trust | None = None) -> ChainGraph:
    """Return the graph of one certificate: its batch and the inputs that it shows. Names are as in `bundle_graph`.

    Raises:
        InputError: `document.*`, `seal.*`.
    """
    batch = _batch(open_certificate(text), tables, trust)
    return ChainGraph(subject=batch.certificate, batches=(batch,))


def certificate_texts(lines: Iterable[bytes]) -> Iterator[str]:
    """Yield the text of each certificate of a bundle, in its order."""
    for number, raw in enumerate(lines, start=2):
        if raw.startswith(_CERTIFICATE_LINE):
            line = read_line(raw, f"line {number}")
            if isinstance(line, CertificateLine):
                yield line.certificate


def _batch(opened: OpenCertificate, tables: FactorTables, trust: Trust | None) -> ChainBatch:
    record, run = opened.record, opened.run
    gwp = tables.gwp.weights[record.footprint.gwp]
    branches = [_branch(shown, gwp) for shown in run.inputs] if run else [Branch()] * record.counts.inputs
    return ChainBatch(
        certificate=opened.digest,
        lot=record.batch.lot,
        kind=record.batch.kind,
        step=record.batch.step,
        country=record.batch.facility.country,
        issuer=_name(record, trust),
        net_mass_kg=record.batch.net_mass_kg,
        kg_co2e=record.footprint.total_kg_co2e.location,
        kg_co2e_per_kg=record.footprint.per_kg.location,
        outputs=record.counts.outputs,
        run_shown=run is not None,
        branches=tuple(branches),
    )


def _name(record: CertificateRecord, trust: Trust | None) -> str:
    """Return an issuer's name by the trust list at hand, its DID where that doesn't name it.

    Without a list its own word.
    """
    if trust is None:
        return record.issuer.names[0].text
    party = trust.parties.get(record.issuer.did)
    return party.names_with(record.issuer.names)[0].text if party else record.issuer.did


def _branch(shown: OpenInput | None, gwp: Mapping[Gas, int]) -> Branch:
    """Return what a branch shows: nothing, the material and its mass, or also the batch it came from."""
    if shown is None:
        return Branch()
    value, source = shown.value, shown.source
    if source is None:
        return Branch(material=value.material, kind=value.kind, mass_kg=value.mass_kg)
    return Branch(
        material=value.material,
        kind=value.kind,
        mass_kg=value.mass_kg,
        certificate=source.certificate,
        kg_co2e=trillionths_text(co2e(parsed_rows(source.rows), gwp).location),
    )
