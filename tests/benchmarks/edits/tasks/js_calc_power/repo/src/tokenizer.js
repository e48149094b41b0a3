'use strict';

const SYMBOLS = '+-*/()';

/** Splits an expression into tokens: { type: 'number' | 'name' | 'symbol', value, at }. */
function tokenize(text) {
  const tokens = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const number = /^\d+(\.\d+)?/.exec(rest);
    const name = /^[a-z_]\w*/i.exec(rest);
    if (number) {
      tokens.push({ type: 'number', value: Number(number[0]), at });
      at += number[0].length;
    } else if (name) {
      tokens.push({ type: 'name', value: name[0], at });
      at += name[0].length;
    } else if (SYMBOLS.includes(text[at])) {
      tokens.push({ type: 'symbol', value: text[at], at });
      at += 1;
    } else {
      throw new SyntaxError(`unexpected ${text[at]} at ${at}`);
    }
  }
  return tokens;
}

module.exports = { tokenize };
