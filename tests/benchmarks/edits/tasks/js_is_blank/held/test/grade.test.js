'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { capitalize } = require('../lib/capitalize');
const { isBlank } = require('../lib/is-blank');
const { shorten } = require('../lib/shorten');

test('blank texts', () => {
  for (const text of ['', ' ', '    ', '\t', '\n', ' \r\n\t ']) {
    assert.strictEqual(isBlank(text), true, JSON.stringify(text));
  }
});

test('other texts', () => {
  for (const text of ['a', ' a', 'a ', '\n.\n', '0', 'false', 'two words', '-']) {
    assert.strictEqual(isBlank(text), false, JSON.stringify(text));
  }
});

test('the others are as they were', () => {
  assert.strictEqual(capitalize('rain'), 'Rain');
  assert.strictEqual(shorten('a long text', 9), 'a long...');
});
