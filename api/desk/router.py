"""The router of a screen: what every route of the desk has in common."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.desk.access import at_desk


def desk_router() -> APIRouter:
    """Return a router whose routes are held to the rules of the desk and left out of the API's document."""
    return APIRouter(include_in_schema=False, dependencies=[Depends(at_desk)])
