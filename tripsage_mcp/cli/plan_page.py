"""The demo's trip as a page a person enjoys reading."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

type JSON = Mapping[str, Any]

_GLYPHS = {
    "visit": "•",
    "lunch": "◦",
    "dinner": "◦",
    "arrival": "↓",
    "departure": "↑",
    "stay": "⌂",
}


def show(plan: JSON, console: Console) -> None:
    """Print the whole plan."""
    trip = plan["trip"]
    first, last = (date.fromisoformat(trip[key]) for key in ("start_date", "end_date"))
    title = Text(f"{trip['destination']}, {first:%a %d %b} to {last:%a %d %b %Y}", style="bold")
    title.append(f"   {trip['travellers']}", style="dim")
    console.print()
    console.print(Panel(title, border_style="cyan", expand=False, padding=(0, 2)))
    console.print(_remembered(plan["memories"]))
    console.print(_flights(plan["flight"]))
    console.print(_stay(plan["stay"]))
    for day in plan["itinerary"]["days"]:
        console.print(_day(day))
    console.print(_closing(plan))


def _remembered(memories: Sequence[JSON]) -> Group:
    lines = [Text("Remembered about you", style="bold cyan")]
    lines += [Text(f"  {memory['text']}") for memory in memories]
    return Group(*lines, Text())


def _flights(flight: JSON) -> Group:
    fare = flight["fare"]
    price = f"{fare['price']} {flight['currency']}"
    head = Text("Flights", style="bold cyan")
    head.append(f"  {price} for all", style="bold")
    head.append(f"  {fare.get('brand', '')}  refund: {fare['refund']}  change: {fare['change']}")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for part in flight["slices"]:
        departs, arrives = (datetime.fromisoformat(part[key]) for key in ("departs", "arrives"))
        stops = len(part["flights"]) - 1
        table.add_row(
            "",
            f"{departs:%a %d %b}",
            f"{departs:%H:%M} {part['origin']}",
            "→",
            f"{arrives:%H:%M} {part['destination']}" + (" +1" if part.get("days_later") else ""),
            f"{part['minutes'] // 60} h {part['minutes'] % 60:02d} min",
            "nonstop" if stops == 0 else f"{stops} stop{'s' if stops > 1 else ''}",
            " ".join(part["flights"]),
        )
    return Group(head, table, Text())


def _stay(stay: JSON) -> Group:
    head = Text("Stay", style="bold cyan")
    head.append(f"  {stay['name']}", style="bold")
    facts = [
        f"{stay['total']} {stay['currency']} in all" if stay.get("total") else "price unknown",
        f"★ {stay['rating']}" if stay.get("rating") else "",
        stay.get("beds", ""),
    ]
    return Group(head, Text("  " + "   ".join(fact for fact in facts if fact)), Text())


def _day(day: JSON) -> Group:
    when = date.fromisoformat(day["date"])
    head = Text(f"{when:%A %d %B}", style="bold")
    if day.get("weather"):
        head.append(f"   {day['weather']}", style="dim")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for item in day["items"]:
        name = item["name"]
        if item["kind"] in {"lunch", "dinner"} and item.get("place_id"):
            name = f"{item['kind'].capitalize()} at {name}"
        table.add_row(
            "",
            item["time"],
            _GLYPHS.get(item["kind"], "•"),
            name,
            Text(item.get("travel", ""), "dim"),
        )
    if day.get("back"):
        table.add_row("", "", "⌂", Text("Back to the stay", "dim"), Text(day["back"], "dim"))
    if not day["items"]:
        table.add_row("", "", "", Text("Nothing planned", "dim"), "")
    return Group(Rule(head, align="left", style="dim"), table, Text())


def _closing(plan: JSON) -> Group:
    checked = Text("Checked", style="bold cyan")
    checked.append(f"  {plan['verdict'].replace('_', ' ')}", style="bold")
    lines: list[Text] = [checked]
    lines += [
        Text(f"  {finding['severity']}: {finding['message']}", style="yellow")
        for finding in plan["findings"]
        if finding["severity"] != "unchecked"
    ]
    saved = Text("Saved", style="bold cyan")
    saved.append(f"    trip {plan['trip']['trip_id']}, read back by a second session")
    data = Text("Data", style="bold cyan")
    data.append(f"     {plan['data']}: invented flights, stays and weather over real places")
    return Group(*lines, saved, data)
