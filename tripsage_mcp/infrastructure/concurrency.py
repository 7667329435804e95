"""Running several calls at once, bounded, with one plain exception when one of them fails."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import cast


async def in_parallel[T](
    calls: Iterable[Callable[[], Awaitable[T]]], *, at_most: int
) -> tuple[T, ...]:
    """Await every call, at most so many at a time; results come in the order of the calls.

    The first failure cancels the others and is raised by itself rather than inside a group, so
    that callers catch the same exceptions as from a single call.
    """
    gate = asyncio.Semaphore(at_most)

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await call()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(call)) for call in calls]
    except BaseExceptionGroup as failed:
        first = _leaf(failed)
        raise first from first.__cause__
    return tuple(task.result() for task in tasks)


async def both[A, B](
    first: Callable[[], Awaitable[A]], second: Callable[[], Awaitable[B]]
) -> tuple[A, B]:
    """Await two calls at once; a failure of one cancels the other and is raised by itself."""
    calls: tuple[Callable[[], Awaitable[A | B]], ...] = (first, second)
    return cast("tuple[A, B]", await in_parallel(calls, at_most=len(calls)))


def _leaf(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failed.exceptions[0]
    while isinstance(first, BaseExceptionGroup):
        first = cast("BaseExceptionGroup[BaseException]", first).exceptions[0]
    return first
