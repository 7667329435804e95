"""How times, ways and sums are put into words, the same in every format that people read."""

from datetime import date, datetime

from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.place import TravelMode
from tripsage_mcp.exports.journey import Journey, Stop, StopKind

_MODES: dict[TravelMode, str] = {
    "walk": "on foot",
    "transit": "by public transport",
    "drive": "by car",
    "bicycle": "by bicycle",
}
_KINDS: dict[StopKind, str] = {
    "lunch": "Lunch",
    "dinner": "Dinner",
    "meal": "Meal",
    "arrival": "Arrival",
    "departure": "Departure",
    "flight": "Flight",
    "transport": "Journey",
    "check_in": "Check-in",
    "check_out": "Check-out",
    "lodging": "Stay",
    "rest": "Rest",
    "note": "Note",
    "activity": "Activity",
}
_KILOMETRE = 1000
_TO = "\N{EN DASH}"


def day_words(day: date) -> str:
    """Write `Monday 10 May 2027`."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    """Write `Mon 10 May`."""
    return f"{day:%a} {day.day} {day:%b}"


def span_words(first: date, last: date) -> str:
    """Write `10 to 14 May 2027`, with no month or year said twice."""
    if first == last:
        return day_words(first)
    begin = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        begin += f" {first:%B}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"{begin} to {last.day} {last:%B %Y}"


def time_words(stop: Stop, zone: str) -> str:
    """Write `09:30-11:00`, with the zone where it is not `zone`; `` where no time is set."""
    starts, ends = stop.local_start, stop.local_end
    if starts is None:
        return ""
    begin = _clock(starts, stop.zone, zone)
    if ends is None or stop.ends == stop.starts:
        return begin
    # In one zone the zone is said once, after both.
    if stop.end_zone in {None, stop.zone}:
        begin = f"{starts:%H:%M}"
    later = (ends.date() - starts.date()).days
    shift = f" ({later:+d} day{'' if abs(later) == 1 else 's'})" if later else ""
    return f"{begin}{_TO}{_clock(ends, stop.end_zone or stop.zone, zone)}{shift}"


def kind_words(kind: StopKind) -> str:
    """Name what is not told by the name alone; `` for a sight."""
    return _KINDS.get(kind, "")


def name_words(stop: Stop) -> str:
    """Write `Lunch: Cantina`, unless the name says it."""
    kind = kind_words(stop.kind)
    if not kind or kind.casefold() in stop.name.casefold():
        return stop.name
    return f"{kind}: {stop.name}"


def leg_words(leg: Leg) -> str:
    """Write `12 min on foot, 900 m`."""
    about = "about " if leg.estimated else ""
    far = "" if leg.meters is None else f", {distance_words(leg.meters)}"
    return f"{about}{leg.minutes} min {_MODES[leg.mode]}{far}"


def distance_words(meters: float) -> str:
    """Write `900 m`, `1.2 km` or `250 km`."""
    if meters < _KILOMETRE:
        return f"{round(meters)} m"
    kilometres = meters / _KILOMETRE
    return f"{kilometres:.1f} km" if kilometres < 10 and kilometres % 1 else f"{kilometres:.0f} km"  # noqa: PLR2004 - a decimal says nothing more from there on


def fact_words(stop: Stop) -> tuple[str, ...]:
    """Return what there is to know of a stop beside its name and time, a phrase each."""
    facts = [
        stop.route or "",
        "" if stop.cost is None else str(stop.cost),
        {"needed": "Book ahead", "booked": "Booked", None: ""}[stop.booking],
        "" if stop.reference is None else f"Reference {stop.reference}",
        "Not settled yet" if stop.status == "tentative" else "",
        "Opening hours not known" if stop.hours_unverified else "",
    ]
    return tuple(filter(None, facts))


def nights_words(stop: Stop) -> str:
    """Write `Mon 10 May to Fri 14 May`; `` where the days are not known."""
    if stop.day is None:
        return ""
    first = short_day(stop.day)
    return first if stop.last_day is None else f"{first} to {short_day(stop.last_day)}"


def journey_facts(journey: Journey) -> tuple[str, ...]:
    """Return what the head of a page says below the title, a phrase each."""
    first, last = journey.first_day, journey.last_day
    people = ["you" if name == "self" else name for name in journey.travellers]
    facts = [
        journey.destination if journey.destination != journey.title else "",
        "" if first is None or last is None else span_words(first, last),
        f"For {', '.join(people)}" if people not in ([], ["you"]) else "",
        "" if journey.budget is None else f"Budget {journey.budget}",
    ]
    return tuple(filter(None, facts))


def closing_words(journey: Journey) -> str:
    """Say what the reader has to know of the whole."""
    return (
        f"Times are local, in {zone_words(journey.zone)} unless another is named. Version "
        f"{journey.version}, {journey.updated_at:%Y-%m-%d %H:%M} UTC; prices and opening hours "
        "are of that day. Made with TripSage."
    )


INVENTED = "Made from invented data, for trying out: do not travel by it."


def zone_words(zone: str) -> str:
    """Write `Europe/Lisbon` as `Lisbon time`."""
    return zone if zone == "UTC" else f"{zone.rpartition('/')[2].replace('_', ' ')} time"


def _clock(moment: datetime, zone: str, usual: str) -> str:
    return f"{moment:%H:%M}" if zone == usual else f"{moment:%H:%M} {zone_words(zone)}"
