"""Whom a mail server's refusal concerns: one table of what servers really write, read from the top.

Words count as whole words, and neither addresses nor links in an answer do: `<ann@corporate.example>` says nothing of a
rate. Where no rule's words fit, the enhanced status (RFC 3463) decides, then the code and the phase.

Sources: the collections of answers in ActiveCampaign/smtp-field-manual, sisimai, zone-eu/zone-mta and KumoCorp/kumomta,
and the sources of Postfix, Exim, Sendmail, qmail and Postgrey.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from newsletter.transport.smtp import Phase, RefusedError


class Concern(StrEnum):
    """The values are phrases for staff: "the server speaks of …"."""

    GONE = "a mailbox that does not exist"
    MAILBOX = "one mailbox"
    CONTENT = "what the mail says"
    SIZE = "the size of the mail"
    RATE = "how fast we send"
    REPUTATION = "our address or our domain"
    SETTINGS = "our login, our sender or our right to send"
    SERVER = "its own state"


@dataclass(frozen=True)
class Rule:
    """An answer with any of these words concerns this."""

    concern: Concern
    words: re.Pattern[str]


def _rule(concern: Concern, *phrases: str) -> Rule:
    return Rule(concern, re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)", re.IGNORECASE))


# The first that fits decides, so that what is said of one mailbox comes before what sounds alike and is said of us.
RULES = (
    # --- One mailbox, in words that elsewhere speak of us ---
    _rule(
        Concern.MAILBOX,
        # Gmail's ReceivingRate, Yahoo, Yandex, Outlook, iCloud.
        r"(?:user|recipient|mailbox)\b.{0,40}\breceiving mail (?:at a rate|too (?:fast|quickly))",
        r"recipient has exceeded (?:their|its|the|message) .{0,30}\b(?:limit|rate)",
        r"messages to .{0,8}deferred due to excessive volume",
        r"organization queue quota exceeded",
        # Greylisting waits for this sender and this mailbox.
        r"gr[ea]y-?list(?:ed|ing|s)?",
        # What the mailbox's owner or its domain has set.
        r"(?:blocked|blacklisted) by (?:the )?(?:recipient|user)",
        r"user entry",
        r"manually blocked senders?",
        r"on the target address",
        r"block-(?:rcpt|send-er)",
        r"recipient rejects|rejected by recipients|does ?n[o'’]t (?:accept mail from (?:you|this sender)|want your mail)",
        # Tencent's, of a mailbox that gets too much just now.
        r"mailbox unavailable or access denied",
    ),
    # --- Our own settings ---
    _rule(
        Concern.SETTINGS,
        r"relay(?:ing)? (?:access )?(?:denied|not (?:permitted|allowed)|prohibited)",
        r"(?:unable|not allowed|not permitted|isn't allowed) to relay",
        r"we do not relay|relaying denied|open relay not allowed",
        r"(?:domain|list) isn't in my list of allowed rcpthosts|in my list of allowed rcpthosts",
        r"must issue a starttls|tls required|authentication (?:is )?required",
        r"sender (?:address )?(?:rejected|verify failed|domain (?:must exist|resolve fail|not found|does not exist))",
        # GMX and IONOS say below it that a mailbox is unavailable.
        r"sender address is not allowed|failure sending mail",
        r"your account (?:has been|is) (?:disabled|suspended)",
        r"domain of sender address",
        r"(?:send ?as|not (?:owned|allowed to send) as?) ?(?:denied|by user|this sender)?",
        r"envelope sender domain must exist",
    ),
    # --- Our rate ---
    _rule(
        Concern.RATE,
        r"unusual rate|(?:temporarily )?rate[- ]limit(?:ed|ing|s)?|ratelimit(?:ed)?",
        r"rate limit exceeded",
        r"throttl(?:ed|ing|e)",
        r"too many (?:messages|mails|e-?mails|requests|recipients|sessions)",
        r"(?:sending|send|mailing) (?:mail |messages )?too (?:fast|quickly)|too fast",
        r"slow(?:er)? down|again slower",
        r"unexpected volume",
        r"frequency limited",
        r"(?:daily|hourly|user) (?:user )?sending (?:limit|quota)",
        r"sending (?:limit|quota) (?:exceeded|reached)",
        r"exceeded (?:the |your )?(?:max(?:imum)? )?(?:e?mails?|messages?) (?:limit|quota|per (?:hour|day|minute))",
        r"peak smtp relay limit",
        r"too much mail",
    ),
    # --- Our address, our domain, our name ---
    _rule(
        Concern.REPUTATION,
        r"reputation",
        r"(?:black|block|deny)[- ]?list(?:ed|ing)?|dnsbl|rbl",
        r"spamhaus|spamcop|sorbs|barracudacentral|abusix|cloudmark|ivmsip|hostkarma|uceprotect",
        r"(?:blocked|rejected) using \S+|listed (?:by|at|in|on) \S+",
        r"banned send(?:er|ing)",
        r"user complaints",
        r"(?:mail )?originating from your ip",
        r"dmarc|spf|dkim|unauthenticated (?:e-?mail|mail)",
        r"reverse dns|rdns|ptr(?: record)?|cannot find your (?:reverse )?hostname",
        r"client host rejected|connections? (?:will )?not (?:be )?accepted from",
        r"helo command rejected",
        r"your (?:ip|ip address|server|host|network|mail server|access)",
        r"your email was deferred|your mail from \S+ was deferred",
        r"access denied, (?:banned|sending)",
        # Symantec's filter.
        r"permanent failure for one or more recipients",
    ),
    # --- The size of the mail ---
    _rule(
        Concern.SIZE,
        r"(?:message|mail|e-?mail)(?: is| was)? too (?:large|big|long)",
        r"(?:message|mail|header)s? (?:size|length) exceeds",
        r"exceeds (?:the )?(?:fixed )?(?:max(?:imum)?|allowed|administrative|size|limit).{0,20}(?:size|limit)?",
        r"message file too big",
    ),
    # --- A mailbox that is not there ---
    _rule(
        Concern.GONE,
        r"(?:user|recipient|address|addressee|account|mailbox)(?: \S{1,80})? (?:is )?unknown",
        r"unknown (?:user|recipient|address)",
        r"no such (?:user|recipient|mailbox|person|id|address|account|local user)",
        r"no mail-?box(?: here)?",
        r"(?:does|do) ?(?:not|n't|n’t) exist|doesn't have an? \S+ account|recipient not found",
        r"mailbox not found|not found|no user found|here by that name|utilisateur inconnu",
        r"invalid[- ](?:recipient|mailbox|address|account)",
        r"not a valid (?:user|mailbox|recipient|e-?mail address)|address invalid",
        r"no longer (?:valid|available|active|in use|accept(?:s|ing))",
        r"(?:account|mailbox|user)(?: has been| is| was)? (?:disabled|deactivated|closed|inactive|suspended|expired)",
        r"(?:account|mailbox|user)(?: has been| is| was)? (?:terminated|not active(?:ated)?)",
        r"inactive (?:user|account|mailbox)|is disabled|disabled recipient|marked as invalid",
        r"expired account",
        r"un(?:deliverable|routeable|verified) address|address verification in progress",
        r"not our customer|unallocated|not in recipient list|null mx|tenant or domain not found",
        r"blank mailhost",
        r"recipient (?:address )?(?:rejected: access denied|unrecognized)|mailbox unavailable",
    ),
    # --- What the mail says ---
    _rule(
        Concern.CONTENT,
        r"spam|junk ?mail|unsolicited|bulk mail",
        r"virus|malware|phish(?:ing)?|trojan",
        r"(?:message|mail|banned|spam|this) content|content (?:policy|denied|rejected)|suspicious",
        r"(?:not accepted|rejected|refused|blocked) (?:for|due to) (?:\w+ )?(?:policy|policies|security)",
        r"policy restrictions|security policies|local policy|policy violation|mailpolicy violation",
        r"not rfc ?\d*(?: \d+)? compliant|headers are not|message (?:was )?(?:denied|not allowed)",
        r"spoof(?:ed|ing)|anti-spoofing",
        r"potential security issue|administrative prohibition|url .{0,40}\blisted",
    ),
    # --- The mailbox, for now ---
    _rule(
        Concern.MAILBOX,
        r"(?:over|extended) ?quota|overquota|quota (?:exceeded|violation|issues?)",
        r"exceeded .{0,30}\bquota",
        r"(?:mailbox|mail box|inbox|mailfolder|maildir)(?: \S{1,80})? (?:is |for user is )?(?:over|full)",
        r"mailbox size limit|disk quota",
        r"storage (?:space|limit|allocation)|out of storage",
        r"insufficient (?:disk|mailbox|mail) (?:space|storage)",
        r"(?:mailbox|user|recipient)(?: \S{1,80})? (?:is )?(?:busy|locked|temporarily \w+)",
        r"temporary domain failure|temporary lookup failure|destinataire pleine",
    ),
    # --- Its own state ---
    _rule(
        Concern.SERVER,
        r"insufficient (?:system|server) (?:storage|resources?)|system storage",
        r"resources? temporarily unavailable|out of memory",
        r"server (?:is )?(?:too )?busy|system (?:is )?(?:not accepting|currently|load)",
        r"load (?:average )?(?:is )?too high|shutting down",
        r"temporar(?:y|ily) (?:server|local|internal|system|failure|unable|rejected message|problem|error)",
        r"service (?:is )?(?:(?:temporarily |currently )?unavailable|not available)",
        r"not available (?:now|at this time)",
        r"local (?:error|problem)|internal (?:server )?error|queue file write error",
        r"configuration (?:error|problem)",
        r"(?:too many|maximum number of|concurrent|simultaneous) (?:concurrent )?(?:smtp )?(?:connections|errors)",
        r"trop de connexions",
        r"(?:max|maximum) (?:number of )?messages? (?:per (?:connection|session))(?: reached)?",
        r"messages per connection",
        r"closing (?:transmission channel|connection)|timeout exceeded|timed out|license expired",
    ),
)

# Where no words fit, by subject and detail of a permanent enhanced status; the longer entry wins.
BY_STATUS = {
    **dict.fromkeys(["1.0", "1.7", "1.8", "2", "5", "4"], Concern.MAILBOX),
    **dict.fromkeys(["1", "2.1", "4.4"], Concern.GONE),
    **dict.fromkeys(["2.3", "3.4"], Concern.SIZE),
    "3": Concern.SERVER,
    "6": Concern.CONTENT,
    "7": Concern.REPUTATION,
}
# The only temporary statuses that say enough without words: Google's for rates.
RATES_BY_STATUS = {"4.7.28", "4.7.29", "4.7.32"}

# Login, encryption, authentication: whatever the words.
OF_SETTINGS = {530, 534, 535, 538}
GONE_BY_CODE = {501, 550, 551, 553, 556}

# What an answer quotes: addresses, and links whose names may hold any word.
QUOTED = re.compile(r"[^\s<>()\[\]:,;\"']+@[^\s<>()\[\],;\"']+|https?://\S+")


def concern_of(error: RefusedError) -> Concern | None:
    """Whom the refusal concerns; None where nothing in it tells, as in `451 Try again`."""
    if error.code in OF_SETTINGS:
        return Concern.SETTINGS
    by_words = concern_by_words(error.text)
    if by_words:
        return by_words
    if error.code < 500:
        return Concern.RATE if error.enhanced in RATES_BY_STATUS else None
    return _by_status(error)


def concern_by_words(text: str) -> Concern | None:
    """Whom the words of an answer concern, whatever its code; None where no rule fits."""
    said = QUOTED.sub("", text)
    return next((rule.concern for rule in RULES if rule.words.search(said)), None)


def _by_status(error: RefusedError) -> Concern:
    _, _, status = error.enhanced.partition(".")
    subject = status.partition(".")[0]
    found = BY_STATUS.get(status) or BY_STATUS.get(subject)
    if found:
        return found
    if error.phase != Phase.RCPT:
        return Concern.REPUTATION if error.phase < Phase.RCPT else Concern.CONTENT
    return Concern.GONE if error.code in GONE_BY_CODE else Concern.MAILBOX
