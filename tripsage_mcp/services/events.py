"""Telling listeners what happened to an account's things, in order and without gaps."""

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.event import AccountEvent
from tripsage_mcp.errors import InvalidRequestError, StorageError
from tripsage_mcp.infrastructure.bus import Bus, Listening
from tripsage_mcp.repositories.ports import Storage

# Several processes on one embedded database have no bus between them: they look this often.
LOOK_EVERY_S = 15.0
_AT_A_TIME = 100
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Position:
    """Where a listener stands.

    Attributes:
        event_id: The last event it knows.
        missed: Whether there were events after the one it knew that are no longer kept.
    """

    event_id: int
    missed: bool = False


@dataclass(frozen=True, slots=True)
class EventService:
    """Reads events, and wakes those who wait for them."""

    storage: Storage
    bus: Bus
    look_every_s: float = LOOK_EVERY_S

    async def announce(self, account: Account) -> None:
        """Wake the account's listeners: there is an event, and it is committed."""
        await self.bus.publish(_topic(account), "")

    async def end(self) -> None:
        """End everybody who follows: the server stops."""
        await self.bus.close()

    async def begin(self, account: Account, after: str | None = None) -> Position:
        """Return where to begin: after the event of this number, else after the last one.

        Raises:
            InvalidRequestError: `after` is no number of an event.
            StorageError: the database is out of reach.
        """
        if after is not None and not _NUMBER.fullmatch(after):
            raise InvalidRequestError("after", "must be the id of an event, or 0", example='"0"')
        async with self.storage.begin(account) as unit:
            latest = await unit.events.latest()
            if after is None:
                return Position(latest)
            known = int(after)
            if known > latest:
                # Of a database that is no more: whatever it said is of no use to go on from.
                return Position(latest, missed=True)
            kept = await unit.events.after(known, 1)
        first = kept[0].event_id if kept else latest + 1
        return Position(first - 1, missed=first > known + 1)

    async def follow(
        self, account: Account, begin: Position
    ) -> AsyncGenerator[tuple[AccountEvent, ...]]:
        """Yield the events that follow, in order, as they happen; ends when the bus closes.

        Yields nothing but an empty tuple when there was none for a while, so that the caller can
        show that it is still there. A database that is out of reach is waited for.
        """
        known = begin.event_id
        # Before the first look: what happens in between is then heard.
        with self.bus.subscribe(_topic(account)) as wakes:
            while True:
                events = await self._after(account, known)
                if events:
                    known = events[-1].event_id
                yield events
                if len(events) < _AT_A_TIME and not await self._woken(wakes):
                    return

    async def _after(self, account: Account, known: int) -> tuple[AccountEvent, ...]:
        try:
            async with self.storage.begin(account) as unit:
                return await unit.events.after(known, _AT_A_TIME)
        except StorageError:
            return ()

    async def _woken(self, wakes: Listening) -> bool:
        """Wait for a wake-up or for as long as one may be missed; False when the bus closed."""
        try:
            async with asyncio.timeout(self.look_every_s):
                await anext(wakes)
        except TimeoutError:
            return True
        except StopAsyncIteration:
            return False
        return True


def _topic(account: Account) -> str:
    return f"events:{account.account_id}"
