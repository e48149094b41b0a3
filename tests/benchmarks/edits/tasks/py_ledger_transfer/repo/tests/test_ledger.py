import unittest

from ledger import AccountClosed, InsufficientFunds, Ledger, LedgerError, UnknownAccount, format_amount


class LedgerTest(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.ada = self.ledger.open_account("Ada")
        self.bob = self.ledger.open_account("Bob", overdraft=5000)

    def test_deposit_and_withdraw(self):
        self.assertEqual(self.ledger.deposit(self.ada, 700), 700)
        self.assertEqual(self.ledger.withdraw(self.ada, 200), 500)
        self.assertEqual([entry.amount for entry in self.ledger.history(self.ada)], [700, -200])

    def test_overdraft(self):
        self.assertEqual(self.ledger.withdraw(self.bob, 5000), -5000)
        with self.assertRaises(InsufficientFunds):
            self.ledger.withdraw(self.bob, 1)

    def test_transfer(self):
        self.ledger.deposit(self.ada, 500)
        self.ledger.transfer(self.ada, self.bob, 200)
        self.assertEqual((self.ledger.balance(self.ada), self.ledger.balance(self.bob)), (300, 200))
        self.assertEqual([entry.amount for entry in self.ledger.history(self.bob)], [200])

    def test_transfer_that_fails(self):
        self.ledger.deposit(self.ada, 500)
        before = self.ledger.to_json()
        with self.assertRaises(UnknownAccount):
            self.ledger.transfer(self.ada, 99, 200)
        with self.assertRaises(InsufficientFunds):
            self.ledger.transfer(self.ada, self.bob, 501)
        with self.assertRaises(LedgerError):
            self.ledger.transfer(self.ada, self.ada, 1)
        self.assertEqual(self.ledger.to_json(), before)

    def test_closed(self):
        self.ledger.close_account(self.ada)
        with self.assertRaises(AccountClosed):
            self.ledger.deposit(self.ada, 1)

    def test_errors(self):
        with self.assertRaises(UnknownAccount):
            self.ledger.balance(1)
        with self.assertRaises(LedgerError):
            self.ledger.deposit(self.ada, 0)

    def test_interest(self):
        self.ledger.deposit(self.ada, 1000)
        self.assertEqual(self.ledger.pay_interest(2), 20)
        self.assertEqual(self.ledger.balance(self.ada), 1020)

    def test_json(self):
        self.ledger.deposit(self.ada, 1000, "salary")
        copy = Ledger.from_json(self.ledger.to_json())
        self.assertEqual(copy.history(self.ada), self.ledger.history(self.ada))
        self.assertEqual(copy.verify(), [])

    def test_format(self):
        self.assertEqual(format_amount(-123450), "-1,234.50")
