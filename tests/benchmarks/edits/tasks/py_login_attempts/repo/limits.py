"""Limits of the login page."""

MAX_LOGIN_ATTEMPTS = 3
LOCK_MINUTES = 15
MIN_PASSWORD_LENGTH = 8
