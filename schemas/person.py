"""The roles of people and the scopes of whoever acts: what a person or a token may do."""

from __future__ import annotations

from typing import Final, Literal, get_args

Role = Literal["clerk", "engineer", "quality", "goods-in", "sales", "admin", "auditor"]
"""What somebody does at a producer's. A person may have several roles, and then may do what any of them may."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)
Scope = Literal["read", "issue", "move", "withdraw", "audit", "admin", "accept", "share", "recipe", "approve"]
"""What may be done for a party. `withdraw` is for withdrawing, undoing and correcting."""
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
