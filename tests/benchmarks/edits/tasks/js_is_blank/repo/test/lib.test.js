'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { capitalize } = require('../lib/capitalize');
const { isBlank } = require('../lib/is-blank');
const { shorten } = require('../lib/shorten');

test('capitalize', () => {
  assert.strictEqual(capitalize('rain'), 'Rain');
  assert.strictEqual(capitalize(''), '');
});

test('shorten', () => {
  assert.strictEqual(shorten('a long text', 9), 'a long...');
  assert.strictEqual(shorten('short', 5), 'short');
});

test('isBlank', () => {
  assert.strictEqual(isBlank(''), true);
  assert.strictEqual(isBlank('  \n'), true);
  assert.strictEqual(isBlank(' x '), false);
});
