"""What the tests of several rooms share: readers of files that are forked."""

from __future__ import annotations

from tests.support.readers import forked_readers

__all__ = ["forked_readers"]  # a fixture
