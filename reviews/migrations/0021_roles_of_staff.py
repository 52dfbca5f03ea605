"""Publishing reviews is a permission of its own, and roles get what they may do to reviews."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [("reviews", "0020_earlier_days_and_sources_are_checked"), *NEEDS]

    operations = [
        migrations.AlterModelOptions(
            name="headtohead",
            options={
                "permissions": [("publish_headtohead", "Can publish and retract head-to-heads")],
                "verbose_name": "head-to-head",
            },
        ),
        migrations.AlterModelOptions(
            name="review", options={"permissions": [("publish_review", "Can publish and retract reviews")]}
        ),
        grant(
            "reviews",
            everyone=["view_headtohead", "view_panel", "view_review", "view_reviewer"],
            writer=["add_headtohead", "add_review", "change_headtohead", "change_review"],
            editor=[
                "add_headtohead",
                "change_headtohead",
                "delete_headtohead",
                "publish_headtohead",
                "add_review",
                "change_review",
                "delete_review",
                "publish_review",
                "add_reviewer",
                "change_reviewer",
                "delete_reviewer",
            ],
        ),
    ]
