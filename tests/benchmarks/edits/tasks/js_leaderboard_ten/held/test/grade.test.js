'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Leaderboard } = require('../leaderboard');

function example(players) {
  const board = new Leaderboard();
  for (let number = 1; number <= players; number++) {
    board.report(`p${number}`, number * 10);
  }
  return board;
}

test('ten by default', () => {
  const top = example(15).top();
  assert.strictEqual(top.length, 10);
  assert.deepStrictEqual(top[0], { player: 'p15', points: 150 });
  assert.deepStrictEqual(top[9], { player: 'p6', points: 60 });
  assert.strictEqual(example(15).top(undefined).length, 10);
});

test('fewer players', () => {
  assert.strictEqual(example(0).top().length, 0);
  assert.strictEqual(example(7).top().length, 7);
  assert.strictEqual(example(10).top().length, 10);
});

test('a given count', () => {
  assert.strictEqual(example(15).top(5).length, 5);
  assert.strictEqual(example(15).top(12).length, 12);
  assert.strictEqual(example(15).top(0).length, 0);
  assert.deepStrictEqual(example(3).top(1), [{ player: 'p3', points: 30 }]);
});

test('the rest is as it was', () => {
  const board = example(3);
  board.report('p1', 5);
  assert.strictEqual(board.rank('p1'), 3);
  board.report('p1', 99);
  assert.strictEqual(board.rank('p1'), 1);
  assert.strictEqual(board.rank('p2'), 3);
  assert.strictEqual(board.rank('px'), null);
});
