'use strict';

/** Returns a text that is no longer than a limit; dots show that something is missing. */
function shorten(text, limit) {
  if (text.length <= limit) {
    return text;
  }
  return `${text.slice(0, limit - 3)}...`;
}

module.exports = { shorten };
