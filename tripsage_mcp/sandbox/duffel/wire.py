"""Offers and offer requests as Duffel writes them: every key present, null rather than absent."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Answer, Offered
from tripsage_mcp.sandbox.duffel.places import Json, airport_json, place_json
from tripsage_mcp.sandbox.duffel.request import Passenger, lasts
from tripsage_mcp.sandbox.duffel.services import available_services
from tripsage_mcp.sandbox.schedule.airlines import (
    AIRCRAFT,
    HOUSE_AIRLINE,
    LONG_HAUL_KM,
    Airline,
    Cabin,
    load_airlines,
)
from tripsage_mcp.sandbox.schedule.airports import Airport, load_gazetteer
from tripsage_mcp.sandbox.schedule.chance import whole
from tripsage_mcp.sandbox.schedule.fares import Permission, cabin_on, convert
from tripsage_mcp.sandbox.schedule.search import Fare
from tripsage_mcp.sandbox.schedule.timetable import Flight, Itinerary

_LOGOS = "https://assets.duffel.com/img/airlines/for-light-background"
_HOUSE_ID = "arl_00009VME7D6ivUu8dn35WK"
_PITCH = {"economy": "31", "premium_economy": "38", "business": "60", "first": "78"}
DOCUMENTS = ("passport", "known_traveler_number", "passenger_redress_number")
_BOOKING_CLASS = {"economy": "YBMQ", "premium_economy": "WEP", "business": "JCD", "first": "FA"}


def utc(moment: datetime) -> str:
    """Return a moment in UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def local(moment: datetime) -> str:
    """Return a wall-clock time without its offset."""
    return moment.replace(tzinfo=None).isoformat(timespec="seconds")


def duration(minutes: int) -> str:
    """Return minutes as an ISO 8601 duration, e.g. `P1DT2H5M`."""
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{left}M" if left else "")
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")


@cache
def airline_json(iata: str) -> Json:
    """Return an airline."""
    house = iata == HOUSE_AIRLINE
    return {
        "id": _HOUSE_ID if house else ids.derived("arl", iata),
        "name": load_airlines()[iata].name,
        "iata_code": iata,
        "logo_symbol_url": f"{_LOGOS}/full-color-logo/{iata}.svg",
        "logo_lockup_url": None if house else f"{_LOGOS}/full-color-lockup/{iata}.svg",
        "conditions_of_carriage_url": None,
    }


@cache
def aircraft_json(code: str) -> Json:
    """Return an aircraft type."""
    return {"id": ids.derived("arc", code), "name": AIRCRAFT[code].name, "iata_code": code}


def penalty(answer: Answer, fare: Fare, permission: Permission) -> Decimal:
    """Return what changing or giving back costs for everybody together."""
    return convert(permission.fee_usd * len(answer.request.passengers), fare.currency)


def _permission(answer: Answer, fare: Fare, permission: Permission) -> Json:
    fee = penalty(answer, fare, permission)
    allowed = permission.allowed
    return {
        "allowed": allowed,
        "penalty_amount": str(fee) if allowed else None,
        "penalty_currency": fare.currency if allowed else None,
    }


def conditions_json(answer: Answer, fare: Fare) -> Json:
    """Return what may be done with the whole of an offer before departure."""
    return {
        "change_before_departure": _permission(answer, fare, fare.brand.change),
        "refund_before_departure": _permission(answer, fare, fare.brand.refund),
    }


def _terse(airline: Airline) -> bool:
    """Return whether an airline tells Duffel neither aircraft nor terminals nor distances."""
    return airline.low_cost and whole("terse", airline.iata) % 3 == 0


def _terminal(airline: Airline, airport: Airport) -> str | None:
    if not airport.large or _terse(airline) or whole("gate", airport.code, airline.iata) % 3 == 0:
        return None
    return str(1 + whole("terminal", airport.code, airline.iata) % 4)


def _amenities(airline: Airline, flight: Flight, cabin: Cabin) -> Json | None:
    if _terse(airline):
        return None
    long_haul = flight.leg.km > LONG_HAUL_KM
    online = long_haul or whole("wifi", airline.iata, flight.aircraft.code) % 2 == 0
    cost = "free" if cabin in ("business", "first") else "paid"
    front = cabin in ("business", "first")
    return {
        "wifi": {"available": True, "cost": cost} if online else None,
        "seat": {
            "pitch": _PITCH[cabin],
            "legroom": "more" if front else "standard",
            "type": ("flat_bed" if long_haul else "recliner") if front else "standard",
        },
        "power": {"available": True} if online else None,
    }


