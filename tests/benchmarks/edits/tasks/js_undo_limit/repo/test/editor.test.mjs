import assert from 'node:assert';
import { test } from 'node:test';

import { Editor, History } from '../editor.mjs';

test('back and forth', () => {
  const history = new History('a');
  history.push('b');
  history.push('c');
  assert.strictEqual(history.undo(), true);
  assert.strictEqual(history.current, 'b');
  assert.strictEqual(history.redo(), true);
  assert.strictEqual(history.current, 'c');
  assert.strictEqual(history.redo(), false);
});

test('a new state forgets what was undone', () => {
  const history = new History('a');
  history.push('b');
  history.undo();
  history.push('c');
  assert.strictEqual(history.redoSteps, 0);
});

test('only so many steps are kept', () => {
  const history = new History('a', { limit: 2 });
  for (const state of ['b', 'c', 'd']) {
    history.push(state);
  }
  assert.strictEqual(history.undoSteps, 2);
  history.undo();
  history.undo();
  assert.strictEqual(history.current, 'b');
  assert.throws(() => new History('a', { limit: 1.5 }), RangeError);
});

test('the limit of an editor', () => {
  const editor = new Editor('', { historyLimit: 1 });
  editor.insert('a');
  editor.insert('b');
  editor.undo();
  editor.undo();
  assert.strictEqual(editor.text, 'a');
  assert.throws(() => new Editor('', { historyLimit: 0 }), RangeError);
});

test('typing and deleting', () => {
  const editor = new Editor('helo');
  editor.moveTo(3);
  editor.insert('l');
  assert.strictEqual(editor.text, 'hello');
  editor.backspace(2);
  assert.strictEqual(editor.text, 'heo');
  editor.undo();
  assert.strictEqual(editor.text, 'hello');
});

test('read-only', () => {
  assert.throws(() => new Editor('x', { readOnly: true }).insert('y'), /read-only/);
});
