"""Invented homes: the same for the same seed, spread over a town's neighbourhoods."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.sandbox import towns
from tripsage_mcp.sandbox.schedule.chance import between, share, whole
from tripsage_mcp.sandbox.towns import Town

type Kind = Literal["entire_home", "private_room", "shared_room", "hotel_room"]

PER_TOWN = 66
_USUAL_NIGHTLY_USD = 105.0
# The share of each kind, adding up.
_KINDS: list[tuple[Kind, float]] = [
    ("entire_home", 0.72),
    ("private_room", 0.89),
    ("hotel_room", 0.96),
    ("shared_room", 1.0),
]
_COST: dict[Kind, float] = {
    "entire_home": 1.0,
    "hotel_room": 1.05,
    "private_room": 0.52,
    "shared_room": 0.28,
}
# Where nobody drew the quarters: names that fit any town, and where they lie, in kilometres.
_QUARTERS = (
    ("Old Town", 0.4, 0.2),
    ("Central Station", -0.9, 0.8),
    ("Riverside", 0.6, -1.4),
    ("Market District", -0.5, -0.7),
    ("University Quarter", 1.6, 0.9),
    ("Park Side", -1.8, -1.1),
)
_WORDS = ("Sunny", "Quiet", "Bright", "Charming", "Modern", "Cosy", "Stylish", "Airy", "Restored",
    "Elegant", "Compact", "Spacious", "Artsy", "Tranquil", "Light-filled")  # fmt: skip
_EXTRAS = ("with balcony", "with a view", "near the metro", "on a calm street", "with terrace",
    "in the heart of it all", "with garden", "by the market", "with lift", "on the top floor",
    "for slow mornings", "with desk and fast wifi")  # fmt: skip
_HOMES = ("apartment", "loft", "flat", "townhouse", "penthouse")
_ROOMS: dict[Kind, str] = {
    "private_room": "room",
    "shared_room": "shared room",
    "hotel_room": "hotel room",
}
_ID_BASE = 600_000_000_000_000_000
# A prime: multiplying by less than it is a permutation that division undoes.
_ID_SPAN = 1_000_000_000_039
_ID_FACTOR = 716_239_871_533
_WEEKEND = (4, 5)
_DEGREE_KM = 111.2


@dataclass(frozen=True, slots=True)
class Listing:
    """One invented home.

    Attributes:
        id: Digits, as Airbnb's.
        guests: As many sleep there, infants apart.
        nightly_usd: On an ordinary night out of season.
        rating: None while it is new.
        label: Which of the documented price labels it shows, 0 to 2.
    """

    id: str
    name: str
    kind: Kind
    home: str
    town: Town
    quarter: str
    coordinates: Coordinates
    guests: int
    bedrooms: int
    beds: int
    baths: int
    nightly_usd: float
    cleaning_usd: int
    rating: float | None
    reviews: int
    superhost: bool
    pets: bool
    free_cancellation: bool
    label: int

    @property
    def number(self) -> int:
        """Return its own number, for what else is drawn."""
        return int(self.id)

    def available(self, seed: int, checkin: date, nights: int) -> bool:
        """Tell whether every week it is asked for is free."""
        weeks = {(checkin + timedelta(days=n)).isocalendar()[:2] for n in range(nights)}
        return all(share("free", seed, self.id, *week) >= 0.1 for week in weeks)  # noqa: PLR2004

    def total_usd(self, checkin: date, nights: int) -> int:
        """Return the sum of the nights, by season and weekday, in whole dollars."""
        return sum(self._night_usd(checkin + timedelta(days=n)) for n in range(nights))

    def _night_usd(self, night: date) -> int:
        city = self.town.city
        warmest = 7.0
        if city is not None:
            highs = city.climate.high_c
            # Where summer is unbearable the season is the other half of the year.
            pleasant = [-abs(high - 25) for high in highs]
            warmest = pleasant.index(max(pleasant)) + 0.5
        elif self.town.coordinates.latitude < 0:
            warmest = 1.0
        phase = (night.timetuple().tm_yday / 30.44 - warmest) / 12 * 2 * math.pi
        season = 1.02 + 0.2 * math.cos(phase)
        # New Year costs everywhere.
        if (night.month, night.day) >= (12, 27) or (night.month, night.day) == (1, 1):
            season += 0.35
        weekend = 1.12 if night.weekday() in _WEEKEND else 1.0
        return max(9, round(self.nightly_usd * season * weekend))


def quarters_of(town: Town) -> list[tuple[str, Coordinates]]:
    """Return where people stay in a town."""
    if town.city is not None:
        return [(quarter.name, quarter.coordinates) for quarter in town.city.neighbourhoods]
    return [(name, _shifted(town.coordinates, north, east)) for name, north, east in _QUARTERS]


def _shifted(at: Coordinates, north_km: float, east_km: float) -> Coordinates:
    narrowing = max(0.05, math.cos(math.radians(at.latitude)))
    longitude = at.longitude + east_km / _DEGREE_KM / narrowing
    return Coordinates(
        max(-90.0, min(90.0, at.latitude + north_km / _DEGREE_KM)),
        (longitude + 180) % 360 - 180,
    )


@lru_cache(maxsize=64)
def listings_in(seed: int, town: Town) -> tuple[Listing, ...]:
    """Return a town's listings, in the order Airbnb would show them."""
    number = towns.load_towns().index(town)
    found = [_listing(seed, town, number, n) for n in range(PER_TOWN)]
    return tuple(sorted(found, key=lambda item: share("order", seed, item.id)))


