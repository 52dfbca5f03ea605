"""Readers who vote without an account, and the challenges that bought their tokens."""

from django.db import models
from django.db.models import Q

from backend.api.ids import new_id


class Voter(models.Model):
    """A reader without an account, from the first vote on.

    `key` is an HMAC of the token's id: a leaked table yields no usable token. Of a voter who was erased the row
    remains, so that the token is refused from then on.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.BinaryField(max_length=32, unique=True)
    assurance = models.PositiveSmallIntegerField(
        default=0, help_text="0 none, 1 proof of work, 2 challenge, 3 mail confirmed, 4 confirmed by staff."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(assurance__lte=4), name="voter_assurance_is_known")]

    def __str__(self) -> str:
        return str(self.id)


class SpentChallenge(models.Model):
    """A challenge that has bought its one token; kept until it would be too old anyway."""

    key = models.BinaryField(primary_key=True, max_length=32)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key.hex()
