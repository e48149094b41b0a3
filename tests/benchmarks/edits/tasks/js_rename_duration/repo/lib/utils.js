const SECONDS = { h: 3600, m: 60, s: 1 };

/** Reads a duration such as `1h 30m` or `45s`, and returns seconds. */
export function parseDuration(text) {
  const parts = text.trim().split(/\s+/);
  let seconds = 0;
  for (const part of parts) {
    const match = /^(\d+)([hms])$/.exec(part);
    if (match === null) {
      throw new SyntaxError(`not a duration: ${text}`);
    }
    seconds += Number(match[1]) * SECONDS[match[2]];
  }
  return seconds;
}

/** Writes seconds as `1h 30m`; what is zero is left out. */
export function formatDuration(seconds) {
  const parts = [];
  let rest = Math.round(seconds);
  for (const [unit, size] of Object.entries(SECONDS)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) {
      parts.push(`${count}${unit}`);
    }
  }
  return parts.join(' ') || '0s';
}

/** Rounds up to whole quarters of an hour. */
export function roundToQuarter(seconds) {
  return Math.ceil(seconds / 900) * 900;
}
