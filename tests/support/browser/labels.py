"""What tests of labels share: a sealed certificate, its links and labels, and readers and renderers that are not
ours.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import pypdfium2  # type: ignore[import-untyped]
import resvg_py
import zxingcpp
from PIL import Image

from ledger.carrier.printing import LabelOptions, PrintedLabel, print_label
from ledger.carrier.seal import make_seal
from ledger.carrier.typeface import BOLD, REGULAR
from ledger.seal.digest import certificate_digest_text
from ledger.seal.sdjwt import open_certificate
from ledger.tables import shipped_tables
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from ledger.seal.sdjwt import OpenCertificate

DOTS_AN_INCH = 300


@cache
def certificate() -> OpenCertificate:
    """The sample certificate, opened."""
    return open_certificate(samples.sealed_certificate().text)


@cache
def seal() -> str:
    """Its seal."""
    return make_seal(certificate().record, certificate().digest, signer=samples.signer())


def digest(number: int) -> str:
    """Return some certificate's digest."""
    return certificate_digest_text(sha256(b"certificate %d" % number).digest())


def printed(wish: LabelOptions, *, sealed: bool = True, demo: bool = False) -> PrintedLabel:
    """Return the label of the sample certificate."""
    return print_label(certificate(), wish, tables=shipped_tables(), seal=seal() if sealed else None, demo=demo)


def drawn(content: bytes, *, suffix: str, dots: int = DOTS_AN_INCH) -> Image.Image:
    """Return a label of PNG, SVG or PDF as somebody else's renderer draws it, by default at 300 dpi."""
    match suffix:
        case "png":
            return Image.open(BytesIO(content))
        case "svg":
            png = resvg_py.svg_to_bytes(
                svg_string=content.decode(), dpi=dots, font_files=[REGULAR, BOLD], skip_system_fonts=True
            )
            return Image.open(BytesIO(bytes(png)))
        case "pdf":
            page = pypdfium2.PdfDocument(content)[0]
            image: Image.Image = page.render(scale=dots / 72).to_pil()
            return image
        case _:
            raise LookupError(suffix)


def symbols(image: Image.Image) -> list[zxingcpp.Barcode]:
    """Return the QR symbols that zxing finds in a picture.

    Asked for every kind of code, it sees one time in thousands a linear code in the squares of a QR symbol.
    """
    return list(zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)))


def read(image: Image.Image) -> list[str]:
    """Return their texts."""
    return [found.text for found in symbols(image)]
