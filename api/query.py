"""The query of an address: the parameters that a route takes, each once.

Rules:

1. A parameter that a route does not take is refused, never passed over: whoever writes `dryrun` for `dry_run` must not
   issue for good.
2. A parameter that is given twice is refused, unless the route takes a list: nobody can say which value was meant.
3. No value holds a control character: no parameter has one, and not every database takes them.
4. Pages and GS1 Digital Links pass over what they do not take. People reach them by a link or a symbol, messengers and
   scanners add parameters of their own (`utm_source`, `fbclid`), and a Digital Link may carry data attributes and
   extension parameters in its query (GS1 Digital Link Standard: URI Syntax). None of it changes what is shown.

Routes of the class `api.fast_route.Direct` follow rules 1 to 3; pages and the resolver are not of that class. What this
module does not do: it judges no value; the route's own fields do.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

from schemas.problem import InputError, Sentence

_CONTROL: Final = re.compile("[\x00-\x1f\x7f]")
QUERY_CODES: Final = frozenset({"api.unknown-parameter", "api.repeated-parameter"})
"""The refusals of a query: the address is wrong, not the page that it leads to."""


def check_query(request: Request, taken: Collection[str], repeated: Collection[str] = ()) -> None:
    """Check that a query holds only the parameters `taken`, each once unless it may be `repeated`, or raise.

    Raises:
        InputError: `api.unknown-parameter`, `api.repeated-parameter`, `api.parameter`.
    """
    given = request.query_params.multi_items()
    names = [name for name, _ in given]
    for name, value in given:
        if name not in taken:
            raise InputError.at("api.unknown-parameter", name=name, known=Sentence(", ".join(sorted(taken)) or "none"))
        if names.count(name) > 1 and name not in repeated:
            raise InputError.at("api.repeated-parameter", name=name, times=names.count(name))
        if _CONTROL.search(value):
            raise InputError.at("api.parameter", name, name=name, reason=Sentence("It holds a control character."))


def query_text(request: Request) -> str:
    """Return a query in one spelling: its parameters by name; empty where there are none."""
    return urlencode(sorted(request.query_params.multi_items()))
