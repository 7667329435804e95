"""How built plans and findings read."""

from datetime import UTC, date, datetime

from tripsage_mcp.domain.itinerary import Finding, Itinerary, ItineraryDay, ItineraryItem
from tripsage_mcp.services.itineraries.results import Built, Detail
from tripsage_mcp.views.itineraries import BuiltAnswer

DAY = date(2027, 5, 11)


def at(hour: int) -> datetime:
    return datetime(2027, 5, 11, hour, tzinfo=UTC)


PLAN = Itinerary(
    "Lisbon",
    "UTC",
    (
        ItineraryDay(
            DAY,
            (
                ItineraryItem("visit", "Fado Museum", at(10), at(11), place_id="fado"),
                ItineraryItem("lunch", "Lunch near Fado Museum", at(12), at(13)),
                ItineraryItem("rest", "Nap", at(13), at(14)),
                ItineraryItem("lunch", "Soup Room", at(15), at(16), place_id="soup"),
                ItineraryItem(
                    "dinner",
                    "Dinner at Ramiro",
                    at(19),
                    at(20),
                    "ramiro",
                    locked=True,
                    why="booked",
                ),
            ),
            weather="rain, 12 to 16 °C, rain 80 %",
        ),
    ),
)


def answer(*findings: Finding, detail: Detail = "concise") -> BuiltAnswer:
    return BuiltAnswer.of(Built(PLAN, findings, detail=detail))


def unknown(number: int) -> Finding:
    return Finding("travel_unknown", "unchecked", f"Way {number} is not known.", DAY)


def test_a_day_is_a_line_without_what_is_done_on_the_way() -> None:
    (line,) = [words for words in answer().text().splitlines() if "Fado" in words]
    assert line == (
        "Tue 11 May (rain): 10:00 Fado Museum; 15:00 lunch at Soup Room; 19:00 Dinner at Ramiro"
    )


def test_many_findings_of_a_kind_on_a_day_are_counted_and_blockers_all_shown() -> None:
    closed = [Finding("closed", "blocker", f"Place {n} is closed.", DAY) for n in range(4)]
    told = answer(*(unknown(n) for n in range(5)), *closed)
    assert [f.code for f in told.findings] == ["closed"] * 4 + ["travel_unknown"] * 2
    assert told.findings_omitted == 3
    assert told.text().endswith("- and 5 more.")
    whole = answer(*(unknown(n) for n in range(5)), detail="full")
    assert (len(whole.findings), whole.findings_omitted) == (5, None)
