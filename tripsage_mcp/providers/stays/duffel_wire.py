"""Duffel Stays on the wire, read into the domain.

https://duffel.com/docs/api/v2/accommodation and https://duffel.com/docs/api/v2/search-result.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt, TypeAdapter

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.stay import BEST_RATING, Amenity, Stay, StayPrice, StaySearch
from tripsage_mcp.domain.stay_details import StayRate, StayRoom
from tripsage_mcp.providers.duffel.wire import (
    NAME,
    Currency,
    Data,
    NoneIfUnreadable,
    NullAsEmpty,
    Raw,
    Unreadable,
    money,
    or_unreadable,
    readable,
)
from tripsage_mcp.providers.stays.duffel_rates import (
    Amount,
    Code,
    Moment,
    Part,
    Price,
    RawRoom,
    Text,
    some,
)

_NAME_LENGTH = 100
_LINE_LENGTH = 200
_BEST_SCORE = 10

# Duffel's word and ours; what is not here is told by its description alone.
_AMENITIES: dict[str, Amenity] = {
    "24_hour_front_desk": "front_desk_24h",
    "accessibility_mobility": "accessible",
    "adult_only": "adults_only",
    "childcare_service": "childcare",
    "gym": "gym",
    "laundry": "laundry",
    "parking": "parking",
    "pets_allowed": "pets_allowed",
    "pool": "pool",
    "restaurant": "restaurant",
    "room_service": "room_service",
    "spa": "spa",
    "wifi": "wifi",
}


class _RawPoint(Raw):
    latitude: float
    longitude: float


class _RawAddress(Raw):
    line_one: Text = None
    city_name: Text = None
    region: Text = None
    postal_code: Text = None
    country_code: Text = None


class _RawLocation(Raw):
    address: Annotated[_RawAddress | None, NoneIfUnreadable] = None
    geographic_coordinates: Annotated[_RawPoint | None, NoneIfUnreadable] = None


class _RawAmenity(Raw):
    type: str
    description: Text = None


class _RawTimes(Raw):
    check_in_after_time: Text = None
    check_out_before_time: Text = None


class RawAccommodation(Raw):
    """A property; all but its name is a detail."""

    name: str
    description: Text = None
    rating: Annotated[int | None, NoneIfUnreadable] = None
    review_score: Annotated[float | None, NoneIfUnreadable] = None
    review_count: Annotated[NonNegativeInt | None, NoneIfUnreadable] = None
    amenities: Annotated[
        list[Annotated[_RawAmenity | Unreadable, or_unreadable(_RawAmenity)]] | None,
        NoneIfUnreadable,
    ] = None
    location: Annotated[_RawLocation, NoneIfUnreadable] | None = None
    check_in_information: Annotated[_RawTimes | None, NoneIfUnreadable] = None
    rooms: Annotated[list[Annotated[RawRoom | Unreadable, or_unreadable(RawRoom)]], NullAsEmpty] = (
        Field(default=[])
    )

    @property
    def plain_name(self) -> str:
        """What it is called, in one line."""
        return plain(self.name, _NAME_LENGTH)

    @property
    def stars(self) -> int | None:
        """Its class."""
        known = self.rating is not None and 1 <= self.rating <= BEST_RATING
        return self.rating if known else None

    @property
    def score(self) -> float | None:
        """What guests think of it, 1 to 10."""
        known = self.review_score is not None and 0 < self.review_score <= _BEST_SCORE
        return self.review_score if known else None

    @property
    def five_point_rating(self) -> float | None:
        """The same, 0 to 5."""
        return None if self.score is None else round(self.score * BEST_RATING / _BEST_SCORE, 2)

    @property
    def own_rating(self) -> str | None:
        """The same, as Duffel has it."""
        return None if self.score is None else f"{self.score:g}/{_BEST_SCORE}"

    def coordinates(self) -> Coordinates | None:
        """Where it is."""
        point = None if self.location is None else self.location.geographic_coordinates
        try:
            return None if point is None else Coordinates(point.latitude, point.longitude)
        except ValueError:
            return None

    def address(self) -> str | None:
        """Its address in one line."""
        address = None if self.location is None else self.location.address
        if address is None:
            return None
        town = " ".join(part for part in (address.postal_code, address.city_name) if part)
        parts = (address.line_one, town, address.region, address.country_code)
        return plain(", ".join(part for part in parts if part), _LINE_LENGTH) or None

    def ours(self) -> frozenset[Amenity] | None:
        """The amenities that somebody can ask for."""
        if self.amenities is None:
            return None
        return frozenset(
            _AMENITIES[a.type] for a in readable(self.amenities) if a.type in _AMENITIES
        )

    def amenity_words(self) -> tuple[str, ...]:
        """Every amenity as the property words it."""
        words = (
            plain(a.description or a.type.replace("_", " "), _NAME_LENGTH)
            for a in readable(self.amenities or [])
        )
        return tuple(dict.fromkeys(word for word in words if word))

    def to_rooms(self) -> tuple[tuple[StayRoom, ...], int]:
        """Return the rooms that have a rate we can read, and how many rates we cannot."""
        rooms: list[StayRoom] = []
        left_out = sum(isinstance(room, Unreadable) for room in self.rooms)
        for room in readable(self.rooms):
            rates = readable(room.rates)
            left_out += len(room.rates) - len(rates)
            if rates:
                name = plain(room.name or "", _NAME_LENGTH) or "Room"
                each = tuple(rate.to_domain() for rate in rates)
                rooms.append(StayRoom(name, room.beds_in_words(), each))
        return tuple(rooms), left_out


class RawResult(Raw):
    """One property found, with the cheapest rate's total."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")]
    accommodation: RawAccommodation
    check_in_date: Annotated[date | None, NoneIfUnreadable] = None
    check_out_date: Annotated[date | None, NoneIfUnreadable] = None
    rooms: Annotated[PositiveInt | None, NoneIfUnreadable] = None
    guests: Annotated[list[object], NullAsEmpty] = Field(default=[])
    cheapest_rate_total_amount: Annotated[Price | None, NoneIfUnreadable] = None
    cheapest_rate_currency: Code = None
    cheapest_rate_total_currency: Code = None
    cheapest_rate_due_at_accommodation_amount: Part | None = None
    cheapest_rate_due_at_accommodation_currency: Code = None
    expires_at: Moment = None

    def to_domain(self, search: StaySearch, now: datetime) -> Stay | None:
        """Translate; None for one without a name."""
        home = self.accommodation
        if not home.plain_name:
            return None
        total = self._total()
        cheapest = self._cheapest(total)
        free = search.free_cancellation or None
        if cheapest is not None:
            free = cheapest.refund(now) == "free"
        return Stay(
            source=NAME,
            listing_id=self.id,
            name=home.plain_name,
            coordinates=home.coordinates(),
            price=None if total is None else self._price(total, search.nights),
            rating=home.five_point_rating,
            own_rating=home.own_rating,
            reviews=home.review_count,
            stars=home.stars,
            # It sells hotels and says nothing of the kind of each.
            kind="hotel_room",
            free_cancellation=free,
            board=None if cheapest is None else cheapest.board,
            amenities=home.ours(),
            expires_at=self.expires_at,
        )

    def _total(self) -> Money | None:
        return money(
            self.cheapest_rate_total_amount,
            self.cheapest_rate_currency or self.cheapest_rate_total_currency,
        )

    def _price(self, total: Money, nights: int) -> StayPrice:
        return StayPrice(
            label=str(total),
            nights=nights,
            total=total,
            taxes_included=True,
            due_there=some(
                self.cheapest_rate_due_at_accommodation_amount,
                self.cheapest_rate_due_at_accommodation_currency,
            ),
        )

    def _cheapest(self, total: Money | None) -> StayRate | None:
        """Return the rate the price is of, where the answer holds it."""
        rooms, _ = self.accommodation.to_rooms()
        return next((rate for room in rooms for rate in room.rates if rate.total == total), None)


