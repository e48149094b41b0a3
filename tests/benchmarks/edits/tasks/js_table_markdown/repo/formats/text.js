'use strict';

const PAD = {
  left: (text, width) => text.padEnd(width),
  right: (text, width) => text.padStart(width),
  center: (text, width) => text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width),
};

function render(table) {
  const lines = [table.columns.map((column) => column.title), ...table.rows];
  const widths = table.columns.map((_, index) => Math.max(...lines.map((cells) => cells[index].length)));
  return lines
    .map((cells) => cells.map((cell, index) => PAD[table.columns[index].align](cell, widths[index])))
    .map((cells) => `${cells.join('  ').trimEnd()}\n`)
    .join('');
}

module.exports = { render };
