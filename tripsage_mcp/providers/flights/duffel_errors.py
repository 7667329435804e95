"""What Duffel's errors mean to the caller; its own words stay with us.

https://duffel.com/docs/api/overview/response-handling
"""

import re
from collections.abc import Mapping
from http import HTTPStatus

from tripsage_mcp.errors import (
    SEARCH_AGAIN,
    CallerError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    OfferExpiredError,
    OfferUnavailableError,
    OutcomeUnknownError,
    PaymentRefusedError,
    PriceChangedError,
    ProviderRejectedError,
    TripSageError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.http import Reply
from tripsage_mcp.providers.duffel.api import KEY_VARIABLE
from tripsage_mcp.providers.duffel.refusals import (
    RawError,
    RawSource,
    by_status,
    first_error,
    rate_limited,
    unavailable,
)
from tripsage_mcp.providers.duffel.wire import NAME

_ASK_AGAIN = "Read the price again, and ask the traveller again before anything is paid."
_READ_ORDER = "Read the order to see how it stands."
_LOOK_FIRST = "Do not repeat it: look for the order first."
_REFUSED = "was refused by the airline or by Duffel"
_EXACT_IDS = "Pass ids exactly as they were returned."

type _Meaning = tuple[type[CallerError], str, str]

_MEANINGS: Mapping[str, _Meaning] = {
    "offer_expired": (OfferExpiredError, "The offer has expired.", SEARCH_AGAIN),
    "offer_no_longer_available": (
        OfferUnavailableError,
        "The airline no longer sells it.",
        SEARCH_AGAIN,
    ),
    "price_changed": (PriceChangedError, "The price has changed.", _ASK_AGAIN),
    "payment_amount_does_not_match_order_amount": (
        PriceChangedError,
        "The price is not the amount to be paid.",
        _ASK_AGAIN,
    ),
    "payment_currency_does_not_match_order_currency": (
        PriceChangedError,
        "The price is in another currency.",
        _ASK_AGAIN,
    ),
    "not_found": (
        NotFoundError,
        "No such offer, search or order, or it is too old.",
        SEARCH_AGAIN,
    ),
    "insufficient_balance": (
        PaymentRefusedError,
        "The balance of the Duffel account does not cover it.",
        "Top up the balance of the Duffel account.",
    ),
    "duplicate_booking": (
        ConflictError,
        "The airline has such a booking for these passengers already.",
        _LOOK_FIRST,
    ),
    "offer_request_already_booked": (
        ConflictError,
        "An offer of this search has been booked already.",
        _LOOK_FIRST,
    ),
    "already_paid": (ConflictError, "The order is paid already.", _READ_ORDER),
    "already_cancelled": (ConflictError, "The order is cancelled already.", _READ_ORDER),
    "order_cancellation_stale": (
        ConflictError,
        "There is a newer quote for cancelling this order.",
        "Ask for a new quote and show it to the traveller.",
    ),
    "past_payment_required_by_date": (
        ConflictError,
        "The time to pay this order has passed.",
        SEARCH_AGAIN,
    ),
    "schedule_changed": (
        ConflictError,
        "The airline has changed the flights of this order.",
        "Read the order and show the traveller its new flights.",
    ),
    "invalid_order_create_type": (
        ConflictError,
        "The airline does not sell this offer that way.",
        "An offer can be held only where its payment terms say so; otherwise it is paid at once.",
    ),
    "order_type_not_eligible_for_payment": (
        ConflictError,
        "The order is not one that waits for a payment.",
        _READ_ORDER,
    ),
}

type _Fields = Mapping[str, tuple[str, str | None]]

# Duffel's field, our argument, a valid value.
_SEARCH_FIELDS: _Fields = {
    "origin": ("origin", '"LIS"'),
    "destination": ("destination", '"LIS"'),
    "departure_date": ("departure_date", '"2027-05-10"'),
    "departure_time": ("departure_time", '"08:00-14:00"'),
    "arrival_time": ("arrival_time", '"08:00-14:00"'),
    "age": ("children_ages", "[4, 11]"),
    "passengers": ("adults", "2"),
    "cabin_class": ("cabin", '"economy"'),
    "max_connections": ("max_connections", "1"),
}

_ORDER_FIELDS: _Fields = {
    "passengers": ("passengers", None),
    "services": ("ancillaries", None),
    "selected_offers": ("offer_id", None),
}

# Of somebody on an order: Duffel's field and ours.
_PERSON_FIELDS = {
    "title": "title",
    "given_name": "given_name",
    "family_name": "family_name",
    "gender": "gender",
    "born_on": "born_on",
    "email": "email",
    "phone_number": "phone",
    "infant_passenger_id": "infant_passenger_id",
    "identity_documents": "documents",
    "unique_identifier": "documents",
    "issuing_country_code": "documents",
    "expires_on": "documents",
    "loyalty_programme_accounts": "loyalty",
    "account_number": "loyalty",
    "airline_iata_code": "loyalty",
}
_PERSON_CODES = {
    "invalid_passenger_name": "the name of a passenger",
    "invalid_phone_number": "the phone number of a passenger",
}
_POINTER = re.compile(r"/passengers/(\d)(?:/|$)", re.ASCII)


class BatchesRefusedError(TripSageError):
    """This account may not search in batches; a search in one piece may still do."""


def explain(reply: Reply, now: Clock, fields: _Fields = _SEARCH_FIELDS) -> TripSageError | None:
    """Say what went wrong; None leaves it to the status alone."""
    error = first_error(reply.body)
    return (
        _by_code(error, reply, now)
        or _by_type(error, fields, reply.status)
        or _by_status(reply, now)
    )


def _by_code(error: RawError, reply: Reply, now: Clock) -> TripSageError | None:
    if error.code in _MEANINGS:
        kind, message, hint = _MEANINGS[error.code]
        return kind(message, hint=hint)
    if error.code in _PERSON_CODES:
        return InvalidRequestError("passengers", f"{_PERSON_CODES[error.code]} {_REFUSED}")
    match error.code:
        case "rate_limit_exceeded":
            return rate_limited(reply, now)
        case "order_not_created":
            return unavailable(reply, now, may_have_acted=False)
        case "ancillary_service_not_available":
            return InvalidRequestError("ancillaries", "names something that is not sold any more")
        case _:
            return None


def explain_batches(reply: Reply, now: Clock) -> TripSageError | None:
    """Say what went wrong with a search in batches."""
    if reply.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return BatchesRefusedError("Duffel does not search in batches for this account")
    return explain(reply, now)


def explain_order(reply: Reply, now: Clock) -> TripSageError | None:
    """Say what went wrong with a question about an order."""
    error = explain(reply, now, _ORDER_FIELDS)
    if isinstance(error, NotFoundError):
        return NotFoundError("No such offer, order or cancellation.", hint=_EXACT_IDS)
    return error


def explain_act(reply: Reply, now: Clock) -> TripSageError | None:
    """Say what became of an order, a payment or a cancellation that was asked for.

    A 4xx means that nothing happened, as do 503 and `order_not_created`. Duffel writes 200 or 202
    where it has only accepted an order, and under `internal_server_error` that the order may exist
    all the same.
    """
    code = first_error(reply.body).code
    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR and code != "order_not_created":
        # Whatever else such an answer says, it does not say that nothing happened.
        return _by_status(reply, now)
    if reply.status < HTTPStatus.BAD_REQUEST or code == "internal_server_error":
        return outcome_unknown()
    return explain_order(reply, now)


def outcome_unknown() -> OutcomeUnknownError:
    """Return the error for what must not happen twice and may have happened once."""
    return OutcomeUnknownError(NAME, "no answer says whether it was done", hint=_LOOK_FIRST)


def _by_type(error: RawError, fields: _Fields, status: int) -> TripSageError | None:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    match error.type:
        case "validation_error":
            return _invalid(error, fields)
        case "invalid_state_error":
            return ConflictError("It is in no state in which that can be done.", hint=_READ_ORDER)
        case "airline_error":
            return ProviderRejectedError(NAME, "the airline refused")
        case _:
            return None


def _by_status(reply: Reply, now: Clock) -> TripSageError | None:
    match reply.status:
        case HTTPStatus.NOT_FOUND:
            kind, message, hint = _MEANINGS["not_found"]
            return kind(message, hint=hint)
        case HTTPStatus.FORBIDDEN:
            return ProviderRejectedError(
                NAME,
                "the access token may not do this",
                hint=f"Give the token in {KEY_VARIABLE} the right to search and to order flights.",
            )
        case _:
            return by_status(reply, now)


def _invalid(error: RawError, fields: _Fields) -> TripSageError:
    argument, example = fields.get(error.at.field, (None, None))
    if argument is None and fields is _ORDER_FIELDS:
        argument = _person(error.at)
    if argument is None:
        return ProviderRejectedError(NAME, "the request was not accepted")
    return InvalidRequestError(argument, _REFUSED, example=example)


def _person(at: RawSource) -> str | None:
    """Return our name of what is wrong with somebody on an order; None when it is not that."""
    ours = _PERSON_FIELDS.get(at.field)
    place = _POINTER.search(at.pointer)
    if place is None:
        return None if ours is None else "passengers"
    return f"passengers.{place[1]}" if ours is None else f"passengers.{place[1]}.{ours}"
