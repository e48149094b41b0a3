'use strict';

const { OverdraftError } = require('./errors');

/** An account; all amounts are integers, in cents. */
class Account {
  constructor(id, owner) {
    this.id = id;
    this.owner = owner;
    this.balance = 0;
  }

  deposit(cents) {
    this.balance += cents;
  }

  withdraw(cents) {
    if (cents > this.balance) {
      throw new OverdraftError(this.id, cents - this.balance);
    }
    this.balance -= cents;
  }
}

module.exports = { Account };
