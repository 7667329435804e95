"""What `POST /air/orders` and `POST /air/payments` accept, and how they refuse the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import cast

from tripsage_mcp.sandbox.duffel.answers import Offered
from tripsage_mcp.sandbox.duffel.bookings import OrderType
from tripsage_mcp.sandbox.duffel.errors import required
from tripsage_mcp.sandbox.duffel.form import Fields, Form, data_of, fields_of
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.request import ADULT_AGE, MOST_PASSENGERS, Passenger
from tripsage_mcp.sandbox.duffel.wire import DOCUMENTS, needs_documents

TITLES = ("mr", "ms", "mrs", "miss", "dr")
PAYMENTS = ("balance", "arc_bsp_cash")
_NAME = re.compile(r"[^\W\d_]+(?:[ '\u2019.-]+[^\W\d_]+)*\.?")
_LONGEST_NAME = 20
_PHONE = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,4})?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_MOST_SERVICES = 100
_MOST_METADATA = 50
_MOST_DOCUMENTS = 5
_INFANTS_AGE = 2


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """One passenger of an order; `at` is the pointer of their fields."""

    at: str
    id: str
    born_on: date | None
    infant_id: str | None
    documents: tuple[tuple[str, date | None], ...]
    wire: Json


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as sent."""

    type: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class OrderForm:
    """An order as asked for, well-formed in itself.

    Attributes:
        services: Ids with quantities.
    """

    type: OrderType
    offer_id: str
    people: tuple[Person, ...]
    payment: Paid | None
    services: tuple[tuple[str, int], ...]
    metadata: dict[str, str]
    users: tuple[str, ...]


def read_order(body: object) -> OrderForm:
    """Return the order.

    Raises:
        RefusedError: 422, listing every problem found.
    """
    form, data = Form(), data_of(body)
    kind = form.choice(data, "type", "", ("instant", "hold")) or "instant"
    offers = _strings(form, data, "selected_offers")
    if not offers:
        form.problems.append(required("selected_offers", "/selected_offers"))
    elif len(offers) > 1:
        form.fail("/selected_offers", "should have at most 1 item", "validation_length")
    people = form.objects(data, "passengers", MOST_PASSENGERS)
    payments = form.objects(data, "payments", 1, needed=kind == "instant")
    if payments and kind == "hold":
        form.fail("/payments", "must not be given when the order is held")
    order = OrderForm(
        type=cast("OrderType", kind),
        offer_id=next(iter(offers), ""),
        people=tuple(_person(form, raw, f"/passengers/{n}") for n, raw in enumerate(people)),
        payment=_paid(form, payments[0], "/payments/0") if payments else None,
        services=read_services(form, data, "services"),
        metadata=read_metadata(form, data),
        users=_strings(form, data, "users"),
    )
    form.refuse()
    return order


def read_payment(body: object) -> tuple[str, Paid]:
    """Return which order to pay, and how.

    Raises:
        RefusedError: 422, listing every problem found.
    """
    form, data = Form(), data_of(body)
    order_id = form.text(data, "order_id", "", needed=True)
    payment = data.get("payment")
    if payment is None:
        form.problems.append(required("payment", "/payment"))
    paid = _paid(form, fields_of(payment), "/payment")
    form.refuse()
    return order_id or "", paid


def read_services(form: Form, data: Fields, key: str) -> tuple[tuple[str, int], ...]:
    """Return the services asked for, with quantities."""
    found: list[tuple[str, int]] = []
    for n, raw in enumerate(form.objects(data, key, _MOST_SERVICES, needed=False)):
        at = f"/{key}/{n}"
        quantity = raw.get("quantity")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 1:
            form.fail(f"{at}/quantity", "must be a positive whole number")
            quantity = 1
        found.append((form.text(raw, "id", at, needed=True) or "", quantity))
    return tuple(found)


def read_metadata(form: Form, data: Fields) -> dict[str, str]:
    """Return the caller's own notes on an order."""
    value = data.get("metadata")
    if value is None:
        return {}
    notes = fields_of(value)
    strings = {key: text for key, text in notes.items() if isinstance(text, str)}
    if not isinstance(value, dict) or len(strings) != len(notes) or len(notes) > _MOST_METADATA:
        form.fail("/metadata", f"must be at most {_MOST_METADATA} pairs of strings")
    return strings


def _strings(form: Form, data: Fields, key: str) -> tuple[str, ...]:
    value = data.get(key)
    if value is None:
        return ()
    items = cast("list[object]", value) if isinstance(value, list) else [None]
    strings = tuple(item for item in items if isinstance(item, str))
    if len(strings) != len(items):
        form.fail(f"/{key}", "must be a list of strings")
    return strings


def _paid(form: Form, raw: Fields, at: str) -> Paid:
    kind = form.choice(raw, "type", at, PAYMENTS)
    amount = form.text(raw, "amount", at, needed=True)
    currency = form.text(raw, "currency", at, needed=True)
    if amount is not None and not _AMOUNT.fullmatch(amount):
        form.fail(f"{at}/amount", "must be a decimal number as a string", "invalid_amount")
        amount = None
    if currency is not None and not _CURRENCY.fullmatch(currency):
        form.fail(f"{at}/currency", "must be an ISO 4217 code", "invalid_currency")
    return Paid(kind or "", Decimal(amount or 0), currency or "")


