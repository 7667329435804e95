"""Flight offers from Duffel, API version v2 (https://duffel.com/docs/api/v2/offer-requests)."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from tripsage_mcp.domain.flight import Offer, OffersFound
from tripsage_mcp.domain.flight_request import OfferRequest
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.errors import (
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    ProviderNotConfiguredError,
    ProviderRateLimitedError,
    ProviderRejectedError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock, utc_now
from tripsage_mcp.infrastructure.config import Seconds, Section, env
from tripsage_mcp.infrastructure.http import (
    ASGIApp,
    Health,
    HTTPClient,
    JSONClient,
    Reply,
    Sleep,
    WebAddress,
    open_client,
    retry_after_seconds,
)
from tripsage_mcp.providers.flights.duffel_wire import (
    ERRORS,
    OFFER,
    OFFER_REQUEST,
    RawError,
    found,
    single,
)

_NAME = "duffel"
KEY_VARIABLE = "TRIPSAGE_DUFFEL_ACCESS_TOKEN"
_SEARCH_AGAIN = "Search again with search_flights: offers live for minutes."
_PAUSE_S = 30.0
_MILLISECONDS = 1000

# Once is enough: a search that failed at Duffel took up to `supplier_timeout_ms` to do so.
_ATTEMPTS = 2

_ARGUMENTS = {
    "origin": ("origin", '"LIS"'),
    "destination": ("destination", '"LIS"'),
    "departure_date": ("departure_date", '"2027-05-10"'),
    "age": ("children_ages", "[4, 11]"),
    "passengers": ("adults", "2"),
    "cabin_class": ("cabin", '"economy"'),
    "max_connections": ("max_connections", "1"),
}


class DuffelConfig(Section):
    """Settings of the Duffel provider.

    Attributes:
        supplier_timeout_ms: How long Duffel waits for airlines, 2 000 to 60 000.
        timeout_s: How long we wait for Duffel; longer than it waits itself.
    """

    model_config = env("TRIPSAGE_DUFFEL_")

    access_token: SecretStr | None = None
    base_url: WebAddress = "https://api.duffel.com"
    supplier_timeout_ms: int = Field(default=20_000, ge=2_000, le=60_000)
    timeout_s: Seconds = Field(default=30.0, validate_default=True)

    @field_validator("timeout_s")
    @classmethod
    def _outlasts_the_supplier_timeout(cls, value: float, info: ValidationInfo) -> float:
        supplier_ms = info.data.get("supplier_timeout_ms")
        if supplier_ms is not None and value * _MILLISECONDS <= supplier_ms:
            raise ValueError("must be longer than TRIPSAGE_DUFFEL_SUPPLIER_TIMEOUT_MS")
        return value


@dataclass(frozen=True, slots=True)
class DuffelFlights:
    """Searches Duffel and speaks TripSage's flight vocabulary."""

    http: JSONClient
    data: DataKind
    now: Clock
    access_token: SecretStr | None
    supplier_timeout_ms: int

    @property
    def health(self) -> Health:
        """How Duffel did lately."""
        return self.http.health

    async def aclose(self) -> None:
        """Close the client."""
        await self.http.client.aclose()

    async def search(self, request: OfferRequest) -> OffersFound:
        """Create an offer request and return its offers."""
        answer = await self.http.request(
            "POST",
            "/air/offer_requests",
            OFFER_REQUEST,
            json={"data": _body(request)},
            params={"return_offers": "true", "supplier_timeout": self.supplier_timeout_ms},
            headers=self._headers(),
            # A search leaves nothing behind, so it may be sent again.
            idempotent=True,
        )
        return found(answer.data, data=self.data, fetched_at=self.now())

    async def reopen(self, search_id: str) -> OffersFound:
        """Read an earlier offer request with its offers."""
        answer = await self.http.request(
            "GET", f"/air/offer_requests/{search_id}", OFFER_REQUEST, headers=self._headers()
        )
        return found(answer.data, data=self.data, fetched_at=self.now())

    async def get(self, offer_id: str) -> Offer:
        """Read one offer, repriced by the airline."""
        answer = await self.http.request(
            "GET",
            f"/air/offers/{offer_id}",
            OFFER,
            params={"return_available_services": "false"},
            headers=self._headers(),
        )
        return single(answer.data, data=self.data, fetched_at=self.now())

    def _headers(self) -> dict[str, str]:
        if self.access_token is None:
            raise ProviderNotConfiguredError(_NAME, KEY_VARIABLE)
        return {
            "Authorization": f"Bearer {self.access_token.get_secret_value()}",
            "Duffel-Version": "v2",
            "Accept": "application/json",
        }


