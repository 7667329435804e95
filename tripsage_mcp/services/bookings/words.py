"""What a traveller reads before they say yes: price, airline, dates, names and conditions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from tripsage_mcp.domain.airports import Airport
from tripsage_mcp.domain.consent import Section, Shown
from tripsage_mcp.domain.flight import Condition, Conditions, Offer, Segment, Slice
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.order import Order, OrderKind, PassengerDetails
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.domain.provenance import DataKind
from tripsage_mcp.services.bookings.cancellation_quotes import Quote
from tripsage_mcp.services.bookings.requests import Extra

_SANDBOX = Section(
    "Sandbox", ("Invented data for trying out: no money is spent and no ticket is issued.",)
)
_LONGEST_LINE = 400
_LONGEST_NAME = 60
_LONGEST_REFERENCE = 20
_SHOWN_OF_NUMBER = 3
_UNPAID = "awaiting_payment"
_TO_WHOM = {
    "balance": "the account that paid",
    "arc_bsp_cash": "the agency that paid",
    "card": "the card that paid",
    "original_form_of_payment": "the way it was paid",
    "voucher": "an airline voucher",
    "airline_credits": "airline credits",
    _UNPAID: "nobody: nothing was paid",
}


def purchase(
    offer: Offer,
    kind: OrderKind,
    people: Sequence[PassengerDetails],
    extras: Sequence[Extra],
    total: Money,
) -> Shown:
    """Show what is to be ordered."""
    names = {one.passenger_id: _full_name(one.given_name, one.family_name) for one in people}
    held = kind == "hold"
    price = [f"{total} in all, taxes included"]
    if extras:
        price += [f"{offer.total} for the flights", *(_extra(each, names) for each in extras)]
    return Shown(
        question=f"Hold these flights at {total}?" if held else f"Buy these flights for {total}?",
        sections=(
            _section("Price", tuple(price)),
            _section("Airline", (_name(offer.owner.name),)),
            _section("Flights", tuple(_flights(offer.slices))),
            _section("Passengers", tuple(_people(offer, people, names))),
            _section("Tickets and news go to", tuple(_contacts(people))),
            _section("Conditions", tuple(_conditions(offer))),
            *_sandbox(offer.provenance.data),
        ),
        next=_after_hold(offer) if held else "On your yes they are paid and ticketed at once.",
    )


def payment(order: Order) -> Shown:
    """Show what is to be paid."""
    return Shown(
        question=f"Pay {order.total} for the held booking{_reference(order)}?",
        sections=(_section("Price", (f"{order.total}, taxes included",)), *_ordered(order)),
        next="On your yes it is paid and ticketed at once.",
    )


def cancellation(order: Order, quote: Quote) -> Shown:
    """Show what cancelling gives back."""
    back = "unknown: the airline does not say" if quote.refund is None else str(quote.refund)
    if quote.credits:
        back += f", as {quote.credits} airline credit" + ("s" if quote.credits > 1 else "")
    back += f"; goes to {whereto(quote.refund_to)}"
    if quote.refund_to == _UNPAID:
        back = "none: nothing was paid"
    return Shown(
        question=f"Cancel the booking{_reference(order)}?",
        sections=(
            _section("Refund", (back,)),
            _section("Price", (f"{order.total}",)),
            *_ordered(order),
        ),
        next="On your yes it is cancelled at once; that cannot be undone.",
    )


def whereto(refund_to: str) -> str:
    """Say where a refund goes."""
    return _TO_WHOM.get(refund_to, refund_to.replace("_", " "))


def _section(heading: str, lines: tuple[str, ...]) -> Section:
    """Make each line one: a name from elsewhere must not look like a line of ours."""
    return Section(heading, tuple(plain(line, _LONGEST_LINE) for line in lines))


def _reference(order: Order) -> str:
    reference = order.booking_reference
    return "" if reference is None else f" {plain(reference, _LONGEST_REFERENCE)}"


def _ordered(order: Order) -> Iterator[Section]:
    yield _section("Airline", (_name(order.owner.name),))
    yield _section("Flights", tuple(_flights(order.slices)))
    yield _section(
        "Passengers", tuple(_full_name(one.given_name, one.family_name) for one in order.passengers)
    )
    yield _section("Conditions", tuple(_rules(order.conditions)))
    yield from _sandbox(order.provenance.data)


def _sandbox(data: DataKind) -> tuple[Section, ...]:
    return (_SANDBOX,) if data == "sandbox" else ()


def _flights(slices: Iterable[Slice]) -> Iterator[str]:
    for part in slices:
        for segment in part.segments:
            yield _flight(segment)


def _flight(segment: Segment) -> str:
    operator = segment.operating_carrier
    by = "" if operator == segment.carrier else f", flown by {_name(operator.name)}"
    stops = f", {len(segment.stops)} stop on the way" if segment.stops else ""
    departs, arrives = segment.departs_at, segment.arrives_at
    same_day = departs.date() == arrives.date()
    return (
        f"{_name(segment.flight)} {_airport(segment.origin)} {_clock(departs)} to"
        f" {_airport(segment.destination)} {f'{arrives:%H:%M}' if same_day else _clock(arrives)}"
        f"{stops}{by}"
    )


def _airport(airport: Airport) -> str:
    return f"{_name(airport.city or airport.name)} ({_name(airport.code)})"


def _name(name: str) -> str:
    """Keep a name from elsewhere so short that it cannot push out of a line what comes after."""
    return plain(name, _LONGEST_NAME)


def _clock(local: datetime) -> str:
    return f"{local:%a %d %b %Y %H:%M}"


def _people(
    offer: Offer, people: Sequence[PassengerDetails], names: Mapping[str, str]
) -> Iterator[str]:
    types = {one.passenger_id: one.type for one in offer.passengers}
    for one in people:
        what = types[one.passenger_id].replace("_without_seat", " on a lap")
        lap = one.infant_passenger_id
        holds = "" if lap is None else f", with {names[lap]} on the lap"
        yield (
            f"{one.title.capitalize()} {names[one.passenger_id]}, {what},"
            f" born {one.born_on:%d %b %Y}{_papers(one)}{holds}"
        )


def _papers(one: PassengerDetails) -> str:
    return "".join(
        f", {paper.kind.replace('_', ' ')} ({paper.issuing_country})"
        f" ending in {paper.number[-_SHOWN_OF_NUMBER:]}"
        for paper in one.documents
    )


def _contacts(people: Sequence[PassengerDetails]) -> Iterator[str]:
    yield from dict.fromkeys(f"{one.email}, {one.phone}" for one in people)


def _full_name(given: str, family: str) -> str:
    return f"{given} {family}"


def _extra(extra: Extra, names: Mapping[str, str]) -> str:
    whom = [names[each] for each in extra.passenger_ids if each in names]
    return f"{extra.price} for {extra.words}" + (f", {', '.join(whom)}" if whom else "")


def _conditions(offer: Offer) -> Iterator[str]:
    yield from _rules(offer.conditions)
    bags = offer.baggage
    yield f"Bags per passenger: carry-on {_count(bags.carry_on)}, checked {_count(bags.checked)}"
    cabins = " + ".join(cabin.replace("_", " ") for cabin in offer.cabins)
    fare = ", ".join(filter(None, (cabins, " + ".join(offer.fare_brands))))
    if fare:
        yield f"Fare: {fare}"


def _rules(conditions: Conditions) -> Iterator[str]:
    yield f"Refund before departure: {_rule(conditions.refund)}"
    yield f"Change before departure: {_rule(conditions.change)}"


def _rule(condition: Condition | None) -> str:
    if condition is None:
        return "unknown, ask the airline"
    if not condition.allowed:
        return "not allowed"
    if condition.penalty is None:
        return "allowed, fee unknown"
    return "free" if condition.penalty.amount == 0 else f"for a fee of {condition.penalty}"


def _count(pieces: int | None) -> str:
    return "unknown" if pieces is None else str(pieces)


def _after_hold(offer: Offer) -> str:
    words = "On your yes they are held; nothing is paid yet."
    terms = offer.payment
    if terms is not None and terms.pay_by is not None:
        words += f" They are lost unless paid by {_utc(terms.pay_by)}."
    if terms is not None and terms.price_guaranteed_until is not None:
        words += f" The price is guaranteed until {_utc(terms.price_guaranteed_until)}."
    else:
        words += " The price may change until then."
    return words


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%a %d %b %Y %H:%M} UTC"