def find_listing(seed: int, identifier: str) -> Listing | None:
    """Return the listing with this id, or None when there is none."""
    town_number, n = divmod(_decoded(seed, int(identifier)), 100)
    known = towns.load_towns()
    if not (0 <= town_number < len(known) and n < PER_TOWN):
        return None
    return _listing(seed, known[town_number], town_number, n)


def _encoded(seed: int, plain: int) -> str:
    offset = whole("ids", seed) % _ID_SPAN
    return str(_ID_BASE + (plain * _ID_FACTOR + offset) % _ID_SPAN)


def _decoded(seed: int, identifier: int) -> int:
    offset = whole("ids", seed) % _ID_SPAN
    if not 0 <= identifier - _ID_BASE < _ID_SPAN:
        return -1
    return (identifier - _ID_BASE - offset) * pow(_ID_FACTOR, -1, _ID_SPAN) % _ID_SPAN


def _listing(seed: int, town: Town, town_number: int, n: int) -> Listing:
    words = ("listing", seed, town.id, n)
    drawn = share("kind", *words)
    kind: Kind = next(kind for kind, upto in _KINDS if drawn < upto)
    spots = quarters_of(town)
    quarter, middle = spots[whole("quarter", *words) % len(spots)]
    bedrooms = 1
    if kind == "entire_home":
        bedrooms = (0, 1, 1, 1, 2, 2, 3, 4)[whole("bedrooms", *words) % 8]
    sleeps_alone = kind == "shared_room"
    beds = 1 if sleeps_alone else max(1, bedrooms + whole("beds", *words) % 2)
    guests = 1 if sleeps_alone else max(2, bedrooms * 2 + (beds > bedrooms))
    usual = town.city.nightly_rate_usd if town.city else _USUAL_NIGHTLY_USD
    nightly = usual * _COST[kind] * (0.62 + 0.38 * max(1, bedrooms)) * between(0.7, 1.5, *words)
    new = share("new", *words) < 0.08  # noqa: PLR2004
    return Listing(
        id=_encoded(seed, town_number * 100 + n),
        name=_name(words, quarter, kind, bedrooms),
        kind=kind,
        home=_home(words, kind, bedrooms),
        town=town,
        quarter=quarter,
        coordinates=_shifted(
            middle, between(-0.6, 0.6, "north", *words), between(-0.6, 0.6, "east", *words)
        ),
        guests=guests,
        bedrooms=bedrooms,
        beds=beds,
        baths=1 if bedrooms < 3 else 2,  # noqa: PLR2004
        nightly_usd=round(nightly, 2),
        cleaning_usd=0 if kind != "entire_home" else 20 + 12 * max(1, bedrooms),
        rating=None if new else round(between(4.42, 5.0, "rating", *words), 2),
        reviews=0 if new else 3 + int(share("reviews", *words) ** 2.5 * 640),
        superhost=share("superhost", *words) < 0.35,  # noqa: PLR2004
        pets=share("pets", *words) < 0.3,  # noqa: PLR2004
        free_cancellation=share("cancellation", *words) < 0.45,  # noqa: PLR2004
        label=whole("label", *words) % 3,
    )


def _home(words: tuple[object, ...], kind: Kind, bedrooms: int) -> str:
    if kind != "entire_home":
        return _ROOMS[kind]
    if bedrooms == 0:
        return "studio"
    return _HOMES[whole("home", *words) % len(_HOMES)]


def _name(words: tuple[object, ...], quarter: str, kind: Kind, bedrooms: int) -> str:
    adjective = _WORDS[whole("adjective", *words) % len(_WORDS)]
    extra = _EXTRAS[whole("extra", *words) % len(_EXTRAS)]
    return f"{adjective} {_home(words, kind, bedrooms)} in {quarter} {extra}"
