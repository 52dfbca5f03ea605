"""What texts, web addresses and currencies may hold, wherever they come from; constraints say the same in SQL."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db.models import Q
from django.utils import timezone

# Python, PostgreSQL and JSON Schema read these patterns alike.
#
# Characters that no reader sees, or that turn the direction of what follows: soft hyphen, zero-width space, marks and
# overrides of direction, fillers. The two joiners are letters' companions in Persian, Hindi and emoji; beside a Latin,
# Greek, Cyrillic or Hebrew letter, a space or nothing they only hide.
_HIDDEN = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    r"\u3164\ufeff\uffa0\ufff9-\ufffb"
)
INVISIBLE_PATTERN = rf"[{_HIDDEN}]|(^|[\u0001-\u05ff])[\u200c\u200d]|[\u200c\u200d]([\u0001-\u05ff]|$)"
# What no name can consist of: spaces, Braille without dots, and marks that stand on a letter. Vowel signs of Indian scripts
# are not among them: where the letter is missing they show a circle.
_BLANK = (
    r"\u0001-\u0020\u007f-\u00a0\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a"
    r"\u064b-\u065f\u0670\u0711\u0730-\u074a\u1680\u1ab0-\u1aff\u1dc0-\u1dff\u2000-\u200f\u2028\u2029\u202f\u205f\u20d0-\u20ff"
    r"\u2800\u2de0-\u2dff\u3000\u302a-\u302f\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
)
NAME_PATTERN = rf"[^{_BLANK}]"
# A host, and no user name before it; a backslash is a slash to a browser.
WEB_ADDRESS_PATTERN = r"^https?://[^\s/?#@\\]+([/?#][^\s\\]*)?$"

# Letters of two scripts in one word, one of which passes for the other. Marks may stand on them.
_SCRIPTS = {
    "Latin": r"A-Za-z\u00c0-\u024f\u1e00-\u1eff",
    "Greek": r"\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic, Armenian, Cherokee": r"\u0400-\u058f\u13a0-\u13ff\uab70-\uabbf",
}
_MIXED = "|".join(
    rf"[{script}][\u0300-\u036f]*[{other}]" for script, other in permutations(_SCRIPTS.values(), 2)
)
# The words after "if": "it must run without a network". They stand within sentences, so no mark of punctuation begins or
# ends them, none parts them as a sentence's own parts are, and none is one of markup. They are no web address, which has
# a colon or begins with "www.".
CLAUSE_PATTERN = (
    rf"^(?![Ii][Ff][\s,])(?=[^\s!-/:-@\[-`{{-~])(?!.*({_MIXED}))(?!.*[Ww][Ww][Ww]\.)"
    r"[^<>`*\[\]{}|\\:;\u0001-\u001f\u007f-\u009f]*[^<>`*\[\]{}|\\\u0001-\u001f\u007f-\u009f\s.,:;!?\u2026]\Z"
)
# No page that is compared here is older.
FIRST_DAY = date(2000, 1, 1)
FIRST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
# Later ones are slips of the keyboard.
FIRST_MOMENT_TOO_LATE = datetime(2200, 1, 1, tzinfo=UTC)

# ISO 4217 as of 2026: what prices can be in, and two that ended lately. Funds, metals and codes for tests are none.
_CODES = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = tuple(_CODES.split())

_INVISIBLE = re.compile(INVISIBLE_PATTERN)
_SEEN = re.compile(NAME_PATTERN)
# The same, and tags, which spell words that nobody sees; a joiner goes without the letter beside it.
_TO_REMOVE = re.compile(
    rf"[{_HIDDEN}\U000e0000-\U000e0fff]|(?<![\u0600-\U0010ffff])[\u200c\u200d]|[\u200c\u200d](?![\u0600-\U0010ffff])"
)


def validate_visible_text(value: str) -> None:
    if _INVISIBLE.search(value):
        raise ValidationError(
            "This has invisible characters, or such that turn the direction of text. Type it anew rather than paste it.",
            "invisible_characters",
        )


def visible_text(value: str) -> str:
    """The text without characters that no reader sees, or that turn the direction of what follows."""
    return _TO_REMOVE.sub("", value)


def validate_name(value: str) -> None:
    # Not a RegexValidator: its pattern would stand in the contract, at each name that readers get.
    if not _SEEN.search(value):
        raise ValidationError(
            "A name needs a letter, a digit or another sign that readers see.", "invisible_name"
        )


_validate_url = URLValidator(schemes=["http", "https"])


def validate_web_address(value: str) -> None:
    """Of a page on the web: http or https, and nothing that makes a host look like another."""
    if "\\" in value or _INVISIBLE.search(value):
        raise ValidationError("A web address holds neither backslashes nor invisible characters.", "invalid")
    _validate_url(value)
    if "@" in urlsplit(value).netloc:
        raise ValidationError("A web address may not hold a user name or password.", "invalid")


def validate_currency(value: str) -> None:
    if value not in CURRENCIES:
        raise ValidationError("Use the ISO 4217 code of a currency, such as USD.", "invalid_currency")


validate_clause = RegexValidator(
    CLAUSE_PATTERN,
    'Write the words after "if", such as: it must run without a network. No markup, no colon or semicolon, no web address, '
    "no word with letters of two scripts, and no mark at the end.",
    "invalid_clause",
)


def validate_past_day(value: date) -> None:
    """Of a day on which something was looked at: from 2000 on, and not ahead. East of us it may be tomorrow already."""
    if not FIRST_DAY <= value <= timezone.now().date() + timedelta(days=1):
        raise ValidationError("Give a day from 2000 on that does not lie ahead.", "invalid_day")


def validate_date_shown(value: datetime) -> None:
    """Of the date that readers see, which may lie ahead."""
    if value < FIRST_MOMENT:
        raise ValidationError("Give a date from 2000 on.", "date_too_early")
    if value >= FIRST_MOMENT_TOO_LATE:
        raise ValidationError("Give a date before 2200.", "date_too_late")


def is_past_day(field: str) -> Q:
    """A condition for a constraint, which has no clock: the column is empty, or not before the first day."""
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": FIRST_DAY})


def is_date_shown(field: str) -> Q:
    """Likewise of a date that readers see."""
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__gte": FIRST_MOMENT})


def is_visible(*fields: str) -> Q:
    """A condition for a constraint: none of the columns has invisible characters."""
    condition = Q()
    for field in fields:
        condition &= ~Q(**{f"{field}__regex": INVISIBLE_PATTERN})
    return condition


# A condition for a constraint: readers see something of the name.
HAS_A_NAME = Q(name__regex=NAME_PATTERN)


def is_web_address(field: str) -> Q:
    """A condition for a constraint: the column is empty or an address that a browser reads as it looks."""
    return Q(**{field: ""}) | Q(**{f"{field}__iregex": WEB_ADDRESS_PATTERN})
