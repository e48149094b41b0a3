'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { beforeEach, test } = require('node:test');
const { importContacts } = require('../src/importer');
const { LEVELS, logger, setSink } = require('../src/logger');
const { sendAll } = require('../src/mailer');

const root = path.join(__dirname, '..');
let entries;

beforeEach(() => {
  entries = [];
  setSink(({ level, message }) => entries.push([level, message]));
});

test('the old files are gone', () => {
  assert.strictEqual(fs.existsSync(path.join(root, 'src', 'legacy-log.js')), false);
  assert.strictEqual(fs.existsSync(path.join(root, 'test', 'legacy-log.test.js')), false);
});

test('nothing requires them', () => {
  for (const name of fs.readdirSync(path.join(root, 'src'))) {
    const text = fs.readFileSync(path.join(root, 'src', name), 'utf8');
    assert.doesNotMatch(text, /require\([^)]*legacy/, name);
  }
});

test('the importer logs as before', () => {
  const contacts = importContacts('Ann; ann@example.org\n\nwrong\nBob;bob@example.org;x\nCem;cem@example.org');
  assert.deepStrictEqual(contacts.map((contact) => contact.name), ['Ann', 'Cem']);
  assert.deepStrictEqual(entries, [
    ['warn', 'line 3 is not a contact'],
    ['warn', 'line 4 is not a contact'],
    ['info', '2 contacts imported'],
  ]);
});

test('the mailer logs as before', async () => {
  const contacts = [
    { name: 'Ann', address: 'ann@example.org' },
    { name: 'Bob', address: 'bob@example.org' },
  ];
  const transport = async (address) => {
    if (address.startsWith('bob')) {
      throw new Error('mailbox full');
    }
  };
  assert.strictEqual(await sendAll(contacts, 'Hello', transport), 1);
  assert.deepStrictEqual(entries, [
    ['debug', 'writing to ann@example.org'],
    ['debug', 'writing to bob@example.org'],
    ['error', 'bob@example.org: mailbox full'],
    ['info', '1 of 2 sent'],
  ]);
});

test('the mailer without contacts', async () => {
  assert.strictEqual(await sendAll([], 'Hello', async () => {}), 0);
  assert.deepStrictEqual(entries, [
    ['warn', 'nobody to write to'],
    ['info', '0 of 0 sent'],
  ]);
});

test('the logger is as it was', () => {
  assert.deepStrictEqual(LEVELS, ['debug', 'info', 'warn', 'error']);
  LEVELS.forEach((level) => logger[level](`a ${level}`));
  assert.deepStrictEqual(entries, LEVELS.map((level) => [level, `a ${level}`]));
});
