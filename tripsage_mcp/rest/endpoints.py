"""Every path of `/api/v1`. Adding an endpoint = one handler + one line in `ENDPOINTS`."""

from http import HTTPStatus
from typing import Any

from tripsage_mcp.domain.account import Account
from tripsage_mcp.rest.confirm import PageAsker
from tripsage_mcp.rest.endpoint import Endpoint
from tripsage_mcp.rest.requests import (
    BookingsWanted,
    DestinationWanted,
    ItineraryToRevise,
    Memories,
    NewBooking,
    Nothing,
    OneBooking,
    OneOffer,
    OneWatch,
    PlacesById,
)
from tripsage_mcp.rest.trip_endpoints import TRIP_ENDPOINTS
from tripsage_mcp.services.destinations.weather import WeatherAsked
from tripsage_mcp.services.flights.date_grid_requests import DateGridQuery
from tripsage_mcp.services.flights.requests import FlightSearch
from tripsage_mcp.services.itineraries.request import BuildRequest
from tripsage_mcp.services.memories.requests import ForgetRequest, RecallRequest
from tripsage_mcp.services.places.requests import DetailsQuery, PlaceQuery
from tripsage_mcp.services.places.travel_requests import TravelQuery
from tripsage_mcp.services.runtime import Services
from tripsage_mcp.services.stays.requests import StayQuery
from tripsage_mcp.services.stays.service import ListingQuery
from tripsage_mcp.services.time_budgets import DATES_S, FLIGHTS_S, PLAN_S, STAYS_S
from tripsage_mcp.services.watches.requests import WatchRequest
from tripsage_mcp.views.base import Answer
from tripsage_mcp.views.bookings import BookingAnswer, book_request
from tripsage_mcp.views.cheapest_dates import CheapestDatesAnswer
from tripsage_mcp.views.destinations import DestinationAnswer
from tripsage_mcp.views.flight_offer import OfferAnswer
from tripsage_mcp.views.flights import FlightsAnswer
from tripsage_mcp.views.itineraries import BuiltAnswer, RevisedAnswer
from tripsage_mcp.views.memories import ForgetAnswer, RecallAnswer, RememberedAnswer
from tripsage_mcp.views.places import PlacesAnswer
from tripsage_mcp.views.status import StatusAnswer
from tripsage_mcp.views.stay_details import StayAnswer
from tripsage_mcp.views.stays import StaysAnswer
from tripsage_mcp.views.travel_times import TravelTimesAnswer
from tripsage_mcp.views.watches import WatchesAnswer
from tripsage_mcp.views.weather import WeatherAnswer


async def _status(svc: Services, _who: Account, _request: Nothing) -> Answer:
    return StatusAnswer.of(await svc.status.status())


async def _search_flights(svc: Services, _who: Account, request: FlightSearch) -> Answer:
    return FlightsAnswer.of(await svc.flights.search(request))


async def _get_offer(svc: Services, _who: Account, request: OneOffer) -> Answer:
    return OfferAnswer.of(await svc.flight_offers.get(request.offer_id, seats=request.seats))


async def _cheapest_dates(svc: Services, _who: Account, request: DateGridQuery) -> Answer:
    return CheapestDatesAnswer.of(await svc.cheapest_dates.find(request))


async def _book(svc: Services, who: Account, request: NewBooking) -> Answer:
    wanted = book_request(
        request.offer_id,
        request.total,
        request.passengers,
        request.ancillaries,
        request.seats,
        hold=request.hold,
    )
    return BookingAnswer.of(await svc.bookings.book(who, wanted, PageAsker()))


async def _list_bookings(svc: Services, who: Account, request: BookingsWanted) -> Answer:
    return BookingAnswer.of(await svc.bookings.list(who, request.cursor))


async def _get_booking(svc: Services, who: Account, request: OneBooking) -> Answer:
    return BookingAnswer.of(await svc.bookings.get(who, request.booking_id))


async def _pay_booking(svc: Services, who: Account, request: OneBooking) -> Answer:
    return BookingAnswer.of(await svc.bookings.pay(who, request.booking_id, PageAsker()))


async def _cancel_booking(svc: Services, who: Account, request: OneBooking) -> Answer:
    return BookingAnswer.of(await svc.bookings.cancel(who, request.booking_id, PageAsker()))


async def _create_watch(svc: Services, who: Account, request: WatchRequest) -> Answer:
    return WatchesAnswer.of(await svc.watches.create(who, request))


async def _list_watches(svc: Services, who: Account, _request: Nothing) -> Answer:
    return WatchesAnswer.of(await svc.watches.list(who))


async def _get_watch(svc: Services, who: Account, request: OneWatch) -> Answer:
    return WatchesAnswer.of(await svc.watches.get(who, request.watch_id))


