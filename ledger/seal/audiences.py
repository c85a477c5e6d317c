"""What leaves the plant: every member of the documents, and who sees it.

Rules:

1. The members are those of the JSON Schemas, with their descriptions.  Who sees a part of a certificate is asked of
   `ledger.seal.presentation`, which cuts the copies, so this table can't say anything else.
2. A paper is made of the copy for customers, unless who takes it says otherwise, and has that copy attached.
3. Everybody sees what verifiers need: signed clear parts, lists, heads.  `WHOLE` says it for each other document.  A
   document in no copy is its producer's alone; who runs the registry can read it, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from pydantic import TypeAdapter

from ledger.seal.presentation import PAPER_AUDIENCE, places_for
from schemas.attestation import Attestation
from schemas.audit import AuditRecord
from schemas.certificate import CertificateRecord, Detail
from schemas.described import DescribedSchema
from schemas.holding import Holder
from schemas.inventory import Credits, Direct, Electricity, Fuels, Materials, Transport, Waste
from schemas.parties import Parties, Shipments
from schemas.recipe import Facts, Recipe
from schemas.record import InstrumentRecord, ProductionRecord
from schemas.run import Input, Output, Run, Source
from schemas.split import Split
from schemas.statement import Move, StatusChange, Undo
from schemas.status import StatusCredential
from schemas.trust import TrustList
from schemas.upstream import UpstreamRecord
from schemas.vocabulary import GROUPS, Audience

Reader: TypeAlias = "Audience | Literal['paper']"
READERS: Final[tuple[Reader, ...]] = ("public", "paper", "customer", "partner", "auditor")
"""The columns of the table; what stands in none of them is the producer's alone."""
READER_MEANINGS: Final[Mapping[Reader, str]] = {
    "public": "everybody: the page, the API without a token, the log, published files.",
    "paper": "who has a paper. It is made of the customer's copy, unless who takes it says otherwise.",
    "customer": "who receives goods, or has a private link for customers.",
    "partner": "a customer who also sees the suppliers.",
    "auditor": "who is shown everything of a certificate.",
}
_GROUP_MODELS: Final = (Materials, Fuels, Electricity, Direct, Transport, Waste, Credits)
_PARTS: Final[Mapping[str, tuple[type, str]]] = {
    "certificate": (CertificateRecord, ""),
    "run": (Run, "run"),
    "input": (Input, "run/inputs/0"),
    "source": (Source, "run/inputs/0/source"),
    **{
        f"inventory {group}": (model, f"run/inventory/{group}")
        for group, model in zip(GROUPS, _GROUP_MODELS, strict=True)
    },
    "output": (Output, "run/outputs/0"),
    "other output": (Output, "run/outputs/1"),
    "detail": (Detail, "details/0"),
}
"""Each part of a certificate: its model, and a place where one stands; of two outputs the first is the batch's own."""
_WAY: Final[tuple[Reader, ...]] = ("customer", "partner", "auditor")
"""Who receives goods, and so sees the way that they came, and who sees the sources of inputs."""
WHOLE: Final[Mapping[str, tuple[Any, tuple[Reader, ...]]]] = {
    "trust": (TrustList, READERS),
    "status": (StatusCredential, READERS),
    "status change": (StatusChange, READERS),
    "undo": (Undo, READERS),
    "attestation": (Attestation, READERS),
    "audit": (AuditRecord, READERS),
    "upstream": (UpstreamRecord, READERS),
    "split": (Split, _WAY),
    "move": (Move, _WAY),
    "holder": (Holder, _WAY),
    "production record": (ProductionRecord, ()),
    "instrument": (InstrumentRecord, ()),
    "recipe": (Recipe, ()),
    "recipe facts": (Facts, ()),
    "parties": (Parties, ()),
    "shipments": (Shipments, ()),
}
"""Each document that is shown whole or not at all."""


class Member(NamedTuple):
    """A member of a document, by its names from the outside in, what it is, and who sees it."""

    document: str
    name: str
    meaning: str
    readers: tuple[Reader, ...]


@cache
def members() -> tuple[Member, ...]:
    """Return every member of every document, in the order of the schemas."""
    places = [place for _, place in _PARTS.values() if place]
    seen = {reader: places_for(_audience(reader), places, output=0) for reader in READERS}
    found: list[Member] = []
    for document, (model, place) in _PARTS.items():
        found += _of(document, model, tuple(each for each in READERS if not place or place in seen[each]))
    for document, (model, readers) in WHOLE.items():
        found += _of(document, model, readers)
    return tuple(found)


def _audience(reader: Reader) -> Audience:
    return PAPER_AUDIENCE if reader == "paper" else reader


def tables() -> Iterator[tuple[str, list[Member]]]:
    """Yield each document with its members."""
    for document, found in groupby(members(), key=lambda each: each.document):
        yield document, [*found]


def _of(document: str, model: Any, readers: tuple[Reader, ...]) -> Iterator[Member]:  # noqa: ANN401 - a class or a union
    schema = TypeAdapter(model).json_schema(schema_generator=DescribedSchema)
    for name, meaning in dict(_walk(schema, schema.get("$defs", {}), "")).items():
        yield Member(document, name, meaning, readers)


def _walk(schema: dict[str, Any], parts: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
    """Yield name and description of each member below a schema, through references, lists and alternatives."""
    if "$ref" in schema:
        schema = parts[schema["$ref"].removeprefix("#/$defs/")]
    for variant in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _walk(variant, parts, before)
    if isinstance(items := schema.get("items"), dict):
        yield from _walk(items, parts, before)
    for name, member in schema.get("properties", {}).items():
        yield f"{before}{name}", member.get("description", "")
        yield from _walk(member, parts, f"{before}{name}.")
