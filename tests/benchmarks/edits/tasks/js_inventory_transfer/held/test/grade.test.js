'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { Inventory, InsufficientStockError, UnknownError } = require('../inventory');

let inventory;

beforeEach(() => {
  inventory = new Inventory();
  inventory.addProduct('lamp', 'Desk lamp', { reorderAt: 2 });
  inventory.addProduct('chair', 'Chair');
  inventory.addWarehouse('north');
  inventory.addWarehouse('south');
  inventory.receive('lamp', 'north', 10);
});

function levels() {
  return ['north', 'south'].map((name) => [inventory.onHand('lamp', name), inventory.reserved('lamp', name)]);
}

test('units move', () => {
  inventory.transfer('lamp', 'north', 'south', 4);
  assert.deepStrictEqual(levels(), [[6, 0], [4, 0]]);
  inventory.transfer('lamp', 'south', 'north', 1);
  assert.deepStrictEqual(levels(), [[7, 0], [3, 0]]);
  assert.strictEqual(inventory.onHand('lamp'), 10);
});

test('all units can move', () => {
  inventory.transfer('lamp', 'north', 'south', 10);
  assert.deepStrictEqual(levels(), [[0, 0], [10, 0]]);
});

test('one movement is recorded', () => {
  inventory.transfer('lamp', 'north', 'south', 4);
  assert.deepStrictEqual(inventory.movements(), [
    { seq: 1, type: 'receive', sku: 'lamp', warehouse: 'north', quantity: 10 },
    { seq: 2, type: 'transfer', sku: 'lamp', from: 'north', to: 'south', quantity: 4 },
  ]);
});

test('reserved units stay', () => {
  inventory.reserve('A1', 'lamp', 'north', 7);
  assert.throws(() => inventory.transfer('lamp', 'north', 'south', 4), InsufficientStockError);
  assert.deepStrictEqual(levels(), [[10, 7], [0, 0]]);
  assert.strictEqual(inventory.movements().length, 1);
  inventory.transfer('lamp', 'north', 'south', 3);
  assert.deepStrictEqual(levels(), [[7, 7], [3, 0]]);
});

test('more than there is', () => {
  assert.throws(() => inventory.transfer('lamp', 'north', 'south', 11), (error) => {
    assert.ok(error instanceof InsufficientStockError);
    assert.deepStrictEqual([error.sku, error.wanted, error.available], ['lamp', 11, 10]);
    return true;
  });
  assert.throws(() => inventory.transfer('chair', 'north', 'south', 1), InsufficientStockError);
});

test('arguments are checked', () => {
  for (const quantity of [0, -1, 1.5, '2', undefined]) {
    assert.throws(() => inventory.transfer('lamp', 'north', 'south', quantity), RangeError);
  }
  assert.throws(() => inventory.transfer('sofa', 'north', 'south', 1), UnknownError);
  assert.throws(() => inventory.transfer('lamp', 'west', 'south', 1), UnknownError);
});

test('an unknown destination changes nothing', () => {
  assert.throws(() => inventory.transfer('lamp', 'north', 'west', 1), UnknownError);
  assert.deepStrictEqual(levels(), [[10, 0], [0, 0]]);
  assert.strictEqual(inventory.movements().length, 1);
});

test('what worked still works', () => {
  inventory.reserve('A1', 'lamp', 'north', 7);
  assert.throws(() => inventory.ship('lamp', 'north', 4), InsufficientStockError);
  inventory.fulfil('A1');
  assert.strictEqual(inventory.onHand('lamp'), 3);
  inventory.adjust('lamp', 'north', 2);
  assert.deepStrictEqual(inventory.toReorder(), ['lamp', 'chair']);
  inventory.receive('lamp', 'south', 5);
  assert.strictEqual(inventory.report(), 'lamp Desk lamp (north: 2, south: 5)');
  assert.deepStrictEqual(inventory.movements().map((move) => move.type), ['receive', 'ship', 'adjust', 'receive']);
});
