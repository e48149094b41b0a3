'use strict';

/** Returns a text with its first letter in upper case. */
function capitalize(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

module.exports = { capitalize };
