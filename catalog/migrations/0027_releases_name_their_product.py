"""Releases of one product name it. Earlier rows are checked by the next migration."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import catalog.validators
from catalog.validators import is_visible


class Migration(migrations.Migration):
    dependencies = [("catalog", "0026_readers_see_what_the_state_says")]

    operations = [
        migrations.AddField(
            model_name="tool",
            name="product",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text=(
                    "What this is a release of, if there are several: the same words on each, such as Mistral 3 Small."
                ),
                max_length=100,
                validators=[catalog.validators.validate_visible_text],
            ),
        ),
        AddConstraintNotValid(
            model_name="tool",
            constraint=models.CheckConstraint(
                condition=is_visible("product"), name="tool_product_is_visible"
            ),
        ),
    ]
