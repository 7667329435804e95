"""Real airlines with their real hubs, and the aircraft they fly."""

from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import TypeAdapter

from tripsage_mcp.infrastructure import resources
from tripsage_mcp.sandbox.schedule.chance import whole

type Cabin = Literal["economy", "premium_economy", "business", "first"]

CABINS: tuple[Cabin, ...] = ("economy", "premium_economy", "business", "first")
LONG_HAUL_KM = 4000
_REGIONAL_KM = 1000
_CHEAP_KM = 4300
_REGIONAL_REACH_KM = 1700


@dataclass(frozen=True, slots=True)
class Aircraft:
    """One type, by its IATA code.

    Attributes:
        reach_km: The longest stage it flies here.
        wide: Two aisles.
        thirst: Fuel per seat against a current narrow-body.
    """

    code: str
    name: str
    reach_km: int
    wide: bool = False
    thirst: float = 1.0


_TYPES = (
    Aircraft("AT7", "ATR 72", 1300, thirst=0.85),
    Aircraft("DH4", "De Havilland Canada DHC-8-400", 1700, thirst=0.95),
    Aircraft("CR9", "Canadair Regional Jet 900", 2400, thirst=1.2),
    Aircraft("E75", "Embraer 175", 2900, thirst=1.15),
    Aircraft("E90", "Embraer 190", 3300, thirst=1.12),
    Aircraft("295", "Embraer E195-E2", 4200, thirst=0.92),
    Aircraft("223", "Airbus A220-300", 5600, thirst=0.88),
    Aircraft("319", "Airbus A319", 4800, thirst=1.1),
    Aircraft("320", "Airbus A320", 4900, thirst=1.02),
    Aircraft("32N", "Airbus A320neo", 5400, thirst=0.86),
    Aircraft("321", "Airbus A321", 4700, thirst=1.0),
    Aircraft("32Q", "Airbus A321neo", 7200, thirst=0.85),
    Aircraft("738", "Boeing 737-800", 5200, thirst=1.0),
    Aircraft("739", "Boeing 737-900", 5200, thirst=1.0),
    Aircraft("7M8", "Boeing 737 MAX 8", 6300, thirst=0.86),
    Aircraft("332", "Airbus A330-200", 12500, wide=True, thirst=1.05),
    Aircraft("333", "Airbus A330-300", 10800, wide=True),
    Aircraft("339", "Airbus A330-900neo", 12600, wide=True, thirst=0.88),
    Aircraft("359", "Airbus A350-900", 15400, wide=True, thirst=0.85),
    Aircraft("351", "Airbus A350-1000", 15900, wide=True, thirst=0.86),
    Aircraft("388", "Airbus A380-800", 14900, wide=True, thirst=1.15),
    Aircraft("772", "Boeing 777-200", 13500, wide=True, thirst=1.08),
    Aircraft("773", "Boeing 777-300", 15900, wide=True, thirst=1.08),
    Aircraft("77W", "Boeing 777-300ER", 14400, wide=True, thirst=1.05),
    Aircraft("788", "Boeing 787-8", 13600, wide=True, thirst=0.9),
    Aircraft("789", "Boeing 787-9", 14900, wide=True, thirst=0.87),
    Aircraft("781", "Boeing 787-10", 11900, wide=True, thirst=0.85),
)
AIRCRAFT = {a.code: a for a in _TYPES}


@dataclass(frozen=True, slots=True)
class Bags:
    """Pieces included in the cheapest fare."""

    carry_on: int
    checked: int


@dataclass(frozen=True, slots=True)
class Airline:
    """One carrier; every flight of it touches one of its hubs.

    Attributes:
        country: ISO 3166-1 alpha-2.
        bags: What the cheapest economy fare includes.
        shortest_km: It flies nothing shorter.
    """

    iata: str
    name: str
    country: str
    alliance: str | None
    low_cost: bool
    hubs: tuple[str, ...]
    fleet: tuple[str, ...]
    cabins: tuple[Cabin, ...]
    bags: Bags
    shortest_km: int = 0

    @property
    def longest_km(self) -> int:
        """Return the longest stage it sells; cheap seats alone do not pay for an ocean."""
        wide = any(AIRCRAFT[code].wide for code in self.fleet)
        return self.reach_km if wide or "business" in self.cabins else min(self.reach_km, _CHEAP_KM)

    @property
    def reach_km(self) -> int:
        """Return the longest stage its fleet can fly."""
        return max(AIRCRAFT[code].reach_km for code in self.fleet)


_FILE = TypeAdapter(dict[Literal["airlines"], tuple[Airline, ...]])
HOUSE_AIRLINE = "ZZ"
"""Duffel Airways, which flies only the routes of Duffel's test mode."""


@cache
def load_airlines() -> dict[str, Airline]:
    """Return every airline by its IATA code."""
    rows = _FILE.validate_json(resources.text("sandbox", "airlines.json"))["airlines"]
    return {airline.iata: airline for airline in rows}


def aircraft_for(airline: Airline, km: float, *route: object) -> Aircraft | None:
    """Return the type the airline puts on a stage, or None when none of its types reach."""
    # The house airline is as unreal as Duffel's: it crosses half the world in one go.
    endless = airline.iata == HOUSE_AIRLINE
    able = [a for a in (AIRCRAFT[c] for c in airline.fleet) if endless or a.reach_km >= km]
    wanted = [a for a in able if a.wide == (km > LONG_HAUL_KM)] or able
    if km > _REGIONAL_KM:  # turboprops and small jets stay on short stages where there is a choice
        wanted = [a for a in wanted if a.reach_km > _REGIONAL_REACH_KM] or wanted
    if not wanted:
        return None
    return wanted[whole("aircraft", airline.iata, *route) % len(wanted)]


def sold_cabins(airline: Airline, km: float) -> tuple[Cabin, ...]:
    """Return the cabins on a stage: a long one has all; a short one has two at most.

    North American carriers call the front of a short flight first, others business.
    """
    if km > LONG_HAUL_KM:
        return airline.cabins
    front: Cabin = "first" if airline.country == "US" else "business"
    return tuple(c for c in airline.cabins if c in ("economy", front))
