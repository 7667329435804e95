import pytest

from tests.services.memory_talk import HandClock
from tripsage_mcp.repositories.ports import Storage
from tripsage_mcp.services.memories.service import MemoryService


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def memories(storage: Storage, clock: HandClock) -> MemoryService:
    return MemoryService(storage, now=clock)
