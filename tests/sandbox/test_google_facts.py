"""What is made up about real places: the same each time, and nobody's."""

import re

from tripsage_mcp.sandbox.google_facts import facts
from tripsage_mcp.sandbox.world import load_cities

# Reserved for fiction by the numbering plans of the United States, Britain and Australia.
FICTION = re.compile(r"\+1 \d{3}-555-01\d\d|\+44 (20 7946|131 496) 0\d{3}|\+61 2 5550 \d{4}")


def test_made_up_facts_stay_the_same_and_lead_to_nobody() -> None:
    for city in load_cities():
        for place in city.places:
            made_up = facts(place, city)
            assert made_up == facts(place, city)
            assert made_up["websiteUri"].endswith(".example.com/")
            phone = made_up.get("internationalPhoneNumber")
            assert phone is None or FICTION.fullmatch(phone)


def test_only_where_people_eat_is_there_a_price_range_and_its_end_is_above_its_start() -> None:
    for city in load_cities():
        for place in city.places:
            prices = facts(place, city).get("priceRange")
            eating = place.kind in {"restaurant", "cafe", "bar", "bakery"}
            assert (prices is not None) == eating
            if prices is not None:
                assert prices["startPrice"]["currencyCode"] == city.currency
            if prices is not None and "endPrice" in prices:
                assert int(prices["startPrice"]["units"]) < int(prices["endPrice"]["units"])


def test_accessibility_differs_between_places_and_is_sometimes_unknown() -> None:
    told = [
        facts(place, city).get("accessibilityOptions", {}).get("wheelchairAccessibleEntrance")
        for city in load_cities()
        for place in city.places
    ]
    shares = {known: told.count(known) / len(told) for known in (True, False, None)}
    assert shares[True] > 0.6
    assert shares[False] > 0.1
    assert shares[None] > 0.05
