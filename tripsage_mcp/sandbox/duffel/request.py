"""What `POST /air/offer_requests` accepts, and how it refuses the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import cast

from tripsage_mcp.sandbox.duffel.errors import required
from tripsage_mcp.sandbox.duffel.form import Fields, Form, data_of, fields_of
from tripsage_mcp.sandbox.schedule.airlines import CABINS, Cabin
from tripsage_mcp.sandbox.schedule.airports import load_gazetteer
from tripsage_mcp.sandbox.schedule.fares import TravellerKind
from tripsage_mcp.sandbox.schedule.search import JourneySlice, Window

MOST_PASSENGERS = 9
MOST_SLICES = 6
ADULT_AGE = 18
_CHILD_AGE = 2
_OLDEST = 130
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Passenger:
    """One passenger as asked for: an adult, or anybody by age."""

    type: str | None = "adult"
    age: int | None = None
    fare_type: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    loyalty: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> TravellerKind:
        """Return the type offers carry."""
        if self.age is None or self.age >= ADULT_AGE:
            return "adult"
        return "child" if self.age >= _CHILD_AGE else "infant_without_seat"


@dataclass(frozen=True, slots=True)
class OfferRequest:
    """A valid request, with the second it was made in (UTC)."""

    slices: tuple[JourneySlice, ...]
    passengers: tuple[Passenger, ...]
    cabin: Cabin | None
    max_connections: int
    created_at: datetime


class _Form(Form):
    """Also knows places and times of day."""

    def place(self, of: Fields, key: str, at: str) -> str | None:
        """Return an airport or city code that exists."""
        code = self.text(of, key, at, needed=True)
        if code is None:
            return None
        places = load_gazetteer()
        if code not in places.airports and code not in places.cities:
            rule = "is not the IATA code of an airport or a city"
            self.fail(f"{at}/{key}", rule, "invalid_iata_code")
            return None
        return code

    def window(self, of: Fields, key: str, at: str) -> Window:
        """Return a range of local times; absent means the whole day."""
        value = of.get(key)
        if value is None:
            return Window()
        ends = fields_of(value)
        pair = [ends.get("from", "00:00"), ends.get("to", "23:59")]
        if not all(isinstance(v, str) and _TIME.fullmatch(v) for v in pair) or not ends:
            self.fail(f"{at}/{key}", "must have 'from' and 'to' as HH:MM", "invalid_time_range")
            return Window()
        first, last = (time.fromisoformat(str(v)) for v in pair)
        if first > last:
            self.fail(f"{at}/{key}", "must not end before it begins", "invalid_time_range")
        return Window(first, last)


def _slice(form: _Form, raw: Fields, index: int, now: datetime) -> JourneySlice | None:
    at = f"/slices/{index}"
    origin = form.place(raw, "origin", at)
    destination = form.place(raw, "destination", at)
    day = form.day(raw, "departure_date", at)
    windows = form.window(raw, "departure_time", at), form.window(raw, "arrival_time", at)
    if origin is None or destination is None or day is None:
        return None
    if origin == destination:
        form.fail(f"{at}/destination", "must differ from the origin", "invalid_destination")
    if day < _today_at(origin, now):
        form.fail(f"{at}/departure_date", "must be in the future", "invalid_departure_date")
    return JourneySlice(origin, destination, day, *windows)


def _today_at(code: str, now: datetime) -> date:
    places = load_gazetteer()
    airport = places.airports.get(code) or places.cities[code].airports[0]
    return now.astimezone(airport.zone).date()


def _loyalty(form: _Form, raw: Fields, at: str) -> tuple[tuple[str, str], ...]:
    value = raw.get("loyalty_programme_accounts")
    if value is None:
        return ()
    if not isinstance(value, list):
        form.fail(f"{at}/loyalty_programme_accounts", "must be a list")
        return ()
    accounts: list[tuple[str, str]] = []
    for entry in cast("list[object]", value):
        account = fields_of(entry)
        airline, number = account.get("airline_iata_code"), account.get("account_number")
        if isinstance(airline, str) and isinstance(number, str):
            accounts.append((airline, number))
        else:
            form.fail(f"{at}/loyalty_programme_accounts", "must name an airline and a number")
    return tuple(accounts)


def _passenger(form: _Form, raw: Fields, index: int) -> Passenger:
    at = f"/passengers/{index}"
    kind, fare_type = form.text(raw, "type", at), form.text(raw, "fare_type", at)
    age = raw.get("age")
    years = age if isinstance(age, int) and not isinstance(age, bool) else None
    if age is not None and (years is None or not 0 <= years <= _OLDEST):
        form.fail(f"{at}/age", f"must be a whole number from 0 to {_OLDEST}", "invalid_age")
    if kind is not None and age is not None:
        form.fail(f"{at}/age", "must not be given together with 'type'", "invalid_passenger")
    if kind is None and age is None and fare_type is None:
        form.problems.append(required("type", f"{at}/type"))
    if kind not in (None, "adult"):
        form.fail(f"{at}/type", "must be 'adult'; give an age instead", "invalid_passenger_type")
    return Passenger(
        type=kind,
        age=years,
        fare_type=fare_type,
        given_name=form.text(raw, "given_name", at),
        family_name=form.text(raw, "family_name", at),
        loyalty=_loyalty(form, raw, at),
    )


def _party(form: _Form, passengers: Sequence[Passenger]) -> None:
    kinds = [p.kind for p in passengers]
    if kinds.count("infant_without_seat") > kinds.count("adult"):
        form.fail("/passengers", "must have an adult for every infant", "invalid_passengers")


def _choices(form: _Form, data: Fields) -> tuple[Cabin | None, int]:
    cabin = form.text(data, "cabin_class", "")
    if cabin is not None and cabin not in CABINS:
        form.fail("/cabin_class", f"must be one of {', '.join(CABINS)}", "invalid_cabin_class")
    most = data.get("max_connections", 1)
    if most is None:
        most = 1
    if isinstance(most, bool) or not isinstance(most, int) or most not in {0, 1, 2}:
        form.fail("/max_connections", "must be 0, 1 or 2", "invalid_max_connections")
        most = 1
    return cast("Cabin | None", cabin), most


def parse(body: object, now: datetime) -> OfferRequest:
    """Return the request.

    Raises:
        RefusedError: 422, listing every problem found.
    """
    form, fields = _Form(), data_of(body)
    raw = form.objects(fields, "slices", MOST_SLICES)
    slices = [_slice(form, entry, n, now) for n, entry in enumerate(raw)]
    raw = form.objects(fields, "passengers", MOST_PASSENGERS)
    passengers = [_passenger(form, entry, n) for n, entry in enumerate(raw)]
    cabin, most = _choices(form, fields)
    _party(form, passengers)
    known = [part for part in slices if part is not None]
    for n, (before, after) in enumerate(pairwise(known), start=1):
        if after.day < before.day:
            rule = "must not be before the previous slice"
            form.fail(f"/slices/{n}/departure_date", rule, "invalid_departure_date")
    form.refuse()
    second = now.astimezone(UTC).replace(microsecond=0)
    return OfferRequest(tuple(known), tuple(passengers), cabin, most, second)


def lasts(request: OfferRequest, minutes: int = 30) -> datetime:
    """Return when the offers of a request expire, UTC."""
    return request.created_at + timedelta(minutes=minutes)
