"""Sending the mail and seeing addresses are permissions of their own, and roles get what they may do with the mail."""

from django.db import migrations

from backend.admin.roles import NEEDS, grant


class Migration(migrations.Migration):
    dependencies = [("newsletter", "0023_moves_are_found_by_the_former_address"), *NEEDS]

    operations = [
        migrations.AlterModelOptions(
            name="edition", options={"permissions": [("send_edition", "Can send, pause and cancel editions")]}
        ),
        migrations.AlterModelOptions(
            name="subscriber", options={"permissions": [("see_address", "Can see whole addresses")]}
        ),
        grant(
            "newsletter",
            everyone=["view_edition"],
            sender=[
                "add_edition",
                "change_edition",
                "send_edition",
                "view_delivery",
                "view_mailjob",
                "view_providerevent",
                "view_subscriber",
                "view_suppression",
            ],
            administrator=[
                "delete_edition",
                "view_consent",
                "change_subscriber",
                "delete_subscriber",
                "see_address",
                "add_suppression",
                "delete_suppression",
            ],
        ),
    ]
