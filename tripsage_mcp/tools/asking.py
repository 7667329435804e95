"""Asking the person behind a call, in whichever way their client can be asked.

Three ways, one tool body. Before protocol 2026-07-28 the server asks while the call waits. Since
then a call ends with the question and is made again with the answer, so the body runs from its
top once more. A client that declares neither, or fails to ask, is left to the confirmation page.
"""

from typing import Any, cast

from fastmcp import Context
from fastmcp.dependencies import CurrentContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, Field, ValidationError

from tripsage_mcp.services.bookings.consents import Question, Said
from tripsage_mcp.views.base import Answer


class Confirmation(BaseModel):
    """The form: its message holds everything that is agreed to."""

    confirm: bool = Field(title="Yes, go ahead", description="Nothing is done without this")


_FORM = Confirmation.model_json_schema()


class CallAsker:
    """Asks whoever makes one call of a tool."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._pending: Question | None = None

    async def ask(self, question: Question) -> Said:
        """Ask now, or read the answer that came with the call, or have `answered` ask."""
        if not self._can_ask():
            return "page"
        if self._ctx.session.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return await self._ask_now(question)
        answers = self._ctx.input_responses or {}
        answer = answers.get(str(question.consent_id))
        if answer is None:
            self._pending = question
            return "later"
        return _said(answer)

    def answered[A: Answer](self, answer: A) -> A:
        """Return what the tool returns: its answer, or the question that has to come first."""
        if self._pending is None:
            return answer
        # The framework sends this instead of an answer, whatever the tool says it returns.
        return cast("A", _question(self._pending))

    def _can_ask(self) -> bool:
        session = self._ctx.session
        capabilities = session.client_capabilities
        declared = None if capabilities is None else capabilities.elicitation
        # A client that says only how it opens addresses has no form to fill in.
        if declared is None or (declared.form is None and declared.url is not None):
            return False
        modern = session.protocol_version in MODERN_PROTOCOL_VERSIONS
        return modern or session.can_send_request

    async def _ask_now(self, question: Question) -> Said:
        try:
            answer = await self._ctx.session.elicit_form(
                question.shown.text(), _FORM, self._ctx.request_id
            )
        except MCPError:
            # It had said that it can ask.
            return "page"
        return _said(answer)


def asker(ctx: Context = CurrentContext()) -> CallAsker:
    """Return the way to ask whoever makes this call."""
    return CallAsker(ctx)


def _question(question: Question) -> InputRequiredResult:
    params = ElicitRequestFormParams(message=question.shown.text(), requested_schema=_FORM)
    asked = ElicitRequest(method="elicitation/create", params=params)
    return InputRequiredResult(input_requests={str(question.consent_id): asked})


def _said(answer: Any) -> Said:  # noqa: ANN401 - whatever the client sent under our key
    """Return a yes only for an accepted form that says so."""
    if not isinstance(answer, ElicitResult) or answer.action != "accept":
        return "no"
    try:
        return "yes" if Confirmation.model_validate(answer.content).confirm else "no"
    except ValidationError:
        return "no"
