"""A file that a form of the desk brought, with the form's other fields."""

from __future__ import annotations

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from api.app_state import AppState
from api.desk.access import CSRF, Visit, check_csrf, check_origin
from api.request_body import form_with_file
from schemas.problem import InputError


async def posted_file(
    request: Request, visit: Visit, server: AppState, *, most: int, fields: int = 0
) -> tuple[bytes, dict[str, str]]:
    """Return the file of a form that one of our pages sent, at most `most` bytes, and its other fields.

    Raises:
        AccessError: as `api.desk.access.posted`; InputError: `desk.no-file`, `api.body-size`; StateError: `api.busy`.
    """
    check_origin(request)
    try:
        async with form_with_file(request, server.room, most=most, fields=fields + 1) as form:
            check_csrf(form.get(CSRF), visit.csrf)
            file = form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else b""
            others = {name: value for name, value in form.items() if isinstance(value, str) and name != CSRF}
    except MultiPartException as error:
        raise InputError.at("desk.no-file", "file") from error
    if not content:
        raise InputError.at("desk.no-file", "file")
    return content, others