async def _stop_watch(svc: Services, who: Account, request: OneWatch) -> Answer:
    return WatchesAnswer.of(await svc.watches.stop(who, request.watch_id))


async def _search_stays(svc: Services, _who: Account, request: StayQuery) -> Answer:
    return StaysAnswer.of(await svc.stays.search(request))


async def _get_stay(svc: Services, _who: Account, request: ListingQuery) -> Answer:
    return StayAnswer.of(await svc.stays.get(request))


async def _search_places(svc: Services, _who: Account, request: PlaceQuery) -> Answer:
    return PlacesAnswer.of(await svc.places.search(request))


async def _get_places(svc: Services, _who: Account, request: PlacesById) -> Answer:
    wanted = DetailsQuery(request.place_ids.split(","), request.open_on)
    return PlacesAnswer.of(await svc.places.details(wanted))


async def _travel_times(svc: Services, _who: Account, request: TravelQuery) -> Answer:
    return TravelTimesAnswer.of(await svc.places.travel_times(request))


async def _weather(svc: Services, _who: Account, request: WeatherAsked) -> Answer:
    return WeatherAnswer.of(await svc.weather.daily(request))


async def _destination(svc: Services, _who: Account, request: DestinationWanted) -> Answer:
    return DestinationAnswer.of(await svc.destinations.describe(request.asked()))


async def _build_itinerary(svc: Services, who: Account, request: BuildRequest) -> Answer:
    return BuiltAnswer.of(await svc.itineraries.build(request, who=who))


async def _revise_itinerary(svc: Services, who: Account, request: ItineraryToRevise) -> Answer:
    return RevisedAnswer.of(await svc.itineraries.revise(request.asked(), who=who))


async def _recall(svc: Services, who: Account, request: RecallRequest) -> Answer:
    return RecallAnswer.of(await svc.memories.recall(who, request))


async def _remember(svc: Services, who: Account, request: Memories) -> Answer:
    asked = [each.statement() for each in request.memories]
    return RememberedAnswer.of(await svc.memories.remember(who, asked, consent=request.consent))


async def _forget(svc: Services, who: Account, request: ForgetRequest) -> Answer:
    return ForgetAnswer.of(await svc.memories.forget(who, request))


ENDPOINTS: tuple[Endpoint[Any], ...] = (
    Endpoint("GET", "/status", Nothing, _status),
    Endpoint("POST", "/flights/search", FlightSearch, _search_flights, budget_s=FLIGHTS_S),
    Endpoint("GET", "/flights/offers/{offer_id}", OneOffer, _get_offer, budget_s=FLIGHTS_S),
    Endpoint("POST", "/flights/cheapest-dates", DateGridQuery, _cheapest_dates, budget_s=DATES_S),
    Endpoint("POST", "/flights/bookings", NewBooking, _book, budget_s=None),
    Endpoint("GET", "/flights/bookings", BookingsWanted, _list_bookings, budget_s=None),
    Endpoint("GET", "/flights/bookings/{booking_id}", OneBooking, _get_booking, budget_s=None),
    Endpoint("POST", "/flights/bookings/{booking_id}/pay", OneBooking, _pay_booking, budget_s=None),
    Endpoint(
        "POST", "/flights/bookings/{booking_id}/cancel", OneBooking, _cancel_booking, budget_s=None
    ),
    Endpoint("POST", "/watches", WatchRequest, _create_watch, HTTPStatus.CREATED, FLIGHTS_S),
    Endpoint("GET", "/watches", Nothing, _list_watches),
    Endpoint("GET", "/watches/{watch_id}", OneWatch, _get_watch),
    Endpoint("DELETE", "/watches/{watch_id}", OneWatch, _stop_watch),
    Endpoint("POST", "/stays/search", StayQuery, _search_stays, budget_s=STAYS_S),
    Endpoint("GET", "/stays/{stay_id}", ListingQuery, _get_stay, budget_s=STAYS_S),
    Endpoint("GET", "/places", PlaceQuery, _search_places),
    Endpoint("GET", "/places/{place_ids}", PlacesById, _get_places),
    Endpoint("POST", "/travel-times", TravelQuery, _travel_times),
    Endpoint("GET", "/weather", WeatherAsked, _weather),
    Endpoint("GET", "/destinations", DestinationWanted, _destination),
    Endpoint("POST", "/itineraries", BuildRequest, _build_itinerary, budget_s=PLAN_S),
    Endpoint("POST", "/itineraries/revise", ItineraryToRevise, _revise_itinerary, budget_s=PLAN_S),
    *TRIP_ENDPOINTS,
    Endpoint("GET", "/memories", RecallRequest, _recall),
    Endpoint("POST", "/memories", Memories, _remember, HTTPStatus.CREATED),
    Endpoint("POST", "/memories/forget", ForgetRequest, _forget),
)
