"""Which database this is, so that a copy or an older self of it is told apart before it mails anybody."""

from django.db import models
from django.db.models import Q


class SendingIdentity(models.Model):
    """The one row that says in which cluster, and under which configured name, this database may send.

    A copy of the database brings the row along, and finds that its own cluster is another.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    cluster = models.CharField(
        max_length=100,
        help_text="What PostgreSQL said of itself when sending was allowed; empty: it never was.",
    )
    name = models.CharField(max_length=100, blank=True, help_text="SENDING_IDENTITY at that time.")
    allowed_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=500, blank=True, help_text="Why nothing is sent; empty: it is.")

    class Meta:
        verbose_name_plural = "sending identities"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_sending_identity")]

    def __str__(self) -> str:
        return self.cluster


class MailingJournal(models.Model):
    """A journal outside the database that has noted what was mailed, and the number of the latest line for it.

    The number is committed before the line is written. So a journal with a higher one has seen a later database.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    number = models.BigIntegerField()
    noted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id}: {self.number}"
