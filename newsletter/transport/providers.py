"""Says in SMTP's words what went wrong with a request to a mail provider's API.

So `failures` judges both alike: a request that failed before it was sent was surely not taken, nor was one that the
provider refused; one without a clear answer may have been. Nothing is sent twice: neither requests nor anymail repeats a
request, and the settings forbid it to boto3.
"""

import traceback
from typing import Any

from anymail.exceptions import (
    AnymailError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)

from newsletter.transport.smtp import BrokenError, Phase, RefusedError

# The credentials, the account or the address of the API: the next copy would fare no better.
OF_THE_ACCOUNT = {401, 402, 403, 404, 405}
# Refusals that may come from a gateway while the request goes on behind it.
UNCLEAR = {408, 409}

# Amazon SES answers 400 for nearly everything and means it by name.
SES_TOO_FAST = {"TooManyRequestsException", "LimitExceededException", "ThrottlingException", "Throttling"}
SES_OF_THE_MAIL = {"BadRequestException"}
# What boto3 raises before it sends anything, other than for want of a connection.
BOTO_CREDENTIALS = {
    "NoCredentialsError",
    "PartialCredentialsError",
    "CredentialRetrievalError",
    "TokenRetrievalError",
}


def as_smtp(error: AnymailError) -> RefusedError | BrokenError:
    """The provider's answer, or its silence, as the SMTP error that means the same."""
    if isinstance(error, AnymailRecipientsRefused):
        return _of_recipient(error)
    if isinstance(error, AnymailInvalidAddress):
        return RefusedError(Phase.RCPT, 553, f"5.6.7 {_plain(error.args)}")
    if isinstance(error, AnymailUnsupportedFeature | AnymailSerializationError):
        return RefusedError(Phase.MAIL, 554, f"5.6.0 {_plain(error.args)}")
    if isinstance(error.response, dict):
        return _of_amazon(error.response)
    if error.status_code is not None:
        return _of_answer(error.status_code, error.response.text)
    return _of_silence(error)


def _of_recipient(error: AnymailRecipientsRefused) -> RefusedError:
    """A provider that finds no address in the address says so of the mailbox; one with a list of its own does not."""
    if error.email_message.anymail_status.status == {"invalid"}:
        return RefusedError(Phase.RCPT, 550, "5.1.3 The provider finds the address invalid.")
    return RefusedError(Phase.RCPT, 554, "The provider has this mailbox on its own list and did not send.")


def _of_answer(status: int, text: str) -> RefusedError | BrokenError:
    detail = f"{status} {_plain(text)}"
    if status == 429:
        return RefusedError(Phase.DATA, 450, f"4.7.0 Too many requests: {detail}")
    if status == 503:
        # Of this mail, for all that we know: others may go through.
        return RefusedError(Phase.RCPT, 421, f"4.3.2 Service unavailable: {detail}")
    if status in OF_THE_ACCOUNT:
        return RefusedError(Phase.LOGIN, 535, f"5.7.8 {detail}")
    if 400 <= status <= 499 and status not in UNCLEAR:
        return RefusedError(Phase.DATA, 554, f"5.6.0 {detail}")
    return BrokenError(Phase.DOT, detail)


# Any: boto3 has no types.
def _of_amazon(response: dict[str, Any]) -> RefusedError | BrokenError:
    """As boto3 tells it; raw, it has neither status line nor text."""
    code, text = response["Error"].get("Code", ""), response["Error"].get("Message", "")
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    detail = f"{code}: {text}"
    if code in SES_TOO_FAST:
        return _of_answer(429, detail)
    if 400 <= status <= 499 and code not in SES_OF_THE_MAIL:
        return _of_answer(403, detail)
    return _of_answer(status, detail)


def _of_silence(error: AnymailError) -> RefusedError | BrokenError:
    cause = error.__cause__ or error
    detail = f"{type(cause).__name__}: {_plain(cause)}"
    if type(cause).__name__ in BOTO_CREDENTIALS:
        return RefusedError(Phase.LOGIN, 535, f"5.7.8 {detail}")
    phase = Phase.CONNECT if _was_connecting(error) else Phase.DOT
    return BrokenError(phase, detail, cause=type(cause).__name__)


def _was_connecting(error: BaseException) -> bool:
    """Whether it came up while urllib3 connected, before which it sends nothing.

    The exceptions' classes do not tell: a TLS handshake that times out looks like an answer that does. Should urllib3
    change, everything counts as sent, which is safe.
    """
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(
        frame.f_code.co_name == "connect" and frame.f_globals["__name__"] == "urllib3.connection"
        for frame in frames
    ) or any(map(_was_connecting, _causes_of(error)))


def _causes_of(error: BaseException) -> list[BaseException]:
    """Those that it was made of. What was only being handled meanwhile may be of another request."""
    named = (error.__cause__, *error.args, *getattr(error, "kwargs", {}).values())
    return [each for each in named if isinstance(each, BaseException)]


def _plain(words: object) -> str:
    """What was answered may be anything; the ledger takes a line of it."""
    text = str(words)[:300]
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:200]
