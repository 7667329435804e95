"""HTML written by hosts, made plain: no mark-up, no control characters, no more than fits."""

import re
from html.parser import HTMLParser
from typing import override

from tripsage_mcp.domain.plain_text import cut, visible

_BREAKS = frozenset({"br", "p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4"})
_UNSEEN = frozenset({"script", "style"})
# More is not looked at, for each character shown.
_MOST_MARK_UP = 5
# The parser would look for the end of each of many such to the end of the text.
_UNENDED = re.compile(r"<(?![^<>]*>)")
_BLANK_LINES = re.compile(r"\n\s*\n+")


def plain_html(html: str, limit: int) -> str:
    """Return the text of some HTML, in lines."""
    parser = _Text()
    parser.feed(_UNENDED.sub("&lt;", html[: limit * _MOST_MARK_UP]))
    parser.close()
    lines = (" ".join(line.split()) for line in visible("".join(parser.parts)).split("\n"))
    return cut(_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(), limit)


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")
        self._unseen += tag in _UNSEEN

    @override
    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1

    @override
    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)
