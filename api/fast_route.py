"""Routes whose arguments are put together at once, without asking again at every request what the function takes.

Rules: what a route declares is what is done: path, query and header parameters are judged by the very fields that
FastAPI made of them, and who asks by the very dependencies of `api.access`; so OpenAPI and the walk over all routes see
what is served. A route that takes anything else, or returns no `Response`, is left to FastAPI. A query holds what the
route declares and nothing else (`api.query`).
"""

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)
from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final, get_origin, get_type_hints

from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access import caller, is_scoped
from api.app_state import app_state_of
from api.query import check_query

_ABSENT: Final = object()


class FastRoute(APIRoute):
    """A route of FastAPI that resolves its few kinds of arguments by itself: a third of what a kept report costs."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request."""
        taken = frozenset(field.alias for field in self.dependant.query_params)
        repeated = _lists(self.dependant)
        answer = self._handler()

        async def handle(request: Request) -> Response:
            if request.scope["query_string"]:
                check_query(request, taken, repeated)
            return await answer(request)

        return handle

    def _handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of a request whose query is right."""
        declared, endpoint = self.dependant, self.endpoint
        if not _simple(declared) or get_type_hints(endpoint).get("return") is not Response:
            return super().get_route_handler()
        if not iscoroutinefunction(endpoint):
            endpoint = partial(run_in_threadpool, endpoint)
        asked = declared.request_param_name

        async def handle(request: Request) -> Response:
            arguments: dict[str, Any] = {} if asked is None else {asked: request}
            for each in declared.dependencies:  # first, so that a stranger learns nothing else
                if each.name is not None:
                    arguments[each.name] = await _resolved(each.call, request)
            answer: Response = await endpoint(**arguments, **_parameters(declared, request))
            return answer

        return handle


def _simple(declared: Dependant) -> bool:
    """Return whether all that a route takes is known here."""
    known = all(each.call in {app_state_of, caller} or is_scoped(each.call) for each in declared.dependencies)
    others = (declared.cookie_params, declared.body_params)
    return known and not any(others) and declared.response_param_name is None


async def _resolved(dependency: Any, request: Request) -> object:  # noqa: ANN401 - one of three functions
    server = await app_state_of(request)
    if dependency is app_state_of:
        return server
    found = await caller(request, server)
    return found if dependency is caller else await dependency(request, server, found)


def _lists(declared: Dependant) -> frozenset[str]:
    """Return the parameters of the query that may be repeated."""
    return frozenset(each.alias for each in declared.query_params if get_origin(each.field_info.annotation) is list)


def _parameters(declared: Dependant, request: Request) -> dict[str, Any]:
    """Return the parameters of path, query and headers; raise RequestValidationError as FastAPI does."""
    arguments: dict[str, Any] = {}
    lists = _lists(declared)
    for where, given, fields in (
        ("path", request.path_params, declared.path_params),
        ("query", request.query_params, declared.query_params),
        ("header", request.headers, declared.header_params),
    ):
        for field in fields:
            value = given.get(field.alias, _ABSENT)
            if value is not _ABSENT and field.alias in lists:
                value = request.query_params.getlist(field.alias)
            if value is _ABSENT:
                if field.field_info.is_required():
                    raise RequestValidationError([{"loc": (where, field.alias), "type": "missing"}])
                arguments[field.name] = field.get_default()
                continue
            arguments[field.name], wrong = field.validate(value, {}, loc=(where, field.alias))
            if wrong:
                raise RequestValidationError(wrong)
    return arguments
