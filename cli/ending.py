"""Run the clean-up of a command when it ends, whether it succeeded or was refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar

_LEFT: ContextVar[ExitStack | None] = ContextVar("left", default=None)


@contextmanager
def command_ending() -> Iterator[None]:
    """Run a command in here; at its end do what `at_end` was given, the last first."""
    with ExitStack() as left:
        token = _LEFT.set(left)
        try:
            yield
        finally:
            _LEFT.reset(token)


def at_end(manager: AbstractContextManager[None]) -> None:
    """Enter `manager` now and leave it when the running command ends; outside of any command do nothing."""
    left = _LEFT.get()
    if left is not None:
        left.enter_context(manager)
