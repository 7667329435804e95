"""How memories look in answers, for the three tools that show them."""

from tripsage_mcp.domain.memory import Memory
from tripsage_mcp.domain.trip import SELF
from tripsage_mcp.services.memory_ranking import Recalled
from tripsage_mcp.tools.results import Opt, Part


class MemoryRow(Part):
    """One statement. What is usual is left out: about the traveller, stated, lasting."""

    memory_id: str
    text: str
    category: str
    subject: Opt[str] = None
    why: Opt[str] = None
    inferred: Opt[bool] = None
    quote: Opt[str] = None
    trip_id: Opt[str] = None
    valid_until: Opt[str] = None
    since: str

    @classmethod
    def of(cls, memory: Memory, *, why: str | None = None) -> "MemoryRow":
        """Project a statement."""
        return cls(
            memory_id=str(memory.memory_id),
            text=memory.text,
            category=memory.category,
            subject=None if memory.subject == SELF else memory.subject,
            why=why,
            inferred=True if memory.origin == "inferred" else None,
            quote=memory.quote,
            trip_id=None if memory.trip_id is None else str(memory.trip_id),
            valid_until=None if memory.valid_until is None else memory.valid_until.isoformat(),
            since=memory.created_at.date().isoformat(),
        )

    @classmethod
    def recalled(cls, recalled: Recalled) -> "MemoryRow":
        """Project a statement with the reason it was recalled."""
        words = f": {', '.join(recalled.words)}" if recalled.why == "matched" else ""
        return cls.of(recalled.memory, why=recalled.why + words)

    def line(self) -> str:
        """Return it for a person."""
        about = f"{self.subject}: " if self.subject else ""
        marks = [
            *(["inferred"] if self.inferred else []),
            *([f"until {self.valid_until}"] if self.valid_until else []),
            *(["for one trip"] if self.trip_id else []),
        ]
        return f"- {about}{self.text}" + (f" ({', '.join(marks)})" if marks else "")
