"""Labels as other people's renderers draw them and another reader reads them: whole, blurred, turned, faded, small."""

from __future__ import annotations

import base64
import json
import subprocess
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageFilter, ImageOps

from ledger.carrier.link import CertificateLink, parse_link
from ledger.carrier.printing import LabelOptions
from ledger.carrier.seal import open_seal, verify_seal_against
from tests.support.browser.labels import certificate, drawn, printed, read, symbols
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.carrier.printing import LabelFormat
    from ledger.carrier.qr import Level

pytestmark = pytest.mark.no_cover  # what draws is reached by `unit/carrier`; here others read it


@pytest.mark.parametrize("width", [30, 60, 100])
@pytest.mark.parametrize("wish", ["png", "svg", "pdf"])
@pytest.mark.parametrize("level", ["M", "Q"])
@pytest.mark.parametrize("sealed", [True, False])
def test_a_label_reads_as_its_link(wish: LabelFormat, width: int, level: Level, *, sealed: bool) -> None:
    if sealed and width == 30:
        width = 33  # at level Q a seal needs a little more
    label = printed(LabelOptions(wish, width, level), sealed=sealed, demo=True)
    (found,) = symbols(drawn(label.content, suffix=wish))
    assert found.text == label.link
    assert found.ec_level == level


@pytest.mark.parametrize("sealed", [True, False])
def test_zpl_reads_as_its_link(npm_checkers: Path, *, sealed: bool) -> None:
    label = printed(LabelOptions("zpl", 60), sealed=sealed, demo=True)
    asked = {"zpl": label.content.decode(), "width_mm": 60, "height_mm": 110, "dots_a_mm": 8}
    if not (npm_checkers / "node_modules" / "zpl-renderer-js").is_dir():
        pytest.skip("the npm package zpl-renderer-js is missing; `make test` installs it where npm exists")
    done = subprocess.run(
        ["node", "draw_zpl.mjs"], cwd=npm_checkers, input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    image = Image.open(BytesIO(base64.b64decode(done.stdout)))
    assert read(image) == [label.link]


@pytest.mark.parametrize("degrees", [3, 17, 45, 90, 180, 271])
@pytest.mark.parametrize("sealed", [True, False])
def test_turned(degrees: int, *, sealed: bool) -> None:
    label = printed(LabelOptions("png"), sealed=sealed)
    image = drawn(label.content, suffix="png").rotate(
        degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC
    )
    assert read(image) == [label.link]


@pytest.mark.parametrize("sealed", [True, False])
def test_blurred_faded_and_small(*, sealed: bool) -> None:
    label = printed(LabelOptions("png"), sealed=sealed)
    image = drawn(label.content, suffix="png")
    small = image.resize((image.width // 3, image.height // 3), Image.Resampling.LANCZOS)
    faded = image.point([110 + value * 60 // 255 for value in range(256)])
    for worse in (image.filter(ImageFilter.GaussianBlur(3)), faded, small, ImageOps.expand(small, 300, fill=120)):
        assert read(worse) == [label.link]


def test_dirty_at_level_q() -> None:
    label = printed(LabelOptions("png", level="Q"), sealed=False)
    image = drawn(label.content, suffix="png").convert("L")
    side = image.width
    image.paste(90, (side // 2, side // 2, side // 2 + side // 6, side // 2 + side // 6))
    assert read(image) == [label.link]


def test_the_seal_in_the_symbol_is_the_certificates() -> None:
    (text,) = read(drawn(printed(LabelOptions("png")).content, suffix="png"))
    link = parse_link(text)
    assert isinstance(link, CertificateLink)
    assert link.seal is not None
    opened = open_seal(link.seal)
    opened.verify(samples.public_key())
    verify_seal_against(certificate().record, link.digest, opened)
