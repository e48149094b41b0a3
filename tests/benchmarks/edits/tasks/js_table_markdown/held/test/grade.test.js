'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { render } = require('../formats');
const { Table } = require('../table');

/** Splits a pipe table into rows of trimmed cells, at pipes that are not escaped. */
function parse(text) {
  return text
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => {
      const inner = line.trim();
      assert.match(inner, /^\|.*\|$/, `a row begins and ends with a pipe: ${line}`);
      return inner
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim());
    });
}

function shape(cell) {
  assert.match(cell, /^:?-{3,}:?$/, `not a separator: ${cell}`);
  return `${cell.startsWith(':') ? ':' : ''}-${cell.endsWith(':') ? ':' : ''}`;
}

const columns = [{ title: 'Item' }, { title: 'Note', align: 'center' }, { title: 'Qty', align: 'right' }];
const three = () => new Table(columns);

test('a table', () => {
  const rows = parse(render(three().add('Saw', 'sharp', 3).add('Nail', 'x', 100), 'markdown'));
  assert.strictEqual(rows.length, 4);
  assert.deepStrictEqual(rows[0], ['Item', 'Note', 'Qty']);
  assert.deepStrictEqual(rows.slice(2), [['Saw', 'sharp', '3'], ['Nail', 'x', '100']]);
});

test('alignments', () => {
  const [, separator] = parse(render(three(), 'markdown'));
  assert.deepStrictEqual(separator.slice(1).map(shape), [':-:', '-:']);
  assert.ok(['-', ':-'].includes(shape(separator[0])));
});

test('no rows', () => {
  assert.strictEqual(parse(render(three(), 'markdown')).length, 2);
});

test('one column, empty cells', () => {
  const rows = parse(render(new Table([{ title: 'A' }]).add(null).add('b'), 'markdown'));
  assert.deepStrictEqual([rows[0], rows[2], rows[3]], [['A'], [''], ['b']]);
});

test('pipes are escaped everywhere', () => {
  const rows = parse(render(new Table([{ title: 'a|b' }, { title: 'c' }]).add('x|y|z', '|'), 'markdown'));
  assert.deepStrictEqual([rows[0], rows[2]], [['a\\|b', 'c'], ['x\\|y\\|z', '\\|']]);
});

test('line breaks everywhere', () => {
  const rows = parse(render(new Table([{ title: 'a\nb' }, { title: 'c' }]).add('x\ny\nz', '1'), 'markdown'));
  assert.strictEqual(rows.length, 3);
  assert.deepStrictEqual([rows[0], rows[2]], [['a<br>b', 'c'], ['x<br>y<br>z', '1']]);
});

test('the module renders itself, and leaves the table alone', () => {
  const table = three().add('a|b', 'c\nd', 1);
  const before = JSON.stringify(table);
  assert.strictEqual(require('../formats/markdown').render(table), render(table, 'markdown'));
  assert.strictEqual(JSON.stringify(table), before);
});

test('what worked still works', () => {
  const table = new Table([{ title: 'Item' }, { title: 'Qty', align: 'right' }]).add('Nuts & bolts', 12);
  assert.strictEqual(render(table), 'Item          Qty\nNuts & bolts   12\n');
  assert.match(render(table, 'html'), /<td>Nuts &amp; bolts<\/td>/);
  assert.throws(() => render(table, 'pdf'), RangeError);
});
