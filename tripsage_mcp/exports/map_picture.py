"""A map as SVG, drawn from nothing but the places on it: it needs no tiles and no network.

Colours stand in attributes, for print; a page overrides them by class, for the dark.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tripsage_mcp.domain.geo import Coordinates, great_circle_km
from tripsage_mcp.exports.projection import Pixel, Projection, fit, round_length
from tripsage_mcp.exports.words import distance_words

COLOURS = (
    "#1f6fc0",
    "#c23b35",
    "#2b7d3c",
    "#8456bd",
    "#9c600b",
    "#12797f",
    "#bb3f84",
    "#5a6f83",
)
"""One a day, in turn: white is legible on each, and each is seen on white and on black."""

_GROUND, _LINE, _INK, _QUIET = "#f4f1ea", "#d9d3c6", "#22272e", "#565e69"
_RADIUS = 11.0
_MARGIN = 34.0
_ROUNDS = 60
_GRID = 80
_FONT = 'font-family="system-ui, sans-serif"'


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to draw.

    Attributes:
        label: A number, or an airport's code.
        name: For who hears the map read.
        day: Which day's, from 0; sets its colour and the line it is on.
        far: Not to make room for: drawn at the edge where it is outside.
    """

    label: str
    name: str
    at: Coordinates
    day: int = 0
    far: bool = False


@dataclass(frozen=True, slots=True)
class MapPicture:
    """What a map shows.

    Attributes:
        paths: The way of each day, by its number from 0.
    """

    title: str
    marks: tuple[Mark, ...]
    paths: tuple[tuple[int, tuple[Coordinates, ...]], ...] = ()
    home: Coordinates | None = None
    width: int = 640
    height: int = 400


def draw(picture: MapPicture) -> str | None:
    """Return the SVG; None where there is nothing to see."""
    near = [mark.at for mark in picture.marks if not mark.far]
    places = near or [mark.at for mark in picture.marks]
    if not places:
        return None
    if picture.home is not None:
        places = [*places, picture.home]
    seen = fit(places, picture.width, picture.height, _MARGIN)
    spots = [_inside(picture, seen.pixel(mark.at)) for mark in picture.marks]
    placed = _apart([spot for spot, _ in spots], picture)
    body = [
        _ground(picture),
        *(_way(picture, seen, day, path) for day, path in picture.paths),
        *(_home(seen.pixel(at)) for at in [picture.home] if at is not None),
        *(_leader(spot, at) for (spot, _), at in zip(spots, placed, strict=True)),
        *(
            _mark(picture, mark, at, outside=outside, middle=places[0])
            for mark, at, (_, outside) in zip(picture.marks, placed, spots, strict=True)
        ),
        _scale(picture, seen),
        _north(picture),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {picture.width} '
        f'{picture.height}" width="{picture.width}" height="{picture.height}">'
        f"<title>{escape(picture.title)}</title>{''.join(body)}</svg>"
    )


def _ground(picture: MapPicture) -> str:
    """Return the sheet, with faint lines so that it looks like one."""
    grid = [
        *(f"M{x} 0V{picture.height}" for x in range(_GRID, picture.width, _GRID)),
        *(f"M0 {y}H{picture.width}" for y in range(_GRID, picture.height, _GRID)),
    ]
    return (
        f'<rect class="ground" width="{picture.width}" height="{picture.height}" rx="10" '
        f'fill="{_GROUND}"/><path class="grid" d="{"".join(grid)}" stroke="{_LINE}" '
        'stroke-width="1" stroke-dasharray="2 6" fill="none"/>'
    )


def _way(picture: MapPicture, seen: Projection, day: int, path: Sequence[Coordinates]) -> str:
    points = [_inside(picture, seen.pixel(at))[0] for at in path]
    pairs = [(a, b) for a, b in pairwise(points) if math.dist(a, b) > 1]
    if not pairs:
        return ""
    d = "".join(f"M{_n(a[0])} {_n(a[1])}L{_n(b[0])} {_n(b[1])}" for a, b in pairs)
    colour = COLOURS[day % len(COLOURS)]
    return (
        f'<path class="way" d="{d}" stroke="{colour}" stroke-width="2.5" stroke-opacity="0.75" '
        f'stroke-linecap="round" fill="none"/>{"".join(_arrow(a, b, colour) for a, b in pairs)}'
    )


def _arrow(a: Pixel, b: Pixel, colour: str) -> str:
    """Return the head of an arrow in the middle of a way that has room for it."""
    if math.dist(a, b) < 4 * _RADIUS:
        return ""
    angle = math.degrees(math.atan2(b[1] - a[1], b[0] - a[0]))
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    return (
        f'<path d="M-4 -4L5 0L-4 4Z" fill="{colour}" '
        f'transform="translate({_n(x)} {_n(y)}) rotate({_n(angle)})"/>'
    )


