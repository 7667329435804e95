"""Handlers of Duffel Stays: search, rates, quotes, accommodation. Nothing is ever booked."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import cast

import anyio.to_thread
from starlette.requests import Request

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.errors import (
    Problem,
    RefusedError,
    misstated,
    not_found,
    required,
)
from tripsage_mcp.sandbox.duffel.form import Fields, Form, data_of, fields_of
from tripsage_mcp.sandbox.duffel.gate import json_of
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.stays_hotels import (
    Hotel,
    hotels_around,
    hotels_of,
)
from tripsage_mcp.sandbox.duffel.stays_rates import (
    HotelRate,
    StaySearched,
    cheapest,
    rates_of,
)

_MOST_GUESTS = 32
_MOST_ROOMS = 8
_MOST_NIGHTS = 99
_LARGEST_RADIUS = 100
_MOST_RESULTS = 200
_MOST_IDS = 200
# Results older than the newest so many are forgotten, as after their time.
_REMEMBERED = 20_000
_SOONEST = timedelta(days=1)
_ADULT_FROM = 18


@dataclass(frozen=True, slots=True)
class _Result:
    searched: StaySearched
    hotel: Hotel


class Stays:
    """Each handler returns a status and a body.

    Args:
        seed: Which invented hotels.
        now: Decides what is past and what has expired.
        enabled: Whether the account may use Stays at all.
    """

    def __init__(self, seed: int, now: Clock, *, enabled: bool = True) -> None:
        self._seed = seed
        self._now = now
        self._enabled = enabled
        self._results: OrderedDict[str, _Result] = OrderedDict()
        self._rates: OrderedDict[str, HotelRate] = OrderedDict()
        self._quotes: OrderedDict[str, Json] = OrderedDict()

    async def search(self, request: Request) -> tuple[int, object]:
        """POST /stays/search."""
        self._check_enabled()
        body = await json_of(request)

        def work() -> object:
            now = self._now()
            searched, hotels = self._wanted(data_of(body), now)
            open_hotels = (h for h in hotels if not h.sold_out(self._seed, searched.check_in))
            results = [self._result(searched, hotel) for hotel in open_hotels]
            found = [result for result in results if result is not None][:_MOST_RESULTS]
            return {"data": {"results": found, "created_at": _stamp(now)}}

        return 201, await anyio.to_thread.run_sync(work)

    async def rates(self, request: Request) -> tuple[int, object]:
        """POST /stays/search_results/{id}/actions/fetch_all_rates."""
        self._check_enabled()
        result = self._results.get(request.path_params["id"])
        if result is None or result.searched.expires_at <= self._now():
            raise not_found()
        rates = rates_of(result.searched, result.hotel)
        for rate in rates:
            _remember(self._rates, rate.id, rate)
        return 200, {"data": _result_json(request.path_params["id"], result, rates, rates)}

    async def quote(self, request: Request) -> tuple[int, object]:
        """POST /stays/quotes."""
        self._check_enabled()
        form, data = Form(), data_of(await json_of(request))
        rate_id = form.text(data, "rate_id", "", needed=True)
        form.refuse()
        rate = self._rates.get(rate_id or "")
        if rate is None:
            raise not_found()
        if rate.searched.expires_at <= self._now():
            raise misstated("rate_expired", "The rate has expired. Search again.")
        if rate.gone():
            raise misstated("rate_unavailable", "The rate is no longer available.")
        quote = _quote_json(rate)
        _remember(self._quotes, str(quote["id"]), quote)
        return 201, {"data": quote}

    async def read_quote(self, request: Request) -> tuple[int, object]:
        """GET /stays/quotes/{id}."""
        self._check_enabled()
        quote = self._quotes.get(request.path_params["id"])
        if quote is None:
            raise not_found()
        return 200, {"data": quote}

    async def accommodation(self, request: Request) -> tuple[int, object]:
        """GET /stays/accommodation/{id}."""
        self._check_enabled()
        hotels = hotels_of(self._seed, [request.path_params["id"]])
        if not hotels:
            raise not_found()
        return 200, {"data": _accommodation_json(hotels[0], [])}

    def _check_enabled(self) -> None:
        if not self._enabled:
            problem = Problem(
                "authentication_error",
                "feature_not_enabled",
                "Feature not enabled",
                "Stays is not enabled for this organisation.",
            )
            raise RefusedError(403, problem)

    def _wanted(self, data: Fields, now: datetime) -> tuple[StaySearched, list[Hotel]]:
        """Read a search; every problem found is told at once."""
        form = _Form()
        searched = form.stay(data, now)
        raw = data.get("accommodation")
        where = form.circle(data) if raw is None else None
        chosen = None if raw is None else form.ids(fields_of(raw))
        form.refuse()
        assert searched is not None
        if chosen is not None:
            return searched, hotels_of(self._seed, chosen)
        assert where is not None
        return searched, hotels_around(self._seed, *where)

    def _result(self, searched: StaySearched, hotel: Hotel) -> Json | None:
        rates = rates_of(searched, hotel)
        if not any(not rate.terms.loyalty for rate in rates):
            return None
        result_id = ids.derived("srr", self._seed, hotel.number, searched)
        result = _Result(searched, hotel)
        _remember(self._results, result_id, result)
        shown = cheapest(rates)
        _remember(self._rates, shown.id, shown)
        return _result_json(result_id, result, rates, [shown])


class _Form(Form):
    """Also knows stays."""

    def stay(self, data: Fields, now: datetime) -> StaySearched | None:
        """Read the dates and the party."""
        check_in = self.day(data, "check_in_date", "")
        check_out = self.day(data, "check_out_date", "")
        rooms = self.number(data, "rooms", "", 1, _MOST_ROOMS)
        guests = self.objects(data, "guests", _MOST_GUESTS)
        kinds = [self.choice(g, "type", f"/guests/{n}", _GUESTS) for n, g in enumerate(guests)]
        ages = [
            self.number(guest, "age", f"/guests/{n}", 0, _ADULT_FROM - 1)
            for n, (guest, kind) in enumerate(zip(guests, kinds, strict=True))
            if kind == "child"
        ]
        if check_in is not None and check_in < (now - _SOONEST).date():
            self.fail("/check_in_date", "must be after the current date")
        if check_in is None or check_out is None or rooms is None:
            return None
        if not 0 < (check_out - check_in).days <= _MOST_NIGHTS:
            self.fail("/check_out_date", f"must be 1 to {_MOST_NIGHTS} nights after check-in")
        if kinds and "adult" not in kinds:
            self.fail("/guests", "must have an adult")
        return StaySearched(
            check_in,
            check_out,
            rooms,
            tuple(kind for kind in kinds if kind is not None),
            tuple(age for age in ages if age is not None),
            data.get("free_cancellation_only") is True,
            now.replace(microsecond=0),
        )

    def circle(self, data: Fields) -> tuple[Coordinates, float] | None:
        """Read a point and a radius in kilometres."""
        location = data.get("location")
        if not isinstance(location, dict):
            self.problems.append(required("location", "/location"))
            return None
        fields = fields_of(cast("object", location))
        radius = self.number(fields, "radius", "/location", 1, _LARGEST_RADIUS)
        point = fields_of(fields.get("geographic_coordinates"))
        pair = [point.get(name) for name in ("latitude", "longitude")]
        at = "/location/geographic_coordinates"
        try:
            latitude, longitude = (float(v) for v in pair if isinstance(v, int | float))
            center = Coordinates(latitude, longitude)
        except ValueError:
            self.fail(at, "must be a latitude and a longitude in degrees")
            return None
        return None if radius is None else (center, float(radius))

    def ids(self, accommodation: Fields) -> list[str]:
        """Read a list of accommodation ids."""
        given = accommodation.get("ids")
        words = cast("list[object]", given) if isinstance(given, list) else []
        known = [word for word in words if isinstance(word, str)]
        if not 0 < len(known) == len(words) <= _MOST_IDS:
            self.fail("/accommodation/ids", f"must be 1 to {_MOST_IDS} ids")
        return known

    def number(self, of: Fields, key: str, at: str, low: int, high: int) -> int | None:
        """Return a whole number within a range, which must be there."""
        value = of.get(key)
        if value is None:
            self.problems.append(required(key, f"{at}/{key}"))
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.fail(f"{at}/{key}", f"must be a whole number from {low} to {high}")
            return None
        return value


_GUESTS = ("adult", "child")


def _remember[T](kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > _REMEMBERED:
        kept.popitem(last=False)


def _result_json(
    result_id: str, result: _Result, rates: list[HotelRate], shown: Sequence[HotelRate]
) -> Json:
    """Return a result; a search shows the cheapest rate alone, `fetch_all_rates` every one."""
    best, searched = cheapest(rates), result.searched
    currency, due = result.hotel.currency, best.due_there
    return {
        "id": result_id,
        "check_in_date": searched.check_in.isoformat(),
        "check_out_date": searched.check_out.isoformat(),
        "rooms": searched.rooms,
        "guests": [{"type": kind} for kind in searched.guests],
        "expires_at": _stamp(searched.expires_at),
        "accommodation": _accommodation_json(result.hotel, shown),
        "cheapest_rate_total_amount": f"{best.total:.2f}",
        "cheapest_rate_currency": currency,
        "cheapest_rate_base_amount": f"{best.base:.2f}",
        "cheapest_rate_base_currency": currency,
        "cheapest_rate_public_amount": None,
        "cheapest_rate_public_currency": currency,
        "cheapest_rate_due_at_accommodation_amount": None if due is None else f"{due:.2f}",
        "cheapest_rate_due_at_accommodation_currency": currency,
        "supported_negotiated_rates": [],
    }


def _accommodation_json(hotel: Hotel, rates: Sequence[HotelRate]) -> Json:
    town = hotel.town
    brand = None if hotel.brand is None else {"id": _part("bra", hotel), "name": hotel.brand}
    rooms: list[Json] = [
        {
            "name": room.name,
            "beds": [{"type": kind, "count": count} for kind, count in room.beds],
            "photos": [],
            "rates": [rate.json() for rate in same],
        }
        for room, same in groupby(rates, key=lambda rate: rate.room)
    ]
    return {
        "id": hotel.id,
        "name": hotel.name,
        "description": _description(hotel),
        "rating": hotel.stars,
        "ratings": [{"source": "northstar", "value": hotel.stars}],
        "review_score": hotel.score,
        "review_count": hotel.reviews,
        "amenities": [{"type": kind, "description": words} for kind, words in hotel.amenities()],
        "brand": brand,
        "chain": None if brand is None else {"id": _part("chn", hotel), "name": hotel.brand},
        "check_in_information": {"check_in_after_time": "15:00", "check_out_before_time": "11:00"},
        "key_collection": None,
        "email": None,
        "phone_number": None,
        "photos": [],
        "location": {
            "address": {
                "line_one": f"{hotel.number % 97 + 1} {hotel.quarter}",
                "city_name": town.name,
                "region": town.region or None,
                "postal_code": f"{10_000 + hotel.number % 80_000}",
                "country_code": town.country_code,
            },
            "geographic_coordinates": {
                "latitude": round(hotel.coordinates.latitude, 6),
                "longitude": round(hotel.coordinates.longitude, 6),
            },
        },
        "supported_loyalty_programme": "duffel_hotel_group_rewards" if hotel.test else None,
        "rooms": rooms,
    }


def _quote_json(rate: HotelRate) -> Json:
    searched, currency, due = rate.searched, rate.hotel.currency, rate.due_there
    part = rate.terms.payment == "deposit"
    return {
        "id": ids.derived("quo", rate.id),
        "live_mode": False,
        "check_in_date": searched.check_in.isoformat(),
        "check_out_date": searched.check_out.isoformat(),
        "rooms": searched.rooms,
        "guests": [{"type": kind} for kind in searched.guests],
        "accommodation": _accommodation_json(rate.hotel, [rate]),
        "total_amount": f"{rate.total:.2f}",
        "total_currency": currency,
        "base_amount": f"{rate.base:.2f}",
        "base_currency": currency,
        "tax_amount": f"{rate.tax:.2f}",
        "tax_currency": currency,
        "fee_amount": f"{rate.fee:.2f}" if rate.fee else None,
        "fee_currency": currency,
        "deposit_amount": f"{rate.deposit:.2f}" if part else "0.00",
        "deposit_currency": currency,
        "due_at_accommodation_amount": None if due is None else f"{due:.2f}",
        "due_at_accommodation_currency": currency,
        "supported_loyalty_programme": "duffel_hotel_group_rewards" if rate.hotel.test else None,
    }


def _description(hotel: Hotel) -> str:
    return (
        f"An invented hotel of {hotel.stars} stars in {hotel.quarter}, {hotel.town.name}, made up"
        " for trying things out. It has a desk, a stair and a view of the street."
    )


def _part(prefix: str, hotel: Hotel) -> str:
    return ids.derived(prefix, hotel.brand)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
