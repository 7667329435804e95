"""Searches and their offers: answered, remembered, and rebuilt from an id when forgotten."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from threading import Lock

from pydantic import TypeAdapter

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.errors import expired, no_longer_available, not_found
from tripsage_mcp.sandbox.duffel.ledger import Ledger, Shelf
from tripsage_mcp.sandbox.duffel.magic import Magic, magic_of
from tripsage_mcp.sandbox.duffel.request import OfferRequest, lasts
from tripsage_mcp.sandbox.schedule.search import Fare, Journey, search

_RECENT = 64
_OPAQUE = 4096
_CENT = Decimal("0.01")
_REQUESTS = Shelf("request", TypeAdapter(OfferRequest))


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered offer request.

    Attributes:
        number: The number its ids are made of; offer `n` is `number + n`.
        seed: Which invented world it belongs to.
    """

    number: int
    request: OfferRequest
    magic: Magic
    fares: tuple[Fare, ...]
    seed: int = 0

    @property
    def request_id(self) -> str:
        """Return the id of the offer request."""
        return ids.compose("orq", self.number + ids.OFFERS - 1)

    def offer_id(self, index: int) -> str:
        """Return the id of one offer."""
        return ids.compose("off", self.number + index)

    def passenger_id(self, index: int) -> str:
        """Return the id of one passenger, the same in every offer."""
        return ids.derived("pas", self.number, index)

    def slice_id(self, index: int, part: int) -> str:
        """Return the id of one slice of one offer."""
        return ids.derived("sli", self.number, index, part)

    def segment_id(self, index: int, part: int, flight: int) -> str:
        """Return the id of one segment of one offer."""
        return ids.derived("seg", self.number, index, part, flight)


@dataclass(frozen=True, slots=True)
class Drift:
    """A price that changes while an offer is on sale.

    Attributes:
        after: The age of an offer from which on the other price holds.
        factor: On the base fare.
    """

    after: timedelta
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer that can be bought now.

    Attributes:
        fare: What it costs now, which may differ from what the search said.
    """

    answer: Answer
    index: int
    fare: Fare

    @property
    def id(self) -> str:
        """Return the offer's id."""
        return self.answer.offer_id(self.index)

    @property
    def segment_ids(self) -> tuple[tuple[str, ...], ...]:
        """Return the ids of the segments, slice by slice."""
        return tuple(
            tuple(
                self.answer.segment_id(self.index, part, n) for n in range(len(itinerary.flights))
            )
            for part, itinerary in enumerate(self.fare.itineraries)
        )


class Answers:
    """Answers requests. Offers of plain requests survive a restart, for the id says everything.

    Multi-city, named passengers and time ranges do not fit an id; the ledger keeps the last few
    thousand of those.
    """

    def __init__(self, seed: int, ledger: Ledger, drift: Drift | None = None) -> None:
        self._seed = seed
        self._ledger = ledger
        self._drift = drift
        self._recent: OrderedDict[int, Answer] = OrderedDict()
        self._lock = Lock()

    def create(self, request: OfferRequest) -> Answer:
        """Search, and remember what the ids cannot carry."""
        number = ids.encode(self._seed, request)
        if ids.decode(self._seed, number) is None:
            with self._ledger.transaction() as page:
                _REQUESTS.put(page, str(number), request)
                _REQUESTS.keep(page, _OPAQUE)
        return self._answer(number, request)

    def of_request(self, request_id: str) -> Answer:
        """Return the answer to an earlier request.

        Raises:
            RefusedError: 404, the id names no request of this world.
        """
        number = ids.number_of("orq", request_id)
        if number is None or number % ids.OFFERS != ids.OFFERS - 1:
            raise not_found()
        return self._find(number)

    def of_offer(self, offer_id: str) -> tuple[Answer, int]:
        """Return the answer an offer belongs to, and the offer's index in it.

        Raises:
            RefusedError: 404, the id names no offer of this world.
        """
        number = ids.number_of("off", offer_id)
        if number is None:
            raise not_found()
        answer, index = self._find(number), number % ids.OFFERS
        if index >= len(answer.fares):
            raise not_found()
        return answer, index

    def on_sale(self, offer_id: str, now: datetime) -> Offered:
        """Return an offer that can be bought, at its price of now.

        Raises:
            RefusedError: 404, the id names no offer of this world; 422, it has expired or the
                airline has withdrawn it.
        """
        answer, index = self.of_offer(offer_id)
        fare = answer.fares[index]
        if answer.magic.withdrawn:
            raise no_longer_available(fare.owner.name)
        if now >= lasts(answer.request):
            raise expired()
        factor = answer.magic.price_change
        if self._drift is not None and now >= answer.request.created_at + self._drift.after:
            factor *= self._drift.factor
        if factor != 1:
            fare = replace(fare, base=(fare.base * factor).quantize(_CENT, ROUND_HALF_UP))
        return Offered(answer, index, fare)

    def _find(self, number: int) -> Answer:
        number -= number % ids.OFFERS
        request = ids.decode(self._seed, number) or self._opaque(number)
        if request is None:
            raise not_found()
        return self._answer(number, request)

    def _opaque(self, number: int) -> OfferRequest | None:
        with self._ledger.transaction() as page:
            return _REQUESTS.get(page, str(number))

    def _answer(self, number: int, request: OfferRequest) -> Answer:
        with self._lock:
            known = self._recent.get(number)
        if known is not None:
            return known
        magic = magic_of(request)
        journey = Journey(
            slices=request.slices,
            travellers=tuple(p.kind for p in request.passengers),
            cabin=request.cabin,
            max_connections=request.max_connections,
            booked=request.created_at,
            house=magic.house,
            refit=magic.refit,
        )
        answer = Answer(
            number, request, magic, search(self._seed, journey)[: ids.OFFERS - 1], self._seed
        )
        with self._lock:
            self._recent[number] = answer
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return answer
