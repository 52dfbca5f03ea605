"""What texts, web addresses and currencies may hold: the same to Python and to PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import DateField, Model

from catalog.models import Tool, ToolFit
from catalog.validators import (
    CLAUSE_PATTERN,
    CURRENCIES,
    INVISIBLE_PATTERN,
    NAME_PATTERN,
    WEB_ADDRESS_PATTERN,
    validate_clause,
    validate_currency,
    validate_date_shown,
    validate_name,
    validate_past_day,
    validate_visible_text,
    validate_web_address,
)
from comparisons.catalog_file.format import SCHEMA
from comparisons.models import PairFit
from reviews.models import HeadToHead, Review


def is_taken(validate: Callable[[Any], None], value: Any) -> bool:
    try:
        validate(value)
    except ValidationError:
        return False
    return True


def matches(value: str, operator: str, pattern: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s {operator} %s", [value, pattern])
        (answer,) = cursor.fetchone()
        return bool(answer)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "is_visible"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param("C’est l'été: (1.0) & co. Ａ\t🚀\u2028", True, id="odd but visible"),
        pytest.param("क्\u200dष हिन्दी", True, id="a joiner between Hindi letters"),
        pytest.param("می\u200cخواهم", True, id="a non-joiner between Persian letters"),
        pytest.param("👩\u200d💻 ❤\ufe0f", True, id="emoji of several"),
        pytest.param("Cha\u200btGPT", False, id="a zero-width space"),
        pytest.param("Cha\u200dtGPT", False, id="a joiner between Latin letters"),
        pytest.param("Скай\u200cп", False, id="a non-joiner between Cyrillic letters"),
        pytest.param("\u200dक", False, id="a joiner at the beginning"),
        pytest.param("क\u200d", False, id="a joiner at the end"),
        pytest.param("a\u202eb", False, id="an override of direction"),
        pytest.param("a\u2067b", False, id="an isolate"),
        pytest.param("a\u200fb", False, id="a mark of direction"),
        pytest.param("\ufeffa", False, id="a byte order mark"),
        pytest.param("soft\u00adware", False, id="a soft hyphen"),
        pytest.param("\u3164", False, id="a name that is a filler"),
    ],
)
def test_invisible_characters_are_refused_by_python_and_by_the_database(text: str, is_visible: bool) -> None:
    assert is_taken(validate_visible_text, text) is is_visible
    assert matches(text, "!~", INVISIBLE_PATTERN) is is_visible


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "is_a_name"),
    [
        pytest.param("X", True, id="a letter"),
        pytest.param("\u2800 7", True, id="a digit beside a blank"),
        pytest.param("e\u0301", True, id="a letter with its accent"),
        pytest.param("…", True, id="a mark of punctuation"),
        pytest.param("⠓⠊", True, id="Braille"),
        pytest.param("🚀", True, id="an emoji"),
        pytest.param("हि", True, id="Hindi"),
        pytest.param("", False, id="nothing"),
        pytest.param(" \u00a0\u2003\u3000\t", False, id="spaces"),
        pytest.param("\u2800", False, id="Braille without dots"),
        pytest.param("\u0301\u20dd\ufe0f", False, id="accents without a letter"),
        pytest.param("\u05b0\u064b", False, id="points of Hebrew and Arabic without a letter"),
        pytest.param("\u2800 \u0301", False, id="blanks and accents"),
    ],
)
def test_a_name_of_blanks_and_accents_alone_is_none_in_python_the_database_and_a_file(
    name: str, is_a_name: bool
) -> None:
    in_a_file = SCHEMA["$defs"]["name"]["pattern"]

    assert is_taken(validate_name, name) is is_a_name
    assert matches(name, "~", NAME_PATTERN) is is_a_name
    assert NAME_PATTERN in in_a_file


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "is_plain"),
    [
        pytest.param("https://example.com", True, id="a host"),
        pytest.param("HTTP://example.com:8080/@me/a?b=c@d#e", True, id="a port, and signs behind the host"),
        pytest.param("https://bücher.example/é", True, id="letters of any script"),
        pytest.param("https://good.example\\@evil.example", False, id="a backslash"),
        pytest.param("https://me:secret@example.com/", False, id="credentials"),
        pytest.param("https://good.example@evil.example", False, id="a host that is a user name"),
        pytest.param("ftp://example.com/x", False, id="ftp"),
        pytest.param("javascript:alert(1)", False, id="a script"),
        pytest.param("//example.com", False, id="no scheme"),
        pytest.param("https://exa mple.com", False, id="a space"),
    ],
)
def test_an_address_leads_where_it_looks_to_lead(address: str, is_plain: bool) -> None:
    assert is_taken(validate_web_address, address) is is_plain
    assert matches(address, "~*", WEB_ADDRESS_PATTERN) is is_plain


def test_currencies_are_those_that_money_is_counted_in() -> None:
    assert len(CURRENCIES) == len(set(CURRENCIES)) == 157
    assert is_taken(validate_currency, "USD")
    for code in ("XXQ", "XXX", "XAU", "usd", "DEM", "US", ""):
        assert not is_taken(validate_currency, code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "is_clause"),
    [
        pytest.param("it must run without a network", True, id="words"),
        pytest.param("a", True, id="one letter"),
        pytest.param("it's R&D in C#, or C++ (C++26)", True, id="marks within words"),
        pytest.param("answers must take < 1 s", False, id="an angle bracket"),
        pytest.param("you need 100 %", True, id="a percent sign at the end"),
        pytest.param("אתה עובד בלי רשת", True, id="Hebrew"),
        pytest.param("网络不可用", True, id="Chinese"),
        pytest.param("iffy networks are all you have", True, id="iffy"),
        pytest.param("if it must be free", False, id="if"),
        pytest.param("If, and only if, it is free", False, id="If with a comma"),
        pytest.param("", False, id="nothing"),
        pytest.param(" it must be free", False, id="a space at the beginning"),
        pytest.param("it must be free ", False, id="a space at the end"),
        pytest.param("it must be free.", False, id="a full stop"),
        pytest.param("must it be free?", False, id="a question mark"),
        pytest.param("it must be free…", False, id="an ellipsis"),
        pytest.param("(it must be free)", False, id="a mark at the beginning"),
        pytest.param("it must be <b>free</b>", False, id="HTML"),
        pytest.param("it must be **free**", False, id="Markdown's stars"),
        pytest.param("it must be `free`", False, id="Markdown's code"),
        pytest.param("it must be [free](https://a.example)", False, id="Markdown's link"),
        pytest.param("it must be {{ free }}", False, id="a template"),
        pytest.param("it must\nbe free", False, id="a line break"),
        pytest.param("it must be free\n", False, id="a line break at the end"),
        pytest.param("a; b: take Cursor", False, id="a sentence's own parts"),
        pytest.param("it must be free: no card", False, id="a colon"),
        pytest.param("see https://example.com", False, id="a web address"),
        pytest.param("it is on www.example.com", False, id="a web address without a scheme"),
        pytest.param("it must run οffline", False, id="a Greek letter in a Latin word"),
        pytest.param("it must be сheap", False, id="a Cyrillic letter in a Latin word"),
        pytest.param("она aльфа", False, id="a Latin letter in a Cyrillic word"),
        pytest.param("it must be fre\u0301е", False, id="a Cyrillic letter after a letter with a mark"),
        pytest.param("ты работаешь с API", True, id="words of two scripts"),
        pytest.param("you read αβγ and Ångström", True, id="Greek beside Latin with marks"),
        pytest.param("it answers within 5 µs", True, id="the micro sign"),
        pytest.param("it must run Node.js 22/24", True, id="a point within a word"),
        pytest.param("it must\tbe free", False, id="a tab"),
    ],
)
def test_a_clause_is_plain_words_after_if(text: str, *, is_clause: bool) -> None:
    assert is_taken(validate_clause, text) is is_clause
    assert matches(text, "~", CLAUSE_PATTERN) is is_clause


@pytest.mark.parametrize(
    ("days_ahead", "is_day"),
    [
        pytest.param(0, True, id="today"),
        pytest.param(1, True, id="tomorrow, as it may be east of us"),
        pytest.param(2, False, id="the day after"),
    ],
)
@time_machine.travel("2026-11-02T23:59:59Z", tick=False)
def test_a_day_of_the_past_lies_at_most_a_day_ahead(days_ahead: int, *, is_day: bool) -> None:
    assert is_taken(validate_past_day, date(2026, 11, 2) + timedelta(days=days_ahead)) is is_day


@pytest.mark.parametrize(
    ("day", "is_day"),
    [
        (date(1, 1, 1), False),
        (date(1999, 12, 31), False),
        (date(2000, 1, 1), True),
        (date(2026, 10, 20), True),
        (date(9999, 12, 31), False),
    ],
    ids=str,
)
def test_a_day_of_the_past_is_from_2000_on(day: date, *, is_day: bool) -> None:
    assert is_taken(validate_past_day, day) is is_day


# Each day that readers are shown beside what somebody looked at.
DAYS = [(Tool, "pricing_checked_on"), (ToolFit, "checked_on"), (PairFit, "checked_on")]
DAYS += [(Review, "reviewed_on"), (HeadToHead, "compared_on")]


@pytest.mark.parametrize(("model", "field"), DAYS, ids=[f"{model.__name__}.{field}" for model, field in DAYS])
def test_every_day_that_readers_see_is_one_of_the_past(model: type[Model], field: str) -> None:
    validators = {each.name: each.validators for each in model._meta.concrete_fields}

    assert validate_past_day in validators[field]


def test_no_day_that_readers_see_is_forgotten() -> None:
    """What the database alone writes, such as former revisions, is none that somebody enters."""
    apps_of_days = [apps.get_app_config(name) for name in ("catalog", "reviews", "comparisons")]
    found = {
        (model, field.name)
        for app in apps_of_days
        for model in app.get_models()
        for field in model._meta.concrete_fields
        if type(field) is DateField and not model.__name__.endswith("Revision")
    }

    assert found == set(DAYS)


@pytest.mark.parametrize(
    ("moment", "is_date"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), False),
        (datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2000, 1, 1, tzinfo=UTC), True),
        (datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2200, 1, 1, tzinfo=UTC), False),
        (datetime(9999, 12, 31, tzinfo=UTC), False),
    ],
    ids=str,
)
def test_a_date_that_readers_see_is_from_2000_to_2199(moment: datetime, is_date: bool) -> None:
    assert is_taken(validate_date_shown, moment) is is_date
