"""The tables of the weekly mail, one module for each subject: import them from here."""

from newsletter.models.bounces import Bounce, EditionHealth
from newsletter.models.consent import ConfirmationToken, Consent, MailJob, Suppression
from newsletter.models.deliveries import Delivery, MailRate
from newsletter.models.editions import Edition, Segment
from newsletter.models.feedback import ProviderEvent
from newsletter.models.identity import MailingJournal, SendingIdentity
from newsletter.models.subscribers import Subscriber

__all__ = [
    "Bounce",
    "ConfirmationToken",
    "Consent",
    "Delivery",
    "Edition",
    "EditionHealth",
    "MailJob",
    "MailRate",
    "MailingJournal",
    "ProviderEvent",
    "Segment",
    "SendingIdentity",
    "Subscriber",
    "Suppression",
]
