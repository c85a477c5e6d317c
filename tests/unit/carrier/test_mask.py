"""The mask of a QR code is the one that the library finds by looking at every square."""

from __future__ import annotations

from random import Random

import pytest
from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.util import lost_point

from ledger.carrier.mask import best_mask, lines_of, penalty
from ledger.carrier.qr import MOST_SEALED_VERSION

CHANCE = Random(18004)  # noqa: S311 - of a test


@pytest.mark.parametrize("level", [ERROR_CORRECT_M, ERROR_CORRECT_Q])
def test_the_mask_is_that_of_the_library(level: int) -> None:
    versions = set()
    for length in range(3, 570, 27):
        code = QRCode(error_correction=level)
        code.add_data(bytes(CHANCE.choices(range(33, 127), k=length)), optimize=0)
        versions.add(code.best_fit())
        assert best_mask(code) == code.best_mask_pattern(), length
    assert min(versions) == 1
    assert max(versions) >= MOST_SEALED_VERSION


@pytest.mark.parametrize("dark", range(5, 100, 15))
def test_the_penalty_of_a_drawing_is_that_of_the_library(dark: int) -> None:
    for size in (21, 25, 45):
        for _ in range(5):
            rows: list[list[bool | None]] = [[CHANCE.randrange(100) < dark for _ in range(size)] for _ in range(size)]
            for line in rows[3:6]:  # what looks like a corner is rare by chance
                line[4:15] = [each == "1" for each in CHANCE.choice(["10111010000", "00001011101"])]
            _same_penalty(rows)
            _same_penalty([[row[column] for row in rows] for column in range(size)])


def _same_penalty(rows: list[list[bool | None]]) -> None:
    lines = lines_of(len(rows), lambda row, column: bool(rows[row][column]))
    assert penalty(len(rows), lines) == lost_point(rows)
