#include "jobs/ecg/embed_texts.hpp"

#include <algorithm>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

namespace ablatrix::ecg {

void KnownVectors::add(std::span<std::string const> texts, std::span<float const> vectors, std::int64_t dim)
{
    auto const width = static_cast<std::size_t>(dim);
    ABLATRIX_EXPECT(vectors.size() == texts.size() * width);
    for (std::size_t i = 0; i < texts.size(); ++i)
        by_text_.emplace(texts[i], vectors.subspan(i * width, width));
}

std::span<float const> KnownVectors::find(std::string_view text) const
{
    auto const found = by_text_.find(text);
    return found == by_text_.end() ? std::span<float const>{} : found->second;
}

std::vector<float> embed_texts(std::span<std::string const> texts, std::int64_t dim, Embed const& embed,
                               KnownVectors const& known)
{
    auto const width = static_cast<std::size_t>(dim);
    std::vector<std::string> wanted;  // in order of first appearance
    std::unordered_map<std::string_view, std::size_t> place;
    for (auto const& text : texts) {
        if (base::trim(text).empty() || !known.find(text).empty()) continue;
        if (place.emplace(text, wanted.size()).second) wanted.push_back(text);
    }
    auto const made = wanted.empty() ? std::vector<float>{} : embed(wanted);
    ABLATRIX_EXPECT(made.size() == wanted.size() * width);

    std::vector<float> out(texts.size() * width, 0.0F);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto vector = known.find(texts[i]);
        if (auto const found = place.find(texts[i]); found != place.end())
            vector = std::span{made}.subspan(found->second * width, width);
        if (base::trim(texts[i]).empty()) continue;
        std::copy(vector.begin(), vector.end(), out.begin() + static_cast<std::ptrdiff_t>(i * width));
    }
    return out;
}

}  // namespace ablatrix::ecg
