#pragma once

#include "stages.hpp"

/// \file
/// SentencePiece vocabularies write a space as U+2581 in front of its word. Where no token goes on behind such a mark
/// that is not at its own beginning, a text falls apart into words that can be looked up in a cache.

namespace ablatrix::text::detail {

/// Whether no token crosses the beginning of a run of marks. The mark itself must be a token, or unknown text could.
bool words_stand_alone(Vocabulary const& vocabulary);

/// Cut before every run of marks.
void cut_before_marks(Segment& segment);

}  // namespace ablatrix::text::detail
