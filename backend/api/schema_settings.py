"""How drf-spectacular writes `openapi.yaml`: its title, tags, credentials and the names of enums."""

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
    {"name": "reviewers", "description": "The personas of the panel."},
    {"name": "rankings", "description": "Tools in order, by panel or crowd."},
    {"name": "voters", "description": "How a reader becomes a voter: no account, one token."},
    {"name": "votes", "description": "A voter's own votes and picks."},
    {
        "name": "newsletter",
        "description": "The weekly mail: subscribing, choosing, leaving, and its archive.",
    },
]

SECURITY_SCHEMES = {
    # Of the type http it would be exact, and the docs page would not let anybody try it: it knows no such scheme.
    "voter": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`Voter <token>`, the token being one from `POST /voters`.",
    },
    "subscriber": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": (
            "`Subscriber <token>`, the token being that of a mail's links, or one from "
            "`POST /newsletter/subscriptions/confirm`."
        ),
    },
}

# An enum's name in the contract, and the choices that it stands for: a list, or the class that declares them.
ENUM_NAMES: dict[str, str | list[str]] = {
    "CrowdStatus": ["none", "few", "enough"],
    "CrowdCall": ["ship", "skip", "undecided"],
    "ToolStatus": ["published", "archived"],
    "EntryPrice": "catalog.models.Tool.Entry",
    "PricingModel": "catalog.models.Tool.PricingModel",
    "ReviewVerdict": "reviews.models.Review.Verdict",
    "PanelCall": ["ship", "mixed", "skip", "unreviewed"],
    "ComparisonKind": ["curated", "computed"],
    "RowAgreement": ["both_ship", "both_skip", "split", "one_sided"],
    "Outcome": ["winner", "tie", "insufficient"],
    "DecidedBy": ["panel", "community"],
    "EditionItemKind": ["comparison", "verdict", "review", "crowd", "correction"],
    "VerdictCause": ["first", "panel", "votes", "rule"],
    "Strength": ["unanimous", "clear", "narrow"],
    "ChallengeKind": ["none", "proof_of_work", "turnstile"],
    "SubscriberStatus": "newsletter.models.Subscriber.Status",
    "MailFrequency": "newsletter.models.Subscriber.Frequency",
    "SuppressionReason": "newsletter.models.Suppression.Reason",
    "ConsentDeed": "newsletter.models.Consent.Deed",
    "ConsentSource": "newsletter.models.Consent.Source",
    "DeliveryState": "newsletter.models.Delivery.State",
    "ProviderEventKind": "newsletter.models.ProviderEvent.Kind",
}

SCHEMA_SETTINGS: dict[str, object] = {
    "TITLE": "AI Tool Verdicts",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "CONTACT": {"name": "The AI Tool Verdicts team"},
    "LICENSE": {"name": "MIT", "identifier": "MIT"},
    "SERVERS": [{"url": "/", "description": "The host that serves this document"}],
    "TAGS": TAGS,
    "APPEND_COMPONENTS": {"securitySchemes": SECURITY_SCHEMES},
    "SCHEMA_PATH_PREFIX": r"/api/v\d+",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "backend.api.schema.plain_null",
        "backend.api.schema.add_shared_answers",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # The viewer would ask a host of its makers whether the document is valid.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SORT_OPERATIONS": False,
    "SORT_OPERATION_PARAMETERS": False,
    # A nullable enum names null as a choice of its own; a hook turns that into plain null.
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "PATH_CONVERTER_OVERRIDES": {"slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}},
    "ENUM_SUFFIX": "",
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "COMPONENT_SPLIT_REQUEST": True,
}
