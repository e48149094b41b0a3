'use strict';

const html = require('./html');
const text = require('./text');

const formats = { html, text };

/** Returns a table as text in one of the formats. */
function render(table, format = 'text') {
  if (!Object.hasOwn(formats, format)) {
    throw new RangeError(`there is no format ${format}, only ${Object.keys(formats).join(', ')}`);
  }
  return formats[format].render(table);
}

module.exports = { render };
