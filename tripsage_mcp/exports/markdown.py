"""A journey as a Markdown page (CommonMark), one that reads well unrendered too."""

import re
from collections.abc import Iterator
from itertools import zip_longest

from tripsage_mcp.exports.journey import Journey, JourneyDay, Stop
from tripsage_mcp.exports.words import (
    INVENTED,
    closing_words,
    day_words,
    fact_words,
    journey_facts,
    leg_words,
    name_words,
    nights_words,
    time_words,
)

_SPECIAL = re.compile(r"([\\`*_\[\]<>~|#&])")
# What begins a list, a rule or the underline of a heading, at the start of a line.
_STARTS = re.compile(r"([-+=]|\d{1,9}(?=[.)](?:\s|$)))")


def write_markdown(journey: Journey) -> bytes:
    """Return the page, UTF-8."""
    return ("\n".join(_lines(journey)).rstrip() + "\n").encode()


def escape(text: str) -> str:
    """Return text that comes out as it is, on one line that it does not begin."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def escape_line(text: str) -> str:
    """Return text that comes out as it is, on a line of its own."""
    line = escape(text)
    found = _STARTS.match(line)
    if found is None:
        return line
    # A digit cannot be escaped, but the dot after it can.
    at = found.end() if found[1].isdigit() else 0
    return f"{line[:at]}\\{line[at:]}"


def _lines(journey: Journey) -> Iterator[str]:
    yield f"# {escape_line(journey.title)}"
    yield ""
    yield from (f"{escape_line(fact)}  " for fact in journey_facts(journey))
    yield ""
    if journey.sandbox:
        yield from (f"**{INVENTED}**", "")
    if journey.lodgings:
        yield from ("## Stays", "")
        yield from (f"- {_titled(stop, nights_words(stop))}" for stop in journey.lodgings)
        yield ""
    for day in journey.days:
        yield from _day(day, journey.zone)
    if not journey.days:
        yield from ("Nothing is planned yet.", "")
    if journey.loose:
        yield from ("## Not on a day yet", "")
        yield from (f"- {_titled(stop, '')}" for stop in journey.loose)
        yield ""
    if journey.notes:
        yield from ("## Notes", "")
        yield from (f"> {escape_line(line)}  " for line in journey.notes.splitlines())
        yield ""
    yield from ("---", "")
    closing = (closing_words(journey), *journey.gaps, *journey.credits)
    yield from (f"{escape_line(words)}  " for words in closing)


def _day(day: JourneyDay, zone: str) -> Iterator[str]:
    weather = f" · {escape(day.weather)}" if day.weather else ""
    yield from (f"## {day_words(day.date)}{weather}", "")
    if day.stops and day.stops[0].leg is not None:
        yield from (f"*Setting out: {leg_words(day.stops[0].leg)}*", "")
    for stop, following in zip_longest(day.stops, day.stops[1:]):
        onward = day.back if following is None else following.leg
        yield _item(
            _titled(stop, time_words(stop, zone)),
            *(escape_line(line) for line in (stop.why or "", *(stop.notes or "").splitlines())),
            ""
            if onward is None
            else f"*{'Back' if following is None else 'Then'}: {leg_words(onward)}*",
        )
    if not day.stops:
        yield "Nothing planned."
    yield from (
        _item(f"If it rains: {escape(plan.name)} instead of {escape(plan.instead_of)}")
        for plan in day.rain
    )
    if day.night is not None:
        yield _item(f"Night: {escape(day.night)}")
    yield ""


def _item(*lines: str) -> str:
    """Return an item of a list, a line below the other."""
    return "- " + "  \n  ".join(filter(None, lines))


def _titled(stop: Stop, when: str) -> str:
    name = name_words(stop)
    head = f"**{when}** {escape(name)}" if when else escape_line(name)
    return head + "".join(f" · {escape(fact)}" for fact in fact_words(stop))
