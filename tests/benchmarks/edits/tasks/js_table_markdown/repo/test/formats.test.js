'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { render } = require('../formats');
const { Table } = require('../table');

const table = new Table([{ title: 'Item' }, { title: 'Qty', align: 'right' }]).add('Nuts & bolts', 12).add('Saw', null);

test('text', () => {
  assert.strictEqual(render(table), 'Item          Qty\nNuts & bolts   12\nSaw\n');
});

test('html', () => {
  assert.strictEqual(
    render(table, 'html'),
    '<table>\n' +
      '<tr><th>Item</th><th style="text-align: right">Qty</th></tr>\n' +
      '<tr><td>Nuts &amp; bolts</td><td style="text-align: right">12</td></tr>\n' +
      '<tr><td>Saw</td><td style="text-align: right"></td></tr>\n' +
      '</table>\n',
  );
});

test('markdown', () => {
  const sides = new Table([{ title: 'a|b' }, { title: 'c', align: 'center' }]).add('one\ntwo', 3);
  assert.strictEqual(render(table, 'markdown').split('\n')[1], '| --- | ---: |');
  assert.strictEqual(render(sides, 'markdown'), '| a\\|b | c |\n| --- | :---: |\n| one<br>two | 3 |\n');
});

test('an unknown format', () => {
  assert.throws(() => render(table, 'pdf'), RangeError);
});

test('rows have to fit', () => {
  assert.throws(() => new Table([{ title: 'A' }]).add(1, 2), RangeError);
});
