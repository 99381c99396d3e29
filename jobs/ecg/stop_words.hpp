#pragma once

#include <string_view>

namespace ablatrix::ecg {

/// Is \p word (lower case) one of the English function words that PMI leaves out (ecg.md 5.3)?
bool is_stop_word(std::string_view word);

}  // namespace ablatrix::ecg
