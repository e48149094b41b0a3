import unittest

import limits
from guard import LoginGuard, password_is_long_enough


class GradeTest(unittest.TestCase):
    def test_limit(self):
        self.assertEqual(limits.MAX_LOGIN_ATTEMPTS, 5)

    def test_others_stay(self):
        self.assertEqual(limits.LOCK_MINUTES, 15)
        self.assertEqual(limits.MIN_PASSWORD_LENGTH, 8)
        self.assertFalse(password_is_long_enough("1234567"))
        self.assertTrue(password_is_long_enough("12345678"))

    def test_fifth_failure_locks(self):
        guard = LoginGuard()
        for minute in range(4):
            guard.failed("ann", minute)
            self.assertFalse(guard.is_locked("ann", minute))
        guard.failed("ann", 10)
        self.assertTrue(guard.is_locked("ann", 10))
        self.assertTrue(guard.is_locked("ann", 24))
        self.assertFalse(guard.is_locked("ann", 25))
        self.assertFalse(guard.is_locked("bob", 10))

    def test_success_forgets(self):
        guard = LoginGuard()
        for _ in range(4):
            guard.failed("ann", 0)
        guard.succeeded("ann")
        for _ in range(4):
            guard.failed("ann", 1)
        self.assertFalse(guard.is_locked("ann", 1))
        guard.failed("ann", 1)
        self.assertTrue(guard.is_locked("ann", 1))
