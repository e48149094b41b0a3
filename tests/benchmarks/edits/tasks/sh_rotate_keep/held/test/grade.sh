#!/bin/sh
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

fill() {
    rm -rf "$folder/b"
    mkdir "$folder/b"
    for day in 2023-12-31 2024-01-02 2024-02-03 2024-02-04 2024-02-05 2024-02-06 2024-02-07 2024-02-08 2024-02-09; do
        : >"$folder/b/backup-$day.tar"
    done
    : >"$folder/b/notes.txt"
    : >"$folder/b/backup-old.tar"
}

left() {
    (cd "$folder/b" && ls | grep '^backup-2' | sort | tr '\n' ' ')
}

fill
sh rotate.sh -k 3 "$folder/b" >"$folder/out"
[ "$(left)" = "backup-2024-02-07.tar backup-2024-02-08.tar backup-2024-02-09.tar " ] || fail "-k 3 leaves: $(left)"
[ "$(grep -c '^delete backup-' "$folder/out")" -eq 6 ] || fail "it says what it deletes"
[ -e "$folder/b/notes.txt" ] && [ -e "$folder/b/backup-old.tar" ] || fail "other files stay"
sh rotate.sh -k 3 "$folder/b" >"$folder/out"
[ ! -s "$folder/out" ] || fail "nothing more to delete"

sh rotate.sh -k 1 "$folder/b" >/dev/null
[ "$(left)" = "backup-2024-02-09.tar " ] || fail "-k 1 leaves: $(left)"
sh rotate.sh -k 0 "$folder/b" >/dev/null
[ "$(left)" = "" ] || fail "-k 0 leaves: $(left)"

fill
sh rotate.sh -k 20 "$folder/b" >/dev/null
[ "$(left | wc -w)" -eq 9 ] || fail "-k 20 leaves all"
sh rotate.sh -n -k 8 "$folder/b" >"$folder/out"
[ "$(cat "$folder/out")" = "delete backup-2023-12-31.tar" ] || fail "a dry run says: $(cat "$folder/out")"
[ "$(left | wc -w)" -eq 9 ] || fail "a dry run deletes nothing"
sh rotate.sh "$folder/b" >/dev/null
[ "$(left | wc -w)" -eq 7 ] || fail "seven stay by default"

status=0
sh rotate.sh -k two "$folder/b" 2>/dev/null || status=$?
[ "$status" -eq 2 ] || fail "-k wants a number"
status=0
sh rotate.sh "$folder/missing" 2>/dev/null || status=$?
[ "$status" -eq 1 ] || fail "the folder has to exist"
echo "all passed"
