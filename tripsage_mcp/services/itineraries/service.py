"""Day-by-day plans: built from what is there, checked with fresh eyes, and revised."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.account import Account
from tripsage_mcp.domain.itinerary import Itinerary
from tripsage_mcp.domain.trip import SELF, JSONObject
from tripsage_mcp.domain.trip_item import ItineraryOrigin
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, TripSageError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.providers.ports import (
    ExchangeRates,
    GeocodingProvider,
    PlaceProvider,
    WeatherProvider,
)
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.itineraries.arguments import AirportLookup
from tripsage_mcp.services.itineraries.building import STEPS, Building
from tripsage_mcp.services.itineraries.changes import Change
from tripsage_mcp.services.itineraries.drafts import Draft, readable
from tripsage_mcp.services.itineraries.facts import Asked, judge, modes_of, understand
from tripsage_mcp.services.itineraries.memory import Remembered, disliking, remembered
from tripsage_mcp.services.itineraries.names import with_place_ids
from tripsage_mcp.services.itineraries.request import BuildRequest, Detail, accept
from tripsage_mcp.services.itineraries.results import Built, Checked, Revised, Saved
from tripsage_mcp.services.itineraries.revising import Revising
from tripsage_mcp.services.itineraries.search import Destination, resolve
from tripsage_mcp.services.itineraries.solving import Progress, Solver, silent
from tripsage_mcp.services.itineraries.travel import Ways
from tripsage_mcp.services.itineraries.trips import Filled, filled
from tripsage_mcp.services.memories.requests import RecallRequest
from tripsage_mcp.services.memories.service import MemoryService
from tripsage_mcp.services.trips.service import TripService

_JET_LAG_HOURS = 5


@dataclass(frozen=True, slots=True)
class Notation:
    """How itineraries are written down.

    Attributes:
        write: Returns what `read` reads.
        read: Raises `InvalidRequestError` for what is no itinerary.
    """

    write: Callable[[Itinerary], JSONObject]
    read: Callable[[Mapping[str, object]], Draft]


@dataclass(frozen=True, slots=True)
class Library:
    """What is known of the account's trips and of the traveller; all of it may be missing."""

    trips: TripService | None = None
    memories: MemoryService | None = None
    notation: Notation | None = None


