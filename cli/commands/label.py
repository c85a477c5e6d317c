"""`oreprint label`: what goes on a drum, as SVG, PNG, PDF or ZPL.

Rules: a label carries the seal where the issuer's key is in this home or its seal came with the certificate, and else
the link alone; --seal and --short ask for one of the two. From certificate files it needs no registry. All labels are
made before the first is written. Printing again gives the same bytes, and issues nothing. A label proves nothing by
itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.files import write_lines
from cli.output import reply
from cli.parts import HomeOption, JsonOption, home_of, open_to_read, open_to_sign, trust_at_hand
from cli.source import open_source, pages_origin, subject_text
from ledger.carrier import printing
from ledger.carrier.label import width_in_mm
from ledger.carrier.printing import LabelOptions, print_label
from ledger.carrier.seal import make_seal
from ledger.factors.tables import FactorTables
from ledger.files.atomic import READABLE
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.seal.signer import Signer
from ledger.tables import shipped_tables
from ledger.trust.pinned import Trust
from schemas.lot import lot_file_stem, normal_lot
from schemas.problem import InputError, problems_in


@dataclass(frozen=True)
class LabelFile:
    """A label and the certificate it is of."""

    lot: str
    digest: str
    link: str
    content: bytes


@dataclass(frozen=True)
class LabelPrinter:
    """Makes labels with the keys at hand; `sealed` asks for the seal or for the link alone."""

    home: Path | None
    signers: Mapping[str, Signer]
    trust: Trust | None
    tables: FactorTables
    sealed: bool | None

    def seal(self, opened: OpenCertificate) -> str | None:
        """Return the seal of a certificate, or None; raise InputError `carrier.no-key` if it must have one."""
        signer = self.signers.get(opened.record.issuer.did)
        if signer is not None:
            return make_seal(opened.record, opened.digest, signer=signer)
        kept = self._kept(opened) if self.sealed is not False else None
        if self.sealed and kept is None:
            raise InputError.at("carrier.no-key", issuer=opened.record.issuer.did)
        return kept

    def _kept(self, opened: OpenCertificate) -> str | None:
        """Return the seal that came with a certificate, where there is a registry."""
        if not home_of(self.home).made:
            return None
        from ledger.issuing.labels import stored_seal

        return stored_seal(open_to_read(self.home), opened.digest_bytes)

    def demo(self, opened: OpenCertificate) -> bool:
        """Return whether the trust list marks the issuer as a demonstration."""
        party = None if self.trust is None else self.trust.parties.get(opened.record.issuer.did)
        return party is not None and party.demo


def command(  # noqa: PLR0913, PLR0917 - every option is one
    sources: Annotated[
        list[str], typer.Argument(metavar="DIGEST|FILE...", help="Certificates: their digests or their files.")
    ],
    label_format: Annotated[str, typer.Option("--format", help="svg, png, pdf or zpl.")] = "svg",
    size: Annotated[str, typer.Option("--size", metavar="MM", help="The width of the label.")] = "60mm",
    level: Annotated[
        str, typer.Option("--level", help="The share of the symbol that may be unreadable: M 15 %, Q 25 %.")
    ] = "M",
    sealed: Annotated[
        bool | None,
        typer.Option("--seal/--short", help="With the seal, or the link alone. Default: with it if the key allows."),
    ] = None,
    resolver: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Where the link leads. Default: OREPRINT_ORIGIN, else the registry."),
    ] = None,
    gtin: Annotated[str | None, typer.Option(help="The product's GTIN, for a GS1 Digital Link.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder for the labels.")] = Path("labels"),
    trust: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The trust list that says who is a demo. Default: the home's.")
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the label of each lot as OUT/<lot>.svg. The label is the same each time. Nothing is issued.

    Example: oreprint label certificates/OX-17.sdjwt --format pdf --size 50mm --out labels
    """
    wish = printing.LabelOptions(
        printing.label_format(label_format, place="--format"),
        width_in_mm(size, place="--size"),
        printing.symbol_level(level, place="--level"),
        resolver or pages_origin(),
        gtin,
    )
    bench = LabelPrinter(home, _signers(home, sealed=sealed), trust_at_hand(trust, home), shipped_tables(), sealed)
    made = [_made(source, wish, bench) for source in sources]
    paths = _paths(made, out, suffix=wish.format)
    for each, path in zip(made, paths, strict=True):
        write_lines(path, [each.content], mode=READABLE)
    _tell(made, paths, as_json=as_json)


def _made(source: str, wish: LabelOptions, bench: LabelPrinter) -> LabelFile:
    with open_source(source, home=bench.home, audience="public") as found, problems_in(found.name):
        opened = open_certificate(subject_text(found))
        printed = print_label(opened, wish, tables=bench.tables, seal=bench.seal(opened), demo=bench.demo(opened))
        return LabelFile(opened.record.batch.lot, opened.digest, printed.link, printed.content)


def _paths(made: Sequence[LabelFile], out: Path, *, suffix: str) -> list[Path]:
    """Return a file for each label; lots of the same name from two plants get the start of their digest too."""
    lots = [normal_lot(each.lot) for each in made]
    return [
        out / f"{lot_file_stem(each.lot)}{f'-{each.digest[3:9]}' if lots.count(lot) > 1 else ''}.{suffix}"
        for each, lot in zip(made, lots, strict=True)
    ]


def _signers(home: Path | None, *, sealed: bool | None) -> Mapping[str, Signer]:
    """Return the keys of the home, by the DID they sign for; none where there is no registry or no seal is wanted."""
    if sealed is False or not home_of(home).made:
        return {}
    return open_to_sign(home).signers


def _tell(made: Sequence[LabelFile], paths: Sequence[Path], *, as_json: bool) -> None:
    labels = [
        {"lot": each.lot, "digest": each.digest, "link": each.link, "file": str(path)}
        for each, path in zip(made, paths, strict=True)
    ]
    lines = (
        f"{each['file']}: lot {each['lot']}, {'with its seal' if '#' in each['link'] else 'the link alone'}"
        for each in labels
    )
    reply({"labels": labels}, *lines, as_json=as_json)
