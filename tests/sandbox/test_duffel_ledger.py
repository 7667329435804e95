"""The ledger: shared by processes, kept across restarts, harmless when it cannot be."""

import json
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import TypeAdapter

from tests.sandbox.duffel_client import (
    FrozenClock,
    codes,
    offer_of,
    order,
    order_body,
    query,
    search,
    twin,
)
from tripsage_mcp.sandbox.duffel.errors import RefusedError
from tripsage_mcp.sandbox.duffel.ledger import Ledger, Shelf

pytestmark = pytest.mark.anyio

NUMBERS = Shelf("number", TypeAdapter(int))


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "deep" / "l.sqlite3" if request.param == "file" else None)


def test_records_are_listed_oldest_first_by_kin(ledger: Ledger) -> None:
    with ledger.transaction() as page:
        for n in (3, 1, 2):
            NUMBERS.put(page, str(n), n, "odd" if n % 2 else "even")
        NUMBERS.put(page, "3", 33, "odd")
        assert NUMBERS.all(page) == [33, 1, 2]
        assert NUMBERS.all(page, "odd") == [33, 1]
        assert NUMBERS.get(page, "2") == 2
        assert NUMBERS.get(page, "4") is None


def test_what_fails_midway_is_undone(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.transaction() as page:
            NUMBERS.put(page, "1", 1)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with ledger.transaction() as page:
        assert NUMBERS.all(page) == []


def test_only_the_newest_are_kept(ledger: Ledger) -> None:
    with ledger.transaction() as page:
        for n in range(5):
            NUMBERS.put(page, str(n), n)
        NUMBERS.keep(page, 2)
        assert NUMBERS.all(page) == [3, 4]
        NUMBERS.keep(page, 2)
        assert NUMBERS.all(page) == [3, 4]


def test_a_record_nobody_can_read_is_not_there(ledger: Ledger) -> None:
    words = Shelf("number", TypeAdapter(str))
    with ledger.transaction() as page:
        words.put(page, "1", "one")
        assert NUMBERS.get(page, "1") is None
        assert NUMBERS.all(page) == []


def test_threads_take_turns(ledger: Ledger) -> None:
    def add(_: int) -> None:
        with ledger.transaction() as page:
            count = NUMBERS.get(page, "count") or 0
            NUMBERS.put(page, "count", count + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(200)))
    with ledger.transaction() as page:
        assert NUMBERS.get(page, "count") == 200


def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    Ledger(tmp_path / "deep" / "l.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    with Ledger(path).transaction() as page:
        NUMBERS.put(page, "1", 1)
    assert path.stat().st_mode & 0o077 == 0


COUNTER = """
import sys
from pathlib import Path
from threading import Barrier
from pydantic import TypeAdapter
from tripsage_mcp.sandbox.duffel.ledger import Ledger, Shelf

numbers, ledger = Shelf("number", TypeAdapter(int)), Ledger(Path(sys.argv[1]))
for _ in range(100):
    with ledger.transaction() as page:
        numbers.put(page, "count", (numbers.get(page, "count") or 0) + 1)
"""


def test_processes_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    command = [sys.executable, "-c", COUNTER, str(path)]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(timeout=50) for process in running] == [0, 0, 0]
    with Ledger(path).transaction() as page:
        assert NUMBERS.get(page, "count") == 300


def test_opening_a_new_file_at_once_leaves_nobody_in_memory(tmp_path: Path) -> None:
    """Turning a file into a write-ahead one is the moment SQLite does not wait for by itself."""

    def add(name: str, start: Barrier) -> None:
        ledger = Ledger(tmp_path / name)
        start.wait(timeout=10)
        with ledger.transaction() as page:
            NUMBERS.put(page, "count", (NUMBERS.get(page, "count") or 0) + 1)

    with ThreadPoolExecutor(4) as pool:
        for name in map(str, range(25)):
            start = Barrier(4)
            list(pool.map(add, [name] * 4, [start] * 4))
            with Ledger(tmp_path / name).transaction() as page:
                assert NUMBERS.get(page, "count") == 4


def test_a_file_somebody_holds_is_waited_for_and_never_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "l.sqlite3"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("begin exclusive")
    ledger = Ledger(path, patience_s=0.1)
    with pytest.raises(RefusedError, match="service_unavailable"), ledger.transaction():
        pass
    holder.execute("rollback")
    holder.close()
    with ledger.transaction() as page:
        assert NUMBERS.all(page) == []
    assert caplog.records == []


@pytest.mark.parametrize("obstacle", ["a file for a folder", "not a database"])
async def test_a_file_that_cannot_be_used_is_replaced_by_memory(
    obstacle: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stone = tmp_path / "stone"
    stone.write_text("not a database, but long enough to look at" * 100, encoding="utf-8")
    path = stone / "l.sqlite3" if obstacle == "a file for a folder" else stone
    async with twin(ledger=Ledger(path)) as client:
        made = await order(client, await offer_of(client))
        read = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
    assert read == made
    assert [record.message for record in caplog.records] == ["sandbox_ledger_in_memory"]


async def test_a_ledger_that_is_broken_later_answers_503_and_books_nothing(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    ledger = Ledger(path)
    async with twin(ledger=ledger) as client:
        offer = await offer_of(client)
        with ledger.transaction():
            pass
        link = sqlite3.connect(path)
        link.execute("drop table entry")
        link.close()
        response = await client.post("/air/orders", json=order_body(offer))
    assert (response.status_code, codes(response)) == (503, ["service_unavailable"])
    with pytest.raises(RefusedError), ledger.transaction() as page:
        NUMBERS.get(page, "1")


async def test_orders_and_rich_searches_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    body = query("LHR", "JFK")
    body["data"]["slices"][0]["departure_time"] = {"from": "06:00", "to": "18:00"}
    async with twin(ledger=Ledger(path)) as client:
        rich = (await search(client, body))["offers"][0]
        made = await order(client, await offer_of(client))
    async with twin(ledger=Ledger(path)) as client:
        again = (await client.get(f"/air/offers/{rich['id']}")).json()["data"]
        read = (await client.get(f"/air/orders/{made['id']}")).json()["data"]
    assert again == rich
    assert read == made


async def test_two_processes_see_each_others_orders_and_seats(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    async with twin(ledger=Ledger(path)) as one, twin(ledger=Ledger(path)) as other:
        offer = await offer_of(one)
        await order(one, offer)
        response = await other.post("/air/orders", json=order_body(offer))
        listed = (await other.get("/air/orders")).json()["data"]
    assert codes(response) == ["offer_request_already_booked"]
    assert len(listed) == 1


async def test_a_rich_search_is_forgotten_with_a_ledger_in_memory() -> None:
    body = query("LHR", "JFK")
    body["data"]["slices"].append(
        {"origin": "JFK", "destination": "LAX", "departure_date": "2027-02-08"}
    )
    clock = FrozenClock()
    async with twin(clock) as client:
        rich = (await search(client, body))["offers"][0]
        assert (await client.get(f"/air/offers/{rich['id']}")).status_code == 200
    async with twin(clock) as client:
        assert (await client.get(f"/air/offers/{rich['id']}")).status_code == 404


async def test_no_traveller_is_named_in_what_a_claim_says(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite3"
    async with twin(ledger=Ledger(path)) as client:
        await order(client, await offer_of(client))
    link = sqlite3.connect(path)
    rows = link.execute("select id, body from entry where shelf = 'claim'").fetchall()
    link.close()
    assert rows
    assert "amelia" not in json.dumps([[name, body.decode()] for name, body in rows]).casefold()
