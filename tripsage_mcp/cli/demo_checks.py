"""Independent checks of what the demo's steps answered: plain arithmetic on the wire format.

Each returns what is wrong, in words; nothing when all is well. They import nothing of the server.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

type JSON = Mapping[str, Any]

_AIRPORT_LEAD = timedelta(minutes=60)


def status(answer: JSON) -> list[str]:
    """Everything is sandbox data, and storage works."""
    wrong = [
        f"{row['capability']} is {row.get('data')}, not sandbox"
        for row in answer["providers"]
        if row.get("data") != "sandbox"
    ]
    wrong += [
        f"{row['name']}: {row['detail']}" for row in answer["storage"] if row["state"] != "ready"
    ]
    return wrong


def memories(answer: JSON) -> list[JSON]:
    """Return the recalled statements, however they are grouped."""
    return list(answer["memories"])


def remembered(answer: JSON, texts: Sequence[str]) -> list[str]:
    """Every statement is kept, new or already known."""
    kept = {row["text"] for row in answer["stored"]}
    return [f"not stored: {text}" for text in texts if text not in kept]


def recalled(answer: JSON, texts: Sequence[str]) -> list[str]:
    """Every statement comes back."""
    found = {row["text"] for row in memories(answer)}
    return [f"not recalled: {text}" for text in texts if text not in found]


def flights(answer: JSON, start: date, end: date) -> list[str]:
    """There are offers, for the days asked, each fare priced, cheapest first."""
    wrong = [] if answer["itineraries"] else ["no flights"]
    for number, itinerary in enumerate(answer["itineraries"], 1):
        out, back = itinerary["slices"]
        if [_date(out["departs"]), _date(back["departs"])] != [start, end]:
            wrong.append(f"itinerary {number} leaves on another day")
        prices = [Decimal(fare["price"]) for fare in itinerary["fares"]]
        if not prices or min(prices) <= 0 or prices != sorted(prices):
            wrong.append(f"itinerary {number} has fares out of order or without a price")
        for part in itinerary["slices"]:
            flown = datetime.fromisoformat(part["arrives"]) - datetime.fromisoformat(
                part["departs"]
            )
            if flown != timedelta(minutes=part["minutes"]):
                wrong.append(f"itinerary {number}: its duration does not fit its times")
    if answer["source"]["data"] != "sandbox":
        wrong.append("not marked as sandbox data")
    return wrong


def offer(answer: JSON, flight: JSON) -> list[str]:
    """The single offer is the one chosen, at the price shown."""
    fare = flight["fare"]
    wrong: list[str] = []
    if answer["offer_id"] != fare["offer_id"]:
        wrong.append("another offer came back")
    if Decimal(answer["total"]) != Decimal(fare["price"]):
        wrong.append(f"the price went from {fare['price']} to {answer['total']}")
    return wrong


def stays(answer: JSON) -> list[str]:
    """There are listings with a position and a price in a currency."""
    rows = answer["stays"]
    wrong = [] if rows else ["no stays"]
    wrong += [f"{row['name']} has no position" for row in rows if "at" not in row]
    if not any(row.get("total") for row in rows):
        wrong.append("no listing has a price")
    return wrong


def chosen_stay(answer: JSON) -> JSON:
    """Return the best rated listing that has a price, complete by itself."""
    priced = [row for row in answer["stays"] if row.get("total")]
    best = max(priced, key=lambda row: (row.get("rating") or 0, -Decimal(row["total"])))
    source = best["stay_id"].partition(":")[0]
    currency = next(each.get("currency") for each in answer["sources"] if each["source"] == source)
    return {"currency": currency, "nights": answer["nights"], **best}


def places(answer: JSON) -> list[str]:
    """There are places, each with a position."""
    wrong = [] if answer["places"] else ["no places"]
    return wrong + [f"{row['name']} has no position" for row in answer["places"] if "at" not in row]


def weather(answer: JSON, start: date, end: date) -> list[str]:
    """Every day is there once, in order, low below high, and says which kind of fact it is."""
    days = [date.fromisoformat(row["date"]) for row in answer["days"]]
    wrong = [] if days == _days(start, end) else ["days are missing from the weather"]
    for row in answer["days"]:
        if row["low_c"] > row["high_c"]:
            wrong.append(f"{row['date']}: low above high")
        if row["kind"] not in {"forecast", "climatology"}:
            wrong.append(f"{row['date']}: neither forecast nor climatology")
    return wrong


def itinerary(plan: JSON, flight: JSON, start: date, end: date) -> list[str]:
    """Items follow one another, none twice, all between landing and leaving for the airport."""
    if [date.fromisoformat(day["date"]) for day in plan["days"]] != _days(start, end):
        return ["the plan's days are not the trip's days"]
    wrong: list[str] = []
    seen: set[str] = set()
    outbound, back = flight["slices"]
    landed = _local(outbound["arrives"])
    leaves = _local(back["departs"])
    visits = 0
    for day in plan["days"]:
        spans = [(_span(day["date"], item["time"]), item) for item in day["items"]]
        wrong += [
            f"{day['date']}: {after['name']} begins before {before['name']} ends"
            for ((_, ends), before), ((begins, _), after) in pairwise(spans)
            if begins < ends
        ]
        for (begins, ends), item in spans:
            if item["kind"] not in {"visit", "lunch", "dinner"}:
                continue
            visits += item["kind"] == "visit"
            if item.get("place_id") in seen:
                wrong.append(f"{item['name']} is planned twice")
            seen.add(item.get("place_id", item["name"]))
            if begins < landed:
                wrong.append(f"{item['name']} begins before the traveller has landed")
            if ends > leaves - _AIRPORT_LEAD:
                wrong.append(f"{item['name']} ends too late for the flight home")
    if visits < (end - start).days:
        wrong.append(f"only {visits} visits in all")
    return wrong


def verdict(built: JSON, checked: JSON) -> list[str]:
    """The server's own checker, asked separately, finds no blocker either."""
    wrong = [
        f"{finding['code']}: {finding['message']}"
        for answer in (built, checked)
        for finding in answer["findings"]
        if finding["severity"] == "blocker"
    ]
    if checked["verdict"] == "broken":
        wrong.append("the checker calls the plan broken")
    return wrong


def saved(answer: JSON) -> list[str]:
    """There is an id to find the trip by."""
    return [] if answer.get("trip_id") else ["the trip has no id"]


def trip(answer: JSON, plan: JSON) -> list[str]:
    """What a new process reads is what was saved."""
    wrong: list[str] = []
    if answer["trip_id"] != plan["trip"]["trip_id"]:
        wrong.append("another trip came back")
    if answer["itinerary"] != plan["itinerary"]:
        wrong.append("the itinerary read back differs from the one saved")
    return wrong


def _days(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _date(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def _local(moment: str) -> datetime:
    """Return wall-clock time: the plan's times are local to the destination."""
    return datetime.fromisoformat(moment).replace(tzinfo=None)


def _span(day: str, span: str) -> tuple[datetime, datetime]:
    begins, ends = (datetime.fromisoformat(f"{day}T{part}") for part in span.split("-"))
    return begins, ends if ends >= begins else ends + timedelta(days=1)
