import logging
from dataclasses import dataclass
from typing import Any

import pytest
from fastmcp import Client

from tests import build
from tests.rest.served import client, refused
from tripsage_mcp import errors
from tripsage_mcp.rest.errors import status_of
from tripsage_mcp.services.destinations.request import DestinationAsked
from tripsage_mcp.services.destinations.service import DestinationFound
from tripsage_mcp.tools.get_destination import TOOL

pytestmark = pytest.mark.anyio

DAYS = {"place": "Lisbon", "start_date": "2027-05-10", "end_date": "2027-05-11"}

TABLE: list[tuple[errors.TripSageError, str, int]] = [
    (
        errors.InvalidRequestError("place", "must be nicer", example='"Rome"'),
        "invalid_request",
        422,
    ),
    (errors.NotFoundError("no such place"), "not_found", 404),
    (errors.OfferExpiredError("gone"), "offer_expired", 410),
    (errors.OfferUnavailableError("sold"), "offer_unavailable", 410),
    (errors.PriceChangedError("dearer"), "price_changed", 409),
    (errors.PaymentRefusedError("poor"), "payment_refused", 402),
    (errors.ConflictError("changed"), "conflict", 409),
    (errors.NotAuthenticatedError("who?"), "not_authenticated", 401),
    (errors.PermissionDeniedError("no"), "permission_denied", 403),
    (errors.ProviderUnavailableError("x", "down"), "provider_unavailable", 503),
    (errors.ProviderTimeoutError("x", "silent"), "provider_timeout", 504),
    (errors.ProviderRateLimitedError("x", 7.2), "provider_rate_limited", 429),
    (errors.ProviderRejectedError("x", "HTTP 400"), "provider_rejected", 502),
    (errors.ProviderBlockedError("x", "robots.txt"), "provider_blocked", 502),
    (errors.ProviderChallengedError("x", "a puzzle"), "provider_challenged", 502),
    (errors.ProviderProtocolError("x", "odd"), "provider_protocol", 502),
    (errors.ProviderChangedError("x", "rebuilt"), "provider_changed", 502),
    (errors.OutcomeUnknownError("x", "silence"), "unconfirmed", 502),
    (errors.ProviderNotConfiguredError("x", "TRIPSAGE_X"), "provider_not_configured", 503),
    (errors.StorageError("away"), "storage_unavailable", 503),
    (errors.ConfigurationError("wrong"), "configuration", 500),
]


@dataclass
class Failing:
    """A service of destinations that raises."""

    error: Exception

    async def describe(self, _request: DestinationAsked) -> DestinationFound:
        raise self.error


def kinds(base: type[Any]) -> set[type[Any]]:
    """Return those below a base that have a code of their own."""
    below = {kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__}
    coded = {kind for kind in below if "code" in vars(kind)}
    return coded.union(*(kinds(kind) for kind in below))


def test_the_table_holds_every_error_there_is() -> None:
    assert {type(error) for error, _, _ in TABLE} == kinds(errors.TripSageError)


@pytest.mark.parametrize(("error", "code", "status"), TABLE, ids=[code for _, code, _ in TABLE])
async def test_an_error_has_the_same_code_over_mcp_and_rest(
    error: errors.TripSageError, code: str, status: int
) -> None:
    async with Client(build.server([TOOL], destinations=Failing(error))) as mcp:
        result = await mcp.call_tool("get_destination", DAYS, raise_on_error=False)
    async with client(destinations=Failing(error)) as http:
        response = await http.get("/api/v1/destinations", params=DAYS)

    assert result.is_error
    told = result.structured_content
    assert told is not None
    answer = refused(response)
    assert (told["code"], answer["code"], response.status_code) == (code, code, status)
    assert answer["message"] == told["message"] == error.message
    context = answer["details"]["context"]
    assert context["retryable"] == told["retryable"]
    assert context.get("hint") == told.get("hint")


async def test_a_broken_rule_names_its_field_and_gives_an_example() -> None:
    async with client(destinations=Failing(TABLE[0][0])) as http:
        answer = refused(await http.get("/api/v1/destinations", params=DAYS))
    assert answer["details"]["field_errors"] == [{"field": "place", "message": "must be nicer"}]
    assert answer["details"]["context"]["hint"] == 'For example place="Rome"'


async def test_a_rate_limit_says_in_the_header_when_to_come_back() -> None:
    async with client(destinations=Failing(errors.ProviderRateLimitedError("x", 0.2))) as http:
        response = await http.get("/api/v1/destinations", params=DAYS)
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    ("error", "level"),
    [
        (errors.ProviderUnavailableError("x", "down"), logging.WARNING),
        (errors.StorageError("away"), logging.ERROR),
        (errors.NotFoundError("no trip to Ines's"), logging.INFO),
    ],
)
async def test_a_failure_is_found_in_the_log_by_its_request_id(
    error: errors.TripSageError, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "tripsage"):
        async with client(destinations=Failing(error)) as http:
            response = await http.get("/api/v1/destinations", params=DAYS)
    (record,) = [each for each in caplog.records if each.name == "tripsage"]
    assert record.levelno == level
    assert response.headers["x-request-id"] in record.getMessage()
    assert error.code in record.getMessage()
    assert "Ines" not in record.getMessage()


def test_an_error_that_is_not_listed_has_the_status_of_its_family() -> None:
    class NewProviderError(errors.ProviderError):
        code = "provider_new"

    assert status_of(NewProviderError("x", "new")) == 502


async def test_a_bug_is_masked_and_can_be_found_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bug = RuntimeError("the password is hunter2")
    with caplog.at_level(logging.ERROR):
        async with client(destinations=Failing(bug)) as http:
            response = await http.get("/api/v1/destinations", params=DAYS)
    answer = refused(response)
    assert (response.status_code, answer["code"]) == (500, "internal")
    assert "hunter2" not in response.text
    assert "RuntimeError" not in response.text
    assert answer["details"]["context"]["request_id"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert "hunter2" not in caplog.text


async def test_an_upstream_that_fails_validation_is_a_bug_and_no_fault_of_the_caller() -> None:
    try:
        errors_of_a_model()
    except ValueError as exc:
        async with client(destinations=Failing(exc)) as http:
            response = await http.get("/api/v1/destinations", params=DAYS)
        assert response.status_code == 500


def errors_of_a_model() -> None:
    from pydantic import TypeAdapter  # noqa: PLC0415

    TypeAdapter(int).validate_python("private words")
