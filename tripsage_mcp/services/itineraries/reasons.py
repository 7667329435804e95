"""The words beside a plan: why each place is in, what was left out, where to go in the rain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date

from tripsage_mcp.domain.geo import great_circle_km
from tripsage_mcp.domain.itinerary import (
    Itinerary,
    ItineraryDay,
    ItineraryItem,
    LeftOut,
    Pace,
    RainAlternative,
    elapsed_minute,
)
from tripsage_mcp.domain.weather import WeatherDay
from tripsage_mcp.planning.explain import Explanation, explain
from tripsage_mcp.planning.problem import Plan, Problem, Reason
from tripsage_mcp.services.itineraries.candidates import Found, indoor_of, is_wet, open_windows
from tripsage_mcp.services.itineraries.frame import Frame
from tripsage_mcp.services.itineraries.layout import PINNED

_MANY_RATINGS = 20_000
_RAIN_KM = 4.0
_SHORTEST_SHELTER = 30
_EXPLAINED = 16
"""How many of those left out are looked at closely."""


def explained(problem: Problem, plan: Plan) -> Explanation:
    """Explain a plan, with the best of what was left out."""
    placed = {stop.key for stops in plan.days for stop in stops}
    missing = [c for c in problem.candidates if c.key not in placed and c.kind != "meal"]
    missing.sort(key=lambda c: (not c.must_see, -max(c.scores, default=0.0), c.key))
    near = {c.key for c in missing[:_EXPLAINED]}
    kept = tuple(c for c in problem.candidates if c.key in placed or c.key in near)
    return explain(replace(problem, candidates=kept), plan)


def with_reasons(
    days: Sequence[ItineraryDay],
    given: Frame,
    found: Mapping[str, Found],
    told: Explanation,
    interests: Sequence[str],
) -> tuple[ItineraryDay, ...]:
    """Say of each item why it is in, and how much later it may end."""
    slack = {(placed.day, placed.key): placed.slack for placed in told.placed}
    fixed = {(i.kind, i.name, i.starts): f"{PINNED}{n}" for n, i in enumerate(given.fixed)}

    def said(number: int, item: ItineraryItem) -> ItineraryItem:
        key = item.place_id or item.kind
        key = fixed.get((item.kind, item.name, item.starts), key)
        known = found.get(item.place_id or "")
        why = item.why or (None if known is None else why_in(known, interests))
        return replace(item, why=why, slack_minutes=slack.get((number, key)))

    return tuple(
        replace(day, items=tuple(said(n, item) for item in day.items)) for n, day in enumerate(days)
    )


def why_in(found: Found, interests: Sequence[str]) -> str | None:
    """Return the best reason to go somewhere, in one phrase."""
    place = found.place
    unsure = {
        "closed_temporarily": "closed at present: see that it is open again",
        "future": "not open yet: see that it is by then",
    }.get(place.status)
    if unsure is not None:
        return unsure
    rating = "" if place.rating is None else f"{place.rating:.1f} stars"
    count = place.rating_count or 0
    if rating and count >= _MANY_RATINGS:
        rating = f"famous: {rating} of {count // 1000}k"
    wished = [interests[n] for n in sorted(found.interests) if n < len(interests)]
    first = " ".join(wished[0].split()) if wished else ""
    if found.suits_diet and found.is_meal:
        first = "found for the diet"
    if found.must_see:
        return "must-see"
    return ", ".join(part for part in (first, rating) if part) or None


def left_out(
    told: Explanation, found: Mapping[str, Found], dates: Sequence[date], pace: Pace
) -> tuple[LeftOut, ...]:
    """Word the reasons."""
    closed = f"closed on {dates[0]:%A}" if len(dates) == 1 else "closed on these dates"
    words: dict[Reason, str] = {
        "closed": closed,
        "too_far": "too far for the time there is",
        "pace": f"the {pace} pace is full",
        "no_time": "no time left",
        "walking": "too much walking",
        "budget": "over the budget",
        "group": "enough of its kind",
        "excluded": "the same as another place",
        "order": "comes in the wrong order",
    }
    return tuple(
        LeftOut(
            found[left.key].place.name,
            left.key,
            words[left.reason] + _instead(left.drop, left.reason, found),
        )
        for left in told.left_out
        if left.key in found
    )


def _instead(drop: tuple[str, int] | None, reason: Reason, found: Mapping[str, Found]) -> str:
    """Say what it would fit instead of; of a full day anything would do."""
    if drop is None or reason == "pace" or drop[0] not in found:
        return ""
    return f"; fits instead of {found[drop[0]].place.name}"


def with_weather(
    days: Sequence[ItineraryDay], weather: Mapping[date, WeatherDay]
) -> tuple[ItineraryDay, ...]:
    """Add each day's weather in words."""
    return tuple(replace(day, weather=_weather_words(weather.get(day.date))) for day in days)


def with_shelter(
    itinerary: Itinerary,
    given: Frame,
    found: Mapping[str, Found],
    weather: Mapping[date, WeatherDay],
) -> Itinerary:
    """Name a place with a roof for each outdoor sight of a wet day, where one is near and open."""
    planned = {item.place_id for day in itinerary.days for item in day.items}
    free = sorted(
        (
            f
            for key, f in found.items()
            if key not in planned and f.is_sight and indoor_of(f.place) is True
        ),
        key=lambda f: (-f.score, f.place.place_id),
    )
    days: list[ItineraryDay] = []
    for day in itinerary.days:
        told = weather.get(day.date)
        spared = [] if told is None or not is_wet(told) else list(_shelters(day, given, free))
        days.append(replace(day, rain_alternatives=tuple(spared)))
    return replace(itinerary, days=tuple(days))


def _shelters(day: ItineraryDay, given: Frame, free: list[Found]) -> Iterator[RainAlternative]:
    for item in day.items:
        at = item.coordinates
        if item.kind != "visit" or item.indoor is not False or at is None:
            continue
        near = (
            f
            for f in free
            if great_circle_km(at, f.place.coordinates) <= _RAIN_KM
            and f.place.opening_hours is not None
            and _opens(f, day.date, item, given)
        )
        shelter = next(near, None)
        if shelter is not None:
            free.remove(shelter)
            yield RainAlternative(item.item_id, shelter.place.name, shelter.place.place_id)


def _opens(found: Found, day: date, item: ItineraryItem, given: Frame) -> bool:
    start = elapsed_minute(day, item.starts.astimezone(UTC), given.zone)
    end = elapsed_minute(day, item.ends.astimezone(UTC), given.zone)
    return any(
        min(end, closes) - max(start, opens) >= min(_SHORTEST_SHELTER, end - start)
        for opens, closes in open_windows(found, day, given.zone)
    )


def _weather_words(weather: WeatherDay | None) -> str | None:
    if weather is None:
        return None
    degrees = f"{weather.low_c:.0f} to {weather.high_c:.0f} °C"
    rain = weather.precipitation_probability
    if weather.kind == "climatology":
        wet = "" if rain is None else f", rain on {rain} % of days"
        return f"usually {degrees}{wet}"
    wet = "" if rain is None else f", rain {rain} %"
    return f"{weather.condition}, {degrees}{wet}"
