"""What every store of the last signed head promises: in a file, and as an object of a real S3 server."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.audit.faults import Faults
from ledger.audit.log import check_log
from ledger.log.head import open_head, sign_head
from ledger.log.merkle import EMPTY_ROOT
from ledger.log.vkey import VerifierKey
from ledger.registry import append as append_module
from ledger.registry.folder import Home
from ledger.registry.head_store import FileHeadStore, ObjectHeadStore, kept_head
from ledger.registry.readiness import check_head
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from schemas.problem import InputError, StateError
from tests.support.http.processes import free_port
from tests.support.registries.postings import log as log_numbers
from tests.support.registries.registry import Registry, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.registry.registry import HeadStore
    from ledger.remote.bucket import TaggedObject
    from tests.support.http.seaweed import Options

SIGNER = SoftwareSigner.from_raw("did:key:log#log", sha256(b"log").digest())
LOG = VerifierKey("registry.example/log", SIGNER.public)


def note(size: int, root: bytes = bytes(32)) -> str:
    return sign_head(LOG, size=size, root=root if size else EMPTY_ROOT, sign=SIGNER.sign)


def size(heads: HeadStore) -> int:
    return open_head(heads.read(), LOG).size


@pytest.fixture(params=["file", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], HeadStore]:
    """Return what opens the store as another process does."""
    if request.param == "file":
        return lambda: FileHeadStore(tmp_path / "head", LOG)
    options: Options = request.getfixturevalue("s3")
    return lambda: ObjectHeadStore.at(f"s3://registry/heads/{tmp_path.name}", LOG, options)


def code(call: Callable[[], object]) -> str:
    with pytest.raises(StateError) as refused:
        call()
    return refused.value.code


def test_a_head_is_begun_once_and_again_with_the_same_bytes(opened: Callable[[], HeadStore]) -> None:
    heads = opened()
    assert code(heads.read) == "home.head-missing"
    assert kept_head(heads) is None
    assert code(lambda: heads.advance(note(0), note(1))) == "home.head-missing"
    heads.begin(note(0))
    opened().begin(note(0))
    assert code(lambda: opened().begin(note(5))) == "home.behind-head"
    assert heads.read() == note(0)
    heads.check_room()


def test_a_head_moves_only_forward_whoever_writes(opened: Callable[[], HeadStore]) -> None:
    first, second = opened(), opened()
    first.begin(note(0))
    assert size(second) == 0
    first.advance(note(0), note(3))
    second.advance(note(0), note(2))  # it comes late, with an older head
    assert (size(first), size(second), size(opened())) == (3, 3, 3)
    assert code(lambda: second.advance(note(0), note(4))) == "home.behind-head"
    assert code(lambda: first.advance(note(0), note(3, b"1" * 32))) == "home.behind-head"
    first.advance(note(0), note(3))  # what it put before, and got no answer
    second.advance(note(3), note(4))
    first.advance(note(4), note(5))
    assert size(opened()) == 5


def test_of_many_writers_at_once_the_largest_head_stays(opened: Callable[[], HeadStore]) -> None:
    opened().begin(note(0))

    def write(size_: int) -> str:
        try:
            opened().advance(note(0), note(size_))
        except StateError as error:
            return error.code
        return "kept"

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(write, range(1, 25)))
    swapped = size(opened())
    assert set(told) <= {"kept", "home.behind-head"}
    assert all(said == ("kept" if number <= swapped else "home.behind-head") for number, said in enumerate(told, 1))


def test_a_store_that_is_away_is_told_and_a_folder_is_none() -> None:
    away = {
        "aws_endpoint_url": f"http://127.0.0.1:{free_port()}",
        "aws_access_key_id": "k",
        "aws_secret_access_key": "s",
    }
    away |= {"client_options": {"allow_http": True}, "retry_config": {"max_retries": 0}}  # type: ignore[dict-item]
    heads = ObjectHeadStore.at("s3://registry/heads", LOG, away)
    for call in (heads.read, heads.check_room, lambda: heads.begin(note(0)), lambda: heads.advance(note(0), note(1))):
        assert code(call) == "home.unwritable"
    with pytest.raises(InputError) as refused:
        Home(path=None, bucket="/srv/head").heads(LOG)  # type: ignore[arg-type]
    assert refused.value.code == "home.bucket"


# -- a registry whose head lies in a bucket ------------------------------------------------------------------------


@pytest.fixture
def registry(tmp_path: Path, s3: Options) -> Registry:
    made = open_registry(tmp_path / "home")
    address = f"s3://registry/heads/{tmp_path.name}"
    heads = ObjectHeadStore.at(address, made.opened.log, s3)
    heads.begin(made.opened.heads.read())
    made.home.head.unlink()
    made.opened = replace(made.opened, heads=heads)
    log_numbers(made, range(5))
    return made


def clone(registry: Registry, folder: Path) -> Registry:
    """Return a copy of the whole home, which asks the same bucket."""
    shutil.copytree(registry.home.path, folder)
    home = Home(folder)
    return replace(registry, home=home, opened=replace(registry.opened, engine=home.engine()))


def test_a_clone_asks_the_same_bucket_and_signs_nothing_over_its_original(registry: Registry, tmp_path: Path) -> None:
    copy = clone(registry, tmp_path / "clone")
    log_numbers(registry, range(5, 7))
    assert code(lambda: log_numbers(copy, range(7, 9))) == "home.behind-head"
    log_numbers(registry, range(7, 9))
    with reading(registry.opened.engine) as connection:
        assert check_head(registry.opened, connection).size == size(registry.opened.heads) == 9


def test_of_a_registry_and_its_clone_that_sign_at_once_one_is_acknowledged(registry: Registry, tmp_path: Path) -> None:
    copy = clone(registry, tmp_path / "clone")
    known = registry.opened.heads.read()
    log_numbers(registry, range(5, 6))
    # the clone looked before the original moved the head: only the swap tells it
    copy.opened = replace(copy.opened, heads=_Stale(copy.opened.heads, known))
    assert code(lambda: log_numbers(copy, range(8, 9))) == "home.behind-head"
    assert size(registry.opened.heads) == 6


class _Stale:
    """A store whose reader has read before; its writer is the real one."""

    def __init__(self, under: HeadStore, known: str) -> None:
        self.read = lambda: known
        self.begin, self.advance, self.check_room = under.begin, under.advance, under.check_room
        self.where = under.where


def test_a_crash_after_the_commit_is_mended_from_the_bucket(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(append_module, "keep_head", lambda *_: None)
        log_numbers(registry, range(5, 7))
    assert size(registry.opened.heads) == 5
    log_numbers(registry, range(7, 8))
    assert size(registry.opened.heads) == 8


def test_a_put_whose_answer_was_lost_is_no_other_history(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    heads = registry.opened.heads
    assert isinstance(heads, ObjectHeadStore)
    swap = type(heads.place).swap

    def lost(place: object, path: str, tag: str, content: bytes) -> TaggedObject | None:
        swap(place, path, tag, content)  # type: ignore[arg-type]
        return None  # as a client sees it that tries again: what it knew is not there any more

    with monkeypatch.context() as patched:
        patched.setattr(type(heads.place), "swap", lost)
        log_numbers(registry, range(5, 7))
    log_numbers(registry, range(7, 9))
    assert size(heads) == 9


def test_an_audit_reads_the_head_from_the_bucket(registry: Registry) -> None:
    faults = Faults()
    with reading(registry.opened.engine) as connection:
        check_log(connection, registry.opened.log, faults, signed=kept_head(registry.opened.heads))
        assert faults.found == []
        check_log(connection, registry.opened.log, faults, signed=note(9))
    assert len(faults.found) == 1
