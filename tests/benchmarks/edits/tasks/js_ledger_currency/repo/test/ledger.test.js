'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { CurrencyMismatchError, LedgerError, OverdraftError, UnknownAccountError } = require('../src/errors');
const { Ledger } = require('../src/ledger');
const { amount, statement } = require('../src/statement');

let ledger;

beforeEach(() => {
  ledger = new Ledger();
  ledger.open('A', 'Ann');
  ledger.open('B', 'Bob');
  ledger.deposit('A', 1000);
});

test('transfers', () => {
  ledger.transfer('A', 'B', 250, 'Lunch');
  assert.strictEqual(ledger.account('A').balance, 750);
  assert.strictEqual(ledger.account('B').balance, 250);
  assert.deepStrictEqual(ledger.entriesOf('B'), [{ text: 'Lunch', cents: 250 }]);
});

test('no overdraft', () => {
  assert.throws(() => ledger.transfer('A', 'B', 1001), OverdraftError);
  assert.strictEqual(ledger.journal.length, 1);
});

test('errors', () => {
  assert.throws(() => ledger.transfer('A', 'X', 1), UnknownAccountError);
  assert.throws(() => ledger.open('A', 'Eve'), LedgerError);
  assert.throws(() => ledger.deposit('A', 0.5), LedgerError);
});

test('a statement', () => {
  ledger.transfer('A', 'B', 5, 'Tip');
  assert.strictEqual(statement(ledger, 'A'), 'Ann (A)\n  Deposit: 10.00 EUR\n  Tip: -0.05 EUR\nBalance: 9.95 EUR');
  assert.strictEqual(amount(-123456), '-1234.56');
});

test('accounts have a currency', () => {
  ledger.open('C', 'Cem', 'CHF');
  ledger.deposit('C', 700);
  assert.strictEqual(statement(ledger, 'C'), 'Cem (C)\n  Deposit: 7.00 CHF\nBalance: 7.00 CHF');
  assert.deepStrictEqual({ ...ledger.total() }, { EUR: 1000, CHF: 700 });
});

test('no transfer between currencies', () => {
  ledger.open('C', 'Cem', 'CHF');
  assert.throws(() => ledger.transfer('A', 'C', 100), CurrencyMismatchError);
  assert.ok(CurrencyMismatchError.prototype instanceof LedgerError);
  assert.strictEqual(ledger.account('A').balance, 1000);
  assert.strictEqual(ledger.journal.length, 1);
});
