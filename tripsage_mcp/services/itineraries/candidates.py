"""From places found to candidates of the planner: what they are, how long, how good, when open."""

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.itinerary import DINNER, LUNCH, Need, at_wall_minute, elapsed_minute
from tripsage_mcp.domain.place import MINUTES_PER_DAY, MinuteWindow, Place
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.planning.problem import Candidate, MealSlot
from tripsage_mcp.services.itineraries.travel import on_grid

LUNCH_MINUTES, DINNER_MINUTES = 60, 90
ASSUMED_HOURS: MinuteWindow = (10 * 60, 18 * 60)
"""For a sight whose hours nobody knows; the visit is then marked as unverified."""
_DEFAULT_MINUTES = 75
_VISIT_MINUTES = {
    "amusement_park": 210, "aquarium": 120, "art_gallery": 105, "beach": 120,
    "botanical_garden": 120, "bridge": 30, "buddhist_temple": 60, "castle": 105, "cathedral": 60,
    "church": 45, "cultural_landmark": 60, "fountain": 15, "garden": 75, "hindu_temple": 45,
    "historical_landmark": 60, "historical_place": 60, "market": 60, "monument": 45, "mosque": 45,
    "museum": 120, "national_park": 150, "neighborhood": 90, "observation_deck": 60, "palace": 105,
    "park": 75, "plaza": 30, "scenic_spot": 30, "shopping_mall": 90, "shrine": 60, "synagogue": 60,
    "theme_park": 240, "viewpoint": 30, "zoo": 180,
}  # fmt: skip
_FAMOUS, _LITTLE_KNOWN = (50_000, 1.25), (20_000, 0.85)
"""Above and below so many ratings, by how much a visit is longer: crowds come with queues."""
_GROUPS = {
    "museum": "museums", "art_gallery": "museums", "church": "worship", "cathedral": "worship",
    "mosque": "worship", "synagogue": "worship", "shrine": "worship", "hindu_temple": "worship",
    "buddhist_temple": "worship", "park": "parks", "garden": "parks", "botanical_garden": "parks",
    "market": "markets", "shopping_mall": "markets",
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
_SNACKS = frozenset({"bakery", "bar", "night_club", "pub", "wine_bar"})
"""Worth a visit only for those who asked for them."""
_WET_PERCENT, _WET_MM = 50, 3.0
_WET_OUTDOOR, _WET_INDOOR, _UNVERIFIED = 0.55, 1.15, 0.8
_INTEREST_SCORE, _DIET_SCORE = 30.0, 25.0
_DISLIKED, _MAY_BE_CLOSED, _STEPS_UNKNOWN = 0.35, 0.6, 0.85
_REOPENS_AFTER = timedelta(days=30)
"""A place that is closed for now may be open again on a trip so far ahead."""
_ANYWHERE_SCORE = 35.0
"""Eating wherever one is: a restaurant must be worth the way to it."""
_UNSUITABLE = {
    "vegetarian": ("steak_house", "barbecue", "seafood", "hamburger", "chicken"),
    "vegan": ("steak_house", "barbecue", "seafood", "hamburger", "chicken", "sushi", "cheese"),
    "pescatarian": ("steak_house", "barbecue", "hamburger", "chicken"),
    "halal": ("barbecue", "bar", "pub", "wine"),
    "kosher": ("seafood", "barbecue"),
    "gluten_free": ("bakery", "pizza", "ramen", "pasta"),
    "lactose_free": ("cheese", "ice_cream", "pizza"),
    "nut_free": ("dessert", "thai"),
}
"""Kinds of restaurants in which there is little for a diet."""
_DEFAULT_RATING = 3.8
_KINDS_OF_PLACE = frozenset({
    "abbey", "aquarium", "arena", "avenue", "bakery", "basilica", "beach", "botanical", "bridge",
    "building", "cafe", "castle", "cathedral", "center", "central", "centre", "chapel", "church",
    "city", "cruise", "district", "fountain", "gallery", "garden", "gardens", "grand", "great",
    "hall", "hill", "house", "island", "lake", "library", "market", "memorial", "modern",
    "monastery", "monument", "mosque", "mount", "museum", "museums", "national", "neighborhood",
    "neighbourhood", "observatory", "opera", "palace", "park", "pier", "place", "plaza",
    "restaurant", "river", "royal", "saint", "shrine", "shopping", "square", "stadium", "station",
    "street", "synagogue", "temple", "theater", "theatre", "tour", "tower", "town", "university",
    "viewpoint", "visit", "walk", "with", "from", "lunch", "dinner", "breakfast", "brunch",
    "somewhere", "near", "local",
})  # fmt: skip
"""Words of many names: two names that share only these are two places."""
_DOING = re.compile(
    r"(?:(?:lunch|dinner|breakfast|brunch|coffee|drinks?)\s+(?:at|in)|visit(?:\s+to)?)\s+(?:the\s+)?",
    re.IGNORECASE,
)
_SIGHT_FAME, _MEAL_FAME = 8.0, 10.0
_SHORTEST, _LONGEST = 0.8, 1.75
_MOST_SIGHTS, _MOST_MEALS = 60, 40


@dataclass(slots=True)
class Found:
    """A place with what the searches say about it.

    Attributes:
        interests: Indexes of those it was found for.
        suits_diet: A search for restaurants of the diet found it.
        disliked: The traveller does not care for its kind.
    """

    place: Place
    interests: set[int] = field(default_factory=set[int])
    must_see: bool = False
    suits_diet: bool = False
    disliked: bool = False

    @property
    def is_meal(self) -> bool:
        """Whether people come here to eat."""
        types = self.place.types
        # A viewpoint or a bakery may have a cafe too.
        return types[:1] == ("cafe",) or any(
            t == "restaurant" or t.endswith("_restaurant") for t in types
        )

    @property
    def is_sight(self) -> bool:
        """Whether people come here to look."""
        if self.is_meal or self.must_see:
            return not self.is_meal
        types = self.place.types
        snack = bool(_SNACKS.intersection(types[:1])) and not self.interests
        return not snack and _NOT_SIGHTS.isdisjoint(types)

    @property
    def visit_minutes(self) -> int:
        """How long to stay, on the grid."""
        place = self.place
        if place.visit_minutes is not None:
            return on_grid(max(place.visit_minutes, 5))
        usual = next((_VISIT_MINUTES[t] for t in place.types if t in _VISIT_MINUTES), None)
        if usual is None:
            usual = _DEFAULT_MINUTES
        ratings = place.rating_count
        if ratings is not None and ratings >= _FAMOUS[0]:
            usual = usual * _FAMOUS[1]
        elif ratings is not None and ratings < _LITTLE_KNOWN[0]:
            usual = usual * _LITTLE_KNOWN[1]
        return on_grid(round(usual))

    @property
    def group(self) -> str | None:
        """What it is one of many of, unless that is what the traveller asked for."""
        if self.interests or self.must_see:
            return None
        return next((_GROUPS[t] for t in self.place.types if t in _GROUPS), None)

    @property
    def score(self) -> float:
        """How much it is worth on a day with any weather: about 10 to 300."""
        place = self.place
        rating = _DEFAULT_RATING if place.rating is None else place.rating
        ratings = place.rating_count or 0
        score = min(40.0, max(5.0, (rating - 3) * 20))
        score += _INTEREST_SCORE if self.interests else 0.0
        if self.is_meal:
            score += _MEAL_FAME * math.log10(1 + ratings)
        else:
            # People cross a town for a famous sight, and half a day there is worth two short stops.
            score += _SIGHT_FAME * ratings**0.25
            score *= min(_LONGEST, max(_SHORTEST, math.sqrt(self.visit_minutes / 60)))
        score += _DIET_SCORE if self.suits_diet and self.is_meal else 0.0
        score *= _DISLIKED if self.disliked and not self.must_see else 1.0
        if place.status != "operational":
            return score * _MAY_BE_CLOSED
        return score * (_UNVERIFIED if place.opening_hours is None else 1.0)

    def score_on(self, weather: WeatherDay | None) -> float:
        """Return the score for one day: rain favours what has a roof."""
        if weather is None or not is_wet(weather):
            return self.score
        factor = {True: _WET_INDOOR, False: _WET_OUTDOOR, None: 1.0}[indoor_of(self.place)]
        return self.score * factor


def indoor_of(place: Place) -> bool | None:
    """Tell whether rain does not matter at a place: as its source says, or else by its kind."""
    if place.indoor is not None:
        return place.indoor
    if _INDOOR.intersection(place.types):
        return True
    return False if _OUTDOOR.intersection(place.types) else None


def is_wet(weather: WeatherDay) -> bool:
    """Tell whether rain should move plans indoors; the average of past years never does."""
    if weather.kind != "forecast":
        return False
    if weather.precipitation_probability is not None:
        return weather.precipitation_probability >= _WET_PERCENT
    return weather.precipitation_mm is not None and weather.precipitation_mm >= _WET_MM


def settled(place: Place) -> Place:
    """Return a place as it may be on a trip: of one that is shut today nobody knows the hours."""
    shut = place.status in {"closed_temporarily", "future"}
    return replace(place, opening_hours=None) if shut else place


@dataclass(frozen=True, slots=True)
class Selection:
    """What a place must be like to be considered.

    Attributes:
        today: Where the traveller plans.
    """

    dates: Sequence[date]
    today: date
    needs: Sequence[Need] = ()
    diet: Sequence[str] = ()

    def allows(self, found: Found) -> bool:
        """Tell whether a place may be proposed; a must-see may whatever it is like."""
        place = found.place
        if place.permanently_closed:
            return False
        if found.must_see:
            return True
        access = place.accessibility
        if "wheelchair" in self.needs and access is not None and access.entrance is False:
            return False
        if place.status == "future":
            return place.opens_on is not None and place.opens_on <= self.dates[-1]
        if place.status == "closed_temporarily":
            return self.dates[0] - self.today >= _REOPENS_AFTER
        return not found.is_meal or self._feeds(found)

    def _feeds(self, found: Found) -> bool:
        bad = [word for diet in self.diet for word in _UNSUITABLE.get(diet, ())]
        # What was found for the diet may well have a grill too, but it is not one.
        types = found.place.types[:1] if found.suits_diet else found.place.types
        return not any(word in kind for kind in types for word in bad)

    def factor(self, place: Place) -> float:
        """Return by how much less a place is worth to the party."""
        if not {"wheelchair", "stroller"}.intersection(self.needs):
            return 1.0
        access = place.accessibility
        known = None if access is None else access.entrance
        return {True: 1.0, None: _STEPS_UNKNOWN, False: _DISLIKED}[known]


def select(found: Sequence[Found], chosen: Selection) -> tuple[list[Found], list[Found]]:
    """Return the sights and the restaurants worth considering, best first."""
    days = len(chosen.dates)
    ranked = sorted(
        (f for f in found if chosen.allows(f)),
        key=lambda f: (not f.must_see, -f.score * chosen.factor(f.place), f.place.place_id),
    )
    sights = [f for f in ranked if f.is_sight][: min(_MOST_SIGHTS, 14 + 8 * days)]
    meals = [f for f in ranked if f.is_meal][: min(_MOST_MEALS, 6 + 4 * days)]
    return sights, meals


def candidates(
    found: Sequence[Found],
    chosen: Selection,
    zone: ZoneInfo,
    weather: Mapping[date, WeatherDay],
    locations: Mapping[str, int],
    costs: Callable[[Found], int],
) -> tuple[Candidate, ...]:
    """Return what the planner may choose from.

    Args:
        found: The places.
        chosen: Whose trip, and when.
        zone: The destination's.
        weather: By date.
        locations: Place ids to matrix indexes.
        costs: What a visit costs everybody, in the planner's minor units.
    """
    return tuple(
        Candidate(
            key=f.place.place_id,
            location=locations[f.place.place_id],
            minutes=LUNCH_MINUTES if f.is_meal else f.visit_minutes,
            windows=tuple(open_windows(f, day, zone) for day in chosen.dates),
            scores=tuple(
                chosen.factor(f.place) * (f.score if f.is_meal else f.score_on(weather.get(day)))
                for day in chosen.dates
            ),
            kind="meal" if f.is_meal else "sight",
            must_see=f.must_see,
            group=f.group,
            min_minutes=_shortest(f),
            cost=costs(f),
        )
        for f in found
    )


def _shortest(found: Found) -> int | None:
    """Return the shortest visit to something that must be seen: rather short than not at all."""
    if found.is_meal or not found.must_see:
        return None
    return min(found.visit_minutes, max(30, on_grid(found.visit_minutes * 2 // 3)))


def meal_slots(dates: Sequence[date], zone: ZoneInfo) -> tuple[MealSlot, ...]:
    """Return lunch and dinner with their windows on each date."""
    return (
        MealSlot(
            "lunch",
            LUNCH_MINUTES,
            tuple(elapsed(LUNCH, d, zone) for d in dates),
            anywhere=_ANYWHERE_SCORE,
        ),
        MealSlot(
            "dinner",
            DINNER_MINUTES,
            tuple(elapsed(DINNER, d, zone) for d in dates),
            anywhere=_ANYWHERE_SCORE,
        ),
    )


def open_windows(found: Found, day: date, zone: ZoneInfo) -> tuple[MinuteWindow, ...]:
    """Return when a place is open on a day, in real minutes after its midnight, joined."""
    hours, opens_on = found.place.opening_hours, found.place.opens_on
    if found.place.status == "future" and opens_on is not None and day < opens_on:
        return ()
    if hours is None:
        assumed = (LUNCH, DINNER) if found.is_meal else (ASSUMED_HOURS,)
        return tuple(elapsed(window, day, zone) for window in assumed)
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


def elapsed(window: MinuteWindow, day: date, zone: ZoneInfo) -> MinuteWindow:
    """Return wall-clock minutes of a day as real minutes after its midnight."""
    opens, closes = (elapsed_minute(day, at_wall_minute(day, m, zone), zone) for m in window)
    return opens, closes


def bare_name(words: str) -> str:
    """Return the name of the place in what somebody does there: `Lunch at` it, `Visit` it."""
    return _DOING.sub("", words.strip(), count=1)


def alike(asked: str, name: str) -> bool:
    """Tell whether two names may mean one place: they share a word that is not just its kind."""
    said, called = _words(asked), _words(name)
    telling = said - _KINDS_OF_PLACE
    if telling:
        return bool(telling & called)
    return bool(said) and said <= called


def tells_apart(name: str) -> bool:
    """Tell whether a name says more than what kind of place it is."""
    return bool(_words(name) - _KINDS_OF_PLACE)


def kind_words(name: str) -> set[str]:
    """Return the words of a name that say what kind of place it is."""
    return _words(name) & _KINDS_OF_PLACE


def same_name(asked: str, name: str) -> bool:
    """Tell whether two names are one but for accents, case and punctuation."""
    return _plain(asked).split() == _plain(name).split()


def surely_alike(asked: str, name: str) -> bool:
    """Tell whether one of two names says no telling word that the other does not."""
    said, called = _words(asked) - _KINDS_OF_PLACE, _words(name) - _KINDS_OF_PLACE
    return alike(asked, name) and (said <= called or called <= said)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"\w+", plain))


def _words(text: str) -> set[str]:
    # Short words are articles, except where the script writes a word in two letters.
    return {w for w in _plain(text).split() if len(w) > 3 or not w.isascii()}  # noqa: PLR2004
