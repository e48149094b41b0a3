import unittest

import limits
from guard import LoginGuard, password_is_long_enough


class GuardTest(unittest.TestCase):
    def test_lock(self):
        guard = LoginGuard()
        for _ in range(limits.MAX_LOGIN_ATTEMPTS):
            self.assertFalse(guard.is_locked("ann", 0))
            guard.failed("ann", 0)
        self.assertTrue(guard.is_locked("ann", 1))
        self.assertFalse(guard.is_locked("bob", 1))

    def test_five_attempts(self):
        guard = LoginGuard()
        for _ in range(4):
            guard.failed("cem", 0)
        self.assertFalse(guard.is_locked("cem", 0))
        guard.failed("cem", 0)
        self.assertTrue(guard.is_locked("cem", 0))

    def test_password(self):
        self.assertFalse(password_is_long_enough("short"))
        self.assertTrue(password_is_long_enough("long enough"))
