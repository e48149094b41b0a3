'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { DEFAULTS, delayFor, schedule } = require('../backoff');
const { retry } = require('../retry');

test('the default limit holds', () => {
  assert.strictEqual(delayFor(9), 25600);
  assert.strictEqual(delayFor(10), 30000);
  assert.strictEqual(delayFor(5000), 30000);
});

test('a given limit holds', () => {
  const options = { baseMs: 50, factor: 3, maxMs: 500 };
  assert.deepStrictEqual([1, 2, 3, 4, 5].map((n) => delayFor(n, options)), [50, 150, 450, 500, 500]);
});

test('a limit below the base holds from the first attempt', () => {
  assert.strictEqual(delayFor(1, { maxMs: 20 }), 20);
});

test('a higher limit than the default is respected', () => {
  assert.strictEqual(delayFor(11, { maxMs: 1000000 }), 102400);
});

test('a delay of just the limit stays', () => {
  assert.strictEqual(delayFor(3, { maxMs: 400 }), 400);
});

test('schedule follows', () => {
  assert.deepStrictEqual(schedule({ attempts: 6, maxMs: 300 }), [100, 200, 300, 300, 300]);
  assert.deepStrictEqual(schedule(), [100, 200, 400, 800]);
});

test('retry sleeps no longer than the limit', async () => {
  const slept = [];
  const work = async () => {
    throw new Error('never');
  };
  await assert.rejects(retry(work, { attempts: 4, maxMs: 150, sleep: async (ms) => slept.push(ms) }), /never/);
  assert.deepStrictEqual(slept, [100, 150, 150]);
});

test('what worked still works', () => {
  assert.throws(() => delayFor(0), RangeError);
  assert.throws(() => delayFor(1.5), RangeError);
  assert.deepStrictEqual({ ...DEFAULTS }, { baseMs: 100, factor: 2, maxMs: 30000, attempts: 5 });
});
