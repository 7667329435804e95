"""What a hotel of the sandbox asks for a stay: each room on each of its terms."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.stays_hotels import ROOMS, TEST_GROUP, Hotel, Room
from tripsage_mcp.sandbox.schedule.chance import share, whole

_LASTS = timedelta(minutes=30)
_TAX = Decimal("0.10")
_CITY_TAX = Decimal("2.00")
_MEAL = Decimal("7.00")
_NO_REFUND = "no_refund"
_FLEXIBLE = "flexible"
_HALF = "half"
_DEPOSIT = Decimal("0.30")


@dataclass(frozen=True, slots=True)
class Terms:
    """One way to sell a room.

    Attributes:
        cancel: `no_refund`, `half` back until two days before, or `flexible`.
    """

    name: str
    factor: Decimal
    board: str
    cancel: str
    payment: str
    loyalty: bool = False


TERMS = (
    Terms("Saver", Decimal(1), "room_only", _NO_REFUND, "pay_now"),
    Terms("Best Available Rate", Decimal("1.08"), "room_only", _HALF, "pay_now"),
    Terms("Flexible with breakfast", Decimal("1.17"), "breakfast", _FLEXIBLE, "guarantee"),
    Terms("Half board", Decimal("1.42"), "half_board", _FLEXIBLE, "deposit"),
    Terms("Member rate", Decimal("0.95"), "breakfast", _NO_REFUND, "pay_now", loyalty=True),
)


@dataclass(frozen=True, slots=True)
class StaySearched:
    """What was searched for, with the second it was made in.

    Attributes:
        guests: As they were sent.
        ages: Of the children among them.
    """

    check_in: date
    check_out: date
    rooms: int
    guests: tuple[str, ...]
    ages: tuple[int, ...]
    free_cancellation: bool
    created_at: datetime

    @property
    def nights(self) -> int:
        """Return how many nights are slept there."""
        return (self.check_out - self.check_in).days

    @property
    def expires_at(self) -> datetime:
        """Return until when the results stand."""
        return self.created_at + _LASTS


@dataclass(frozen=True, slots=True)
class HotelRate:
    """A room of a hotel on some terms, for one search."""

    searched: StaySearched
    hotel: Hotel
    room: Room
    terms: Terms

    @property
    def id(self) -> str:
        """Return its id, of this search alone."""
        return ids.derived("rat", *self._words())

    def _words(self) -> tuple[object, ...]:
        return (self.hotel.number, self.room.name, self.terms.name, self.searched)

    @property
    def base(self) -> Decimal:
        """Return what the rooms and meals cost."""
        asked, terms = self.searched, self.terms
        rooms = self.hotel.base(self.room, asked.check_in, asked.nights) * asked.rooms
        eating = len(asked.guests) * asked.nights if terms.board != "room_only" else 0
        meals = _MEAL * eating
        return (rooms * terms.factor + meals).quantize(Decimal("0.01"))

    @property
    def fee(self) -> Decimal:
        """Return the hotel's own fee, which few have."""
        has = share("fee", self.hotel.number) < 0.2  # noqa: PLR2004
        return Decimal("12.00") * self.searched.nights if has else Decimal(0)

    @property
    def tax(self) -> Decimal:
        """Return the tax that is paid with the booking."""
        return (self.base * _TAX).quantize(Decimal("0.01"))

    @property
    def total(self) -> Decimal:
        """Return what is charged."""
        return self.base + self.tax + self.fee

    @property
    def deposit(self) -> Decimal:
        """Return what is paid in advance where a part is."""
        return (self.total * _DEPOSIT).quantize(Decimal("0.01"))

    @property
    def due_there(self) -> Decimal | None:
        """Return the city tax, which hotels of some towns collect themselves."""
        if share("city tax", self.hotel.town.id) < 0.5:  # noqa: PLR2004
            return None
        grown = self.searched.guests.count("adult")
        return _CITY_TAX * grown * min(7, self.searched.nights)

    def gone(self) -> bool:
        """Tell whether somebody else took the last room meanwhile."""
        return not self.hotel.test and share("gone", *self._words()) < 0.04  # noqa: PLR2004

    def timeline(self) -> list[Json]:
        """Return until when how much comes back; a step that is past is left out."""
        arrival = datetime.combine(self.searched.check_in, time(18), UTC)
        steps = {
            _NO_REFUND: [],
            _HALF: [(arrival - timedelta(days=2), self.total / 2)],
            _FLEXIBLE: [
                (arrival - timedelta(days=2), self.total),
                (arrival - timedelta(days=1), self.total / 2),
            ],
        }[self.terms.cancel]
        return [
            {
                "before": _utc(before),
                "refund_amount": f"{amount:.2f}",
                "currency": self.hotel.currency,
            }
            for before, amount in steps
            if before > self.searched.created_at
        ]

    @property
    def free(self) -> bool:
        """Return whether all of it comes back for now."""
        steps = self.timeline()
        return bool(steps) and steps[0]["refund_amount"] == f"{self.total:.2f}"

    def json(self) -> Json:
        """Return it as it goes over the wire."""
        currency, terms = self.hotel.currency, self.terms
        due = self.due_there
        return {
            "id": self.id,
            "name": terms.name,
            "description": f"{self.room.name}, {terms.name.lower()}",
            "code": None,
            "total_amount": f"{self.total:.2f}",
            "total_currency": currency,
            "base_amount": f"{self.base:.2f}",
            "base_currency": currency,
            "tax_amount": f"{self.tax:.2f}",
            "tax_currency": currency,
            "fee_amount": f"{self.fee:.2f}" if self.fee else None,
            "fee_currency": currency,
            "due_at_accommodation_amount": None if due is None else f"{due:.2f}",
            "due_at_accommodation_currency": currency,
            "public_amount": None,
            "public_currency": currency,
            "board_type": terms.board,
            "payment_type": terms.payment,
            "available_payment_methods": ["balance", "card"],
            "cancellation_timeline": self.timeline(),
            "conditions": _conditions(self.hotel, terms),
            "quantity_available": 1 + whole("left", *self._words()) % 9,
            "supported_loyalty_programme": _programme(self.hotel),
            "loyalty_programme_required": terms.loyalty,
            "source": "duffel_hotel_group" if self.hotel.test else "priceline",
            "estimated_commission_amount": f"{self.base / 10:.2f}",
            "estimated_commission_currency": currency,
            "negotiated_rate_id": None,
            "expires_at": _utc(self.searched.expires_at),
        }


