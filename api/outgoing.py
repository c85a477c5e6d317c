"""An answer that is written whole before its first byte leaves: a slow reader holds no thread and no database.

Rules: what is missing or wrong is found before the answer begins; its length is told, so that a reader knows whether it
has all of it.
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.lanes import Lane
from api.room import Room, Spooled

CHUNK_BYTES: Final = 64 * 1024


class SpooledResponse(Response):
    """The bytes of a file, which is closed when they were sent, or their reader is gone."""

    def __init__(self, spooled: Spooled, *, media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(None, 200, {**headers, "content-length": str(spooled.size)}, media_type)
        self._spooled = spooled

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as fast as its reader takes it."""
        del scope, receive
        with self._spooled:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            file = self._spooled.file
            file.seek(0)
            while chunk := await run_in_threadpool(file.read, CHUNK_BYTES):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body"})


async def spooled(lane: Lane, room: Room, lines: Callable[[], Iterable[bytes]]) -> Spooled:
    """Return the lines that `lines` gives, all of them written in one thread of a lane.

    Raises:
        StateError: `api.busy`; what `lines` raises.
    """
    found = Spooled(room)

    def write() -> None:
        for line in lines():
            found.write(line)

    try:
        await lane(write)
    except BaseException:
        found.close()
        raise
    return found
