'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { ratingText } = require('../rating');
const { average, range, sum } = require('../stats');

test('sum', () => {
  assert.strictEqual(sum([1, 2, 3]), 6);
});

test('average', () => {
  assert.strictEqual(average([4, 5]), 4.5);
});

test('range', () => {
  assert.strictEqual(range([3, 9, 5]), 6);
});

test('rating', () => {
  assert.strictEqual(ratingText([4, 5]), '4.5 of 5 (2 votes)');
});

test('average of nothing', () => {
  assert.strictEqual(average([]), 0);
  assert.strictEqual(average([-2]), -2);
});
