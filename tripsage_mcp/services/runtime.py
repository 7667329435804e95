"""The set of services a running server offers; built once by `bootstrap`."""

from dataclasses import dataclass

from tripsage_mcp.services.flights import FlightService
from tripsage_mcp.services.itineraries import ItineraryService
from tripsage_mcp.services.memories import MemoryService
from tripsage_mcp.services.places import PlaceService
from tripsage_mcp.services.status import StatusService
from tripsage_mcp.services.stays import StayService
from tripsage_mcp.services.trips import TripService
from tripsage_mcp.services.weather import WeatherService


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a tool or a route may call."""

    flights: FlightService
    stays: StayService
    places: PlaceService
    weather: WeatherService
    itineraries: ItineraryService
    trips: TripService
    memories: MemoryService
    status: StatusService
