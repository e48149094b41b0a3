#!/bin/sh
# The tests of kv.sh; run them from the root of the repository.
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export KV_FILE="$folder/test.kv"

# Fails unless two texts are the same.
same() {
    if [ "$1" != "$2" ]; then
        echo "FAILED: $3: '$1' is not '$2'" >&2
        exit 1
    fi
}

sh kv.sh set mail.host "mail.example.org"
sh kv.sh set mail.port 25
sh kv.sh set name "A = B"
sh kv.sh set mail.port 587
same "$(sh kv.sh get mail.port)" 587 "the last value counts"
same "$(sh kv.sh get name)" "A = B" "a value may have an equals sign"
same "$(sh kv.sh list mail.)" "mail.host=mail.example.org
mail.port=587" "list with a prefix"
same "$(sh kv.sh get nothing 2>&1 || echo "exit $?")" "kv.sh: nothing is not set
exit 1" "an unknown key"
same "$(sh kv.sh set 'a b' c 2>&1 || echo "exit $?")" "kv.sh: not a key: a b
exit 1" "a bad key"
same "$(sh kv.sh fly 2>/dev/null || echo "exit $?")" "exit 2" "an unknown command"

same "$(sh kv.sh get nothing else)" "else" "a default"
same "$(sh kv.sh get mail.port 25)" 587 "a value wins over the default"
sh kv.sh unset mail.port
same "$(sh kv.sh list mail.)" "mail.host=mail.example.org" "an unset key is gone"
same "$(sh kv.sh unset mail.port 2>/dev/null || echo "exit $?")" "exit 1" "unset of an unknown key"
sh kv.sh 2>&1 | grep -q "unset KEY" || same "" "unset KEY" "the usage"
echo "all passed"
