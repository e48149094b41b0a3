'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Router } = require('../router');

test('one or more segments', () => {
  const router = new Router().add('GET', '/files/*rest', 'files');
  assert.deepStrictEqual(router.match('GET', '/files/a').params, { rest: 'a' });
  assert.deepStrictEqual(router.match('GET', '/files/a/b/c.txt?x=1'), {
    handler: 'files',
    pattern: '/files/*rest',
    params: { rest: 'a/b/c.txt' },
  });
  assert.strictEqual(router.match('GET', '/files'), null);
  assert.strictEqual(router.match('GET', '/files/'), null);
  assert.strictEqual(router.match('GET', '/other/a'), null);
});

test('any name, after parameters', () => {
  const router = new Router().add('GET', '/repos/:owner/tree/*path', 'tree');
  assert.deepStrictEqual(router.match('GET', '/repos/ann/tree/src/lib').params, { owner: 'ann', path: 'src/lib' });
  assert.strictEqual(router.match('GET', '/repos/ann/blob/src'), null);
});

test('segments are decoded', () => {
  const router = new Router().add('GET', '/files/*rest', 'files');
  assert.strictEqual(router.match('GET', '/files/a%20b/%C3%A4/c%25').params.rest, 'a b/\u00e4/c%');
});

test('the whole path', () => {
  const router = new Router().add('GET', '/*all', 'all');
  assert.deepStrictEqual(router.match('GET', '/x/y').params, { all: 'x/y' });
  assert.strictEqual(router.match('GET', '/'), null);
});

for (const reverse of [false, true]) {
  test(`the more specific wins, ${reverse ? 'last' : 'first'} added`, () => {
    const routes = [
      ['/files/new', 'form'],
      ['/files/:name', 'one'],
      ['/files/:name/edit', 'edit'],
      ['/files/*rest', 'rest'],
      ['/*all', 'all'],
    ];
    const router = new Router();
    for (const [pattern, handler] of reverse ? routes.reverse() : routes) {
      router.add('GET', pattern, handler);
    }
    const found = (url) => router.match('GET', url).handler;
    assert.strictEqual(found('/files/new'), 'form');
    assert.strictEqual(found('/files/x'), 'one');
    assert.strictEqual(found('/files/x/edit'), 'edit');
    assert.strictEqual(found('/files/x/y'), 'rest');
    assert.strictEqual(found('/files/new/y'), 'rest');
    assert.strictEqual(found('/files/x/edit/y'), 'rest');
    assert.strictEqual(found('/files'), 'all');
    assert.strictEqual(found('/else/where'), 'all');
  });
}

test('bad patterns', () => {
  assert.throws(() => new Router().add('GET', '/files/*rest/edit', 'x'), Error);
  assert.throws(() => new Router().add('GET', '/*a/*b', 'x'), Error);
  assert.throws(() => new Router().add('GET', '/files/*', 'x'), Error);
});

test('a bad pattern adds no route', () => {
  const router = new Router();
  assert.throws(() => router.add('GET', '/files/*rest/edit', 'x'), Error);
  assert.strictEqual(router.match('GET', '/files/a/edit'), null);
});

test('methods of a path', () => {
  const router = new Router().add('PUT', '/files/*rest', 'save').add('GET', '/files/:name', 'one');
  assert.deepStrictEqual(router.methodsFor('/files/a'), ['GET', 'PUT']);
  assert.deepStrictEqual(router.methodsFor('/files/a/b'), ['PUT']);
});

test('what worked still works', () => {
  const router = new Router().add('GET', '/users/:id', 'one').add('GET', '/users/new', 'form').add('GET', '/', 'home');
  assert.strictEqual(router.match('GET', '/users/new').handler, 'form');
  assert.deepStrictEqual(router.match('GET', '/users/8').params, { id: '8' });
  assert.strictEqual(router.match('GET', '/users/8/9'), null);
  assert.strictEqual(router.match('GET', '/users'), null);
  assert.strictEqual(router.match('GET', '/').handler, 'home');
  assert.throws(() => new Router().add('GET', '/:a/:a', 'x'), /bad parameter/);
});
