#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "json_node.hpp"
#include "split_behavior.hpp"

namespace ablatrix::text::detail {

/// What Split and Replace look for: {"String": "..."} or {"Regex": "..."} (ICU).
class Pattern
{
  public:
    /// \throws DataError for an expression that ICU does not understand or reads in another way than the reference, and
    /// for an empty string
    explicit Pattern(JsonNode const& node);
    ~Pattern();

    /// Cut bytes [begin, end) of \p text into what matches and what is between.
    void find(std::string_view text, std::uint32_t begin, std::uint32_t end, std::vector<Stretch>& out) const;

  private:
    class Regex;
    std::string literal_;
    std::unique_ptr<Regex const> regex_;  // none: literal_
};

}  // namespace ablatrix::text::detail
