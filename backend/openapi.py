"""What `openapi.yaml` says of the product as a whole; all else is generated from what each app declares."""

DESCRIPTION = """\
Compares AI tools two at a time and says which one to ship with.

- Reads need no credentials, votes a token that anybody gets from `POST /voters`.
- Times are RFC 3339 in UTC, days `YYYY-MM-DD`.
- Every documented property is present, and `null` where nothing is known: no votes is `null`, never 0. Only `fields=`
  leaves properties out: read such an answer with the type that the parameter names, not with that of the 200, which
  generated clients give it. `GET /tools?fields=slug,name` answers a `ToolListItemPartialPage`.
- Lists answer `{results, next, previous}`; follow `next` and `previous` as they are.
- A list in a query is `a,b`, or the parameter repeated, without brackets (`include=`, not `include[]=`). An unknown
  parameter or value is refused with a 400 that names what is allowed.
- Enums may grow: show an unknown value as you would show none. So may codes and properties.
- A slug is a name, never to be taken apart: `a-vs-b` may be a tool's own. After a rename the earlier slug answers
  308, for ever.
- Each text for people says so by `contentMediaType: text/plain`: escape it, never read it as Markdown or HTML; line ends
  are `\\n`.
- Every error is `application/problem+json`; `type` leads to its explanation. On 400 and 422 mend the request. On 401
  `invalid_voter_token`, `expired_voter_token` and `erased_voter` ask for a new token; `wrong_scheme` and
  `not_authenticated` are mistakes of the client, whose token stays good. On 408, 429, 503, and a 409 with
  `Retry-After`, send the same again: after as long as `Retry-After` says, or at once where there is none. Other errors
  stay as they are.
- Public answers carry an `ETag`: send it back as `If-None-Match`, and an unchanged answer is a 304 without a body.
  Caches may keep them for 60 seconds.

**Votes.** Public numbers move in steps, once a day, unless a server is set otherwise; `as_of` tells when they did. So
the tally in the answer to a vote may not hold that vote yet: show the reader's own vote at once, from that answer, and
the tally as it is. Send what a reader says of one tool one after the other: of two requests at once either may be the
last, and the answer with the greater `revision` says what stands. A token belongs into `localStorage`, which may
throw (then keep it in memory) and which Safari empties after seven days without a visit. A proof of work needs
`crypto.subtle`, which browsers have on https and localhost alone.

**Limits.** A voter has 30 votes a minute and 200 a day. An address (of IPv6 a /64) gets 5 voter tokens and may ask for
the mail 5 times a minute, 30 times a day; the network around it may 200 times a day. Attempts at either, right or wrong,
are 120 a minute. `RateLimit` says what is left. A server that passes on votes or sign-ups makes all its
readers one network: let browsers call the API themselves, or be a proxy that the operators trust (`TRUSTED_PROXIES`)
and name the reader's address in the header that they have set.

**Other origins.** The operators name the origins of pages that may call from a browser (`CORS_ALLOWED_ORIGINS`).
Credentials mode stays off: no cookie is involved. Besides what browsers allow anyway, requests may have
`Authorization`, `Cache-Control`, `Content-Type`, `Idempotency-Key`, `If-None-Match`, `traceparent`, `tracestate`,
`baggage`, `X-Request-ID` and `X-Requested-With`; pages may read `ETag`, `Idempotency-Replayed`, `Link`, `Location`,
`RateLimit`, `RateLimit-Policy`, `Retry-After` and `X-Request-ID`.
"""

TAGS = [
    {"name": "tools", "description": "Products under review, with the panel's and the crowd's counts."},
    {"name": "categories", "description": "What tools are sorted into."},
    {"name": "conditions", "description": "What a tool must do for somebody, and which tools do."},
    {"name": "comparisons", "description": "Tools side by side, and the verdict on them."},
    {"name": "reviews", "description": "What one reviewer says of one tool."},
    {"name": "reviewers", "description": "The voices of the panel: people and personas."},
    {"name": "rankings", "description": "Tools in order, by panel or crowd."},
    {"name": "voters", "description": "How a reader becomes a voter: no account, one token."},
    {"name": "votes", "description": "A voter's own votes and picks."},
    {
        "name": "newsletter",
        "description": "The weekly mail: subscribing, choosing, leaving, and its archive.",
    },
]

# An enum's name in the contract, and the choices that it stands for: a list, or the class that declares them.
ENUM_NAMES: dict[str, str | list[str]] = {
    "CrowdStatus": ["none", "few", "enough"],
    "CrowdCall": ["ship", "skip", "undecided"],
    "ToolStatus": ["published", "archived"],
    "EntryPrice": "catalog.models.Tool.Entry",
    "PricingModel": "catalog.models.Tool.PricingModel",
    "Basis": ["entry"],
    "ReviewerKind": "reviews.models.Reviewer.Kind",
    "ReviewVerdict": "reviews.models.Review.Verdict",
    "ReviewBasis": "reviews.models.Review.Basis",
    "PanelCall": ["ship", "mixed", "skip", "unreviewed"],
    "ComparisonKind": ["curated", "computed"],
    "RowAgreement": ["both_ship", "both_skip", "split", "one_sided"],
    "Outcome": ["winner", "tie", "insufficient"],
    "DecidedBy": ["panel", "head_to_head", "community", "picks"],
    "PreferenceBasis": ["head_to_head", "reviews"],
    "FlipKind": ["review", "head_to_head", "votes", "picks"],
    "EditionSubjectKind": ["tool", "comparison"],
    "EditionItemKind": ["comparison", "verdict", "review", "crowd", "correction"],
    "VerdictCause": ["first", "panel", "head_to_head", "votes", "picks", "rule"],
    "Strength": ["unanimous", "clear", "narrow"],
    "ChallengeKind": ["none", "proof_of_work", "turnstile"],
    "SubscriberStatus": "newsletter.models.Subscriber.Status",
    "MailFrequency": "newsletter.models.Subscriber.Frequency",
    "SuppressionReason": "newsletter.models.Suppression.Reason",
    "ConsentAction": "newsletter.models.Consent.Action",
    "ConsentSource": "newsletter.models.Consent.Source",
    "DeliveryState": "newsletter.models.Delivery.State",
    "ProviderEventKind": "newsletter.models.ProviderEvent.Kind",
}

PRODUCT: dict[str, object] = {
    "TITLE": "AI Tool Verdicts",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1.0.0",
    "CONTACT": {"name": "The AI Tool Verdicts team"},
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "TAGS": TAGS,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}
