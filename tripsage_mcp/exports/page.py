"""A journey as one HTML page that needs nothing else: to read, to print, to take along offline."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from functools import cache
from html import escape

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop
from tripsage_mcp.exports.map_picture import COLOURS
from tripsage_mcp.exports.maps import day_map, overview
from tripsage_mcp.exports.words import (
    INVENTED,
    closing_words,
    day_words,
    fact_words,
    journey_facts,
    kind_words,
    leg_words,
    nights_words,
    short_day,
    time_words,
)
from tripsage_mcp.infrastructure.resources import text

_CONTENT_POLICY = "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'"


def write_page(journey: Journey) -> bytes:
    """Return the page, UTF-8; it loads nothing and runs nothing."""
    style = _style()
    body = "".join(_body(journey))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">'
        f"<title>{escape(journey.title)}</title><style>{style}</style></head>\n"
        f"<body>{body}</body></html>\n"
    ).encode()


def policy() -> str:
    """Return the content security policy of every page: its own style, and nothing else."""
    return _CONTENT_POLICY.format(b64encode(hashlib.sha256(_style().encode()).digest()).decode())


@cache
def _style() -> str:
    """Return the style sheet, with the colour of each day."""
    days = "".join(f".d{n} {{ --day: {colour}; }}\n" for n, colour in enumerate(COLOURS))
    return text("exports", "page.css") + days


def _body(journey: Journey) -> Iterator[str]:
    yield '<a class="skip" href="#days">Skip to the days</a><header>'
    yield f"<h1>{_name(journey.title)}</h1>"
    yield "".join(f'<p class="fact">{_name(fact)}</p>' for fact in journey_facts(journey))
    if journey.sandbox:
        yield f'<p class="invented" role="note">{INVENTED}</p>'
    yield "</header><main>"
    picture = overview(journey)
    if picture is not None:
        yield (
            f'<figure class="whole">{picture}<figcaption>A number is a day; lines are straight, '
            "not routes.</figcaption></figure>"
        )
    if len(journey.days) > 1:
        yield f'<nav aria-label="Days"><ul>{"".join(_jumps(journey))}</ul></nav>'
    if journey.lodgings:
        rows = "".join(_plain_row(stop, nights_words(stop)) for stop in journey.lodgings)
        yield f'<section class="list"><h2>Stays</h2><ul>{rows}</ul></section>'
    yield '<div id="days">'
    yield "".join(_day(journey, n, day) for n, day in enumerate(journey.days))
    yield "</div>" if journey.days else "<p>Nothing is planned yet.</p></div>"
    if journey.loose:
        rows = "".join(_plain_row(stop, "") for stop in journey.loose)
        yield f'<section class="list"><h2>Not on a day yet</h2><ul>{rows}</ul></section>'
    if journey.notes:
        notes = f'<p class="notes" dir="auto">{escape(journey.notes)}</p>'
        yield f'<section class="list"><h2>Notes</h2>{notes}</section>'
    closing = [closing_words(journey), *journey.gaps, *journey.credits]
    yield f"</main><footer>{''.join(f'<p>{_name(words)}</p>' for words in closing)}</footer>"


def _jumps(journey: Journey) -> Iterator[str]:
    for n, day in enumerate(journey.days):
        name = f"<b>{n + 1}</b> {short_day(day.date)}"
        yield f'<li><a class="d{n % len(COLOURS)}" href="#day-{n + 1}">{name}</a></li>'


def _day(journey: Journey, n: int, day: JourneyDay) -> str:
    picture = day_map(journey, n)
    figure = "" if picture is None else f"<figure>{picture}</figure>"
    weather = f'<p class="weather">{_name(day.weather)}</p>' if day.weather else ""
    rows = "".join(_row(stop, journey.zone) for stop in day.stops)
    back = "" if day.back is None else f'<li class="leg">Back: {leg_words(day.back)}</li>'
    plan = f"<ol>{rows}{back}</ol>" if day.stops else "<p>Nothing planned.</p>"
    after = [
        f"If it rains: {_name(each.name)} instead of {_name(each.instead_of)}" for each in day.rain
    ]
    if day.night is not None:
        after.append(f"Night: {_name(day.night)}")
    tail = (
        f'<ul class="after">{"".join(f"<li>{line}</li>" for line in after)}</ul>' if after else ""
    )
    return (
        f'<section class="day d{n % len(COLOURS)}" id="day-{n + 1}" '
        f'aria-labelledby="day-{n + 1}-name"><div class="head"><h2 id="day-{n + 1}-name">'
        f"<span>Day {n + 1}</span> {day_words(day.date)}</h2>{weather}</div>"
        f"{figure}{plan}{tail}</section>"
    )


def _row(stop: Stop, zone: str) -> str:
    leg = "" if stop.leg is None else f'<li class="leg">{leg_words(stop.leg)}</li>'
    number = (
        f'<b class="number" aria-label="Number {stop.number} on the map">{stop.number}</b>'
        if stop.number is not None
        else '<b class="number none" aria-hidden="true"></b>'
    )
    when = time_words(stop, zone)
    time = f'<span class="time">{when}</span>' if when else '<span class="time">Any time</span>'
    return f'{leg}<li class="stop">{number}{time}<div>{_what(stop)}</div></li>'


def _plain_row(stop: Stop, when: str) -> str:
    time = f'<span class="time">{when}</span>' if when else ""
    return f'<li class="stop">{time}<div>{_what(stop)}</div></li>'


def _what(stop: Stop) -> str:
    kind = kind_words(stop.kind)
    kind = "" if kind.casefold() in stop.name.casefold() else f'<span class="kind">{kind}</span> '
    facts = [_name(fact) for fact in fact_words(stop)]
    link = ""
    if stop.coordinates is not None and stop.end_coordinates is None:
        # Print has no use for it.
        link = f' <span class="geo">{_geo_link(stop.name, stop.coordinates)}</span>'
    details = [
        f'<p class="facts">{" · ".join(facts)}</p>' if facts else "",
        f"<p>{_name(stop.why)}</p>" if stop.why else "",
        f'<p class="notes" dir="auto">{escape(stop.notes)}</p>' if stop.notes else "",
    ]
    return f'<p class="name">{kind}{_name(stop.name)}{link}</p>{"".join(details)}'


def _geo_link(name: str, at: Coordinates) -> str:
    """Return a link that opens the device's own map (RFC 5870)."""
    where = f"{at.latitude:.5f},{at.longitude:.5f}"
    return f'<a href="geo:{where}" aria-label="Show {escape(name)} on a map">map</a>'


def _name(words: str) -> str:
    """Return text that others wrote, kept from turning round the direction of ours."""
    return f"<bdi>{escape(words)}</bdi>"
