"""The settings of mail: who sends it and as whom, sign-ups, the weekly edition and how fast it goes out."""

import re
from zoneinfo import available_timezones

from backend.environment import require
from backend.mail_providers import PREFIX, anymail_settings, mail_hooks, mail_provider
from backend.service_urls import email_settings, imap_mailbox
from backend.settings_base import DATABASE_POOL_SIZE, PUBLIC_BASE_URL, env, public_url

# An anymail backend's name; empty: mail goes to the SMTP server of EMAIL_URL.
_mail_variables = env.with_prefix(PREFIX) | {
    name: env.text(name, default="") for name in ("AWS_DEFAULT_REGION", "SNS_TOPIC_ARNS")
}
MAIL_PROVIDER = mail_provider(env.text("MAIL_PROVIDER", default=""), _mail_variables)
# The provider whose webhooks are accepted; empty: none.
MAIL_HOOKS = mail_hooks(
    env.text("MAIL_HOOKS", default=""), provider=MAIL_PROVIDER, environment=_mail_variables
)
# The Amazon SNS topics whose messages are accepted.
SNS_TOPIC_ARNS = env.items("SNS_TOPIC_ARNS")
for _arn in SNS_TOPIC_ARNS:
    require(
        re.fullmatch(r"arn:aws(-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[\w.-]+", _arn),
        f"SNS_TOPIC_ARNS must be like arn:aws:sns:eu-west-1:123456789012:mail, not {_arn!r}.",
    )
ANYMAIL = anymail_settings(_mail_variables, public_base_url=PUBLIC_BASE_URL)
if MAIL_PROVIDER:
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
else:
    vars().update(email_settings(env.text("EMAIL_URL")))
