"""Where a request begins and ends: h11's parser, as strict as RFC 9112, with the documented limits.

Rules: a head has at most `MOST_HEAD_BYTES` and `MOST_FIELDS`, however it arrives; h11 bounds only a head that is not
complete yet. Each line ends with CR LF, and no field goes on in a second line: of a bare LF (2.2) and of a folded field
(5.2) a proxy in front may make another request than we do. The same holds for trailers.
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)
from __future__ import annotations

import re
from typing import Any, Final

import h11
from h11._receivebuffer import ReceiveBuffer

MOST_HEAD_BYTES: Final = 16 * 1024
MOST_FIELDS: Final = 100
"""As Apache's `LimitRequestFields` has it; browsers send about twenty."""
TOO_LARGE: Final = 431
_END: Final = b"\r\n\r\n"
_LENIENT: Final = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""A bare LF, or a line that goes on with a blank."""


class StrictConnection(h11.Connection):
    """A server's side of a connection; `hint` is the status that answers what it refused."""

    hint: int = 400

    def __init__(self) -> None:
        super().__init__(h11.SERVER, MOST_HEAD_BYTES)
        self._receive_buffer = _StrictBuffer()

    def next_event(self) -> Any:  # noqa: ANN401 - h11's own
        """Return the next event; raise h11.RemoteProtocolError as h11 does, and keep its hint."""
        try:
            return super().next_event()
        except h11.RemoteProtocolError as error:
            self.hint = TOO_LARGE if error.error_status_hint == TOO_LARGE else 400
            raise


class _StrictBuffer(ReceiveBuffer):
    """What h11 takes heads and trailers from."""

    def maybe_extract_lines(self) -> list[bytearray] | None:
        """Return the lines up to the first empty one, or None while that isn't there; raise h11.RemoteProtocolError."""
        if self._data.startswith(b"\r\n"):
            self._extract(2)
            return []
        begun = max(0, self._multiple_lines_search - len(_END) + 1)  # what was looked at before holds no end
        end = self._data.find(_END, begun)
        read = len(self._data) if end < 0 else end + len(_END)
        if read > MOST_HEAD_BYTES:
            raise h11.RemoteProtocolError("the head is too long", error_status_hint=TOO_LARGE)
        if _LENIENT.search(self._data, begun, read):
            raise h11.RemoteProtocolError("a line ends in a bare LF, or a field is folded")
        if end < 0:
            self._multiple_lines_search = read
            return None
        lines = self._extract(read)[: -len(_END)].split(b"\r\n")
        if len(lines) > 1 + MOST_FIELDS:
            raise h11.RemoteProtocolError("the head has too many fields", error_status_hint=TOO_LARGE)
        return lines
