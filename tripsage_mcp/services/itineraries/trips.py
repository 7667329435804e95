"""What a saved trip says about a plan, and the plan stored with the trip."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.itinerary import Need
from tripsage_mcp.domain.local_time import iso_day
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.trip import JSONObject
from tripsage_mcp.domain.trip_item import TripItem
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.itineraries.arguments import AirportLookup, as_coordinates
from tripsage_mcp.services.itineraries.promises import (
    CommitmentAsked,
    StayAsked,
    promises,
    sleeps,
)
from tripsage_mcp.services.itineraries.request import BuildRequest

_BOOKED = frozenset({"held", "booked"})
_FIXED_KINDS = frozenset({"activity", "visit", "meal"})
_OF_THE_PLAN = ("food", "activities")
_USUAL_MINUTES = 90
_CODES = re.compile(r"\b([A-Z]{3})\b")


@dataclass(frozen=True, slots=True)
class Flown:
    """One flight, from leaving to landing."""

    origin: str
    departs: datetime
    destination: str
    arrives: datetime


@dataclass(frozen=True, slots=True)
class Filled:
    """A request with what the trip says in the place of what was not said.

    Attributes:
        said: What was taken from the trip, for people.
        from_trip: The arguments that came from it: if they do not fit, that is no fault of the
            caller's.
    """

    request: BuildRequest
    said: tuple[str, ...] = ()
    from_trip: frozenset[str] = frozenset()


class _Filling:
    """Fills a request piece by piece."""

    def __init__(self, request: BuildRequest, whole: WholeTrip, airports: AirportLookup) -> None:
        self.request, self.whole, self.airports = request, whole, airports
        self.said: list[str] = []
        self.taken: set[str] = set()

    def take(self, said: str | None, **values: object) -> None:
        """Put values into the request."""
        self.request = replace(self.request, **values)
        self.taken |= values.keys()
        if said is not None:
            self.said.append(said)

    def destination(self) -> None:
        """The place and the dates."""
        trip, stops = self.whole.trip, self.whole.destinations
        request = self.request
        first = stops[0] if stops else None
        start, end = trip.start_date, trip.end_date
        if request.destination is None:
            name = trip.destination if first is None else first.name
            self.take(None, destination=name[:100])
            if len(stops) > 1 and first is not None:
                start, end = first.arrives or start, first.leaves or end
                self.said.append("only the trip's first stop; name another one as destination")
        else:
            named = request.destination.casefold()
            stop = next((s for s in stops if s.name.casefold() in named), None)
            if stop is not None:
                start, end = stop.arrives or start, stop.leaves or end
        self.take(None, start_date=request.start_date or start, end_date=request.end_date or end)

    def under_way(self, today: date) -> None:
        """Of a trip that has begun only the rest is planned."""
        start, end = self.request.start_date, self.request.end_date
        if start is None or end is None or "start_date" not in self.taken:
            return
        if start < today <= end:
            self.take("the days from today on: the trip has begun", start_date=today)

    def flights(self) -> None:
        """The landing and the take-off."""
        request = self.request
        start, end = request.start_date, request.end_date
        if start is None or end is None:
            return
        legs = sorted(self._legs(), key=lambda leg: leg.departs.replace(tzinfo=None))
        landing = next((leg for leg in legs if start <= leg.arrives.date() <= end), None)
        if landing is not None and len(legs) == 1 and landing.departs.date() == end > start:
            landing = None
        leaving = next(
            (
                leg
                for leg in reversed(legs)
                if start <= leg.departs.date() <= end and leg is not landing
            ),
            None,
        )
        if landing is not None and request.arrival_airport is request.arrival_time is None:
            self.take(
                f"landing at {landing.destination}",
                arrival_airport=landing.destination,
                arrival_time=landing.arrives,
            )
        if leaving is not None and request.departure_airport is request.departure_time is None:
            self.take(
                f"take-off from {leaving.origin}",
                departure_airport=leaving.origin,
                departure_time=leaving.departs,
            )

    def _legs(self) -> Iterator[Flown]:
        for item in self.whole.items:
            if item.kind == "flight" and item.status not in {"cancelled", "idea"}:
                told = list(_flown(item.payload))
                yield from told or _by_title(item)
        for summary in self.whole.trip.flights:
            yield from _flown(summary)

    def stays(self) -> None:
        """Where the nights are spent."""
        request = self.request
        if request.stays or request.stay_latitude is not None or request.start_date is None:
            return
        found = [stay for item in self.whole.items if (stay := _stay_item(item)) is not None]
        found = found or [s for j in self.whole.trip.stays if (s := _stay_json(j)) is not None]
        if not found:
            return
        dates = _dates(request)
        try:
            sleeps(found, None, dates)
        except InvalidRequestError:
            found = found[:1]
            self.said.append("only the first stay: the dates of the others do not fit together")
        self.take(f"{len(found)} stay" + "s" * (len(found) > 1), stays=tuple(found))

    def commitments(self) -> None:
        """What is booked for a certain time."""
        dates, kept = _dates(self.request), list(self.request.commitments)
        known = {each.name.casefold() for each in kept}
        skipped = False
        for item in self.whole.items:
            asked = _commitment(item)
            if asked is None or asked.name.casefold() in known:
                continue
            try:
                promises([*kept, asked], dates)
            except InvalidRequestError:
                skipped = True
            else:
                kept.append(asked)
        count = len(kept) - len(self.request.commitments)
        if count:
            self.take(f"{count} booked for a fixed time", commitments=tuple(kept))
        if skipped:
            self.said.append("not what is booked outside these days, or at the time of another")

    def party(self) -> None:
        """Who travels, and what they need."""
        people = self.whole.travellers
        if self.request.travellers is None:
            count = len(people) or len(self.whole.trip.travellers)
            self.take(None if count == 1 else f"{count} travellers", travellers=count)
        needs: list[Need] = [n for person in people for n in person.needs]
        new = [n for n in dict.fromkeys(needs) if n not in self.request.needs]
        if new:
            self.take(
                f"needs: {', '.join(new).replace('_', ' ')}", needs=(*self.request.needs, *new)
            )

    def budget(self) -> None:
        """What is left for sights and meals."""
        if self.request.budget is not None:
            return
        lines = [line.planned for line in self.whole.budget if line.category in _OF_THE_PLAN]
        if lines and len({money.currency for money in lines}) == 1:
            total = sum(lines[1:], lines[0])
            self.take(f"budget for food and activities: {total}", budget=str(total))
            return
        whole = self.whole.trip.budget
        if whole is None:
            return
        booked = [
            item.price
            for item in self.whole.items
            if item.kind in {"flight", "stay"} and item.price is not None
        ]
        if booked and all(price.currency == whole.currency for price in booked):
            left = whole - sum(booked, Money(Decimal(0), whole.currency))
            if left.amount > 0:
                self.take(f"budget: {left} left after flights and stays", budget=str(left))
                return
        self.said.append(
            "not its budget, which is for flights and stays too; give one for sights and meals"
        )


def filled(request: BuildRequest, whole: WholeTrip, airports: AirportLookup, today: date) -> Filled:
    """Return a request with what a trip says in the place of what was not said."""
    filling = _Filling(request, whole, airports)
    filling.destination()
    filling.under_way(today)
    for step in (
        filling.flights,
        filling.stays,
        filling.commitments,
        filling.party,
        filling.budget,
    ):
        step()
    return Filled(filling.request, tuple(filling.said), frozenset(filling.taken))


def _dates(request: BuildRequest) -> Sequence[date]:
    start, end = request.start_date, request.end_date
    if start is None or end is None or end < start:
        return (date.min,)
    return tuple(start + timedelta(days=n) for n in range((end - start).days + 1))


def _flown(summary: JSONObject) -> Iterator[Flown]:
    """Read the flights of an offer as search_flights or get_flight_offer show it."""
    slices = summary.get("slices")
    parts = cast("list[object]", slices) if isinstance(slices, list) else [summary]
    ends = [_end(summary, "origin"), _end(summary, "destination")]
    for number, part in enumerate(parts):
        if not isinstance(part, Mapping):
            continue
        told = cast("JSONObject", part)
        # A return offer names its ends once, and its slices only say when.
        origin = _end(told, "origin") or ends[number % 2]
        destination = _end(told, "destination") or ends[1 - number % 2]
        departs, arrives = _moment(told.get("departs")), _moment(told.get("arrives"))
        if origin and destination and departs is not None and arrives is not None:
            yield Flown(origin, departs, destination, arrives)


def _end(told: JSONObject, name: str) -> str | None:
    value = told.get(name)
    if isinstance(value, Mapping):
        value = cast("JSONObject", value).get("code")
    return value if isinstance(value, str) and _CODES.fullmatch(value) else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _by_title(item: TripItem) -> Iterator[Flown]:
    codes = _CODES.findall(item.title)
    if len(codes) >= 2 and item.starts is not None and item.ends is not None:  # noqa: PLR2004 - from, to
        departs, arrives = _local(item.starts, item.zone), item.ends
        arrives = _local(arrives, item.end_zone or item.zone)
        yield Flown(codes[0], departs, codes[-1], arrives)


def _local(moment: datetime, zone: str | None) -> datetime:
    return moment if zone is None else moment.astimezone(ZoneInfo(zone))


def _stay_item(item: TripItem) -> StayAsked | None:
    if item.kind != "stay" or item.coordinates is None or item.status in {"cancelled", "idea"}:
        return None
    since = item.day if item.starts is None else _local(item.starts, item.zone).date()
    until = None if item.ends is None else _local(item.ends, item.zone).date()
    return StayAsked(
        latitude=item.coordinates.latitude,
        longitude=item.coordinates.longitude,
        name=item.title[:100],
        check_in=since,
        check_out=until,
    )


def _stay_json(told: JSONObject) -> StayAsked | None:
    """Read a stay as search_stays or get_stay show it."""
    at, name = told.get("at"), told.get("name")
    try:
        where = as_coordinates(at) if isinstance(at, str) else None
    except InvalidRequestError:
        where = None
    if where is None:
        return None
    return StayAsked(
        latitude=where.latitude,
        longitude=where.longitude,
        name=name[:100] if isinstance(name, str) and name.strip() else None,
        check_in=iso_day(told.get("check_in")),
        check_out=iso_day(told.get("check_out")),
    )


def _commitment(item: TripItem) -> CommitmentAsked | None:
    if item.kind not in _FIXED_KINDS or item.status not in _BOOKED or item.starts is None:
        return None
    starts = _local(item.starts, item.zone)
    minutes = _USUAL_MINUTES
    if item.ends is not None:
        minutes = max(1, (item.ends - item.starts) // timedelta(minutes=1))
    where = item.coordinates
    return CommitmentAsked(
        name=item.title[:100],
        date=starts.date(),
        start=f"{starts:%H:%M}",
        minutes=minutes,
        place_id=item.place_id,
        cost=None if item.price is None else str(item.price),
        latitude=None if where is None else where.latitude,
        longitude=None if where is None else where.longitude,
    )
