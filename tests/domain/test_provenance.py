from datetime import UTC, datetime, timedelta, timezone

import pytest

from tripsage_mcp.domain.account import LOCAL_ACCOUNT, LOCAL_ACCOUNT_ID, Account
from tripsage_mcp.domain.provenance import Provenance

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)


@pytest.mark.parametrize(("fetched", "expires"), [(NAIVE, None), (NOW, NAIVE), (NAIVE, NAIVE)])
def test_a_time_without_a_zone_is_refused(fetched: datetime, expires: datetime | None) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Provenance("duffel", "live", fetched, expires)


def test_any_zone_will_do() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert Provenance("duffel", "live", elsewhere) == Provenance("duffel", "live", NOW)


def test_without_a_login_everything_belongs_to_the_one_local_account() -> None:
    assert Account() == LOCAL_ACCOUNT
    assert LOCAL_ACCOUNT.account_id == LOCAL_ACCOUNT_ID
    assert LOCAL_ACCOUNT_ID.version == 7
