'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { Inventory, InsufficientStockError, UnknownError } = require('../inventory');

let inventory;

beforeEach(() => {
  inventory = new Inventory();
  inventory.addProduct('lamp', 'Desk lamp', { reorderAt: 2 });
  inventory.addWarehouse('north');
  inventory.addWarehouse('south');
  inventory.receive('lamp', 'north', 10);
});

test('shipping takes from one warehouse', () => {
  inventory.ship('lamp', 'north', 4);
  assert.strictEqual(inventory.onHand('lamp', 'north'), 6);
  assert.strictEqual(inventory.onHand('lamp', 'south'), 0);
});

test('reserved units cannot be shipped', () => {
  inventory.reserve('A1', 'lamp', 'north', 7);
  assert.throws(() => inventory.ship('lamp', 'north', 4), InsufficientStockError);
  inventory.fulfil('A1');
  assert.strictEqual(inventory.onHand('lamp'), 3);
});

test('a warehouse has to be known', () => {
  assert.throws(() => inventory.receive('lamp', 'west', 1), UnknownError);
});

test('movements are recorded', () => {
  inventory.adjust('lamp', 'north', 8);
  assert.deepStrictEqual(inventory.movements('lamp'), [
    { seq: 1, type: 'receive', sku: 'lamp', warehouse: 'north', quantity: 10 },
    { seq: 2, type: 'adjust', sku: 'lamp', warehouse: 'north', quantity: -2 },
  ]);
});

test('the report names the places', () => {
  assert.strictEqual(inventory.report(), 'lamp Desk lamp (north: 10)');
});

test('units are moved between warehouses', () => {
  inventory.transfer('lamp', 'north', 'south', 6);
  assert.strictEqual(inventory.onHand('lamp', 'north'), 4);
  assert.strictEqual(inventory.onHand('lamp', 'south'), 6);
  assert.deepStrictEqual(inventory.movements('lamp').slice(1), [
    { seq: 2, type: 'transfer', sku: 'lamp', from: 'north', to: 'south', quantity: 6 },
  ]);
});

test('reserved units are not moved', () => {
  inventory.reserve('A1', 'lamp', 'north', 8);
  assert.throws(() => inventory.transfer('lamp', 'north', 'south', 3), InsufficientStockError);
  assert.throws(() => inventory.transfer('lamp', 'north', 'west', 1), UnknownError);
  assert.strictEqual(inventory.onHand('lamp', 'north'), 10);
  assert.strictEqual(inventory.movements('lamp').length, 1);
});
