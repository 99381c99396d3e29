#include "detail/fail_fast.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace ablatrix::sched::detail {

namespace {

bool is_digit(char c)
{
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

bool is_of_word(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::string without_numbers(std::string_view message)
{
    std::string out;
    while (!message.empty()) {
        auto const length = static_cast<std::size_t>(std::ranges::find_if_not(message, is_of_word) - message.begin());
        auto const word = message.substr(0, std::max<std::size_t>(length, 1));
        out += std::ranges::any_of(word, is_digit) ? std::string_view{"#"} : word;
        message.remove_prefix(word.size());
    }
    return out;
}

void FailFast::run_failed(TaskIndex cause, std::string_view message)
{
    if (!is_open_ || !causes_.insert(cause).second) return;
    auto pattern = without_numbers(message);
    if (causes_.size() == 1)
        pattern_ = std::move(pattern);
    else if (pattern != pattern_)
        is_open_ = false;
}

}  // namespace ablatrix::sched::detail
