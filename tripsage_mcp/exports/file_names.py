"""What a file is called: safe for every file system, and in a header in any script."""

import re
import unicodedata
from urllib.parse import quote

_SAFE = re.compile(r"[^A-Za-z0-9]+")
_LONGEST = 60
# What no file system wants in a name, and what a header would need quoting for.
_UNWANTED = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f%]+')
# Names that Windows keeps for devices.
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)$")


def ascii_name(title: str, extension: str) -> str:
    """Return e.g. `Sao-Paulo-in-May.ics`; `trip.ics` where nothing of the title is left."""
    # Letters that do not come apart, like those of Cyrillic, are left out.
    decomposed = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    name = _SAFE.sub("-", decomposed).strip("-")[:_LONGEST].rstrip("-")
    if not name or _DEVICES.match(name):
        name = f"trip-{name}".rstrip("-")
    return f"{name}.{extension}"


def readable_name(title: str, extension: str) -> str:
    """Return e.g. `São Paulo in May.ics`; may hold any letter."""
    name = " ".join(_UNWANTED.sub(" ", title).split())[:_LONGEST].strip(" .")
    return f"{name or 'trip'}.{extension}"


def disposition(name: str, title: str, *, inline: bool = False) -> str:
    """Return a `Content-Disposition` header with both names (RFC 6266, RFC 8187)."""
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{name}\"; filename*=UTF-8''{quote(title, safe='')}"
