"""Earlier tools and pairs get their rows, some at a time, while they are read and written."""

from typing import Any

from django.db import migrations

BATCH = 2_000


def list_all(apps: Any, schema_editor: Any) -> None:
    tools = apps.get_model("catalog", "Tool").objects.order_by("pk").values_list("pk", flat=True)
    ids = list(tools[:BATCH])
    while ids:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT comparisons_list_tools(%s)", [ids])
        ids = list(tools.filter(pk__gt=ids[-1])[:BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comparisons", "0026_lists_have_rows_of_their_own")]

    operations = [migrations.RunPython(list_all, migrations.RunPython.noop)]
