"""The formats there are. A new one = one writer and one line in `FORMATS`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from tripsage_mcp.exports.calendar import write_calendar
from tripsage_mcp.exports.document import write_document
from tripsage_mcp.exports.file_names import ascii_name, readable_name
from tripsage_mcp.exports.geojson import write_geojson
from tripsage_mcp.exports.gpx import write_gpx
from tripsage_mcp.exports.journey import Exported, Journey
from tripsage_mcp.exports.markdown import write_markdown
from tripsage_mcp.exports.page import write_page

type ExportFormat = Literal["ics", "geojson", "gpx", "md", "html", "pdf"]
"""Also the extension of the file's name."""

type Written = tuple[bytes, tuple[str, ...]]
"""The file's content, and what its reader should know."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file.

    Attributes:
        media_type: With its charset, for text.
        mostly_words: Whether it is to be read rather than looked at or loaded.
    """

    media_type: str
    write: Callable[[Journey], Written]
    mostly_words: bool = False


def _whole(write: Callable[[Journey], bytes]) -> Callable[[Journey], Written]:
    return lambda journey: (write(journey), journey.gaps)


FORMATS: Mapping[ExportFormat, Format] = {
    "ics": Format("text/calendar; charset=utf-8", _whole(write_calendar)),
    "geojson": Format("application/geo+json", _whole(write_geojson)),
    "gpx": Format("application/gpx+xml", _whole(write_gpx)),
    "md": Format("text/markdown; charset=utf-8", _whole(write_markdown), mostly_words=True),
    "html": Format("text/html; charset=utf-8", _whole(write_page)),
    "pdf": Format("application/pdf", write_document),
}
NAMES: tuple[ExportFormat, ...] = get_args(ExportFormat.__value__)


def write(journey: Journey, wanted: ExportFormat) -> Exported:
    """Return the journey as a file; a PDF or a long calendar takes a while."""
    kind = FORMATS[wanted]
    content, notes = kind.write(journey)
    return Exported(
        name=ascii_name(journey.title, wanted),
        title=readable_name(journey.title, wanted),
        media_type=kind.media_type,
        content=content,
        notes=notes,
    )
