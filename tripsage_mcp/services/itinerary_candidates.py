"""From places found to candidates of the planner: what they are, how long, how good, when open."""

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.itinerary import DINNER, LUNCH, at_wall_minute, elapsed_minute
from tripsage_mcp.domain.place import MINUTES_PER_DAY, MinuteWindow, Place
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.planning.problem import Candidate, MealSlot
from tripsage_mcp.services.itinerary_travel import on_grid

LUNCH_MINUTES, DINNER_MINUTES = 60, 90
ASSUMED_HOURS: MinuteWindow = (10 * 60, 18 * 60)
"""For a sight whose hours nobody knows; the visit is then marked as unverified."""
_DEFAULT_MINUTES = 60
_VISIT_MINUTES = {
    "amusement_park": 240, "aquarium": 120, "art_gallery": 90, "beach": 120, "botanical_garden": 75,
    "bridge": 20, "buddhist_temple": 40, "castle": 90, "cathedral": 40, "church": 30,
    "cultural_landmark": 45, "fountain": 15, "garden": 60, "hindu_temple": 40,
    "historical_landmark": 45, "historical_place": 45, "market": 60, "monument": 30, "mosque": 40,
    "museum": 120, "national_park": 180, "neighborhood": 90, "observation_deck": 45, "palace": 90,
    "park": 60, "plaza": 30, "scenic_spot": 30, "shopping_mall": 90, "shrine": 40, "synagogue": 40,
    "theme_park": 240, "viewpoint": 30, "zoo": 150,
}  # fmt: skip
_INDOOR = frozenset({
    "aquarium", "art_gallery", "cathedral", "church", "library", "museum",
    "performing_arts_theater", "shopping_mall",
})  # fmt: skip
_OUTDOOR = frozenset({
    "beach", "botanical_garden", "bridge", "fountain", "garden", "monument", "national_park",
    "neighborhood", "park", "plaza", "scenic_spot", "viewpoint", "zoo",
})  # fmt: skip
_NOT_SIGHTS = frozenset({
    "airport", "bus_station", "hotel", "lodging", "parking", "subway_station", "tour_operator",
    "train_station", "transit_station", "travel_agency",
})  # fmt: skip
_WET_PERCENT, _WET_MM = 50, 3.0
_WET_OUTDOOR, _WET_INDOOR, _UNVERIFIED = 0.55, 1.15, 0.8
_INTEREST_SCORE = 25.0
_DEFAULT_RATING = 3.8


@dataclass(slots=True)
class Found:
    """A place with what the searches say about it."""

    place: Place
    interests: set[int] = field(default_factory=set[int])
    must_see: bool = False

    @property
    def is_meal(self) -> bool:
        """Whether people come here to eat."""
        return any(t == "restaurant" or t.endswith("_restaurant") for t in self.place.types)

    @property
    def is_sight(self) -> bool:
        """Whether people come here to look."""
        return not self.is_meal and (self.must_see or _NOT_SIGHTS.isdisjoint(self.place.types))

    @property
    def visit_minutes(self) -> int:
        """How long to stay, on the grid."""
        known = self.place.visit_minutes
        if known is None:
            known = next((_VISIT_MINUTES[t] for t in self.place.types if t in _VISIT_MINUTES), None)
        return on_grid(_DEFAULT_MINUTES if known is None else max(known, 5))

    @property
    def score(self) -> float:
        """How much it is worth on a day with any weather: about 5 to 150."""
        place = self.place
        rating = _DEFAULT_RATING if place.rating is None else place.rating
        score = min(40.0, max(5.0, (rating - 3) * 20)) + 10 * math.log10(
            1 + (place.rating_count or 0)
        )
        if self.interests:
            score += _INTEREST_SCORE
        if not self.is_meal:
            # Five half-hour stops make a poor day: of two equals, the longer fills it better.
            score *= min(1.5, 0.75 + 0.25 * self.visit_minutes / 60)
        return score * (_UNVERIFIED if place.opening_hours is None else 1.0)

    def score_on(self, weather: WeatherDay | None) -> float:
        """Return the score for one day: rain favours what has a roof."""
        if weather is None or not is_wet(weather):
            return self.score
        indoor = self.place.indoor
        if indoor is None:
            types = self.place.types
            indoor = True if _INDOOR.intersection(types) else None
            if indoor is None and _OUTDOOR.intersection(types):
                indoor = False
        factor = {True: _WET_INDOOR, False: _WET_OUTDOOR, None: 1.0}[indoor]
        return self.score * factor


