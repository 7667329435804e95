import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import httpx
import pytest

from tests.fakes_places import NOW, at_now
from tests.providers.places.google_server import KEY, LISBON, SCHEMAS, Handler, provider, replies
from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.place import NearbySearch, OpeningHours, OpeningPeriod, PlaceSearch
from tripsage_mcp.errors import (
    NotFoundError,
    ProviderNotConfiguredError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.providers.places import google, google_wire
from tripsage_mcp.providers.places.google import GooglePlacesConfig

pytestmark = pytest.mark.anyio

MUSEUM: dict[str, Any] = {
    "id": "ChIJmuseum",
    "displayName": {"text": "Tile\nMuseum\x07", "languageCode": "en"},
    "primaryType": "museum",
    "types": ["tourist_attraction", "museum", "point_of_interest", "establishment"],
    "formattedAddress": "R. Madre de Deus 4, Lisboa",
    "location": {"latitude": 38.7246, "longitude": -9.1138},
    "rating": 4.6,
    "userRatingCount": 17000,
    "priceLevel": "PRICE_LEVEL_INEXPENSIVE",
    "businessStatus": "OPERATIONAL",
    "timeZone": {"id": "Europe/Lisbon"},
    "googleMapsUri": "https://maps.google.com/?cid=1",
    "regularOpeningHours": {
        "periods": [
            {
                "open": {"day": 2, "hour": 10, "minute": 0},
                "close": {"day": 2, "hour": 18, "minute": 0},
            }
        ]
    },
    "editorialSummary": {"text": "Tiles from five centuries.", "languageCode": "en"},
}


async def test_search_sends_the_mask_the_key_and_the_circle() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"places": [MUSEUM]})

    await provider(handler).search(
        PlaceSearch(
            "tiles", LISBON, 2500.0, included_type="museum", open_now=True, min_rating=4.2, limit=5
        )
    )

    [request] = seen
    assert (request.method, request.url.path) == ("POST", "/v1/places:searchText")
    assert request.headers["x-goog-api-key"] == "AIzaTest"
    assert "places.regularOpeningHours" in request.headers["x-goog-fieldmask"].split(",")
    assert json.loads(request.content) == {
        "textQuery": "tiles",
        "languageCode": "en",
        "pageSize": 5,
        "locationBias": {
            "circle": {"center": {"latitude": 38.7167, "longitude": -9.1333}, "radius": 2500.0}
        },
        "includedType": "museum",
        "strictTypeFiltering": True,
        "openNow": True,
        "minRating": 4.0,
    }


async def test_a_place_is_mapped_and_its_text_is_flattened() -> None:
    found = await provider(replies(200, json={"places": [MUSEUM]})).search(PlaceSearch("tiles"))

    [place] = found.places
    assert place.name == "Tile Museum"
    assert place.types == ("museum", "tourist_attraction")
    assert place.coordinates == Coordinates(38.7246, -9.1138)
    assert (place.rating, place.rating_count, place.price_level) == (4.6, 17000, "inexpensive")
    assert place.opening_hours == OpeningHours((OpeningPeriod(1, 600, 1080),))
    assert place.time_zone == "Europe/Lisbon"
    assert place.summary == "Tiles from five centuries."
    assert (place.visit_minutes, place.indoor, place.permanently_closed) == (None, None, False)
    assert found.provenance.attribution == "Google Maps"
    assert found.provenance.data == "live"


async def test_an_empty_object_is_no_place_and_no_error() -> None:
    found = await provider(replies(200, json={})).search(PlaceSearch("nothing"))
    assert found.places == ()


async def test_places_keep_their_order_and_come_once() -> None:
    rows = [MUSEUM | {"id": place_id} for place_id in ("b", "a", "b", "c")]
    found = await provider(replies(200, json={"places": rows})).search(PlaceSearch("x", limit=2))
    assert [place.place_id for place in found.places] == ["b", "a"]


async def test_a_rating_between_their_half_steps_is_filtered_here() -> None:
    rows = [MUSEUM | {"id": str(rating), "rating": rating} for rating in (4.1, 4.2, 4.5)]
    found = await provider(replies(200, json={"places": rows})).search(
        PlaceSearch("x", min_rating=4.2)
    )
    assert [place.place_id for place in found.places] == ["4.2", "4.5"]


async def test_what_is_closed_for_now_is_never_open_whatever_its_usual_hours() -> None:
    closed = MUSEUM | {"businessStatus": "CLOSED_TEMPORARILY"}
    [place] = (
        await provider(replies(200, json={"places": [closed]})).search(PlaceSearch("x"))
    ).places
    assert place.opening_hours == OpeningHours()
    assert (place.status, place.permanently_closed) == ("closed_temporarily", False)


