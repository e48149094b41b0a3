#!/bin/sh
# The tests of rotate.sh; run them from the root of the repository.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

for day in 01 02 03 04; do
    : >"$folder/backup-2024-05-$day.tar"
done
: >"$folder/notes.txt"

sh rotate.sh -n -k 2 "$folder" | grep -qx 'delete backup-2024-05-01.tar' || fail "a dry run says what it would delete"
[ "$(ls "$folder" | wc -l)" -eq 5 ] || fail "a dry run deletes nothing"

sh rotate.sh -k 2 "$folder" >/dev/null
[ -e "$folder/backup-2024-05-04.tar" ] || fail "the newest backup stays"
[ ! -e "$folder/backup-2024-05-01.tar" ] || fail "the oldest backup goes"
[ -e "$folder/notes.txt" ] || fail "other files stay"

[ -e "$folder/backup-2024-05-03.tar" ] || fail "-k 2 leaves two backups"
[ ! -e "$folder/backup-2024-05-02.tar" ] || fail "-k 2 leaves no more than two"

if sh rotate.sh -k two "$folder" 2>/dev/null; then
    fail "-k wants a number"
fi
if sh rotate.sh "$folder/missing" 2>/dev/null; then
    fail "the folder has to exist"
fi
echo "all passed"
