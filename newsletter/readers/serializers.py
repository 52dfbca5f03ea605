"""What a subscriber may choose, and how a subscriber looks in an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import Model, QuerySet
from rest_framework import serializers

from backend.api.bodies import Body
from backend.api.parameters import SLUG
from catalog.models import Category
from newsletter.models import (
    ConfirmationToken,
    Consent,
    Delivery,
    MailJob,
    ProviderEvent,
    Subscriber,
    Suppression,
)
from newsletter.readers.addresses import MAX_SPELLING, canonical
from newsletter.readers.consent import Preferences
from newsletter.readers.links import CONFIRMATION_LENGTH
from newsletter.readers.upcoming import LastEdition
from reviews.models import Reviewer

MAX_CHOICES = 50
TOPICS = "Slugs of categories; null: every topic, those to come too; empty: none, as when all that were chosen are gone."


class AddressField(serializers.CharField):
    """Takes an address in any spelling; its value is the canonical one. Raises InvalidAddress."""

    def to_internal_value(self, data: object) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return canonical(data)


class SlugsField(serializers.ListField):
    """Slugs of rows that exist, each once. One query, none for an empty list."""

    default_error_messages = {"unknown": "There is none with the slug '{slug}'."}

    # Any: the options that DRF's fields take.
    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        self.model = model
        slug = serializers.RegexField(rf"^{SLUG}\Z", max_length=255)
        super().__init__(child=slug, max_length=MAX_CHOICES, **kwargs)

    def to_internal_value(self, data: list[str]) -> list[str]:
        slugs = list(dict.fromkeys(super().to_internal_value(data)))
        known = self.model._default_manager.filter(slug__in=slugs) if slugs else []
        missing = set(slugs) - {getattr(row, "slug", "") for row in known}
        if missing:
            self.fail("unknown", slug=min(missing))
        return slugs


class MoveSerializer(Body):
    """Another address of the same reader."""

    email = AddressField(
        trim_whitespace=False,
        max_length=MAX_SPELLING,
        help_text="In any spelling; the part before the @ must be ASCII.",
    )


class FreshLinksSerializer(MoveSerializer):
    """The address of a reader whose links do not work."""


class ChangePreferencesSerializer(Body):
    """What is to change; what is left out stays."""

    topics = SlugsField(Category, required=False, allow_null=True, help_text=TOPICS)
    reviewers = SlugsField(Reviewer, required=False, help_text="Slugs of reviewers to follow.")
    frequency = serializers.ChoiceField(choices=Subscriber.Frequency.choices, required=False)


class SubscribeSerializer(Body):
    """An address, and what its reader would like."""

    email = AddressField(
        trim_whitespace=False,
        max_length=MAX_SPELLING,
        help_text="In any spelling; the part before the @ must be ASCII.",
    )
    topics = SlugsField(Category, default=None, allow_null=True, help_text=TOPICS)
    reviewers = SlugsField(Reviewer, default=list, help_text="Slugs of reviewers to follow.")
    frequency = serializers.ChoiceField(choices=Subscriber.Frequency.choices, default="weekly")


# Any: what the two serializers make of JSON.
def preferences_of(body: dict[str, Any]) -> Preferences:
    """What was chosen, as it is kept."""
    chosen = cast(Preferences, {**body})
    if "topics" in body:
        chosen["topics"], chosen["every_topic"] = body["topics"] or [], body["topics"] is None
    return chosen


def choices_of(subscriber: Subscriber) -> Preferences:
    """What the subscriber has chosen, as a sign-up keeps it. Two queries."""
    return {
        "topics": list(subscriber.topics.order_by("slug").values_list("slug", flat=True)),
        "every_topic": subscriber.gets_every_topic,
        "reviewers": list(subscriber.reviewers.order_by("slug").values_list("slug", flat=True)),
        "frequency": subscriber.frequency,
    }


class AcceptedSerializer(serializers.Serializer[dict[str, str]]):
    """The same for every address."""

    detail = serializers.CharField(help_text="A sentence to show.")


class ConfirmSerializer(Body):
    token = serializers.RegexField(
        rf"^[A-Za-z0-9_-]{{{CONFIRMATION_LENGTH}}}\Z",
        trim_whitespace=False,
        help_text="From the link in the mail.",
    )


class LastEditionSerializer(serializers.Serializer[LastEdition]):
    """The latest edition in the archive."""

    slug = serializers.CharField(help_text="The ISO week, such as `2026-W48`.")
    subject = serializers.CharField()
    page_url = serializers.URLField(help_text="The edition as a page.")


class ConfirmedSerializer(serializers.Serializer[Mapping[str, object]]):
    """The reader is subscribed; the token opens the preferences."""

    status = serializers.ChoiceField(choices=Subscriber.Status.choices)
    preferences_token = serializers.CharField(
        help_text="To be sent as `Authorization: Subscriber <token>`; the links in mails have it too."
    )
    next_mail_at = serializers.DateTimeField(
        allow_null=True,
        help_text="When the next mail goes out, if there is something new for the reader by then.",
    )
    last_edition = LastEditionSerializer(allow_null=True, help_text="What there is to read until then.")


def was_imported(subscriber: Subscriber) -> bool:
    """Whether the present consent came with a list that staff imported. One query."""
    confirmed = Consent.objects.filter(address_key=subscriber.address_key, action=Consent.Action.CONFIRMED)
    source = confirmed.order_by("-id").values_list("source", flat=True).first()
    return source == Consent.Source.STAFF


class PreferencesSerializer(serializers.ModelSerializer[Subscriber]):
    """A subscriber, and what the subscriber chose."""

    email = serializers.CharField(source="address", help_text="The address that the mail goes to.")
    topics = serializers.SerializerMethodField(help_text=TOPICS)
    reviewers = serializers.SerializerMethodField(help_text="Slugs of the reviewers followed.")
    was_imported = serializers.SerializerMethodField(
        help_text="Whether the address came with a list that was taken over, to which it had subscribed at `confirmed_at`."
    )
    last_mailed_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When an edition last went out."
    )

    class Meta:
        model = Subscriber
        fields = [
            "email",
            "status",
            "topics",
            "reviewers",
            "frequency",
            "created_at",
            "confirmed_at",
            "was_imported",
            "unsubscribed_at",
            "last_mailed_at",
        ]

    def get_was_imported(self, subscriber: Subscriber) -> bool:
        return was_imported(subscriber)

    def get_topics(self, subscriber: Subscriber) -> list[str] | None:
        if subscriber.gets_every_topic:
            return None
        return list(subscriber.topics.order_by("slug").values_list("slug", flat=True))

    def get_reviewers(self, subscriber: Subscriber) -> list[str]:
        return list(subscriber.reviewers.order_by("slug").values_list("slug", flat=True))


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    """One line of the record of what was wanted."""

    action = serializers.ChoiceField(choices=Consent.Action.choices)

    class Meta:
        model = Consent
        fields = ["action", "source", "wording", "created_at"]


class OwnDeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One edition's copy."""

    week = serializers.CharField(source="edition.week")

    class Meta:
        model = Delivery
        fields = ["week", "state", "created_at", "accepted_at"]


