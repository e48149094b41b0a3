/** Remembers states, so that one can go back and forth between them. */
export class History {
  #undo = [];
  #redo = [];
  #current;

  constructor(initial) {
    this.#current = initial;
  }

  get current() {
    return this.#current;
  }

  get undoSteps() {
    return this.#undo.length;
  }

  get redoSteps() {
    return this.#redo.length;
  }

  /** Takes a new state; what was undone before is forgotten. */
  push(state) {
    if (state === this.#current) {
      return;
    }
    this.#undo.push(this.#current);
    this.#redo = [];
    this.#current = state;
  }

  /** Goes one state back, and says whether there was one. */
  undo() {
    if (this.#undo.length === 0) {
      return false;
    }
    this.#redo.push(this.#current);
    this.#current = this.#undo.pop();
    return true;
  }

  /** Goes one state forth again, and says whether there was one. */
  redo() {
    if (this.#redo.length === 0) {
      return false;
    }
    this.#undo.push(this.#current);
    this.#current = this.#redo.pop();
    return true;
  }
}

/** A line of text with a cursor. */
export class Editor {
  #history;

  constructor(text = '', { readOnly = false } = {}) {
    this.readOnly = readOnly;
    this.cursor = text.length;
    this.#history = new History(text);
  }

  get text() {
    return this.#history.current;
  }

  get undoSteps() {
    return this.#history.undoSteps;
  }

  moveTo(position) {
    this.cursor = Math.max(0, Math.min(this.text.length, position));
  }

  insert(part) {
    this.#replace(this.cursor, this.cursor, part);
  }

  /** Deletes characters before the cursor. */
  backspace(count = 1) {
    this.#replace(Math.max(0, this.cursor - count), this.cursor, '');
  }

  undo() {
    const done = this.#history.undo();
    this.moveTo(this.cursor);
    return done;
  }

  redo() {
    const done = this.#history.redo();
    this.moveTo(this.cursor);
    return done;
  }

  #replace(start, end, part) {
    if (this.readOnly) {
      throw new Error('this text is read-only');
    }
    this.#history.push(this.text.slice(0, start) + part + this.text.slice(end));
    this.moveTo(start + part.length);
  }
}
