"""The pages that the links in mails open: to confirm, to choose, to leave. They need no script, no cookie, no session.

Mail scanners open every link, some more than once: a GET shows a page and changes nothing, a button's POST does. Some
submit the forms too, so to confirm takes the right one of two buttons, and the time that a person needs to find it. The
token alone authorizes the request. No other site knows it, so no request can be forged across sites.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict

from backend.api.clients import client_address
from backend.api.problems import Refusal
from catalog.models import Category
from newsletter.models import ConfirmationToken, Consent, Subscriber
from newsletter.readers import consent, links, sign_ups
from newsletter.readers.addresses import InvalidAddress, canonical
from newsletter.readers.base_pages import SOURCE, LinkedPage
from newsletter.readers.serializers import (
    ChangePreferencesSerializer,
    ExportSerializer,
    choices_of,
    preferences_of,
    was_imported,
)
from newsletter.readers.upcoming import Upcoming
from newsletter.readers.views import export_of
from reviews.models import Reviewer

OFTEN: dict[str, str] = {
    Subscriber.Frequency.WEEKLY: "once a week",
    Subscriber.Frequency.MONTHLY: "once a month",
    Subscriber.Frequency.EACH_COMPARISON: "on each day that has a new comparison",
}

# Nobody reads the page and presses its button sooner; a program that submits forms does.
SOONEST_ANSWER = timedelta(seconds=2)


class ConfirmPage(LinkedPage):
    path = "confirm"

    def upcoming_for(self, subscriber: Subscriber, *, now: datetime) -> Upcoming:
        """Handed in by `as_view`, for the calendar stands above this room."""
        raise NotImplementedError

    def show(self, request: HttpRequest, *, is_asked_again: bool = False) -> HttpResponse:
        found = consent.find_confirmation(token=self.token, now=self.now)
        return self.page(
            request,
            "confirm",
            title="Confirm your subscription",
            is_move=found.replaces_id is not None,
            shown_at=self.now.timestamp(),
            is_asked_again=is_asked_again,
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        if "again" in request.GET:
            return self.mail_again(request)
        match request.POST.get("answer"):
            case "no" if self.was_read(request):
                return self.decline(request)
            case "yes" if self.was_read(request):
                return self.confirm(request)
        return self.show(request, is_asked_again=True)

    def was_read(self, request: HttpRequest) -> bool:
        """Whether the page was open for as long as a person needs to read it."""
        try:
            shown_at = float(request.POST["shown_at"])
        except (KeyError, ValueError):
            return False
        return self.now.timestamp() - shown_at >= SOONEST_ANSWER.total_seconds()

    def decline(self, request: HttpRequest) -> HttpResponse:
        found = consent.decline(token=self.token, now=self.now)
        if found.used_at:
            return HttpResponseRedirect(links.unsubscribe_url(found.subscriber_id))
        return self.page(request, "declined", title="You are not subscribed")

    def confirm(self, request: HttpRequest) -> HttpResponse:
        subscriber = consent.confirm(token=self.token, source=SOURCE, now=self.now)
        return self.page(
            request,
            "confirmed",
            title="You are subscribed",
            subscriber=subscriber,
            topic_names=list(subscriber.topics.order_by("name", "id").values_list("name", flat=True)),
            reviewer_names=list(
                subscriber.reviewers.order_by("position", "id").values_list("name", flat=True)
            ),
            often=OFTEN[subscriber.frequency],
            preferences_url=links.preferences_url(subscriber.pk),
            upcoming=self.upcoming_for(subscriber, now=self.now),
            zone=settings.NEWSLETTER_ZONE,
        )

    def mail_again(self, request: HttpRequest) -> HttpResponse:
        """Sign the reader up again with the same choices."""
        sign_ups.count_sign_up(address=client_address(request), now=self.now)
        confirmations = ConfirmationToken.objects.select_related("subscriber", "replaces")
        found = confirmations.filter(key=links.confirmation_key(self.token)).first()
        if found is None:
            raise consent.UnknownConfirmation
        former = found.replaces
        is_move = former is not None and former.status == Subscriber.Status.ACTIVE
        sign_ups.sign_up(
            address=found.subscriber.address,
            choices=found.choices,
            replaces=former if is_move else None,
            source=SOURCE,
            now=self.now,
        )
        return self.page(request, "mailed", title="Look into your mailbox")

    def refused(self, request: HttpRequest, refusal: Refusal) -> HttpResponse:
        response = super().refused(request, refusal)
        can_ask_again = isinstance(refusal, consent.ExpiredConfirmation | consent.UsedConfirmation)
        if not can_ask_again:
            return response
        return self.page(
            request,
            "expired",
            status=refusal.status_code,
            title="This link does not work any more",
            refusal=refusal,
        )


class PreferencesPage(LinkedPage):
    path = "preferences"
    way_round = (
        "Look for the mails that you asked for: the link in each is good for 24 hours. Or write to us."
    )

    def show(self, request: HttpRequest) -> HttpResponse:
        return self.preferences(request, links.subscriber_of(self.token, links.PREFERENCES))

    def post(self, request: HttpRequest) -> HttpResponse:
        subscriber = links.subscriber_of(self.token, links.PREFERENCES)
        # The name of the forms' field stays, for pages that are open across a release.
        match request.POST.get("deed"):
            case "unsubscribe":
                consent.unsubscribe(subscriber=subscriber, source=SOURCE, now=self.now)
                token = links.unsubscribe_token(subscriber.pk)
                return self.page(
                    request,
                    "unsubscribed",
                    title="You are unsubscribed",
                    subscriber=subscriber,
                    leaving_token=token,
                )
            # A page that was opened before a mail was asked for says `erase`.
            case "ask" | "erase":
                sign_ups.ask_for_owner_link(subscriber=subscriber, source=SOURCE, now=self.now)
                return self.page(request, "asked", title="Look into your mailbox", subscriber=subscriber)
            case "save":
                return self.save(request, subscriber)
        return self.preferences(request, subscriber, status=400)

    def save(self, request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
        form = ChangePreferencesSerializer(
            data={
                "topics": topics_of(request.POST),
                "reviewers": request.POST.getlist("reviewers"),
                "frequency": request.POST.get("frequency", ""),
            }
        )
        if not form.is_valid():
            return self.preferences(request, subscriber, faults=form.errors, status=400)
        choices = preferences_of(form.validated_data)
        try:
            subscriber = consent.change_preferences(
                subscriber=subscriber, choices=choices, source=SOURCE, now=self.now
            )
        except consent.NothingChosen:
            return self.preferences(request, subscriber, chooses_nothing=True, status=400)
        return self.preferences(request, subscriber, is_saved=True)

    def preferences(
        self, request: HttpRequest, subscriber: Subscriber, *, status: int = 200, **values: object
    ) -> HttpResponse:
        return self.page(
            request,
            "preferences",
            title="Your preferences",
            status=status,
            subscriber=subscriber,
            **choices_offered(),
            gets_every_topic=subscriber.gets_every_topic,
            chosen_topics=set(subscriber.topics.values_list("slug", flat=True)),
            chosen_reviewers=set(subscriber.reviewers.values_list("slug", flat=True)),
            chosen_frequency=subscriber.frequency,
            was_imported=was_imported(subscriber),
            has_moved=consent.has_moved(subscriber),
            **values,
        )


def choices_offered() -> dict[str, object]:
    """What `choices.html` shows: two queries, when it is shown."""
    return {
        "topics": Category.objects.order_by("name", "id"),
        "reviewers": Reviewer.objects.order_by("position", "id"),
        "frequencies": Subscriber.Frequency.choices,
    }


def topics_of(post: QueryDict) -> list[str] | None:
    """What the reader did last counts: who ticks a topic while the preset "every topic" stands wants that topic, and who
    moves to "every topic" wants every one, whatever is still ticked."""
    topics = post.getlist("topics")
    # A page that was opened before there were two buttons asks for every topic by choosing none.
    is_every = post.get("every_topic", "yes") == "yes"
    moved_to_every = is_every and post.get("every_topic_was") == "no"
    return None if moved_to_every or (is_every and not topics) else topics


class DataPage(LinkedPage):
    """What only the owner of the address may do: export all that is kept, move to another address, and be erased."""

    path = "data"

    def show(self, request: HttpRequest) -> HttpResponse:
        return self.data(request, links.owner_of(self.token, now=self.now))

    def post(self, request: HttpRequest) -> HttpResponse:
        subscriber = links.owner_of(self.token, now=self.now)
        match request.POST.get("deed"):
            case "export":
                exported = ExportSerializer(export_of(subscriber)).data
                name = 'attachment; filename="ai-tool-verdicts.json"'
                return JsonResponse(exported, headers={"Content-Disposition": name})
            case "move":
                return self.move(request, subscriber)
            case "erase" if "sure" in request.POST:
                consent.erase(subscriber=subscriber, source=SOURCE, now=self.now)
                return self.page(request, "erased", title="You are forgotten")
        return self.data(request, subscriber, status=400)

    def move(self, request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
        typed = request.POST.get("email", "")
        try:
            sign_ups.ask_to_move(
                subscriber=subscriber,
                address=canonical(typed.strip()),
                choices=choices_of(subscriber),
                source=SOURCE,
                now=self.now,
            )
        except (InvalidAddress, sign_ups.NotSubscribed, sign_ups.SameAddress) as refusal:
            return self.data(
                request, subscriber, status=refusal.status_code, typed=typed, fault=refusal.detail
            )
        return self.page(request, "mailed", title="Look into the other mailbox")

    def data(
        self, request: HttpRequest, subscriber: Subscriber, *, status: int = 200, **values: object
    ) -> HttpResponse:
        return self.page(request, "data", title="Your data", status=status, subscriber=subscriber, **values)


class UnsubscribePage(LinkedPage):
    """Also the address of RFC 8058's one click: a POST by a mail program, whatever is in its body.

    A reader who is unsubscribed already sees the same page, and one who is erased the same without an address.
    """

    path = "unsubscribe"

    def show(self, request: HttpRequest) -> HttpResponse:
        subscriber_id = links.subscriber_id_of(self.token, links.UNSUBSCRIBE)
        try:
            subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
        except OperationalError:
            # The button is what counts: the page shows without the address while the database is away.
            subscriber = None
        return self.page(
            request,
            "unsubscribe",
            title="Unsubscribe",
            subscriber=subscriber,
            has_moved=subscriber is not None and consent.has_moved(subscriber),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        subscriber_id = links.subscriber_id_of(self.token, links.UNSUBSCRIBE)
        subscriber = Subscriber.objects.filter(pk=subscriber_id).first()
        # Our own pages say what they want in the address, since nothing reads the body.
        if subscriber and "back" in request.GET:
            return self.come_back(request, subscriber)
        if subscriber and "monthly" in request.GET:
            return self.less_often(request, subscriber)
        source = SOURCE if "page" in request.GET else Consent.Source.ONE_CLICK
        if subscriber:
            consent.unsubscribe(subscriber=subscriber, source=source, now=self.now)
        return self.left(request, subscriber)

    def left(self, request: HttpRequest, subscriber: Subscriber | None) -> HttpResponse:
        return self.page(
            request,
            "unsubscribed",
            title="You are unsubscribed",
            subscriber=subscriber,
            leaving_token=self.token,
        )

    def less_often(self, request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
        """Monthly instead of not at all; who has left meanwhile is offered to come back."""
        if subscriber.status != Subscriber.Status.ACTIVE:
            return self.left(request, subscriber)
        monthly = consent.Preferences(frequency=Subscriber.Frequency.MONTHLY)
        consent.change_preferences(subscriber=subscriber, choices=monthly, source=SOURCE, now=self.now)
        return self.page(request, "monthly", title="Once a month from now on", subscriber=subscriber)

    def come_back(self, request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
        """Sign up again with the same choices, or monthly: the mail to the address decides."""
        sign_ups.count_sign_up(address=client_address(request), now=self.now)
        choices = choices_of(subscriber)
        if request.GET["back"] == Subscriber.Frequency.MONTHLY:
            choices["frequency"] = Subscriber.Frequency.MONTHLY
        sign_ups.sign_up(address=subscriber.address, choices=choices, source=SOURCE, now=self.now)
        return self.page(request, "mailed", title="Look into your mailbox")
