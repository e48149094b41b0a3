'use strict';

const { logger } = require('./logger');

const LEVEL_NAMES = { note: 'info', warning: 'warn', fatal: 'error' };

/** The logging of version 1. New code uses the logger itself. */
function log(message, level = 'note') {
  logger[LEVEL_NAMES[level]](message);
}

module.exports = { log };
