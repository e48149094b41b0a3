'use strict';

const { parse } = require('./parser');

function compute(operator, left, right) {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) {
        throw new RangeError('division by zero');
      }
      return left / right;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

function value(tree, variables) {
  switch (tree.type) {
    case 'number':
      return tree.value;
    case 'name':
      if (!Object.hasOwn(variables, tree.value)) {
        throw new ReferenceError(`${tree.value} is not known`);
      }
      return variables[tree.value];
    case 'negate':
      return -value(tree.operand, variables);
    default:
      return compute(tree.operator, value(tree.left, variables), value(tree.right, variables));
  }
}

/** Returns the value of an expression such as 2 * (width + 1). */
function evaluate(text, variables = {}) {
  return value(parse(text), variables);
}

module.exports = { evaluate };
