"""What tests of a round share: an edition whose copies go to given addresses, and a round over SMTP."""

import time

from newsletter.models import Delivery, Edition
from newsletter.sending import sender
from newsletter.transport.mailer import SmtpMailer
from newsletter.transport.smtp import Server
from tests.factories import NOW, DeliveryFactory, EditionFactory, SegmentFactory
from tests.newsletter.sinks import RunningSink


def an_edition(*addresses: str) -> Edition:
    edition: Edition = EditionFactory(
        state="sending", frozen_at=NOW, prepared_at=NOW, audience=len(addresses)
    )
    segment = SegmentFactory(edition=edition)
    for address in addresses:
        DeliveryFactory(edition=edition, segment=segment, address=address)
    return edition


def send(edition: Edition, sink: RunningSink, *, seconds: float = 20) -> None:
    send_to(sink.server, edition, seconds=seconds)


def send_to(server: Server, edition: Edition, *, seconds: float) -> None:
    sender.send(edition.pk, new_mailer=lambda: SmtpMailer(server), until=time.monotonic() + seconds)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("address", "state"))
