"""What `openapi.yaml` says of the product as a whole; all else is generated from what each app declares."""

DESCRIPTION = """\
Compares AI tools two at a time and says which one to ship with.

- Reads need no credentials, votes a token that anybody gets from `POST /voters`.
- Times are RFC 3339 in UTC, days `YYYY-MM-DD`.
- Every documented property is present, and `null` where nothing is known: no votes is `null`, never 0. Only
  `fields=` leaves properties out.
- Lists answer `{results, next, previous}`; follow `next` and `previous` as they are.
- An unknown parameter or value is refused with a 400 that names what is allowed.
- Every error is `application/problem+json`; `type` leads to its explanation.
- Public answers carry an `ETag`: send it back as `If-None-Match`, and an unchanged answer is a 304 without a body.
"""

TAGS = [
    {"name": "tools", "description": "Products under review, with the panel's and the crowd's counts."},
    {"name": "categories", "description": "What tools are sorted into."},
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
    "DecidedBy": ["panel", "community"],
    "EditionSubjectKind": ["tool", "comparison"],
    "EditionItemKind": ["comparison", "verdict", "review", "crowd", "correction"],
    "VerdictCause": ["first", "panel", "votes", "rule"],
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
