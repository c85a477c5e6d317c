"""A folder as an object store; the file system gives each version its entity tag.

This module opens no socket.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore

from ledger.remote.bucket import TaggedObject, UnusableError, first_line


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder, by its client."""

    client: LocalStore

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the folder at a path; create it if there is none; raise OSError."""
        return cls(LocalStore(path, mkdir=True))

    def get(self, path: str) -> TaggedObject | None:
        """Return an object, or None if there is none; raise UnusableError."""
        try:
            result = obstore.get(self.client, path)
            return TaggedObject(bytes(result.bytes()), result.meta["e_tag"] or "")
        except FileNotFoundError:
            return None
        except (BaseError, OSError) as error:
            raise UnusableError(first_line(error)) from error

    def put(self, path: str, content: bytes, *, new: bool = False, instead_of: str | None = None) -> str | None:
        """Put an object as `Bucket.put` does; a folder cannot tell versions apart, so `instead_of` is refused.

        Raises:
            FileNotFoundError: there is no such folder.
            UnusableError: the folder cannot be used.
        """
        if instead_of is not None:
            raise UnusableError("a folder has no conditional writes")
        try:
            return obstore.put(self.client, path, content, mode="create" if new else "overwrite")["e_tag"] or ""
        except AlreadyExistsError:
            return None
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise UnusableError(first_line(error)) from error
