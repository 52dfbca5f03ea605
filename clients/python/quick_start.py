"""A comparison with its verdict, and a vote: python quick_start.py http://127.0.0.1:8000"""

import sys

from ai_tool_verdicts_client.api.comparisons import retrieve_comparison
from ai_tool_verdicts_client.api.votes import put_vote
from ai_tool_verdicts_client.models import CastVoteRequest, Comparison, ReviewVerdict, Vote
from voting import client_of, expected, new_token, voter_of

server = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
client = client_of(server)
slug = "claude-files-api-vs-llama-4-scout-quantized"
page = expected(retrieve_comparison.sync(slug, client=client), Comparison)

print(f"{page.title}: {page.verdict.outcome}, {page.verdict.summary}")
for tool in page.tools:
    votes = "—" if tool.community.percent is None else f"{tool.community.percent}%"
    print(f"  {tool.name}: panel {tool.panel.percent}%, community {votes}, {tool.pricing.entry}")
for row in page.scorecard:
    print(f"  {row.reviewer.name}: {' / '.join(review.verdict if review else '—' for review in row.reviews)}")

voter = voter_of(server, new_token(client))
vote = expected(
    put_vote.sync(page.tools[0].slug, client=voter, body=CastVoteRequest(ReviewVerdict.SHIP)), Vote
)
print(f"You said {vote.value}.")
