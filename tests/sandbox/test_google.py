"""Places (New): what a call must bring, what it may ask, and what comes back."""

import time
from typing import Any

import pytest

from tests.sandbox.google_client import (
    KEY,
    LISBON,
    NOW,
    conform,
    google,
    headers,
    names,
    schemas,
    search,
)
from tripsage_mcp.sandbox.google_places import PLACE_FIELDS, document, known_places
from tripsage_mcp.sandbox.google_types import TABLE_A

pytestmark = pytest.mark.anyio

SEARCH = "/v1/places:searchText"
NEARBY = "/v1/places:searchNearby"
MATRIX = "/distanceMatrix/v2:computeRouteMatrix"
QUERY: dict[str, Any] = {"textQuery": "museums in Lisbon"}


def circle(radius: float = 5000.0) -> dict[str, Any]:
    return {"circle": {"center": LISBON, "radius": radius}}


RECTANGLE: dict[str, Any] = {
    "rectangle": {
        "low": {"latitude": 38.69, "longitude": -9.22},
        "high": {"latitude": 38.70, "longitude": -9.19},
    }
}


@pytest.mark.parametrize("path", [SEARCH, NEARBY, MATRIX, "/directions/v2:computeRoutes"])
@pytest.mark.parametrize(
    ("sent", "code", "status"),
    [
        ({}, 403, "PERMISSION_DENIED"),
        ({"X-Goog-Api-Key": "nonsense"}, 400, "INVALID_ARGUMENT"),
        ({"X-Goog-Api-Key": KEY}, 400, "INVALID_ARGUMENT"),
        (headers("places.nothing"), 400, "INVALID_ARGUMENT"),
        (headers("places.id, places.rating"), 400, "INVALID_ARGUMENT"),
    ],
)
async def test_a_call_without_its_key_or_mask_is_refused(
    path: str, sent: dict[str, str], code: int, status: str
) -> None:
    async with google() as client:
        reply = await client.post(path, json=QUERY, headers=sent)
    body = reply.json()
    # The matrix is a stream of elements: its error is in an array.
    error = (body[0] if path == MATRIX else body)["error"]
    assert (reply.status_code, error["code"], error["status"]) == (code, code, status)


async def test_a_malformed_key_is_named_as_such() -> None:
    async with google() as client:
        reply = await client.get("/v1/places/x", headers={"X-Goog-Api-Key": "nonsense"})
    detail = reply.json()["error"]["details"][0]
    assert detail["reason"] == "API_KEY_INVALID"
    assert detail["metadata"] == {"service": "places.googleapis.com"}


async def test_a_missing_mask_is_explained() -> None:
    async with google() as client:
        reply = await client.post(SEARCH, json=QUERY, headers={"X-Goog-Api-Key": KEY})
    assert reply.json()["error"]["message"].startswith("FieldMask is a required parameter.")


BROKEN_SEARCHES: list[dict[str, Any]] = [
    {},
    {"textQuery": "  "},
    {"textQuery": 5},
    QUERY | {"unknown": 1},
    QUERY | {"pageSize": 21},
    QUERY | {"pageSize": 2.5},
    QUERY | {"minRating": 6},
    QUERY | {"minRating": True},
    QUERY | {"rankPreference": "POPULARITY"},
    QUERY | {"includedType": "museums"},
    QUERY | {"priceLevels": ["PRICE_LEVEL_FREE"]},
    QUERY | {"pageToken": "nonsense"},
    QUERY | {"locationBias": circle(), "locationRestriction": RECTANGLE},
    QUERY | {"locationBias": {}},
    QUERY | {"locationBias": 5},
    QUERY | {"priceLevels": "PRICE_LEVEL_MODERATE"},
    QUERY | {"pageToken": "WzEsICJ4Il0"},
    QUERY | {"pageToken": "WyJ4IiwgMV0"},
    QUERY | {"locationRestriction": {"rectangle": {"low": {"latitude": 1}}}},
    QUERY | {"locationBias": circle(50_001)},
    QUERY | {"locationBias": {"circle": {"radius": 5}}},
    QUERY | {"locationBias": {"circle": {"center": {"latitude": 95}, "radius": 5}}},
    QUERY | {"locationRestriction": circle()},
    QUERY
    | {
        "locationRestriction": {
            "rectangle": {"low": {"latitude": 2}, "high": {"latitude": 1}},
        }
    },
]


