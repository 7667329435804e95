"""Routes as the API behaves: any order, zeros left out, and too large requests refused."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

MOST_IDS = 50

type Waypoint = dict[str, Any]


def number(waypoint: Waypoint) -> int:
    """Return the number a test gave an end, as an id or as its latitude."""
    if "placeId" in waypoint:
        return int(waypoint["placeId"].removeprefix("id"))
    return round(waypoint["location"]["latLng"]["latitude"] * 1000)


def seconds(origin: int, destination: int) -> int:
    """Any function that tells every pair apart."""
    return origin * 1000 + destination


@dataclass
class RoutesServer:
    """Answers matrices.

    Attributes:
        limited: Refuse what the API would refuse.
        fails: Says of a request's body whether it fails.
    """

    limited: bool = True
    fails: Callable[[dict[str, Any]], bool] = lambda _body: False
    asked: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.asked.append(body)
        if self.limited and self._too_large(body):
            error = {"code": 400, "status": "INVALID_ARGUMENT", "message": "too large"}
            return httpx.Response(400, json=[{"error": error}])
        if self.fails(body):
            error = {"code": 503, "status": "UNAVAILABLE", "message": "not now"}
            return httpx.Response(503, json=[{"error": error}])
        elements = [
            self._element(i, j, seconds(number(o["waypoint"]), number(d["waypoint"])))
            for i, o in enumerate(body["origins"])
            for j, d in enumerate(body["destinations"])
        ]
        random.Random(7).shuffle(elements)  # noqa: S311 - any order will do
        return httpx.Response(200, json=elements)

    @staticmethod
    def _too_large(body: dict[str, Any]) -> bool:
        ends = [*body["origins"], *body["destinations"]]
        most = 100 if body["travelMode"] == "TRANSIT" else 625
        return (
            len(body["origins"]) * len(body["destinations"]) > most
            or sum("placeId" in end["waypoint"] for end in ends) > MOST_IDS
        )

    @staticmethod
    def _element(i: int, j: int, took: int) -> dict[str, Any]:
        element: dict[str, Any] = {
            "originIndex": i,
            "destinationIndex": j,
            "status": {},
            "condition": "ROUTE_EXISTS",
            "duration": f"{took}s",
        }
        return element | ({"distanceMeters": took} if took else {})
