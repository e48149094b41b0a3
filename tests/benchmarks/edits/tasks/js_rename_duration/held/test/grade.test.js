import assert from 'node:assert';
import fs from 'node:fs';
import { test } from 'node:test';

const at = (path) => new URL(`../${path}`, import.meta.url);

test('the old file is gone', () => {
  assert.strictEqual(fs.existsSync(at('lib/utils.js')), false);
});

test('nothing imports it', () => {
  for (const folder of ['lib', 'test']) {
    for (const name of fs.readdirSync(at(folder))) {
      if (name !== 'grade.test.js') {
        assert.doesNotMatch(fs.readFileSync(at(`${folder}/${name}`), 'utf8'), /['"/]utils\.js['"]/, name);
      }
    }
  }
});

test('the new file has it all', async () => {
  const { formatDuration, parseDuration, roundToQuarter } = await import('../lib/duration.js');
  assert.strictEqual(parseDuration('1h 30m'), 5400);
  assert.strictEqual(parseDuration(' 45s '), 45);
  assert.throws(() => parseDuration('1 hour'), SyntaxError);
  assert.strictEqual(formatDuration(3661), '1h 1m 1s');
  assert.strictEqual(formatDuration(0), '0s');
  assert.strictEqual(formatDuration(7200), '2h');
  assert.deepStrictEqual([0, 1, 900, 901].map(roundToQuarter), [0, 900, 900, 1800]);
});

test('the package exports the same', async () => {
  const worklog = await import('../index.js');
  assert.deepStrictEqual(Object.keys(worklog).sort(), ['Stopwatch', 'formatDuration', 'parseDuration', 'weekReport']);
  assert.strictEqual(worklog.formatDuration(worklog.parseDuration('61s')), '1m 1s');
  assert.strictEqual(worklog.weekReport([{ day: 'Mon', time: '1h 20m' }]), 'Mon 1h 30m\nTotal 1h 30m');
  let time = 0;
  const watch = new worklog.Stopwatch(() => time);
  watch.start();
  time = 65000;
  assert.strictEqual(String(watch), '1m 5s');
});
