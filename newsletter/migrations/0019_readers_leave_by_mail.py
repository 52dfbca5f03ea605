"""A reader may leave by a mail to the address for that, which the record of consent names as a source of its own."""

from django.db import migrations, models

EARLIER = "'page', 'api', 'one_click', 'provider', 'staff'"
# Rows with the new value stay on the way back: the record of consent is never changed.
REPLACE = """
ALTER TABLE newsletter_{table} DROP CONSTRAINT {name};
ALTER TABLE newsletter_{table} ADD CONSTRAINT {name} CHECK (source IN ({sources})) NOT VALID;
"""
VALIDATE = "ALTER TABLE newsletter_{table} VALIDATE CONSTRAINT {name}"
NAMES = {"consent": "consent_source_is_known", "mailjob": "mail_job_source_is_known"}
CHOICES = [
    ("page", "Our page"),
    ("api", "The frontend's page"),
    ("one_click", "One click in a mail program"),
    ("mail", "A mail to the address to unsubscribe"),
    ("provider", "Bounce or complaint"),
    ("staff", "Staff"),
]
SOURCES = [value for value, _ in CHOICES]


def replaced(table: str, name: str) -> list[migrations.RunSQL]:
    values = {"table": table, "name": name}
    return [
        migrations.RunSQL(
            REPLACE.format(**values, sources=f"'mail', {EARLIER}"), REPLACE.format(**values, sources=EARLIER)
        ),
        migrations.RunSQL(VALIDATE.format(**values), migrations.RunSQL.noop),
    ]


def known(table: str, name: str) -> list[migrations.operations.base.Operation]:
    field = models.CharField(choices=CHOICES, max_length=16)
    constraint = models.CheckConstraint(condition=models.Q(source__in=SOURCES), name=name)
    return [
        migrations.AlterField(model_name=table, name="source", field=field),
        migrations.RemoveConstraint(model_name=table, name=name),
        migrations.AddConstraint(model_name=table, constraint=constraint),
    ]


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0018_readers_move_to_another_address")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[each for table, name in NAMES.items() for each in replaced(table, name)],
            state_operations=[each for table, name in NAMES.items() for each in known(table, name)],
        ),
    ]
