"""Batch offer requests: the same offers, handed over airline by airline within a minute.

https://duffel.com/docs/api/v2/batch-offer-requests
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.sandbox.duffel import ids
from tripsage_mcp.sandbox.duffel.answers import Answer, Answers
from tripsage_mcp.sandbox.duffel.errors import not_found, timed_out
from tripsage_mcp.sandbox.duffel.ledger import Ledger, Shelf
from tripsage_mcp.sandbox.duffel.places import Json
from tripsage_mcp.sandbox.duffel.request import OfferRequest
from tripsage_mcp.sandbox.duffel.wire import client_key, offer_json, utc

_LASTS = timedelta(minutes=1)
_MOST_BATCHES = 5
_KEPT = 2000


@dataclass(frozen=True, slots=True)
class _Batch:
    """One batch offer request.

    Attributes:
        request_id: The plain offer request with the same offers.
        delivered: How many batches were handed over.
    """

    id: str
    request_id: str
    created_at: datetime
    total: int
    delivered: int = 0


_BATCHES = Shelf("batch", TypeAdapter(_Batch))


class Batches:
    """Splits answers into batches and hands each over once.

    Args:
        answers: Answers the searches.
        ledger: Remembers what was handed over.
        now: The clock.
        silent: IATA codes of airlines that never answer a batch request.
    """

    def __init__(
        self, answers: Answers, ledger: Ledger, now: Clock, silent: Collection[str] = ()
    ) -> None:
        self._answers = answers
        self._ledger = ledger
        self._now = now
        self._silent = silent

    def create(self, request: OfferRequest) -> Json:
        """Begin a search; its offers come with `poll`."""
        answer = self._answers.create(request)
        with self._ledger.transaction() as page:
            # The same question twice in a second is still two requests.
            twins = len(_BATCHES.all(page, answer.request_id))
            name = ids.batch_id(answer.number, twins)
            batch = _Batch(name, answer.request_id, self._now(), len(_groups(answer)))
            _BATCHES.put(page, name, batch, answer.request_id)
            _BATCHES.keep(page, _KEPT)
        return _batch_json(batch)

    def poll(self, name: str) -> Json:
        """Return the next batch; none that is new when all were handed over or the rest is silent.

        Raises:
            RefusedError: 404, there is no such request or it is older than a minute; 504, no
                airline answers at all.
        """
        with self._ledger.transaction() as page:
            batch = _BATCHES.get(page, name)
        if batch is None or self._now() >= batch.created_at + _LASTS:
            raise not_found()
        answer = self._answers.of_request(batch.request_id)
        if answer.magic.times_out:
            raise timed_out()
        groups = [g for g in _groups(answer) if not self._is_silent(answer, g)]
        with self._ledger.transaction() as page:
            batch = _BATCHES.get(page, name) or batch
            fresh = groups[batch.delivered] if batch.delivered < len(groups) else []
            if batch.delivered < len(groups):
                batch = replace(batch, delivered=batch.delivered + 1)
                _BATCHES.put(page, name, batch, batch.request_id)
        return _batch_json(batch) | {"offers": [offer_json(answer, n) for n in fresh]}

    def _is_silent(self, answer: Answer, group: list[int]) -> bool:
        return any(answer.fares[n].owner.iata in self._silent for n in group)


def _groups(answer: Answer) -> list[list[int]]:
    """Return the indices of the offers of each batch: airlines dealt out in order of price."""
    owners = list(dict.fromkeys(fare.owner.iata for fare in answer.fares))
    total = min(_MOST_BATCHES, max(1, len(owners)))
    batch_of = {owner: n % total for n, owner in enumerate(owners)}
    groups: list[list[int]] = [[] for _ in range(total)]
    for n, fare in enumerate(answer.fares):
        groups[batch_of[fare.owner.iata]].append(n)
    return groups


def _batch_json(batch: _Batch) -> Json:
    return {
        "id": batch.id,
        "created_at": utc(batch.created_at),
        "live_mode": False,
        "client_key": client_key(batch.id),
        "total_batches": batch.total,
        "remaining_batches": batch.total - batch.delivered,
    }
