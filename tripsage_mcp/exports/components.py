"""Calendar components, with their properties in order; the library leaves their types open."""

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from icalendar import Component

type AnyComponent = Component
"""One of any kind; the library loads when somebody asks which."""
type Property = tuple[str, object]
"""A name and a value, a Python one: text is escaped and times are written by the library."""


class _Filled(Protocol):
    def add(self, name: str, value: object) -> None: ...


def with_properties[C: Component](component: C, *properties: Property) -> C:
    """Return the component with properties added; those that are None are left out."""
    filled = cast("_Filled", component)
    for name, value in properties:
        if value is not None:
            filled.add(name, value)
    return component