# Seconds; Django has no timeout by default.
EMAIL_TIMEOUT = 10
# The From header, and the domain of Message-IDs.
MAIL_FROM, _from_domain = env.sender("MAIL_FROM")
MAIL_DOMAIN = env.text("MAIL_DOMAIN", default="") or _from_domain
require(
    re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*", MAIL_DOMAIN),
    f"MAIL_DOMAIN must be like mail.example.com, not {MAIL_DOMAIN!r}.",
)
# Where bounces come back: each mail has an envelope sender of its own, this address with a tag. Empty: that of MAIL_FROM.
BOUNCE_ADDRESS = env.tagged_address("BOUNCE_ADDRESS")
require(
    not (BOUNCE_ADDRESS and MAIL_PROVIDER),
    "BOUNCE_ADDRESS is for SMTP servers: providers tell of bounces by webhooks.",
)
# A mail to this address with a reader's tag unsubscribes the reader; empty: mails offer no such address.
UNSUBSCRIBE_ADDRESS = env.tagged_address("UNSUBSCRIBE_ADDRESS")
# The mailbox that gets the mail of both; None: `manage.py receive_bounce` gets it from the mail server.
BOUNCE_MAILBOX = imap_mailbox(env.text("BOUNCE_MAILBOX_URL", default=""))
require(
    not BOUNCE_MAILBOX or BOUNCE_ADDRESS or UNSUBSCRIBE_ADDRESS,
    "BOUNCE_MAILBOX_URL needs BOUNCE_ADDRESS or UNSUBSCRIBE_ADDRESS, for whose mail it is read.",
)
# Set to sign mail with DKIM here; empty: the mail server or the provider signs.
DKIM_DOMAIN = env.text("DKIM_DOMAIN", default="")
DKIM_SELECTOR = env.matching("DKIM_SELECTOR", r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*", example="s2026")
DKIM_PRIVATE_KEY = env.rsa_key("DKIM_PRIVATE_KEY")
require(
    len({bool(DKIM_DOMAIN), bool(DKIM_SELECTOR), bool(DKIM_PRIVATE_KEY)}) == 1,
    "DKIM_DOMAIN, DKIM_SELECTOR and DKIM_PRIVATE_KEY go together: set all or none.",
)
require(
    not (DKIM_DOMAIN and MAIL_PROVIDER),
    "DKIM_DOMAIN is for SMTP servers that do not sign: providers sign by themselves.",
)
require(
    not DKIM_DOMAIN or f".{_from_domain}".endswith(f".{DKIM_DOMAIN}"),
    f"DKIM_DOMAIN must be the domain of MAIL_FROM or one above it, for DMARC to pass, not {DKIM_DOMAIN!r}.",
)
# Sign the preferences and unsubscribe links, which stay in mailboxes for years; the pepper keys the hashes of addresses.
NEWSLETTER_KEYS = env.key_ring("NEWSLETTER_KEYS")
NEWSLETTER_PEPPER = env.secret("NEWSLETTER_PEPPER")
# A file outside the database, which survives a restored backup; empty: no journal.
SUPPRESSION_JOURNAL = env.matching("SUPPRESSION_JOURNAL", "/.+", example="/data/journal/suppressions")
# The rate limit of sign-ups a minute, over all clients.
SIGN_UPS_A_MINUTE = env.integer("SIGN_UPS_A_MINUTE", default=300, least=1, most=1_000_000)
# How many mailboxes of one domain are mailed in an hour, those of large mailbox hosts not counted; the others wait.
SIGN_UPS_A_DOMAIN_AND_HOUR = env.integer("SIGN_UPS_A_DOMAIN_AND_HOUR", default=60, least=1, most=1_000_000)
# Where readers' answers go; empty: to MAIL_FROM.
MAIL_REPLY_TO = env.text("MAIL_REPLY_TO", default="") and env.sender("MAIL_REPLY_TO")[0]
# The frontend's pages for confirm, preferences and unsubscribe; empty: this server's own pages.
SITE_NEWSLETTER_URL = env.web_address("SITE_NEWSLETTER_URL").rstrip("/")
# The directory in which the mail catcher keeps mail, for the page /mail/.
DEBUG_MAIL_DIR = env.text("DEBUG_MAIL_DIR", default="")
require(
    not DEBUG_MAIL_DIR or public_url.hostname in {"localhost", "127.0.0.1", "::1"},
    "DEBUG_MAIL_DIR shows everybody's mail: PUBLIC_BASE_URL must be this machine's.",
)
# The frontend, to which the mail's links to tools and comparisons lead; empty: to the API's resources.
SITE_URL = env.web_address("SITE_URL").rstrip("/") or f"{PUBLIC_BASE_URL}/api/v1"
# The sender's postal address, which laws on bulk mail require in each copy.
NEWSLETTER_POSTAL_ADDRESS = env.text("NEWSLETTER_POSTAL_ADDRESS", default="")
# When the weekly edition is sent: the time zone, the ISO weekday (1 is Monday) and the time of day.
NEWSLETTER_ZONE = env.text("NEWSLETTER_ZONE", default="Europe/Berlin")
require(
    NEWSLETTER_ZONE in available_timezones(),
    f"NEWSLETTER_ZONE must be like Europe/Berlin, not {NEWSLETTER_ZONE!r}.",
)
NEWSLETTER_WEEKDAY = env.weekday("NEWSLETTER_WEEKDAY", default=2)
NEWSLETTER_TIME = env.matching(
    "NEWSLETTER_TIME", r"([01]\d|2[0-3]):[0-5]\d", example="08:00", default="08:00"
)
# False on a restored copy of the database, which must not mail anybody.
SENDING_ENABLED = env.flag("SENDING_ENABLED", default=True)
# A name that a copy of the database does not have, unless its environment was copied too; may be empty.
SENDING_IDENTITY = env.matching("SENDING_IDENTITY", "[A-Za-z0-9._-]{1,100}", example="production")
# How many sending tasks run at once.
SENDING_PROCESSES = env.integer("SENDING_PROCESSES", default=2, least=1, most=100)
# SMTP connections of each of them; each sends one mail at a time, which is in doubt when the process dies. Each has a
# connection to the database too, and the task itself needs one more.
SENDING_CONNECTIONS = env.integer("SENDING_CONNECTIONS", default=4, least=1, most=10_000)
require(
    SENDING_CONNECTIONS < DATABASE_POOL_SIZE,
    f"SENDING_CONNECTIONS must be less than DATABASE_POOL_SIZE, not {SENDING_CONNECTIONS}.",
)
# The rate limit of mails a minute; 0: none but the server's own.
SENDING_PER_MINUTE = env.integer("SENDING_PER_MINUTE", default=0, least=0, most=1_000_000)
# The lease on claimed copies.
SENDING_CLAIM_SECONDS = env.integer("SENDING_CLAIM_SECONDS", default=120, least=1, most=3600)
# RFC 5321, 4.5.3.2.6: a server may take ten minutes to answer the final dot.
SENDING_FINAL_SECONDS = env.integer("SENDING_FINAL_SECONDS", default=600, least=1, most=3000)
# A sending task may end with such a wait; it must still end before the broker's visibility_timeout, after which its message
# would be delivered again.
CELERY_TASK_TIME_LIMIT = max(600, SENDING_FINAL_SECONDS + 300)
# The delay before the next try while the mail server is down.
SENDING_OUTAGE_SECONDS = env.integer("SENDING_OUTAGE_SECONDS", default=30, least=1, most=3600)
# For how long the bounce of a mailbox is held, in case others follow that show it to be the server's fault.
SENDING_BOUNCE_SECONDS = env.integer("SENDING_BOUNCE_SECONDS", default=300, least=0, most=86_400)
# The delays between the tries of one copy; after the last one the copy has failed.
SENDING_RETRY_SECONDS = env.integers(
    "SENDING_RETRY_SECONDS", default=(60, 300, 1800, 7200, 21600), least=1, most=604_800
)
