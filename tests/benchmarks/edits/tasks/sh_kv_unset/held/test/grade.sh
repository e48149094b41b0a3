#!/bin/sh
set -eu

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export KV_FILE="$folder/test.kv"

same() {
    if [ "$1" != "$2" ]; then
        echo "FAILED: $3: '$1' is not '$2'" >&2
        exit 1
    fi
}

# Prints the exit status of kv.sh and nothing else; what it says goes to files.
status() {
    code=0
    sh kv.sh "$@" >"$folder/out" 2>"$folder/err" || code=$?
    echo "$code"
}

sh kv.sh set mail.host "mail.example.org"
sh kv.sh set mail.port 25
sh kv.sh set mailxport 26
sh kv.sh set port 27
sh kv.sh set mail.port.old 28
sh kv.sh set name "port=30"

same "$(status unset mail.port)" 0 "unset succeeds"
same "$(cat "$folder/out" "$folder/err")" "" "unset says nothing"
same "$(status get mail.port)" 1 "the key is gone"
same "$(sh kv.sh list)" "mail.host=mail.example.org
mail.port.old=28
mailxport=26
name=port=30
port=27" "all other keys stay"
same "$(ls "$folder" | grep -v -x -e out -e err)" "test.kv" "no file is left over"

before=$(cat "$KV_FILE")
same "$(status unset mail.port)" 1 "unset of an unknown key fails"
same "$(cat "$folder/out")" "" "and prints nothing on stdout"
[ -s "$folder/err" ] || same "" "a message" "unset of an unknown key"
same "$(status unset mail)" 1 "a prefix is not a key"
same "$(cat "$KV_FILE")" "$before" "the file is unchanged"
same "$(status unset)" 2 "unset wants a key"
same "$(status unset a b)" 2 "unset wants one key"
same "$(status unset 'a b')" 1 "unset of a bad key"

sh kv.sh set mail.port 99
same "$(sh kv.sh get mail.port)" 99 "it can be set again"
for key in mail.host mail.port mail.port.old mailxport name port; do
    same "$(status unset "$key")" 0 "unset $key"
done
same "$(sh kv.sh list)" "" "nothing is left"

sh kv.sh set colour blue
sh kv.sh set empty ""
same "$(sh kv.sh get colour red)" blue "a value wins over the default"
same "$(sh kv.sh get size "12 pt")" "12 pt" "the default"
same "$(sh kv.sh get empty full)" "" "an empty value is a value"
same "$(status get size "")" 0 "the default may be empty"
same "$(status get size)" 1 "no default"
same "$(cat "$folder/err")" "kv.sh: size is not set" "no default: the message"
same "$(status get size a b)" 2 "only one default"
same "$(status get 'a b' c)" 1 "a bad key with a default"
same "$(sh kv.sh list)" "colour=blue
empty=" "get sets nothing"

same "$(status fly)" 2 "an unknown command"
grep -q 'kv.sh unset KEY' "$folder/err" || same "$(cat "$folder/err")" "kv.sh unset KEY" "usage"
grep -q 'kv.sh set KEY VALUE' "$folder/err" || same "$(cat "$folder/err")" "kv.sh set KEY VALUE" "usage"
same "$(status set a)" 2 "set wants a value"
sh kv.sh set colour "A = B"
same "$(sh kv.sh get colour)" "A = B" "set still works"
echo "all passed"
