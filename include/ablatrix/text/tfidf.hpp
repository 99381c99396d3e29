#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <ablatrix/base/bundle.hpp>

namespace ablatrix::text {

/// Sparse rows (CSR): row i holds entries [row_begin[i], row_begin[i+1]).
struct SparseRows
{
    std::int64_t columns = 0;
    std::vector<std::int64_t> row_begin{0};
    std::vector<std::int32_t> column;
    std::vector<float> value;
    std::size_t rows() const noexcept { return row_begin.size() - 1; }
};

struct TfidfOptions
{
    int max_features = 20000;     ///< most frequent terms (by total count, ties by spelling), 0: all
    int min_documents = 2;        ///< terms in fewer documents are dropped
    bool sublinear_tf = true;     ///< 1 + ln(count), as scikit-learn's sublinear_tf
    bool bigrams = false;         ///< also pairs of neighbouring words
};

/// TF-IDF as scikit-learn's TfidfVectorizer defines it: idf = ln((1+n)/(1+df)) + 1, rows L2-normalised.
class Tfidf
{
  public:
    static Tfidf fit(std::span<std::string const> texts, TfidfOptions const& options);
    SparseRows transform(std::span<std::string const> texts) const;
    std::vector<std::string> const& vocabulary() const noexcept { return terms_; }
    std::vector<float> const& idf() const noexcept { return idf_; }

    void save(base::Bundle& bundle, std::string const& prefix) const;
    static Tfidf load(base::Bundle const& bundle, std::string const& prefix);

  private:
    TfidfOptions options_;
    std::vector<std::string> terms_;  // sorted
    std::vector<float> idf_;
};

}  // namespace ablatrix::text
