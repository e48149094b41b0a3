#!/bin/sh
# Keeps settings in a text file, one KEY=VALUE a line.
#
# The file is $KV_FILE, or settings.kv in the current folder.
set -eu

file=${KV_FILE:-settings.kv}

usage() {
    cat >&2 <<'END'
usage: kv.sh set KEY VALUE
       kv.sh get KEY
       kv.sh list [PREFIX]
END
    exit 2
}

die() {
    echo "kv.sh: $1" >&2
    exit 1
}

# A key is made of letters, digits, dots and underscores.
check_key() {
    case $1 in
        '' | *[!A-Za-z0-9._]*) die "not a key: $1" ;;
    esac
}

has_key() {
    awk -v key="$1" 'index($0, key "=") == 1 { found = 1 } END { exit !found }' "$file"
}

# Prints all lines but the one of a key.
without_key() {
    awk -v key="$1" 'index($0, key "=") != 1' "$file"
}

set_value() {
    check_key "$1"
    case $2 in
        *'
'*) die "a value is one line" ;;
    esac
    {
        without_key "$1"
        printf '%s=%s\n' "$1" "$2"
    } >"$file.new"
    mv "$file.new" "$file"
}

get_value() {
    check_key "$1"
    has_key "$1" || die "$1 is not set"
    awk -v key="$1" 'index($0, key "=") == 1 { print substr($0, length(key) + 2) }' "$file"
}

list_values() {
    awk -v prefix="$1" 'index($0, prefix) == 1' "$file" | sort
}

[ $# -ge 1 ] || usage
[ -e "$file" ] || : >"$file"
command=$1
shift
case $command in
    set)
        [ $# -eq 2 ] || usage
        set_value "$1" "$2"
        ;;
    get)
        [ $# -eq 1 ] || usage
        get_value "$1"
        ;;
    list)
        [ $# -le 1 ] || usage
        list_values "${1:-}"
        ;;
    *)
        usage
        ;;
esac
