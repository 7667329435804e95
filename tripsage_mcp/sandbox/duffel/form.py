"""Reads untrusted JSON field by field and collects every problem before refusing."""

import re
from collections.abc import Mapping
from datetime import date
from typing import cast

from tripsage_mcp.sandbox.duffel.errors import Problem, RefusedError, invalid, required

type Fields = Mapping[str, object]

NOTHING: Fields = {}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def fields_of(value: object) -> Fields:
    """Return a JSON object, or an empty one in place of anything else."""
    return cast("Fields", value) if isinstance(value, dict) else NOTHING


def data_of(body: object) -> Fields:
    """Return what a body is about.

    Raises:
        RefusedError: 422, there is no object under `data`.
    """
    data = fields_of(body).get("data")
    if not isinstance(data, dict):
        raise RefusedError(422, required("data", "/data"))
    return cast("Fields", data)


class Form:
    """One request being read; `at` is always the pointer of the object a field is in."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self) -> None:
        """Refuse the request if anything was wrong.

        Raises:
            RefusedError: 422, listing every problem found.
        """
        if self.problems:
            raise RefusedError(422, *self.problems)

    def fail(self, pointer: str, rule: str, code: str = "invalid_field") -> None:
        """Note a broken rule."""
        self.problems.append(invalid(pointer.rsplit("/", 1)[-1], pointer, rule, code))

    def text(self, of: Fields, key: str, at: str, *, needed: bool = False) -> str | None:
        """Return a string, noting a wrong type and, where needed, an absent one."""
        value = of.get(key)
        if value is None or value == "":
            if needed:
                self.problems.append(required(key, f"{at}/{key}"))
            return None
        if not isinstance(value, str):
            self.fail(f"{at}/{key}", "must be a string")
            return None
        return value

    def choice(self, of: Fields, key: str, at: str, among: tuple[str, ...]) -> str | None:
        """Return one of a few words, which must be there."""
        value = self.text(of, key, at, needed=True)
        if value is not None and value not in among:
            self.fail(f"{at}/{key}", f"must be one of {', '.join(among)}")
            return None
        return value

    def objects(
        self, of: Fields, key: str, most: int, at: str = "", *, needed: bool = True
    ) -> list[Fields]:
        """Return a list of at most `most` objects, and at least one where needed."""
        value = of.get(key)
        if value is None or value == []:
            if needed:
                self.problems.append(required(key, f"{at}/{key}"))
            return []
        if not isinstance(value, list) or not all(
            isinstance(v, dict) for v in cast("list[object]", value)
        ):
            self.fail(f"{at}/{key}", "must be a list of objects")
            return []
        found = cast("list[Fields]", value)
        if len(found) > most:
            self.fail(f"{at}/{key}", f"should have at most {most} items", "validation_length")
            return []
        return found

    def day(self, of: Fields, key: str, at: str, *, needed: bool = True) -> date | None:
        """Return a date."""
        value = self.text(of, key, at, needed=needed)
        if value is None:
            return None
        try:
            return date.fromisoformat(value if _DATE.fullmatch(value) else "")
        except ValueError:
            self.fail(f"{at}/{key}", "must be a date, YYYY-MM-DD", "invalid_date")
            return None
