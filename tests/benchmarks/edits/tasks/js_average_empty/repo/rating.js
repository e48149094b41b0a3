'use strict';

const { average } = require('./stats');

/** Returns the rating of a product as text, such as "4.5 of 5 (2 votes)". */
function ratingText(votes) {
  return `${average(votes).toFixed(1)} of 5 (${votes.length} votes)`;
}

module.exports = { ratingText };
