"""Flights in pieces: slices, segments and layovers, as a search and an offer both show them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.flight import Amenities, Condition, Layover, Offer, Segment, Slice, Stop
from tripsage_mcp.domain.flight_request import SliceRequest
from tripsage_mcp.domain.money import Money
from tripsage_mcp.views.base import Opt, Part

_MINUTES_PER_HOUR = 60

Rule = Annotated[str, Field(description="no | free | fee <amount> | yes, fee unknown | unknown")]
LocalTime = Annotated[str, Field(description="Airport-local, with its UTC offset")]
Pieces = Annotated[Opt[int], Field(description="Pieces per passenger; absent: unknown")]


class LayoverView(Part):
    """A wait between two segments; a flag that is absent is false."""

    airport: str
    minutes: int
    overnight: Opt[bool] = None
    short: Annotated[
        Opt[bool], Field(description="Under the usual minimum there, by a rule of thumb")
    ] = None
    change_to: Annotated[Opt[str], Field(description="The next flight leaves from here")] = None

    @classmethod
    def of(cls, layover: Layover) -> "LayoverView":
        """Project one layover."""
        return cls(
            airport=layover.airport.code,
            minutes=layover.minutes,
            overnight=layover.overnight or None,
            short=layover.short or None,
            change_to=None if layover.onward is None else layover.onward.code,
        )


class StopView(Part):
    """A technical stop: same aircraft, same number."""

    airport: str
    arrives: Opt[LocalTime] = None
    departs: Opt[LocalTime] = None

    @classmethod
    def of(cls, stop: Stop) -> "StopView":
        """Project one stop."""
        return cls(
            airport=stop.airport.code,
            arrives=_maybe(stop.arrives_at),
            departs=_maybe(stop.departs_at),
        )


class SegmentView(Part):
    """One take-off and landing."""

    number: Annotated[Opt[int], Field(description="From 1 over the whole offer")] = None
    flight: str
    origin: str
    destination: str
    departs: LocalTime
    arrives: LocalTime
    minutes: int
    carrier: str
    operated_by: Opt[str] = None
    aircraft: Opt[str] = None
    origin_terminal: Opt[str] = None
    destination_terminal: Opt[str] = None
    cabin: Opt[str] = None
    carry_on: Pieces = None
    checked: Pieces = None
    amenities: Annotated[Opt[str], Field(description="In the cheapest fare's cabin")] = None
    stops: Opt[list[StopView]] = None

    @classmethod
    def of(cls, segment: Segment) -> "SegmentView":
        """Project one segment with its baggage."""
        operator = segment.operating_carrier
        return cls(
            flight=segment.flight,
            origin=segment.origin.code,
            destination=segment.destination.code,
            departs=_clock(segment.departs_at),
            arrives=_clock(segment.arrives_at),
            minutes=round(segment.duration.total_seconds() / _MINUTES_PER_HOUR),
            carrier=segment.carrier.name,
            operated_by=None if operator == segment.carrier else operator.name,
            aircraft=segment.aircraft,
            origin_terminal=segment.origin_terminal,
            destination_terminal=segment.destination_terminal,
            cabin=segment.cabin,
            carry_on=segment.baggage.carry_on,
            checked=segment.baggage.checked,
            amenities=amenity_words(segment.amenities),
            stops=[StopView.of(stop) for stop in segment.stops] or None,
        )


class SliceView(Part):
    """One direction, origin to destination."""

    origin: Annotated[Opt[str], Field(description="Airport, where not the one asked for")] = None
    destination: Annotated[Opt[str], Field(description="As origin")] = None
    departs: LocalTime
    arrives: LocalTime
    days_later: Annotated[Opt[int], Field(description="Arrival date minus departure date")] = None
    minutes: int
    flights: list[str]
    operated_by: Annotated[Opt[list[str]], Field(description="Where another airline flies")] = None
    layovers: Opt[list[LayoverView]] = None
    technical_stops: Opt[int] = None
    segments: Opt[list[SegmentView]] = None
    brand: Annotated[Opt[str], Field(description="Where the slices differ")] = None
    refund: Annotated[Opt[Rule], Field(description="Where not as the whole offer")] = None
    change: Annotated[Opt[Rule], Field(description="As refund")] = None

    @classmethod
    def of(cls, part: Slice, *, asked: SliceRequest | None = None, full: bool) -> "SliceView":
        """Project one slice, with each segment when `full`.

        What was `asked` for in the same words is not repeated.
        """
        origin, destination = part.segments[0].origin.code, part.segments[-1].destination.code
        operators = {
            s.operating_carrier.name for s in part.segments if s.operating_carrier != s.carrier
        }
        return cls(
            origin=None if asked and asked.origin == origin else origin,
            destination=None if asked and asked.destination == destination else destination,
            departs=_clock(part.departs_at),
            arrives=_clock(part.arrives_at),
            days_later=part.arrives_days_later or None,
            minutes=round(part.duration.total_seconds() / _MINUTES_PER_HOUR),
            flights=[segment.flight for segment in part.segments],
            operated_by=sorted(operators) or None,
            layovers=[LayoverView.of(layover) for layover in part.layovers] or None,
            technical_stops=technical_stops([part]),
            segments=[SegmentView.of(segment) for segment in part.segments] if full else None,
        )


def amount(money: Money) -> str:
    """Write an amount to its currency's minor unit, without the currency."""
    return str(money.rounded().amount)