def is_wet(weather: WeatherDay) -> bool:
    """Tell whether rain should move plans indoors; the average of past years never does."""
    if weather.kind != "forecast":
        return False
    if weather.precipitation_probability is not None:
        return weather.precipitation_probability >= _WET_PERCENT
    return weather.precipitation_mm is not None and weather.precipitation_mm >= _WET_MM


def select(found: Sequence[Found], days: int) -> tuple[list[Found], list[Found]]:
    """Return the sights and the restaurants worth considering, best first."""
    ranked = sorted(
        (f for f in found if not f.place.permanently_closed),
        key=lambda f: (not f.must_see, -f.score, f.place.place_id),
    )
    sights = [f for f in ranked if f.is_sight][: min(60, 14 + 8 * days)]
    meals = [f for f in ranked if f.is_meal][: min(40, 6 + 4 * days)]
    return sights, meals


def candidates(
    found: Sequence[Found],
    dates: Sequence[date],
    zone: ZoneInfo,
    weather: Mapping[date, WeatherDay],
    locations: Mapping[str, int],
) -> tuple[Candidate, ...]:
    """Return what the planner may choose from; `locations` maps place ids to matrix indexes."""
    return tuple(
        Candidate(
            key=f.place.place_id,
            location=locations[f.place.place_id],
            minutes=LUNCH_MINUTES if f.is_meal else f.visit_minutes,
            windows=tuple(_windows(f, day, zone) for day in dates),
            scores=tuple(f.score if f.is_meal else f.score_on(weather.get(d)) for d in dates),
            kind="meal" if f.is_meal else "sight",
            must_see=f.must_see,
        )
        for f in found
    )


def meal_slots(dates: Sequence[date], zone: ZoneInfo) -> tuple[MealSlot, ...]:
    """Return lunch and dinner with their windows on each date."""
    return (
        MealSlot("lunch", LUNCH_MINUTES, tuple(_elapsed(LUNCH, d, zone) for d in dates)),
        MealSlot("dinner", DINNER_MINUTES, tuple(_elapsed(DINNER, d, zone) for d in dates)),
    )


def _windows(found: Found, day: date, zone: ZoneInfo) -> tuple[MinuteWindow, ...]:
    """Return when a place is open on a day, in real minutes after its midnight, joined."""
    hours = found.place.opening_hours
    if hours is None:
        assumed = (LUNCH, DINNER) if found.is_meal else (ASSUMED_HOURS,)
        return tuple(_elapsed(window, day, zone) for window in assumed)
    spans = sorted(
        (
            max(0, elapsed_minute(day, at_wall_minute(other, opens, zone), zone)),
            elapsed_minute(day, at_wall_minute(other, closes, zone), zone),
        )
        for other in (day + timedelta(days=n) for n in (-1, 0, 1))
        for opens, closes in hours.on(other)
    )
    joined: list[MinuteWindow] = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        elif closes > 0:
            joined.append((opens, closes))
    # What opens only tomorrow says nothing about today.
    midnight = elapsed_minute(day, at_wall_minute(day, MINUTES_PER_DAY, zone), zone)
    return tuple((on_grid(opens), closes) for opens, closes in joined if opens < midnight)


def _elapsed(window: MinuteWindow, day: date, zone: ZoneInfo) -> MinuteWindow:
    opens, closes = (elapsed_minute(day, at_wall_minute(day, m, zone), zone) for m in window)
    return opens, closes


def alike(asked: str, name: str) -> bool:
    """Tell whether two names share a word that means something."""
    return bool(_words(asked) & _words(name))


def _words(text: str) -> set[str]:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    # Short words are articles, except where the script writes a word in two letters.
    return {w for w in re.findall(r"\w+", plain) if len(w) > 3 or not w.isascii()}  # noqa: PLR2004
