'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { evaluate } = require('../src/evaluate');

test('precedence', () => {
  assert.strictEqual(evaluate('1 + 2 * 3'), 7);
  assert.strictEqual(evaluate('(1 + 2) * 3'), 9);
  assert.strictEqual(evaluate('8 / 4 / 2'), 1);
});

test('minus', () => {
  assert.strictEqual(evaluate('2 - -3'), 5);
  assert.strictEqual(evaluate('--2 * -1.5'), -3);
});

test('power', () => {
  assert.strictEqual(evaluate('3 * 2 ^ 2'), 12);
  assert.strictEqual(evaluate('-3^2'), -9);
  assert.strictEqual(evaluate('2^2^3'), 256);
  assert.strictEqual(evaluate('4^-1'), 0.25);
});

test('variables', () => {
  assert.strictEqual(evaluate('2 * (width + 1)', { width: 4 }), 10);
  assert.throws(() => evaluate('height'), ReferenceError);
});

test('errors', () => {
  assert.throws(() => evaluate('1 / 0'), RangeError);
  assert.throws(() => evaluate('1 +'), SyntaxError);
  assert.throws(() => evaluate('(1'), SyntaxError);
  assert.throws(() => evaluate('1 2'), SyntaxError);
  assert.throws(() => evaluate('1 % 2'), SyntaxError);
});
