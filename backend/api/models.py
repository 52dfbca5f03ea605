"""What the API remembers of requests: how many came, the daily salts of client networks, and the answers
to those with an Idempotency-Key."""

from django.db import models


class RateCounter(models.Model):
    """How much of one limit one subject has used. `key` is an HMAC: no address and no token is at rest.

    The table is unlogged: counting costs no WAL, and a crash of PostgreSQL only begins every window anew.
    It has no second index, so that each count rewrites a row within its page.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    count = models.IntegerField()
    ends_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.count} until {self.ends_at:%H:%M:%S}"


class IdempotentAnswer(models.Model):
    """A request with an Idempotency-Key: running until `sealed` holds its answer.

    `key` is an HMAC, and `sealed` is encrypted under the client's key, which is not kept: a leaked table
    yields no token.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    fingerprint = models.BinaryField(max_length=32)
    claimed_at = models.DateTimeField()
    sealed = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"claimed at {self.claimed_at:%H:%M:%S}"


class Salt(models.Model):
    """The secret of one UTC day under which client networks are hashed; without it that day's hashes say nothing."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)

    class Meta:
        # The table is older than its place here.
        db_table = "votes_salt"

    def __str__(self) -> str:
        return str(self.day)
