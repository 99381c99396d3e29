#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::text {

/// A word and where it stands: [begin, end) byte offsets into the text it came from.
struct Word
{
    std::string lower;  ///< Unicode lower case (ICU)
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// Runs of letters, digits, apostrophes inside words; "<...>" and "[...]" without white space are one word each, so that
/// injected markers stay whole. Invalid UTF-8 is replaced, never fatal.
std::vector<Word> words(std::string_view text);

}  // namespace ablatrix::text
