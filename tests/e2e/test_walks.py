"""From an empty folder to a label: a script does what a person would, and counts (`docs/record_walk.py` waits, too)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser.chromium import chromium
from tests.support.browser.walks import Host, Walk, own_plant, trial
from tests.support.forked import command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

QUARTER_HOUR = 15 * 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize(("going", "is_trial"), [(trial, True), (own_plant, False)], ids=["trial", "own plant"])
def test_a_clerk_has_a_label_within_a_quarter_of_an_hour(
    tmp_path: Path, browser: Browser, going: Callable[[Walk, Host], str], *, is_trial: bool
) -> None:
    walk = Walk()
    host = Host(walk, tmp_path, browser, command())
    label = going(walk, host)
    assert "Lot FL-1" in label
    assert "kg CO2e per kg" in label
    assert ("TRIAL" in label) == is_trial
    ours = [each for each in walk.stretches if is_trial or each.title.startswith("clerk")]
    assert 0 < sum(each.planned for each in ours) < QUARTER_HOUR
    assert sum(each.fields for each in ours) <= 21 + 2 * is_trial
    assert sum(each.clicks for each in ours) <= 6
    assert not any("did:" in line or ".yaml" in line for line in walk.read_before), "nobody has to know a DID or YAML"
    with walk.stretch("afterwards"):
        assert "no fault" in host.command("audit").lower()
