"""A rendered page that is kept, and its fresh line: the time of the check, the log's size and the status lists' age.

Rules: the page is packed once, on its first use, in two parts. The fresh line between them is packed for each request.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from struct import Struct
from typing import Final

from api.web.words import Language, words

_FRESH: Final = "<!--fresh-->"
"""Where the fresh line goes; text of others is escaped, so none can imitate it."""


@dataclass(frozen=True)
class Page:
    """A rendered page without its fresh line; packed as raw DEFLATE (RFC 1951) on first use."""

    before: bytes
    after: bytes
    tag: str

    @classmethod
    def of(cls, html: str, tag: str) -> Page:
        """Return the page of an HTML text that has `_FRESH` in it."""
        before, _, after = (part.encode() for part in html.partition(_FRESH))
        return cls(before, after, tag)

    @cached_property
    def packed(self) -> tuple[bytes, bytes]:
        """The page before and after the fresh line, packed."""
        return _deflated(self.before), _deflated(self.after, last=True)

    def at(self, checked_at: str, log_size: int | None, status_age_s: int | None, *, packed: bool = False) -> bytes:
        """Return the whole page, as HTML or packed by gzip, with time of check, size of log and age of status."""
        line = fresh_line(words(self.tag), checked_at, log_size, status_age_s).encode()
        plain = b"".join((self.before, line, self.after))
        if not packed:
            return plain
        end = _GZIP_END.pack(zlib.crc32(plain), len(plain))
        before, after = self.packed
        return b"".join((_GZIP_HEAD, before, _deflated(line), after, end))


_GZIP_HEAD: Final = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
"""RFC 1952, 2.3: DEFLATE, no time, no name, unknown system."""
_GZIP_END: Final = Struct("<II")


def _deflated(part: bytes, *, last: bool = False) -> bytes:
    """Return a part as raw DEFLATE blocks that can stand beside others: byte-aligned, without looking back."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(part) + packer.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


def fresh_line(said: Language, checked_at: str, log_size: int | None, status_age_s: int | None) -> str:
    """Return when it was checked, against how large a log, and how old the status is."""
    log = (
        said("no log seen")
        if log_size is None
        else said("log of {size} entries").format(size=said.amount(str(log_size)))
    )
    age = (
        said("status unknown") if status_age_s is None else said("status {age} old").format(age=said.age(status_age_s))
    )
    return " · ".join((said("Checked {time}").format(time=said.instant(checked_at)), log, age))
