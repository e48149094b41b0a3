'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { TicketQueue } = require('../tickets');

function example(tickets) {
  const queue = new TicketQueue();
  for (let count = 0; count < tickets; count++) {
    queue.draw();
  }
  return queue;
}

test('nothing is skipped at the start', () => {
  assert.strictEqual(new TicketQueue().skipped, 0);
  assert.strictEqual(example(3).skipped, 0);
});

test('skip counts', () => {
  const queue = example(3);
  assert.strictEqual(queue.skip(), 1);
  assert.strictEqual(queue.skipped, 1);
  assert.strictEqual(queue.skip(), 2);
  assert.strictEqual(queue.skipped, 2);
  assert.deepStrictEqual(queue.waiting, [3]);
});

test('an empty queue skips nothing', () => {
  const queue = example(1);
  queue.skip();
  assert.strictEqual(queue.skip(), null);
  assert.strictEqual(queue.skip(), null);
  assert.strictEqual(queue.skipped, 1);
});

test('serve counts only what is served', () => {
  const queue = example(4);
  assert.strictEqual(queue.serve(), 1);
  assert.strictEqual(queue.skip(), 2);
  assert.strictEqual(queue.serve(), 3);
  assert.deepStrictEqual([queue.served, queue.skipped], [2, 1]);
  assert.strictEqual(queue.draw(), 5);
  assert.deepStrictEqual(queue.waiting, [4, 5]);
});

test('two queues count on their own', () => {
  const first = example(2);
  const second = example(2);
  first.skip();
  assert.deepStrictEqual([first.skipped, second.skipped], [1, 0]);
});
