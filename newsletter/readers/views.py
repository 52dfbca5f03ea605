"""Endpoints for subscribers of the mail: sign up, confirm, change preferences, export, unsubscribe, erase."""

from datetime import datetime

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema

from backend.api.bodies import json_of
from backend.api.clients import client_address
from backend.api.credentials import bearer
from backend.api.idempotency import idempotent
from backend.api.problems import refuses
from backend.api.rate_limits import RateLimitState
from backend.api.views import PrivateView, nothing, private_answer
from newsletter.models import Consent, Delivery, MailJob, ProviderEvent, Subscriber, Suppression
from newsletter.readers import consent, links, sign_ups
from newsletter.readers.addresses import InvalidAddress
from newsletter.readers.serializers import (
    AcceptedSerializer,
    ChangePreferencesSerializer,
    ConfirmedSerializer,
    ConfirmSerializer,
    ExportSerializer,
    FreshLinksSerializer,
    MoveSerializer,
    PreferencesSerializer,
    SubscriberExport,
    SubscribeSerializer,
    choices_of,
    preferences_of,
)
from newsletter.readers.upcoming import Upcoming

ACCEPTED = {"detail": "If we may write to this address, a mail is on its way: follow the link in it."}
LINKS = {"detail": "If this address gets our mail, links of its own are on their way to it."}
MAILED = {"detail": "A mail is on its way to the subscriber's own address: its link exports and erases."}
SOURCE = Consent.Source.API


class SignUpView(PrivateView):
    """Counts each attempt before it looks at what was sent, so that every answer says what is left; and a sign-up once it
    is valid."""

    counted_by = sign_ups.PREFIX_LIMITS[0]

    def count(self, request: HttpRequest) -> RateLimitState:
        return sign_ups.count_attempt(address=client_address(request), now=timezone.now())

    def count_sign_up(self, request: HttpRequest, *, now: datetime) -> None:
        """Raises Throttled."""
        left = sign_ups.count_sign_up(address=client_address(request), now=now)
        self.rate_limits = self.rate_limits + left if self.rate_limits else left


class SubscriptionsView(SignUpView):
    @extend_schema(
        operation_id="create_subscription",
        tags=["newsletter"],
        request=SubscribeSerializer,
        responses={202: AcceptedSerializer},
    )
    @refuses(InvalidAddress, consent.NothingChosen)
    @idempotent
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for the mail

        Answers every address alike, in words and in time: known or not, subscribed or not. What the address gets is a
        mail: a link to confirm with, good for 48 hours, or a reminder of being subscribed already. Nobody is
        subscribed before the link is followed, and the choices sent here count from then on. A mailbox gets at most 3
        such mails a day, and one in 5 minutes while its link works. What is refused with a 400 uses up none of a
        network's sign-ups.
        """
        body = SubscribeSerializer.validate_json(json_of(request))
        address = body.pop("email")
        choices = preferences_of(body)
        consent.refuse_nothing(choices, follows=bool(choices.get("reviewers")))
        now = timezone.now()
        self.count_sign_up(request, now=now)
        sign_ups.sign_up(address=address, choices=choices, source=SOURCE, now=now)
        return private_answer(AcceptedSerializer(ACCEPTED).data, status=202)


class FreshLinksView(SignUpView):
    @extend_schema(
        operation_id="create_links_mail",
        tags=["newsletter"],
        request=FreshLinksSerializer,
        responses={202: AcceptedSerializer},
    )
    @refuses(InvalidAddress)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for fresh links

        For readers whose link to leave, to their preferences or to their data is cut or too old. An address that gets our
        mail is sent all three; the answer is the same for every address. A mailbox gets at most 3 such mails a day.
        Each call counts towards a network's sign-ups.
        """
        address = FreshLinksSerializer.validate_json(json_of(request))["email"]
        now = timezone.now()
        self.count_sign_up(request, now=now)
        sign_ups.ask_for_fresh_links(address=address, source=SOURCE, now=now)
        return private_answer(AcceptedSerializer(LINKS).data, status=202)


