'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { evaluate } = require('../src/evaluate');

function check(values) {
  for (const [text, expected] of Object.entries(values)) {
    assert.strictEqual(evaluate(text, { x: 3 }), expected, text);
  }
}

test('powers', () => {
  check({ '2^3': 8, '2 ^ 10': 1024, '5^0': 1, '0^2': 0, '9 ^ 0.5': 3, 'x^2': 9, '2^x': 8 });
});

test('binds tighter than times and divided by', () => {
  check({ '2*3^2': 18, '3^2*2': 18, '18/3^2': 2, '2^2+1': 5, '1+2^2': 5, '10-2^3': 2 });
});

test('groups from the right', () => {
  check({ '2^3^2': 512, '(2^3)^2': 64, '2^2^0': 2, '2^2^2*3': 48 });
});

test('a minus in front', () => {
  check({ '-2^2': -4, '(-2)^2': 4, '-x^2': -9, '--2^2': 4, '3 * -2^2': -12, '5 - -2^2': 9 });
});

test('a signed exponent', () => {
  check({ '2^-1': 0.5, '2^-x': 0.125, '4 * 2^-2': 1, '-2^-1': -0.5, '2^--1': 2, '2^-1^2': 0.5, '2^-2^2': 0.0625 });
});

test('parentheses', () => {
  check({ '2^(1+2)': 8, '(1+1)^(x)': 8 });
});

test('bad expressions', () => {
  for (const text of ['^2', '2^', '2^^2', '2^*3', '(2^)', '2**3']) {
    assert.throws(() => evaluate(text), SyntaxError, text);
  }
});

test('what worked still works', () => {
  check({ '1 + 2 * 3': 7, '(1 + 2) * 3': 9, '8 / 4 / 2': 1, '8 - 4 - 2': 2, '2 - -3': 5, '--2 * -1.5': -3 });
  assert.throws(() => evaluate('1 / 0'), RangeError);
  assert.throws(() => evaluate('y ^ 2'), ReferenceError);
  for (const text of ['1 +', '(1', '1 2', '1 % 2']) {
    assert.throws(() => evaluate(text), SyntaxError, text);
  }
});
