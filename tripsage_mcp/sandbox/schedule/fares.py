"""What a seat costs, and what each fare brand includes."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from tripsage_mcp.sandbox.schedule.airlines import (
    LONG_HAUL_KM,
    Airline,
    Cabin,
    sold_cabins,
)
from tripsage_mcp.sandbox.schedule.airports import distance_km
from tripsage_mcp.sandbox.schedule.chance import between
from tripsage_mcp.sandbox.schedule.timetable import Flight, Itinerary

type TravellerKind = Literal["adult", "child", "infant_without_seat"]

_CABIN = {"economy": 1.0, "premium_economy": 1.6, "business": 3.2, "first": 5.0}
_SHORT_HAUL_FRONT = 2.3
_SEASON = (0.9, 0.88, 0.97, 1.03, 1.03, 1.14, 1.24, 1.25, 1.02, 0.97, 0.9, 1.08)
_TROPICS_END = -15
_WEEKDAY = (1.0, 0.94, 0.95, 1.0, 1.1, 1.0, 1.09)
# (days ahead, factor), linear in between
_ADVANCE = (
    (0, 2.0), (3, 1.7), (7, 1.4), (14, 1.2), (21, 1.08), (45, 0.97), (90, 0.95), (180, 1.0),
    (360, 1.08),
)  # fmt: skip
_PER_STOP = {0: 1.06, 1: 0.9, 2: 0.84}
# What leaving a country costs in taxes: USD on a short flight, USD on a long one.
_DEPARTURE_TAX = {
    "GB": (24, 128), "US": (12, 48), "DE": (32, 92), "FR": (22, 74), "NL": (38, 62), "AT": (26, 58),
    "CH": (24, 52), "ES": (14, 28), "PT": (18, 34), "IT": (17, 38), "IE": (9, 18), "SE": (18, 54),
    "NO": (16, 46), "DK": (18, 60), "BE": (18, 44), "GR": (22, 36), "TR": (14, 26), "AE": (22, 42),
    "JP": (16, 34), "AU": (34, 66), "NZ": (26, 62), "CA": (26, 58), "MX": (36, 62), "BR": (14, 44),
    "AR": (22, 68), "CO": (24, 52), "IN": (12, 34), "SG": (38, 56), "TH": (22, 30), "ZA": (18, 42),
}  # fmt: skip
_ELSEWHERE = (18, 40)
_FX = {"USD": Decimal(1), "EUR": Decimal("0.87"), "GBP": Decimal("0.76")}
_EURO = frozenset(
    ("AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT",
     "NL", "PT", "SI", "SK", "BG", "ME", "XK", "AD", "MC", "SM", "VA")
)  # fmt: skip
_STERLING = frozenset(("GB", "JE", "GG", "IM", "GI"))
_CENT = Decimal("0.01")
# A child pays most of the fare, an infant on a lap a tenth; taxes follow.
_SHARE = {
    "adult": (Decimal(1), Decimal(1)),
    "child": (Decimal("0.8"), Decimal(1)),
    "infant_without_seat": (Decimal("0.1"), Decimal("0.2")),
}
_KG_PER_KM = 0.052
_CABIN_FOOTPRINT = {"economy": 1.0, "premium_economy": 1.3, "business": 1.55, "first": 1.85}


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether something may be done before departure, and its fee in USD."""

    allowed: bool
    fee_usd: int = 0


@dataclass(frozen=True, slots=True)
class Brand:
    """One fare brand.

    Attributes:
        factor: Of the cheapest fare in the same cabin.
        shelf: Duffel's `ngs_shelf`, 1 (basic) to 5.
        code: Two letters for fare basis codes.
    """

    name: str
    cabin: Cabin
    factor: float
    shelf: int
    code: str
    carry_on: int
    checked: int
    change: Permission
    refund: Permission
    seats: bool = False
    priority: bool = False


def currency_for(country: str) -> str:
    """Return the currency offers from a country are priced in."""
    return "EUR" if country in _EURO else "GBP" if country in _STERLING else "USD"


def convert(usd: float, currency: str) -> Decimal:
    """Return an amount in `currency`, to the cent, at the invented world's fixed rates."""
    return (Decimal(str(usd)) * _FX[currency]).quantize(_CENT, ROUND_HALF_UP)


_NO = Permission(allowed=False)
_FREE = Permission(allowed=True)


def _names(airline: Airline) -> tuple[str, str, str]:
    if airline.iata == "ZZ":
        return "Basic", "Standard", "Flex"
    if airline.low_cost:
        return "Basic", "Plus", "Flex"
    if airline.country == "US":
        return "Basic Economy", "Main Cabin", "Main Cabin Flexible"
    if airline.bags.checked:
        return "Economy Saver", "Economy Standard", "Economy Flex"
    return "Economy Light", "Economy Classic", "Economy Flex"


