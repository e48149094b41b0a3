'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Leaderboard } = require('../leaderboard');

function example() {
  const board = new Leaderboard();
  board.report('ann', 30);
  board.report('bob', 50);
  board.report('cem', 40);
  board.report('bob', 10);
  return board;
}

test('the best one is first', () => {
  assert.deepStrictEqual(example().top(2), [
    { player: 'bob', points: 50 },
    { player: 'cem', points: 40 },
  ]);
});

test('the best ten', () => {
  const board = new Leaderboard();
  for (let number = 0; number < 12; number++) {
    board.report(`player ${number}`, number);
  }
  assert.strictEqual(board.top().length, 10);
  assert.strictEqual(board.top()[9].player, 'player 2');
  assert.strictEqual(board.top(11).length, 11);
});

test('ranks', () => {
  assert.strictEqual(example().rank('ann'), 3);
  assert.strictEqual(example().rank('dan'), null);
});
