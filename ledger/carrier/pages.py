"""Labels as one PDF, a label a page in its true size, made of their pictures (Pillow)."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image

from ledger.carrier.label import Label
from ledger.carrier.png import label_png

_NO_TIME: Final = b"D:19700101000000Z"
"""Written instead of a time, so that the same labels give the same file."""


def labels_pdf(labels: Sequence[Label]) -> bytes:
    """Return labels as a PDF file, a label a page."""
    file = BytesIO()
    for number, label in enumerate(labels):
        with Image.open(BytesIO(label_png(label))) as page:
            page.save(
                file,
                "PDF",
                append=number > 0,
                resolution=page.info["dpi"][0],
                creationDate=_NO_TIME,
                modDate=_NO_TIME,
            )
    return file.getvalue()
