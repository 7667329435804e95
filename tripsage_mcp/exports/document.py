"""A journey as PDF, set by Typst: tagged, with its fonts in it, and the same maps as the page.

Whatever a traveller or a provider wrote is handed over as data, never as markup.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC
from typing import cast

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
    time_words,
)
from tripsage_mcp.infrastructure.resources import text

NO_LETTERS = (
    "Some letters are in none of the fonts at hand and appear as boxes; the HTML page shows them."
)
_LATIN = 0x250
_BREAKABLE = 24
_LONG_WORD = re.compile(rf"\S{{{_BREAKABLE}}}(?=\S)")
_BREAK = "\N{ZERO WIDTH SPACE}"
# What a font lacks is drawn as its box for that: it is told by the size of the ink.
_MEASURE = b"""
#let size(letter) = {
  let ink = measure(text(100pt, top-edge: "bounds", bottom-edge: "bounds", letter))
  (ink.width.pt(), ink.height.pt())
}
#context [#metadata(json(bytes(sys.inputs.letters)).map(size)) <sizes>]
"""
# No character: no font has it.
_IN_NO_FONT = "\uffff"

type JSON = Mapping[str, object]


def write_document(journey: Journey) -> tuple[bytes, tuple[str, ...]]:
    """Return the PDF, and what its reader should know of it.

    Takes a tenth of a second or more: not on the event loop.
    """
    import typst  # noqa: PLC0415 - a compiler, which only this export needs

    data = _journey(journey)
    notes = (NO_LETTERS,) if _lacking(json.dumps(data, ensure_ascii=False)) else ()
    data |= {"closing": [*cast("list[str]", data["closing"]), *notes]}
    made = typst.compile(
        text("exports", "journey.typ").encode(),
        format="pdf",
        sys_inputs={"journey": json.dumps(data)},
        # The same version makes the same file.
        timestamp=journey.updated_at.astimezone(UTC).replace(microsecond=0),
    )
    assert isinstance(made, bytes)
    return made, (*journey.gaps, *notes)


def _lacking(words: str) -> bool:
    """Tell whether some letter is in no font, the machine's own included."""
    # A mark has a size only on the letter that it is for.
    letters = sorted(
        letter
        for letter in set(words)
        if ord(letter) >= _LATIN and unicodedata.category(letter)[0] not in "MC"
    )
    if not letters:
        return False
    import typst  # noqa: PLC0415

    asked = json.dumps([_IN_NO_FONT, *letters])
    (answer,) = json.loads(
        typst.query(_MEASURE, "<sizes>", sys_inputs={"letters": asked}, field="value")
    )
    box, *sizes = answer
    return box in sizes


def _journey(journey: Journey) -> dict[str, object]:
    """Return what the document says, each text ready to be set."""
    return {
        "title": _text(journey.title),
        "facts": [_text(fact) for fact in journey_facts(journey)],
        "invented": INVENTED if journey.sandbox else "",
        "map": _picture(overview(journey), f"Map of {journey.title}"),
        "lodgings": [_row(stop, nights_words(stop)) for stop in journey.lodgings],
        "days": [_day(journey, n, day) for n, day in enumerate(journey.days)],
        "loose": [_row(stop, "") for stop in journey.loose],
        "notes": [_text(line) for line in (journey.notes or "").splitlines() if line.strip()],
        "closing": [
            _text(words) for words in (closing_words(journey), *journey.gaps, *journey.credits)
        ],
    }


def _day(journey: Journey, n: int, day: JourneyDay) -> JSON:
    rows = [
        _row(stop, time_words(stop, journey.zone) or "Any time", number=stop.number)
        for stop in day.stops
    ]
    after = [f"If it rains: {each.name} instead of {each.instead_of}" for each in day.rain]
    if day.back is not None:
        after.insert(0, f"Back: {leg_words(day.back)}")
    if day.night is not None:
        after.append(f"Night: {day.night}")
    return {
        "name": day_words(day.date),
        "colour": COLOURS[n % len(COLOURS)],
        "weather": _text(day.weather or ""),
        "map": _picture(day_map(journey, n), f"Map of {day_words(day.date)}"),
        "stops": rows,
        "after": [_text(line) for line in after],
    }


def _row(stop: Stop, when: str, *, number: int | None = None) -> JSON:
    kind = kind_words(stop.kind)
    lines = [" · ".join(fact_words(stop)), stop.why or "", *(stop.notes or "").splitlines()]
    return {
        "number": number,
        "time": when,
        "kind": "" if kind.casefold() in stop.name.casefold() else kind,
        "name": _text(stop.name),
        "lines": [_text(line) for line in lines if line.strip()],
        "leg": "" if stop.leg is None else leg_words(stop.leg),
    }


def _picture(drawing: str | None, title: str) -> JSON | None:
    return None if drawing is None else {"drawing": drawing, "title": title}


def _text(words: str) -> str:
    """Return text in which a word that is wider than the page can be broken."""
    return _LONG_WORD.sub(lambda found: found[0] + _BREAK, words)