def _fare_basis(fare: Fare, flight: Flight, cabin: Cabin) -> str:
    letters = _BOOKING_CLASS[cabin]
    draw = whole("basis", flight.leg.airline.iata, flight.number, fare.brand.name)
    tail = ids.base62(draw % 36**2, 2).upper()
    return f"{letters[draw % len(letters)]}{fare.brand.code}{flight.departs.month:02d}{tail}"


def _traveller(
    answer: Answer, fare: Fare, flight: Flight, index: int, passenger: Passenger
) -> Json:
    airline, brand = flight.leg.airline, fare.brand
    cabin = cabin_on(flight, brand.cabin)
    title = cabin.replace("_", " ").title()
    title = title.upper() if airline.country == "US" else title
    lap = passenger.kind == "infant_without_seat"
    carry_on, checked = (0, 0) if lap else (brand.carry_on, brand.checked)
    bags: list[Json] = [
        {"type": "checked", "quantity": checked},
        {"type": "carry_on", "quantity": carry_on},
    ]
    return {
        "passenger_id": answer.passenger_id(index),
        "cabin_class": cabin,
        "cabin_class_marketing_name": title,
        "fare_basis_code": _fare_basis(fare, flight, cabin),
        "baggages": [] if answer.magic.no_bags else bags,
        "cabin": {
            "name": cabin,
            "marketing_name": title,
            "amenities": _amenities(airline, flight, cabin),
        },
        "conditions": {
            "advance_seat_selection": brand.seats,
            "priority_boarding": brand.priority,
            "priority_check_in": brand.priority,
        },
    }


