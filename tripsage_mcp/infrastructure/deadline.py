"""How long a caller still waits, handed down to whatever is asked on its behalf.

A context variable, for it has to pass through code that is none the wiser: the edge sets it, and
what waits for others (HTTP, child processes, queues) keeps to it. Nobody is interrupted by it.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass

from tripsage_mcp.errors import ProviderUnavailableError

type Monotonic = Callable[[], float]


@dataclass(slots=True)
class Deadline:
    """The moment after which an answer is of no use.

    Attributes:
        at: On `monotonic`; infinity means that nobody is waiting impatiently.
        monotonic: Seconds that never go back.
    """

    at: float = math.inf
    monotonic: Monotonic = time.monotonic

    @property
    def left_s(self) -> float:
        """Seconds until then, at least zero."""
        return max(0.0, self.at - self.monotonic())

    def extend(self, other: "Deadline") -> None:
        """Move it to `other`, if that is later."""
        self.at = max(self.at, self.monotonic() + other.left_s)


_current: ContextVar[Deadline | None] = ContextVar("tripsage_deadline", default=None)


def current() -> Deadline:
    """Return the deadline of whoever this is done for; changing it changes nobody else's."""
    found = _current.get()
    return Deadline() if found is None else Deadline(found.at, found.monotonic)


def left_s() -> float:
    """Return how long the caller still waits: infinity without a deadline."""
    found = _current.get()
    return math.inf if found is None else found.left_s


def finite(seconds: float) -> float | None:
    """Write a time limit as `asyncio.timeout` wants it: None where there is none."""
    return None if math.isinf(seconds) else seconds


@contextmanager
def time_budget(seconds: float | None, *, monotonic: Monotonic | None = None) -> Generator[None]:
    """Give what is done inside so many seconds, or fewer where an outer budget ends sooner.

    Args:
        seconds: None gives no budget of its own.
        monotonic: Seconds that never go back; by default the outer budget's.
    """
    if seconds is None:
        yield
        return
    clock = monotonic or current().monotonic
    token = _current.set(Deadline(clock() + min(seconds, left_s()), clock))
    try:
        yield
    finally:
        _current.reset(token)


def context_of(deadline: Deadline) -> Context:
    """Return a copy of this context for a task with a deadline of its own."""
    context = copy_context()
    context.run(_current.set, deadline)
    return context


async def while_waited_for[T](
    provider: str, work: Awaitable[T], *, until: Deadline | None = None, grace_s: float = 0.0
) -> T:
    """Await something no longer than the caller waits for it.

    Args:
        provider: Who is asked; put in the error.
        work: Cancelled when the time is used up.
        until: By default the caller's deadline.
        grace_s: So much later, for what keeps to the deadline by itself and then says more.

    Raises:
        ProviderUnavailableError: it took longer.
    """
    limit_s = left_s() if until is None else until.left_s
    limit = asyncio.timeout(finite(limit_s + grace_s))
    try:
        async with limit:
            return await work
    except TimeoutError:
        if limit.expired():
            raise out_of_time(provider, may_have_acted=True) from None
        raise


def out_of_time(provider: str, *, may_have_acted: bool = False) -> ProviderUnavailableError:
    """Return the error for what was given up because the caller's time is used up.

    Args:
        provider: Who was, or would have been, asked.
        may_have_acted: Whether something was sent.
    """
    return ProviderUnavailableError(
        provider,
        "no answer within the time that this call may take",
        hint="Try again, or ask for less at once.",
        may_have_acted=may_have_acted,
    )