@pytest.mark.parametrize("body", BROKEN_SEARCHES)
async def test_a_text_search_that_breaks_a_rule_is_an_invalid_argument(
    body: dict[str, Any],
) -> None:
    async with google() as client:
        reply = await client.post(SEARCH, json=body, headers=headers("places.id"))
    assert reply.status_code == 400
    assert reply.json()["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"locationRestriction": RECTANGLE},
        {"locationRestriction": circle(), "maxResultCount": 0},
        {"locationRestriction": circle(), "maxResultCount": 21},
        {"locationRestriction": circle(), "includedTypes": ["nonsense"]},
        {"locationRestriction": circle(), "includedTypes": ["museum"] * 51},
        {"locationRestriction": circle(), "rankPreference": "RELEVANCE"},
    ],
)
async def test_a_nearby_search_that_breaks_a_rule_is_an_invalid_argument(
    body: dict[str, Any],
) -> None:
    async with google() as client:
        reply = await client.post(NEARBY, json=body, headers=headers("places.id"))
    assert reply.status_code == 400


async def test_a_body_that_is_no_json_message_is_refused() -> None:
    async with google() as client:
        for content in (b"{", b"[]"):
            reply = await client.post(SEARCH, content=content, headers=headers("places.id"))
            assert reply.status_code == 400


async def test_the_answer_holds_what_the_mask_names_and_nothing_else() -> None:
    async with google() as client:
        answer = await search(
            client, "places.id,places.displayName.text,places.location.latitude", **QUERY
        )
    assert set(answer) == {"places"}
    for place in answer["places"]:
        assert set(place) == {"id", "displayName", "location"}
        assert set(place["displayName"]) == {"text"}
        assert set(place["location"]) == {"latitude"}


async def test_a_part_of_a_message_beside_the_whole_of_it_keeps_the_whole() -> None:
    async with google() as client:
        for mask in (
            "places.location.latitude,places.location",
            "places.*,places.location.latitude",
        ):
            answer = await search(client, mask, **QUERY)
            assert set(answer["places"][0]["location"]) == {"latitude", "longitude"}


async def test_the_star_keeps_everything_a_place_has() -> None:
    async with google() as client:
        answer = await search(client, "*", **QUERY)
    assert {"currentOpeningHours", "editorialSummary", "timeZone"} <= set(answer["places"][0])


async def test_nothing_found_is_an_empty_object() -> None:
    async with google() as client:
        assert await search(client, textQuery="museums in Oslo") == {}
        assert await search(client, textQuery="qwertzuiop") == {}


def test_the_mask_knows_every_field_of_the_discovery_document_and_no_other() -> None:
    assert set(PLACE_FIELDS) == set(schemas()["GoogleMapsPlacesV1Place"]["properties"])


@pytest.mark.parametrize(
    "known", known_places().values(), ids=lambda k: f"{k.city.slug}/{k.place.id}"
)
def test_every_place_conforms_to_the_discovery_document(known: Any) -> None:
    conform(document(known, NOW), {"$ref": "GoogleMapsPlacesV1Place"}, "place")


def test_every_type_of_the_world_can_be_asked_for() -> None:
    assert {t for k in known_places().values() for t in k.place.types} <= TABLE_A


