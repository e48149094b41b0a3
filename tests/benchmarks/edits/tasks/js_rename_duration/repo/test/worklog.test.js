import assert from 'node:assert';
import { test } from 'node:test';

import { Stopwatch, weekReport } from '../index.js';

test('a week', () => {
  const entries = [
    { day: 'Mon', time: '1h 20m' },
    { day: 'Mon', time: '10m' },
    { day: 'Tue', time: '2h' },
  ];
  assert.strictEqual(weekReport(entries), 'Mon 1h 45m\nTue 2h\nTotal 3h 45m');
});

test('a stopwatch', () => {
  let time = 0;
  const watch = new Stopwatch(() => time);
  watch.start();
  time = 65000;
  watch.stop();
  assert.strictEqual(String(watch), '1m 5s');
});
