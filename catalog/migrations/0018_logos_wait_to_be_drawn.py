"""A logo that was sent waits in the database until a worker has drawn it."""

from django.db import migrations, models
from django.db.models.lookups import LessThanOrEqual


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_roles_of_staff")]

    operations = [
        migrations.CreateModel(
            name="LogoUpload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("content", models.BinaryField()),
                ("uploaded_by", models.CharField(blank=True, max_length=150)),
                ("uploaded_at", models.DateTimeField()),
                ("refusal", models.CharField(blank=True, max_length=200)),
                (
                    "tool",
                    models.OneToOneField(
                        on_delete=models.deletion.CASCADE, related_name="logo_upload", to="catalog.tool"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=LessThanOrEqual(
                            models.Func(
                                "content", function="octet_length", output_field=models.IntegerField()
                            ),
                            1_000_000,
                        ),
                        name="a_logo_is_at_most_a_megabyte",
                    )
                ]
            },
        ),
    ]