def build(
    config: DuffelConfig,
    *,
    data: DataKind = "live",
    now: Clock = utc_now,
    app: ASGIApp | None = None,
    client: HTTPClient | None = None,
    sleep: Sleep = asyncio.sleep,
) -> DuffelFlights:
    """Wire the provider from its settings; the caller awaits `aclose`.

    Args:
        config: Its settings; without a token every call raises `ProviderNotConfiguredError`.
        data: What live answers are labelled; Duffel's own test mode is `sandbox` in any case.
        now: The clock.
        app: Answer from this application in-process instead of the network.
        client: Use this client instead of opening one.
        sleep: Waits between attempts.
    """
    if client is None:
        client = open_client(config.base_url, timeout_s=config.timeout_s, app=app)

    def explain(reply: Reply) -> TripSageError | None:
        return _explain(reply, now)

    http = JSONClient(_NAME, client, explain=explain, attempts=_ATTEMPTS, now=now, sleep=sleep)
    return DuffelFlights(
        http=http,
        data=data,
        now=now,
        access_token=config.access_token,
        supplier_timeout_ms=config.supplier_timeout_ms,
    )


def _body(request: OfferRequest) -> dict[str, Any]:
    passengers: list[dict[str, Any]] = [{"type": "adult"} for _ in range(request.adults)]
    passengers += [{"age": age} for age in request.children_ages]
    body: dict[str, Any] = {
        "slices": [
            {
                "origin": part.origin,
                "destination": part.destination,
                "departure_date": part.departure_date.isoformat(),
            }
            for part in request.slices
        ],
        "passengers": passengers,
        "max_connections": request.max_connections,
    }
    if request.cabin is not None:
        body["cabin_class"] = request.cabin
    return body


def _explain(reply: Reply, now: Clock) -> TripSageError | None:
    """Say what Duffel's error means to the caller; its own words stay with us."""
    error = _first_error(reply.body)
    match error.code:
        case "offer_expired":
            return OfferExpiredError("The offer has expired.", hint=_SEARCH_AGAIN)
        case "offer_no_longer_available":
            return OfferUnavailableError("The airline no longer sells it.", hint=_SEARCH_AGAIN)
        case "not_found":
            return _not_found()
        case "rate_limit_exceeded":
            after = retry_after_seconds(reply.headers, now())
            return ProviderRateLimitedError(_NAME, 1.0 if after is None else after)
        case _ if error.type == "validation_error":
            return _invalid(error)
        case _:
            return _by_status(reply.status)


def _by_status(status: int) -> TripSageError | None:
    match status:
        case HTTPStatus.NOT_FOUND:
            return _not_found()
        case HTTPStatus.UNAUTHORIZED:
            return ProviderRejectedError(
                _NAME, "the access token was not accepted", hint=f"Check {KEY_VARIABLE}."
            )
        case HTTPStatus.FORBIDDEN:
            return ProviderRejectedError(
                _NAME,
                "the access token may not do this",
                hint=f"Give the token in {KEY_VARIABLE} the right to search for air offers.",
            )
        # Duffel asks not to repeat these at once; a longer wait keeps our own retry away.
        case HTTPStatus.INTERNAL_SERVER_ERROR | HTTPStatus.BAD_GATEWAY | HTTPStatus.GATEWAY_TIMEOUT:
            error = ProviderUnavailableError(_NAME, f"HTTP {int(status)}")
            error.retry_after_s = _PAUSE_S
            return error
        case _:
            return None


def _not_found() -> NotFoundError:
    return NotFoundError("No such offer or search, or it is too old.", hint=_SEARCH_AGAIN)


def _invalid(error: RawError) -> TripSageError:
    argument, example = _ARGUMENTS.get(error.field, (None, None))
    if argument is None:
        return ProviderRejectedError(_NAME, "the request was not accepted")
    return InvalidRequestError(argument, "was refused by Duffel as not valid", example=example)


def _first_error(body: bytes) -> RawError:
    try:
        errors = ERRORS.validate_json(body).errors
    except ValueError:
        # Not Duffel's envelope (a proxy's page, say); the status has to do.
        return RawError()
    return errors[0] if errors else RawError()
