function ok() { return 2; }

function broken( { return }}
