"""A store of published files: a folder, or a bucket of any S3-compatible store.

Rules: an immutable object is written only if there is none; an existing one must be the same.  A mutable object is
replaced as a whole.  The address and the environment (``AWS_ACCESS_KEY_ID`` and so on) name the store and its keys; the
store's own client reads them.

This module knows no log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.remote.bucket import Bucket, TaggedObject, UnusableError
from ledger.remote.client import ANSWER_SECONDS
from ledger.remote.folder import Folder
from schemas.problem import InputError, MissingError, StateError

MOST_OBJECT_BYTES: Final = 32 * 1024 * 1024
"""The largest published object: an entry bundle, 256 entries of at most 65,535 bytes, and their lengths."""


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A folder or bucket; `name` is the user's name for it."""

    name: str
    store: Folder | Bucket

    @classmethod
    def at(
        cls, name: str, options: Mapping[str, object] | None = None, *, seconds: int = ANSWER_SECONDS
    ) -> ObjectStore:
        """Return the store at a path or an address such as ``s3://bucket/prefix``.

        `options` are those of the store's client.

        A request to a bucket takes at most `seconds`, repetitions included.

        Raises:
            InputError: `publish.place`, `file.unwritable`.
        """
        try:
            if "://" not in name:
                return cls(name, Folder.at(Path(name).absolute()))
            return cls(name, Bucket.at(name, options or {}, seconds=seconds, most=MOST_OBJECT_BYTES))
        except OSError as error:
            raise InputError.at("file.unwritable", name, reason=str(error).partition("\n")[0]) from error
        except UnusableError as error:
            raise InputError.at("publish.place", value=name, reason=str(error)) from error

    @classmethod
    def to_read(cls, name: str, *, seconds: int = ANSWER_SECONDS) -> ObjectStore:
        """Return the store as `at` does, but do not create a folder; raise MissingError `publish.no-folder`."""
        if "://" not in name and not Path(name).is_dir():
            raise MissingError.at("publish.no-folder", name)
        return cls.at(name, seconds=seconds)

    def read(self, path: str) -> bytes | None:
        """Return an object, or None if there is none; raise StateError `publish.away`."""
        tagged = self.read_tagged(path)
        return None if tagged is None else tagged.content

    def read_tagged(self, path: str) -> TaggedObject | None:
        """Return an object with its entity tag, or None if there is none; raise StateError `publish.away`."""
        try:
            return self.store.get(path)
        except UnusableError as error:
            raise self._away(error) from error

    def put_new(self, path: str, content: bytes) -> bool:
        """Put an immutable object; return whether it is new.

        Raises:
            StateError: `publish.differs` if another one exists; `publish.no-bucket`; `publish.away`.
        """
        if self._put(path, content, new=True) is not None:
            return True
        if self.read(path) != content:
            raise StateError.at("publish.differs", path, where=self.name)
        return False

    def replace(self, path: str, content: bytes) -> None:
        """Replace an object; raise StateError `publish.away`, `publish.no-bucket`."""
        self._put(path, content)

    def swap(self, path: str, tag: str, content: bytes) -> TaggedObject | None:
        """Replace the object with that entity tag; return None if it has changed; raise StateError `publish.away`."""
        try:
            put = self.store.put(path, content, instead_of=tag)
        except FileNotFoundError:
            return None
        except UnusableError as error:
            raise self._away(error) from error
        return None if put is None else TaggedObject(content, put)

    def _put(self, path: str, content: bytes, *, new: bool = False) -> str | None:
        """Put an object and return its tag, or None if it should be `new` and exists already."""
        try:
            return self.store.put(path, content, new=new)
        except FileNotFoundError as error:
            raise StateError.at("publish.no-bucket", where=self.name) from error
        except UnusableError as error:
            raise self._away(error) from error

    def _away(self, error: UnusableError) -> StateError:
        return StateError.at("publish.away", where=self.name, reason=str(error))
