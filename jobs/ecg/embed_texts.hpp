#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ablatrix::ecg {

/// Vectors of texts that an earlier stage has embedded. Borrows both.
class KnownVectors
{
  public:
    void add(std::span<std::string const> texts, std::span<float const> vectors, std::int64_t dim);
    /// Empty when \p text is not known.
    std::span<float const> find(std::string_view text) const;

  private:
    std::unordered_map<std::string_view, std::span<float const>> by_text_;
};

/// What makes vectors: row-major [texts x dim].
using Embed = std::function<std::vector<float>(std::vector<std::string> const& texts)>;

/// Vectors of \p texts, row-major [texts x dim]. Equal texts are embedded once, known ones not at all, those of nothing
/// but white space have zeros.
std::vector<float> embed_texts(std::span<std::string const> texts, std::int64_t dim, Embed const& embed,
                               KnownVectors const& known = {});

}  // namespace ablatrix::ecg
