"""No two accounts have names that differ only by capital letters.

The index is made at once: the table has a row for each of the staff. The pages of the code before say of such a name that
nothing was saved. PostgreSQL folds here as it does for Django's `iexact`, by which the forms look.
"""

from django.db import migrations

# Which of two accounts keeps its name is for people to say.
ONE_NAME = """
DO $$ BEGIN
    CREATE UNIQUE INDEX one_account_has_a_name_in_any_case ON auth_user (upper(username::text));
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'The names of these accounts differ only by capital letters: %. Rename all but one of each in the admin (Users), then migrate again.',
        (SELECT string_agg(names, '; ' ORDER BY names) FROM (
            SELECT string_agg(username, ', ' ORDER BY username) AS names
            FROM auth_user GROUP BY upper(username::text) HAVING count(*) > 1
        ) of_one)
        USING ERRCODE = 'unique_violation';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0009_used_accounts_say_what_to_do"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(ONE_NAME, "DROP INDEX one_account_has_a_name_in_any_case;"),
    ]
