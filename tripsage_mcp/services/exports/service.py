"""Trips and plans as files: calendar, map data, text, page, print."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.itinerary import Itinerary
from tripsage_mcp.domain.place import Place
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    ProviderError,
    TripSageError,
)
from tripsage_mcp.exports.catalog import NAMES, ExportFormat, write
from tripsage_mcp.exports.journey import Exported, Journey
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import PlaceProvider
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.arguments import identifier
from tripsage_mcp.services.exports.journeys import Gathered, plan_journey, trip_journey
from tripsage_mcp.services.exports.links import ExportLink, seal, unseal
from tripsage_mcp.services.itineraries.arguments import AirportLookup
from tripsage_mcp.services.itineraries.drafts import Draft, read, readable, zone_named

_CONCURRENT = 8
_MOST_EARLIER = 10
_LINK_LASTS = timedelta(minutes=30)
_UNREADABLE = "The saved itinerary could not be read; it is not in this file."
_NO_PLACES = "Where some of the places are could not be found out; they are not on the map."

type DraftReader = Callable[[JSONObject], Draft]
"""Reads an itinerary as it was answered; a ValueError or one of our errors when it is none."""


class Shelf(Protocol):
    """A folder of this machine's user."""

    async def put(self, name: str, content: bytes) -> str:
        """Store a file over one of the same name; return its path.

        Raises:
            StorageError: the folder cannot be written.
        """
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file, and where it can be had: exactly one of `path` and `url` is there.

    Attributes:
        path: On the machine of whoever asked.
        expires_at: When the URL ends.
    """

    exported: Exported
    wanted: ExportFormat
    path: str | None = None
    url: str | None = None
    expires_at: datetime | None = None


@dataclass(slots=True)
class _Found:
    """Where places are, and who says so."""

    places: dict[str, Place] = field(default_factory=dict[str, Place])
    provenance: list[Provenance] = field(default_factory=list[Provenance])
    missing: bool = False


@dataclass(frozen=True, slots=True)
class ExportService:
    """Makes files of trips and plans.

    Attributes:
        read_itinerary: Of what a trip keeps.
        shelf: Where files go when nobody serves HTTP.
        address: Returns where HTTP is served; None when it is not.
        secret: Signs links.
    """

    storage: Storage
    places: PlaceProvider
    airports: AirportLookup
    read_itinerary: DraftReader
    shelf: Shelf
    address: Callable[[], str | None]
    secret: bytes
    now: Clock = utc_now

    async def trip(self, account: Account, trip_id: str, wanted: str) -> Exported:
        """Return a trip as a file.

        Raises:
            InvalidRequestError: the id or the format is not valid.
            NotFoundError: the account sees no such trip.
            StorageError: the database is out of reach.
        """
        kind = format_named(wanted)
        key = identifier(trip_id, "trip_id", of="save_trip or get_trips")
        async with self.storage.begin(account) as unit:
            whole = await unit.trips.whole(key)
            if whole is None or whole.trip.deleted_at is not None:
                raise NotFoundError("There is no such trip", hint="get_trips gives the ids.")
            earlier: list[JSONObject] = []
            # Only a calendar has to say what is off.
            for version in whole.itineraries[:_MOST_EARLIER] if kind == "ics" else ():
                kept = await unit.trip_parts.itinerary(key, version.number)
                if kept is not None and kept != whole.trip.itinerary:
                    earlier.append(kept)
        return await self.export(whole, kind, earlier=earlier)

    async def export(
        self,
        what: WholeTrip | Itinerary,
        wanted: ExportFormat,
        *,
        earlier: Iterable[JSONObject] = (),
    ) -> Exported:
        """Return a trip or a plan as a file.

        Args:
            what: Either.
            wanted: As what.
            earlier: Itineraries of earlier versions of the trip, the newest first.
        """
        if isinstance(what, Itinerary):
            journey = plan_journey(what, self.now())
        else:
            journey = await self._journey(what, earlier)
        # A PDF takes long enough for other calls to notice.
        return await asyncio.to_thread(write, journey, wanted)

    async def deliver(self, account: Account, trip_id: str, wanted: str) -> Delivered:
        """Return a trip as a file, and put it where whoever asked can have it.

        Raises:
            InvalidRequestError: the id or the format is not valid.
            NotFoundError: the account sees no such trip.
            StorageError: the database or the folder for files is out of reach.
        """
        kind = format_named(wanted, "export")
        exported = await self.trip(account, trip_id, kind)
        key = UUID(trip_id.strip())
        base = self.address()
        if base is None:
            path = await self.shelf.put(f"{key.hex[-8:]}-{exported.name}", exported.content)
            return Delivered(exported, kind, path=path)
        expires_at = self.now().replace(microsecond=0) + _LINK_LASTS
        word = seal(self.secret, ExportLink(account, key, kind, expires_at))
        return Delivered(exported, kind, url=f"{base}/exports/{word}", expires_at=expires_at)

    async def linked(self, word: str) -> Exported:
        """Return the file that a link leads to, as the trip is now.

        Raises:
            NotFoundError: the link is none of ours or has expired, or the trip is gone.
            StorageError: the database is out of reach.
        """
        link = unseal(self.secret, word)
        if link is None or link.expires_at <= self.now():
            raise NotFoundError("There is no such file", hint="Ask for the export again.")
        return await self.trip(link.account, str(link.trip_id), link.wanted)

    async def _journey(self, whole: WholeTrip, earlier: Iterable[JSONObject]) -> Journey:
        gaps: list[str] = []
        draft = self._draft(whole.trip.itinerary)
        if draft is None and whole.trip.itinerary is not None:
            gaps.append(_UNREADABLE)
        ids = [item.place_id for item in whole.items if item.coordinates is None]
        if draft is not None:
            ids += [item.place_id for day in draft.days for item in day.items]
        found = await self._found(dict.fromkeys(key for key in ids if key))
        if found.missing:
            gaps.append(_NO_PLACES)
        itinerary = None if draft is None else self._read(draft, whole, found.places)
        if draft is not None and itinerary is None:
            gaps.append(_UNREADABLE)
        # Beside a plan that cannot be read nobody knows what an earlier one has lost.
        older = (self._draft(kept) for kept in earlier if _UNREADABLE not in gaps)
        plans = (self._read(kept, whole, {}) for kept in older if kept is not None)
        gathered = Gathered(
            itinerary=itinerary,
            earlier=tuple(plan for plan in plans if plan is not None),
            places={key: place.coordinates for key, place in found.places.items()},
            provenance=tuple(found.provenance),
            gaps=tuple(gaps),
        )
        return trip_journey(whole, gathered, self.airports)

    def _draft(self, kept: JSONObject | None) -> Draft | None:
        """Return a saved itinerary; None when it is none that can be read."""
        if not kept:
            return None
        try:
            draft = self.read_itinerary(kept)
            readable(draft, self.airports)
        except (ValueError, TripSageError):
            return None
        return draft

    def _read(self, draft: Draft, whole: WholeTrip, places: dict[str, Place]) -> Itinerary | None:
        """Return what a draft means; None when nothing says its time zone."""
        named = [draft.time_zone, *(stop.zone for stop in whole.destinations)]
        named += [place.time_zone for place in places.values()]
        name = next((zone for zone in named if zone is not None), None)
        try:
            zone: ZoneInfo | None = None if name is None else zone_named(name)
            return None if zone is None else _unjudged(read(draft, zone, places, self.airports))
        except (ValueError, TripSageError):
            return None

    async def _found(self, ids: Iterable[str]) -> _Found:
        """Ask where places are; a file without one of them is better than none."""
        found = _Found()

        async def fetch(place_id: str) -> None:
            try:
                details = await self.places.get(place_id, brief=True)
            except (NotFoundError, ProviderError):
                found.missing = True
            else:
                found.places[place_id] = details.place
                found.provenance.append(details.provenance)

        await in_parallel([lambda key=key: fetch(key) for key in ids], at_most=_CONCURRENT)
        return found


def _unjudged(plan: Itinerary) -> Itinerary:
    """Return a plan of which nobody says that opening hours are not known: they were not asked."""
    days = (
        replace(day, items=tuple(replace(item, hours_unverified=False) for item in day.items))
        for day in plan.days
    )
    return replace(plan, days=tuple(days))


def format_named(name: str, argument: str = "format") -> ExportFormat:
    """Return the format of a name, which was given as `argument`.

    Raises:
        InvalidRequestError: there is none.
    """
    for known in NAMES:
        if known == name.strip().lower():
            return known
    raise InvalidRequestError(argument, f"must be one of {', '.join(NAMES)}", example='"ics"')
