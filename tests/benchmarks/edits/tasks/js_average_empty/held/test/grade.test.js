'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { ratingText } = require('../rating');
const { average, range, sum } = require('../stats');

test('an empty list', () => {
  assert.strictEqual(average([]), 0);
  assert.strictEqual(ratingText([]), '0.0 of 5 (0 votes)');
});

test('other lists', () => {
  assert.strictEqual(average([7]), 7);
  assert.strictEqual(average([0]), 0);
  assert.strictEqual(average([1, 2, 3, 4]), 2.5);
  assert.strictEqual(average([-2, 2]), 0);
  assert.strictEqual(average([-3, -4]), -3.5);
  assert.strictEqual(ratingText([5, 4, 3]), '4.0 of 5 (3 votes)');
});

test('the others are as they were', () => {
  assert.strictEqual(sum([]), 0);
  assert.strictEqual(sum([1.5, 2]), 3.5);
  assert.strictEqual(range([3, 9, 5]), 6);
  assert.strictEqual(range([4]), 0);
});
