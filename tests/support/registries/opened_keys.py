"""A key that was decrypted is kept for the whole test process.

Every registry that a test opens decrypts its six keys, which takes a third of the opening; most are copies of a few
registries. The same text and passphrase give the same key, and a wrong passphrase is refused each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from ledger.seal import signer

KEYS: Final = 1024


def share_opened_keys() -> None:
    """Let this process decrypt each stored key once, from now on."""
    signer.load_pem_private_key = lru_cache(KEYS)(signer.load_pem_private_key)  # type: ignore[assignment,attr-defined]