def _stops(flight: Flight) -> list[Json]:
    stop = flight.stop
    if stop is None:
        return []
    minutes = int((stop.departs - stop.arrives).total_seconds() // 60)
    return [
        {
            "id": ids.derived("sto", flight.number, stop.airport.code, stop.arrives),
            "airport": airport_json(stop.airport.code),
            "arriving_at": local(stop.arrives.astimezone(stop.airport.zone)),
            "departing_at": local(stop.departs.astimezone(stop.airport.zone)),
            "duration": duration(minutes),
        }
    ]


def _segment(answer: Answer, fare: Fare, flight: Flight, segment_id: str) -> Json:
    leg, airline = flight.leg, flight.leg.airline
    terse = _terse(airline)
    carrier = airline_json(airline.iata)
    passengers = enumerate(answer.request.passengers)
    return {
        "id": segment_id,
        "origin": airport_json(leg.origin.code),
        "destination": airport_json(leg.destination.code),
        "origin_terminal": _terminal(airline, leg.origin),
        "destination_terminal": _terminal(airline, leg.destination),
        "departing_at": local(flight.local_departure),
        "arriving_at": local(flight.local_arrival),
        "duration": duration(int((flight.arrives - flight.departs).total_seconds() // 60)),
        "distance": None if terse else f"{leg.km:.5f}",
        "aircraft": None if terse else aircraft_json(flight.aircraft.code),
        "marketing_carrier": carrier,
        "marketing_carrier_flight_number": flight.number,
        "operating_carrier": carrier,
        "operating_carrier_flight_number": flight.number,
        "stops": _stops(flight),
        "passengers": [_traveller(answer, fare, flight, n, p) for n, p in passengers],
    }


def _comparison_key(itinerary: Itinerary) -> str:
    flights = " ".join(
        f"{f.leg.airline.iata}{f.number}{f.departs:%d%H%M}" for f in itinerary.flights
    )
    return base64.b64encode(whole("flights", flights).to_bytes(8, "big")[:5]).decode()


def slice_json(answer: Answer, fare: Fare, index: int, part: int) -> Json:
    """Return one slice of one offer."""
    itinerary = fare.itineraries[part]
    brand = fare.brand
    return {
        "id": answer.slice_id(index, part),
        "origin": airport_json(itinerary.origin.code),
        "destination": airport_json(itinerary.destination.code),
        "origin_type": "airport",
        "destination_type": "airport",
        "duration": duration(itinerary.minutes),
        "fare_brand_name": brand.name,
        "ngs_shelf": brand.shelf,
        "comparison_key": _comparison_key(itinerary),
        "conditions": {
            "change_before_departure": _permission(answer, fare, brand.change),
            "advance_seat_selection": brand.seats,
            "priority_boarding": brand.priority,
            "priority_check_in": brand.priority,
        },
        "segments": [
            _segment(answer, fare, flight, answer.segment_id(index, part, n))
            for n, flight in enumerate(itinerary.flights)
        ],
    }


def hold_until(answer: Answer, fare: Fare) -> tuple[datetime, datetime] | None:
    """Return until when a held price is guaranteed and when it must be paid; None cannot be held.

    Counted from the search, as Duffel Airways does.
    """
    created = answer.request.created_at
    early = fare.itineraries[0].departs - created > timedelta(days=14)
    if answer.magic.hold or (early and not fare.owner.low_cost):
        return created + timedelta(days=2), created + timedelta(days=3)
    return None


def _payment(answer: Answer, fare: Fare) -> Json:
    hold = hold_until(answer, fare)
    return {
        "requires_instant_payment": hold is None,
        "price_guarantee_expires_at": hold and whole_second(hold[0]),
        "payment_required_by": hold and whole_second(hold[1]),
    }


def whole_second(moment: datetime) -> str:
    """Return a moment in UTC without fractions, as deadlines are written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def needs_documents(fare: Fare) -> bool:
    """Return whether the airline wants passports before it sells: a few do, abroad."""
    countries = {a.country for i in fare.itineraries for a in (i.origin, i.destination)}
    owner = fare.owner.iata
    return len(countries) > 1 and owner != HOUSE_AIRLINE and whole("documents", owner) % 6 == 0


def _passenger(answer: Answer, index: int, *, in_offer: bool) -> Json:
    passenger = answer.request.passengers[index]
    accounts = [{"airline_iata_code": a, "account_number": n} for a, n in passenger.loyalty]
    return {
        "id": answer.passenger_id(index),
        "type": passenger.kind if in_offer else passenger.type,
        "age": passenger.age,
        "given_name": passenger.given_name,
        "family_name": passenger.family_name,
        "fare_type": passenger.fare_type,
        "loyalty_programme_accounts": accounts,
    }


def offer_json(answer: Answer, index: int, fare: Fare | None = None) -> Json:
    """Return one offer.

    Args:
        answer: The search it belongs to.
        index: Which offer of the search.
        fare: What it costs now, where that is not what the search said.
    """
    created = utc(answer.request.created_at)
    changed = fare is not None and fare is not answer.fares[index]
    later = utc(answer.request.created_at + timedelta(seconds=1))
    fare = fare or answer.fares[index]
    owner = fare.owner
    return {
        "id": answer.offer_id(index),
        "live_mode": False,
        "partial": False,
        "created_at": created,
        "updated_at": later if changed else created,
        "expires_at": utc(lasts(answer.request)),
        "owner": airline_json(owner.iata),
        "total_amount": str(fare.total),
        "total_currency": fare.currency,
        "base_amount": str(fare.base),
        "base_currency": fare.currency,
        "tax_amount": str(fare.tax),
        "tax_currency": fare.currency,
        "total_emissions_kg": str(fare.emissions_kg),
        "passengers": [
            _passenger(answer, n, in_offer=True) for n in range(len(answer.request.passengers))
        ],
        "slices": [slice_json(answer, fare, index, part) for part in range(len(fare.itineraries))],
        "conditions": conditions_json(answer, fare),
        "payment_requirements": _payment(answer, fare),
        "passenger_identity_documents_required": needs_documents(fare),
        "supported_passenger_identity_document_types": list(DOCUMENTS),
        "supported_loyalty_programmes": [] if owner.low_cost else [owner.iata],
        "private_fares": [],
        "available_services": None,
        "intended_payment_methods": [],
    }


def single_offer_json(offered: Offered, *, services: bool) -> Json:
    """Return one offer as it is when fetched by its id.

    Args:
        offered: The offer, at its price of now.
        services: Whether to list the extras on sale.
    """
    found = offer_json(offered.answer, offered.index, offered.fare)
    if services:
        found["available_services"] = available_services(offered)
    return found


def request_json(answer: Answer, *, with_offers: bool = True) -> Json:
    """Return an offer request, with its offers unless told otherwise."""
    request, places = answer.request, load_gazetteer()
    found: Json = {
        "id": answer.request_id,
        "created_at": utc(request.created_at),
        "live_mode": False,
        "cabin_class": request.cabin,
        "client_key": client_key(answer.request_id),
        "slices": [
            {
                "origin": place_json(part.origin),
                "destination": place_json(part.destination),
                "origin_type": "city" if part.origin in places.cities else "airport",
                "destination_type": "city" if part.destination in places.cities else "airport",
                "departure_date": part.day.isoformat(),
            }
            for part in request.slices
        ],
        "passengers": [
            _passenger(answer, n, in_offer=False) for n in range(len(request.passengers))
        ],
    }
    if with_offers:
        found["offers"] = [offer_json(answer, n) for n in range(len(answer.fares))]
    return found


def client_key(request_id: str) -> str:
    """Return three base64 parts with dots: shaped like a token, good for nothing."""
    parts = ('{"alg":"none","typ":"JWT"}', f'{{"resource_id":"{request_id}"}}', "sandbox")
    return ".".join(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts)
