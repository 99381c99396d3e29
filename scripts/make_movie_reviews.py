#!/usr/bin/env python3
"""Turn the source package of vaderSentiment 3.3.2 into a table of rated movie-review sentences.

usage: make_movie_reviews.py SDIST FOLDER

Writes FOLDER/movie_reviews.tsv (id, text, mean_rating, ratings) and FOLDER/movie_reviews.LICENSE.txt. Needs nothing but
Python's standard library. Every input is checked against its sha256 before it is used, the table before it is kept.
"""

import ast
import hashlib
import io
import os
import sys
import tarfile

SDIST_SHA256 = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
INNER_NAME = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"
INNER_SHA256 = "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa"
TEXTS_NAME = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"
RATINGS_NAME = "hutto_ICWSM_2014/movieReviewSnippets_anonDataRatings.txt"
LICENSE_NAME = "vaderSentiment-3.3.2/LICENSE.txt"
ROWS = 10605

ORIGIN = f"""movie_reviews.tsv holds {ROWS:,} sentences of film reviews, each rated from -4 to 4 by at least 15 people.

Origin: PyPI source package vaderSentiment 3.3.2 (sha256 {SDIST_SHA256}),
        additional_resources/hutto_ICWSM_2014.tar.gz (sha256 {INNER_SHA256}),
        movieReviewSnippets_GroundTruth.txt and movieReviewSnippets_anonDataRatings.txt.
Paper:  C. J. Hutto and E. Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text",
        ICWSM 2014. The sentences come from the reviews of B. Pang and L. Lee (2004).
Changes: the two files were joined by id and white space at the ends of sentences was removed.
Licence of the package, which covers the table:

"""


def fail(message):
    sys.exit(f"make_movie_reviews.py: {message}")


def check(data, expected, what):
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        fail(f"{what} has sha256 {found}, expected {expected}. It is damaged or another version: fetch it again")


def member(archive, name):
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        return tar.extractfile(name).read()


def lines_of(data):
    """Tab-separated fields per line; the files have CRLF line ends and no quoting."""
    return [line.split("\t") for line in data.decode("utf-8").split("\r\n") if line]


def make_rows(texts, ratings):
    if len(texts) != ROWS or len(ratings) != ROWS:
        fail(f"found {len(texts)} sentences and {len(ratings)} ratings, expected {ROWS} each")
    for (text_id, mean, text), (rating_id, _, _, votes) in zip(texts, ratings):
        votes = ast.literal_eval(votes)
        text = text.strip()
        exact = sum(votes) / len(votes)
        if text_id != rating_id or not text or abs(exact - float(mean)) > 1e-6:
            fail(f"sentence {text_id} and ratings {rating_id} do not belong together")
        yield f"{text_id}\t{text}\t{exact:.6f}\t{','.join(map(str, votes))}\n"


def write(path, content):
    """Write through a temporary name, so that a file is there whole or not at all."""
    partial = f"{path}.partial"
    with open(partial, "wb") as out:
        out.write(content)
    os.replace(partial, path)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sdist_path, folder = sys.argv[1:]
    with open(sdist_path, "rb") as file:
        sdist = file.read()
    check(sdist, SDIST_SHA256, sdist_path)
    inner = member(sdist, INNER_NAME)
    check(inner, INNER_SHA256, INNER_NAME)
    rows = make_rows(lines_of(member(inner, TEXTS_NAME)), lines_of(member(inner, RATINGS_NAME)))
    table = "id\ttext\tmean_rating\tratings\n" + "".join(rows)
    os.makedirs(folder, exist_ok=True)
    write(os.path.join(folder, "movie_reviews.LICENSE.txt"), ORIGIN.encode() + member(sdist, LICENSE_NAME))
    write(os.path.join(folder, "movie_reviews.tsv"), table.encode())


if __name__ == "__main__":
    main()
