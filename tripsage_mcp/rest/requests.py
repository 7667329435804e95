"""What REST takes in: query, body and path as one request that fits its schema."""

import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal, Never, cast

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass
from starlette.requests import ClientDisconnect, Request

from tripsage_mcp.errors import InvalidRequestError
from tripsage_mcp.rest.errors import RefusedRequestError
from tripsage_mcp.services.destinations.request import DestinationAsked
from tripsage_mcp.services.itineraries.service import ReviseRequest
from tripsage_mcp.views.bookings import AncillaryParam, PassengerParam, SeatParam
from tripsage_mcp.views.itinerary import ItineraryView
from tripsage_mcp.views.itinerary_params import ChangeParam
from tripsage_mcp.views.memories import MemoryParam
from tripsage_mcp.views.rules import broken_rules, name, rule

LARGEST_BODY_BYTES = 1024 * 1024
_ETAG = re.compile(r'"(\d{1,9})"')
_WITHOUT_BODY = {"GET", "HEAD", "DELETE"}
_UNFIT = "The request does not fit; see details.field_errors."


class Body(BaseModel):
    """A request of which the services have no type of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(Body):
    """No field at all."""


class OneOffer(Body):
    """One flight offer."""

    offer_id: str
    seats: bool = False


class PlacesById(Body):
    """Places, their ids with commas between, and perhaps the date they may be open on."""

    place_ids: str
    open_on: date | None = None


class NewBooking(Body):
    """A flight to book."""

    offer_id: str
    total: str
    passengers: list[PassengerParam]
    hold: bool = False
    ancillaries: list[AncillaryParam] = []
    seats: list[SeatParam] = []


class OneBooking(Body):
    """One booking of flights."""

    booking_id: str


class BookingsWanted(Body):
    """A page of bookings."""

    cursor: str | None = None


class OneWatch(Body):
    """One watched price."""

    watch_id: str


class DestinationWanted(Body):
    """What to tell about a destination; a query holds the topics in one field, comma-separated."""

    place: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    start_date: date | None = None
    end_date: date | None = None
    home: str | None = None
    include: str | None = None
    hourly: bool = False

    def asked(self) -> DestinationAsked:
        """Return what the service asks for."""
        topics = [topic.strip() for topic in (self.include or "").split(",") if topic.strip()]
        fields = self.model_dump(exclude={"include"})
        return DestinationAsked(**fields, include=tuple(topics))


class ItineraryToRevise(Body):
    """An itinerary somebody wrote, or that of a trip, and what to change about it."""

    itinerary: ItineraryView | None = None
    trip_id: str | None = None
    changes: list[ChangeParam] = []
    effort: float = 1.0
    save: bool = False
    detail: Literal["concise", "full"] = "concise"

    def asked(self) -> ReviseRequest:
        """Return what the service asks for."""
        return ReviseRequest(
            draft=None if self.itinerary is None else self.itinerary.draft(),
            trip_id=self.trip_id,
            travellers=None if self.itinerary is None else self.itinerary.travellers or 1,
            changes=tuple(change.change() for change in self.changes),
            effort=self.effort,
            save=self.save,
            detail=self.detail,
        )


class Memories(Body):
    """What to remember."""

    memories: Annotated[list[MemoryParam], Field(min_length=1, max_length=20)]
    consent: bool = False


type Reader[R] = Callable[[Request], Awaitable[R]]


def schema[R](kind: type[R]) -> TypeAdapter[R]:
    """Return what checks fields against `kind` and refuses every other field."""
    if not is_dataclass(kind):
        return TypeAdapter(kind)
    strict = checked_dataclass(kind, config=ConfigDict(extra="forbid"), frozen=True)
    return cast("TypeAdapter[R]", TypeAdapter(strict))


def reader[R](kind: type[R]) -> Reader[R]:
    """Return what reads a request as `kind`.

    Args:
        kind: A `Body`, or a service's own request: then what REST takes in is by definition what
            the service asks for.
    """
    adapter = schema(kind)
    names = {each.name for each in dataclass_fields(kind)} if is_dataclass(kind) else _names(kind)

    async def read(request: Request) -> R:
        fields = _with_headers(request, await _fields(request), names)
        try:
            return adapter.validate_python(fields)
        except ValidationError as exc:
            raise _unfit(*_named(exc)) from None

    return read


async def _fields(request: Request) -> dict[str, object]:
    """Return query or body, with what the path says."""
    query = request.query_params
    if len(query.multi_items()) > len(query):
        raise _unfit(InvalidRequestError("query", "must not repeat a field"))
    given: Mapping[str, object] = query
    if request.method not in _WITHOUT_BODY:
        if query:
            raise _unfit(InvalidRequestError("query", "must be empty; fields are in the body"))
        given = await _object(request)
    for part in request.path_params:
        if part in given:
            raise _unfit(InvalidRequestError(part, "is part of the path and must not be repeated"))
    return {**given, **request.path_params}


def _names(kind: type[object]) -> set[str]:
    return set(kind.model_fields) if issubclass(kind, BaseModel) else set()


def _with_headers(
    request: Request, given: dict[str, object], names: Collection[str]
) -> dict[str, object]:
    """Return the fields with those that HTTP has headers for, where the request knows them."""
    said: dict[str, object] = {}
    key, match = request.headers.get("idempotency-key"), request.headers.get("if-match")
    if key is not None and "idempotency_key" in names:
        said["idempotency_key"] = key.strip().strip('"')
    if match is not None and match.strip() != "*" and "expected_version" in names:
        found = _ETAG.fullmatch(match.strip())
        if found is None:
            raise _unfit(InvalidRequestError("If-Match", "must be the ETag of the trip, or *"))
        said["expected_version"] = int(found[1])
    for twice in said.keys() & given.keys():
        raise _unfit(InvalidRequestError(twice, "is in a header and must not be repeated"))
    return {**given, **said}


async def _object(request: Request) -> dict[str, object]:
    """Return the body, which must be a JSON object."""
    media_type, _, _ = request.headers.get("content-type", "").partition(";")
    if media_type.strip().lower() != "application/json":
        raise RefusedRequestError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The content type must be application/json."
        )
    body = await _body(request)
    try:
        value: object = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise RefusedRequestError(
            HTTPStatus.BAD_REQUEST,
            "The body is not JSON.",
            [InvalidRequestError("body", "must be JSON", example='{"limit": 10}')],
        ) from None
    if not isinstance(value, dict):
        raise _unfit(InvalidRequestError("body", "must be a JSON object"))
    return cast("dict[str, object]", value)


async def _body(request: Request) -> bytes:
    """Return the body; one that says it is too large is not read, another not to its end."""
    declared = request.headers.get("content-length", "")
    body = bytearray()
    try:
        if declared.isdecimal() and int(declared[:12]) > LARGEST_BODY_BYTES:
            raise _too_large()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise _too_large()
    except ClientDisconnect:
        raise RefusedRequestError(HTTPStatus.BAD_REQUEST, "The body ended early.") from None
    return bytes(body)


def _too_large() -> RefusedRequestError:
    return RefusedRequestError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body must be at most 1 MiB."
    )


def _named(invalid: ValidationError) -> Iterator[InvalidRequestError]:
    for error, path in broken_rules(invalid):
        field = ".".join(name(part) for part in path) or "body"
        yield InvalidRequestError(field, rule(error))


def _no_constant(_name: str) -> Never:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError


def _unfit(*fields: InvalidRequestError) -> RefusedRequestError:
    return RefusedRequestError(HTTPStatus.UNPROCESSABLE_ENTITY, _UNFIT, fields)
