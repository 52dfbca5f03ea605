"""Publishing pairs is a permission of its own, and roles get what they may do to pairs."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [("comparisons", "0018_earlier_days_are_checked"), *NEEDS]

    operations = [
        migrations.AlterModelOptions(
            name="comparison",
            options={"permissions": [("publish_comparison", "Can publish and archive comparisons")]},
        ),
        grant(
            "comparisons",
            everyone=["view_comparison", "view_pairfit", "view_verdictchange"],
            writer=["add_comparison", "change_comparison", "add_pairfit", "change_pairfit", "delete_pairfit"],
            editor=[
                "add_comparison",
                "change_comparison",
                "delete_comparison",
                "publish_comparison",
                "add_pairfit",
                "change_pairfit",
                "delete_pairfit",
            ],
        ),
    ]