class ConfirmView(PrivateView):
    def upcoming_for(self, subscriber: Subscriber, *, now: datetime) -> Upcoming:
        """Handed in by `as_view`, for the calendar stands above this room."""
        raise NotImplementedError

    @extend_schema(
        operation_id="confirm_subscription",
        tags=["newsletter"],
        request=ConfirmSerializer,
        responses={200: ConfirmedSerializer},
    )
    @refuses(*consent.CONFIRMATION_REFUSALS)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Confirm a subscription

        For the frontend's own page that the mail's link opens. Mail scanners open links too, so confirm when the
        reader presses a button, not when the page loads. Confirming again answers the same.
        """
        token = ConfirmSerializer.validate_json(json_of(request))["token"]
        now = timezone.now()
        subscriber = consent.confirm(token=token, source=SOURCE, now=now)
        upcoming = self.upcoming_for(subscriber, now=now)
        answer = {
            "status": subscriber.status,
            "preferences_token": links.preferences_token(subscriber.pk),
            "next_mail_at": upcoming.next_mail_at,
            "last_edition": upcoming.last_edition,
        }
        return private_answer(ConfirmedSerializer(answer).data)


class PreferencesView(PrivateView):
    credentials = links.SUBSCRIBER

    @extend_schema(operation_id="retrieve_preferences", tags=["newsletter"], responses=PreferencesSerializer)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Retrieve one's preferences

        Address, topics, reviewers and frequency of whom the token of the mail's links is for.
        """
        return preferences_answer(authorized(request))

    @extend_schema(
        operation_id="update_preferences",
        tags=["newsletter"],
        request=ChangePreferencesSerializer,
        responses=PreferencesSerializer,
    )
    @refuses(consent.NothingChosen)
    def patch(self, request: HttpRequest) -> HttpResponse:
        """Change one's preferences

        What is left out stays. Preferences never subscribe anybody again who has left.
        """
        subscriber = authorized(request)
        choices = preferences_of(ChangePreferencesSerializer.validate_json(json_of(request)))
        changed = consent.change_preferences(
            subscriber=subscriber, choices=choices, source=SOURCE, now=timezone.now()
        )
        return preferences_answer(changed)

    @extend_schema(
        operation_id="delete_subscriber",
        tags=["newsletter"],
        responses={204: None},
    )
    @refuses(links.OwnerLinkNeeded)
    def delete(self, request: HttpRequest) -> HttpResponse:
        """Erase the subscriber

        With a token of the mail that `POST /newsletter/preferences/access` sends to the subscriber: mails are forwarded,
        and with them their links to the preferences. Forgets address and choices, and ends the mail. What is left is a
        keyed hash of the address, so that the mailbox is left alone from now on, and the record of consent under it.
        """
        consent.erase(subscriber=owner(request), source=SOURCE, now=timezone.now())
        return nothing()


