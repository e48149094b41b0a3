'use strict';

const { log } = require('./legacy-log');

/** Reads lines such as `anna;anna@example.org`; lines that are wrong are logged and left out. */
function importContacts(text) {
  const contacts = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') {
      continue;
    }
    const [name, address, ...rest] = line.split(';').map((part) => part.trim());
    if (!name || !address || rest.length > 0) {
      log(`line ${index + 1} is not a contact`, 'warning');
      continue;
    }
    contacts.push({ name, address });
  }
  log(`${contacts.length} contacts imported`);
  return contacts;
}

module.exports = { importContacts };
