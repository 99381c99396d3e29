#include "detail/strict_json.hpp"

#include <ablatrix/base/text.hpp>

namespace ablatrix::nn::detail {

std::string shown(std::string_view text)
{
    constexpr std::size_t longest = 100;
    std::string out;
    base::append_quoted(out, text.substr(0, longest));
    if (text.size() > longest) out += "...";
    return out;
}

}  // namespace ablatrix::nn::detail