def _home(at: Pixel) -> str:
    x, y = at
    return (
        f'<path class="home" d="M-9 1L0 -8L9 1H6V8H-6V1Z" fill="{_INK}" stroke="{_GROUND}" '
        f'stroke-width="1.5" transform="translate({_n(x)} {_n(y)})"><title>Where you stay</title>'
        "</path>"
    )


def _leader(spot: Pixel, at: Pixel) -> str:
    """Return the line from a mark that had to make room to its place."""
    if math.dist(spot, at) <= _RADIUS / 2:
        return ""
    return (
        f'<path class="leader" d="M{_n(spot[0])} {_n(spot[1])}L{_n(at[0])} {_n(at[1])}" '
        f'stroke="{_INK}" stroke-width="1"/><circle class="leader" cx="{_n(spot[0])}" '
        f'cy="{_n(spot[1])}" r="2.5" fill="{_INK}"/>'
    )


def _mark(picture: MapPicture, mark: Mark, at: Pixel, *, outside: bool, middle: Coordinates) -> str:
    x, y = at
    colour = COLOURS[mark.day % len(COLOURS)]
    label = escape(mark.label)
    disc = (
        f'<circle class="disc" cx="{_n(x)}" cy="{_n(y)}" r="{_n(_RADIUS)}" fill="{colour}" '
        'stroke="#ffffff" stroke-width="1.5"/>'
        f'<text x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle" font-size="12" '
        f'font-weight="700" {_FONT} fill="#ffffff">{label}</text>'
    )
    if not outside:
        return f"<g><title>{escape(mark.name)}</title>{disc}</g>"
    # To the side of the map where there is room for words.
    left = x > picture.width / 2
    far = distance_words(great_circle_km(middle, mark.at) * 1000)
    shift = -(_RADIUS + 5) if left else _RADIUS + 5
    words = (
        f'<text class="ink" x="{_n(x + shift)}" y="{_n(y + 4)}" text-anchor='
        f'"{"end" if left else "start"}" font-size="11" {_FONT} fill="{_QUIET}">'
        f"{far} away</text>"
    )
    return f"<g><title>{escape(mark.name)}</title>{disc}{words}</g>"


def _scale(picture: MapPicture, seen: Projection) -> str:
    length = round_length(seen.metres * picture.width / 4)
    wide = length / seen.metres
    x, y = 16, picture.height - 16
    return (
        f'<path class="rule" d="M{x} {y - 5}V{y}H{_n(x + wide)}V{y - 5}" stroke="{_INK}" '
        f'stroke-width="1.5" fill="none"/><text class="ink" x="{x + 6}" y="{y - 6}" '
        f'font-size="11" {_FONT} fill="{_INK}">{distance_words(length)}</text>'
    )


def _north(picture: MapPicture) -> str:
    x, y = picture.width - 22, 24
    return (
        f'<g transform="translate({x} {y})"><path class="north" d="M0 -14L6 4L0 0L-6 4Z" '
        f'fill="{_INK}"/><text class="ink" y="17" text-anchor="middle" font-size="11" '
        f'font-weight="700" {_FONT} fill="{_INK}">N</text></g>'
    )


def _inside(picture: MapPicture, spot: Pixel) -> tuple[Pixel, bool]:
    """Return a spot, drawn in to the edge of the map if it is outside, and whether it was."""
    x, y = spot
    half_x, half_y = picture.width / 2 - _MARGIN / 2, picture.height / 2 - _MARGIN / 2
    dx, dy = x - picture.width / 2, y - picture.height / 2
    over = max(abs(dx) / half_x, abs(dy) / half_y)
    if over <= 1:
        return spot, False
    return (picture.width / 2 + dx / over, picture.height / 2 + dy / over), True


def _apart(spots: Sequence[Pixel], picture: MapPicture) -> list[Pixel]:
    """Return where to draw marks so that none lies on another, as near as that goes."""
    placed = list(spots)
    least = 2 * _RADIUS + 2
    for _ in range(_ROUNDS):
        moved = False
        for i in range(len(placed)):
            for j in range(i + 1, len(placed)):
                (ax, ay), (bx, by) = placed[i], placed[j]
                apart = math.hypot(bx - ax, by - ay)
                if apart >= least:
                    continue
                # Those in one spot part in directions that their numbers decide.
                angle = math.atan2(by - ay, bx - ax) if apart > 1e-6 else 2.4 * j  # noqa: PLR2004 - the golden angle
                push = (least - apart) / 2
                dx, dy = push * math.cos(angle), push * math.sin(angle)
                placed[i] = _held((ax - dx, ay - dy), picture)
                placed[j] = _held((bx + dx, by + dy), picture)
                moved = True
        if not moved:
            break
    return placed


def _held(spot: Pixel, picture: MapPicture) -> Pixel:
    edge = _RADIUS + 2
    return (
        min(max(spot[0], edge), picture.width - edge),
        min(max(spot[1], edge), picture.height - edge),
    )


def _n(number: float) -> str:
    """Write a number shortly."""
    return f"{number:.1f}".removesuffix(".0")