class OwnProviderEventSerializer(serializers.ModelSerializer[ProviderEvent]):
    """What a mail provider told of a mail to this mailbox."""

    detail = serializers.CharField(help_text="In the provider's words; may be empty.")

    class Meta:
        model = ProviderEvent
        fields = ["kind", "provider", "detail", "happened_at"]


class SignUpChoicesSerializer(serializers.Serializer[dict[str, object]]):
    """What a sign-up chose; what it left out is as if it had chosen this."""

    topics = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text=TOPICS)
    reviewers = serializers.ListField(
        child=serializers.CharField(), help_text="Slugs of the reviewers to follow."
    )
    frequency = serializers.ChoiceField(choices=Subscriber.Frequency.choices)

    def to_representation(self, choices: dict[str, object]) -> dict[str, object]:
        topics = choices.get("topics", [])
        return {
            "topics": None if choices.get("every_topic", not topics) else topics,
            "reviewers": choices.get("reviewers", []),
            "frequency": choices.get("frequency", Subscriber.Frequency.WEEKLY),
        }


class ConfirmationSerializer(serializers.ModelSerializer[ConfirmationToken]):
    """A confirmation that was mailed, and what it was to choose."""

    choices = SignUpChoicesSerializer()

    class Meta:
        model = ConfirmationToken
        fields = ["choices", "created_at", "expires_at", "used_at"]


class SignUpJobSerializer(serializers.ModelSerializer[MailJob]):
    """A sign-up whose mail waits to be sent, or could not be."""

    choices = SignUpChoicesSerializer()

    class Meta:
        model = MailJob
        fields = ["choices", "source", "state", "created_at"]


@dataclass(frozen=True, slots=True)
class SubscriberExport:
    """All rows that speak of one subscriber, each list in the order of time."""

    preferences: Subscriber
    suppressed_as: str | None
    reminded_at: datetime | None
    sign_ups: QuerySet[MailJob]
    confirmations: QuerySet[ConfirmationToken]
    consents: QuerySet[Consent]
    deliveries: QuerySet[Delivery]
    provider_events: QuerySet[ProviderEvent]


class ExportSerializer(serializers.Serializer[SubscriberExport]):
    """All that is kept of a subscriber."""

    preferences = PreferencesSerializer()
    suppressed_as = serializers.ChoiceField(
        choices=Suppression.Reason.choices, allow_null=True, help_text="Why the mailbox gets no mail, if so."
    )
    reminded_at = serializers.DateTimeField(
        allow_null=True, help_text="When a mail last said that there is a subscription already."
    )
    sign_ups = SignUpJobSerializer(many=True)
    confirmations = ConfirmationSerializer(many=True)
    consents = ConsentSerializer(many=True)
    deliveries = OwnDeliverySerializer(many=True)
    provider_events = OwnProviderEventSerializer(many=True)
