'use strict';

const DEFAULTS = Object.freeze({
  baseMs: 100,
  factor: 2,
  maxMs: 30000,
  attempts: 5,
});

/** Returns how many milliseconds to wait after a failed attempt; the first attempt is 1. */
function delayFor(attempt, options = {}) {
  if (!Number.isInteger(attempt) || attempt < 1) {
    throw new RangeError(`attempt must be a positive integer, not ${attempt}`);
  }
  const { baseMs, factor } = { ...DEFAULTS, ...options };
  return baseMs * factor ** (attempt - 1);
}

/** Returns the delays between all attempts: one fewer than there are attempts. */
function schedule(options = {}) {
  const { attempts } = { ...DEFAULTS, ...options };
  const delays = [];
  for (let attempt = 1; attempt < attempts; attempt++) {
    delays.push(delayFor(attempt, options));
  }
  return delays;
}

module.exports = { DEFAULTS, delayFor, schedule };
