"""Whether Airbnb's robots.txt allows what its server is about to fetch.

The server checks for itself, and wrongly: it compares a relative path, so that any file at all
forbids everything. Its check is switched off, and this one stands before each call.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from tripsage_mcp.errors import ProviderBlockedError, ProviderUnavailableError
from tripsage_mcp.infrastructure import deadline
from tripsage_mcp.infrastructure.robots import ASKED_AGAIN_AFTER_S, Robots
from tripsage_mcp.providers.stays.airbnb_errors import PROVIDER

ROBOTS_VARIABLE = "TRIPSAGE_AIRBNB_IGNORE_ROBOTS"
# What the server calls itself towards Airbnb.
USER_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Safari/537.36"
)

_SITE = "https://www.airbnb.com"
_PARTY = ("adults", "children", "infants", "pets")
# The server finds the box itself and always writes it with seven decimals; where on the map is
# nothing a rule could be about.
_SOME_BOX = dict.fromkeys(("ne_lat", "ne_lng", "sw_lat", "sw_lng"), "0.0000000")
_KIND_IDS = {"entire_home": "1", "private_room": "2", "shared_room": "3", "hotel_room": "4"}
_UNESCAPED = "!*'()"


async def check_robots(robots: Robots, urls: tuple[str, ...]) -> None:
    """Refuse what robots.txt forbids.

    Raises:
        ProviderBlockedError: one of the addresses is not allowed.
        ProviderUnavailableError: the file cannot be read, or the caller's time is up.
    """
    try:
        verdict = await robots.check(urls)
    except ProviderUnavailableError:
        raise deadline.out_of_time(PROVIDER) from None
    if verdict == "allowed":
        return
    if verdict == "unreachable":
        error = ProviderUnavailableError(
            PROVIDER,
            "its robots.txt cannot be read, which forbids everything until it can",
            hint=f"Perhaps there is no network. If this lasts the operator decides:"
            f" {ROBOTS_VARIABLE}=true asks all the same.",
            may_have_acted=False,
        )
        error.retry_after_s = ASKED_AGAIN_AFTER_S
        raise error
    raise ProviderBlockedError(
        PROVIDER,
        "its robots.txt does not allow this",
        hint=f"The operator decides: {ROBOTS_VARIABLE}=true asks all the same.",
    )


def search_urls(given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the addresses a search may fetch: with a box on the map, and without one.

    Args:
        given: The arguments of `airbnb_search`.
    """
    slug = re.sub(r"\s+", "-", re.sub(r",\s*", "--", str(given["location"])))
    address = f"{_SITE}/s/{quote(slug, safe=_UNESCAPED)}/homes"
    query = {
        **{name: given[name] for name in ("checkin", "checkout", *_PARTY)},
        "price_min": given.get("minPrice"),
        "price_max": given.get("maxPrice"),
        "l2_property_type_ids[]": _KIND_IDS.get(str(given.get("propertyType"))),
        "cursor": given.get("cursor"),
    }
    return _with_query(address, {**_SOME_BOX, **query}), _with_query(address, query)


def listing_urls(given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the address a listing's page is fetched from.

    Args:
        given: The arguments of `airbnb_listing_details`.
    """
    guests = dict(zip(_PARTY, (1, 0, 0, 0), strict=True))
    query = {
        "check_in": given.get("checkin"),
        "check_out": given.get("checkout"),
        **{name: given.get(name, usual) for name, usual in guests.items()},
    }
    return (_with_query(f"{_SITE}/rooms/{given['id']}", query),)


def _with_query(address: str, query: Mapping[str, object]) -> str:
    said = {name: value for name, value in query.items() if value is not None}
    return f"{address}?{urlencode(said)}"
