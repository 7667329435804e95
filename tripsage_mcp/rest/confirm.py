"""The page on which a traveller says yes or no, for clients that cannot ask by themselves.

It needs no script, loads nothing and shows only escaped text. Reading it changes nothing, so that
whatever follows links ahead of a person cannot agree to anything.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from tripsage_mcp.domain.consent import Section, Shown, YesOrNo
from tripsage_mcp.errors import NotFoundError, TripSageError
from tripsage_mcp.rest.guard import HostGuard
from tripsage_mcp.services.bookings.consents import ConsentService, Page, PageState, Question, Said

PATH = "/confirm"
_LARGEST_FORM_BYTES = 1024
_STYLE = """
:root { color-scheme: light dark; --line: #c9ced6; --quiet: #555d69; --go: #0b5d3b; }
@media (prefers-color-scheme: dark) {
  :root { --line: #454c57; --quiet: #aab2bf; --go: #7fd8ae; }
}
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 40rem; padding: 1rem;
  overflow-wrap: anywhere; }
h1 { font-size: 1.4rem; line-height: 1.25; }
dt { color: var(--quiet); font-size: .875rem; margin-top: .75rem; }
dd { margin: 0; }
dl { border-block: 1px solid var(--line); padding-bottom: .75rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; margin-block: 1.25rem; }
button { background: none; border: 2px solid var(--line); border-radius: .5rem; color: inherit;
  cursor: pointer; flex: 1 1 8rem; font: inherit; padding: .75rem 1rem; }
button[value=yes] { border-color: var(--go); color: var(--go); font-weight: 600; }
button:focus-visible { outline: 3px solid var(--go); outline-offset: 2px; }
p.quiet { color: var(--quiet); font-size: .875rem; }
"""
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    # Not `no-referrer`: a form then posts with `Origin: null`, which is nobody's and is refused.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
}
_BACK = "Go back to your assistant and tell it to go on."
_SAYS: dict[PageState, tuple[str, str]] = {
    "open": ("", ""),
    "agreed": ("You said yes", f"It is not done yet. {_BACK}"),
    "declined": ("You said no", "Nothing was done. You can close this page."),
    "used": (
        "Your yes was used",
        "Your assistant has what came of it. You can close this page.",
    ),
    "expired": (
        "This question has expired",
        "Nothing was done. Ask your assistant to start again: prices may have changed.",
    ),
    "replaced": (
        "This question was replaced",
        "Nothing was done. Your assistant has asked another one since: use its newest link.",
    ),
}
_UNKNOWN = (
    "This page is not there",
    "The link is not complete, or what made it has ended. Ask your assistant for another.",
)
_FAILED = ("This cannot be answered now", "Nothing was changed. Try again in a minute.")


class PageAsker:
    """Asks on the page alone: a web client has nobody to ask by itself."""

    async def ask(self, question: Question) -> Said:  # noqa: ARG002 - the page finds it itself
        """Leave the question to the page."""
        return "page"


def confirm_pages(consents: ConsentService, allowed_hosts: Sequence[str]) -> Mount:
    """Return the routes of the confirmation page.

    Args:
        consents: Keeps questions and answers.
        allowed_hosts: Host names the page answers to, without port.
    """

    async def show(request: Request) -> Response:
        try:
            return _page(await consents.page(request.path_params["word"]))
        except TripSageError as error:
            return _refused(error)

    async def answer(request: Request) -> Response:
        chosen = await _chosen(request)
        if chosen is None:
            return _message(*_FAILED, HTTPStatus.BAD_REQUEST)
        try:
            await consents.reply(request.path_params["word"], chosen)
        except TripSageError as error:
            return _refused(error)
        # Reloading what comes next sends nothing again. Relative, for a proxy may have put the page
        # elsewhere; the word is one of ours by now.
        return RedirectResponse(request.path_params["word"], HTTPStatus.SEE_OTHER, headers=_HEADERS)

    return Mount(
        PATH,
        routes=[
            Route("/{word}", show, methods=["GET"]),
            Route("/{word}", answer, methods=["POST"]),
        ],
        middleware=[Middleware(HostGuard, allowed_hosts)],
    )


async def _chosen(request: Request) -> YesOrNo | None:
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM_BYTES:
                return None
    except ClientDisconnect:
        return None
    match parse_qs(body.decode("ascii", "replace")).get("answer"):
        case ["yes"]:
            return "yes"
        case ["no"]:
            return "no"
        case _:
            return None


def _page(page: Page) -> Response:
    shown = page.consent.shown
    if page.state == "open" and shown is not None:
        expires_at = f"{page.consent.expires_at:%H:%M} UTC"
        return _html(shown.question, _question(shown, expires_at))
    return _message(*_SAYS[page.state])


def _question(shown: Shown, expires_at: str) -> str:
    return (
        f"<h1>{escape(shown.question)}</h1>"
        f"<dl>{''.join(_section(section) for section in shown.sections)}</dl>"
        f"<p>{escape(shown.next)}</p>"
        '<form method="post"><button name="answer" value="yes">Yes, go ahead</button>'
        '<button name="answer" value="no">No</button></form>'
        f'<p class="quiet">Your assistant asked this through TripSage. The question ends at'
        f" {expires_at}. Say yes only if all of it is right.</p>"
    )


def _section(section: Section) -> str:
    lines = "".join(f"<dd>{escape(line)}</dd>" for line in section.lines)
    return f"<dt>{escape(section.heading)}</dt>{lines}"


def _message(title: str, words: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return _html(title, f"<h1>{escape(title)}</h1><p>{escape(words)}</p>", status)


def _refused(error: TripSageError) -> Response:
    if isinstance(error, NotFoundError):
        return _message(*_UNKNOWN, HTTPStatus.NOT_FOUND)
    return _message(*_FAILED, HTTPStatus.SERVICE_UNAVAILABLE)


def _html(title: str, body: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} - TripSage</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>",
        status,
        headers=_HEADERS,
    )
