"""Made beside running code: the index of products, and the check of earlier rows."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models.functions import Upper

from backend.api.sql import validate_where_it_holds


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("catalog", "0027_releases_name_their_product")]

    operations = [
        validate_where_it_holds("catalog_tool", "tool_product_is_visible"),
        AddIndexConcurrently(
            "tool",
            models.Index(Upper("product"), condition=~models.Q(product=""), name="tools_by_product"),
        ),
    ]
