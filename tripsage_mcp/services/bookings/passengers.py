"""The people who are to fly, checked against each rule and against the offer they fly on.

Errors name the argument and the rule; nothing of what was given is repeated.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tripsage_mcp.domain.flight import Offer, Passenger
from tripsage_mcp.domain.flight_request import ADULT_FROM, INFANT_BELOW
from tripsage_mcp.domain.order import (
    Gender,
    IdentityDocument,
    LoyaltyAccount,
    PassengerDetails,
    Title,
)
from tripsage_mcp.errors import InvalidRequestError

MOST_PASSENGERS = 9
_LONGEST_NAME = 20
_OLDEST_YEARS = 120
_MOST_PAPERS = 5
_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_LONGEST_EMAIL = 254
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_PHONE_FILLER = re.compile(r"[\s().-]")
_NUMBER = re.compile(r"[A-Z0-9]{4,25}")
_NUMBER_FILLER = re.compile(r"[\s-]")
_COUNTRY = re.compile(r"[A-Z]{2}")
# Written by people, and by models, who do not know the name yet.
_PLACEHOLDERS = {
    "adult", "child", "example", "family", "first", "firstname", "given", "infant", "last",
    "lastname", "name", "none", "passenger", "surname", "tba", "tbc", "tbd", "test", "traveler",
    "traveller", "unknown", "user", "xx", "xxx",
}  # fmt: skip
# The other documents an airline takes, e.g. a known traveller number, do not say who somebody is.
_PROOFS = ("passport", "tax_id")
_IN_ROMAN = "must be as in the passport, in Latin letters, with spaces, hyphens and apostrophes"


@dataclass(frozen=True, slots=True, repr=False)
class DocumentGiven:
    """An identity document as the caller wrote it."""

    kind: str
    number: str
    country: str
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class LoyaltyGiven:
    """A frequent flyer number as the caller wrote it."""

    airline: str
    number: str


@dataclass(frozen=True, slots=True, repr=False)
class PassengerGiven:
    """One person as the caller wrote them; see `PassengerDetails` for the meaning."""

    passenger_id: str
    title: Title
    given_name: str
    family_name: str
    gender: Gender
    born_on: date
    email: str
    phone: str
    infant_passenger_id: str | None = None
    documents: Sequence[DocumentGiven] = ()
    loyalty: Sequence[LoyaltyGiven] = ()


def checked(given: Sequence[PassengerGiven], now: datetime) -> tuple[PassengerDetails, ...]:
    """Return the people, each valid by themselves, in normal form.

    Raises:
        InvalidRequestError: what somebody gave breaks a rule.
    """
    if not 1 <= len(given) <= MOST_PASSENGERS:
        raise InvalidRequestError("passengers", f"must be 1 to {MOST_PASSENGERS} people")
    people = tuple(_person(each, f"passengers.{n}", now.date()) for n, each in enumerate(given))
    _refuse_twice((one.passenger_id for one in people), "name a passenger_id")
    _refuse_twice(
        ((one.given_name, one.family_name, one.born_on) for one in people), "describe one person"
    )
    _refuse_twice(
        ((paper.kind, paper.number) for one in people for paper in one.documents),
        "give one document",
    )
    return people


def fitted(people: Sequence[PassengerDetails], offer: Offer) -> tuple[PassengerDetails, ...]:
    """Return the people in the offer's order, each lap infant with an adult.

    Raises:
        InvalidRequestError: they are not the people this offer was made for.
    """
    sold = {passenger.passenger_id: passenger for passenger in offer.passengers}
    places = {one.passenger_id: f"passengers.{n}" for n, one in enumerate(people)}
    for one in people:
        if one.passenger_id not in sold:
            raise InvalidRequestError(
                f"{places[one.passenger_id]}.passenger_id",
                "must be a passenger_id of this offer, from get_flight_offer",
            )
    if len(people) < len(sold):
        raise InvalidRequestError(
            "passengers", f"must describe all {len(sold)} passengers of the offer"
        )
    flown_on = offer.segments[-1].departs_at.date()
    for one in people:
        at = places[one.passenger_id]
        _check_age(one, sold[one.passenger_id], flown_on, f"{at}.born_on")
        _check_documents(one, offer, at)
        _check_loyalty(one, offer, at)
    seated = _with_infants(people, sold, places)
    order = list(sold)
    return tuple(sorted(seated, key=lambda one: order.index(one.passenger_id)))


def age_on(born_on: date, day: date) -> int:
    """Return the age in whole years; who is born on 29 February has the birthday on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _person(given: PassengerGiven, at: str, today: date) -> PassengerDetails:
    names = (
        _name(given.given_name, f"{at}.given_name", '"Ines"'),
        _name(given.family_name, f"{at}.family_name", '"Silva"'),
    )
    if all(name.casefold() in _PLACEHOLDERS for name in names):
        raise InvalidRequestError(f"{at}.given_name", "must be a person's name, not a placeholder")
    if not 0 <= age_on(given.born_on, today) <= _OLDEST_YEARS:
        raise InvalidRequestError(
            f"{at}.born_on", "must be a birth date of somebody alive", example='"1990-05-17"'
        )
    for papers, kind in ((given.documents, "documents"), (given.loyalty, "loyalty")):
        if len(papers) > _MOST_PAPERS:
            raise InvalidRequestError(f"{at}.{kind}", f"must be at most {_MOST_PAPERS}")
    return PassengerDetails(
        passenger_id=given.passenger_id,
        title=given.title,
        given_name=names[0],
        family_name=names[1],
        gender=given.gender,
        born_on=given.born_on,
        email=_email(given.email, f"{at}.email"),
        phone=_phone(given.phone, f"{at}.phone"),
        infant_passenger_id=given.infant_passenger_id,
        documents=tuple(
            _document(paper, f"{at}.documents.{n}") for n, paper in enumerate(given.documents)
        ),
        loyalty=tuple(
            LoyaltyAccount(
                account.airline.strip().upper(),
                _number(account.number, f"{at}.loyalty.{n}.number", '"123456789"'),
            )
            for n, account in enumerate(given.loyalty)
        ),
    )


