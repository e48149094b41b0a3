'use strict';

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escape(text) {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]).replaceAll('\n', '<br>');
}

function row(table, tag, cells) {
  const inner = cells.map((cell, index) => {
    const { align } = table.columns[index];
    const style = align === 'left' ? '' : ` style="text-align: ${align}"`;
    return `<${tag}${style}>${escape(cell)}</${tag}>`;
  });
  return `<tr>${inner.join('')}</tr>\n`;
}

function render(table) {
  const head = row(table, 'th', table.columns.map((column) => column.title));
  const body = table.rows.map((cells) => row(table, 'td', cells)).join('');
  return `<table>\n${head}${body}</table>\n`;
}

module.exports = { render };
