'use strict';

const { log } = require('./legacy-log');
const { logger } = require('./logger');

/** Sends a text to all contacts, and returns to how many it could be sent. */
async function sendAll(contacts, text, transport) {
  let sent = 0;
  if (contacts.length === 0) {
    log('nobody to write to', 'warning');
  }
  for (const { name, address } of contacts) {
    logger.debug(`writing to ${address}`);
    try {
      await transport(address, `Dear ${name},\n\n${text}`);
      sent += 1;
    } catch (error) {
      log(`${address}: ${error.message}`, 'fatal');
    }
  }
  log(`${sent} of ${contacts.length} sent`, 'note');
  return sent;
}

module.exports = { sendAll };
