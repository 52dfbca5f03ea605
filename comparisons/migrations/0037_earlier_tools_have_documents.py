"""Earlier tools get the rows that searches look into, some at a time, while they are read and written."""

from typing import Any

from django.db import migrations

BATCH = 2_000


def document_all(apps: Any, schema_editor: Any) -> None:
    tools = apps.get_model("catalog", "Tool").objects.order_by("pk").values_list("pk", flat=True)
    ids = list(tools[:BATCH])
    while ids:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT comparisons_document_tools(%s)", [ids])
        ids = list(tools.filter(pk__gt=ids[-1])[:BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comparisons", "0036_searches_have_documents")]

    operations = [migrations.RunPython(document_all, migrations.RunPython.noop)]
