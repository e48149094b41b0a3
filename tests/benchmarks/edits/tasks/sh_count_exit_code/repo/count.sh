#!/bin/sh
# Counts the lines and the words of a text file; empty lines don't count.
#
# usage: count.sh FILE
set -eu

if [ $# -ne 1 ]; then
    echo "usage: count.sh FILE" >&2
    exit 64
fi

file=$1
if [ ! -e "$file" ]; then
    echo "count.sh: there is no file $file" >&2
    exit 1
fi
if [ -d "$file" ]; then
    echo "count.sh: $file is a folder" >&2
    exit 3
fi

awk 'NF > 0 { lines += 1; words += NF } END { print lines + 0, words + 0 }' "$file"
