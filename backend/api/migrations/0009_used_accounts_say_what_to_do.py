"""Who deletes an account that was used is told what to do instead."""

from django.db import migrations

from backend.api.sql import load_sql

BEFORE = r"""
CREATE OR REPLACE FUNCTION api_keep_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Close the account instead: what % did names them.', OLD.username
        USING ERRCODE = 'restrict_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("api", "0008_counts_are_kept_as_rows_change")]

    operations = [migrations.RunSQL(load_sql("api", "accounts"), BEFORE)]
