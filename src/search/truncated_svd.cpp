#include <ablatrix/search/truncated_svd.hpp>

// Eigen's own threading would make results depend on the number of threads.
#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace ablatrix::search {
namespace {

/// Below this share of the largest pivot columns count as nearly dependent.
constexpr double smallest_pivot = 1e-3;

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// matrix * right, [rows x columns of right]
Matrix times(SparseView const& matrix, Matrix const& right)
{
    Matrix out = Matrix::Zero(matrix.rows(), right.cols());
    for (std::int64_t r = 0; r < matrix.rows(); ++r) {
        auto const begin = static_cast<std::size_t>(matrix.row_begin[static_cast<std::size_t>(r)]);
        auto const end = static_cast<std::size_t>(matrix.row_begin[static_cast<std::size_t>(r) + 1]);
        for (auto e = begin; e < end; ++e)
            out.row(r) += double{matrix.value[e]} * right.row(matrix.column[e]);
    }
    return out;
}

/// matrix^T * right, [columns x columns of right]
Matrix transposed_times(SparseView const& matrix, Matrix const& right)
{
    Matrix out = Matrix::Zero(matrix.columns, right.cols());
    for (std::int64_t r = 0; r < matrix.rows(); ++r) {
        auto const begin = static_cast<std::size_t>(matrix.row_begin[static_cast<std::size_t>(r)]);
        auto const end = static_cast<std::size_t>(matrix.row_begin[static_cast<std::size_t>(r) + 1]);
        for (auto e = begin; e < end; ++e)
            out.row(matrix.column[e]) += double{matrix.value[e]} * right.row(r);
    }
    return out;
}

/// Columns^T columns
Eigen::MatrixXd gram(Matrix const& tall)
{
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(tall.cols(), tall.cols());
    out.selfadjointView<Eigen::Lower>().rankUpdate(tall.transpose());
    return out.selfadjointView<Eigen::Lower>();
}

/// Orthonormal columns that span those of \p tall, also when they are dependent.
///
/// By Cholesky factorisation of the Gram matrix: half the work of Householder reflections, and in matrix products. It
/// loses the square of the columns' condition in orthogonality, so columns that are nearly dependent take reflections.
Matrix orthonormal(Matrix const& tall)
{
    Eigen::LLT<Eigen::MatrixXd> const cholesky(gram(tall));
    auto const diagonal = cholesky.matrixLLT().diagonal();
    if (cholesky.info() == Eigen::Success && diagonal.minCoeff() > smallest_pivot * diagonal.maxCoeff())
        return cholesky.matrixL().solve(tall.transpose()).transpose();
    Eigen::HouseholderQR<Eigen::MatrixXd> const qr(tall);
    return qr.householderQ() * Eigen::MatrixXd::Identity(tall.rows(), tall.cols());
}

Matrix gaussian(std::int64_t rows, std::int64_t columns, std::uint64_t seed)
{
    base::Stream stream(seed, "truncated_svd");
    Matrix out(rows, columns);
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < columns; ++c)
            out(r, c) = stream.normal();
    }
    return out;
}

void fix_sign(Eigen::Ref<Eigen::RowVectorXd> component)
{
    Eigen::Index largest = 0;
    component.cwiseAbs().maxCoeff(&largest);
    if (component(largest) < 0) component = -component;
}

void check(SparseView const& matrix)
{
    ABLATRIX_EXPECT(!matrix.row_begin.empty() && matrix.row_begin.front() == 0);
    ABLATRIX_EXPECT(matrix.row_begin.back() == static_cast<std::int64_t>(matrix.value.size()));
    ABLATRIX_EXPECT(matrix.column.size() == matrix.value.size());
}

}  // namespace

