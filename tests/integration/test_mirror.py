"""What a registry publishes, in a folder and in a bucket of a real S3 server: complete, never rewritten, the
checkpoint last.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import obstore
import pytest

from ledger.admin.rollover import close_log
from ledger.changes.withdraw import withdraw
from ledger.log.head import open_head
from ledger.log.tile import Tile
from ledger.remote.objects import ObjectStore
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.logs import last_heads, latest_head, tile_content
from ledger.transfers.mirror import mirror
from schemas.problem import OreprintError, StateError
from tests.support.registries.lived_in import PASSPHRASE, SEPARATION, Life, a_life, copied
from tests.support.registries.postings import busy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.http.seaweed import Options


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


@pytest.fixture(params=["folder", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    if request.param == "folder":
        return ObjectStore.at(str(tmp_path / "public"))
    return ObjectStore.at(f"s3://registry/{tmp_path.name}", request.getfixturevalue("s3"))


def withdrawn(life: Life) -> None:
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="wrong assay", status=life.status)


def paths(place: ObjectStore) -> set[str]:
    return {item["path"] for page in obstore.list(place.store.client) for item in page}


def test_all_that_is_public_is_there_and_again_is_nothing_new(life: Life, place: ObjectStore) -> None:
    done = mirror(life.registry, place)
    assert done.before == 0 < done.size
    with reading(life.registry.engine) as connection:
        head = latest_head(connection)
        for path in paths(place):
            if path.startswith("tile/"):
                assert place.read(path) == tile_content(connection, Tile.parse(path), head)
    assert place.read("checkpoint") == head.note.encode()
    for digest in life.digests.values():
        text = (place.read(f"v1/certificates/{digest}") or b"").decode()
        opened = open_certificate(text)
        assert (opened.digest, opened.run) == (digest, None)
    assert "trust.json" in paths(place)
    again = mirror(life.registry, place)
    assert (again.before, again.new) == (done.size, 0)


def test_what_grows_goes_on_from_there(life: Life, place: ObjectStore) -> None:
    first = mirror(life.registry, place)
    withdrawn(life)
    second = mirror(life.registry, place)
    assert second.before == first.size < second.size
    assert second.new > 0
    assert {"status/revocation-0", "status/suspension-0", "status/refresh-0"} <= paths(place)
    head = open_head((place.read("checkpoint") or b"").decode(), life.registry.log)
    assert head.size == second.size


class Cut:
    """A store that is away after so many objects."""

    def __init__(self, place: ObjectStore, left: int) -> None:
        self.place = place
        self.left = left
        self.name = place.name

    def read(self, path: str) -> bytes | None:
        return self.place.read(path)

    def put_new(self, path: str, content: bytes) -> bool:
        self._count()
        return self.place.put_new(path, content)

    def replace(self, path: str, content: bytes) -> None:
        self._count()
        self.place.replace(path, content)

    def _count(self) -> None:
        if self.left == 0:
            raise StateError.at("publish.away", where=self.name, reason="cut off")
        self.left -= 1


def test_wherever_it_is_cut_off_the_checkpoint_speaks_of_what_is_there(life: Life, tmp_path: Path) -> None:
    whole = mirror(life.registry, ObjectStore.at(str(tmp_path / "whole")))
    objects = len(paths(ObjectStore.at(str(tmp_path / "whole"))))
    for left in range(0, objects, 3):
        place = ObjectStore.at(str(tmp_path / f"cut-{left}"))
        with pytest.raises(StateError, match="cut off"):
            mirror(life.registry, Cut(place, left))  # type: ignore[arg-type]
        assert place.read("checkpoint") is None
        assert mirror(life.registry, place).size == whole.size
        assert paths(place) == paths(ObjectStore.at(str(tmp_path / "whole")))


def code(act: Callable[[], object]) -> str:
    with pytest.raises(OreprintError) as refused:
        act()
    assert "<" not in str(refused.value)
    return refused.value.code


def test_another_log_is_never_mixed_in(life: Life, place: ObjectStore) -> None:
    mirror(life.registry, place)
    tile = next(path for path in sorted(paths(place)) if path.startswith("tile/"))
    other = ObjectStore.at(place.name, None) if "://" not in place.name else place
    other.replace(tile, b"of another log")
    obstore.delete(place.store.client, "checkpoint")
    assert code(partial(mirror, life.registry, place)) == "publish.differs"
    assert place.read("checkpoint") is None


def test_a_copy_of_an_earlier_day_puts_nothing(life: Life, made: Life, place: ObjectStore) -> None:
    withdrawn(life)
    mirror(life.registry, place)
    before = paths(place)
    assert code(partial(mirror, made.registry, place)) == "publish.ahead"
    assert paths(place) == before


def test_a_place_that_is_none_or_is_away_is_told(life: Life, s3: Options) -> None:
    assert code(partial(ObjectStore.at, "gopher://x/y")) == "publish.place"
    away = {**s3, "aws_endpoint_url": "http://127.0.0.1:1", "retry_config": {"max_retries": 0}}
    assert code(partial(mirror, life.registry, ObjectStore.at("s3://registry/x", away))) == "publish.away"
    nobody = {**s3, "aws_secret_access_key": "wrong", "retry_config": {"max_retries": 0}}
    with pytest.raises(StateError, match="it answers 403: SignatureDoesNotMatch") as refused:
        mirror(life.registry, ObjectStore.at("s3://registry/x", nobody))
    assert refused.value.code == "publish.away"


def test_a_closed_log_stays_where_it_is_and_the_next_lies_beside_it(life: Life, place: ObjectStore) -> None:
    mirror(life.registry, place)
    before = {path: place.read(path) for path in paths(place) if path.startswith(("tile/", "published/"))}
    close_log(life.home, life.registry, 1, passphrase=PASSPHRASE)
    withdrawn(life)
    done = mirror(life.registry, place)
    assert {path: place.read(path) for path in before} == before
    with reading(life.registry.engine) as connection:
        closed, head = last_heads(connection)
        for path in paths(place):
            within = path.removeprefix("log/2/")
            if within.startswith("tile/"):
                of = closed if within == path else head
                assert place.read(path) == tile_content(connection, Tile.parse(within), of)
    assert (place.read("checkpoint"), place.read("log/2/checkpoint")) == (closed.note.encode(), head.note.encode())
    assert (done.before, done.size) == (0, head.size)
    assert mirror(life.registry, place).new == 0
    assert {path for path in paths(place) if path.startswith("log/2/published/")} >= {"log/2/published/0"}


def test_a_registry_publishes_while_another_process_signs(life: Life, tmp_path: Path) -> None:
    """What is signed meanwhile comes the next time; it does not look as if the database had lost it."""
    place = ObjectStore.at(str(tmp_path / "public"))
    size = mirror(busy(life.registry), place).size
    again = mirror(life.registry, place)
    assert (again.before, again.size) == (size, size + 1)
