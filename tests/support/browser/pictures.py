"""Photos and PDF files of labels, as people make them: turned, small, grey, noisy, several in one, scanned."""

from __future__ import annotations

import io
import json
import random
import zlib
from typing import TYPE_CHECKING

import qrcode
import typst
from PIL import Image, ImageFilter
from qrcode.image.pil import PilImage

from ledger.carrier.printing import LabelOptions
from tests.support.browser.labels import printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.carrier.printing import LabelFormat, PrintedLabel

TABLE = (96, 88, 80)
"""Colour of what a label lies on."""


def label(resolver: str = "registry.example", *, form: LabelFormat = "png", sealed: bool = False) -> PrintedLabel:
    """Return the label of the sample certificate."""
    return printed(LabelOptions(format=form, resolver=resolver), sealed=sealed)


def photo(labels: Sequence[Image.Image], *, degrees: float = 7, size: tuple[int, int] = (2400, 1800)) -> Image.Image:
    """Return a photo of labels beside each other on a table: turned, lit from one side, a bit blurred, with noise."""
    table = Image.new("RGB", size, TABLE)
    room = size[0] // len(labels)
    for number, each in enumerate(labels):
        turned = each.rotate(
            degrees * (1 if number % 2 else -1), expand=True, fillcolor=TABLE, resample=Image.Resampling.BICUBIC
        )
        turned.thumbnail((room - 80, size[1] - 80))
        table.paste(turned, (number * room + 40, (size[1] - turned.height) // 2))
    light = Image.linear_gradient("L").rotate(90).resize(size).point(lambda value: 128 + value // 2)
    lit = Image.composite(table, Image.new("RGB", size, (40, 36, 30)), light)
    strip, noise = Image.effect_noise((size[0], 100), 18).convert("RGB"), Image.new("RGB", size)
    for top in range(0, size[1], strip.height):
        noise.paste(strip, (0, top))
    return Image.blend(lit.filter(ImageFilter.GaussianBlur(1)), noise, 0.12)


def saved(image: Image.Image, form: str) -> bytes:
    """Return a picture as a file."""
    kept = io.BytesIO()
    image.save(kept, format=form, **{"JPEG": {"quality": 80}, "PNG": {"compress_level": 1}}.get(form, {}))
    return kept.getvalue()


def pdf_with(files: dict[str, bytes]) -> bytes:
    """Return a PDF file with files attached to it, as a certificate's PDF has its record."""
    text = """#for (name, content) in json(bytes(sys.inputs.given)) { pdf.attach(name, bytes(content), description: "record") }
      A record."""
    given = json.dumps({name: list(content) for name, content in files.items()})
    made = typst.compile(text.encode(), format="pdf", sys_inputs={"given": given})
    assert isinstance(made, bytes)
    return made


def png_of(width: int, height: int) -> bytes:
    """Return a PNG file that says that it has so many pixels, and holds as little as it can."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x01\x00\x00\x00\x00"
    rows = zlib.compress(bytes(1_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf_bomb(squares: int = 3_000_000) -> bytes:
    """Return a small PDF file whose one page asks for millions of drawings."""
    content = zlib.compress(b"0 0 m 600 800 l 0 800 l b*\n" * squares, 9)
    return _pdf(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content))


def pdf_of_itself() -> bytes:
    """Return a PDF file whose page draws a form that draws itself."""
    form = b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /F 5 0 R >> >> /Length 5 >>\nstream\n/F Do\nendstream"
    return _pdf(b"<< /Length 5 >>\nstream\n/F Do\nendstream", form)


def pdf_locked() -> bytes:
    """Return a PDF file that is encrypted under a password that nobody gives (ISO 32000-2, 7.6)."""
    lock = (
        b"/Encrypt << /Filter /Standard /V 1 /R 2 /Length 40 /P -4 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
        b" /ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]"
    )
    return _pdf(b"<< /Length 0 >>\nstream\n\nendstream").replace(b"/Root 1 0 R", b"/Root 1 0 R " + lock)


def _pdf(content: bytes, form: bytes = b"null") -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >> >>"
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, content, form]
    made, places = bytearray(b"%PDF-1.7\n"), list[int]()
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    at = len(made)
    made += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % at
    return bytes(made)


def symbol(text: str, *, squares_px: int = 10) -> Image.Image:
    """Return the QR symbol of any text; a reader takes any of the eight masks, and to find the best costs most."""
    made = qrcode.QRCode(box_size=squares_px, mask_pattern=0, image_factory=PilImage)
    made.add_data(text)
    return made.make_image().get_image().convert("RGB")


def noise(size: int, *, begins: bytes = b"") -> bytes:
    """Return random bytes after a beginning."""
    return begins + random.Random(size).randbytes(size)  # noqa: S311 - no secrets
