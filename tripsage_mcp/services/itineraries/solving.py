"""Running the search beside everything else: in a thread, with progress, and stopped on cancel."""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import monotonic

from tripsage_mcp.planning.problem import Plan, Problem

_log = logging.getLogger("tripsage")

type Progress = Callable[[float, float, str], Awaitable[None]]
"""Told (steps done, steps in all, what comes next)."""
type Told = Callable[[float], Awaitable[None]]
"""Told the share of a search that is done."""

_TELL_EVERY_S = 0.5
COMPILED_FACTOR = 35
"""How many rounds compiled code makes in the time of one that is interpreted."""


async def silent(_done: float, _of: float, _what: str) -> None:
    """Tell nobody."""


async def _untold(_share: float) -> None:
    """Tell nobody."""


async def warm() -> None:
    """Begin to load the compiled search, or compile it: until that is done it runs interpreted.

    A daemon's work, that nobody waits for: not the first call, and not the end of the process.
    """
    threading.Thread(target=_load, name="tripsage-warm", daemon=True).start()


def _load() -> None:
    from tripsage_mcp.planning.solve import warm as load  # noqa: PLC0415 - as below

    try:
        load()
    except Exception:  # noqa: BLE001 - whatever it is, it must not end the server
        # Plans are made all the same, only with fewer rounds of search.
        _log.warning("planner_not_compiled", exc_info=True)


@dataclass(frozen=True, slots=True)
class Solver:
    """The search with its limits.

    Attributes:
        iterations: Interpreted rounds at an effort of one: about a second's.
        budget_s: Seconds they may take at most on a slow machine, likewise.
        seed: Same seed, same rounds, same plan.
    """

    iterations: int
    budget_s: float
    seed: int = 0

    async def solve(
        self,
        problem: Problem,
        *,
        effort: float = 1.0,
        start: tuple[Plan, frozenset[str]] | None = None,
        told: Told = _untold,
    ) -> Plan:
        """Return the best plan found, in a thread, so that other calls go on meanwhile.

        Args:
            problem: What to plan.
            effort: About how many seconds to search.
            start: An earlier plan, and the keys of its stops that stay to the minute.
            told: Told now and then how far the search is.
        """
        # The solver is not part of start-up, and may bring compiled code with it.
        from tripsage_mcp.planning import engine  # noqa: PLC0415
        from tripsage_mcp.planning.solve import Earlier, Limits, solve  # noqa: PLC0415

        cancelled, begun, limit = threading.Event(), monotonic(), self.budget_s * max(1.0, effort)
        share = 0.0

        def tell(done: float, _score: float) -> None:
            nonlocal share
            share = done

        limits = Limits(
            iterations=self._rounds(effort, compiled=engine.ready() is not None),
            spent=lambda: 1.0 if cancelled.is_set() else (monotonic() - begun) / limit,
            progress=tell,
        )
        earlier = None if start is None else Earlier(*start)
        searching = asyncio.create_task(
            asyncio.to_thread(solve, problem, seed=self.seed, limits=limits, start=earlier)
        )
        try:
            while not (await asyncio.wait({searching}, timeout=_TELL_EVERY_S))[0]:
                await told(share)
            return searching.result()
        finally:
            cancelled.set()

    def _rounds(self, effort: float, *, compiled: bool) -> int:
        """Return how many rounds take about a second: always the same, so the plan is too."""
        return max(1, round(self.iterations * effort * (COMPILED_FACTOR if compiled else 1)))
