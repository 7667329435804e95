"""Journeys to export, for tests."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.money import Money
from tripsage_mcp.exports.journey import Journey, JourneyDay, RainPlan, Stop

LISBON = "Europe/Lisbon"
HOME = Coordinates(38.7139, -9.1394)
UPDATED = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)


def at(day: date, clock: str, zone: str = LISBON) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone))


def stop(name: str = "MAAT", when: str = "10:00-12:00", **changes: Any) -> Stop:
    day: date = changes.get("day") or date(2027, 5, 10)
    starts, _, ends = when.partition("-")
    usual: dict[str, Any] = {
        "stop_id": "a1b2c3",
        "kind": "visit",
        "name": name,
        "zone": LISBON,
        "day": day,
        "starts": at(day, starts),
        "ends": at(day, ends) if ends else None,
        "coordinates": Coordinates(38.6959, -9.1947),
        "number": 1,
    }
    return Stop(**usual | changes)


def journey(*stops: Stop, **changes: Any) -> Journey:
    """Return a journey of one day, or of the `days` given."""
    usual: dict[str, Any] = {
        "journey_id": "0190f3c4",
        "title": "Lisbon in May",
        "destination": "Lisbon, Portugal",
        "zone": LISBON,
        "version": 3,
        "updated_at": UPDATED,
        "days": (JourneyDay(date(2027, 5, 10), stops or (stop(),)),),
    }
    return Journey(**usual | changes)


_DAYS: tuple[tuple[tuple[str, str, str, float, float], ...], ...] = (
    (
        ("arrival", "Humberto Delgado Airport", "12:05-13:05", 38.7742, -9.1342),
        ("lunch", "Cantina das Freiras", "13:50-14:40", 38.7112, -9.1396),
        ("visit", "Carmo Convent", "15:00-16:15", 38.7120, -9.1406),
        ("visit", "Elevador de Santa Justa", "16:20-16:50", 38.7121, -9.1394),
        ("visit", "Miradouro de São Pedro de Alcântara", "17:30-18:15", 38.7151, -9.1443),
        ("dinner", "Cervejaria Trindade", "19:30-21:00", 38.7127, -9.1421),
    ),
    (
        ("visit", "Jerónimos Monastery", "09:30-11:15", 38.6979, -9.2068),
        ("visit", "Belém Tower", "11:40-12:30", 38.6916, -9.2160),
        ("lunch", "Pastéis de Belém", "12:50-13:40", 38.6975, -9.2033),
        ("visit", "MAAT", "14:10-15:40", 38.6959, -9.1947),
        ("commitment", "Fado at Tasca do Chico", "20:30-22:30", 38.7129, -9.1453),
    ),
    (
        ("visit", "São Jorge Castle", "09:00-11:00", 38.7139, -9.1335),
        ("visit", "Lisbon Cathedral", "11:20-12:10", 38.7098, -9.1333),
        ("lunch", "Time Out Market", "12:40-13:40", 38.7071, -9.1459),
        ("departure", "Humberto Delgado Airport", "15:30-17:30", 38.7742, -9.1342),
    ),
)


def weekend() -> Journey:
    """Return three days in Lisbon with everything a journey may have."""
    first = date(2027, 5, 10)
    days: list[JourneyDay] = []
    for n, rows in enumerate(_DAYS):
        day = first + timedelta(days=n)
        stops = tuple(
            stop(
                name,
                when,
                day=day,
                stop_id=f"s{n}{i}",
                kind=kind,
                coordinates=Coordinates(latitude, longitude),
                number=i,
                leg=Leg("transit" if i == 1 else "walk", 9 + 4 * i, meters=620 * i),
                why="Tiled cloister, open roof" if name == "Carmo Convent" else None,
                cost=Money(Decimal(12), "EUR") if kind == "visit" else None,
                booking="booked" if kind == "commitment" else None,
                airport="LIS" if kind in {"arrival", "departure"} else None,
            )
            for i, (kind, name, when, latitude, longitude) in enumerate(rows, 1)
        )
        days.append(
            JourneyDay(
                day,
                stops,
                Leg("walk", 8, meters=600) if n < 2 else None,
                ("24 °C, sunny", "21 °C, showers", "23 °C, fair")[n],
                (RainPlan("Belém Tower", "National Coach Museum"),) if n == 1 else (),
                "Casa do Bairro" if n < 2 else None,
            )
        )
    flight = stop(
        "TP 1351",
        "08:10",
        stop_id="f1",
        kind="flight",
        number=None,
        zone="Europe/London",
        starts=at(first, "09:20", "Europe/London"),
        ends=at(first, "12:05"),
        end_zone=LISBON,
        route="London Heathrow (LHR) to Lisbon (LIS)",
        reference="ABC123",
        booking="booked",
        coordinates=Coordinates(51.47, -0.4543),
        end_coordinates=Coordinates(38.7742, -9.1342),
    )
    days[0] = replace(days[0], stops=(flight, *days[0].stops))
    lodging = stop(
        "Casa do Bairro",
        "15:00",
        stop_id="h1",
        kind="lodging",
        number=None,
        last_day=first + timedelta(days=2),
        coordinates=HOME,
        cost=Money(Decimal(280), "EUR"),
    )
    return journey(
        days=tuple(days),
        lodgings=(lodging,),
        loose=(
            stop(
                "Sintra by train",
                stop_id="l1",
                day=None,
                starts=None,
                ends=None,
                number=None,
                coordinates=None,
                status="tentative",
            ),
        ),
        first_day=first,
        last_day=first + timedelta(days=2),
        travellers=("self", "Inês"),
        budget=Money(Decimal(1500), "EUR"),
        notes="Bring the blue bag.\nAnd hats.",
        home=HOME,
        credits=("Weather: Open-Meteo.com, CC BY 4.0",),
    )
