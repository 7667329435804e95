"""Hotels from Duffel Stays, API version v2 (https://duffel.com/docs/api/v2/search-result)."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.domain.stay import StaySearch, StaysFound, StayWish
from tripsage_mcp.domain.stay_details import StayDetails, StayQuote
from tripsage_mcp.errors import InvalidRequestError, NotFoundError, ProviderProtocolError
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds
from tripsage_mcp.infrastructure.health import Health
from tripsage_mcp.infrastructure.http import ASGIApp, HTTPClient, JSONClient, Sleep, open_client
from tripsage_mcp.infrastructure.limits import OutboundLimit
from tripsage_mcp.providers.duffel.api import Body, DuffelAccess, DuffelAPI
from tripsage_mcp.providers.duffel.wire import NAME, money
from tripsage_mcp.providers.stays import duffel_wire as wire
from tripsage_mcp.providers.stays.airbnb_text import plain_html
from tripsage_mcp.providers.stays.duffel_errors import explain

_TEST_TOKEN = "duffel_test_"  # noqa: S105 - how such a token begins
_RESULT_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
_RATE_ID = re.compile(r"rat_[A-Za-z0-9_]{1,60}")
_ADULT_FROM = 18
_TEEN_FROM = 13
_DESCRIPTION_LENGTH = 4_000
# Once more is enough: a search that failed took its suppliers' time to do so.
_ATTEMPTS = 2


class DuffelStaysConfig(DuffelAccess):
    """Settings of Duffel Stays.

    Attributes:
        stays: Off for an account that Duffel has not enabled for Stays.
        stays_timeout_s: How long we wait for hotels to answer.
    """

    stays: Literal["on", "off"] = "on"
    stays_timeout_s: Seconds = 45.0


@dataclass(frozen=True, slots=True)
class DuffelStays:
    """Searches hotels, reads their rates, and asks for quotes."""

    api: DuffelAPI

    @property
    def health(self) -> Health:
        """How Duffel Stays did lately."""
        return self.api.http.health

    async def search(self, search: StaySearch) -> StaysFound:
        """Ask for every hotel around a point; there is one page."""
        if search.coordinates is None:
            raise InvalidRequestError(
                "location",
                "must be a place that can be found on the map",
                example='"38.7139,-9.1335"',
            )
        answer = await self.api.ask("/stays/search", wire.FOUND, _body(search), repeatable=True)
        stamp = self.api.stamp()
        stays, skipped = wire.stays(answer.results, search, stamp.fetched_at)
        if skipped and not stays:
            raise ProviderProtocolError(NAME, "none of the hotels could be read")
        expires = min((s.expires_at for s in stays if s.expires_at is not None), default=None)
        return StaysFound(
            stays=stays,
            provenance=stamp.provenance(live_mode=True, expires_at=expires),
            location_resolved=True,
            skipped_rows=skipped,
            applied=_applied(search),
        )

    async def get(self, listing_id: str, search: StaySearch | None) -> StayDetails:
        """Ask for every rate of one hotel that a search found; dates and guests are that search's.

        Raises:
            NotFoundError: no such result, or Duffel has forgotten it.
        """
        _ = search
        if not _RESULT_ID.fullmatch(listing_id):
            raise NotFoundError("duffel: there is no stay with this id")
        path = f"/stays/search_results/{listing_id}/actions/fetch_all_rates"
        result = await self.api.ask(path, wire.RESULT, None, repeatable=True)
        home = result.accommodation
        rooms, left_out = home.to_rooms()
        words = home.amenity_words()
        times = home.check_in_information
        known = {
            "price": rooms,
            "amenities": home.amenities,
            "description": home.description,
            "location": home.coordinates(),
            "reviews": home.score,
        }
        return StayDetails(
            source=NAME,
            listing_id=listing_id,
            url=None,
            provenance=self.api.stamp().provenance(live_mode=True, expires_at=result.expires_at),
            name=home.plain_name,
            area=home.address(),
            coordinates=home.coordinates(),
            description=plain_html(home.description or "", _DESCRIPTION_LENGTH) or None,
            amenities={"Hotel": words} if words else {},
            unknown=tuple(name for name, fact in known.items() if not fact),
            rating=home.five_point_rating,
            own_rating=home.own_rating,
            reviews=home.review_count,
            stars=home.stars,
            check_in_after=None if times is None else plain(times.check_in_after_time or "", 20),
            check_out_before=None
            if times is None
            else plain(times.check_out_before_time or "", 20),
            rooms=rooms,
            left_out=left_out,
            check_in=result.check_in_date,
            check_out=result.check_out_date,
            guests=len(result.guests) or None,
            rooms_taken=result.rooms,
        )

    async def quote(self, rate_id: str) -> StayQuote:
        """Ask whether a rate can be had and what it costs now; books nothing."""
        if not _RATE_ID.fullmatch(rate_id):
            raise NotFoundError("duffel: there is no rate with this id")
        # Not repeated by itself: each makes a quote of its own.
        quote = await self.api.ask("/stays/quotes", wire.QUOTE, {"rate_id": rate_id})
        stamp = self.api.stamp()
        rate = quote.rate(rate_id)
        expires: datetime | None = None if rate is None else rate.expires_at
        return StayQuote(
            quote_id=quote.id,
            name=quote.accommodation.plain_name,
            check_in=quote.check_in_date,
            check_out=quote.check_out_date,
            total=Money(quote.total_amount, quote.total_currency),
            provenance=stamp.provenance(live_mode=quote.live_mode is not False, expires_at=expires),
            tax=money(quote.tax_amount, quote.tax_currency),
            fee=money(quote.fee_amount, quote.fee_currency),
            due_there=quote.due_there(),
            deposit=quote.deposit(),
            rate=rate,
        )

    async def aclose(self) -> None:
        """Close the client."""
        await self.api.http.client.aclose()


def build(
    config: DuffelStaysConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    client: HTTPClient | None = None,
    sleep: Sleep = asyncio.sleep,
    limit: OutboundLimit | None = None,
) -> DuffelStays:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Args:
        config: Its settings; without a token every call raises `ProviderNotConfiguredError`.
        data: What live answers are labelled; Duffel's own test mode is `sandbox` in any case.
        now: The clock.
        app: Answer from this application in-process instead of the network.
        client: Use this client instead of opening one.
        sleep: Waits between attempts.
        limit: The queue that every request waits in, the one of the flights.
    """
    token = config.access_token
    # The answers of a search do not say in which mode they were made.
    if token is not None and token.get_secret_value().startswith(_TEST_TOKEN):
        data = "sandbox"
    http = JSONClient(
        NAME,
        client or open_client(config.base_url, timeout_s=config.stays_timeout_s, app=app),
        explain=lambda reply: explain(reply, now),
        attempts=_ATTEMPTS,
        now=now,
        sleep=sleep,
        limit=limit,
    )
    return DuffelStays(DuffelAPI(http, token, data, now))


