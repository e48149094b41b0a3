'use strict';

const LEVELS = ['debug', 'info', 'warn', 'error'];

let sink = ({ level, message }) => console.error(`${level.toUpperCase()} ${message}`);

/** Sends all entries somewhere else; returns where they went before. */
function setSink(next) {
  const before = sink;
  sink = next;
  return before;
}

const logger = {};
for (const level of LEVELS) {
  logger[level] = (message) => sink({ level, message });
}

module.exports = { LEVELS, logger, setSink };
