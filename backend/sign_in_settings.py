"""How staff sign in: django-allauth with a second factor, for the admin alone."""

from backend.settings_base import env

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"

# Who signed in stays so for so long after the last change of the session.
SESSION_COOKIE_AGE = env.integer("STAFF_SESSION_HOURS", default=12, least=1, most=720) * 3600
# Whether staff may have a second factor or must.
SECOND_FACTOR = env.choice("SECOND_FACTOR", ("offered", "required"), default="offered")

ACCOUNT_ADAPTER = "backend.admin.signing_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# Passwords are counted by our adapter, for an account from one network. Codes of a second factor are asked for only
# after the right password, so counting them by account locks nobody out.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/300s/key"}

MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# Ours counts them with the other sign-ins of a network.
MFA_RATE_LIMITS = {"webauthn_login": None}
MFA_FORMS = {
    "login_webauthn": "backend.admin.passkeys.LoginForm",
    "authenticate_webauthn": "backend.admin.passkeys.AuthenticateForm",
    "reauthenticate_webauthn": "backend.admin.passkeys.ReauthenticateForm",
    "add_webauthn": "backend.admin.passkeys.AddForm",
}
MFA_TOTP_ISSUER = "AI Tool Verdicts"
# Clocks of phones differ.
MFA_TOTP_TOLERANCE = 1
# Nobody confirms an address here: administrators give accounts.
MFA_ALLOW_UNVERIFIED_EMAIL = True
