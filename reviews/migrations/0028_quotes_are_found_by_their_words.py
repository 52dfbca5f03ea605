"""The desk finds quotes by their words; made beside running code."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations
from django.db.models import F, Func, TextField, Value

WORDS = SearchVector(
    Func(
        F("quote"),
        Value(r"[\W_]+"),
        Value(" "),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    ),
    config="simple",
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("reviews", "0027_reviews_of_a_reviewer_are_counted")]

    operations = [
        AddIndexConcurrently("review", GinIndex(WORDS, name="reviews_by_words")),
        AddIndexConcurrently("headtohead", GinIndex(WORDS, name="head_to_heads_by_words")),
    ]