def _person(form: Form, raw: Fields, at: str) -> Person:
    names = [form.text(raw, key, at, needed=True) for key in ("given_name", "family_name")]
    for key, name in zip(("given_name", "family_name"), names, strict=True):
        if name is not None and (len(name) > _LONGEST_NAME or not _NAME.fullmatch(name)):
            rule = f"must be letters, and at most {_LONGEST_NAME} characters"
            form.fail(f"{at}/{key}", rule, "invalid_passenger_name")
    phone = form.text(raw, "phone_number", at, needed=True)
    if phone is not None and not _PHONE.fullmatch(phone):
        form.fail(f"{at}/phone_number", "must be in E.164 format", "invalid_phone_number")
    email = form.text(raw, "email", at, needed=True)
    if email is not None and not _EMAIL.fullmatch(email):
        form.fail(f"{at}/email", "must be an e-mail address", "invalid_email")
    born_on = form.day(raw, "born_on", at)
    person_id = form.text(raw, "id", at, needed=True) or ""
    infant_id = form.text(raw, "infant_passenger_id", at)
    wire: Json = {
        "id": person_id,
        "title": form.choice(raw, "title", at, TITLES),
        "given_name": names[0],
        "family_name": names[1],
        "gender": form.choice(raw, "gender", at, ("m", "f")),
        "born_on": born_on and born_on.isoformat(),
        "email": email,
        "phone_number": phone,
        "infant_passenger_id": infant_id,
        "loyalty_programme_accounts": _accounts(form, raw, at),
    }
    return Person(at, person_id, born_on, infant_id, _documents(form, raw, at), wire)


def _accounts(form: Form, raw: Fields, at: str) -> list[Json]:
    key = "loyalty_programme_accounts"
    entries = form.objects(raw, key, MOST_PASSENGERS, at, needed=False)
    names = ("airline_iata_code", "account_number")
    return [
        {name: form.text(entry, name, f"{at}/{key}/{n}", needed=True) for name in names}
        for n, entry in enumerate(entries)
    ]


def _documents(form: Form, raw: Fields, at: str) -> tuple[tuple[str, date | None], ...]:
    found: list[tuple[str, date | None]] = []
    key = "identity_documents"
    for n, entry in enumerate(form.objects(raw, key, _MOST_DOCUMENTS, at, needed=False)):
        where = f"{at}/{key}/{n}"
        kind = form.choice(entry, "type", where, DOCUMENTS) or ""
        form.text(entry, "unique_identifier", where, needed=True)
        country = form.text(entry, "issuing_country_code", where, needed=True)
        if country is not None and not _COUNTRY.fullmatch(country):
            form.fail(f"{where}/issuing_country_code", "must be an ISO 3166-1 alpha-2 code")
        found.append((kind, form.day(entry, "expires_on", where, needed=kind == "passport")))
    return tuple(found)


def check_people(people: Sequence[Person], offered: Offered, now: datetime) -> None:
    """Refuse passengers who are not the ones the offer was made for.

    Raises:
        RefusedError: 422, listing every problem found.
    """
    form, answer = Form(), offered.answer
    wanted = {answer.passenger_id(n): p for n, p in enumerate(answer.request.passengers)}
    given = [person.id for person in people]
    if sorted(given) != sorted(wanted):
        form.fail(
            "/passengers", "must be exactly the passengers of the offer", "invalid_passengers"
        )
        form.refuse()
    last_day = offered.fare.itineraries[-1].flights[0].local_departure.date()
    for person in people:
        _check_age(form, person, wanted[person.id], last_day, now.date())
        _check_documents(form, person, offered, last_day)
    _check_laps(form, people, wanted)
    form.refuse()


def _check_age(form: Form, person: Person, wanted: Passenger, last_day: date, today: date) -> None:
    born = person.born_on
    if born is None or born > today:
        form.fail(f"{person.at}/born_on", "must be in the past", "invalid_born_on")
        return
    years = last_day.year - born.year - ((last_day.month, last_day.day) < (born.month, born.day))
    if wanted.age is None:
        fits = years >= ADULT_AGE
    else:
        # An infant with a seat of its own was searched for as the youngest child.
        fits = years == wanted.age or (wanted.age == _INFANTS_AGE and years < _INFANTS_AGE)
    if not fits:
        rule = "must fit the passenger's type or age on the date of the last slice"
        form.fail(f"{person.at}/born_on", rule, "invalid_born_on")


def _check_documents(form: Form, person: Person, offered: Offered, last_day: date) -> None:
    at = f"{person.at}/identity_documents"
    if needs_documents(offered.fare) and not any(k == "passport" for k, _ in person.documents):
        form.problems.append(required("identity_documents", at))
    for n, (_, expires_on) in enumerate(person.documents):
        if expires_on is not None and expires_on < last_day:
            form.fail(f"{at}/{n}/expires_on", "must not be before the last slice")


def _check_laps(form: Form, people: Sequence[Person], wanted: dict[str, Passenger]) -> None:
    """Refuse unless each infant sits on the lap of one adult, and each lap holds one at most."""
    infants = {i for i, passenger in wanted.items() if passenger.kind == "infant_without_seat"}
    held: list[str] = []
    for person in people:
        if person.infant_id is None:
            continue
        adult = wanted[person.id].kind == "adult"
        if person.infant_id not in infants or person.infant_id in held or not adult:
            rule = "must name an infant of the offer, once, beside an adult"
            form.fail(f"{person.at}/infant_passenger_id", rule, "invalid_infant_passenger_id")
        held.append(person.infant_id)
    if infants - set(held):
        rule = "must name an adult for every infant, in 'infant_passenger_id'"
        form.fail("/passengers", rule, "invalid_infant_passenger_id")
