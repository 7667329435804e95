"""Who takes part in a trip, who is invited to, and who did what."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from tripsage_mcp.domain.trip import JSONObject, TripRole

type TripAction = Literal[
    "created",
    "changed",
    "items_changed",
    "itinerary_changed",
    "lists_changed",
    "budget_changed",
    "deleted",
    "restored",
    "invited",
    "invitation_revoked",
    "joined",
    "left",
    "member_removed",
    "role_changed",
]

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class TripMember:
    """Somebody who takes part; nothing of them is known to the others but this.

    Attributes:
        owns: Whether it is their trip; of exactly one member, who stays that for good.
        me: Whether it is the account that asks.
    """

    member_id: UUID
    role: TripRole
    display_name: str
    joined_at: datetime
    owns: bool = False
    me: bool = False


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation to take part, for whoever has its token.

    Attributes:
        email: For whom it was meant; None for a link.
        most_uses: By how many it can be accepted.
        uses: By how many it was.
        invited_by: Their name; empty before it is stored.
    """

    invitation_id: UUID
    role: TripRole
    created_at: datetime
    expires_at: datetime
    email: str | None = None
    most_uses: int = 1
    uses: int = 0
    revoked_at: datetime | None = None
    invited_by: str = ""

    def open_at(self, moment: datetime) -> bool:
        """Tell whether it could be accepted then."""
        return self.revoked_at is None and self.uses < self.most_uses and moment < self.expires_at


@dataclass(frozen=True, slots=True)
class Joined:
    """What accepting an invitation came to.

    Attributes:
        role: The role there is now: never a lesser one than before.
        already: Whether the account took part before, with that role or a greater one; the
            invitation was then not used up.
        told: The accounts that have a new event.
    """

    trip_id: UUID
    member_id: UUID
    role: TripRole
    already: bool
    told: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class TripActivity:
    """One entry of a trip's log, which is only ever added to.

    Attributes:
        who: The name that whoever did it had then.
        version: The version the trip had after it.
        created_at: UTC.
        data: A few details, e.g. how many items.
    """

    activity_id: UUID
    action: TripAction
    who: str
    version: int
    created_at: datetime
    data: JSONObject = field(default_factory=dict[str, object])


def new_token() -> str:
    """Return what an invitation's link carries: 256 random bits, URL-safe. It is never stored."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """Return the SHA-256 of a token, by which an invitation is found.

    No salt and no stretching: there is nothing to guess in 256 random bits.
    """
    return hashlib.sha256(token.encode()).digest()
