"""Searches and their offers: answered, remembered, and rebuilt from an id when forgotten."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from threading import Lock

from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.errors import not_found
from tripsage_mcp.sandbox.duffel.magic import Magic, magic_of
from tripsage_mcp.sandbox.duffel.request import OfferRequest
from tripsage_mcp.sandbox.schedule.search import Fare, Journey, search

_RECENT = 64
_OPAQUE = 4096


@dataclass(frozen=True, slots=True)
class Answer:
    """One answered offer request.

    Attributes:
        number: The number its ids are made of; offer `n` is `number + n`.
    """

    number: int
    request: OfferRequest
    magic: Magic
    fares: tuple[Fare, ...]

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

    def repriced(self, index: int) -> Fare:
        """Return one offer's fare as it is when fetched alone."""
        fare = self.fares[index]
        if self.magic.price_change == 1:
            return fare
        base = (fare.base * self.magic.price_change).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return replace(fare, base=base)


class Answers:
    """Answers requests. Offers of plain requests survive a restart, for the id says everything.

    Multi-city, named passengers and time ranges do not fit an id; those are looked up among the
    last few thousand this process answered.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._recent: OrderedDict[int, Answer] = OrderedDict()
        self._opaque: OrderedDict[int, OfferRequest] = OrderedDict()
        self._lock = Lock()

    def create(self, request: OfferRequest) -> Answer:
        """Search, and remember what the ids cannot carry."""
        number = ids.encode(self._seed, request)
        if ids.decode(self._seed, number) is None:
            with self._lock:
                self._opaque[number] = request
                while len(self._opaque) > _OPAQUE:
                    self._opaque.popitem(last=False)
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

    def _find(self, number: int) -> Answer:
        number -= number % ids.OFFERS
        with self._lock:
            request = self._opaque.get(number)
        request = request or ids.decode(self._seed, number)
        if request is None:
            raise not_found()
        return self._answer(number, request)

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
        answer = Answer(number, request, magic, search(self._seed, journey)[: ids.OFFERS - 1])
        with self._lock:
            self._recent[number] = answer
            while len(self._recent) > _RECENT:
                self._recent.popitem(last=False)
        return answer