class _RawFound(Raw):
    results: Annotated[
        list[Annotated[RawResult | Unreadable, or_unreadable(RawResult)]], NullAsEmpty
    ]


class RawQuote(Raw):
    """A rate that has just been confirmed."""

    id: str
    live_mode: bool | None = None
    check_in_date: date
    check_out_date: date
    accommodation: RawAccommodation
    total_amount: Price
    total_currency: Currency
    tax_amount: Amount = None
    tax_currency: Code = None
    fee_amount: Amount = None
    fee_currency: Code = None
    deposit_amount: Amount = None
    deposit_currency: Code = None
    due_at_accommodation_amount: Part | None = None
    due_at_accommodation_currency: Code = None

    def rate(self, rate_id: str) -> StayRate | None:
        """Return the rate that was asked for, or the only one there is."""
        rooms, _ = self.accommodation.to_rooms()
        rates = [rate for room in rooms for rate in room.rates]
        only = rates[0] if len(rates) == 1 else None
        return next((rate for rate in rates if rate.rate_id == rate_id), only)

    def due_there(self) -> Money | None:
        """What is to be paid at the property."""
        return some(self.due_at_accommodation_amount, self.due_at_accommodation_currency)

    def deposit(self) -> Money | None:
        """What is to be paid in advance, where that is not all or nothing."""
        return some(self.deposit_amount, self.deposit_currency)


FOUND = TypeAdapter(Data[_RawFound])
RESULT = TypeAdapter(Data[RawResult])
QUOTE = TypeAdapter(Data[RawQuote])


def stays(
    results: Iterable[RawResult | Unreadable], search: StaySearch, now: datetime
) -> tuple[tuple[Stay, ...], int]:
    """Return every result that can be read, once, and how many cannot."""
    found: dict[str, Stay] = {}
    skipped = 0
    for result in results:
        stay = None if isinstance(result, Unreadable) else result.to_domain(search, now)
        if stay is None:
            skipped += 1
        else:
            found.setdefault(stay.listing_id, stay)
    return tuple(found.values()), skipped
