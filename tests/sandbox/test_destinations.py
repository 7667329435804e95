"""The twins of the sources of facts: their shapes, and that what they say is plainly invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tripsage_mcp.infrastructure.http import open_client
from tripsage_mcp.sandbox.app import build_app

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
KEY = "0123456789abcdef0123456789ABCDEF"
ONE_CALL = "/open-weather/data/3.0/onecall"
LISBON = {"lat": "38.71", "lon": "-9.14", "appid": KEY, "units": "metric"}


async def get(
    path: str, query: dict[str, str] | None = None, *, seed: int = 0, now: datetime = NOW
) -> tuple[int, Any]:
    async with open_client("http://sandbox.invalid", app=build_app(seed, lambda: now)) as client:
        reply = await client.get(path, params=query)
    return reply.status_code, reply.json()


async def test_a_rate_is_of_a_working_day_and_the_same_for_the_same_seed() -> None:
    status, rate = await get("/frankfurter/v2/rate/EUR/USD")
    assert status == 200
    assert set(rate) == {"date", "base", "quote", "rate"}
    assert (rate["date"], rate["base"], rate["quote"]) == ("2026-11-20", "EUR", "USD")
    assert 1.0 < rate["rate"] < 1.4
    assert (await get("/frankfurter/v2/rate/eur/usd"))[1] == rate
    assert (await get("/frankfurter/v2/rate/EUR/USD", seed=1))[1]["rate"] != rate["rate"]


@pytest.mark.parametrize("pair", ["EUR/XXX", "XXX/EUR", "EUR/EURO"])
async def test_a_currency_that_is_none_is_422(pair: str) -> None:
    status, body = await get(f"/frankfurter/v2/rate/{pair}")
    assert (status, body["status"]) == (422, 422)
    assert body["message"]


async def test_the_american_list_has_their_fields_and_their_oddities() -> None:
    status, rows = await get("/us-advisories/api/TravelAdvisories")
    assert status == 200
    assert len(rows) > 200
    fields = {"Title", "Link", "Category", "Summary", "id", "Published", "Updated"}
    assert all(set(row) == fields for row in rows)
    titles = [row["Title"] for row in rows]
    assert len(titles) > len(set(titles))
    assert "Worldwide Caution" in titles[0] + titles[1]
    assert sum("See Summaries" in title for title in titles) == 2
    assert all("Invented" in row["Summary"] for row in rows)
    assert {row["Category"][0] for row in rows if "China - " in row["Title"]} == {"CH"}


async def test_nothing_invented_invites_where_nobody_sends_tourists() -> None:
    for seed in range(3):
        _, rows = await get("/us-advisories/api/TravelAdvisories", seed=seed)
        for name in ("Afghanistan", "North Korea", "Syria", "Yemen"):
            assert f"{name} - Level 4: Do Not Travel" in {row["Title"] for row in rows}
    _, page = await get("/uk-advice/api/content/foreign-travel-advice/syria")
    assert page["details"]["alert_status"] == ["avoid_all_travel_to_whole_country"]


async def test_a_british_page_has_the_fields_of_their_schema() -> None:
    status, page = await get("/uk-advice/api/content/foreign-travel-advice/portugal")
    assert status == 200
    assert page["document_type"] == page["schema_name"] == "travel_advice"
    assert page["base_path"] == "/foreign-travel-advice/portugal"
    assert page["details"]["country"] == {"name": "Portugal", "slug": "portugal", "synonyms": []}
    assert "Invented" in page["details"]["change_description"]
    assert {"alert_status", "parts", "updated_at", "email_signup_link"} <= set(page["details"])
    assert (await get("/uk-advice/api/content/foreign-travel-advice/atlantis"))[0] == 404


async def test_one_call_holds_what_is_not_left_out() -> None:
    status, body = await get(ONE_CALL, LISBON)
    assert status == 200
    assert (body["timezone"], body["timezone_offset"]) == ("Europe/Lisbon", 0)
    assert (len(body["hourly"]), len(body["daily"])) == (48, 8)
    assert body["current"]["dt"] == int(NOW.timestamp())
    day = body["daily"][0]
    assert {"dt", "temp", "feels_like", "weather", "pop", "wind_speed", "sunrise"} <= set(day)
    assert day["temp"]["min"] <= day["temp"]["day"] <= day["temp"]["max"]
    _, less = await get(ONE_CALL, LISBON | {"exclude": "current,hourly,alerts"})
    assert not {"current", "hourly", "alerts"} & set(less)
    assert less["daily"] == body["daily"]


async def test_without_metric_units_temperatures_are_absolute() -> None:
    _, metric = await get(ONE_CALL, LISBON)
    _, standard = await get(ONE_CALL, LISBON | {"units": "standard"})
    paths = ("daily", 3, "temp", "max"), ("daily", 3, "feels_like", "day"), ("hourly", 3, "temp")
    for path in paths:
        celsius, kelvin = metric, standard
        for part in path:
            celsius, kelvin = celsius[part], kelvin[part]
        assert kelvin == pytest.approx(celsius + 273.15, abs=0.01)


async def test_a_storm_is_warned_of() -> None:
    warned = 0
    for days in range(0, 120, 8):
        now = NOW + timedelta(days=days)
        _, body = await get(ONE_CALL, LISBON, now=now)
        gusty = [day for day in body["daily"] if day["wind_gust"] * 3.6 >= 55.1]
        alerts = body.get("alerts", [])
        assert len(gusty) <= len(alerts)
        warned += len(alerts)
        assert all("Invented" in alert["description"] for alert in alerts)
    assert warned > 0


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"appid": ""}, 401),
        ({"appid": "short"}, 401),
        ({"lat": ""}, 400),
        ({"lat": "91"}, 400),
        ({"lon": "far"}, 400),
    ],
)
async def test_a_wrong_parameter_is_refused_in_their_shape(
    changes: dict[str, str], status: int
) -> None:
    found, body = await get(ONE_CALL, LISBON | changes)
    assert (found, body["cod"]) == (status, status)
    assert body["message"]


async def test_it_is_the_weather_that_open_meteo_forecasts() -> None:
    _, theirs = await get(ONE_CALL, LISBON)
    query = {
        "latitude": "38.71",
        "longitude": "-9.14",
        "daily": "temperature_2m_max",
        "timezone": "auto",
        "forecast_days": "8",
    }
    _, ours = await get("/open-meteo/forecast/v1/forecast", query)
    highs = [day["temp"]["max"] for day in theirs["daily"]]
    assert highs == ours["daily"]["temperature_2m_max"]
