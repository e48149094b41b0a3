'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { importContacts } = require('../src/importer');
const { setSink } = require('../src/logger');
const { sendAll } = require('../src/mailer');

let entries;

beforeEach(() => {
  entries = [];
  setSink(({ level, message }) => entries.push([level, message]));
});

test('contacts are imported', () => {
  assert.deepStrictEqual(importContacts('Ann; ann@example.org\n\nwrong\n'), [
    { name: 'Ann', address: 'ann@example.org' },
  ]);
});

test('mail is sent', async () => {
  const mails = [];
  const contacts = [{ name: 'Ann', address: 'ann@example.org' }];
  assert.strictEqual(await sendAll(contacts, 'Hello', async (...mail) => mails.push(mail)), 1);
  assert.deepStrictEqual(mails, [['ann@example.org', 'Dear Ann,\n\nHello']]);
});

test('what is logged', async () => {
  importContacts('Ann; ann@example.org\nwrong\n');
  await sendAll([], 'Hello', async () => {});
  await sendAll([{ name: 'Bob', address: 'bob@example.org' }], 'Hello', async () => {
    throw new Error('no such mailbox');
  });
  assert.deepStrictEqual(
    entries.filter(([level]) => level !== 'debug'),
    [
      ['warn', 'line 2 is not a contact'],
      ['info', '1 contacts imported'],
      ['warn', 'nobody to write to'],
      ['info', '0 of 0 sent'],
      ['error', 'bob@example.org: no such mailbox'],
      ['info', '0 of 1 sent'],
    ],
  );
});