@pytest.mark.parametrize("hours", [None, {}, {"weekdayDescriptions": ["Monday: 9-5"]}])
async def test_hours_google_does_not_give_are_unknown(hours: dict[str, Any] | None) -> None:
    place = {k: v for k, v in MUSEUM.items() if k != "regularOpeningHours"}
    if hours is not None:
        place["regularOpeningHours"] = hours
    found = await provider(replies(200, json={"places": [place]})).search(PlaceSearch("x"))
    assert found.places[0].opening_hours is None


async def test_details_know_the_exceptions_of_the_coming_week() -> None:
    seen: list[httpx.Request] = []
    closed: dict[str, Any] = {"periods": []}
    detailed = MUSEUM | {"utcOffsetMinutes": 0, "currentOpeningHours": closed}

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=detailed)

    details = await provider(handler).get("ChIJ/../x")

    assert seen[0].url.raw_path.startswith(b"/v1/places/ChIJ%2F..%2Fx?")
    assert "currentOpeningHours" in seen[0].headers["x-goog-fieldmask"].split(",")
    hours = details.place.opening_hours
    assert hours is not None
    assert hours.exceptions == ((date(2026, 11, 24), ()),)
    assert hours.known_until == date(2026, 11, 28)


@pytest.mark.parametrize(
    ("zone", "known"),
    [({"timeZone": {"id": "Pacific/Auckland"}}, True), ({"timeZone": {"id": "Mars"}}, False)],
)
async def test_without_an_offset_the_zone_says_which_day_it_is(
    zone: dict[str, Any], *, known: bool
) -> None:
    nothing: dict[str, Any] = {"periods": []}
    detailed = MUSEUM | zone | {"currentOpeningHours": nothing}
    hours = (await provider(replies(200, json=detailed)).get("x")).place.opening_hours
    assert hours is not None
    assert hours.exceptions == (((date(2026, 11, 24), ()),) if known else ())
    assert hours.periods


def google_error(status: int, name: str, reason: str | None = None, **detail: str) -> Handler:
    details: list[dict[str, Any]] = [] if reason is None else [{"reason": reason}]
    if detail:
        details.append(dict(detail))
    body = {
        "error": {"code": status, "message": "SECRET upstream text", "status": name}
        | ({"details": details} if details else {})
    }
    return replies(status, json=body)


def refuses(_request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


ERRORS: list[tuple[Handler, type[TripSageError]]] = [
    (google_error(400, "INVALID_ARGUMENT", "API_KEY_INVALID"), ProviderRejectedError),
    (google_error(401, "UNAUTHENTICATED"), ProviderRejectedError),
    (google_error(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), ProviderRejectedError),
    (google_error(400, "INVALID_ARGUMENT"), ProviderRejectedError),
    (google_error(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), ProviderRateLimitedError),
    (google_error(500, "INTERNAL"), ProviderUnavailableError),
    (google_error(503, "UNAVAILABLE"), ProviderUnavailableError),
    (replies(404, text="<html>"), ProviderRejectedError),
    (replies(503, text="<html>"), ProviderUnavailableError),
    (replies(200, text="<html>"), ProviderProtocolError),
    (replies(200, json={"places": [{}]}), ProviderProtocolError),
    (refuses, ProviderUnavailableError),
]


@pytest.mark.parametrize(("handler", "expected"), ERRORS)
async def test_every_refusal_becomes_one_of_our_errors(
    handler: Handler, expected: type[TripSageError]
) -> None:
    with pytest.raises(expected) as caught:
        await provider(handler).search(PlaceSearch("x"))
    assert type(caught.value) is expected
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("handler", "hint"),
    [
        (google_error(400, "INVALID_ARGUMENT", "API_KEY_INVALID"), "Check TRIPSAGE_GOOGLE_API_KEY"),
        (google_error(403, "PERMISSION_DENIED"), "Enable Places API (New) and Routes API"),
    ],
)
async def test_a_refused_key_says_what_to_do(handler: Handler, hint: str) -> None:
    with pytest.raises(ProviderRejectedError) as caught:
        await provider(handler).search(PlaceSearch("x"))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(hint)


