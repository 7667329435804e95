"""How an exported trip looks in an answer."""

from typing import Annotated

from pydantic import Field

from tripsage_mcp.services.exports.service import Delivered
from tripsage_mcp.views.base import Opt, Part, utc_text

# Some 2,000 tokens of what is to be loaded rather than read; 6,000 of a page of words.
_MOST_DATA, _MOST_WORDS = 7_500, 22_000
_BINARY = {"pdf"}
# A page is for eyes; the model has the same in the other formats.
_NOT_SHOWN = {"html"}


class ExportView(Part):
    """A trip as a file."""

    format: str
    file_name: str
    media_type: str
    bytes: int
    path: Annotated[Opt[str], Field(description="On the traveller's machine")] = None
    url: Annotated[Opt[str], Field(description="For the traveller")] = None
    url_expires_at: Opt[str] = None
    content: Annotated[Opt[str], Field(description="Where it is short text")] = None
    notes: Opt[list[str]] = None

    @classmethod
    def of(cls, delivered: Delivered, *, room: int = _MOST_WORDS) -> "ExportView":
        """Project a file; it is quoted in full only where that is short, and there is room."""
        file, ends = delivered.exported, delivered.expires_at
        content = _quoted(delivered)
        return cls(
            format=delivered.wanted,
            file_name=file.name,
            media_type=file.media_type,
            bytes=len(file.content),
            path=delivered.path,
            url=delivered.url,
            url_expires_at=None if ends is None else utc_text(ends),
            content=None if content is None or len(content) > room else content,
            notes=list(file.notes) or None,
        )

    def words(self) -> str:
        """Say where the file is."""
        return f"{self.file_name} ({self.bytes:,} bytes): {self.path or self.url}"


def _quoted(delivered: Delivered) -> str | None:
    wanted = delivered.wanted
    if wanted in _BINARY or wanted in _NOT_SHOWN:
        return None
    text = delivered.exported.content.decode()
    return text if len(text) <= (_MOST_WORDS if wanted == "md" else _MOST_DATA) else None
