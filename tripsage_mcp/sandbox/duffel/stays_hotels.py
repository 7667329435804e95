"""Invented hotels: the same for the same seed, in every town the sandbox knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.airbnb_listings import Listing, listings_in, quarters_of
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.schedule.chance import between, share, whole
from tripsage_mcp.sandbox.towns import Town

TEST_GROUP = "Duffel Hotel Group"
_HOTELS = {4: 24, 3: 10, 2: 6}
_SPAN = 64
# As many hotels of a town are also let where homes are.
_SHARED = 2
_USUAL_NIGHTLY_USD = 105.0
_NAMES = ("Meridian", "Lantern House", "Astoria", "Bellavista", "Corner & Crown", "Almira",
    "The Weaver", "Solaris", "Grand Parade", "Quiet Court", "Harbour Light", "Oriel",
    "Palazzo Verde", "Stillwater", "The Clockmaker", "Three Bridges", "Vantage", "Old Mint",
    "Roseacre", "Linden", "Compass", "Juniper", "Beacon", "Larkfield")  # fmt: skip
_BRANDS = (None, None, None, "Lantern Hotels", "Meridian Group", "Roseacre")
# Duffel's words, and how often a hotel has it.
_AMENITIES = {
    "wifi": ("Wi-Fi", 0.95),
    "24_hour_front_desk": ("24-hour front desk", 0.7),
    "parking": ("Parking", 0.45),
    "gym": ("Gym", 0.4),
    "pool": ("Swimming pool", 0.22),
    "restaurant": ("Restaurant", 0.55),
    "room_service": ("Room service", 0.35),
    "spa": ("Spa", 0.18),
    "laundry": ("Laundry service", 0.5),
    "pets_allowed": ("Pets allowed", 0.3),
    "accessibility_mobility": ("Wheelchair access", 0.5),
    "concierge": ("Concierge", 0.3),
    "lounge": ("Lounge", 0.4),
    "business_centre": ("Business centre", 0.25),
}
# What a dollar is worth, invented like the prices.
_PER_USD = {"EUR": Decimal("0.92"), "GBP": Decimal("0.79"), "USD": Decimal(1)}
_WEEKEND = (4, 5)


@dataclass(frozen=True, slots=True)
class Room:
    """A kind of room.

    Attributes:
        beds: Of each type, how many.
        sleeps: Guests at most.
        factor: On the price of the hotel's simplest room.
    """

    name: str
    beds: tuple[tuple[str, int], ...]
    sleeps: int
    factor: Decimal


ROOMS = (
    Room("Standard Double Room", (("double", 1),), 2, Decimal(1)),
    Room("Superior Twin Room", (("single", 2),), 2, Decimal("1.18")),
    Room("Family Suite", (("king", 1), ("sofabed", 2)), 4, Decimal("1.75")),
)


@dataclass(frozen=True, slots=True)
class Hotel:
    """One invented hotel.

    Attributes:
        number: Stands for it in every id.
        test: Of Duffel's test hotel group, which never sells out.
        nightly_usd: Its simplest room on an ordinary night, before tax.
        score: 1 to 10.
    """

    number: int
    name: str
    town: Town
    quarter: str
    coordinates: Coordinates
    stars: int
    nightly_usd: float
    score: float | None
    reviews: int | None
    brand: str | None
    test: bool

    @property
    def id(self) -> str:
        """Return its accommodation id."""
        return ids.compose("acc", self.number)

    @property
    def currency(self) -> str:
        """Return what it charges in."""
        local = "USD" if self.town.city is None else self.town.city.currency
        return local if local in _PER_USD else "USD"

    def amenities(self) -> list[tuple[str, str]]:
        """Return Duffel's word and the hotel's for each."""
        return [
            (kind, words)
            for kind, (words, usual) in _AMENITIES.items()
            if share("amenity", self.number, kind) < usual + (self.stars - 3) * 0.1
        ]

    def base(self, room: Room, check_in: date, nights: int) -> Decimal:
        """Return what a room costs for the nights, before tax, in its own currency."""
        each = (self._night_usd(check_in + timedelta(days=n)) for n in range(nights))
        usd = Decimal(sum(each)) * room.factor
        return (usd * _PER_USD[self.currency]).quantize(Decimal("0.01"))

    def _night_usd(self, night: date) -> int:
        season = between(0.9, 1.25, "season", self.town.id, night.isocalendar()[1])
        weekend = 1.1 if night.weekday() in _WEEKEND else 1.0
        return max(20, round(self.nightly_usd * season * weekend))

    def sold_out(self, seed: int, check_in: date) -> bool:
        """Tell whether nothing is left in the week of arrival."""
        week = check_in.isocalendar()[:2]
        return not self.test and share("full", seed, self.number, *week) < 0.08  # noqa: PLR2004


def hotels_around(seed: int, center: Coordinates, radius_km: float) -> list[Hotel]:
    """Return every hotel in a circle, nearest first."""
    reach_km = radius_km + 15
    near = (t for t in towns.load_towns() if great_circle_km(t.coordinates, center) <= reach_km)
    found = ((great_circle_km(h.coordinates, center), h) for t in near for h in hotels_in(seed, t))
    within = sorted((km, hotel.number, hotel) for km, hotel in found if km <= radius_km)
    return [hotel for _, _, hotel in within]


def hotels_of(seed: int, accommodation_ids: Iterable[str]) -> list[Hotel]:
    """Return the hotels with these ids; unknown ones are passed over."""
    known = towns.load_towns()
    found: list[Hotel] = []
    for identifier in accommodation_ids:
        number = ids.number_of("acc", identifier)
        town, n = (-1, -1) if number is None else divmod(number, _SPAN)
        hotels = hotels_in(seed, known[town]) if 0 <= town < len(known) else ()
        found += [hotels[n]] if 0 <= n < len(hotels) else []
    return found


@lru_cache(maxsize=64)
def hotels_in(seed: int, town: Town) -> tuple[Hotel, ...]:
    """Return a town's hotels; the first is Duffel's test hotel."""
    number = towns.load_towns().index(town) * _SPAN
    shared = [home for home in listings_in(seed, town) if home.kind == "hotel_room"][:_SHARED]
    invented = [_hotel(seed, town, number + n, None) for n in range(_HOTELS.get(town.size, 6))]
    first = number + len(invented)
    return (
        *invented,
        *(_hotel(seed, town, first + n, home) for n, home in enumerate(shared)),
    )


def _hotel(seed: int, town: Town, number: int, home: Listing | None) -> Hotel:
    """Invent one hotel, or one of which `home` is the listing among homes."""
    words = ("hotel", seed, number)
    test = number % _SPAN == 0
    spots = quarters_of(town)
    # The test hotel is always in the first, where every search of the town finds it.
    quarter, middle = spots[0 if test else whole("quarter", *words) % len(spots)]
    stars = 3 if test else 2 + whole("stars", *words) % 4
    usual = town.city.nightly_rate_usd if town.city else _USUAL_NIGHTLY_USD
    nightly = usual * (0.5 + 0.22 * stars) * between(0.85, 1.2, "nightly", *words)
    new = share("new", *words) < 0.06  # noqa: PLR2004
    name = f"Duffel Test Hotel {town.name}" if test else _name(words, quarter)
    at = _shifted(middle, words)
    if home is not None:
        name, quarter, at = home.name, home.quarter, home.coordinates
    return Hotel(
        number=number,
        name=name,
        town=town,
        quarter=quarter,
        coordinates=at,
        stars=stars,
        nightly_usd=round(nightly, 2),
        score=None if new else round(between(6.4, 9.6, "score", *words), 1),
        reviews=None if new else 20 + int(share("reviews", *words) ** 2 * 3_000),
        brand=TEST_GROUP if test else _BRANDS[whole("brand", *words) % len(_BRANDS)],
        test=test,
    )


def _name(words: tuple[object, ...], quarter: str) -> str:
    # Neighbours in one town differ: each takes the next name of the list.
    first = whole("name", words[1], "first") % len(_NAMES)
    place = int(str(words[2])) % _SPAN
    return f"{_NAMES[(first + place) % len(_NAMES)]} {quarter}"


def _shifted(middle: Coordinates, words: tuple[object, ...]) -> Coordinates:
    north, east = (between(-0.006, 0.006, way, *words) for way in ("north", "east"))
    longitude = (middle.longitude + east + 180) % 360 - 180
    return Coordinates(max(-90.0, min(90.0, middle.latitude + north)), longitude)
