"""Publishing tools is a permission of its own, and roles get what they may do in the catalog."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_earlier_days_are_checked"), *NEEDS]

    operations = [
        migrations.AlterModelOptions(
            name="tool", options={"permissions": [("publish_tool", "Can publish and archive tools")]}
        ),
        grant(
            "catalog",
            everyone=["view_category", "view_condition", "view_tool", "view_toolalias", "view_toolfit"],
            writer=["add_tool", "change_tool", "add_toolfit", "change_toolfit", "delete_toolfit"],
            editor=[
                "add_tool",
                "change_tool",
                "delete_tool",
                "publish_tool",
                "add_toolfit",
                "change_toolfit",
                "delete_toolfit",
                "add_category",
                "change_category",
                "delete_category",
                "add_condition",
                "change_condition",
                "delete_condition",
            ],
        ),
    ]
