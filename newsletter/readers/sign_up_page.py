"""The page to sign up on, for sites that have no form of their own: what the API promises, without a script."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from backend.api.clients import Address, client_address
from newsletter.readers import consent, sign_ups
from newsletter.readers.addresses import InvalidAddress
from newsletter.readers.base_pages import SOURCE, FormPage
from newsletter.readers.pages import choices_offered, topics_of
from newsletter.readers.serializers import SubscribeSerializer, preferences_of

MISTAKES = {
    "email": "That is no address that we can write to.",
    "topics": "One of the topics is not on offer any more.",
    "reviewers": "One of the reviewers is not there any more.",
    "frequency": "Choose how often the mail is to come.",
}
NOTHING_CHOSEN = "No mail would ever come: choose topics or reviewers."


@dataclass(frozen=True, slots=True)
class Typed:
    """What a reader chose, as the form has it; `topics` is None for every topic."""

    email: str = ""
    topics: Sequence[str] | None = None
    reviewers: Sequence[str] = ()
    frequency: str = "weekly"


class SignUpPage(FormPage):
    """Counts an attempt before it looks at what was sent, and a sign-up once it is valid, as the API does.

    Every address is answered alike.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.form(request, Typed())

    def post(self, request: HttpRequest) -> HttpResponse:
        sign_ups.count_attempt(address=client_address(request), now=self.now)
        typed = Typed(
            email=request.POST.get("email", ""),
            topics=topics_of(request.POST),
            reviewers=request.POST.getlist("reviewers"),
            frequency=request.POST.get("frequency", ""),
        )
        mistakes = _sign_up(typed, client=client_address(request), now=self.now)
        if mistakes:
            return self.form(request, typed, mistakes=mistakes, status=400)
        return self.page(request, "mailed", title="Look into your mailbox")

    def form(
        self, request: HttpRequest, typed: Typed, *, mistakes: Sequence[str] = (), status: int = 200
    ) -> HttpResponse:
        return self.page(
            request,
            "sign_up",
            title="Which AI tools to ship with",
            status=status,
            subscriber=None,
            **choices_offered(),
            email=typed.email,
            gets_every_topic=typed.topics is None,
            chosen_topics=typed.topics or (),
            chosen_reviewers=typed.reviewers,
            chosen_frequency=typed.frequency,
            mistakes=mistakes,
        )


def _sign_up(typed: Typed, *, client: Address | None, now: datetime) -> list[str]:
    """What is wrong with it, in sentences; nothing, once it is kept for a worker to mail. Raises Throttled."""
    form = SubscribeSerializer(data=asdict(typed))
    try:
        if not form.is_valid():
            return [sentence for name, sentence in MISTAKES.items() if name in form.errors]
        body = dict(form.validated_data)
        address = body.pop("email")
        choices = preferences_of(body)
        consent.refuse_nothing(choices, follows=bool(choices.get("reviewers")))
        sign_ups.count_sign_up(address=client, now=now)
        sign_ups.sign_up(address=address, choices=choices, source=SOURCE, now=now)
    except InvalidAddress:
        return [MISTAKES["email"]]
    except consent.NothingChosen:
        return [NOTHING_CHOSEN]
    return []
