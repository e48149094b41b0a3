'use strict';

function amount(cents) {
  const sign = cents < 0 ? '-' : '';
  const digits = String(Math.abs(cents)).padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Returns the statement of an account as text. */
function statement(ledger, id) {
  const account = ledger.account(id);
  const lines = [`${account.owner} (${account.id})`];
  for (const entry of ledger.entriesOf(id)) {
    lines.push(`  ${entry.text}: ${amount(entry.cents)} EUR`);
  }
  lines.push(`Balance: ${amount(account.balance)} EUR`);
  return lines.join('\n');
}

module.exports = { amount, statement };
