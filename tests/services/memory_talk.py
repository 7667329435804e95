"""Talking to a memory service in tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tripsage_mcp.domain.account import LOCAL_ACCOUNT
from tripsage_mcp.domain.memory import Category
from tripsage_mcp.services.memories.requests import RecallRequest, Statement
from tripsage_mcp.services.memories.service import Kept, MemoryService, ProfileRecalled

NOW = datetime(2027, 1, 4, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
ME = LOCAL_ACCOUNT


class HandClock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


async def tell(
    service: MemoryService, text: str, category: Category = "flights", **given: Any
) -> Kept:
    remembered = await service.remember(ME, [Statement(text, category, **given)], consent=True)
    return remembered.kept[0]


async def profile(service: MemoryService, **given: Any) -> ProfileRecalled:
    return await service.recall(ME, RecallRequest(**given))


async def known(service: MemoryService, **given: Any) -> list[str]:
    return [each.memory.text for each in (await profile(service, **given)).recalled]


async def fill(service: MemoryService) -> None:
    await tell(service, "Allergic to peanuts", "dietary")
    await tell(service, "Prefers aisle seats on long flights")
    await tell(service, "Uses a wheelchair", "health_access", subject="Ines")
    await tell(service, "Hotel budget is 180 euros a night", "budget")
    await tell(service, "Spent a week in São Miguel", "past_trips")
