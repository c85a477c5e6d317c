"""The page looks as it did when people last looked at it: screenshots of its states beside their references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image

from tests.support.browser.chromium import chromium
from tests.support.browser.screens import KEPT, REFERENCES, Screen, camera, difference, kept_probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.browser.screens import Camera

pytestmark = pytest.mark.slow

MOST: Final = 4.0
"""Difference of two screenshots of the same screen, at most; a section that moves by a line makes 8 or more."""


@pytest.fixture(scope="module")
def eye() -> Iterator[Camera]:
    with chromium() as browser:
        for each in camera(browser):
            if each.probe != pytest.approx(kept_probe(), abs=0.5):
                pytest.skip("the fonts of this machine are not those of the references, so nothing can be compared")
            yield each


@pytest.mark.parametrize("screen", KEPT, ids=lambda screen: screen.path.stem)
def test_a_screen_looks_like_its_reference(eye: Camera, screen: Screen) -> None:
    found = difference(eye.take(screen), Image.open(screen.path).convert("RGB"))
    assert found <= MOST, "look at it; if it is as it should be: python -m tests.support.browser.screens"


def test_another_state_is_not_taken_for_this_one() -> None:
    one, two = (Image.open(Screen(state).path).convert("RGB") for state in ("genuine", "upstream-withdrawn"))
    assert difference(one, two) > MOST


def test_the_references_are_small_and_each_is_looked_at() -> None:
    files = set(REFERENCES.glob("*.png"))
    assert files == {screen.path for screen in KEPT}
    assert sum(file.stat().st_size for file in files) <= 2_000_000