def brand_words(offer: Offer) -> str | None:
    """Write the fare brands of an offer, in slice order."""
    return " + ".join(offer.fare_brands) or None


def amenity_words(amenities: Amenities | None) -> str | None:
    """Write what a cabin offers, as far as the airline says."""
    if amenities is None:
        return None
    power = {True: "power", False: "no power", None: ""}[amenities.power]
    words = [
        f"wifi {amenities.wifi}" if amenities.wifi else "",
        power,
        f"seat pitch {amenities.seat_pitch_in} in" if amenities.seat_pitch_in else "",
        f"legroom {amenities.legroom}" if amenities.legroom else "",
    ]
    return ", ".join(filter(None, words)) or None


def cabin_words(offer: Offer) -> str:
    """Write the cabins of an offer, in the order they are flown."""
    return join_cabins(offer.cabins)


def join_cabins(cabins: Iterable[str]) -> str:
    """Write cabins as one phrase."""
    return " + ".join(cabins) or "unknown"


def slice_line(part: SliceView) -> str:
    """Write one direction in a line for people."""
    later = "" if part.days_later is None else f" ({part.days_later:+d} d)"
    words = [
        *part.flights,
        part.origin,
        f"{hour_of(part.departs)} -",
        part.destination,
        f"{hour_of(part.arrives)}{later},",
        f"{spell(part.minutes)},",
        _way(part),
    ]
    return " ".join(word for word in words if word)


def technical_stops(parts: Iterable[Slice]) -> int | None:
    """Count the landings without a change of flight; None where there is none."""
    return sum(len(s.stops) for part in parts for s in part.segments) or None


def stop_words(stops: int | None) -> str:
    """Write how often a flight lands on its way; empty where it does not."""
    return f"{stops} technical stop{'s' if stops > 1 else ''}" if stops else ""


def spell(minutes: int) -> str:
    """Write a duration as `6 h 05 min`."""
    return f"{minutes // _MINUTES_PER_HOUR} h {minutes % _MINUTES_PER_HOUR:02d} min"


def rule(condition: Condition | None, currency: str | None) -> str:
    """Write what is allowed, and the fee; in another currency than `currency` with its code."""
    if condition is None:
        return "unknown"
    if not condition.allowed:
        return "no"
    if condition.penalty is None:
        return "yes, fee unknown"
    if condition.penalty.amount == 0:
        return "free"
    if condition.penalty.currency == currency:
        return f"fee {condition.penalty.rounded().amount}"
    return f"fee {condition.penalty}"


def _way(part: SliceView) -> str:
    via = ", ".join(layover.airport for layover in part.layovers or [])
    words = [f"via {via}" if via else "", stop_words(part.technical_stops)]
    return ", ".join(filter(None, words)) or "nonstop"


def _clock(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")


def _maybe(moment: datetime | None) -> str | None:
    return None if moment is None else _clock(moment)


def hour_of(local: str) -> str:
    """Return the clock time of a `LocalTime`."""
    return local[11:16]
