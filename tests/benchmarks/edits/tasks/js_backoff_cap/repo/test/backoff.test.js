'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { delayFor, schedule } = require('../backoff');
const { retry } = require('../retry');

test('the delay doubles', () => {
  assert.deepStrictEqual([1, 2, 3].map((n) => delayFor(n)), [100, 200, 400]);
});

test('attempts are counted from one', () => {
  assert.throws(() => delayFor(0), RangeError);
});

test('there is one delay fewer than there are attempts', () => {
  assert.deepStrictEqual(schedule({ attempts: 3, baseMs: 10, factor: 3 }), [10, 30]);
});

test('retry sleeps between attempts', async () => {
  const slept = [];
  let calls = 0;
  const work = async () => {
    calls += 1;
    if (calls < 3) {
      throw new Error('not yet');
    }
    return 'done';
  };
  assert.strictEqual(await retry(work, { sleep: async (ms) => slept.push(ms) }), 'done');
  assert.deepStrictEqual(slept, [100, 200]);
});

test('no delay is longer than maxMs', () => {
  assert.deepStrictEqual([1, 2, 3, 4].map((n) => delayFor(n, { maxMs: 250 })), [100, 200, 250, 250]);
  assert.strictEqual(delayFor(20), 30000);
});
