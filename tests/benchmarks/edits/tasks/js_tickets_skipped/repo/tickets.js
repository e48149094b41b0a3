'use strict';

/** The tickets that people draw in a waiting room. */
class TicketQueue {
  constructor() {
    this.next = 1;
    this.waiting = [];
    this.served = 0;
  }

  /** Draws a ticket, and returns its number. */
  draw() {
    this.waiting.push(this.next);
    this.next += 1;
    return this.waiting[this.waiting.length - 1];
  }

  /** Serves the first ticket, and returns its number, null if nobody waits. */
  serve() {
    if (this.waiting.length === 0) {
      return null;
    }
    this.served += 1;
    return this.waiting.shift();
  }

  /** Drops the first ticket, whose owner isn't there, and returns its number, null if nobody waits. */
  skip() {
    if (this.waiting.length === 0) {
      return null;
    }
    return this.waiting.shift();
  }
}

module.exports = { TicketQueue };