async def test_a_place_comes_back_by_its_id_with_bare_mask_names() -> None:
    async with google() as client:
        found = await search(client, "places.id,places.displayName", textQuery="Belém Tower")
        (place,) = found["places"]
        reply = await client.get(
            f"/v1/places/{place['id']}", headers=headers("displayName,regularOpeningHours")
        )
    assert reply.json()["displayName"] == place["displayName"]
    assert set(reply.json()) == {"displayName", "regularOpeningHours"}


async def test_ids_look_like_googles_and_are_unique() -> None:
    ids = list(known_places())
    assert len(set(ids)) == len(ids) > 600
    assert all(len(i) == 27 and i.startswith("ChIJ") for i in ids)


async def test_an_unknown_id_is_not_found_and_a_malformed_one_invalid() -> None:
    async with google() as client:
        gone = await client.get("/v1/places/ChIJ" + "A" * 23, headers=headers("id"))
        wrong = await client.get("/v1/places/lisbon", headers=headers("id"))
    assert (gone.status_code, gone.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert (wrong.status_code, wrong.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_pages_follow_each_other_without_gap_or_repetition() -> None:
    async with google() as client:
        asked: dict[str, Any] = {"textQuery": "sights in Lisbon", "pageSize": 5}
        whole = names(await search(client, textQuery="sights in Lisbon", pageSize=20))
        token: dict[str, str] = {}
        paged: list[str] = []
        while True:
            answer = await search(client, "places.displayName,nextPageToken", **asked, **token)
            paged += names(answer)
            if "nextPageToken" not in answer:
                break
            token = {"pageToken": answer["nextPageToken"]}
    assert paged[: len(whole)] == whole
    assert len(paged) == len(set(paged))


async def test_a_page_token_demands_the_same_search() -> None:
    async with google() as client:
        mask = "places.id,nextPageToken"
        asked = {"textQuery": "sights in Lisbon", "pageSize": 5}
        token = (await search(client, mask, **asked))["nextPageToken"]
        other = asked | {"textQuery": "sights in Rome", "pageToken": token}
        reply = await client.post(SEARCH, json=other, headers=headers(mask))
        resized = await search(client, mask, **asked | {"pageToken": token, "pageSize": 3})
    assert reply.status_code == 400
    assert len(resized["places"]) == 3


async def test_text_search_ends_after_sixty_places() -> None:
    async with google() as client:
        body: dict[str, Any] = {"textQuery": "museums"}
        count = 0
        for _ in range(4):
            answer = await search(client, "places.id,nextPageToken", **body)
            count += len(answer["places"])
            if "nextPageToken" not in answer:
                break
            body["pageToken"] = answer["nextPageToken"]
    assert count == 60


async def test_a_restriction_excludes_what_a_bias_only_disfavours() -> None:
    async with google() as client:
        biased = await search(client, textQuery="Eiffel Tower", locationBias=circle())
        restricted = await search(client, textQuery="sights", locationRestriction=RECTANGLE)
        empty = await search(client, textQuery="Eiffel Tower", locationRestriction=RECTANGLE)
    assert names(biased) == ["Eiffel Tower"]
    assert "Belém Tower" in names(restricted)
    assert "São Jorge Castle" not in names(restricted)
    assert empty == {}


async def test_filters_leave_only_what_they_ask_for() -> None:
    async with google() as client:
        mask = "places.rating,places.priceLevel,places.types,places.currentOpeningHours.openNow"
        rated = await search(client, mask, textQuery="sights in Rome", minRating=4.3)
        priced = await search(
            client, mask, textQuery="dinner in Rome", priceLevels=["PRICE_LEVEL_EXPENSIVE"]
        )
        typed = await search(
            client,
            mask,
            textQuery="things to do in Rome",
            includedType="museum",
            strictTypeFiltering=True,
        )
        opened = await search(client, mask, textQuery="dinner in Rome", openNow=True)
    # Rounded up to the next half.
    assert all(place["rating"] >= 4.5 for place in rated["places"])
    assert {place["priceLevel"] for place in priced["places"]} == {"PRICE_LEVEL_EXPENSIVE"}
    assert all("museum" in place["types"] for place in typed["places"])
    assert all(place["currentOpeningHours"]["openNow"] for place in opened["places"])
    assert all(answer["places"] for answer in (rated, priced, typed, opened))


async def test_distance_ranks_the_nearest_first() -> None:
    async with google() as client:
        answer = await search(
            client,
            "places.location",
            textQuery="restaurant",
            locationBias=circle(),
            rankPreference="DISTANCE",
        )
    away = [
        abs(p["location"]["latitude"] - LISBON["latitude"])
        + abs(p["location"]["longitude"] - LISBON["longitude"])
        for p in answer["places"]
    ]
    assert away[0] == min(away)
    assert away[-1] > away[0]


async def test_nearby_finds_types_within_the_circle_only() -> None:
    async with google() as client:
        reply = await client.post(
            NEARBY,
            json={
                "locationRestriction": circle(1500),
                "includedTypes": ["restaurant", "bar"],
                "excludedPrimaryTypes": ["pub"],
                "maxResultCount": 5,
                "rankPreference": "DISTANCE",
            },
            headers=headers("places.types,places.location"),
        )
        nowhere = {"circle": {"center": {"latitude": 0.5}, "radius": 9}}
        nothing = await client.post(
            NEARBY, json={"locationRestriction": nowhere}, headers=headers("places.id")
        )
    places = reply.json()["places"]
    assert 1 <= len(places) <= 5
    assert all({"restaurant", "bar"} & set(place["types"]) for place in places)
    assert nothing.json() == {}


async def test_the_same_search_gives_the_same_answer() -> None:
    async with google() as one, google() as other:
        asked = {"textQuery": "food in Paris"}
        assert await search(one, "*", **asked) == await search(other, "*", **asked)


async def test_a_text_search_takes_less_than_fifty_milliseconds_of_cpu() -> None:
    async with google() as client:
        await search(client, "*", **QUERY)
        best = 1.0
        for query in ("food in Paris", "parks in London", "art in Rome"):
            started = time.process_time()
            await search(client, "*", textQuery=query)
            best = min(best, time.process_time() - started)
    assert best < 0.05


async def test_a_rectangle_biases_too() -> None:
    async with google() as client:
        answer = await search(client, textQuery="sights", locationBias=RECTANGLE)
    assert names(answer)[0] in {"Belém Tower", "Jerónimos Monastery", "Monument to the Discoveries"}


async def test_nearby_ranks_by_popularity_unless_told_otherwise() -> None:
    async with google() as client:
        reply = await client.post(
            NEARBY,
            json={"locationRestriction": circle(9000)},
            headers=headers("places.userRatingCount"),
        )
    counts = [place["userRatingCount"] for place in reply.json()["places"]]
    assert len(counts) == 20
    assert sum(counts[:5]) > sum(counts[-5:])


async def test_a_restriction_may_cross_the_date_line() -> None:
    around = {
        "low": {"latitude": -89, "longitude": 100},
        "high": {"latitude": 89, "longitude": -60},
    }
    async with google() as client:
        answer = await search(
            client,
            "places.location",
            textQuery="museums",
            locationRestriction={"rectangle": around},
        )
    longitudes = [place["location"]["longitude"] for place in answer["places"]]
    assert all(at >= 100 or at <= -60 for at in longitudes)
    assert min(longitudes) < 0 < max(longitudes)


async def test_a_bias_that_crosses_the_date_line_is_around_its_middle() -> None:
    pacific = {
        "low": {"latitude": -38, "longitude": 150},
        "high": {"latitude": -30, "longitude": -178},
    }
    async with google() as client:
        answer = await search(client, textQuery="beach", locationBias={"rectangle": pacific})
    assert names(answer)[0] in {"Bondi Beach", "Manly Beach"}
