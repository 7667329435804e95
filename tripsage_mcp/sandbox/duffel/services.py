"""The extras an offer can be bought with: bags, and the right to cancel."""

from decimal import Decimal

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Offered
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.schedule.fares import convert

_REFUND_SHARE = Decimal("0.75")
_CFAR_SHARE = 0.12
_CFAR_NOTE = (
    "Invented for the sandbox: cancel up to 24 hours before departure and get three quarters of "
    "the base fare back."
)


def _bag(offered: Offered, part: int, who: int, kind: str) -> Json:
    answer, fare = offered.answer, offered.fare
    segments = offered.segment_ids[part]
    km = sum(f.leg.km for f in fare.itineraries[part].flights)
    usd = round(20 + km**0.5 * 0.5) * (1.0 if kind == "checked" else 0.6)
    carried = kind == "carry_on"
    return {
        "id": ids.derived("ase", answer.number, fare.brand.name, segments[0], who, kind),
        "type": "baggage",
        "total_amount": str(convert(usd, fare.currency)),
        "total_currency": fare.currency,
        "maximum_quantity": 1 if carried else 2,
        "passenger_ids": [answer.passenger_id(who)],
        "segment_ids": list(segments),
        "metadata": {
            "type": kind,
            "maximum_weight_kg": None if carried else 23,
            "maximum_height_cm": 56 if carried else None,
            "maximum_length_cm": 45 if carried else None,
            "maximum_depth_cm": 25 if carried else None,
        },
    }


def _cancellation(offered: Offered) -> Json:
    answer, fare = offered.answer, offered.fare
    segments = [segment for part in offered.segment_ids for segment in part]
    cost = (fare.base * Decimal(str(_CFAR_SHARE))).quantize(Decimal("0.01"))
    return {
        "id": ids.derived("cfa", answer.number, segments[0]),
        "type": "cancel_for_any_reason",
        "total_amount": str(cost),
        "total_currency": fare.currency,
        "maximum_quantity": 1,
        "passenger_ids": [answer.passenger_id(n) for n in range(len(answer.request.passengers))],
        "segment_ids": segments,
        "metadata": {
            "refund_amount": str((fare.base * _REFUND_SHARE).quantize(Decimal("0.01"))),
            "merchant_copy": _CFAR_NOTE,
            "terms_and_conditions_url": "https://duffel.com/cfar_terms_and_conditions",
        },
    }


def available_services(offered: Offered) -> list[Json]:
    """Return what can be added to an offer, except seats, which its seat maps list."""
    answer, brand = offered.answer, offered.fare.brand
    if answer.magic.no_services:
        return []
    kinds = ["checked"] if brand.carry_on else ["carry_on", "checked"]
    seated = [n for n, p in enumerate(answer.request.passengers) if p.kind != "infant_without_seat"]
    bags = [
        _bag(offered, part, who, kind)
        for part in range(len(offered.fare.itineraries))
        for who in seated
        for kind in kinds
    ]
    bags = [] if answer.magic.no_bags else bags
    return bags if brand.refund.allowed else [*bags, _cancellation(offered)]
