"""A file that a form of the desk brought, with the form's other fields."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from api.app_state import AppState
from api.desk.access import CSRF, Visit, check_csrf, check_origin
from api.request_body import spooled
from schemas.problem import InputError

_PIECE_BYTES: Final = 64 * 1024


async def posted_file(
    request: Request, visit: Visit, server: AppState, *, most: int, fields: int = 0
) -> tuple[bytes, dict[str, str]]:
    """Return the file of a form that one of our pages sent, at most `most` bytes, and its other fields.

    Raises:
        AccessError: as `api.desk.access.posted`; InputError: `desk.no-file`, `api.body-size`; StateError: `api.busy`.

    """
    check_origin(request)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise InputError.at("desk.no-file", "file")
    async with spooled(request, server.room, most=most) as body:

        async def pieces() -> AsyncGenerator[bytes, None]:
            while piece := body.read(_PIECE_BYTES):
                yield piece

        try:
            form = await MultiPartParser(request.headers, pieces(), max_files=1, max_fields=fields + 1).parse()
        except MultiPartException as error:
            raise InputError.at("desk.no-file", "file") from error
        try:
            check_csrf(form.get(CSRF), visit.csrf)
            file = form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else b""
            if not content:
                raise InputError.at("desk.no-file", "file")
            return content, {name: value for name, value in form.items() if isinstance(value, str) and name != CSRF}
        finally:
            await form.close()
