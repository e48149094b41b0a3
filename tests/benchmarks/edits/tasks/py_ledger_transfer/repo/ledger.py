"""The ledger of a small savings bank. All amounts are whole cents."""

import json
from dataclasses import asdict, dataclass


class LedgerError(Exception):
    """Something that the ledger does not allow."""


class UnknownAccount(LedgerError):
    """There is no account with this number."""


class AccountClosed(LedgerError):
    """The account takes no more bookings."""


class InsufficientFunds(LedgerError):
    """There is less money in the account than what is wanted."""


@dataclass
class Account:
    """An account. The balance may go down to minus `overdraft`."""

    number: int
    owner: str
    overdraft: int = 0
    balance: int = 0
    closed: bool = False

    @property
    def available(self):
        """What may be withdrawn at most."""
        return self.balance + self.overdraft


@dataclass(frozen=True)
class Entry:
    """A booking in the journal. The amount is negative where money went out."""

    account: int
    kind: str
    amount: int
    balance: int
    note: str = ""


def format_amount(cents):
    """Return an amount as text, such as 1,234.50."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{whole:,}.{rest:02}"


class Ledger:
    """Accounts, and the journal of all that was booked."""

    def __init__(self, first_number=1000):
        self._accounts = {}
        self._journal = []
        self._next_number = first_number

    # Accounts

    def open_account(self, owner, overdraft=0):
        """Open an account, and return its number."""
        owner = owner.strip()
        if not owner:
            raise LedgerError("an account needs an owner")
        if overdraft < 0:
            raise LedgerError("an overdraft is not negative")
        account = Account(self._next_number, owner, overdraft)
        self._accounts[account.number] = account
        self._next_number += 1
        return account.number

    def close_account(self, number):
        """Close an account, which must be empty."""
        account = self._open(number)
        if account.balance != 0:
            raise LedgerError(f"account {number} is not empty")
        account.closed = True

    def balance(self, number):
        """Return the balance of an account, closed or not."""
        return self._account(number).balance

    def numbers(self, owner=None):
        """Return the numbers of the open accounts, of all owners or of one."""
        return [
            account.number
            for account in self._accounts.values()
            if not account.closed and owner in (None, account.owner)
        ]

    # Bookings

    def deposit(self, number, amount, note=""):
        """Put money into an account, and return its new balance."""
        account = self._open(number)
        self._check_amount(amount)
        return self._book(account, "deposit", amount, note)

    def withdraw(self, number, amount, note=""):
        """Take money out of an account, and return its new balance."""
        account = self._open(number)
        self._check_amount(amount)
        if amount > account.available:
            missing = format_amount(amount - account.available)
            raise InsufficientFunds(f"account {number} lacks {missing}")
        return self._book(account, "withdrawal", -amount, note)

    def pay_interest(self, percent):
        """Pay interest to all open accounts with money, and return the sum of it."""
        total = 0
        for account in self._accounts.values():
            interest = int(account.balance * percent / 100)
            if account.closed or interest <= 0:
                continue
            self._book(account, "interest", interest, f"{percent} %")
            total += interest
        return total

    # Reports

    def history(self, number, kind=None):
        """Return the bookings of an account, all or those of one kind."""
        self._account(number)
        return [entry for entry in self._journal if entry.account == number and kind in (None, entry.kind)]

    def statement(self, number):
        """Return the bookings of an account as a table in text."""
        account = self._account(number)
        lines = [f"Account {number}, {account.owner}"]
        for entry in self.history(number):
            line = f"{entry.kind:<12}{format_amount(entry.amount):>14}{format_amount(entry.balance):>14}"
            if entry.note:
                line += f"  {entry.note}"
            lines.append(line)
        lines.append(f"{'balance':<26}{format_amount(account.balance):>14}")
        return "\n".join(lines)

    def total(self):
        """Return the money in all accounts together."""
        return sum(account.balance for account in self._accounts.values())

    def verify(self):
        """Return the numbers of accounts whose balance differs from their bookings."""
        sums = dict.fromkeys(self._accounts, 0)
        for entry in self._journal:
            sums[entry.account] += entry.amount
        return [number for number, amount in sums.items() if self._accounts[number].balance != amount]

    # Storage

    def to_json(self):
        """Return the ledger as JSON."""
        return json.dumps(
            {
                "next_number": self._next_number,
                "accounts": [asdict(account) for account in self._accounts.values()],
                "journal": [asdict(entry) for entry in self._journal],
            }
        )

    @classmethod
    def from_json(cls, text):
        """Return the ledger that to_json() wrote."""
        data = json.loads(text)
        ledger = cls(data["next_number"])
        for fields in data["accounts"]:
            account = Account(**fields)
            ledger._accounts[account.number] = account
        ledger._journal = [Entry(**fields) for fields in data["journal"]]
        return ledger

    # What the rest is made of

    def _account(self, number):
        if number not in self._accounts:
            raise UnknownAccount(f"there is no account {number}")
        return self._accounts[number]

    def _open(self, number):
        account = self._account(number)
        if account.closed:
            raise AccountClosed(f"account {number} is closed")
        return account

    def _check_amount(self, amount):
        if not isinstance(amount, int) or amount <= 0:
            raise LedgerError(f"{amount!r} is not an amount of cents above 0")

    def _book(self, account, kind, amount, note):
        account.balance += amount
        self._journal.append(Entry(account.number, kind, amount, account.balance, note))
        return account.balance
