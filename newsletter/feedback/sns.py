"""Verifies messages of Amazon SNS, which anymail does not: it only compares headers with the body.

The certificate comes from the SNS of the topic's own region, over TLS and without redirects, and the topic must be one
of SNS_TOPIC_ARNS: Amazon signs the messages of every topic, also of a stranger's.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qs, urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate
from django.conf import settings

TIMEOUTS = (3, 5)
MAX_CERTIFICATE = 16_384
CERTIFICATE = re.compile(r"^https://[^/]+/SimpleNotificationService-[0-9a-f]{16,64}\.pem\Z")
# Topics sign with SHA-1, unless they are set to version 2.
HASHES = {"1": SHA1, "2": SHA256}
SIGNED = {
    "Notification": ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
    "SubscriptionConfirmation": [
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ],
}
SIGNED["UnsubscribeConfirmation"] = SIGNED["SubscriptionConfirmation"]


class ForgedMessageError(Exception):
    """The message is not from Amazon, or not from a topic of ours."""


class UnreachableError(Exception):
    """Amazon can't be reached just now; the message may be sent again."""


def verify(message: object) -> None:
    """Check a message's topic, certificate and signature; raises ForgedMessageError or UnreachableError."""
    if not isinstance(message, dict) or message.get("Type") not in SIGNED:
        raise ForgedMessageError("It is no message of SNS.")
    topic = str(message.get("TopicArn"))
    if topic not in settings.SNS_TOPIC_ARNS:
        raise ForgedMessageError("Its topic is none of SNS_TOPIC_ARNS.")
    version = message.get("SignatureVersion")
    if version not in HASHES:
        raise ForgedMessageError("Its signature has a version that we do not know.")
    address = str(message.get("SigningCertURL"))
    if not (_is_sns_of(topic, address) and CERTIFICATE.search(address)):
        raise ForgedMessageError("Its certificate is not from the SNS of its topic's region.")
    try:
        signature = base64.b64decode(str(message.get("Signature")), validate=True)
        _key_at(address).verify(signature, _signed_text(message), PKCS1v15(), HASHES[version]())
    except (InvalidSignature, binascii.Error):
        raise ForgedMessageError("Its signature is wrong.") from None


def confirm(message: Mapping[str, object]) -> None:
    """Accept the subscription of a message that was verified; raises ForgedMessageError or UnreachableError."""
    address = str(message.get("SubscribeURL"))
    if not (
        _is_sns_of(str(message["TopicArn"]), address)
        and parse_qs(urlsplit(address).query).get("Action") == ["ConfirmSubscription"]
    ):
        raise ForgedMessageError("Its SubscribeURL is not of the SNS of its topic's region.")
    _fetched(address)


def _is_sns_of(topic: str, address: str) -> bool:
    """Whether the address is that of SNS in the topic's region, and nothing but that."""
    _, partition, _, region, *_ = topic.split(":")
    host = f"sns.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"
    return address.startswith(f"https://{host}/") and urlsplit(address).netloc == host


@lru_cache(maxsize=16)
def _key_at(address: str) -> RSAPublicKey:
    """The key of a certificate. It may be cached: Amazon puts a new certificate at a new address."""
    try:
        key = load_pem_x509_certificate(_fetched(address)).public_key()
    except ValueError as error:
        raise UnreachableError("There is no certificate.") from error
    if not isinstance(key, RSAPublicKey):
        raise ForgedMessageError("Its certificate has no RSA key.")
    return key


def _fetched(address: str) -> bytes:
    try:
        with requests.get(address, timeout=TIMEOUTS, allow_redirects=False, stream=True) as response:
            if response.status_code != 200:
                raise UnreachableError(f"SNS answers {response.status_code}.")
            return bytes(response.raw.read(MAX_CERTIFICATE, decode_content=True))
    except requests.RequestException as error:
        raise UnreachableError(type(error).__name__) from error


def _signed_text(message: Mapping[str, object]) -> bytes:
    """As Amazon's documentation of message signatures gives it."""
    names = [name for name in SIGNED[str(message["Type"])] if name in message]
    return "".join(f"{name}\n{message[name]}\n" for name in names).encode()
