#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/search/truncated_svd.hpp>
#include <ablatrix/text/tfidf.hpp>

namespace ablatrix::ecg {

struct LsaOptions
{
    text::TfidfOptions tfidf;
    std::int64_t dim = 256;
};

/// TF-IDF followed by a truncated SVD: the sentence embedder that needs no download.
class LsaModel
{
  public:
    /// \p options.dim is cut to what the texts allow. \throws Error when no term is left
    static LsaModel fit(std::span<std::string const> texts, LsaOptions const& options);
    /// Unit rows (zero for a text without known terms), row-major [texts x dim].
    std::vector<float> transform(std::span<std::string const> texts) const;
    std::int64_t dim() const noexcept { return projection_.dim; }

    void save(base::Bundle& bundle) const;
    static LsaModel load(base::Bundle const& bundle);

  private:
    text::Tfidf tfidf_;
    search::Projection projection_;
};

}  // namespace ablatrix::ecg
