export { Stopwatch } from './lib/stopwatch.js';
export { weekReport } from './lib/report.js';
export { formatDuration, parseDuration } from './lib/utils.js';
