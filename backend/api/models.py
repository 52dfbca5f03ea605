"""What every app shares: what is remembered of requests (how many came, the daily salts of client networks, the answers
to those with an Idempotency-Key), the history of published data, and counts that are kept as rows change."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Value
from django.db.models.functions import Coalesce, Now


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
    """A request with an Idempotency-Key: running until `encrypted` holds its answer.

    `key` is an HMAC, and the key to decrypt with is the client's, which is not kept: a leaked table
    yields no token.
    """

    key = models.BinaryField(primary_key=True, max_length=32)
    fingerprint = models.BinaryField(max_length=32)
    claimed_at = models.DateTimeField()
    encrypted = models.BinaryField(db_column="sealed", null=True)

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


def _attributed(name: str) -> Coalesce:
    """What backend.api.attribution says of the transaction; nothing in a shell and in plain SQL."""
    return Coalesce(
        Func(Value(f"history.{name}"), Value(True), function="current_setting"),
        Value(""),
        output_field=models.TextField(),
    )


class Change(models.Model):
    """One change of one row of published data, written by the database's triggers and never changed.

    `columns` holds the row's columns that changed, each as [before, after]; all of a deleted row, none of a new one.
    Users and rows are named by value: their history outlives them.
    """

    class Action(models.TextChoices):
        INSERT = "insert", "Added"
        UPDATE = "update", "Changed"
        DELETE = "delete", "Deleted"

    table_name = models.CharField(max_length=63)
    row_id = models.UUIDField()
    action = models.CharField(max_length=8, choices=Action)
    columns = models.JSONField()
    changed_at = models.DateTimeField(db_default=Now())
    actor = models.TextField(
        blank=True, db_default=_attributed("actor"), help_text="The user, where it was one."
    )
    source = models.TextField(
        blank=True,
        db_default=_attributed("source"),
        help_text="The admin, or a command; empty for a shell and plain SQL.",
    )
    role = models.TextField(db_default=Func(template="SESSION_USER"), help_text="The database's role.")
    why = models.TextField(blank=True, db_default=_attributed("why"))

    class Meta:
        indexes = [
            # The history of one row.
            models.Index(fields=["row_id", "id"], name="changes_by_row"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(action__in=["insert", "update", "delete"]),
                name="a_change_is_of_a_known_kind",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.changed_at:%Y-%m-%d %H:%M}"


class CountChange(models.Model):
    """By how much a count moved; it is their sum. The database adds them as other rows change (sql/row_counts.sql)."""

    name = models.CharField(max_length=63)
    # What is counted apart: the values of some columns of the rows.
    key = ArrayField(models.TextField())
    number = models.IntegerField()

    class Meta:
        indexes = [
            # One count, and all of a name.
            models.Index(fields=["name", "key"], name="count_changes_by_key"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.key} {self.number:+}"
