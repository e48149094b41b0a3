'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { Router } = require('../router');

test('parameters', () => {
  const router = new Router().add('GET', '/users/:id/posts/:post', 'post');
  assert.deepStrictEqual(router.match('get', '/users/7/posts/a%20b?x=1'), {
    handler: 'post',
    pattern: '/users/:id/posts/:post',
    params: { id: '7', post: 'a b' },
  });
});

test('a literal wins over a parameter', () => {
  const router = new Router().add('GET', '/users/:id', 'one').add('GET', '/users/new', 'form');
  assert.strictEqual(router.match('GET', '/users/new').handler, 'form');
  assert.strictEqual(router.match('GET', '/users/8').handler, 'one');
});

test('no route', () => {
  const router = new Router().add('GET', '/users/:id', 'one');
  assert.strictEqual(router.match('GET', '/users'), null);
  assert.strictEqual(router.match('POST', '/users/1'), null);
});

test('a parameter needs a name of its own', () => {
  assert.throws(() => new Router().add('GET', '/a/:', 'x'), /bad parameter/);
  assert.throws(() => new Router().add('GET', '/:a/:a', 'x'), /bad parameter/);
});

test('the rest of a path', () => {
  const router = new Router().add('GET', '/files/*path', 'file').add('GET', '/files/:name', 'top');
  assert.deepStrictEqual(router.match('GET', '/files/a/b%20c').params, { path: 'a/b c' });
  assert.strictEqual(router.match('GET', '/files/a').handler, 'top');
  assert.strictEqual(router.match('GET', '/files'), null);
  assert.throws(() => new Router().add('GET', '/*path/edit', 'x'), Error);
  assert.throws(() => new Router().add('GET', '/*', 'x'), Error);
});

test('methods of a path', () => {
  const router = new Router().add('PUT', '/users/:id', 'save').add('GET', '/users/:id', 'one');
  assert.deepStrictEqual(router.methodsFor('/users/3'), ['GET', 'PUT']);
});
