"""Readers of files in processes of their own, without the start of a Python for each."""

from __future__ import annotations

import pytest

from ledger.files import confined
from tests.support import forked


@pytest.fixture
def forked_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fork the readers off a process that has loaded them, where it isn't their start that is tested."""
    monkeypatch.setattr(confined, "READER", forked.reader())