def _body(search: StaySearch) -> Body:
    assert search.coordinates is not None
    body: Body = {
        "check_in_date": search.check_in.isoformat(),
        "check_out_date": search.check_out.isoformat(),
        "rooms": search.rooms,
        "guests": _guests(search),
        "location": {
            "radius": search.radius_km,
            "geographic_coordinates": {
                "latitude": search.coordinates.latitude,
                "longitude": search.coordinates.longitude,
            },
        },
    }
    return body | {"free_cancellation_only": True} if search.free_cancellation else body


def _guests(search: StaySearch) -> list[dict[str, object]]:
    """Return the party as hotels count it: everybody under 18 is a child of some age."""
    ages = [age for age in search.minor_ages if age < _ADULT_FROM]
    teens = sum(age >= _TEEN_FROM for age in ages)
    if len(ages) - teens != search.children + search.infants:
        raise InvalidRequestError(
            "children_ages", "must give the age of every child", example="[4, 11]"
        )
    adults: list[dict[str, object]] = [{"type": "adult"}] * (search.adults - teens)
    return [*adults, *({"type": "child", "age": age} for age in ages)]


def _applied(search: StaySearch) -> frozenset[StayWish]:
    """Return what Duffel has filtered by."""
    asked: dict[StayWish, bool] = {"rooms": True, "free_cancellation": search.free_cancellation}
    return frozenset(wish for wish, was_asked in asked.items() if was_asked)
