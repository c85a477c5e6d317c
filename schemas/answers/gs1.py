"""Answers of the GS1 Digital Link resolver: its own description, and all links of a path.

Source: GS1-Conformant resolver standard 1.2 (description file), RFC 9264 (link sets) with GS1's schema for them.
"""

from __future__ import annotations

from pydantic import ConfigDict, Field

from schemas.answers import StandardAnswer


class Link(StandardAnswer):
    """A link of a link set."""

    href: str
    """Address that the link leads to."""
    title: str
    """Title of the link, in English."""
    type: str | None = None
    """Media type of what is there. Left out for the default link."""
    fwqs: bool | None = None
    """Whether the resolver forwards the query string to the target (GS1 `fwqs`). Left out for the default link."""
    hreflang: tuple[str, ...] | None = None
    """Languages of what is there (ISO 639-1). Left out if it does not depend on the language."""


class LinkContext(StandardAnswer):
    """The links of one level of a path: `anchor`, what it is, and lists of links under the addresses of their types."""

    model_config = ConfigDict(extra="allow")

    __pydantic_extra__: dict[str, tuple[Link, ...]]

    anchor: str
    """Address of the level."""
    item_description: str = Field(alias="itemDescription")
    """Name of the level, in words, such as item or place."""


class LinkSet(StandardAnswer):
    """All links of a path and of the levels above it, the most exact level first."""

    linkset: tuple[LinkContext, ...]
    """Links of each level."""


class LinkTypeNamespace(StandardAnswer):
    """A vocabulary of link types."""

    namespace: str
    """Address with which the names of its types begin."""
    prefix: str
    """Prefix that stands for the address."""


class LinkTypeDescription(StandardAnswer):
    """A type of link that is in use."""

    title: str
    """Title of links of the type."""
    description: str
    """Meaning of the link type, in words."""
    url: str
    """Address of the type in its vocabulary."""


class ResolverContact(StandardAnswer):
    """Who runs the resolver."""

    name: str = Field(alias="fn")
    """Name, as a vCard writes it (RFC 6350)."""


class ResolverDescription(StandardAnswer):
    """What the resolver can do."""

    name: str
    """Name of the resolver."""
    resolver_root: str = Field(alias="resolverRoot")
    """Address with which its links begin."""
    supported_link_type: tuple[LinkTypeNamespace, ...] = Field(alias="supportedLinkType")
    """Vocabularies of its link types."""
    supported_primary_keys: tuple[str, ...] = Field(alias="supportedPrimaryKeys")
    """Application Identifiers with which a path may begin."""
    default_can_be_linkset: bool = Field(alias="linkTypeDefaultCanBeLinkset")
    """Whether the default answer can be a link set."""
    default_can_be_all: bool = Field(alias="linkTypeDefaultCanBeAll")
    """Whether the default answer can be all links."""
    json_ld_context_location: str = Field(alias="jsonLdContextLocation")
    """Address of the JSON-LD context of its link sets."""
    supports_language_variants: bool = Field(alias="supportsLanguageVariants")
    """Whether the resolver picks links by the language of the request."""
    supports_semantic_interpretation: bool = Field(alias="supportsSemanticInterpretation")
    """Whether the resolver gives links a meaning in RDF (semantic interpretation)."""
    validates_ai_combinations: bool = Field(alias="validatesAIcombinations")
    """Whether the resolver refuses combinations of Application Identifiers that GS1 does not allow."""
    contact: ResolverContact
    """Operator of the resolver."""
    active_link_types: dict[str, dict[str, LinkTypeDescription]] = Field(alias="activeLinkTypes")
    """Link types in use, by language and by name."""
