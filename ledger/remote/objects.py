"""A place for files that others read: a folder, or any store that speaks S3.

Rules: an object that never changes is put only where there is none, and what is there must be the same; one that changes is replaced
as a whole.  Where it is and with which keys is in the address and in the environment that the store's own client reads
(``AWS_ACCESS_KEY_ID`` and so on).

What this module does not do: it knows no log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import LocalStore, from_url

from schemas.problem import InputError, MissingError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from obstore.store import ObjectStore

RETRY_SECONDS: Final = 30
"""How long one request is tried again before the store counts as away."""


class Tagged(NamedTuple):
    """An object's content, and the entity tag by which the store knows this version of it."""

    content: bytes
    tag: str


@dataclass(frozen=True, slots=True)
class Place:
    """A folder or bucket; `name` is how people called it."""

    name: str
    store: ObjectStore

    @classmethod
    def at(cls, name: str, options: Mapping[str, object] | None = None) -> Place:
        """Return the place at a path or an address such as ``s3://bucket/prefix``; `options` are of the store's client.

        Raises:
            InputError: `publish.place`, `file.unwritable`.

        """
        if "://" not in name:
            try:
                return cls(name, LocalStore(Path(name).absolute(), mkdir=True))
            except OSError as error:
                raise InputError.at("file.unwritable", name, reason=_first_line(error)) from error
        retried: dict[str, object] = {"retry_config": {"retry_timeout": timedelta(seconds=RETRY_SECONDS)}}
        try:
            return cls(name, from_url(name, **(retried | dict(options or {}))))  # type: ignore[call-overload]
        except (BaseError, ValueError) as error:
            raise InputError.at("publish.place", value=name, reason=_first_line(error)) from error

    @classmethod
    def to_read(cls, name: str) -> Place:
        """Return the place as `at` does, but make no folder where there is none; raise MissingError `publish.no-folder`."""
        if "://" not in name and not Path(name).is_dir():
            raise MissingError.at("publish.no-folder", name)
        return cls.at(name)

    def read(self, path: str) -> bytes | None:
        """Return an object, or None where there is none; raise StateError `publish.away`."""
        try:
            return bytes(obstore.get(self.store, path).bytes())
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._away(error) from error

    def put_new(self, path: str, content: bytes) -> bool:
        """Put an object that never changes; return whether it was not there yet.

        Raises:
            StateError: `publish.differs`, when another one is there; `publish.no-bucket`; `publish.away`.

        """
        try:
            obstore.put(self.store, path, content, mode="create")
        except AlreadyExistsError as error:
            if self.read(path) != content:
                raise StateError.at("publish.differs", path, where=self.name) from error
            return False
        except FileNotFoundError as error:
            raise self._missing() from error
        except (BaseError, OSError) as error:
            raise self._away(error) from error
        return True

    def replace(self, path: str, content: bytes) -> None:
        """Put an object in place of the one that is there; raise StateError `publish.away`, `publish.no-bucket`."""
        try:
            obstore.put(self.store, path, content)
        except FileNotFoundError as error:
            raise self._missing() from error
        except (BaseError, OSError) as error:
            raise self._away(error) from error

    def read_tagged(self, path: str) -> Tagged | None:
        """Return an object with its entity tag, or None where there is none; raise StateError `publish.away`."""
        try:
            found = obstore.get(self.store, path)
            return Tagged(bytes(found.bytes()), found.meta["e_tag"] or "")
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise self._away(error) from error

    def swap(self, path: str, tag: str, content: bytes) -> Tagged | None:
        """Put an object in place of the one with that entity tag; return None where it isn't there any more; raise StateError `publish.away`."""
        try:
            put = obstore.put(self.store, path, content, mode={"e_tag": tag})
        except (PreconditionError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise self._away(error) from error
        return Tagged(content, put["e_tag"] or "")

    def _missing(self) -> StateError:
        """Return what is wrong where nothing can be put because what would hold it is not there."""
        return StateError.at("publish.no-bucket", where=self.name)

    def _away(self, error: Exception) -> StateError:
        return StateError.at("publish.away", where=self.name, reason=_first_line(error))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].strip() or type(error).__name__
