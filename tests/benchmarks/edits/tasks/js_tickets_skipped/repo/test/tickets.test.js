'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { TicketQueue } = require('../tickets');

test('tickets are served in order', () => {
  const queue = new TicketQueue();
  assert.strictEqual(queue.draw(), 1);
  assert.strictEqual(queue.draw(), 2);
  assert.strictEqual(queue.serve(), 1);
  assert.strictEqual(queue.serve(), 2);
  assert.strictEqual(queue.serve(), null);
  assert.strictEqual(queue.served, 2);
});

test('a ticket is skipped', () => {
  const queue = new TicketQueue();
  queue.draw();
  queue.draw();
  assert.strictEqual(queue.skip(), 1);
  assert.strictEqual(queue.serve(), 2);
  assert.strictEqual(queue.skip(), null);
});

test('skipped tickets are counted', () => {
  const queue = new TicketQueue();
  assert.strictEqual(queue.skipped, 0);
  queue.skip();
  assert.strictEqual(queue.skipped, 0);
  queue.draw();
  queue.skip();
  assert.strictEqual(queue.skipped, 1);
});