def rates_of(searched: StaySearched, hotel: Hotel) -> list[HotelRate]:
    """Return every rate of a hotel for a search, room by room; none where it is too small."""
    each = -(-len(searched.guests) // searched.rooms)
    rates = [
        HotelRate(searched, hotel, room, terms)
        for room in ROOMS
        if room.sleeps >= each
        for terms in TERMS
        if _programme(hotel) or not terms.loyalty
    ]
    return [rate for rate in rates if rate.free or not searched.free_cancellation]


def cheapest(rates: list[HotelRate]) -> HotelRate:
    """Return the cheapest that anybody may book."""
    return min((r for r in rates if not r.terms.loyalty), key=lambda rate: rate.total)


def _programme(hotel: Hotel) -> str | None:
    return "duffel_hotel_group_rewards" if hotel.brand == TEST_GROUP else None


def _conditions(hotel: Hotel, terms: Terms) -> list[Json]:
    words = [("Check-in", "A photo identification and a card are asked for at the desk.")]
    if terms.cancel == _NO_REFUND:
        words.append(("Refunds", "This rate cannot be refunded."))
    if terms.payment == "deposit":
        words.append(("Deposit", "30% is charged when booking, the rest on arrival."))
    if share("parking fee", hotel.number) < 0.3:  # noqa: PLR2004
        words.append(("Parking", "Parking nearby costs extra."))
    return [{"title": title, "description": text} for title, text in words]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