class AccessView(PrivateView):
    credentials = links.SUBSCRIBER
    counted_by = sign_ups.OWNER_LIMITS[0]

    @extend_schema(
        operation_id="create_access_mail",
        tags=["newsletter"],
        request=None,
        responses={202: AcceptedSerializer},
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask for the mail that lets its owner export and erase

        It goes to the subscriber's own address, at most three times a day. Its link has a token that lasts 24 hours, and
        that `GET /newsletter/preferences/export` and `DELETE /newsletter/preferences` take.
        """
        self.rate_limits = sign_ups.ask_for_owner_link(
            subscriber=authorized(request), source=SOURCE, now=timezone.now()
        )
        return private_answer(AcceptedSerializer(MAILED).data, status=202)


class MoveView(PrivateView):
    credentials = links.SUBSCRIBER
    counted_by = sign_ups.MOVE_LIMITS[0]

    @extend_schema(
        operation_id="move_subscription",
        tags=["newsletter"],
        request=MoveSerializer,
        responses={202: AcceptedSerializer},
    )
    @refuses(links.OwnerLinkNeeded, InvalidAddress, sign_ups.NotSubscribed, sign_ups.SameAddress)
    def post(self, request: HttpRequest) -> HttpResponse:
        """Move to another address

        With a token of the mail that `POST /newsletter/preferences/access` sends. The other address gets a link, good for
        48 hours. Confirming there moves the subscription with its choices, and the former address gets a last mail
        that says so. The answer is the same for every address; at most three are asked a day.
        """
        subscriber = owner(request)
        address = MoveSerializer.validate_json(json_of(request))["email"]
        choices = choices_of(subscriber)
        self.rate_limits = sign_ups.ask_to_move(
            subscriber=subscriber, address=address, choices=choices, source=SOURCE, now=timezone.now()
        )
        return private_answer(AcceptedSerializer(ACCEPTED).data, status=202)


class ExportView(PrivateView):
    credentials = links.SUBSCRIBER

    @extend_schema(
        operation_id="export_subscriber",
        tags=["newsletter"],
        responses={200: ExportSerializer},
    )
    @refuses(links.OwnerLinkNeeded)
    def get(self, request: HttpRequest) -> HttpResponse:
        """Export all that is kept of the subscriber

        With a token of the mail that `POST /newsletter/preferences/access` sends, as for erasure. The address, the
        choices, the record of consent, sign-ups whose mail waits to be sent, each edition that was
        sent, and what a mail provider told of it.
        """
        return private_answer(ExportSerializer(export_of(owner(request))).data)


class UnsubscribeView(PrivateView):
    credentials = links.SUBSCRIBER

    @extend_schema(operation_id="end_subscription", tags=["newsletter"], request=None, responses={204: None})
    def post(self, request: HttpRequest) -> HttpResponse:
        """End the mail

        For the frontend's own page that the mail's link opens, with the token of that link or of the preferences. Also
        right when there is no subscription any more. Mail programs use the one-click address in the mail's own headers
        instead.
        """
        subscriber = authorized(request, links.PREFERENCES, links.UNSUBSCRIBE)
        consent.unsubscribe(subscriber=subscriber, source=SOURCE, now=timezone.now())
        return nothing()


def authorized(request: HttpRequest, *purposes: str) -> Subscriber:
    """The subscriber that `Authorization: Subscriber <token>` names; raises SubscriberRefusal. One query."""
    return links.subscriber_of(bearer(request, links.SUBSCRIBER), *(purposes or (links.PREFERENCES,)))


def owner(request: HttpRequest) -> Subscriber:
    """The subscriber whose token was mailed lately; raises SubscriberRefusal or OwnerLinkNeeded. One query."""
    return links.owner_of(bearer(request, links.SUBSCRIBER), now=timezone.now())


def preferences_answer(subscriber: Subscriber) -> HttpResponse:
    return private_answer(PreferencesSerializer(subscriber).data)


def export_of(subscriber: Subscriber) -> SubscriberExport:
    """All that is kept of the subscriber; with its serialization eleven queries."""
    key = subscriber.address_key
    suppression = Suppression.objects.filter(address_key=key).first()
    deliveries = Delivery.objects.filter(subscriber=subscriber).select_related("edition")
    return SubscriberExport(
        preferences=subscriber,
        suppressed_as=suppression.reason if suppression else None,
        reminded_at=subscriber.reminded_at,
        sign_ups=MailJob.objects.filter(
            Q(address=subscriber.address) | Q(replaces=subscriber), kind="sign_up"
        ).order_by("created_at", "id"),
        confirmations=subscriber.confirmation_tokens.order_by("created_at", "key"),
        consents=Consent.objects.filter(address_key=key).order_by("id"),
        deliveries=deliveries.order_by("created_at", "id"),
        provider_events=ProviderEvent.objects.filter(address_key=key).order_by("happened_at", "id"),
    )
