#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ablatrix::search {

/// A sparse matrix in CSR form, borrowed from the caller: [rows x columns].
struct SparseView
{
    std::int64_t columns = 0;
    std::span<std::int64_t const> row_begin;
    std::span<std::int32_t const> column;
    std::span<float const> value;
    std::int64_t rows() const noexcept { return static_cast<std::int64_t>(row_begin.size()) - 1; }
};

/// Rank-d projection of sparse rows (latent semantic analysis, Deerwester et al. 1990). Components beyond the matrix' rank
/// are zero.
struct Projection
{
    std::int64_t columns = 0;
    std::int64_t dim = 0;
    std::vector<float> components;       ///< row-major [dim x columns], rows orthonormal or zero
    std::vector<float> singular_values;  ///< [dim], descending
};

/// Randomised truncated SVD (Halko, Martinsson, Tropp 2011) with \p power_iterations QR-stabilised power iterations and a
/// deterministic test matrix from \p seed; signs fixed so that each component's largest entry is positive.
/// \p dim is cut to min(rows, columns). The result does not depend on the number of threads.
Projection truncated_svd(SparseView const& matrix, std::int64_t dim, std::uint64_t seed, int oversampling = 10,
                         int power_iterations = 4);

/// Rows times components^T, row-major [rows x dim]; L2-normalised rows when \p normalise (zero rows stay zero).
std::vector<float> project(SparseView const& matrix, Projection const& projection, bool normalise);

}  // namespace ablatrix::search
