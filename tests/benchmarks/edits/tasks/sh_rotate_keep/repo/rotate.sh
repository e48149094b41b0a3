#!/bin/sh
# Deletes old backups: of the files backup-YYYY-MM-DD.tar in a folder, the newest stay.
#
# usage: rotate.sh [-n] [-k KEEP] FOLDER
#   -k KEEP  how many stay (7)
#   -n       only say what would be deleted
set -eu

usage() {
    echo "usage: rotate.sh [-n] [-k KEEP] FOLDER" >&2
    exit 2
}

keep=7
dry_run=no
while getopts k:n option; do
    case $option in
        k) keep=$OPTARG ;;
        n) dry_run=yes ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -eq 1 ] || usage
case $keep in
    '' | *[!0-9]*) usage ;;
esac

folder=$1
if [ ! -d "$folder" ]; then
    echo "rotate.sh: there is no folder $folder" >&2
    exit 1
fi

# The newest come first, because the date is in the name.
backups() {
    ls "$folder" | grep -E '^backup-[0-9]{4}-[0-9]{2}-[0-9]{2}\.tar$' | sort -r
}

count=0
backups | while read -r name; do
    count=$((count + 1))
    if [ "$count" -ge "$keep" ]; then
        echo "delete $name"
        if [ "$dry_run" = no ]; then
            rm -- "$folder/$name"
        fi
    fi
done
