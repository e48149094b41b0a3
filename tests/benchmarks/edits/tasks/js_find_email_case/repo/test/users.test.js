'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Users } = require('../users');

function example() {
  const users = new Users();
  users.add('Cem', 'cem@example.org');
  users.add('Ann', 'ann@example.org');
  return users;
}

test('ids', () => {
  assert.strictEqual(example().add('Bob', 'bob@example.org').id, 3);
});

test('find', () => {
  assert.strictEqual(example().findByName('Ann').id, 2);
  assert.strictEqual(example().findByEmail('cem@example.org').id, 1);
  assert.strictEqual(example().findByEmail('dan@example.org'), null);
});

test('names', () => {
  assert.deepStrictEqual(example().names(), ['Ann', 'Cem']);
});

test('find by an email in another case', () => {
  const users = example();
  users.add('Dan', 'Dan@Example.org');
  assert.strictEqual(users.findByEmail('ANN@example.org').id, 2);
  assert.strictEqual(users.findByEmail('dan@example.org').email, 'Dan@Example.org');
});
