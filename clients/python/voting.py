"""What generated code can't know: to wait as `Retry-After` says, and how a reader gets a voter's token."""

import hashlib
import time
from typing import Any
from uuid import uuid4

import httpx
from ai_tool_verdicts_client import AuthenticatedClient, Client
from ai_tool_verdicts_client.api.voters import create_voter, create_voter_challenge
from ai_tool_verdicts_client.models import Challenge, CreateChallengeRequest, CreateVoterRequest, VoterToken

TRIES = 3
LONGEST_WAIT_SECONDS = 10


class PatientTransport(httpx.HTTPTransport):
    """Waits and asks again where the API says when to. Send POSTs with an `Idempotency-Key`."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(TRIES - 1):
            answer = super().handle_request(request)
            wait = float(answer.headers.get("Retry-After", "inf"))
            if wait > LONGEST_WAIT_SECONDS:
                return answer
            answer.close()
            time.sleep(wait)
        return super().handle_request(request)


def client_of(server: str) -> Client:
    return Client(base_url=server, httpx_args={"transport": PatientTransport()})


def voter_of(server: str, token: str) -> AuthenticatedClient:
    return AuthenticatedClient(
        base_url=server, token=token, prefix="Voter", httpx_args={"transport": PatientTransport()}
    )


def new_token(client: Client) -> str:
    """A new voter's token. Keep it: it is all that makes the votes yours."""
    challenge = expected(create_voter_challenge.sync(client=client, body=CreateChallengeRequest()), Challenge)
    body = CreateVoterRequest()
    if challenge.kind == "proof_of_work":
        body = CreateVoterRequest(challenge=challenge.challenge, nonce=work(challenge))
    elif challenge.kind != "none":
        raise RuntimeError(f"A program cannot solve {challenge.kind}.")
    # Should the answer be lost, then the same key gets the same token again.
    answer = create_voter.sync(client=client, body=body, idempotency_key=str(uuid4()))
    return expected(answer, VoterToken).token


def work(challenge: Challenge) -> str:
    """A number that makes SHA-256 of `challenge:number` begin with so many zero bits."""
    bits, nonce = challenge.difficulty_bits or 0, 0
    while int.from_bytes(hashlib.sha256(f"{challenge.challenge}:{nonce}".encode()).digest()) >> (256 - bits):
        nonce += 1
    return str(nonce)


def expected(answer: Any, kind: Any) -> Any:
    """The answer, where it is of this kind; raises what the API refused."""
    if not isinstance(answer, kind):
        raise RuntimeError(
            f"{answer.code}: {answer.detail}" if answer else "No answer that the contract knows."
        )
    return answer
