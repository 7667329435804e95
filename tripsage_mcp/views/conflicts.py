"""What a caller has to see whose change met a newer version."""

from tripsage_mcp.errors import ConflictError


def versions_of(error: ConflictError) -> dict[str, object]:
    """Return both versions, and what is stored now; nothing where versions are not counted."""
    shown: dict[str, object] = {
        "expected_version": error.expected,
        "current_version": error.current,
        "current": None if error.stored is None else dict(error.stored),
    }
    return {name: value for name, value in shown.items() if value is not None}
