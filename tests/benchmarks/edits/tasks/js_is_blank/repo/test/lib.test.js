'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { capitalize } = require('../lib/capitalize');
const { shorten } = require('../lib/shorten');

test('capitalize', () => {
  assert.strictEqual(capitalize('rain'), 'Rain');
  assert.strictEqual(capitalize(''), '');
});

test('shorten', () => {
  assert.strictEqual(shorten('a long text', 9), 'a long...');
  assert.strictEqual(shorten('short', 5), 'short');
});