def _name(value: str, argument: str, example: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(value.replace("\u2019", "'").split()))
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise InvalidRequestError(
            argument, f"must be 1 to {_LONGEST_NAME} characters", example=example
        )
    if not (_is_latin(name[0]) and _is_latin(name[-1])):
        raise InvalidRequestError(argument, _IN_ROMAN, example=example)
    if not all(_is_latin(letter) or letter in " -'" for letter in name):
        raise InvalidRequestError(argument, _IN_ROMAN, example=example)
    return name


def _is_latin(letter: str) -> bool:
    return letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN ")


def _email(value: str, argument: str) -> str:
    address = value.strip()
    if len(address) > _LONGEST_EMAIL or not address.isascii() or not _EMAIL.fullmatch(address):
        raise InvalidRequestError(
            argument, "must be an e-mail address", example='"ines@example.org"'
        )
    return address


def _phone(value: str, argument: str) -> str:
    number = _PHONE_FILLER.sub("", value)
    if not number.isascii() or not _PHONE.fullmatch(number):
        raise InvalidRequestError(
            argument,
            "must be a phone number with its country code (E.164)",
            example='"+351912345678"',
        )
    return number


def _document(given: DocumentGiven, at: str) -> IdentityDocument:
    country = given.country.strip().upper()
    if not _COUNTRY.fullmatch(country) or country == "UK":
        raise InvalidRequestError(
            f"{at}.country", "must be an ISO 3166-1 alpha-2 code", example='"GB"'
        )
    return IdentityDocument(
        given.kind.strip().lower(),
        _number(given.number, f"{at}.number", '"C01234567"'),
        country,
        given.expires_on,
    )


def _number(value: str, argument: str, example: str) -> str:
    number = _NUMBER_FILLER.sub("", value).upper()
    if not number.isascii() or not _NUMBER.fullmatch(number):
        raise InvalidRequestError(argument, "must be 4 to 25 letters and digits", example=example)
    return number


def _refuse_twice(keys: Iterator[object], what: str) -> None:
    if any(count > 1 for count in Counter(keys).values()):
        raise InvalidRequestError("passengers", f"must not {what} twice")


