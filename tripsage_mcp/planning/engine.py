"""The kernel as it is, or compiled where numba is installed and warm.

Importing and compiling take seconds, so nothing of it happens at import: `warm` is for a background
thread, and until it is done the same functions run interpreted.
"""

import hashlib
import importlib
import importlib.util
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Protocol, cast

from tripsage_mcp.planning.encode import Memory
from tripsage_mcp.planning.kernel import anneal, chance, gaps, hours, rebuild, route, ruin, sweep
from tripsage_mcp.planning.kernel.data import Floats, Ints

_MODULES: tuple[ModuleType, ...] = (chance, hours, route, gaps, sweep, ruin, rebuild, anneal)
"""In the order in which they call each other."""


_OPTIONS = {"cache": True, "nogil": True, "_nrt": False}
"""Nothing in the kernel allocates: counting references to its three arrays, which numba would do
at every call, took half of the time."""


class Rounds(Protocol):
    """`kernel.anneal.rounds`."""

    def __call__(self, m: Ints, s: Ints, f: Floats, count: int, temperature: float) -> None:
        """Make rounds of improvement."""
        ...


class Begin(Protocol):
    """`kernel.anneal.begin`."""

    def __call__(self, m: Ints, s: Ints, f: Floats, power: int) -> None:
        """Fill the plan greedily."""
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """The functions of the kernel, and the sequences they run on.

    Attributes:
        take: Brings lists into the form the functions work on.
    """

    begin: Begin
    rounds: Rounds
    take: Callable[[Memory], Memory]
    compiled: bool


def _same(lists: Memory) -> Memory:
    return lists


PLAIN = Engine(anneal.begin, anneal.rounds, _same, compiled=False)


class _Loader:
    """Compiles at most once."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ready: Engine | None = None

    def load(self, exercise: Callable[[Engine], object]) -> Engine | None:
        """Return the compiled engine, or None without numba."""
        with self.lock:
            if self.ready is None and importlib.util.find_spec("numba") is not None:
                engine = _compiled()
                # The first call compiles, or reads what an earlier process compiled.
                exercise(engine)
                self.ready = engine
            return self.ready


_LOADER = _Loader()


def ready() -> Engine | None:
    """Return the compiled engine if it is warm."""
    return _LOADER.ready


def load(exercise: Callable[[Engine], object]) -> Engine | None:
    """Return the compiled engine, compiling first where needed; None without numba.

    Args:
        exercise: Calls every function once, to have it compiled.
    """
    return _LOADER.load(exercise)


def _compiled() -> Engine:
    try:
        return _compiled_with(_OPTIONS)
    except RuntimeError:
        # Nowhere to keep what is compiled: it is compiled anew in every process.
        return _compiled_with({**_OPTIONS, "cache": False})


def _compiled_with(options: dict[str, bool]) -> Engine:
    # By name: optional, and seconds of start-up.
    numba, numpy = importlib.import_module("numba"), importlib.import_module("numpy")
    njit = cast("Callable[[FunctionType], object]", numba.njit(**options))
    array = cast("Callable[[list[int] | list[float], str], object]", numpy.array)
    namespace: dict[str, object] = {"__name__": __name__, "max": max, "min": min}
    sources = b"".join(_source(module) for module in _MODULES)
    mark = hashlib.sha256(sources).hexdigest()[:8]
    for module in _MODULES:
        found = vars(module)
        namespace |= {k: v for k, v in found.items() if isinstance(v, int | float)}
        for name, value in found.items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                function = FunctionType(value.__code__, namespace, name)
                # Compiled code is found on disk by this name: what changes anywhere in the
                # kernel must not meet what was compiled before.
                function.__qualname__ = f"{name}_{mark}"
                namespace[name] = njit(function)

    def take(lists: Memory) -> Memory:
        arrays = (array(lists.m, "int64"), array(lists.s, "int64"), array(lists.f, "float64"))
        # Arrays take the place of lists: the kernel only indexes them.
        return Memory(*cast("tuple[Ints, Ints, Floats]", arrays))

    begin, rounds = cast("Begin", namespace["begin"]), cast("Rounds", namespace["rounds"])
    return Engine(begin, rounds, take, compiled=True)


def _source(module: ModuleType) -> bytes:
    spec = module.__spec__
    return b"" if spec is None or spec.origin is None else Path(spec.origin).read_bytes()
