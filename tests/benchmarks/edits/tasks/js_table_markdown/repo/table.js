'use strict';

const ALIGNMENTS = ['left', 'center', 'right'];

/** Rows under named columns; `cells` are texts. */
class Table {
  constructor(columns) {
    this.columns = columns.map(({ title, align = 'left' }) => {
      if (!ALIGNMENTS.includes(align)) {
        throw new TypeError(`a column is aligned ${ALIGNMENTS.join(', ')}, not ${align}`);
      }
      return { title, align };
    });
    this.rows = [];
  }

  add(...cells) {
    if (cells.length !== this.columns.length) {
      throw new RangeError(`a row has ${this.columns.length} cells, not ${cells.length}`);
    }
    this.rows.push(cells.map((cell) => (cell === null || cell === undefined ? '' : String(cell))));
    return this;
  }
}

module.exports = { Table };
