"""What the tests of several rooms share: readers of workbooks that are forked."""

from __future__ import annotations

import pytest

from ledger.files import confined
from tests.support import forked


@pytest.fixture
def forked_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the readers of workbooks off a process that has loaded them, where it isn't their start that is tested."""
    monkeypatch.setattr(confined, "READER", forked.reader())
