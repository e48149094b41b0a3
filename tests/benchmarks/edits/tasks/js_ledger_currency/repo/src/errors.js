'use strict';

/** Something that cannot be booked. */
class LedgerError extends Error {
  constructor(message) {
    super(message);
    this.name = this.constructor.name;
  }
}

class UnknownAccountError extends LedgerError {
  constructor(id) {
    super(`there is no account ${id}`);
  }
}

class OverdraftError extends LedgerError {
  constructor(id, missing) {
    super(`account ${id} lacks ${missing} cents`);
    this.missing = missing;
  }
}

module.exports = { LedgerError, OverdraftError, UnknownAccountError };
