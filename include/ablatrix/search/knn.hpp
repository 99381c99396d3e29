#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ablatrix::search {

enum class Metric { inner_product, euclidean };

struct Neighbours
{
    std::int64_t n = 0;
    std::int64_t k = 0;
    std::vector<std::int32_t> index;  ///< row-major [n x k], -1 where fewer exist (only at the end of a row)
    std::vector<float> similarity;    ///< inner product (descending), or squared distance (ascending)
};

/// Exact k nearest neighbours of every row among all rows, itself removed by id, never by position (ecg.md 4.3). Ties go
/// to the smaller index. \p vectors row-major [n x dim]; rows with \p valid = 0 neither ask nor answer (empty: all valid).
/// \p group (empty, or one per row): rows of the asking row's group are not neighbours (exclude_identical).
/// Candidates come from Faiss in single precision; order and values from double precision, rounded to float. Results do
/// not depend on \p threads. \throws Error when k >= n or k < 1, or for a vector that is not finite
Neighbours nearest(std::span<float const> vectors, std::int64_t dim, std::int64_t k, Metric metric,
                   std::span<std::uint8_t const> valid, std::span<std::int64_t const> group, int threads);

}  // namespace ablatrix::search