@pytest.mark.parametrize(("detail", "wait_s"), [({"retryDelay": "12.5s"}, 12.5), ({}, 60.0)])
async def test_a_used_up_quota_says_when_to_come_back(
    detail: dict[str, str], wait_s: float
) -> None:
    with pytest.raises(ProviderRateLimitedError) as caught:
        await provider(google_error(429, "RESOURCE_EXHAUSTED", None, **detail)).search(
            PlaceSearch("x")
        )
    assert caught.value.retry_after_s == wait_s


@pytest.mark.parametrize(
    "handler", [google_error(404, "NOT_FOUND"), google_error(400, "INVALID_ARGUMENT")]
)
async def test_an_id_google_does_not_know_is_not_found_and_not_repeated(handler: Handler) -> None:
    with pytest.raises(NotFoundError) as caught:
        await provider(handler).get("ChIJunknown")
    assert "ChIJunknown" not in str(caught.value)


async def test_a_refused_key_is_not_taken_for_an_unknown_id() -> None:
    with pytest.raises(ProviderRejectedError):
        await provider(google_error(400, "INVALID_ARGUMENT", "API_KEY_INVALID")).get("ChIJx")


async def test_without_a_key_nothing_is_sent() -> None:
    def never(_request: httpx.Request) -> httpx.Response:
        raise NotImplementedError

    google_places = provider(never, key=None)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: google_places.search(PlaceSearch("x")),
        lambda: google_places.nearby(NearbySearch("museum", LISBON, 100.0)),
        lambda: google_places.get("x"),
        lambda: google_places.travel_times((LISBON,), (LISBON,), "walk"),
    ]
    for call in calls:
        with pytest.raises(ProviderNotConfiguredError) as caught:
            await call()
        assert caught.value.variable == "TRIPSAGE_GOOGLE_API_KEY"


async def test_build_reaches_the_configured_addresses_in_process() -> None:
    paths: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        paths.append(scope["path"])
        assert (b"x-goog-api-key", b"AIzaTest") in scope["headers"]
        body = b"[]" if "Matrix" in scope["path"] else b"{}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    config = GooglePlacesConfig(
        api_key=KEY, places_url="http://sandbox/google", routes_url="http://sandbox/routes"
    )
    built = google.build(config, data="sandbox", now=at_now, app=app)
    found = await built.search(PlaceSearch("x"))
    with pytest.raises(ProviderProtocolError):
        await built.travel_times((LISBON,), (LISBON,), "walk")
    await built.aclose()

    assert paths == ["/google/v1/places:searchText", "/routes/distanceMatrix/v2:computeRouteMatrix"]
    assert found.provenance.data == "sandbox"
    assert [health.last_success for health in built.health] == [NOW, NOW]


# The shapes against Google's own discovery document.


def places_schemas() -> dict[str, Any]:
    file = SCHEMAS / "places.v1.json"
    if not file.exists():
        pytest.skip("the discovery document is not beside this checkout")
    return json.loads(file.read_text(encoding="utf-8"))["schemas"]


def test_every_field_asked_for_exists_in_the_discovery_document() -> None:
    place = places_schemas()["GoogleMapsPlacesV1Place"]["properties"]
    assert set(google.DETAIL_FIELDS) <= set(place)


def test_the_search_body_holds_only_documented_fields() -> None:
    schemas = places_schemas()
    body = google.search_body(
        PlaceSearch(
            "x",
            LISBON,
            100.0,
            "museum",
            open_now=True,
            min_rating=4.0,
            nearest_first=True,
            page="p",
        )
    )
    assert set(body) <= set(schemas["GoogleMapsPlacesV1SearchTextRequest"]["properties"])
    bias = schemas["GoogleMapsPlacesV1SearchTextRequestLocationBias"]["properties"]
    assert set(body["locationBias"]) <= set(bias)
    circle = schemas["GoogleMapsPlacesV1Circle"]["properties"]
    assert set(body["locationBias"]["circle"]) == set(circle)
    nearby = google.nearby_body(NearbySearch("museum", LISBON, 100.0))
    assert set(nearby) <= set(schemas["GoogleMapsPlacesV1SearchNearbyRequest"]["properties"])


def test_every_price_level_and_every_status_is_known() -> None:
    place = places_schemas()["GoogleMapsPlacesV1Place"]["properties"]
    statuses = place["businessStatus"]["enum"]
    assert set(google_wire.STATUSES) == set(statuses) - {"BUSINESS_STATUS_UNSPECIFIED"}
    levels = places_schemas()["GoogleMapsPlacesV1Place"]["properties"]["priceLevel"]["enum"]
    assert set(google_wire.PRICE_LEVELS) == set(levels) - {"PRICE_LEVEL_UNSPECIFIED"}
