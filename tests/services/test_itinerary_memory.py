"""What was remembered fills in what was not said, and says that it did."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from tripsage_mcp.domain.memory import Category, Memory
from tripsage_mcp.services.itineraries.memory import disliking, remembered
from tripsage_mcp.services.itineraries.request import BuildRequest

TRIP = uuid4()
PLAIN = BuildRequest(destination="Lisbon", start_date=date(2027, 5, 10), end_date=date(2027, 5, 12))


def memory(
    text: str, category: Category, subject: str = "self", trip_id: UUID | None = None
) -> Memory:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    return Memory(uuid4(), text, category, now, subject=subject, trip_id=trip_id)


@pytest.mark.parametrize(
    ("text", "category", "field", "value"),
    [
        ("Is vegetarian", "dietary", "diet", ("vegetarian",)),
        ("Coeliac, so no gluten", "dietary", "diet", ("gluten_free",)),
        ("Severe peanut allergy", "dietary", "diet", ("nut_free",)),
        ("Allergic to peanuts and nuts", "dietary", "diet", ("nut_free",)),
        ("Uses a wheelchair", "health_access", "needs", ("wheelchair",)),
        ("Cannot walk far", "health_access", "needs", ("low_walking",)),
        ("Travels with a baby in a stroller who naps", "companions", "needs", ("stroller", "naps")),
        (
            "Likes viewpoints and tiled churches more than big museums",
            "activities",
            "interests",
            ("viewpoints", "churches"),
        ),
        ("Loves street art", "activities", "interests", ("street art",)),
        ("Prefers a slow pace", "activities", "pace", "relaxed"),
        ("Hates packed days", "dislikes", "pace", "relaxed"),
        ("Wants to see as much as possible", "activities", "pace", "packed"),
        ("Is a late riser", "other", "day_start", "10:00"),
        ("An early bird", "other", "day_start", "08:00"),
        ("Prefers aisle seats", "flights", "interests", ()),
    ],
)
def test_a_statement_becomes_what_it_means_for_a_plan(
    text: str, category: Category, field: str, value: object
) -> None:
    found = remembered(PLAIN, [memory(text, category)])
    assert getattr(found.request, field) == value
    assert bool(found.applied) == bool(value)


def test_what_is_said_now_comes_first() -> None:
    said = replace(PLAIN, pace="packed", interests=("jazz",), day_start="07:30")
    told = [
        memory("Prefers a slow pace", "activities"),
        memory("Loves museums", "activities"),
        memory("Is a late riser", "other"),
    ]
    found = remembered(said, told)
    assert found.request == said
    assert found.applied == ()


def test_a_diet_is_added_to_one_that_is_said() -> None:
    found = remembered(replace(PLAIN, diet=("halal",)), [memory("Is vegan", "dietary")])
    assert found.request.diet == ("halal", "vegan")
    assert found.applied == ("diet: vegan",)


def test_dislikes_are_kinds_of_places() -> None:
    found = remembered(PLAIN, [memory("Bored by museums", "dislikes")])
    dislikes = disliking(found.dislikes)
    assert dislikes(("museum",))
    assert not dislikes(("park",))
    assert found.applied == ("dislikes: museums",)
    assert found.request.interests == ()


def test_others_and_other_trips_do_not_count() -> None:
    told = [
        memory("Is vegan", "dietary", subject="Ines"),
        memory("Loves museums", "activities", trip_id=TRIP),
    ]
    assert remembered(PLAIN, told).request == PLAIN
    here = replace(PLAIN, trip_id=str(TRIP))
    found = remembered(here, told, ("self", "Ines"))
    assert found.request.interests == ("museums",)
    assert found.request.diet == ("vegan",)


def test_home_is_read_from_what_says_so() -> None:
    for text in ("Lives in New York", "Home is New York", "Based in New York, usually"):
        assert remembered(PLAIN, [memory(text, "identity_home")]).home == "New York"
    assert remembered(PLAIN, [memory("Is forty", "identity_home")]).home is None
