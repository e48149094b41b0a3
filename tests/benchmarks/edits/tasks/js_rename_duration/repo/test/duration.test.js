import assert from 'node:assert';
import { test } from 'node:test';

import { formatDuration, parseDuration, roundToQuarter } from '../lib/utils.js';

test('durations are read', () => {
  assert.strictEqual(parseDuration('1h 30m'), 5400);
  assert.throws(() => parseDuration('1 hour'), SyntaxError);
});

test('durations are written', () => {
  assert.strictEqual(formatDuration(3661), '1h 1m 1s');
  assert.strictEqual(formatDuration(0), '0s');
});

test('durations are rounded', () => {
  assert.strictEqual(roundToQuarter(901), 1800);
});
