"""The JSON-LD contexts of signed documents, and the one that every registry serves at ``/ns/v1``.

Rules:

1. Oreprint fetches no context, neither to sign nor to verify: only the signed bytes count.  Contexts are for readers of
   linked data.
2. The registry's context comes last and adds only terms that VCDM 2.0 and UNTP 0.7.0 do not define.  Both protect their
   terms, and a processor refuses a document whose context redefines one (JSON-LD 1.1, 4.1.11).  VCDM 2.0 defines
   ``_sd_alg``.
3. Its terms mean the same in every registry's context.
"""

from __future__ import annotations

from typing import Final

CREDENTIALS_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
UNTP_CONTEXT: Final = "https://vocabulary.uncefact.org/untp/0.7.0/context/"
REGISTRY_CONTEXT: Final = b"""{"@context":{
"@version":1.1,
"@protected":true,
"oreprint":{"@id":"urn:oreprint:v1:record","@type":"@json"},
"CarbonFootprintClaim":"urn:oreprint:v1:CarbonFootprintClaim"
}}
"""
"""The file that a registry serves; its terms are the exact record, as JSON, and the type of a claim."""


def registry_context(registry: str) -> str:
    """Return the address of a registry's context."""
    return f"https://{registry}/ns/v1"
