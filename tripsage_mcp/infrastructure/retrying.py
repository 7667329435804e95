"""When a request is sent again, and how long after: the only place that decides it."""

from collections.abc import Awaitable, Callable
from typing import override

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_any,
    wait_random_exponential,
)
from tenacity.stop import stop_base

from tripsage_mcp.errors import TripSageError
from tripsage_mcp.infrastructure import deadline

_LONGEST_HONOURED_WAIT_S = 10.0


def retrying(attempts: int, sleep: Callable[[float], Awaitable[None]]) -> AsyncRetrying:
    """Return the attempts at one request; the last failure is raised as it is.

    What may pass is tried again, after the time the provider names or a growing random one, unless
    the caller would be gone by then.

    Args:
        attempts: The first included.
        sleep: Waits between them.
    """
    return AsyncRetrying(
        retry=retry_if_exception(_worth_retrying),
        stop=stop_any(stop_after_attempt(attempts), _StopWhenLate()),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )


def _worth_retrying(exc: BaseException) -> bool:
    if not isinstance(exc, TripSageError) or not exc.retryable:
        return False
    return exc.retry_after_s is None or exc.retry_after_s <= _LONGEST_HONOURED_WAIT_S


class _StopWhenLate(stop_base):
    """Stops where the caller would be gone before the next attempt begins."""

    @override
    def __call__(self, retry_state: RetryCallState) -> bool:
        return retry_state.upcoming_sleep >= deadline.left_s()


_backoff = wait_random_exponential(multiplier=0.3, max=4)


def _wait(state: RetryCallState) -> float:
    assert state.outcome is not None
    exc = state.outcome.exception()
    # "Now" would mean all attempts in one instant.
    if isinstance(exc, TripSageError) and exc.retry_after_s:
        return exc.retry_after_s
    return _backoff(state)
