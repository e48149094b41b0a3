'use strict';

/** The users of the site. */
class Users {
  constructor() {
    this.list = [];
  }

  /** Adds a user, and returns it; ids are counted from 1. */
  add(name, email) {
    const user = { id: this.list.length + 1, name, email };
    this.list.push(user);
    return user;
  }

  /** Returns the user of a name, null if there is none. */
  findByName(name) {
    return this.list.find((user) => user.name === name) ?? null;
  }

  /** Returns the user of an email, null if there is none. */
  findByEmail(email) {
    return this.list.find((user) => user.email === email) ?? null;
  }

  /** Returns the names of all users, sorted. */
  names() {
    return this.list.map((user) => user.name).sort();
  }
}

module.exports = { Users };
