#!/bin/sh
# The tests of count.sh; run them from the root of the repository.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

printf 'one two\n\nthree\n' >"$folder/text"
[ "$(sh count.sh "$folder/text")" = "2 3" ] || fail "lines and words"

if sh count.sh "$folder/missing" 2>/dev/null; then
    fail "the file has to exist"
fi
if sh count.sh "$folder" 2>/dev/null; then
    fail "a folder is no file"
fi

status=0
sh count.sh "$folder/missing" 2>/dev/null || status=$?
[ "$status" -eq 2 ] || fail "a missing file exits with 2"
status=0
sh count.sh "$folder" 2>/dev/null || status=$?
[ "$status" -eq 3 ] || fail "a folder exits with 3"
echo "all passed"
