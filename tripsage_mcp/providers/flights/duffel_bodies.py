"""What we send to Duffel: a search, an order, a payment.

https://duffel.com/docs/api/v2/offer-requests and https://duffel.com/docs/api/v2/orders
"""

from typing import Literal

from tripsage_mcp.domain.flight_request import (
    INFANT_BELOW,
    OfferRequest,
    SliceRequest,
    TimeWindow,
)
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import IdentityDocument, OrderRequest, PassengerDetails
from tripsage_mcp.providers.duffel.api import Body

type PaymentType = Literal["balance", "arc_bsp_cash"]

# Under this key an order keeps what we call it.
REFERENCE = "reference"


def search(request: OfferRequest) -> Body:
    """Return the body of an offer request."""
    # Duffel knows no infant with a seat; the youngest who has one is a child.
    ages = [*request.children_ages, *([INFANT_BELOW] * request.infants_in_seat)]
    body: Body = {
        "slices": [_slice(part) for part in request.slices],
        "passengers": [*([{"type": "adult"}] * request.adults), *({"age": age} for age in ages)],
        "max_connections": request.max_connections,
    }
    return body if request.cabin is None else body | {"cabin_class": request.cabin}


def _slice(part: SliceRequest) -> Body:
    body: Body = {
        "origin": part.origin,
        "destination": part.destination,
        "departure_date": part.departure_date.isoformat(),
    }
    if part.departure_window is not None:
        body["departure_time"] = _window(part.departure_window)
    if part.arrival_window is not None:
        body["arrival_time"] = _window(part.arrival_window)
    return body


def _window(window: TimeWindow) -> Body:
    return {"from": f"{window.first:%H:%M}", "to": f"{window.last:%H:%M}"}


def order(request: OrderRequest, payment_type: PaymentType) -> Body:
    """Return the body that buys an offer, or holds it: then without a payment."""
    body: Body = {
        "type": request.kind,
        "selected_offers": [request.offer_id],
        "passengers": [_passenger(person) for person in request.passengers],
    }
    if request.kind == "instant":
        body["payments"] = [payment(request.total, payment_type)]
    if request.ancillaries:
        body["services"] = [
            {"id": choice.ancillary_id, "quantity": choice.quantity}
            for choice in request.ancillaries
        ]
    if request.reference is not None:
        body["metadata"] = {REFERENCE: request.reference}
    return body


def payment(amount: Money, payment_type: PaymentType) -> Body:
    """Return one payment."""
    return {"type": payment_type, "amount": _decimal(amount), "currency": amount.currency}


def _decimal(money: Money) -> str:
    # To the minor unit as Duffel writes it, but never another amount than was agreed to.
    minor = money.rounded().amount
    return format(minor if minor == money.amount else money.amount, "f")


def _passenger(person: PassengerDetails) -> Body:
    body: Body = {
        "id": person.passenger_id,
        "title": person.title,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "gender": person.gender,
        "born_on": person.born_on.isoformat(),
        "email": person.email,
        "phone_number": person.phone,
    }
    if person.infant_passenger_id is not None:
        body["infant_passenger_id"] = person.infant_passenger_id
    if person.documents:
        body["identity_documents"] = [_document(each) for each in person.documents]
    if person.loyalty:
        body["loyalty_programme_accounts"] = [
            {"airline_iata_code": account.airline_code, "account_number": account.number}
            for account in person.loyalty
        ]
    return body


def _document(document: IdentityDocument) -> Body:
    body: Body = {
        "type": document.kind,
        "unique_identifier": document.number,
        "issuing_country_code": document.issuing_country,
    }
    if document.expires_on is None:
        return body
    return body | {"expires_on": document.expires_on.isoformat()}
