"""The ten calls by what openapi-python-client generates; the answers are parsed again by datamodel-code-generator's models.

python contract/calls/openapi_python_client.py http://127.0.0.1:8000
"""

import sys
from typing import Any

import pydantic_models as models
from ai_tool_verdicts_client import AuthenticatedClient, Client
from ai_tool_verdicts_client.api.comparisons import compare_tools, retrieve_comparison
from ai_tool_verdicts_client.api.newsletter import create_subscription
from ai_tool_verdicts_client.api.tools import list_tools, retrieve_tool
from ai_tool_verdicts_client.api.voters import create_voter
from ai_tool_verdicts_client.api.votes import list_own_votes, put_pick, put_vote
from ai_tool_verdicts_client.models import (
    CastPickRequest,
    CastVoteRequest,
    CreateVoterRequest,
    ListToolsFieldsItem,
    ReviewVerdict,
    SubscribeRequest,
    ToolListItemPartialPage,
    ToolNotFoundProblemCode,
)

CATEGORIES = ["developer-tools", "design-and-creative"]
TOOLS = ["claude-files-api", "llama-4-scout-quantized"]
PAIR = "-vs-".join(TOOLS)


def read(client: Client, server: str) -> None:
    """Two-valued filters, `fields`, a line-up, a comparison."""
    tools = parsed(list_tools.sync_detailed(client=client, category=CATEGORIES), models.ToolListItemPage)
    assert {tool.category.slug for tool in tools.results} == set(CATEGORIES)

    # What `fields` leaves is no ToolListItem: its request is sent as it was generated, its answer read as what it is.
    wanted = [ListToolsFieldsItem.SLUG, ListToolsFieldsItem.NAME]
    answer = client.get_httpx_client().request(**list_tools._get_kwargs(fields=wanted, limit=1))
    sparse = ToolListItemPartialPage.from_dict(answer.json())
    models.ToolListItemPartialPage.model_validate(answer.json())
    assert sparse.results[0].to_dict().keys() == {"slug", "name"}

    lineup = parsed(compare_tools.sync_detailed(client=client, tools=TOOLS), models.Lineup)
    assert [pair.slug for pair in lineup.pairs] == [PAIR]
    comparison = parsed(retrieve_comparison.sync_detailed(PAIR, client=client), models.Comparison)
    assert comparison.slug == PAIR


def write(client: Client, server: str) -> None:
    """A token, a vote, a pick, a sign-up with an address alone."""
    issued = parsed(create_voter.sync_detailed(client=client, body=CreateVoterRequest()), models.VoterToken)
    voter = AuthenticatedClient(base_url=server, token=issued.token, prefix="Voter")
    ship = CastVoteRequest(ReviewVerdict.SHIP)
    vote = parsed(put_vote.sync_detailed(TOOLS[0], client=voter, body=ship), models.Vote)
    assert vote.value == ReviewVerdict.SHIP
    chosen = CastPickRequest(TOOLS[1])
    pick = parsed(put_pick.sync_detailed(PAIR, client=voter, body=chosen), models.PairPick)
    assert pick.tool == TOOLS[1]
    votes = parsed(list_own_votes.sync_detailed(client=voter), models.OwnVotePage)
    assert [(vote.tool.slug, vote.value) for vote in votes.results] == [(TOOLS[0], ReviewVerdict.SHIP)]

    wish = SubscribeRequest("openapi-python-client@example.com")
    accepted = parsed(create_subscription.sync_detailed(client=client, body=wish), models.Accepted)
    assert "mail" in accepted.detail


def refused(client: Client) -> None:
    problem = parsed(retrieve_tool.sync_detailed("nobody", client=client), models.ToolNotFoundProblem)
    assert (problem.status, problem.code) == (404, ToolNotFoundProblemCode.TOOL_NOT_FOUND)


def parsed(response: Any, model: Any) -> Any:
    """The client's own object; the model has to take the same bytes."""
    model.model_validate_json(response.content)
    return response.parsed


def main() -> None:
    server = sys.argv[1]
    client = Client(base_url=server)
    read(client, server)
    write(client, server)
    refused(client)
    print("openapi-python-client, datamodel-code-generator: ten calls")


if __name__ == "__main__":
    main()