Projection truncated_svd(SparseView const& matrix, std::int64_t dim, std::uint64_t seed, int oversampling,
                         int power_iterations)
{
    check(matrix);
    ABLATRIX_VALIDATE(matrix.rows() > 0 && matrix.columns > 0 && dim > 0,
                      "a projection needs rows, columns and dimensions (truncated SVD of " +
                          std::to_string(matrix.rows()) + " x " + std::to_string(matrix.columns) + " to " +
                          std::to_string(dim) + "). Check the text and its vocabulary");
    auto const smaller = std::min(matrix.rows(), matrix.columns);
    dim = std::min(dim, smaller);
    auto const width = std::min(dim + oversampling, smaller);

    // Algorithm 4.4 of the paper, with one factorisation a power iteration: in double precision A A^T Q keeps every
    // direction whose singular value is above 1e-8 of the largest.
    Matrix basis = orthonormal(times(matrix, gaussian(matrix.columns, width, seed)));
    for (int i = 0; i < power_iterations; ++i)
        basis = orthonormal(times(matrix, transposed_times(matrix, basis)));

    // Rows of basis^T A are few: their singular vectors come from a small symmetric eigenproblem.
    Matrix const small = transposed_times(matrix, basis);  // (basis^T A)^T, [columns x width]
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> const eigen(gram(small));
    ABLATRIX_ASSERT(eigen.info() == Eigen::Success);

    Projection out;
    out.columns = matrix.columns;
    out.dim = dim;
    out.components.assign(static_cast<std::size_t>(dim * matrix.columns), 0.0F);
    out.singular_values.assign(static_cast<std::size_t>(dim), 0.0F);
    Matrix const directions = eigen.eigenvectors().rightCols(dim).transpose() * small.transpose();  // ascending
    double const largest = std::sqrt(std::max(0.0, eigen.eigenvalues()(width - 1)));
    for (std::int64_t d = 0; d < dim; ++d) {
        double const sigma = std::sqrt(std::max(0.0, eigen.eigenvalues()(width - 1 - d)));
        if (sigma <= 1e-7 * largest) break;  // beyond the rank: zero
        Eigen::RowVectorXd component = directions.row(dim - 1 - d) / sigma;
        fix_sign(component);
        out.singular_values[static_cast<std::size_t>(d)] = static_cast<float>(sigma);
        for (std::int64_t c = 0; c < matrix.columns; ++c) {
            out.components[static_cast<std::size_t>(d * matrix.columns + c)] = static_cast<float>(component(c));
        }
    }
    return out;
}

std::vector<float> project(SparseView const& matrix, Projection const& projection, bool normalise)
{
    check(matrix);
    ABLATRIX_EXPECT(matrix.columns == projection.columns);
    auto const dim = static_cast<std::size_t>(projection.dim);
    auto const columns = static_cast<std::size_t>(projection.columns);
    std::vector<float> by_column(columns * dim);
    for (std::size_t d = 0; d < dim; ++d) {
        for (std::size_t c = 0; c < columns; ++c)
            by_column[c * dim + d] = projection.components[d * columns + c];
    }

    std::vector<float> out(static_cast<std::size_t>(matrix.rows()) * dim);
    std::vector<double> sum(dim);
    for (std::size_t r = 0; r < static_cast<std::size_t>(matrix.rows()); ++r) {
        std::fill(sum.begin(), sum.end(), 0.0);
        for (auto e = matrix.row_begin[r]; e < matrix.row_begin[r + 1]; ++e) {
            auto const entry = static_cast<std::size_t>(e);
            float const* component = by_column.data() + static_cast<std::size_t>(matrix.column[entry]) * dim;
            for (std::size_t d = 0; d < dim; ++d)
                sum[d] += double{matrix.value[entry]} * double{component[d]};
        }
        double scale = 1;
        if (normalise) {
            double square = 0;
            for (double const value : sum)
                square += value * value;
            scale = square > 0 ? 1 / std::sqrt(square) : 0;
        }
        for (std::size_t d = 0; d < dim; ++d)
            out[r * dim + d] = static_cast<float>(sum[d] * scale);
    }
    return out;
}

}  // namespace ablatrix::search
