"""Forms say that a pair exists; nothing in the database changes."""

from django.db import migrations, models
from django.db.models.functions import Greatest, Least


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0015_a_condition_of_a_pair_is_of_one_tool")]

    operations = [
        migrations.AlterConstraint(
            model_name="comparison",
            name="one_comparison_per_pair",
            constraint=models.UniqueConstraint(
                Least("first_tool", "second_tool"),
                Greatest("first_tool", "second_tool"),
                name="one_comparison_per_pair",
                violation_error_message="This pair exists already.",
            ),
        ),
    ]
