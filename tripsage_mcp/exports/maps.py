"""The maps of a journey: one of all its days, and one of each day."""

from tripsage_mcp.exports.geojson import ways
from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop
from tripsage_mcp.exports.map_picture import MapPicture, Mark, draw
from tripsage_mcp.exports.words import day_words

_AIRPORTS = {"arrival", "departure"}
_OVERVIEW = (640, 380)
_DAY = (500, 300)


def numbered(day: JourneyDay) -> list[Stop]:
    """Return the stops that have a number on the map of their day."""
    return [stop for stop in day.stops if stop.number is not None]


def overview(journey: Journey) -> str | None:
    """Return the map of all days, with the number of the day at each place; None without places.

    One day has a map of its own, which shows the same and more.
    """
    days = [(n, day) for n, day in enumerate(journey.days) if numbered(day)]
    if len(days) < 2:  # noqa: PLR2004 - see above
        return None
    width, height = _OVERVIEW
    return draw(
        MapPicture(
            f"Map of {journey.title}: a number is a day",
            tuple(_mark(stop, str(n + 1), n) for n, day in days for stop in _once(numbered(day))),
            tuple((n, tuple(ways(day, journey.home))) for n, day in days),
            journey.home,
            width,
            height,
        )
    )


def day_map(journey: Journey, index: int) -> str | None:
    """Return the map of one day, with the number of the stop at each place; None without any."""
    day = journey.days[index]
    width, height = _DAY
    marks = tuple(_mark(stop, str(stop.number), index) for stop in numbered(day))
    path = tuple(ways(day, journey.home))
    title = f"Map of {day_words(day.date)}"
    return draw(MapPicture(title, marks, ((index, path),), journey.home, width, height))


def _once(stops: list[Stop]) -> list[Stop]:
    """Leave out the stops at a place that was on the same day before."""
    return list({stop.coordinates: stop for stop in reversed(stops)}.values())[::-1]


def _mark(stop: Stop, label: str, day: int) -> Mark:
    assert stop.coordinates is not None
    return Mark(label, f"{label}: {stop.name}", stop.coordinates, day, stop.kind in _AIRPORTS)
