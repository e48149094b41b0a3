'use strict';

const { schedule } = require('./backoff');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Calls an asynchronous function until it succeeds, and gives up with its last error.
 * `sleep` can be replaced, so that tests need not wait.
 */
async function retry(work, { sleep = wait, ...options } = {}) {
  for (const delay of schedule(options)) {
    try {
      return await work();
    } catch (error) {
      if (error.permanent) {
        throw error;
      }
      await sleep(delay);
    }
  }
  return work();
}

module.exports = { retry };
