'use strict';

/** Returns the sum of a list of numbers. */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Returns the mean of a list of numbers. */
function average(numbers) {
  return sum(numbers) / numbers.length;
}

/** Returns the difference between the largest and the smallest number. */
function range(numbers) {
  return Math.max(...numbers) - Math.min(...numbers);
}

module.exports = { sum, average, range };
