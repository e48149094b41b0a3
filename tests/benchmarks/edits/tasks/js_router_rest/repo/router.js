'use strict';

const LITERAL = 0;
const PARAM = 1;

function split(path) {
  return path.split('/').filter((part) => part !== '');
}

function compile(pattern) {
  const seen = new Set();
  return split(pattern).map((part) => {
    if (!part.startsWith(':')) {
      return { type: LITERAL, value: part };
    }
    const name = part.slice(1);
    if (name === '' || seen.has(name)) {
      throw new Error(`bad parameter in ${pattern}: ${part}`);
    }
    seen.add(name);
    return { type: PARAM, value: name };
  });
}

/** Compares two compiled patterns: the more specific one comes first. */
function compare(one, other) {
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    if (one[index].type !== other[index].type) {
      return one[index].type - other[index].type;
    }
  }
  return 0;
}

function matchSegments(segments, parts) {
  if (segments.length !== parts.length) {
    return null;
  }
  const params = {};
  for (const [index, { type, value }] of segments.entries()) {
    if (type === PARAM) {
      params[value] = decodeURIComponent(parts[index]);
    } else if (value !== parts[index]) {
      return null;
    }
  }
  return params;
}

/**
 * Finds the handler for a request.
 *
 * A pattern is a path like /users/:id, in which :id stands for any one segment.
 */
class Router {
  constructor() {
    this._routes = [];
  }

  add(method, pattern, handler) {
    const segments = compile(pattern);
    this._routes.push({ method: method.toUpperCase(), pattern, segments, handler });
    this._routes.sort((one, other) => compare(one.segments, other.segments));
    return this;
  }

  /** Returns the handler and the parameters of the best route, or null. */
  match(method, url) {
    const parts = split(url.split('?')[0]);
    for (const route of this._routes) {
      if (route.method !== method.toUpperCase()) {
        continue;
      }
      const params = matchSegments(route.segments, parts);
      if (params !== null) {
        return { handler: route.handler, pattern: route.pattern, params };
      }
    }
    return null;
  }

  /** Returns the methods that a path answers to, sorted. */
  methodsFor(url) {
    const parts = split(url.split('?')[0]);
    const found = this._routes.filter((route) => matchSegments(route.segments, parts) !== null);
    return [...new Set(found.map((route) => route.method))].sort();
  }
}

module.exports = { Router };
