import unittest

from ledger import AccountClosed, InsufficientFunds, Ledger, LedgerError, UnknownAccount


class GradeTest(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger()
        self.ada = self.ledger.open_account("Ada")
        self.bob = self.ledger.open_account("Bob", overdraft=300)
        self.ledger.deposit(self.ada, 1000)

    def refused(self, error, source, target, amount):
        before = self.ledger.to_json()
        with self.assertRaises(error):
            self.ledger.transfer(source, target, amount)
        self.assertEqual(self.ledger.to_json(), before)

    def test_moves_money(self):
        self.ledger.transfer(self.ada, self.bob, 400)
        self.assertEqual(self.ledger.balance(self.ada), 600)
        self.assertEqual(self.ledger.balance(self.bob), 400)
        self.assertEqual(self.ledger.total(), 1000)

    def test_all_of_it(self):
        self.ledger.transfer(self.ada, self.bob, 1000)
        self.assertEqual(self.ledger.balance(self.ada), 0)

    def test_overdraft(self):
        self.ledger.transfer(self.bob, self.ada, 300)
        self.assertEqual(self.ledger.balance(self.bob), -300)
        self.refused(InsufficientFunds, self.bob, self.ada, 1)

    def test_journal(self):
        self.ledger.transfer(self.ada, self.bob, 400)
        out = self.ledger.history(self.ada)[-1]
        into = self.ledger.history(self.bob)[-1]
        self.assertEqual((out.amount, out.balance), (-400, 600))
        self.assertEqual((into.amount, into.balance), (400, 400))
        self.assertEqual(len(self.ledger.history(self.ada)), 2)
        self.assertEqual(len(self.ledger.history(self.bob)), 1)
        self.assertEqual(self.ledger.verify(), [])

    def test_too_much(self):
        self.refused(InsufficientFunds, self.ada, self.bob, 1001)

    def test_unknown(self):
        self.refused(UnknownAccount, self.ada, 1, 100)
        self.refused(UnknownAccount, 1, self.ada, 100)

    def test_closed_target(self):
        self.ledger.close_account(self.bob)
        self.refused(AccountClosed, self.ada, self.bob, 100)

    def test_closed_source(self):
        self.ledger.close_account(self.bob)
        self.refused(AccountClosed, self.bob, self.ada, 100)

    def test_amounts(self):
        for amount in (0, -5, 1.5, "1"):
            with self.subTest(amount=amount):
                self.refused(LedgerError, self.ada, self.bob, amount)

    def test_same_account(self):
        self.refused(LedgerError, self.ada, self.ada, 100)

    def test_the_rest(self):
        self.assertEqual(self.ledger.deposit(self.bob, 50), 50)
        self.assertEqual(self.ledger.withdraw(self.ada, 50), 950)
        with self.assertRaises(InsufficientFunds):
            self.ledger.withdraw(self.ada, 951)
