"""Twins of the American list of travel advisories and of British travel advice on gov.uk.

https://cadataapi.state.gov/api/TravelAdvisories and https://content-api.publishing.service.gov.uk
The levels are invented, and say so; only where in truth nobody sends tourists the highest one
stands, so that nothing invented sounds like an invitation.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tripsage_mcp.domain.country import Country
from tripsage_mcp.infrastructure import countries
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.sandbox.schedule.chance import share, whole

_LEVELS = {
    1: "Exercise Normal Precautions",
    2: "Exercise Increased Caution",
    3: "Reconsider Travel",
    4: "Do Not Travel",
}
_ALWAYS_HIGHEST = frozenset((
    "AF", "BF", "BY", "CF", "CD", "HT", "IQ", "IR", "KP", "LB", "LY", "ML", "MM", "NE", "PS",
    "RU", "SD", "SO", "SS", "SY", "UA", "VE", "YE",
))  # fmt: skip
# As the list writes them.
_TITLES = {
    "CZ": "Czech Republic",
    "CI": "Cote d Ivoire",
    "DK": "Kingdom of Denmark",
    "FM": "Federated States of Micronesia",
    "KG": "The Kyrgyz Republic",
    "MM": "Burma (Myanmar)",
    "MX": "Mexico Travel Advisory",
    "BS": "The Bahamas",
    "GM": "The Gambia",
    "TR": "Turkey",
}
# In part their own: China is CH and Switzerland SZ.
_CATEGORIES = {"CH": "SZ", "CN": "CH", "DE": "GM", "GM": "GA", "AU": "AS", "AT": "AU"}
_COMBINED = "Mainland China, Hong Kong & Macau - See Summaries"
_NOT_LISTED = frozenset({"US", "AQ"})  # and what is a part of another country
_OLD_LINKS = {"HK": "hong-kong", "MO": "macau"}
_ALERTS = (
    "avoid_all_but_essential_travel_to_parts",
    "avoid_all_travel_to_parts",
    "avoid_all_travel_to_whole_country",
)
_NOTE = "Invented for the sandbox; not real advice."


def build_us(seed: int = 0, now: Clock = utc_now) -> Starlette:
    """Return the twin of cadataapi.state.gov."""

    async def everything(_request: Request) -> JSONResponse:
        moment = now()
        every = countries.every().values()
        listed = [c for c in every if c.code not in _NOT_LISTED and c.part_of is None]
        rows = [_row(seed, country, moment) for country in listed]
        # One that is about no country, and one that is there twice, the older copy last.
        rows.insert(0, _us_row("Worldwide Caution", "worldwide", ["WW"], moment))
        rows.append(rows[1] | {"Updated": _eastern(moment - timedelta(days=900))})
        return JSONResponse(rows)

    return Starlette(routes=[Route("/api/TravelAdvisories", everything)])


def build_uk(seed: int = 0, now: Clock = utc_now) -> Starlette:
    """Return the twin of www.gov.uk, of which there is the content of travel advice only."""

    async def page(request: Request) -> JSONResponse:
        slug = request.path_params["slug"]
        country = next((c for c in countries.every().values() if c.uk_slug == slug), None)
        if country is None:
            return JSONResponse({"message": "not found"}, status_code=404)
        return JSONResponse(_page(seed, country, slug, now()))

    return Starlette(routes=[Route("/api/content/foreign-travel-advice/{slug}", page)])


def _level(seed: int, country: Country) -> int:
    if country.code in _ALWAYS_HIGHEST:
        return 4
    drawn = share("advisory", seed, country.code)
    return 1 if drawn < 0.5 else 2 if drawn < 0.85 else 3  # noqa: PLR2004 - shares of the whole


def _days_ago(seed: int, country: Country, issuer: str) -> timedelta:
    return timedelta(days=whole("advisory", issuer, seed, country.code) % 400 + 1)


def _row(seed: int, country: Country, now: datetime) -> dict[str, Any]:
    name = _TITLES.get(country.code, country.name)
    old = _OLD_LINKS.get(country.code)
    if old is not None:
        name = _COMBINED
    level = _level(seed, country)
    title = f"{name} - Level {level}: {_LEVELS[level]}"
    link = country.code3.lower() if old is None else old
    category = [_CATEGORIES.get(country.code, country.code)]
    return _us_row(title, link, category, now - _days_ago(seed, country, "us"))


def _us_row(title: str, link: str, category: list[str], moment: datetime) -> dict[str, Any]:
    base = "https://travel.state.gov/content"
    page = f"{base}/travel/en/traveladvisories/traveladvisories/{link}-travel-advisory1.html"
    if len(link) == 3:  # noqa: PLR2004 - an ISO 3166-1 alpha-3 code
        home = "tsg_aem/us/en/home/international-travel/travel-advisories"
        page = f"{base}/{home}/destination.{link}.html"
    return {
        "Title": title,
        "Link": page,
        "Category": category,
        "Summary": f"<p><b>{_NOTE}</b></p>",
        "id": page,
        "Published": _eastern(moment),
        "Updated": _eastern(moment),
    }


def _eastern(moment: datetime) -> str:
    """Write a time as they do: the evening before, by the clock of Washington."""
    day = moment.astimezone(UTC).date() - timedelta(days=1)
    return f"{day.isoformat()}T19:00:00-05:00"


def _page(seed: int, country: Country, slug: str, now: datetime) -> dict[str, Any]:
    level = _level(seed, country)
    alerts = {1: [], 2: [], 3: list(_ALERTS[:2]), 4: [_ALERTS[2]]}[level]
    updated = (now - _days_ago(seed, country, "uk")).astimezone(UTC).replace(microsecond=0)
    path = f"/foreign-travel-advice/{slug}"
    return {
        "analytics_identifier": None,
        "base_path": path,
        "content_id": f"00000000-0000-4000-8000-{whole('uk', country.code) % 10**12:012}",
        "description": f"FCDO travel advice for {country.name}. {_NOTE}",
        "document_type": "travel_advice",
        "locale": "en",
        "phase": "live",
        "public_updated_at": updated.isoformat(),
        "schema_name": "travel_advice",
        "title": f"{country.name} travel advice",
        "updated_at": updated.isoformat(),
        "withdrawn_notice": None,
        "details": {
            "country": {"name": country.name, "slug": slug, "synonyms": []},
            "email_signup_link": f"{path}/email-signup",
            "updated_at": updated.isoformat(),
            "reviewed_at": updated.isoformat(),
            "change_description": f"Latest update: {_NOTE}",
            "alert_status": alerts,
            "max_cache_time": 10,
            "parts": [
                {
                    "slug": "warnings-and-insurance",
                    "title": "Warnings and insurance",
                    "body": f"<p>{_NOTE}</p>",
                }
            ],
        },
    }
