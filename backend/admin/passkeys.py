"""Signing in by passkey: what is no answer of a passkey is refused as a wrong one is, and attempts are counted."""

import struct

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError

from backend.admin.signing_in import count_attempt, tell
from backend.api.throttling import Throttled

# How fido2 fails on what is no answer of a passkey; allauth expects some of these.
JUNK = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, struct.error, InvalidSignature)


class AuthenticateForm(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]
    def clean_credential(self) -> object:
        try:
            return super().clean_credential()
        except JUNK as error:
            raise get_adapter().validation_error("incorrect_code") from error


class ReauthenticateForm(AuthenticateForm, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]
    pass


class LoginForm(AuthenticateForm, forms.LoginWebAuthnForm):  # type: ignore[misc]
    """A passkey in place of name and password: counted for the network that they come from."""

    def clean_credential(self) -> object:
        try:
            count_attempt(context.request)
        except Throttled:
            tell("throttled")
            raise get_account_adapter().validation_error("too_many_login_attempts") from None
        try:
            return super().clean_credential()
        except ValidationError:
            tell("refused")
            raise


class AddForm(forms.AddWebAuthnForm):  # type: ignore[misc]
    def clean(self) -> object:
        try:
            return super().clean()
        except JUNK as error:
            raise get_adapter().validation_error("incorrect_code") from error
