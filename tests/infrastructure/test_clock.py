from datetime import UTC, datetime

from tripsage_mcp.infrastructure.clock import utc_now


def test_the_time_is_now_and_knows_its_zone() -> None:
    before = datetime.now(UTC)
    now = utc_now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC
