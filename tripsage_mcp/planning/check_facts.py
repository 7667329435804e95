"""What is known about the places of one itinerary and the ways between them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tripsage_mcp.domain.geo import Coordinates
from tripsage_mcp.domain.itinerary import Leg
from tripsage_mcp.domain.money import ExchangeRate
from tripsage_mcp.domain.place import Place
from tripsage_mcp.domain.weather import WeatherDay


@dataclass(frozen=True, slots=True)
class Facts:
    """The world, as far as anybody could tell.

    Attributes:
        places: By place id: hours, status, roof, access, zone and usual length of a visit; those
            of must-sees that are not in the plan may be here too.
        unknown: Why a place is not known, by place id or else by name, where there is more to say.
        travel: Between the coordinates of items; a missing pair means that nobody knows.
        weather: By date; None when nobody asked. A date without a forecast is one beyond it.
        lead_minutes: By IATA code, how long before take-off to be at that airport, where it is not
            the usual time.
        exit_minutes: Likewise, how long it takes to leave it after landing.
        rates: By currency, what one unit is worth in the currency of the budget.
        check_in_from: Wall-clock minute from which the stay can be moved into; None if unknown.
        check_out_until: Wall-clock minute by which it must be left; None if unknown.
        first: First day of the trip; None for the first day of the itinerary.
        last: Last day of the trip; None for the last day of the itinerary.
    """

    places: Mapping[str, Place] = field(default_factory=dict[str, Place])
    unknown: Mapping[str, str] = field(default_factory=dict[str, str])
    travel: Mapping[tuple[Coordinates, Coordinates], Leg] = field(
        default_factory=dict[tuple[Coordinates, Coordinates], Leg]
    )
    weather: Mapping[date, WeatherDay] | None = None
    lead_minutes: Mapping[str, int] = field(default_factory=dict[str, int])
    exit_minutes: Mapping[str, int] = field(default_factory=dict[str, int])
    rates: Mapping[str, ExchangeRate] = field(default_factory=dict[str, ExchangeRate])
    check_in_from: int | None = None
    check_out_until: int | None = None
    first: date | None = None
    last: date | None = None
