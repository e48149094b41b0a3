import * as utils from './utils.js';

/** Sums up entries such as { day: 'Mon', time: '1h 20m' }, each rounded up to quarters of an hour. */
export function weekReport(entries) {
  const days = new Map();
  for (const { day, time } of entries) {
    const seconds = utils.roundToQuarter(utils.parseDuration(time));
    days.set(day, (days.get(day) ?? 0) + seconds);
  }
  const lines = [...days].map(([day, seconds]) => `${day} ${utils.formatDuration(seconds)}`);
  const total = [...days.values()].reduce((sum, seconds) => sum + seconds, 0);
  return [...lines, `Total ${utils.formatDuration(total)}`].join('\n');
}