def brands(airline: Airline, cabin: Cabin, *, long_haul: bool) -> tuple[Brand, ...]:
    """Return the ladder of brands an airline sells in a cabin, cheapest first."""
    bags = airline.bags
    if cabin in ("business", "first"):
        title = cabin.capitalize()
        return (
            Brand(f"{title} Saver", cabin, 1.0, 4, "SV", 2, 2,
                  Permission(allowed=True, fee_usd=120), Permission(allowed=True, fee_usd=250),
                  seats=True, priority=True),
            Brand(f"{title} Flex", cabin, 1.32, 5, "FX", 2, 2, _FREE, _FREE,
                  seats=True, priority=True),
        )  # fmt: skip
    if cabin == "premium_economy":
        return (
            Brand("Premium Economy", cabin, 1.0, 3, "PS", 1, max(1, bags.checked),
                  Permission(allowed=True, fee_usd=100), _NO, seats=True, priority=True),
            Brand("Premium Economy Flex", cabin, 1.3, 3, "PF", 1, 2, _FREE,
                  Permission(allowed=True, fee_usd=60), seats=True, priority=True),
        )  # fmt: skip
    basic, standard, flex = _names(airline)
    generous = bags.checked > 0
    middle = bags.checked or (0 if airline.country == "US" and not long_haul else 1)
    early = Permission(allowed=True, fee_usd=90) if generous else _NO
    fee = 45 if airline.low_cost else 75
    back = Permission(allowed=True, fee_usd=fee * 2) if generous else _NO
    return (
        Brand(basic, cabin, 1.0, 1, "LT", bags.carry_on, bags.checked, early, _NO),
        Brand(standard, cabin, 1.34 if airline.low_cost else 1.27, 2, "ST", 1, middle,
              Permission(allowed=True, fee_usd=fee), back, seats=True),
        Brand(flex, cabin, 1.85 if airline.low_cost else 1.65, 2, "FX", 1, max(1, bags.checked),
              _FREE, _FREE, seats=True, priority=True),
    )  # fmt: skip


def cabin_on(flight: Flight, wanted: Cabin) -> Cabin:
    """Return the cabin a passenger of `wanted` sits in on one flight, or the next best."""
    sold = sold_cabins(flight.leg.airline, flight.leg.km)
    if wanted in sold:
        return wanted
    if wanted in ("business", "first"):
        for other in ("business", "first"):
            if other in sold:
                return other
    return "economy"


def sells(itinerary: Itinerary, cabin: Cabin) -> bool:
    """Return whether the cabin exists on the longest flight."""
    longest = max(itinerary.flights, key=lambda f: f.leg.km)
    return cabin in sold_cabins(longest.leg.airline, longest.leg.km)


def _advance(days: int) -> float:
    position = bisect_right(_ADVANCE, (days, 9.9))
    if position == 0 or position == len(_ADVANCE):
        return _ADVANCE[max(position - 1, 0)][1]
    (d0, f0), (d1, f1) = _ADVANCE[position - 1 : position + 1]
    return f0 + (f1 - f0) * (days - d0) / (d1 - d0)


def _season(itinerary: Itinerary, day: date) -> float:
    south = itinerary.destination.coordinates.latitude < _TROPICS_END
    factor = _SEASON[(day.month + 5) % 12 if south else day.month - 1]
    holidays = (day.month, day.day) >= (12, 18) or (day.month, day.day) <= (1, 4)
    return max(factor, 1.3) if holidays else factor


def base_usd(seed: int, itinerary: Itinerary, cabin: Cabin, booked: date) -> float:
    """Return one adult's cheapest fare before taxes, in US dollars."""
    day = itinerary.flights[0].local_departure.date()
    owner = itinerary.owner
    km = distance_km(itinerary.origin, itinerary.destination)
    fare = 35 + 0.085 * km**0.95
    fare *= _season(itinerary, day) * _WEEKDAY[day.weekday()] * _advance((day - booked).days)
    fare *= _PER_STOP[len(itinerary.flights) - 1]
    low, high = (0.5, 0.75) if owner.low_cost else (0.92, 1.12)
    fare *= between(low, high, seed, "yield", owner.iata, itinerary.origin.city_code)
    for flight in itinerary.flights[:1]:
        fare *= between(0.82, 1.3, seed, owner.iata, flight.number, day)
        fare *= 0.93 if flight.local_departure.hour not in range(7, 21) else 1.0
    longest = max(f.leg.km for f in itinerary.flights)
    front = cabin in ("business", "first")
    return max(
        12.0, fare * (_SHORT_HAUL_FRONT if front and longest <= LONG_HAUL_KM else _CABIN[cabin])
    )


def tax_usd(itinerary: Itinerary, cabin: Cabin, fare_usd: float) -> float:
    """Return one adult's taxes and charges on a fare, in US dollars."""
    flights = itinerary.flights
    km = distance_km(itinerary.origin, itinerary.destination)
    short, long = _DEPARTURE_TAX.get(itinerary.origin.country, _ELSEWHERE)
    tax = float(long if km > LONG_HAUL_KM else short)
    if cabin in ("business", "first") and km > LONG_HAUL_KM:
        tax *= 1.8
    tax += 6.5 * (len(flights) - 1) + 5.0
    domestic = itinerary.origin.country == itinerary.destination.country
    return tax + fare_usd * (0.075 if domestic else 0.035)


def priced(usd: float, tax: float, kind: TravellerKind, currency: str) -> tuple[Decimal, Decimal]:
    """Return one traveller's base and tax in `currency`, each to the cent."""
    base_share, tax_share = _SHARE[kind]
    base = (convert(usd, currency) * base_share).quantize(_CENT, ROUND_HALF_UP)
    return base, (convert(tax, currency) * tax_share).quantize(_CENT, ROUND_HALF_UP)


def emissions_kg(itinerary: Itinerary, cabin: Cabin) -> float:
    """Return the carbon dioxide of one seat in kilograms."""
    return sum(
        _KG_PER_KM * f.leg.km * f.aircraft.thirst * _CABIN_FOOTPRINT[cabin_on(f, cabin)]
        for f in itinerary.flights
    )
