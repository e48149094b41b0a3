import { formatDuration } from './utils.js';

/** Measures time; `now` returns milliseconds and can be replaced by tests. */
export class Stopwatch {
  #now;
  #startedAt = null;
  #elapsed = 0;

  constructor(now = Date.now) {
    this.#now = now;
  }

  start() {
    this.#startedAt ??= this.#now();
  }

  stop() {
    this.#elapsed = this.seconds * 1000;
    this.#startedAt = null;
  }

  get seconds() {
    const running = this.#startedAt === null ? 0 : this.#now() - this.#startedAt;
    return (this.#elapsed + running) / 1000;
  }

  toString() {
    return formatDuration(this.seconds);
  }
}
