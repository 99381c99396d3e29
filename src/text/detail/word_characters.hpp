#pragma once

namespace ablatrix::text::detail {

/// \w of regular expressions: letters, marks, decimal digits, connectors and joiners.
bool is_word_character(char32_t c);

}  // namespace ablatrix::text::detail
