"""Status lists published from the bits in the log: each has its own and no others, and where nothing changed little
is read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import status_signer
from ledger.log.entry import PurposeCode, StatusBit
from ledger.registry.lists import publish_status
from ledger.store import schema
from ledger.store.engine import reading, writing
from ledger.store.reading import latest_published
from ledger.store.writing import insert_all
from ledger.trust.status import CODE_OF_PURPOSE, open_status_list
from schemas.status import LIST_BITS
from schemas.vocabulary import PURPOSES
from tests.support.http.loaded_server import counted
from tests.support.http.server import PASSPHRASE, Served, serve
from tests.support.registries.postings import posting
from tests.support.registries.registry import log_each

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LISTS = 4
MANY = 20_000


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    """A registry with several status lists."""
    made = serve(tmp_path, database)
    with writing(made.registry.engine) as connection:
        insert_all(connection, [(schema.STATUS_LISTS, (number, LIST_BITS // 2)) for number in range(LISTS)])
        connection.commit()
    return made


def log(served: Served, name: str, bits: Sequence[StatusBit]) -> None:
    logged = log_each(served.registry, (replace(posting(name), bits=tuple(bits)),))
    assert logged.refused == (None,)


def published(served: Served) -> int:
    signer = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    return publish_status(served.registry, signer=signer)


def set_in(served: Served) -> dict[str, set[int]]:
    """Return the places that are set in each list as it is published."""
    signer = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    found = {}
    with reading(served.registry.engine) as connection:
        for name in (f"{purpose}/{number}" for purpose in PURPOSES for number in range(LISTS)):
            known = latest_published(connection, "status", name)
            assert known is not None, name
            opened = open_status_list(known.text, keys=((signer.kid, signer.public),))
            assert len(opened.bits) * 8 == LIST_BITS
            filled = (8 * each.start() for each in re.finditer(rb"[^\0]", opened.bits, re.DOTALL))
            found[name] = {place for first in filled for place in range(first, first + 8) if opened.bit(place)}
    return {name: places for name, places in found.items() if places}


def test_each_list_has_its_own_bits_and_only_those_that_changed_are_published(served: Served) -> None:
    assert published(served) == LISTS * len(PURPOSES)
    revoked, suspended = PurposeCode.REVOCATION, PurposeCode.SUSPENSION
    log(served, "first", [StatusBit(1, 7, revoked, 1), StatusBit(1, 9, suspended, 1), StatusBit(3, 7, suspended, 1)])
    assert published(served) == 3
    assert set_in(served) == {"revocation/1": {7}, "suspension/1": {9}, "suspension/3": {7}}
    log(served, "lifted", [StatusBit(1, 9, suspended, 0)])
    assert published(served) == 1
    assert set_in(served) == {"revocation/1": {7}, "suspension/3": {7}}
    log(served, "suspended", [StatusBit(3, 8, suspended, 1)])
    log(served, "and lifted", [StatusBit(3, 8, suspended, 0)])
    assert published(served) == 0, "the list says what it said before"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_where_nothing_changed_bits_are_not_read_again(served: Served) -> None:
    published(served)
    with counted(served.registry) as steps:
        assert published(served) == 0
    few = steps["hundreds"]
    chosen = Random(1)  # noqa: S311 - a test repeats
    codes = list(CODE_OF_PURPOSE.values())
    for first in range(0, MANY, 100):
        bits = {(chosen.randrange(LISTS), chosen.randrange(LIST_BITS), chosen.choice(codes)) for _ in range(100)}
        log(served, f"many {first}", [StatusBit(*each, 1) for each in bits])
    assert published(served) == LISTS * len(PURPOSES)
    with counted(served.registry) as steps:
        assert published(served) == 0
    assert steps["hundreds"] <= 2 * few
