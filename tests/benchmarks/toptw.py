"""Mean gap to the best known scores of team orienteering problems with time windows.

`python -m tests.benchmarks.toptw [FOLDER] [--seconds 0.2 1 5] [--every N] [--seed N] [--plain]`:
FOLDER holds `instances/*.txt` and `best_known.csv` (columns instance, m, bks) and is by default
`shared/benchmarks/toptw` beside the checkout. Seconds are of processor, set-up included; the
kernel is compiled before. Every answer is checked here, by integers and without the solver.
"""

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

from tripsage_mcp.planning import engine
from tripsage_mcp.planning.problem import Candidate, Plan, PlanningDay, Problem, Weights
from tripsage_mcp.planning.solve import Limits, Search, warm

FOLDER = Path(__file__).parents[2].parent / "shared" / "benchmarks" / "toptw"
_FINE = 10**6
"""Coordinates are read in millionths."""


@dataclass(frozen=True, slots=True)
class Vertex:
    """A point: coordinates in millionths, minutes and windows in units of the distances."""

    x: int
    y: int
    service: int
    profit: int
    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One problem; vertex 0 is where every route begins and ends.

    Attributes:
        unit: Units in 1.0 of the file: distances are cut to one decimal, Cordeau's to two.
    """

    name: str
    vertices: tuple[Vertex, ...]
    unit: int

    def distance(self, i: int, j: int) -> int:
        """Return the Euclidean distance cut to a whole unit, exactly."""
        a, b = self.vertices[i], self.vertices[j]
        return isqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2) * self.unit // _FINE


@dataclass(frozen=True, slots=True)
class Row:
    """One answer.

    Attributes:
        gap: Percent of the best known score that is missing.
    """

    name: str
    routes: int
    seconds: float
    score: int
    best: int
    gap: float


def read(path: Path) -> Instance:
    """Read an instance; see FORMAT.txt beside the instances."""
    unit = 100 if path.stem.startswith("pr") else 10
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines()[2:]]
    return Instance(path.stem, tuple(_vertices([row for row in rows if row], unit)), unit)


def _vertices(rows: list[list[str]], unit: int) -> Iterator[Vertex]:
    for number, row in enumerate(rows):
        _, x, y, service, profit, *_, opens, closes = row
        start = (0, 0, 0) if number == 0 else (service, profit, opens)
        yield Vertex(
            round(float(x) * _FINE),
            round(float(y) * _FINE),
            round(float(start[0]) * unit),
            round(float(start[1])),
            round(float(start[2]) * unit),
            round(float(closes) * unit),
        )


def problem(given: Instance, routes: int) -> Problem:
    """Return an instance as a trip of so many days, with travel only to tell equals apart."""
    size, closes = len(given.vertices), given.vertices[0].closes
    numbers = range(size)
    matrix = tuple(tuple(given.distance(i, j) for j in numbers) for i in numbers)
    candidates = tuple(
        Candidate(
            key=f"{n:04d}",
            location=n,
            minutes=v.service,
            windows=(((v.opens, v.closes + v.service),),) * routes,
            scores=(float(v.profit),) * routes,
        )
        for n, v in enumerate(given.vertices)
        if n
    )
    return Problem(
        days=(PlanningDay(0, closes, max_sights=size, max_walk=10**9),) * routes,
        candidates=candidates,
        travel=matrix,
        walking=((0,) * size,) * size,
        # All routes together cost less than half a point.
        weights=Weights(travel=0.5 / (routes * closes), wait=0, spread=(), same_group_price=0),
    )


def checked_score(given: Instance, plan: Plan) -> int:
    """Return the profit of a plan's routes; raise ValueError where they break a rule."""
    routes = [[int(stop.key) for stop in stops] for stops in plan.days]
    visited = [n for route in routes for n in route]
    if len(visited) != len(set(visited)):
        raise ValueError(f"{given.name}: a vertex twice")
    for route in routes:
        now, at = 0, 0
        for n in [*route, 0]:
            vertex = given.vertices[n]
            now += given.distance(at, n)
            if now > vertex.closes:
                raise ValueError(f"{given.name}: too late at {n}")
            now, at = max(now, vertex.opens) + vertex.service, n
    return sum(given.vertices[n].profit for n in visited)


def pairs(folder: Path, every: int = 1) -> list[tuple[Path, int, int]]:
    """Return (instance file, routes, best known score), each `every`th."""
    with (folder / "best_known.csv").open(encoding="utf-8", newline="") as file:
        known = [(r["instance"], int(r["m"]), round(float(r["bks"]))) for r in csv.DictReader(file)]
    found = [(folder / "instances" / f"{name}.txt", m, best) for name, m, best in sorted(known)]
    return [one for one in found if one[0].is_file()][::every]


def solved(given: Instance, routes: int, seconds: float, *, seed: int, plain: bool) -> Plan:
    """Return the plan found in so many seconds of processor."""
    compiled = None if plain else engine.ready()
    return Search(problem(given, routes), seed, compiled or engine.PLAIN).run(Limits(None, seconds))


def run(
    folder: Path, seconds: float, *, every: int = 1, seed: int = 1, plain: bool = False
) -> Iterator[Row]:
    """Solve every pair for so long."""
    for path, routes, best in pairs(folder, every):
        given = read(path)
        score = checked_score(given, solved(given, routes, seconds, seed=seed, plain=plain))
        yield Row(given.name, routes, seconds, score, best, 100 * (best - score) / best)


def measure(every: int = 29, seconds: float = 0.2) -> list[tuple[str, float, float]]:
    """Return a row (what, mean gap in percent, share of best known scores reached)."""
    if not (FOLDER / "best_known.csv").is_file():
        return []
    engine_name = "compiled" if warm() else "interpreted"
    rows = list(run(FOLDER, seconds, every=every))
    return [(f"{len(rows)} pairs, {seconds} s, {engine_name}", _mean(rows), _reached(rows))]


def _mean(rows: Sequence[Row]) -> float:
    return sum(row.gap for row in rows) / len(rows)


def _reached(rows: Sequence[Row]) -> float:
    return sum(row.score >= row.best for row in rows) / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="Gap to the best known TOPTW scores")
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--seconds", nargs="+", type=float, default=[0.2, 1.0, 5.0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="without compiled code")
    given = parser.parse_args()
    if not given.plain and not warm():
        print("numba is not installed: interpreted", file=sys.stderr)
    for seconds in given.seconds:
        rows: list[Row] = []
        for row in run(
            given.folder, seconds, every=given.every, seed=given.seed, plain=given.plain
        ):
            rows.append(row)
            beaten = "  better than best known" if row.score > row.best else ""
            print(f"{row.name:8}{row.routes:3}{row.score:7}{row.best:7}{row.gap:8.2f} %{beaten}")
        worst = max(row.gap for row in rows)
        print(
            f"{seconds} s: mean gap {_mean(rows):.3f} %, worst {worst:.2f} %, "
            f"best known reached {_reached(rows):.0%} of {len(rows)}",
            flush=True,
        )
        for routes in sorted({row.routes for row in rows}):
            of_size = [row for row in rows if row.routes == routes]
            print(f"   {routes} routes: {_mean(of_size):.3f} %")


if __name__ == "__main__":
    main()
