"""Finding the cheapest dates: one search for each cell of a grid, within a budget."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from tripsage_mcp.domain.date_grid import (
    OUT_OF_TIME,
    DateCell,
    DateGrid,
    cheapest_of_each_currency,
)
from tripsage_mcp.domain.flight import OffersFound
from tripsage_mcp.domain.provenance import DataKind, Provenance
from tripsage_mcp.errors import (
    OfferExpiredError,
    ProviderError,
    ProviderProtocolError,
    ProviderRateLimitedError,
    ProviderUnavailableError,
)
from tripsage_mcp.infrastructure.clock import Clock
from tripsage_mcp.infrastructure.concurrency import in_parallel
from tripsage_mcp.providers.ports import FlightProvider
from tripsage_mcp.services.flights.date_grid_requests import CheckedGrid, DateGridQuery, check_grid

BUDGET_S = 120.0
AT_MOST = 6
# A shorter wait is over before the other searches of the grid are.
_LONG_WAIT_S = 10.0

type Progress = Callable[[int, int, str], Awaitable[None]]


async def silent(_done: int, _total: int, _message: str) -> None:
    """Report nothing."""


@dataclass(frozen=True, slots=True)
class CheapestDates:
    """What was asked for, and what was found.

    Attributes:
        provenance: Of all searches: fetched when the first was; expires as the first price does.
        stopped: The code of why not every cell was asked.
    """

    asked: CheckedGrid
    grid: DateGrid
    provenance: Provenance
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class CheapestDatesService:
    """Searches a grid of dates.

    Attributes:
        budget_s: How long asking may take; what is unanswered by then stays a hole.
        at_most: Searches at a time; the provider's own queue keeps their rate.
        timer: Ends the asking; a test may end it sooner.
    """

    provider: FlightProvider
    now: Clock
    budget_s: float = BUDGET_S
    at_most: int = AT_MOST
    timer: Callable[[float], asyncio.Timeout] = asyncio.timeout

    async def find(self, query: DateGridQuery, progress: Progress = silent) -> CheapestDates:
        """Search every cell, and return what is known of each.

        Some failures leave holes; a provider that would rather not be asked ends the asking.

        Args:
            query: Dates, places and passengers.
            progress: Told searches done, searches planned and a few words; first the budget.

        Raises:
            InvalidRequestError: an argument is not valid, or the grid is too large; nothing was
                sent.
            ProviderError: no search at all was answered: the first failure.
        """
        asked = check_grid(query, self.now())
        run = _Run(self.provider, self.now, asked, progress)
        planned = len(asked.cells)
        await progress(
            0,
            planned,
            f"{planned} searches planned, at most {self.at_most} at a time, {self.budget_s:g} s",
        )
        time_left = self.timer(self.budget_s)
        try:
            async with time_left:
                await run.ask(self.at_most)
        except TimeoutError:
            if not time_left.expired():
                raise
            run.stopped = run.stopped or OUT_OF_TIME
        return run.result()


@dataclass(slots=True)
class _Run:
    """One grid while it is being asked for."""

    provider: FlightProvider
    now: Clock
    asked: CheckedGrid
    progress: Progress
    cells: list[DateCell] = field(init=False)
    answers: list[Provenance] = field(default_factory=list[Provenance])
    failure: ProviderError | None = None
    stopped: str | None = None
    done: int = 0

    def __post_init__(self) -> None:
        self.cells = list(self.asked.cells)

    async def ask(self, at_most: int) -> None:
        waiting = iter(range(len(self.cells)))
        await in_parallel([lambda: self._take_turns(waiting)] * at_most, at_most=at_most)

    def result(self) -> CheapestDates:
        if not self.answers:
            raise self.failure or ProviderUnavailableError("flights", "no search was answered")
        grid = DateGrid(tuple(self.cells))
        left = any(cell.state == "not_asked" for cell in grid.cells)
        return CheapestDates(
            asked=self.asked,
            grid=grid,
            provenance=self._provenance(),
            stopped=self.stopped if left else None,
        )

    async def _take_turns(self, waiting: Iterator[int]) -> None:
        for at in waiting:
            if self.stopped is not None:
                return
            await self._search(at)

    async def _search(self, at: int) -> None:
        cell = self.asked.cells[at]
        # What is cut off by the end of the time was asked, and is not known.
        self.cells[at] = replace(cell, state="failed", failure=OUT_OF_TIME)
        try:
            found = await self.provider.search(self.asked.request(cell))
            self.cells[at] = self._read(cell, found)
            if self.cells[at].state != "failed":
                self.answers.append(found.provenance)
        except ProviderError as error:
            self._failed(at, error)
        self.done += 1
        await self.progress(self.done, len(self.cells), f"{self.done} of {len(self.cells)} dates")

    def _read(self, cell: DateCell, found: OffersFound) -> DateCell:
        now = self.now()
        offers = cheapest_of_each_currency(o for o in found.offers if o.expires_at > now)
        if offers:
            partial = found.unanswered is not None or found.unreadable > 0
            return replace(cell, state="priced", offers=offers, partial=partial)
        if found.unanswered is not None:
            return replace(cell, state="failed", failure=found.unanswered.code)
        if found.unreadable:
            raise ProviderProtocolError(found.provenance.source, "no offer could be read")
        if found.offers:
            return replace(cell, state="failed", failure=OfferExpiredError.code)
        return replace(cell, state="empty")

    def _failed(self, at: int, error: ProviderError) -> None:
        self.failure = self.failure or error
        cell = self.asked.cells[at]
        self.cells[at] = replace(cell, state="failed", failure=error.code)
        match _verdict(error):
            case "go on":
                return
            case "refused unasked":
                self.cells[at] = cell
            case "stop":
                pass
        self.stopped = self.stopped or error.code

    def _provenance(self) -> Provenance:
        shown = DateGrid(tuple(self.cells))
        kinds: set[DataKind] = {answer.data for answer in self.answers}
        return replace(
            self.answers[0],
            data="sandbox" if "sandbox" in kinds else "live",
            fetched_at=min(answer.fetched_at for answer in self.answers),
            expires_at=min((one.offer.expires_at for one in shown.ranked), default=None),
        )


def _verdict(error: ProviderError) -> Literal["go on", "stop", "refused unasked"]:
    """Say whether asking for other dates may still help."""
    wait_s = error.retry_after_s or 0.0
    match error:
        case ProviderRateLimitedError():
            return "stop" if wait_s > _LONG_WAIT_S else "go on"
        # Our own breaker is open: nothing was sent, nor will be for a while.
        case ProviderUnavailableError(may_have_acted=False) if wait_s > 0:
            return "refused unasked"
        case ProviderProtocolError():
            return "go on"
        case _:
            return "go on" if error.retryable else "stop"
