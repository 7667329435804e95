"""How the extras of an offer look: bags, meals and the right to cancel, each with what it costs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from tripsage_mcp.domain.ancillary import Ancillary, BagSize
from tripsage_mcp.domain.flight import Offer
from tripsage_mcp.domain.money import Money
from tripsage_mcp.domain.plain_text import plain
from tripsage_mcp.views.base import Opt, Part

_MOST_CHOICES = 36
_LONGEST_NAME = 60
_LONGEST_URL = 200


class ExtraChoiceView(Part):
    """What an order names to get an extra."""

    ancillary_id: str
    passengers: Annotated[Opt[list[int]], Field(description="By number; absent: all")] = None
    segments: Annotated[Opt[list[int]], Field(description="By number; absent: all")] = None


class ExtraView(Part):
    """One thing that can be added, at one price."""

    kind: str
    what: Opt[str] = None
    price: Annotated[str, Field(description="Of one piece, for the passengers of one choice")]
    most: Annotated[Opt[int], Field(description="Pieces a choice, where more than one")] = None
    gives_back: Annotated[Opt[str], Field(description="On cancelling")] = None
    terms_url: Opt[str] = None
    choices: list[ExtraChoiceView]


def extras(offer: Offer) -> tuple[list[ExtraView], int]:
    """Project what can be added but seats, grouped by what it is; and count what is left out."""
    together: dict[tuple[object, ...], list[Ancillary]] = {}
    for each in offer.ancillaries or ():
        if each.kind != "seat":
            together.setdefault(_alike(each), []).append(each)
    passengers = {who.passenger_id: n for n, who in enumerate(offer.passengers, 1)}
    segments = {
        segment.segment_id: n for n, segment in enumerate(offer.segments, 1) if segment.segment_id
    }
    shown: list[ExtraView] = []
    room = _MOST_CHOICES
    for same in together.values():
        choices = list(_choices(same[:room], passengers, segments))
        room -= len(choices)
        if choices:
            shown.append(_extra(same[0], choices))
    return shown, sum(map(len, together.values())) - (_MOST_CHOICES - room)


def seats_for_sale(offer: Offer) -> str | None:
    """Say how many seats are sold with an offer and for how much; None when there are none."""
    prices = [each.price for each in offer.ancillaries or () if each.kind == "seat"]
    if not prices:
        return None
    by_currency: dict[str, list[Money]] = {}
    for price in prices:
        by_currency.setdefault(price.currency, []).append(price)
    ranges = ", ".join(_range(same) for same in by_currency.values())
    return f"{len(prices)} choices, {ranges}"


def _range(prices: Sequence[Money]) -> str:
    least, most = min(prices), max(prices)
    return str(least) if least == most else f"{least.rounded().amount} to {most}"


def _alike(each: Ancillary) -> tuple[object, ...]:
    return (each.kind, each.bag, each.name, each.price, each.maximum_quantity, each.refund)


def _extra(each: Ancillary, choices: list[ExtraChoiceView]) -> ExtraView:
    url = plain(each.terms_url or "", _LONGEST_URL)
    return ExtraView(
        kind=each.kind,
        what=_words(each),
        price=str(each.price),
        most=each.maximum_quantity if each.maximum_quantity > 1 else None,
        gives_back=None if each.refund is None else str(each.refund),
        terms_url=url if url.startswith("https://") else None,
        choices=choices,
    )


def _words(each: Ancillary) -> str | None:
    words = [_bag(each.bag)] if each.bag else []
    words += [plain(each.name, _LONGEST_NAME)] if each.name else []
    return ", ".join(filter(None, words)) or None


def _bag(bag: BagSize) -> str:
    sides = (bag.height_cm, bag.length_cm, bag.depth_cm)
    known = " x ".join("?" if side is None else str(side) for side in sides)
    weight = f"up to {bag.weight_kg} kg" if bag.weight_kg is not None else ""
    size = f"{known} cm" if any(side is not None for side in sides) else ""
    kind = plain(bag.kind.replace("_", "-"), _LONGEST_NAME)
    return ", ".join(filter(None, [kind, weight, size]))


def _choices(
    same: Sequence[Ancillary], passengers: Mapping[str, int], segments: Mapping[str, int]
) -> Iterator[ExtraChoiceView]:
    for each in same:
        yield ExtraChoiceView(
            ancillary_id=each.ancillary_id,
            passengers=_numbers(each.passenger_ids, passengers),
            segments=_numbers(each.segment_ids, segments),
        )


def _numbers(ids: Sequence[str], known: Mapping[str, int]) -> list[int] | None:
    """Return the numbers of `ids`, or None when they are all there are."""
    numbers = sorted(known[each] for each in ids if each in known)
    return None if len(numbers) == len(known) else numbers
