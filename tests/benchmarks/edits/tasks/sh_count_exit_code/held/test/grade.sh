#!/bin/sh
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# Runs count.sh with what follows the expected exit code.
expect() {
    expected=$1
    shift
    code=0
    sh count.sh "$@" >"$folder/out" 2>"$folder/err" || code=$?
    [ "$code" -eq "$expected" ] || fail "count.sh $* exits with $code, not $expected"
}

expect 2 "$folder/missing"
[ ! -s "$folder/out" ] || fail "nothing on standard output"
grep -qF "there is no file $folder/missing" "$folder/err" || fail "the message stays"
expect 2 "$folder/no such file"
expect 2 ""

expect 3 "$folder"
grep -qF "is a folder" "$folder/err" || fail "the message of a folder stays"
expect 64
grep -qF "usage: count.sh FILE" "$folder/err" || fail "the usage stays"
expect 64 a b

printf 'one two\n\nthree\n   \nfour five six\n' >"$folder/text"
expect 0 "$folder/text"
[ "$(cat "$folder/out")" = "3 6" ] || fail "lines and words"
[ ! -s "$folder/err" ] || fail "nothing on standard error"
: >"$folder/empty"
expect 0 "$folder/empty"
[ "$(cat "$folder/out")" = "0 0" ] || fail "an empty file"
