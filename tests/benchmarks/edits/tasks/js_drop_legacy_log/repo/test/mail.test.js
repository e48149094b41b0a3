'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { importContacts } = require('../src/importer');
const { setSink } = require('../src/logger');
const { sendAll } = require('../src/mailer');

beforeEach(() => {
  setSink(() => {});
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