def _check_age(one: PassengerDetails, sold: Passenger, flown_on: date, argument: str) -> None:
    age = age_on(one.born_on, flown_on)
    lowest, highest = _ages(sold)
    if lowest <= age <= highest:
        return
    if age < INFANT_BELOW <= lowest and sold.age == INFANT_BELOW:
        raise InvalidRequestError(
            argument,
            "makes an infant on the last flight: one with a seat of their own has to be booked "
            "with the airline",
        )
    ages = f"{lowest} years old" if lowest == highest else f"{lowest} to {highest} years old"
    if highest > _OLDEST_YEARS:
        ages = f"{lowest} years or older"
    raise InvalidRequestError(
        argument,
        f"must make the passenger {ages} on the day of the last flight: so the offer is made; "
        "search again with the right ages",
    )


def _ages(sold: Passenger) -> tuple[int, int]:
    """Return the lowest and the highest age the offer is for."""
    if sold.age is not None and sold.age < ADULT_FROM:
        return sold.age, sold.age
    if sold.type == "infant_without_seat":
        return 0, INFANT_BELOW - 1
    if sold.type == "child":
        return INFANT_BELOW, ADULT_FROM - 1
    return ADULT_FROM, 2 * _OLDEST_YEARS


def _check_documents(one: PassengerDetails, offer: Offer, at: str) -> None:
    accepted = ", ".join(offer.documents_accepted)
    proofs = [kind for kind in offer.documents_accepted if kind in _PROOFS] or [*_PROOFS]
    if offer.documents_required and not any(paper.kind in proofs for paper in one.documents):
        raise InvalidRequestError(
            f"{at}.documents", f"must hold one of: {', '.join(proofs)}; this offer needs it"
        )
    ends_on = offer.segments[-1].arrives_at.date()
    for n, paper in enumerate(one.documents):
        if paper.kind not in offer.documents_accepted:
            raise InvalidRequestError(
                f"{at}.documents.{n}.kind",
                f"must be one of: {accepted}" if accepted else "this offer takes no documents",
            )
        expiry = f"{at}.documents.{n}.expires_on"
        if paper.kind == "passport" and paper.expires_on is None:
            raise InvalidRequestError(expiry, "is required of a passport", example='"2031-08-30"')
        if paper.expires_on is not None and paper.expires_on <= ends_on:
            raise InvalidRequestError(
                expiry, "must be after the last flight", example='"2031-08-30"'
            )


def _check_loyalty(one: PassengerDetails, offer: Offer, at: str) -> None:
    for n, account in enumerate(one.loyalty):
        if account.airline_code not in offer.loyalty_programmes:
            raise InvalidRequestError(
                f"{at}.loyalty.{n}.airline",
                f"must be one of: {', '.join(offer.loyalty_programmes)}"
                if offer.loyalty_programmes
                else "this offer takes no programme numbers",
            )
    if len({account.airline_code for account in one.loyalty}) < len(one.loyalty):
        raise InvalidRequestError(f"{at}.loyalty", "must hold one number for each airline")


def _with_infants(
    people: Sequence[PassengerDetails], sold: Mapping[str, Passenger], places: Mapping[str, str]
) -> list[PassengerDetails]:
    """Put each infant on a lap: where the caller says, else with the first adult who has none."""
    infants = [key for key, one in sold.items() if one.type == "infant_without_seat"]
    # An airline may sell a youngster an adult's seat, but puts no infant on their lap.
    adults = [
        one.passenger_id
        for one in people
        if sold[one.passenger_id].type == "adult"
        and (sold[one.passenger_id].age or ADULT_FROM) >= ADULT_FROM
    ]
    laps: dict[str, str] = {}
    for one in people:
        if one.infant_passenger_id is None:
            continue
        argument = f"{places[one.passenger_id]}.infant_passenger_id"
        if one.infant_passenger_id not in infants:
            raise InvalidRequestError(argument, "must be the passenger_id of an infant on a lap")
        if one.passenger_id not in adults:
            raise InvalidRequestError(argument, "belongs to an adult")
        if one.infant_passenger_id in laps.values():
            raise InvalidRequestError(argument, "must not put one infant on two laps")
        laps[one.passenger_id] = one.infant_passenger_id
    free = iter(adult for adult in adults if adult not in laps)
    for infant in infants:
        if infant not in laps.values():
            adult = next(free, None)
            if adult is None:
                raise InvalidRequestError(
                    "passengers", "must hold an adult for each infant on a lap"
                )
            laps[adult] = infant
    return [replace(one, infant_passenger_id=laps.get(one.passenger_id)) for one in people]
