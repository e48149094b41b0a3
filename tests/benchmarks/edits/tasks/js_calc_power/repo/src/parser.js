'use strict';

const { tokenize } = require('./tokenizer');

/**
 * Reads an expression into a tree.
 *
 *   sum     = product { ("+" | "-") product }
 *   product = unary { ("*" | "/") unary }
 *   unary   = "-" unary | atom
 *   atom    = number | name | "(" sum ")"
 */
class Parser {
  constructor(text) {
    this.tokens = tokenize(text);
    this.position = 0;
  }

  parse() {
    const tree = this.sum();
    if (this.position < this.tokens.length) {
      this.fail();
    }
    return tree;
  }

  sum() {
    let left = this.product();
    for (let operator = this.accept('+', '-'); operator; operator = this.accept('+', '-')) {
      left = { type: 'binary', operator, left, right: this.product() };
    }
    return left;
  }

  product() {
    let left = this.unary();
    for (let operator = this.accept('*', '/'); operator; operator = this.accept('*', '/')) {
      left = { type: 'binary', operator, left, right: this.unary() };
    }
    return left;
  }

  unary() {
    if (this.accept('-')) {
      return { type: 'negate', operand: this.unary() };
    }
    return this.atom();
  }

  atom() {
    const token = this.tokens[this.position];
    if (this.accept('(')) {
      const tree = this.sum();
      if (!this.accept(')')) {
        this.fail();
      }
      return tree;
    }
    if (token === undefined || token.type === 'symbol') {
      this.fail();
    }
    this.position += 1;
    return { type: token.type, value: token.value };
  }

  /** Takes one of the symbols if it comes next. */
  accept(...symbols) {
    const token = this.tokens[this.position];
    if (token === undefined || token.type !== 'symbol' || !symbols.includes(token.value)) {
      return null;
    }
    this.position += 1;
    return token.value;
  }

  fail() {
    const token = this.tokens[this.position];
    throw new SyntaxError(token ? `unexpected ${token.value} at ${token.at}` : 'unexpected end');
  }
}

function parse(text) {
  return new Parser(text).parse();
}

module.exports = { parse };
