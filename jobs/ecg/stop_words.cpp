#include "jobs/ecg/stop_words.hpp"

#include <algorithm>
#include <iterator>

namespace ablatrix::ecg {
namespace {

constexpr std::string_view stop_words[] = {
    "a",    "about", "after", "all",   "an",   "and",   "any",   "are",  "as",   "at",  "be",  "because", "been",
    "but",  "by",    "can",   "could", "did",  "do",    "does",  "for",  "from", "had", "has", "have",    "he",
    "her",  "here",  "him",   "his",   "how",  "i",     "if",    "in",   "into", "is",  "it",  "its",     "just",
    "me",   "more",  "my",    "of",    "on",   "one",   "or",    "our",  "out",  "she", "so",  "some",    "than",
    "that", "the",   "their", "them",  "then", "there", "they",  "this", "to",   "up",  "was", "we",      "were",
    "what", "when",  "which", "who",   "will", "with",  "would", "you",  "your"};
static_assert(std::is_sorted(std::begin(stop_words), std::end(stop_words)));

}  // namespace

bool is_stop_word(std::string_view word)
{
    return std::binary_search(std::begin(stop_words), std::end(stop_words), word);
}

}  // namespace ablatrix::ecg
