import assert from 'node:assert';
import { test } from 'node:test';

import { Editor, History } from '../editor.mjs';

function fill(history, count) {
  for (let n = 1; n <= count; n++) {
    history.push(n);
  }
}

test('the oldest steps are dropped', () => {
  const history = new History(0, { limit: 3 });
  fill(history, 3);
  assert.strictEqual(history.undoSteps, 3);
  history.push(4);
  assert.strictEqual(history.undoSteps, 3);
  fill(history, 10);
  assert.strictEqual(history.undoSteps, 3);
  const seen = [];
  while (history.undo()) {
    seen.push(history.current);
  }
  assert.deepStrictEqual(seen, [9, 8, 7]);
});

test('redo comes back to the newest state', () => {
  const history = new History(0, { limit: 2 });
  fill(history, 5);
  while (history.undo()) {}
  assert.strictEqual(history.current, 3);
  assert.strictEqual(history.redoSteps, 2);
  while (history.redo()) {}
  assert.strictEqual(history.current, 5);
  assert.strictEqual(history.undoSteps, 2);
});

test('a limit of one', () => {
  const history = new History('a', { limit: 1 });
  history.push('b');
  history.push('c');
  assert.strictEqual(history.undo(), true);
  assert.strictEqual(history.current, 'b');
  assert.strictEqual(history.undo(), false);
});

test('the default is 100', () => {
  for (const history of [new History(0), new History(0, {})]) {
    fill(history, 100);
    assert.strictEqual(history.undoSteps, 100);
    history.push('more');
    assert.strictEqual(history.undoSteps, 100);
  }
});

test('the limit is checked', () => {
  for (const limit of [0, -1, 2.5, '3', NaN, Infinity]) {
    assert.throws(() => new History(0, { limit }), RangeError);
    assert.throws(() => new Editor('', { historyLimit: limit }), RangeError);
  }
});

test('the editor passes it on', () => {
  const editor = new Editor('', { historyLimit: 2 });
  for (const part of ['a', 'b', 'c', 'd']) {
    editor.insert(part);
  }
  assert.strictEqual(editor.undoSteps, 2);
  while (editor.undo()) {}
  assert.strictEqual(editor.text, 'ab');
});

test('the editor has the default too', () => {
  for (const editor of [new Editor(), new Editor('', { readOnly: false })]) {
    for (let n = 0; n < 105; n++) {
      editor.insert('x');
    }
    assert.strictEqual(editor.undoSteps, 100);
  }
});

test('what worked still works', () => {
  const history = new History('a', { limit: 5 });
  history.push('a');
  assert.strictEqual(history.undoSteps, 0);
  history.push('b');
  history.undo();
  history.push('c');
  assert.deepStrictEqual([history.undoSteps, history.redoSteps, history.current], [1, 0, 'c']);
  assert.throws(() => new Editor('x', { readOnly: true, historyLimit: 3 }).insert('y'), /read-only/);
  const editor = new Editor('helo');
  editor.moveTo(3);
  editor.insert('l');
  editor.backspace(2);
  editor.undo();
  assert.strictEqual(editor.text, 'hello');
});
