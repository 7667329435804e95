"""Trips, people who share them, and what is in them, for tests."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import Trip, TripChange, TripRole
from tripsage_mcp.domain.trip_item import TripItem
from tripsage_mcp.domain.trip_sharing import Invitation, Joined, new_token, token_hash
from tripsage_mcp.repositories.ports import Storage, UnitOfWork

NOW = datetime(2027, 1, 4, 9, 30, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EUR_12_50 = Money(Decimal("12.50"), "EUR")


def trip(**changes: Any) -> Trip:
    usual: dict[str, Any] = {
        "trip_id": uuid4(),
        "version": 1,
        "title": "Rome in May",
        "destination": "Rome, Italy",
        "start_date": date(2027, 5, 10),
        "end_date": date(2027, 5, 14),
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Trip(**usual | changes)


def item(title: str = "Colosseum", **changes: Any) -> TripItem:
    usual: dict[str, Any] = {
        "item_id": uuid4(),
        "kind": "visit",
        "title": title,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return TripItem(**usual | changes)


def invitation(role: TripRole = "editor", **changes: Any) -> Invitation:
    # The store's own clock decides whether it is still open.
    now = datetime.now(UTC)
    usual: dict[str, Any] = {
        "invitation_id": uuid4(),
        "role": role,
        "created_at": now,
        "expires_at": now + timedelta(days=7),
    }
    return Invitation(**usual | changes)


async def keep(storage: Storage, owner: Account, *trips: Trip) -> None:
    async with storage.begin(owner) as unit:
        for each in trips:
            await unit.trips.add(each)


async def change(unit: UnitOfWork, trip_id: UUID, at: datetime = LATER) -> TripChange:
    begun = await unit.trips.begin_change(trip_id, at)
    assert begun is not None
    return begun


async def invited(
    storage: Storage, by: Account, trip_id: UUID, asked: Invitation | None = None
) -> str:
    """Invite, and return the token."""
    token = new_token()
    async with storage.begin(by) as unit:
        assert await unit.shares.invite(trip_id, asked or invitation(), token_hash(token))
    return token


async def accepted(storage: Storage, who: Account, token: str, name: str = "Inês") -> Joined | None:
    async with storage.begin(who) as unit:
        return await unit.shares.accept(token_hash(token), name)


async def joined(
    storage: Storage, owner: Account, trip_id: UUID, role: TripRole, name: str = "Inês"
) -> Account:
    """Return a new account that takes part."""
    who = Account(uuid4())
    token = await invited(storage, owner, trip_id, invitation(role))
    assert await accepted(storage, who, token, name) is not None
    return who
