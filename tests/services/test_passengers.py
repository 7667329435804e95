"""Who may fly on an offer: each rule, and that no error repeats what was given."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.build_bookings import offer, person
from tests.build_flights import NOW, flown, segment
from tripsage_mcp.domain.flight import Offer, Passenger
from tripsage_mcp.domain.order import LoyaltyAccount, PassengerDetails
from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.services.bookings.passengers import (
    DocumentGiven,
    LoyaltyGiven,
    PassengerGiven,
    age_on,
    checked,
    fitted,
)

FLIGHT_DAY = date(2027, 5, 10)
PASSPORT = DocumentGiven("passport", "C 0123-456", "pt", date(2031, 8, 30))
INFANT = Passenger("pas_i", "infant_without_seat", 1)
SECOND_INFANT = Passenger("pas_j", "infant_without_seat", 1)
ADULT, SECOND_ADULT = Passenger("pas_1", "adult"), Passenger("pas_2", "adult")
BABY_BORN = date(2026, 3, 1)

latin = st.text("abcdefghijklmnopqrstuvwxyzàéîõüçñßœøåABCÉ", min_size=1, max_size=20)


def refused(people: list[PassengerGiven], sold: Offer | None = None) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as caught:
        fitted(checked(people, NOW), sold or offer())
    return caught.value


def baby(passenger_id: str = "pas_i", **changes: Any) -> PassengerGiven:
    usual = {"given_name": "Rui", "born_on": BABY_BORN, **changes}
    return person(passenger_id, **usual)


def second() -> PassengerGiven:
    return person("pas_2", given_name="Ana")


def laps(people: list[PassengerGiven], *sold: Passenger) -> dict[str, str | None]:
    found = fitted(checked(people, NOW), offer(*sold))
    return {one.passenger_id: one.infant_passenger_id for one in found}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Inês", "Inês"),
        ("  Maria  João ", "Maria João"),
        ("O\u2019Neill", "O'Neill"),
        ("Jean-Luc", "Jean-Luc"),
        ("Ine\u0302s", "Inês"),
        ("Þórdís", "Þórdís"),
        ("Ng", "Ng"),
        ("O", "O"),
    ],
)
def test_names_are_taken_as_airlines_take_them(written: str, kept: str) -> None:
    [found] = checked([person(given_name=written, family_name=written)], NOW)
    assert (found.given_name, found.family_name) == (kept, kept)


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "X" * 21,
        "R2D2",
        "Inês\n\x00",
        "-Ana",
        "Ana-",
        "Мария",
        "李",
        "Ana.",
        "A<b>",
        "a@b",
        "'",
    ],
)
def test_names_an_airline_cannot_print_are_refused(written: str) -> None:
    error = refused([person(family_name=written)])
    assert (error.argument, error.example) == ("passengers.0.family_name", '"Silva"')
    assert len(written) < 3 or written not in error.message


def test_a_placeholder_is_no_name() -> None:
    assert refused([person(given_name="First", family_name="TEST")]).argument == (
        "passengers.0.given_name"
    )
    # Each alone may be somebody's.
    assert checked([person(given_name="First", family_name="Silva")], NOW)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("+351 912 345 678", "+351912345678"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("+442071234567", "+442071234567"),
    ],
)
def test_phones_are_e164(written: str, kept: str) -> None:
    assert checked([person(phone=written)], NOW)[0].phone == kept


@pytest.mark.parametrize(
    "written",
    ["912345678", "+0351912345678", "00351912345678", "+12", "+" + "1" * 16, "+٣٥١٩١٢٣٤٥"],
)
def test_other_phones_are_refused(written: str) -> None:
    error = refused([person(phone=written)])
    assert (error.argument, error.example) == ("passengers.0.phone", '"+351912345678"')


@pytest.mark.parametrize(
    "written", ["ines", "ines@", "@x.pt", "a b@x.pt", "a@x", "a@x..pt", "é@x.pt"]
)
def test_what_is_no_email_address_is_refused(written: str) -> None:
    assert refused([person(email=written)]).argument == "passengers.0.email"


def test_everybody_on_the_offer_is_described_once() -> None:
    sold = offer(ADULT, SECOND_ADULT)
    assert refused([person()], sold).argument == "passengers"
    assert refused([person(), second(), person("pas_3", given_name="Rita")], sold).argument == (
        "passengers.2.passenger_id"
    )
    assert refused([person(), second(), replace(second(), given_name="Eva")], sold).argument == (
        "passengers"
    )
    assert "one person twice" in refused([person(), person("pas_2")], sold).message
    assert refused([], sold).argument == "passengers"
    found = fitted(checked([second(), person()], NOW), sold)
    assert [one.passenger_id for one in found] == ["pas_1", "pas_2"]


@pytest.mark.parametrize(
    ("sold", "youngest", "oldest"),
    [
        (Passenger("pas_1", "adult"), 18, 110),
        (Passenger("pas_1", "child", 7), 7, 7),
        (Passenger("pas_1", "child"), 2, 17),
        # A provider may call a youth what it likes; the age that was searched for counts.
        (Passenger("pas_1", "adult", 15), 15, 15),
        (Passenger("pas_1", "adult", 40), 18, 110),
    ],
)
def test_ages_count_on_the_day_of_the_last_flight(
    sold: Passenger, youngest: int, oldest: int
) -> None:
    for age in range(111):
        birthday = FLIGHT_DAY.replace(year=FLIGHT_DAY.year - age)
        one = person(born_on=birthday)
        if youngest <= age <= oldest:
            assert fitted(checked([one], NOW), offer(sold))
        elif birthday <= NOW.date():
            assert refused([one], offer(sold)).argument == "passengers.0.born_on"


def test_a_birthday_between_the_flights_counts() -> None:
    back = flown(segment("LHR-LIS", "2027-05-20T12:00", flight="TP1351"))
    sold = replace(offer(), slices=(*offer().slices, back))
    eighteen_on_the_way_back = person(born_on=date(2009, 5, 15))
    assert fitted(checked([eighteen_on_the_way_back], NOW), sold)
    assert refused([eighteen_on_the_way_back]).argument == "passengers.0.born_on"


def test_an_infant_who_was_to_have_a_seat_is_for_the_airline() -> None:
    sold = offer(ADULT, Passenger("pas_i", "child", 2))
    error = refused([person(), baby()], sold)
    assert error.argument == "passengers.1.born_on"
    assert "booked with the airline" in error.message


def test_an_infant_on_a_lap_is_below_two() -> None:
    assert laps([person(), baby()], ADULT, INFANT) == {"pas_1": "pas_i", "pas_i": None}
    error = refused([person(), baby(born_on=date(2025, 5, 10))], offer(ADULT, INFANT))
    assert error.argument == "passengers.1.born_on"
    assert "booked with the airline" not in error.message


def test_an_infant_has_the_age_it_was_searched_for_with() -> None:
    # Whoever sells it refuses the order else, after the traveller has said yes.
    newborn = Passenger("pas_i", "infant_without_seat", 0)
    assert refused([person(), baby()], offer(ADULT, newborn)).argument == "passengers.1.born_on"
    anyhow = Passenger("pas_i", "infant_without_seat")
    assert laps([person(), baby()], ADULT, anyhow) == {"pas_1": "pas_i", "pas_i": None}


def test_a_youngster_with_an_adults_seat_holds_no_infant() -> None:
    young = Passenger("pas_1", "adult", 16)
    people = [person(born_on=date(2011, 1, 1)), baby()]
    assert refused(people, offer(young, INFANT)).argument == "passengers"


def test_each_infant_has_a_lap_of_its_own() -> None:
    people = [
        person(),
        replace(second(), infant_passenger_id="pas_i"),
        baby(),
        baby("pas_j", given_name="Eva"),
    ]
    sold = (ADULT, SECOND_ADULT, INFANT, SECOND_INFANT)
    assert laps(people, *sold) == {
        "pas_1": "pas_j", "pas_2": "pas_i", "pas_i": None, "pas_j": None,
    }  # fmt: skip
    both = [replace(people[0], infant_passenger_id="pas_i"), *people[1:]]
    assert "two laps" in refused(both, offer(*sold)).message
    one = [person(), baby(), baby("pas_j", given_name="Eva")]
    assert refused(one, offer(ADULT, INFANT, SECOND_INFANT)).argument == "passengers"


def test_a_lap_is_an_adults_and_holds_an_infant() -> None:
    child = Passenger("pas_2", "child", 9)
    held_by_child = [
        person(),
        person("pas_2", born_on=date(2018, 1, 1), infant_passenger_id="pas_i"),
        baby(),
    ]
    assert refused(held_by_child, offer(ADULT, child, INFANT)).argument == (
        "passengers.1.infant_passenger_id"
    )
    grown = [person(infant_passenger_id="pas_2"), second()]
    assert refused(grown, offer(ADULT, SECOND_ADULT)).argument == (
        "passengers.0.infant_passenger_id"
    )


def test_documents_are_those_the_offer_takes() -> None:
    sold = replace(offer(), documents_required=True, documents_accepted=("passport",))
    [found] = fitted(checked([person(documents=[PASSPORT])], NOW), sold)
    [paper] = found.documents
    assert (paper.kind, paper.number, paper.issuing_country) == ("passport", "C0123456", "PT")
    assert refused([person()], sold).argument == "passengers.0.documents"
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kind": "tax_id"}, "kind"),
        ({"expires_on": None}, "expires_on"),
        ({"expires_on": FLIGHT_DAY}, "expires_on"),
        ({"country": "Portugal"}, "country"),
        ({"country": "UK"}, "country"),
        ({"number": "12"}, "number"),
        ({"number": "C01234_6"}, "number"),
    ]
    optional = replace(sold, documents_required=False)
    for change, field in wrong:
        error = refused([person(documents=[replace(PASSPORT, **change)])], optional)
        assert error.argument == f"passengers.0.documents.0.{field}"
    assert refused([person(documents=[PASSPORT])]).argument == "passengers.0.documents.0.kind"


def test_a_traveller_number_is_no_proof_of_who_somebody_is() -> None:
    kinds = ("passport", "known_traveler_number")
    sold = replace(offer(), documents_required=True, documents_accepted=kinds)
    trusted = replace(PASSPORT, kind="known_traveler_number", number="TT11223344")
    assert refused([person(documents=[trusted])], sold).argument == "passengers.0.documents"
    assert fitted(checked([person(documents=[trusted, PASSPORT])], NOW), sold)


def test_one_document_is_one_persons() -> None:
    people = [person(documents=[PASSPORT]), replace(second(), documents=[PASSPORT])]
    assert "one document twice" in refused(people, offer(ADULT, SECOND_ADULT)).message


def test_programme_numbers_are_of_programmes_the_offer_takes() -> None:
    sold = replace(offer(), loyalty_programmes=("TP", "LH"))
    member = person(loyalty=[LoyaltyGiven("tp", "123 456 789")])
    [found] = fitted(checked([member], NOW), sold)
    assert [(each.airline_code, each.number) for each in found.loyalty] == [("TP", "123456789")]
    assert isinstance(found.loyalty[0], LoyaltyAccount)
    assert refused([person(loyalty=[LoyaltyGiven("BA", "123456789")])], sold).argument == (
        "passengers.0.loyalty.0.airline"
    )
    twice = [LoyaltyGiven("TP", "123456789"), LoyaltyGiven("TP", "123456780")]
    assert refused([person(loyalty=twice)], sold).argument == "passengers.0.loyalty"
    assert refused([member]).argument == "passengers.0.loyalty.0.airline"


# No placeholder begins with a Q.
@given(latin, latin.map(lambda name: f"Q{name[:19]}"))
def test_any_latin_name_is_taken_and_stays_as_it_is(given_name: str, family_name: str) -> None:
    people = checked([person(given_name=given_name, family_name=family_name)], NOW)
    names = {"given_name": people[0].given_name, "family_name": people[0].family_name}
    assert checked([person(**names)], NOW) == people
    assert names == {"given_name": given_name, "family_name": family_name}


def outcome(one: PassengerGiven) -> PassengerDetails | InvalidRequestError:
    try:
        return checked([one], NOW)[0]
    except InvalidRequestError as error:
        return error


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_written_is_taken_whole_or_refused_by_name(
    given_name: str, family_name: str, email: str, phone: str
) -> None:
    one = person(given_name=given_name, family_name=family_name, email=email, phone=phone)
    match outcome(one):
        case InvalidRequestError() as error:
            assert error.argument.startswith("passengers.0.")
            for written in (given_name, family_name, email, phone):
                assert len(written) < 6 or written not in error.message
        case found:
            assert found.phone.startswith("+")
            assert 1 <= len(found.given_name) <= 20


@given(st.dates(date(1907, 1, 1), date(2027, 2, 28)), st.integers(0, 40_000))
def test_an_age_is_the_number_of_birthdays(born_on: date, days: int) -> None:
    day = born_on + timedelta(days=days)
    birthdays = sum(
        (year, born_on.month, born_on.day) <= (day.year, day.month, day.day)
        for year in range(born_on.year + 1, day.year + 1)
    )
    assert age_on(born_on, day) == birthdays


@given(st.integers(1, 5), st.integers(0, 4), st.permutations(range(10)))
def test_infants_are_spread_over_distinct_adults_or_refused(
    adults: int, infants: int, order: list[int]
) -> None:
    grown = [Passenger(f"pas_{n}", "adult") for n in range(adults)]
    small = [Passenger(f"pas_i{n}", "infant_without_seat") for n in range(infants)]
    people = [person(one.passenger_id, given_name="A" + "a" * n) for n, one in enumerate(grown)] + [
        baby(one.passenger_id, given_name="B" + "b" * n) for n, one in enumerate(small)
    ]
    people = [people[n] for n in order if n < len(people)]
    sold = offer(*grown, *small)
    if infants > adults:
        assert refused(people, sold).argument == "passengers"
        return
    found: tuple[PassengerDetails, ...] = fitted(checked(people, NOW), sold)
    held = [one.infant_passenger_id for one in found if one.infant_passenger_id is not None]
    assert sorted(held) == sorted(one.passenger_id for one in small)
    assert [one.passenger_id for one in found] == [one.passenger_id for one in sold.passengers]
