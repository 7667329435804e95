"""A search whose offers come in as airlines answer.

https://duffel.com/docs/api/v2/batch-offer-requests: reading a batch waits at Duffel until there is
news. A batch is forgotten after a minute, its offers are not.
"""

import asyncio
from dataclasses import dataclass

from tripsage_mcp.domain.flight import OffersFound, Passenger, Unanswered
from tripsage_mcp.domain.flight_request import INFANT_BELOW, OfferRequest
from tripsage_mcp.errors import (
    NotFoundError,
    ProviderError,
    ProviderUnavailableError,
    TripSageError,
)
from tripsage_mcp.infrastructure.http import Sleep
from tripsage_mcp.providers.duffel.api import DuffelAPI
from tripsage_mcp.providers.duffel.wire import NAME
from tripsage_mcp.providers.flights import duffel_bodies as bodies
from tripsage_mcp.providers.flights.duffel_errors import BatchesRefusedError
from tripsage_mcp.providers.flights.duffel_wire import BATCH, Gathered, RawBatch
from tripsage_mcp.providers.ports import SearchProgress

# Between two reads that bring no news, twice as long each time: waiting is Duffel's part, but not
# ours to rely on, and each read counts towards how often we may ask.
_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 4.0
_MILLISECONDS = 1000


@dataclass(slots=True)
class _Pending:
    """A batch search on its way; `batch` is what Duffel said last."""

    batch: RawBatch
    gathered: Gathered

    def take(self, batch: RawBatch) -> bool:
        """Add what has come in; tell whether it is news."""
        before = (self.batch.remaining_batches, len(self.gathered.offers))
        self.gathered.add(batch.offers)
        self.batch = batch
        return before != (batch.remaining_batches, len(self.gathered.offers))


@dataclass(frozen=True, slots=True)
class BatchSearch:
    """Searches in batches.

    Attributes:
        supplier_timeout_ms: How long Duffel waits for airlines.
        deadline_s: All in all; longer than Duffel waits for airlines.
    """

    api: DuffelAPI
    supplier_timeout_ms: int
    deadline_s: float
    sleep: Sleep

    async def search(self, request: OfferRequest, progress: SearchProgress) -> OffersFound:
        """Return the offers of all batches, or of those that came before something failed.

        Raises:
            BatchesRefusedError: the account may not search this way; nothing was searched.
            ProviderError: the provider failed, and there is no offer at all.
        """
        pending: _Pending | None = None
        failure: TripSageError | None = None
        try:
            async with asyncio.timeout(self.deadline_s):
                pending = _Pending(await self._begin(request), Gathered(self.api.stamp()))
                await self._collect(pending, progress)
        except TimeoutError:
            failure = ProviderUnavailableError(NAME, "no answer in time")
        except (NotFoundError, BatchesRefusedError) as exc:
            if pending is None:
                raise
            failure = ProviderUnavailableError(NAME, "the search was forgotten half-way")
            failure.__cause__ = exc
        except ProviderError as exc:
            failure = exc
        if failure is not None and (pending is None or not pending.gathered.offers):
            raise failure
        assert pending is not None
        return _found(pending, request, failure)

    async def _begin(self, request: OfferRequest) -> RawBatch:
        return await self.api.ask(
            "/air/batch_offer_requests",
            BATCH,
            bodies.search(request),
            params={"supplier_timeout": self.supplier_timeout_ms},
            # A search leaves nothing behind, so it may be sent again.
            repeatable=True,
        )

    async def _collect(self, pending: _Pending, progress: SearchProgress) -> None:
        total = pending.batch.total_batches
        pending.gathered.add(pending.batch.offers)
        # Without news for so long all in all, there will be none: Duffel waits no longer either.
        silence_s = self.supplier_timeout_ms / _MILLISECONDS
        pause_s = _PAUSE_S
        while pending.batch.remaining_batches > 0:
            # Not repeated: whether Duffel would tell twice what got lost on the way is not known.
            batch = await self.api.get(
                f"/air/batch_offer_requests/{pending.batch.id}", BATCH, repeatable=False
            )
            if pending.take(batch):
                answered = max(0, total - batch.remaining_batches)
                await progress(answered, total, len(pending.gathered.offers))
                pause_s = _PAUSE_S
                continue
            if silence_s <= 0:
                raise TimeoutError
            pause_s = min(pause_s, silence_s)
            await self.sleep(pause_s)
            silence_s -= pause_s
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _found(pending: _Pending, request: OfferRequest, failure: TripSageError | None) -> OffersFound:
    batch = pending.batch
    offers = pending.gathered.offers
    # A batch need not repeat what was asked; its offers know the passengers by their ids.
    people = tuple(person.to_domain() for person in batch.passengers)
    people = people or next((offer.passengers for offer in offers if offer.passengers), ())
    return pending.gathered.found(
        batch,
        slices=request.slices,
        passengers=people or _passengers(request),
        unanswered=None if failure is None else Unanswered(failure.code, batch.remaining_batches),
    )


def _passengers(request: OfferRequest) -> tuple[Passenger, ...]:
    """Return who was asked for, numbered: with no offer there are no ids to order with."""
    ages = [*request.children_ages, *([INFANT_BELOW] * request.infants_in_seat)]
    adults = [Passenger(str(number), "adult") for number in range(request.adults)]
    children = [
        Passenger(str(number), "infant_without_seat" if age < INFANT_BELOW else "child", age)
        for number, age in enumerate(ages, request.adults)
    ]
    return (*adults, *children)
