"""`oreprint schema`: the JSON Schema of every document that Oreprint reads or writes.

Rules: made from the models themselves (JSON Schema 2020-12), with the description of each member (`schemas.described`);
what a schema can't say (one spelling, sums, a thing used once) is in ``docs/formats.md`` and is checked all the same.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer

from cli.terminal import facts, tell
from schemas.problem import InputError

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class Published(NamedTuple):
    """A document: where its model is, and what it is."""

    module: str
    model: str
    meaning: str


DOCUMENTS: Final[dict[str, Published]] = {
    "production-record": Published(
        "schemas.record", "ProductionRecord", "The production record that a producer writes about a run."
    ),
    "instrument": Published("schemas.record", "InstrumentRecord", "A scheme's statement, to enter before use."),
    "recipe": Published("schemas.recipe", "Recipe", "The typical run of a product, and the rule of each amount."),
    "recipe-facts": Published("schemas.recipe", "Facts", "What a person types about one run of a recipe."),
    "parties": Published("schemas.parties", "Parties", "The parties and their plants."),
    "shipments": Published("schemas.parties", "Shipments", "The shipments between runs."),
    "certificate": Published(
        "schemas.certificate", "CertificateRecord", "The record in a certificate, member oreprint."
    ),
    "run": Published("schemas.run", "Run", "How a batch was made: the value of the run disclosure."),
    "input": Published("schemas.run", "Input", "A certified input: a disclosure in a run."),
    "source": Published("schemas.run", "Source", "Where an input came from: the disclosure in an input."),
    "inventory-group": Published(
        "schemas.inventory", "InventoryGroup", "One of the seven groups of lines: disclosures in a run."
    ),
    "output": Published("schemas.run", "Output", "The details for an output's buyers: a disclosure in a run."),
    "detail": Published(
        "schemas.certificate", "Detail", "A further confidential detail: a disclosure in a certificate."
    ),
    "holder": Published("schemas.holding", "Holder", "The owner of a holding: the value in a holding's text."),
    "split": Published("schemas.split", "Split", "One holding used, 2 to 64 created."),
    "statement": Published(
        "schemas.statement", "Statement", "Move, undo, withdraw, suspend, lift: the payload of each."
    ),
    "attestation": Published("schemas.attestation", "Attestation", "The record in an attestation, member oreprint."),
    "audit": Published("schemas.audit", "AuditRecord", "The record of an auditor: the payload of its JWS."),
    "upstream": Published(
        "schemas.upstream",
        "UpstreamRecord",
        "The word of a registry about ended lots upstream: the payload of its JWS.",
    ),
    "trust": Published("schemas.trust", "TrustList", "The trust list: the text of the signed note."),
    "trust-file": Published("schemas.trust", "TrustFile", "The trust list as a file to pin."),
    "status": Published("schemas.status", "StatusCredential", "A status list: the payload of its credential."),
    "bundle-line": Published("schemas.bundle", "BundleLine", "One line of a bundle."),
    "report": Published("schemas.report", "Report", "The result of a verification."),
    "chain": Published("schemas.chain", "ChainGraph", "The chain behind a certificate, as trace --json prints it."),
}
"""Every published document by the name that `oreprint schema` knows."""


def command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The document. Without it, list their names.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document. A schema always is one.")] = False,
) -> None:
    """Print the JSON Schema of a document, or the names of all documents.

    Example: oreprint schema production-record
    """
    if name is not None:
        tell([schema_text(name)])
    elif as_json:
        tell([json.dumps({each: document.meaning for each, document in DOCUMENTS.items()})])
    else:
        tell(facts(((each, document.meaning) for each, document in DOCUMENTS.items()), indent=""))


def schema_text(name: str) -> str:
    """Return the JSON Schema of a document; raise InputError `schema.unknown`."""
    from pydantic import TypeAdapter

    from schemas.described import DescribedSchema

    published = DOCUMENTS.get(name)
    if published is None:
        raise InputError.at("schema.unknown", name=name)
    model: Any = getattr(import_module(published.module), published.model)
    schema = {"$schema": DIALECT, "title": name, "description": published.meaning}
    made = TypeAdapter(model).json_schema(schema_generator=DescribedSchema)
    return json.dumps({**schema, **{key: value for key, value in made.items() if key != "title"}}, indent=2)
