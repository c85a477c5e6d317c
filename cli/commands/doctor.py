"""`oreprint doctor`: says whether this installation is sound, and whether the registry in the home may sign.

It changes nothing. Its only socket is to a database on a server.
"""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cli import __version__
from cli.files import read_trust
from cli.names import NAMES, foreign_owners
from cli.parts import DatabaseOption, HeadStoreOption, HomeOption, home_of, passphrase_as_it_is, runtime, tables_of
from cli.progress import counted
from cli.terminal import plural
from schemas.problem import Problem, StateError
from schemas.sentences import CAUSES

if TYPE_CHECKING:
    from ledger.registry.folder import Home


def command(
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check this installation and whether the registry in the home can sign. Say how to repair each fault.

    Example: oreprint doctor --home build/demo
    """
    problems = foreign_owners()
    if problems:
        raise StateError(*problems)
    place = home_of(home, database_url, head_store)
    place.check_closed()
    registry = _registry(place)
    if as_json:
        known = {"oreprint": __version__, "python": platform.python_version(), "names": list(NAMES)}
        print(json.dumps(known | ({"registry": registry._asdict()} if registry else {})))
        return
    print(f"oreprint {__version__} on Python {platform.python_version()}")
    print(f"No other package uses Oreprint's top-level names: {', '.join(NAMES)}.")
    if registry:
        signs = "can sign" if registry.opened else "can sign with its passphrase, which is not here: no key was opened"
        print(f"The registry {registry.id} {signs}. Its log has {plural(registry.size, 'entry', 'entries')}.")
        print(f"Its trust list is valid until {registry.trust_expires}. `oreprint init` renews it in its last 90 days.")
        if registry.keys_of_list == 1:
            print(CAUSES["one-key"])
        if registry.requests:
            print(f"{plural(registry.requests, 'request waits', 'requests wait')} for you: oreprint requests list")


class _Registry(NamedTuple):
    """A registry that can sign: its entries, its trust list, and requests that wait for the operator.

    `trust_expires` is when that list ends; `keys_of_list` is how many keys may sign it.
    """

    id: str
    size: int
    trust_expires: str | None
    keys_of_list: int
    requests: int
    opened: bool
    """Whether the passphrase was at hand, and every key opened."""


def _registry(place: Home) -> _Registry | None:
    """Return the registry of a home, or None if there is none.

    Raises:
        StateError: all that keeps it from signing; `home.emptied`, `store.*`.
        OreprintError: a key or a trust list that can't be read.
    """
    from ledger.admin.init import check_keys, check_list_key, open_book
    from ledger.audit.everything import audit
    from ledger.desk.operator_requests import waiting_for_operator
    from ledger.registry.health import summary
    from ledger.registry.pinned import check_pinned
    from ledger.registry.readiness import obstacles
    from ledger.registry.vault_keys import vault_problems
    from schemas.instant import instant_text

    if not place.made:
        nothing = place.no_registry()
        if nothing.code == "home.emptied":
            raise nothing
        return None
    place.check_made()
    passphrase = _passphrase(place)
    check_keys(place, open_book(place, runtime(), passphrase=None))
    read_trust(place.trust)
    registry = open_book(place, runtime(), passphrase=passphrase)
    faults = audit(place, tables=tables_of(place.path), progress=counted("entries")).faults
    damage = [Problem.at("audit.doctor", each.place, sentence=each.sentence) for each in faults[:1]]
    if problems := [*obstacles(registry), *vault_problems(place, registry), *damage]:
        raise StateError(*problems)
    check_list_key(place, registry.did, passphrase=passphrase)
    check_pinned(registry)
    entries, expires_ms, keys = summary(registry)
    expires = None if expires_ms is None else instant_text(expires_ms)
    return _Registry(registry.did, entries, expires, keys, waiting_for_operator(registry), passphrase is not None)


def _passphrase(place: Home) -> bytes | None:
    """Return the passphrase of the keys, or None where it isn't known here."""
    try:
        return passphrase_as_it_is(place)[0]
    except StateError as error:
        if error.code != "home.locked":
            raise
        return None
