"""The tables of reviews, one module for each subject: import them from here."""

from reviews.models.head_to_heads import HeadToHead, HeadToHeadRevision
from reviews.models.opinions import QUOTE_WORDS, Opinion
from reviews.models.panels import Panel
from reviews.models.reviewers import Calibration, Reviewer
from reviews.models.reviews import Review, ReviewRevision

__all__ = [
    "QUOTE_WORDS",
    "Calibration",
    "HeadToHead",
    "HeadToHeadRevision",
    "Opinion",
    "Panel",
    "Review",
    "ReviewRevision",
    "Reviewer",
]
