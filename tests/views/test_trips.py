"""What of a trip there is room for in an answer."""

from dataclasses import replace
from datetime import UTC, datetime

from tests.build_trips import NOW, item, trip
from tripsage_mcp.domain.provenance import Provenance
from tripsage_mcp.domain.trip_item import TripDestination
from tripsage_mcp.exports.journey import Exported
from tripsage_mcp.infrastructure.identifiers import uuid7
from tripsage_mcp.repositories.trip_ports import WholeTrip
from tripsage_mcp.services.exports.service import Delivered
from tripsage_mcp.services.trips.results import TOPICS, TripRead
from tripsage_mcp.views.trips import TripsAnswer

MOST_TOKENS, CHARACTERS_A_TOKEN = 20_000, 3.6


def long_trip() -> TripRead:
    """Return one in which all is as long as it may be."""
    items = tuple(item(f"Sight {n}", notes="n" * 1000) for n in range(25))
    stops = tuple(TripDestination(uuid7(), "s" * 200) for _ in range(30))
    flights = tuple({"offer": "o" * 1500} for _ in range(20))
    known = replace(trip(), notes="n" * 10_000, flights=flights, itinerary={"days": "x" * 28_000})
    return TripRead(
        WholeTrip(known, destinations=stops, items=items),
        Provenance("tripsage", "live", NOW),
        items,
        include=frozenset(TOPICS),
        full=True,
        itinerary=known.itinerary,
    )


def tokens(answer: TripsAnswer) -> float:
    text = answer.model_dump_json(exclude_none=True) + answer.text()
    return len(text) / CHARACTERS_A_TOKEN


def test_no_answer_grows_beyond_what_a_model_can_take() -> None:
    read = long_trip()
    page = Exported("Trip.md", "Trip.md", "text/markdown", b"x" * 22_000)
    ends = datetime(2027, 5, 10, tzinfo=UTC)
    file = Delivered(page, "md", url="https://x.example/exports/w", expires_at=ends)

    plain, exported = TripsAnswer.of_one(read), TripsAnswer.of_one(read, file)

    assert plain.trip is not None
    assert exported.trip is not None
    assert exported.exported is not None
    assert max(tokens(plain), tokens(exported)) <= MOST_TOKENS
    # The file can be had all the same.
    assert exported.exported.content is None
    assert (plain.trip.items, exported.trip.items) != (None, None)
    short = replace(read, items=(), include=frozenset(), full=False, itinerary=None)
    quoted = TripsAnswer.of_one(short, file).exported
    assert quoted is not None
    assert quoted.content == "x" * 22_000


def test_however_long_it_is_all_of_it_is_there() -> None:
    answer = TripsAnswer.of_one(long_trip(), however_long=True)

    assert answer.trip is not None
    assert answer.trip.left_out is None
    assert answer.trip.itinerary == {"days": "x" * 28_000}
    assert tokens(answer) > MOST_TOKENS
