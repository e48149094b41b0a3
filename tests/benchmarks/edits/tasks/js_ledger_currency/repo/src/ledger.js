'use strict';

const { Account } = require('./account');
const { LedgerError, UnknownAccountError } = require('./errors');

function checkAmount(cents) {
  if (!Number.isInteger(cents) || cents <= 0) {
    throw new LedgerError(`an amount is a positive number of cents, not ${cents}`);
  }
}

/** Accounts, and a journal of all that was booked on them. */
class Ledger {
  constructor() {
    this.accounts = new Map();
    this.journal = [];
  }

  open(id, owner) {
    if (this.accounts.has(id)) {
      throw new LedgerError(`there is an account ${id} already`);
    }
    const account = new Account(id, owner);
    this.accounts.set(id, account);
    return account;
  }

  account(id) {
    const account = this.accounts.get(id);
    if (account === undefined) {
      throw new UnknownAccountError(id);
    }
    return account;
  }

  deposit(id, cents, text = 'Deposit') {
    checkAmount(cents);
    this.account(id).deposit(cents);
    this.journal.push({ from: null, to: id, cents, text });
  }

  transfer(from, to, cents, text = 'Transfer') {
    checkAmount(cents);
    const source = this.account(from);
    const target = this.account(to);
    source.withdraw(cents);
    target.deposit(cents);
    this.journal.push({ from, to, cents, text });
  }

  /** Returns the entries of one account, with the amounts signed as it sees them. */
  entriesOf(id) {
    const { id: own } = this.account(id);
    return this.journal
      .filter((entry) => entry.from === own || entry.to === own)
      .map((entry) => ({ text: entry.text, cents: entry.to === own ? entry.cents : -entry.cents }));
  }

  /** Returns the sum of all balances. */
  total() {
    let sum = 0;
    for (const account of this.accounts.values()) {
      sum += account.balance;
    }
    return sum;
  }
}

module.exports = { Ledger };
