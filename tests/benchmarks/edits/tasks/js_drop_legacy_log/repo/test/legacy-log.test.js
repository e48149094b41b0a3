'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { log } = require('../src/legacy-log');
const { setSink } = require('../src/logger');

test('old levels have new names', () => {
  const entries = [];
  setSink((entry) => entries.push(entry));
  log('a');
  log('b', 'warning');
  log('c', 'fatal');
  assert.deepStrictEqual(entries.map((entry) => entry.level), ['info', 'warn', 'error']);
});
