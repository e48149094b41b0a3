'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Users } = require('../users');

function example() {
  const users = new Users();
  users.add('Cem', 'cem@example.org');
  users.add('Ann', 'Ann.Lee@Example.ORG');
  return users;
}

test('the email is asked for in another case', () => {
  assert.strictEqual(example().findByEmail('CEM@example.org').id, 1);
  assert.strictEqual(example().findByEmail('Cem@Example.Org').id, 1);
});

test('the email was added in another case', () => {
  assert.strictEqual(example().findByEmail('ann.lee@example.org').id, 2);
  assert.strictEqual(example().findByEmail('ANN.LEE@EXAMPLE.ORG').id, 2);
});

test('the same case', () => {
  assert.strictEqual(example().findByEmail('cem@example.org').id, 1);
  assert.strictEqual(example().findByEmail('Ann.Lee@Example.ORG').id, 2);
});

test('other emails', () => {
  assert.strictEqual(example().findByEmail('lee@example.org'), null);
  assert.strictEqual(example().findByEmail('cem@example.or'), null);
  assert.strictEqual(example().findByEmail('cem@example.org '), null);
  assert.strictEqual(example().findByEmail(''), null);
  assert.strictEqual(new Users().findByEmail('cem@example.org'), null);
});

test('emails are kept as they were given', () => {
  assert.strictEqual(example().findByEmail('ann.lee@example.org').email, 'Ann.Lee@Example.ORG');
  assert.deepStrictEqual(example().list[1], { id: 2, name: 'Ann', email: 'Ann.Lee@Example.ORG' });
});

test('names are compared as before', () => {
  assert.strictEqual(example().findByName('Ann').id, 2);
  assert.strictEqual(example().findByName('ann'), null);
  assert.deepStrictEqual(example().names(), ['Ann', 'Cem']);
});
