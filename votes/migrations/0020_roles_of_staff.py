"""Moderating is a permission of its own, and roles get what they may do to votes."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant

NUMBERS = [
    "view_closedday", "view_picktally", "view_picktallyday", "view_publishedpicktally", "view_publishedtally",
    "view_tally", "view_tallyday",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("votes", "0019_networks_of_one_provider_decide_nothing"), *NEEDS]

    operations = [
        migrations.AlterModelOptions(
            name="pick", options={"permissions": [("moderate_pick", "Can moderate picks")]}
        ),
        migrations.AlterModelOptions(
            name="vote", options={"permissions": [("moderate_vote", "Can moderate votes")]}
        ),
        grant(
            "votes",
            everyone=NUMBERS,
            moderator=[
                "view_alert",
                "change_alert",
                "view_moderationaction",
                "view_voter",
                "view_pick",
                "moderate_pick",
                "view_vote",
                "moderate_vote",
            ],
            administrator=["change_voter", "delete_voter"],
        ),
    ]
