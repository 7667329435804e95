"""Which mode each leg takes."""

from dataclasses import dataclass
from itertools import chain

from tripsage_mcp.planning.problem import Matrix, Problem

_SPARING = 20.0
"""What a walked minute costs more where walking is to be avoided."""


@dataclass(frozen=True, slots=True)
class Ways:
    """What the legs between locations take: per table flat matrices, `i * size + j`.

    Attributes:
        modes: Per table, the mode of each leg; -1 for `Problem.travel`.
    """

    modes: list[list[int]]
    minutes: list[list[int]]
    walking: list[list[int]]
    fares: list[list[int]]

    @property
    def has_choice(self) -> bool:
        """Whether there is more than one mode."""
        return len(self.modes) > 1


def ways(problem: Problem) -> Ways:
    """Choose the mode of every leg: table 0 by generalised cost, table 1 by least walking."""
    size, buckets = len(problem.travel), len(problem.buckets)
    own = _flat(problem.travel)
    walked = _flat(problem.walking)
    if not problem.modes:
        return Ways([[-1] * size * size], [own * buckets], [walked], [[0] * size * size])
    minutes = [[own] * buckets, *([_flat(m) for m in mode.minutes] for mode in problem.modes)]
    walking = [walked, *(_flat(mode.walking) for mode in problem.modes)]
    fares = [
        [0] * size * size,
        *([0] * size * size if m.fare is None else _flat(m.fare) for m in problem.modes),
    ]
    weights = problem.weights
    found = Ways([], [], [], [])
    for walk_price in (weights.walk, _SPARING + weights.walk):
        chosen: list[int] = []
        for leg in range(size * size):
            costs = [
                sum(of_mode[b][leg] for b in range(buckets)) / buckets * max(weights.travel, 0.01)
                + walk_price * walking[n][leg]
                + weights.fare * fares[n][leg]
                for n, of_mode in enumerate(minutes)
            ]
            chosen.append(min(range(len(costs)), key=costs.__getitem__))
        found.modes.append([n - 1 for n in chosen])
        found.minutes.append(
            [minutes[n][b][leg] for b in range(buckets) for leg, n in enumerate(chosen)]
        )
        found.walking.append([walking[n][leg] for leg, n in enumerate(chosen)])
        found.fares.append([fares[n][leg] for leg, n in enumerate(chosen)])
    return found


def _flat(matrix: Matrix) -> list[int]:
    return list(chain.from_iterable(matrix))
