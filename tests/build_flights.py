"""Builders of flights: a valid offer in one call, with only the interesting fields named."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.airports import Airport
from tripsage_mcp.domain.flight import (
    Baggage,
    Carrier,
    Conditions,
    Offer,
    OffersFound,
    Passenger,
    PassengerFare,
    Segment,
    Slice,
)
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.domain.local_time import at_zone
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.provenance import Provenance

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
EXPIRY = NOW + timedelta(minutes=30)
SEARCH_ID = "orq_" + "0" * 22
PROVENANCE = Provenance("fake", "sandbox", NOW)

_ZONES = {
    "LIS": ("Europe/Lisbon", "PT"),
    "OPO": ("Europe/Lisbon", "PT"),
    "LHR": ("Europe/London", "GB"),
    "LGW": ("Europe/London", "GB"),
    "CDG": ("Europe/Paris", "FR"),
    "JFK": ("America/New_York", "US"),
    "NRT": ("Asia/Tokyo", "JP"),
    "SFO": ("America/Los_Angeles", "US"),
}


def offer_id(number: int) -> str:
    return f"off_{number:022d}"


def airport(code: str) -> Airport:
    zone, country = _ZONES[code]
    return Airport(code, f"{code} Airport", zone, city=code, country_code=country)


def segment(
    route: str = "LIS-LHR",
    departs: str = "2027-05-10T09:00",
    minutes: int = 160,
    *,
    flight: str = "TP1350",
    baggage: Baggage = Baggage(1, 0),  # noqa: B008 - frozen
    cabin: str = "economy",
) -> Segment:
    origin, destination = (airport(code) for code in route.split("-"))
    departs_at = at_zone(datetime.fromisoformat(departs), origin.time_zone)
    arrival = departs_at + timedelta(minutes=minutes)
    clock = arrival.astimezone(ZoneInfo(destination.time_zone)).replace(tzinfo=None)
    carrier = Carrier("Airline " + flight[:2], flight[:2])
    return Segment(
        origin=origin,
        destination=destination,
        departs_at=departs_at,
        arrives_at=at_zone(clock, destination.time_zone),
        duration=timedelta(minutes=minutes),
        carrier=carrier,
        flight_number=flight[2:],
        operating_carrier=carrier,
        fares=(PassengerFare("pas_1", baggage, cabin),),
        baggage=baggage,
    )


def flown(*segments: Segment, brand: str | None = "Basic") -> Slice:
    elapsed = segments[-1].arrives_at - segments[0].departs_at
    return Slice(segments[0].origin, segments[-1].destination, segments, elapsed, brand)


def offer(
    number: int = 1,
    *slices: Slice,
    price: str = "99.50",
    currency: str = "EUR",
    conditions: Conditions = Conditions(),  # noqa: B008 - frozen
    expires_at: datetime = EXPIRY,
) -> Offer:
    total = Money(Decimal(price), currency)
    return Offer(
        offer_id=offer_id(number),
        slices=slices or (flown(segment()),),
        total=total,
        base=None,
        tax=None,
        owner=Carrier("Airline TP", "TP"),
        passengers=(Passenger("pas_1", "adult"),),
        conditions=conditions,
        expires_at=expires_at,
        provenance=Provenance("fake", "sandbox", NOW, expires_at),
    )


def found(*offers: Offer, adults: int = 1, unreadable: int = 0) -> OffersFound:
    return OffersFound(
        search_id=SEARCH_ID,
        offers=offers,
        provenance=PROVENANCE,
        slices=(SliceRequest("LIS", "LHR", date(2027, 5, 10)),),
        passengers=tuple(Passenger(f"pas_{n}", "adult") for n in range(adults)),
        unreadable=unreadable,
    )
