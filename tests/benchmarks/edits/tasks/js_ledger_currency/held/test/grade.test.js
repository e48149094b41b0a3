'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const errors = require('../src/errors');
const { Ledger } = require('../src/ledger');
const { amount, statement } = require('../src/statement');

let ledger;

beforeEach(() => {
  ledger = new Ledger();
  ledger.open('A', 'Ann');
  ledger.open('B', 'Bob', 'EUR');
  ledger.open('U', 'Uma', 'USD');
  ledger.open('V', 'Vic', 'USD');
  ledger.deposit('A', 1000);
  ledger.deposit('U', 500);
});

test('other currencies cannot be paid to', () => {
  assert.strictEqual(typeof errors.CurrencyMismatchError, 'function');
  assert.throws(() => ledger.transfer('A', 'U', 100), errors.CurrencyMismatchError);
  assert.throws(() => ledger.transfer('U', 'B', 100), errors.CurrencyMismatchError);
  assert.deepStrictEqual(['A', 'B', 'U', 'V'].map((id) => ledger.account(id).balance), [1000, 0, 500, 0]);
  assert.strictEqual(ledger.journal.length, 2);
});

test('the error is a LedgerError with its name', () => {
  try {
    ledger.transfer('A', 'U', 100);
    assert.fail('nothing was thrown');
  } catch (error) {
    assert.ok(error instanceof errors.LedgerError);
    assert.strictEqual(error.name, 'CurrencyMismatchError');
  }
});

test('the same currency can be paid to', () => {
  ledger.transfer('A', 'B', 300);
  ledger.transfer('U', 'V', 200);
  assert.deepStrictEqual(['A', 'B', 'U', 'V'].map((id) => ledger.account(id).balance), [700, 300, 300, 200]);
});

test('totals', () => {
  ledger.transfer('U', 'V', 200);
  assert.deepEqual({ ...ledger.total() }, { EUR: 1000, USD: 500 });
  assert.deepEqual({ ...new Ledger().total() }, {});
});

test('statements', () => {
  ledger.transfer('U', 'V', 5, 'Tip');
  assert.strictEqual(statement(ledger, 'U'), 'Uma (U)\n  Deposit: 5.00 USD\n  Tip: -0.05 USD\nBalance: 4.95 USD');
  assert.strictEqual(statement(ledger, 'A'), 'Ann (A)\n  Deposit: 10.00 EUR\nBalance: 10.00 EUR');
});

test('what worked still works', () => {
  assert.throws(() => ledger.transfer('A', 'B', 1001), errors.OverdraftError);
  assert.throws(() => ledger.transfer('A', 'X', 1), errors.UnknownAccountError);
  assert.throws(() => ledger.open('A', 'Eve', 'USD'), errors.LedgerError);
  assert.throws(() => ledger.transfer('A', 'B', 0), errors.LedgerError);
  assert.strictEqual(ledger.open('C', 'Cem').balance, 0);
  assert.deepStrictEqual(ledger.entriesOf('A'), [{ text: 'Deposit', cents: 1000 }]);
  assert.strictEqual(amount(-123456), '-1234.56');
});
