"""Locks users out who guess passwords."""

import limits


class LoginGuard:
    """Counts the failed logins of each user; times are in minutes."""

    def __init__(self):
        self._failures = {}
        self._locked_until = {}

    def failed(self, user, now):
        """Note a failed login."""
        self._failures[user] = self._failures.get(user, 0) + 1
        if self._failures[user] >= limits.MAX_LOGIN_ATTEMPTS:
            self._locked_until[user] = now + limits.LOCK_MINUTES
            self._failures[user] = 0

    def succeeded(self, user):
        """Note a login that worked."""
        self._failures.pop(user, None)

    def is_locked(self, user, now):
        """Say whether a user has to wait."""
        return now < self._locked_until.get(user, now)


def password_is_long_enough(password):
    """Say whether a new password has enough characters."""
    return len(password) >= limits.MIN_PASSWORD_LENGTH
