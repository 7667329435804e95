"""The part of the check about places: whether they are open, usable, booked, and dry."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.itinerary import Finding, Itinerary, Repair, at_wall_minute
from tripsage_mcp.domain.place import MinuteWindow, OpeningHours, Place
from tripsage_mcp.domain.weather import (
    EXTREME_COLD_C,
    EXTREME_HEAT_C,
    HEAT_C,
    RAIN_MM,
    RAIN_PERCENT,
    STORM_GUST_KMH,
    STORM_KMH,
    WeatherDay,
)
from tripsage_mcp.planning.reading import (
    PLACE_KINDS,
    PLANNED_KINDS,
    Entry,
    Reading,
    clock,
    day_words,
    listed,
    span,
    utc,
    wall,
)

type _Spans = list[tuple[datetime, datetime]]


def open_places(reading: Reading) -> Iterator[Finding]:
    """Find visits to places that are closed then, or gone."""
    for entry in reading.entries:
        item = entry.item
        if item.kind not in PLACE_KINDS or entry.is_anywhere:
            continue
        place = reading.place(item)
        if place is None:
            because = "it has no place_id" if item.place_id is None else "nobody knows its place_id"
            why = reading.facts.unknown.get(item.place_id or item.name, because)
            yield _hours_unknown(entry, why)
            continue
        gone = _gone(entry, place)
        if gone is not None:
            yield gone
        elif place.opening_hours is None:
            why = reading.facts.unknown.get(place.place_id, "the source does not know them")
            yield _hours_unknown(entry, why)
        else:
            zone = reading.zone if place.time_zone is None else ZoneInfo(place.time_zone)
            yield from _hours(reading.itinerary, entry, place.opening_hours, zone)
        if place.status == "closed_temporarily":
            yield Finding(
                "closed_for_now",
                "unchecked",
                f"{item.name} is closed at present; nobody knows whether it opens again by "
                f"{day_words(entry.day.date)}.",
                entry.day.date,
                (item.name,),
                "Look at the place's own page, or choose another place.",
                Repair("replace", item.name, item.item_id),
            )


def _hours_unknown(entry: Entry, why: str) -> Finding:
    return Finding(
        "hours_unknown",
        "unchecked",
        f"The opening hours of {entry.item.name} could not be checked: {why}.",
        entry.day.date,
        (entry.item.name,),
        "Look at the place's own page before going.",
    )


def _gone(entry: Entry, place: Place) -> Finding | None:
    """Return what is wrong with a place that is not there on that day."""
    item, day = entry.item, entry.day.date
    if place.permanently_closed:
        code, what = "closed_for_good", "no longer exists"
    elif place.status == "future" and place.opens_on is None:
        return Finding(
            "not_open_yet",
            "unchecked",
            f"{item.name} has not opened yet, and nobody says when it will.",
            day,
            (item.name,),
            "Look at the place's own page, or choose another place.",
            Repair("replace", item.name, item.item_id),
        )
    elif place.status == "future" and place.opens_on is not None and day < place.opens_on:
        code, what = "not_open_yet", f"opens only on {place.opens_on}"
    else:
        return None
    return Finding(
        code,
        "blocker",
        f"{item.name} {what}.",
        day,
        (item.name,),
        "Choose another place.",
        Repair("replace", item.name, item.item_id),
    )


def _hours(
    itinerary: Itinerary, entry: Entry, hours: OpeningHours, zone: tzinfo
) -> Iterator[Finding]:
    item = entry.item
    local = entry.starts.astimezone(zone).date()
    windows = hours.on(local)
    # Most visits lie within one opening of their own day, and that is quickly seen.
    spans = [_moments(local, window, zone) for window in windows]
    if not _inside(entry, spans):
        spans = _open_spans(hours, local, zone)
    if _inside(entry, spans):
        return
    times = ", ".join(f"{wall(opens)}-{wall(closes)}" for opens, closes in windows)
    when = f"opens {times} that {local:%A}" if windows else f"is closed that {local:%A}"
    starts = _fits(entry, spans, local, zone)
    repair = Repair("drop", item.name, item.item_id)
    if starts is not None:
        repair = Repair(
            "move", item.name, item.item_id, entry.day.date, starts.astimezone(item.starts.tzinfo)
        )
        suggestion = f"Start it at {clock(starts.astimezone(zone))}."
    else:
        other = next(
            (
                (day.date, moment)
                for day in itinerary.days
                if day.date != local
                and (moment := _fits(entry, _open_spans(hours, day.date, zone), day.date, zone))
            ),
            None,
        )
        suggestion = "It is open on no day of the trip for long enough; choose another place."
        if other is not None:
            suggestion = f"Move it to {day_words(other[0])}, when it is open."
            moment = other[1].astimezone(item.starts.tzinfo)
            repair = Repair("move", item.name, item.item_id, other[0], moment)
    yield Finding(
        "closed",
        "blocker",
        f"{item.name} {when}; the visit is {span(item)}.",
        entry.day.date,
        (item.name,),
        suggestion,
        repair,
    )


def _fits(entry: Entry, spans: _Spans, day: date, zone: tzinfo) -> datetime | None:
    """Return the start on a day, nearest to the planned one, at which the visit fits."""
    length = entry.ends - entry.starts
    wanted = entry.starts + (day - entry.day.date)
    begin = utc(at_wall_minute(day, 0, zone))
    end = utc(at_wall_minute(day + timedelta(days=1), 0, zone))
    fitting = [
        min(max(wanted, opens, begin), closes - length)
        for opens, closes in spans
        if length > timedelta() and max(opens, begin) + length <= closes and opens < end
    ]
    return min(fitting, key=lambda moment: abs(moment - wanted), default=None)


def _open_spans(hours: OpeningHours, around: date, zone: tzinfo) -> _Spans:
    """Return when a place is open from the day before to the day after, joined where they touch."""
    spans = sorted(
        _moments(day, window, zone)
        for day in (around + timedelta(days=n) for n in (-1, 0, 1))
        for window in hours.on(day)
    )
    joined: _Spans = []
    for opens, closes in spans:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _moments(day: date, window: MinuteWindow, zone: tzinfo) -> tuple[datetime, datetime]:
    opens, closes = window
    return utc(at_wall_minute(day, opens, zone)), utc(at_wall_minute(day, closes, zone))


def _inside(entry: Entry, spans: _Spans) -> bool:
    return any(opens <= entry.starts and entry.ends <= closes for opens, closes in spans)


def is_open_on(hours: OpeningHours, day: date) -> bool:
    """Tell whether a place opens at all on a day."""
    return any(closes > opens for opens, closes in hours.on(day))


def access(reading: Reading) -> Iterator[Finding]:
    """Find places that a wheelchair or a stroller cannot enter, and those nobody knows about."""
    wheels = [need for need in reading.itinerary.needs if need in {"wheelchair", "stroller"}]
    if not wheels:
        return
    unknown: list[str] = []
    for entry in reading.entries:
        item = entry.item
        if item.kind not in PLANNED_KINDS or entry.is_anywhere:
            continue
        place = reading.place(item)
        known = None if place is None or place.accessibility is None else place.accessibility
        if known is None or known.entrance is None:
            unknown.append(item.name)
        elif not known.entrance:
            yield Finding(
                "not_accessible",
                "blocker" if "wheelchair" in wheels else "warning",
                f"{item.name} has no step-free entrance, which the {wheels[0]} needs.",
                entry.day.date,
                (item.name,),
                "Choose another place, or ask there for a ramp.",
                Repair("replace", item.name, item.item_id),
            )
    if unknown:
        names = list(dict.fromkeys(unknown))
        yield Finding(
            "access_unknown",
            "unchecked",
            f"Whether {len(names)} places have a step-free entrance is not known: {listed(names)}.",
            items=tuple(names),
            suggestion="Ask there before going.",
        )


def bookings(reading: Reading) -> Iterator[Finding]:
    """Find what needs a booking and has none."""
    for entry in reading.entries:
        item = entry.item
        if item.booking == "needed":
            yield Finding(
                "not_booked",
                "warning",
                f"{item.name} on {day_words(entry.day.date)} at {clock(item.starts)} needs a "
                "booking.",
                entry.day.date,
                (item.name,),
                "Book it before relying on it.",
                Repair("book", item.name, item.item_id, entry.day.date, item.starts),
            )


def visit_lengths(reading: Reading) -> Iterator[Finding]:
    """Find visits rushed through in less than half the usual time."""
    for entry in reading.entries:
        place = reading.place(entry.item)
        if entry.item.kind != "visit" or place is None or place.visit_minutes is None:
            continue
        if 0 < 2 * entry.minutes < place.visit_minutes:
            yield Finding(
                "visit_rushed",
                "warning",
                f"{entry.item.name} has {entry.minutes} min; a visit usually takes "
                f"{place.visit_minutes}.",
                entry.day.date,
                (entry.item.name,),
                f"Stay {place.visit_minutes} min, or drop it.",
                Repair("drop", entry.item.name, entry.item.item_id),
            )


def weather(reading: Reading) -> Iterator[Finding]:
    """Find outdoor sights on wet, stormy or very hot days.

    Beyond the forecast the usual weather of the season counts, and is called that.
    """
    frail = bool(reading.itinerary.needs)
    known = reading.facts.weather
    untold: list[str] = []
    for day, entries in reading.days:
        outside = [entry for entry in entries if _is_outdoor(reading, entry)]
        if not outside:
            continue
        names = tuple(entry.item.name for entry in outside)
        told = None if known is None else known.get(day.date)
        if told is None:
            untold.append(day_words(day.date))
            continue
        bad = _hard_to_bear(told, frail=frail)
        if bad:
            spared = {a.item_id: a for a in day.rain_alternatives}
            instead = next(
                (spared[e.item.item_id] for e in outside if e.item.item_id in spared), None
            )
            suggestion = "Move it to a better day, or go somewhere with a roof."
            if instead is not None:
                suggestion = f"Go to {instead.name} instead if it is as forecast."
            yield Finding(
                "outdoors_in_bad_weather",
                "warning",
                f"{_expected(bad, told)} on {day_words(day.date)}, with {listed(list(names))} "
                "outdoors.",
                day.date,
                names,
                suggestion,
                Repair("move" if instead is None else "replace", names[0], outside[0].item.item_id),
            )
    if untold:
        why = "nobody asked for it" if known is None else "no source tells so far"
        yield Finding(
            "weather_unknown",
            "unchecked",
            f"The weather for outdoor sights on {listed(untold)} is not known: {why}.",
            suggestion="Check again a week before the trip.",
        )


def _is_outdoor(reading: Reading, entry: Entry) -> bool:
    if entry.item.kind not in PLANNED_KINDS:
        return False
    place = reading.place(entry.item)
    indoor = None if place is None else place.indoor
    return (entry.item.indoor if indoor is None else indoor) is False


def _expected(bad: list[str], day: WeatherDay) -> str:
    words = ", ".join(bad)
    return words if day.kind == "forecast" else f"Usually {words[0].lower()}{words[1:]}"


def _hard_to_bear(day: WeatherDay, *, frail: bool) -> list[str]:
    """Say in words what is bad about being outside on a day."""
    said: list[str] = []
    chance, mm = day.precipitation_probability, day.precipitation_mm
    if (chance or 0) >= RAIN_PERCENT or (mm or 0.0) >= RAIN_MM:
        parts = (None if chance is None else f"{chance} %", None if mm is None else f"{mm:g} mm")
        said.append(f"Rain ({', '.join(part for part in parts if part)})")
    hottest = day.high_c if day.feels_high_c is None else max(day.high_c, day.feels_high_c)
    if hottest >= (HEAT_C if frail else EXTREME_HEAT_C):
        said.append(f"Heat ({hottest:.0f} °C)")
    coldest = day.low_c if day.feels_low_c is None else min(day.low_c, day.feels_low_c)
    if coldest <= EXTREME_COLD_C:
        said.append(f"Cold ({coldest:.0f} °C)")
    wind, gust = day.wind_kmh or 0.0, day.gust_kmh or 0.0
    if wind >= STORM_KMH or gust >= STORM_GUST_KMH:
        said.append(f"Storm ({max(wind, gust):.0f} km/h)")
    return said