@dataclass(frozen=True, slots=True)
class ReviseRequest:
    """An itinerary to check or to change.

    Attributes:
        draft: None for that of the trip.
        travellers: How many pay; None for as many as the trip's plan was made for.
        changes: In the order they are made; none only checks.
        save: Store the result as the trip's next version.
    """

    draft: Draft | None = None
    trip_id: str | None = None
    changes: Sequence[Change] = ()
    effort: float = 1.0
    save: bool = False
    detail: Detail = "concise"
    travellers: int | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a trip holds when its plan is read.

    Attributes:
        version: The trip's: what is made of this plan is stored if nobody was faster.
    """

    itinerary: JSONObject | None
    version: int

    @property
    def travellers(self) -> int:
        """How many pay for it."""
        told = (self.itinerary or {}).get("travellers")
        return told if isinstance(told, int) and told > 0 else 1


@dataclass(frozen=True, slots=True)
class ItineraryService:
    """Builds, checks and revises itineraries.

    Attributes:
        airports: IATA code to facts; None for an unknown code.
        rates: For costs in other currencies than the budget's; None where nobody quotes any.
        budget_s: Seconds the search may take on a machine that is too slow for its rounds.
        iterations: Rounds of the search at an effort of one, interpreted; about a second's.
        seed: Same seed, same rounds, same plan.
    """

    places: PlaceProvider
    geocoding: GeocodingProvider
    weather: WeatherProvider
    airports: AirportLookup
    now: Clock = utc_now
    rates: ExchangeRates | None = None
    library: Library = Library()
    budget_s: float = 6.0
    iterations: int = 400
    seed: int = 0

    async def build(
        self, request: BuildRequest, progress: Progress = silent, *, who: Account | None = None
    ) -> Built:
        """Plan a trip day by day, and check the plan independently.

        Args:
            request: What is wanted.
            progress: Told how far it is.
            who: Whose trips and memory count; None for nobody's.

        Raises:
            InvalidRequestError: an argument breaks a rule.
            NotFoundError: no town or region has the destination's name, or there is no such trip.
            ProviderError: geocoding or every search for places failed.
            ConflictError: somebody changed the trip meanwhile, so the plan is not saved.
            StorageError: the database is out of reach.
        """
        trip, kept = await self._from_trip(request, who)
        memory = await self._from_memory(trip.request, who)
        accepted = accept(memory.request, self.airports, self.now())
        await progress(0, STEPS, "finding the destination")
        at = await resolve(self.geocoding, accepted.destination, accepted.place)
        far = await self._is_far_from_home(memory.home, at, accepted.dates[0])
        building = Building(
            replace(accepted, easy_first_day=far),
            at,
            self._ask(),
            self._solver(),
            self.now,
            disliking(memory.dislikes),
            trip.from_trip,
        )
        built = await building.run(progress)
        built = replace(built, remembered=memory.applied, from_trip=trip.said)
        if not request.save:
            return built
        return replace(
            built, saved=await self._saved(who, request.trip_id, kept, built.itinerary, "built")
        )

    async def check(self, draft: Draft) -> Checked:
        """Check any itinerary, against hours and travel times fetched anew.

        Places written by name alone are looked up near the destination.

        Raises:
            InvalidRequestError: the itinerary cannot be read.
        """
        readable(draft, self.airports)
        draft, named = await with_place_ids(draft, self.places, self.geocoding)
        ask = self._ask()
        given = await understand(draft, ask, named)
        ways = Ways(self.places, modes_of(draft), little_walking="low_walking" in draft.needs)
        return Checked(*await judge(given, ask, ways))

    async def revise(
        self, request: ReviseRequest, progress: Progress = silent, *, who: Account | None = None
    ) -> Revised:
        """Change an itinerary and keep the rest as it is; without changes only check it.

        Raises:
            InvalidRequestError: the itinerary cannot be read, or changes contradict each other or
                the itinerary.
            NotFoundError: there is no such trip.
            ProviderError: what a change needs could not be asked.
            ConflictError: somebody changed the trip meanwhile, so the plan is not saved.
            StorageError: the database is out of reach.
        """
        if request.save and request.trip_id is None:
            raise InvalidRequestError("save", "needs a trip_id beside it", example="false")
        kept = None
        if request.trip_id is not None and (request.draft is None or request.save):
            kept = _kept(await self._whole(request.trip_id, who))
        draft = request.draft or self._draft_of_trip(kept)
        travellers = request.travellers or (1 if kept is None else kept.travellers)
        if not request.changes:
            checked = await self.check(draft)
            plan = replace(checked.itinerary, travellers=travellers)
            told = Revised(plan, checked.findings, checked.unavailable, detail=request.detail)
            if not request.save:
                return told
            saved = await self._saved(who, request.trip_id, kept, plan, "saved")
            return replace(told, saved=saved)
        readable(draft, self.airports)
        revising = Revising(
            draft,
            request.changes,
            self._ask(),
            self.geocoding,
            self._solver(),
            self.now,
            travellers,
        )
        revised = await revising.run(progress, effort=request.effort)
        revised = replace(revised, detail=request.detail)
        if not request.save:
            return revised
        reason = ", ".join(dict.fromkeys(change.action for change in request.changes))[:200]
        return replace(
            revised,
            saved=await self._saved(
                who, request.trip_id, kept, revised.itinerary, "revised", reason
            ),
        )

    def _ask(self) -> Asked:
        return Asked(self.places, self.weather, self.airports, self.rates)

    def _solver(self) -> Solver:
        return Solver(self.iterations, self.budget_s, self.seed)

    async def _from_trip(
        self, request: BuildRequest, who: Account | None
    ) -> tuple[Filled, _Kept | None]:
        if request.trip_id is None:
            return Filled(request), None
        whole = await self._whole(request.trip_id, who)
        today = self.now().astimezone(UTC).date()
        return filled(request, whole, self.airports, today), _kept(whole)

    async def _whole(self, trip_id: str, who: Account | None) -> WholeTrip:
        if self.library.trips is None or who is None:
            raise NotFoundError("There is no such trip")
        return (await self.library.trips.get(who, trip_id)).whole

    async def _from_memory(self, request: BuildRequest, who: Account | None) -> Remembered:
        memories = self.library.memories
        if memories is None or who is None or not request.use_memory:
            return Remembered(request)
        recalled = await memories.recall(who, RecallRequest())
        return remembered(request, (each.memory for each in recalled.recalled), (SELF,))

    async def _is_far_from_home(self, home: str | None, at: Destination, day: date) -> bool:
        """Tell whether the clocks at home are hours away; not to know is no failure."""
        if home is None or at.time_zone is None:
            return False
        try:
            there = await resolve(self.geocoding, home, None)
        except TripSageError:
            return False
        if there.time_zone is None:
            return False
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        hours = [
            (noon.astimezone(ZoneInfo(zone)).utcoffset() or noon - noon).total_seconds() / 3600
            for zone in (at.time_zone, there.time_zone)
        ]
        return abs(hours[0] - hours[1]) >= _JET_LAG_HOURS

    def _draft_of_trip(self, kept: _Kept | None) -> Draft:
        if kept is None:
            raise InvalidRequestError("itinerary", "or a trip_id is needed")
        notation = self.library.notation
        if kept.itinerary is None or notation is None:
            raise NotFoundError(
                "The trip has no itinerary yet",
                hint="Build one with build_itinerary and its trip_id.",
            )
        return notation.read(kept.itinerary)

    async def _saved(
        self,
        who: Account | None,
        trip_id: str | None,
        kept: _Kept | None,
        itinerary: Itinerary,
        origin: ItineraryOrigin,
        reason: str | None = None,
    ) -> Saved:
        trips, notation = self.library.trips, self.library.notation
        if trips is None or notation is None or who is None or trip_id is None or kept is None:
            raise NotFoundError("There is no such trip")
        written = notation.write(itinerary)
        if written == kept.itinerary:
            # Asked for twice, it is stored once.
            return Saved(trip_id, kept.version)
        saved = await trips.keep_itinerary(who, trip_id, written, origin, reason, kept.version)
        return Saved(trip_id, saved.version)


def _kept(whole: WholeTrip) -> _Kept:
    return _Kept(whole.trip.itinerary, whole.trip.version)
