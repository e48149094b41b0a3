'use strict';

const BEST_RANK = 1;

/** The best results of a game. */
class Leaderboard {
  constructor() {
    this.points = new Map();
  }

  /** Notes a result; only the best one of each player counts. */
  report(player, points) {
    if (points > (this.points.get(player) ?? -Infinity)) {
      this.points.set(player, points);
    }
  }

  /** Returns the best players with their points, the best one first. */
  top(count = 5) {
    return [...this.points]
      .sort(([, left], [, right]) => right - left)
      .slice(0, count)
      .map(([player, points]) => ({ player, points }));
  }

  /** Returns the rank of a player, null if there are no points. */
  rank(player) {
    if (!this.points.has(player)) {
      return null;
    }
    const own = this.points.get(player);
    return BEST_RANK + [...this.points.values()].filter((points) => points > own).length;
  }
}

module.exports = { Leaderboard };
