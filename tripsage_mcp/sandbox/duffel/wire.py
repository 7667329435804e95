"""Offers and offer requests as Duffel writes them: every key present, null rather than absent."""

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Answer
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


def _permission(answer: Answer, fare: Fare, permission: Permission) -> Json:
    fee = convert(permission.fee_usd * len(answer.request.passengers), fare.currency)
    allowed = permission.allowed
    return {
        "allowed": allowed,
        "penalty_amount": str(fee) if allowed else None,
        "penalty_currency": fare.currency if allowed else None,
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


def segment_id(answer: Answer, index: int, part: int, flight: int) -> str:
    """Return the id of one segment of one offer."""
    return ids.derived("seg", answer.number, index, part, flight)


def _comparison_key(itinerary: Itinerary) -> str:
    flights = " ".join(
        f"{f.leg.airline.iata}{f.number}{f.departs:%d%H%M}" for f in itinerary.flights
    )
    return base64.b64encode(whole("flights", flights).to_bytes(8, "big")[:5]).decode()


def _slice(answer: Answer, fare: Fare, index: int, part: int) -> Json:
    itinerary = fare.itineraries[part]
    brand = fare.brand
    return {
        "id": ids.derived("sli", answer.number, index, part),
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
            _segment(answer, fare, flight, segment_id(answer, index, part, n))
            for n, flight in enumerate(itinerary.flights)
        ],
    }


def _payment(answer: Answer, fare: Fare) -> Json:
    created = answer.request.created_at
    early = fare.itineraries[0].departs - created > timedelta(days=14)
    hold = answer.magic.hold or (early and not fare.owner.low_cost)
    return {
        "requires_instant_payment": not hold,
        "price_guarantee_expires_at": _whole_second(created, 2) if hold else None,
        "payment_required_by": _whole_second(created, 3) if hold else None,
    }


def _whole_second(moment: datetime, days: int) -> str:
    return (moment + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


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


def offer_json(answer: Answer, index: int, *, alone: bool = False, services: bool = False) -> Json:
    """Return one offer.

    Args:
        answer: The search it belongs to.
        index: Which offer of the search.
        alone: Whether it is fetched by its id, which prices it anew.
        services: Whether to list the extras on sale (only ever done when fetched alone).
    """
    fare = answer.repriced(index) if alone else answer.fares[index]
    created = utc(answer.request.created_at)
    changed = fare is not answer.fares[index]
    later = utc(answer.request.created_at + timedelta(seconds=1))
    segments = [
        [segment_id(answer, index, part, n) for n in range(len(itinerary.flights))]
        for part, itinerary in enumerate(fare.itineraries)
    ]
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
        "slices": [_slice(answer, fare, index, part) for part in range(len(fare.itineraries))],
        "conditions": {
            "change_before_departure": _permission(answer, fare, fare.brand.change),
            "refund_before_departure": _permission(answer, fare, fare.brand.refund),
        },
        "payment_requirements": _payment(answer, fare),
        "passenger_identity_documents_required": False,
        "supported_passenger_identity_document_types": [
            "passport",
            "known_traveler_number",
            "passenger_redress_number",
        ],
        "supported_loyalty_programmes": [] if owner.low_cost else [owner.iata],
        "private_fares": [],
        "available_services": available_services(answer, fare, segments) if services else None,
        "intended_payment_methods": [],
    }


def request_json(answer: Answer, *, with_offers: bool = True) -> Json:
    """Return an offer request, with its offers unless told otherwise."""
    request, places = answer.request, load_gazetteer()
    found: Json = {
        "id": answer.request_id,
        "created_at": utc(request.created_at),
        "live_mode": False,
        "cabin_class": request.cabin,
        "client_key": _client_key(answer),
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


def _client_key(answer: Answer) -> str:
    """Return three base64 parts with dots: shaped like a token, good for nothing."""
    parts = ('{"alg":"none","typ":"JWT"}', f'{{"resource_id":"{answer.request_id}"}}', "sandbox")
    return ".".join(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts)
