"""Random planning problems with everything the model knows."""

from hypothesis import strategies as st

from tripsage_mcp.planning.problem import (
    Candidate,
    Commitment,
    GroupCap,
    MealSlot,
    Mode,
    PlanningDay,
    Problem,
    Rest,
)

_GROUPS = ("museums", "parks")
_MINUTE = st.integers(0, 300).map(lambda five: 5 * five)


def _matrix(draw: st.DrawFn, size: int, most: int) -> tuple[tuple[int, ...], ...]:
    rows = draw(
        st.lists(
            st.lists(st.integers(0, most), min_size=size, max_size=size),
            min_size=size,
            max_size=size,
        )
    )
    return tuple(tuple(0 if i == j else x for j, x in enumerate(r)) for i, r in enumerate(rows))


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    count = draw(st.integers(1, 4))
    places = draw(st.integers(0, 12))
    size = places + 2
    travel = _matrix(draw, size, 70)
    walking = tuple(tuple(m if m <= 30 else 0 for m in row) for row in travel)
    keys = [f"p{n}" for n in range(places)]
    buckets = draw(st.sampled_from(((0,), (0,), (0, 600), (0, 500, 900))))
    some = st.none() | st.integers(0, 300)
    pairs = draw(st.lists(st.permutations(keys), max_size=2)) if places > 1 else []
    return Problem(
        days=tuple(draw(_days()) for _ in range(count)),
        candidates=tuple(draw(_candidates(key, n + 2, count)) for n, key in enumerate(keys)),
        travel=travel,
        walking=walking,
        meals=(
            MealSlot(
                "lunch",
                60,
                ((720, 870),) * count,
                anywhere=draw(st.none() | st.just(10.0)),
                cost=draw(st.sampled_from((0, 25))),
            ),
            MealSlot("dinner", 90, ((1110, 1290),) * count),
        ),
        modes=tuple(draw(_modes(size, len(buckets))) for _ in range(draw(st.integers(0, 2)))),
        buckets=buckets,
        budget=draw(some),
        max_walk=draw(some),
        exclusive=tuple(frozenset(pair[:2]) for pair in pairs[:1]),
        before=tuple((pair[0], pair[1]) for pair in pairs[1:]),
        group_caps=draw(
            st.lists(
                st.builds(
                    GroupCap,
                    st.sampled_from(_GROUPS),
                    st.none() | st.integers(0, 2),
                    st.none() | st.integers(0, 3),
                ),
                max_size=2,
                unique_by=lambda cap: cap.group,
            ).map(tuple)
        ),
    )


@st.composite
def _days(draw: st.DrawFn) -> PlanningDay:
    return PlanningDay(
        start=draw(st.integers(0, 900)),
        end=draw(st.integers(600, 1600)),
        start_location=draw(st.integers(0, 1)),
        end_location=draw(st.integers(0, 1)),
        max_sights=draw(st.integers(0, 5)),
        max_walk=draw(st.integers(0, 200)),
        max_spend=draw(st.none() | st.integers(0, 150)),
        rest=draw(st.none() | st.just(Rest(45, (780, 1000)))),
    )


@st.composite
def _modes(draw: st.DrawFn, size: int, buckets: int) -> Mode:
    return Mode(
        "transit",
        tuple(_matrix(draw, size, 50) for _ in range(buckets)),
        _matrix(draw, size, 10),
        draw(st.none() | st.just(tuple(tuple(5 for _ in range(size)) for _ in range(size)))),
    )


@st.composite
def _candidates(draw: st.DrawFn, key: str, location: int, days: int) -> Candidate:
    window = st.tuples(_MINUTE, _MINUTE).map(lambda pair: (min(pair), max(pair)))
    hours = st.lists(window, max_size=3).map(_apart)
    pinned = draw(
        st.sampled_from((False, False, False, True)).flatmap(
            lambda yes: _commitments(days) if yes else st.none()
        )
    )
    minutes = draw(st.sampled_from((30, 60, 120)))
    return Candidate(
        key=key,
        location=location,
        minutes=minutes,
        windows=tuple(draw(hours) for _ in range(days)),
        scores=tuple(draw(st.floats(1, 100)) for _ in range(days)),
        kind="commitment" if pinned else draw(st.sampled_from(("sight", "sight", "meal"))),
        must_see=draw(st.booleans()),
        pinned=pinned,
        group=draw(st.sampled_from((None, *_GROUPS))),
        min_minutes=draw(st.sampled_from((None, 20))),
        cost=draw(st.sampled_from((0, 0, 20, 90))),
    )


def _commitments(days: int) -> st.SearchStrategy[Commitment]:
    return st.builds(
        Commitment,
        st.integers(0, days - 1),
        _MINUTE,
        st.sampled_from((0, 60)),
        st.sampled_from((0, 30)),
        st.none() | st.integers(0, 1),
    )


def _apart(found: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return windows in order, without those that overlap an earlier one."""
    kept: list[tuple[int, int]] = []
    for window in sorted(found):
        if not kept or window[0] > kept[-1][1]:
            kept.append(window)
    return tuple(kept)
