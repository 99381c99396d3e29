#include <ablatrix/search/truncated_svd.hpp>

#include <gtest/gtest.h>

#include <Eigen/Core>
#include <Eigen/SVD>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace ablatrix::search {
namespace {

struct Sparse
{
    std::int64_t columns;
    std::vector<std::int64_t> row_begin{0};
    std::vector<std::int32_t> column;
    std::vector<float> value;

    SparseView view() const { return {columns, row_begin, column, value}; }
    Eigen::MatrixXd dense() const
    {
        Eigen::MatrixXd out = Eigen::MatrixXd::Zero(view().rows(), columns);
        for (std::size_t r = 0; r + 1 < row_begin.size(); ++r) {
            for (auto e = row_begin[r]; e < row_begin[r + 1]; ++e) {
                out(static_cast<Eigen::Index>(r), column[static_cast<std::size_t>(e)]) +=
                    value[static_cast<std::size_t>(e)];
            }
        }
        return out;
    }
};

/// A fifth of the entries set, and a few strong directions as topics in text have.
Sparse make_sparse(std::int64_t rows, std::int64_t columns)
{
    base::Stream stream(3, "svd_test");
    Sparse out{columns};
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < columns; ++c) {
            if (stream.uniform() > 0.2) continue;
            double const topic = r % 4 == c % 4 ? 3.0 : 0.3;
            out.column.push_back(static_cast<std::int32_t>(c));
            out.value.push_back(static_cast<float>(topic * stream.uniform()));
        }
        out.row_begin.push_back(static_cast<std::int64_t>(out.value.size()));
    }
    return out;
}

TEST(TruncatedSvd, agrees_with_a_dense_decomposition)
{
    auto const matrix = make_sparse(60, 45);
    Eigen::JacobiSVD<Eigen::MatrixXd> const dense(matrix.dense(), Eigen::ComputeThinU | Eigen::ComputeThinV);

    auto const found = truncated_svd(matrix.view(), 6, 11);

    ASSERT_EQ(found.dim, 6);
    for (Eigen::Index d = 0; d < 6; ++d) {
        EXPECT_NEAR(found.singular_values[static_cast<std::size_t>(d)], dense.singularValues()(d),
                    1e-4 * dense.singularValues()(0));
    }
    for (Eigen::Index d = 0; d < 4; ++d) {  // the four topics are well separated from the rest
        double cosine = 0;
        for (Eigen::Index c = 0; c < 45; ++c) {
            cosine += double{found.components[static_cast<std::size_t>(d * 45 + c)]} * dense.matrixV()(c, d);
        }
        EXPECT_NEAR(std::abs(cosine), 1, 1e-4) << "component " << d;
    }
}

TEST(TruncatedSvd, is_exact_when_every_dimension_is_kept)
{
    auto const matrix = make_sparse(12, 8);

    auto const found = truncated_svd(matrix.view(), 20, 1);
    auto const projected = project(matrix.view(), found, false);

    ASSERT_EQ(found.dim, 8);
    Eigen::Map<Eigen::Matrix<float, -1, -1, Eigen::RowMajor> const> const components(found.components.data(), 8, 8);
    Eigen::Map<Eigen::Matrix<float, -1, -1, Eigen::RowMajor> const> const rows(projected.data(), 12, 8);
    EXPECT_LT((rows * components - matrix.dense().cast<float>()).cwiseAbs().maxCoeff(), 1e-5);
}

TEST(TruncatedSvd, has_orthonormal_components_whose_largest_entry_is_positive)
{
    auto const matrix = make_sparse(80, 50);

    auto const found = truncated_svd(matrix.view(), 10, 5);

    Eigen::Map<Eigen::Matrix<float, -1, -1, Eigen::RowMajor> const> const components(found.components.data(), 10, 50);
    EXPECT_LT((components * components.transpose() - Eigen::MatrixXf::Identity(10, 10)).cwiseAbs().maxCoeff(), 1e-5);
    for (Eigen::Index d = 0; d < 10; ++d) {
        EXPECT_EQ(components.row(d).maxCoeff(), components.row(d).cwiseAbs().maxCoeff());
    }
}

TEST(TruncatedSvd, keeps_directions_much_weaker_than_the_first)
{
    Sparse const matrix{5, {0, 1, 2, 3, 4, 5}, {0, 1, 2, 3, 4}, {1, 1e-1F, 1e-2F, 1e-3F, 1e-4F}};

    auto const found = truncated_svd(matrix.view(), 5, 1);

    for (std::size_t d = 0; d < 5; ++d) {
        EXPECT_NEAR(found.singular_values[d] / matrix.value[d], 1, 1e-5) << d;
        EXPECT_NEAR(found.components[d * 5 + d], 1, 1e-5) << d;
    }
}

TEST(TruncatedSvd, gives_zero_components_beyond_the_rank)
{
    Sparse const matrix{3, {0, 2, 4, 6}, {0, 1, 0, 1, 0, 1}, {1, 2, 2, 4, 3, 6}};  // rank one: (1,2,3)^T (1,2,0)

    auto const found = truncated_svd(matrix.view(), 2, 1);

    EXPECT_NEAR(found.singular_values[0], std::sqrt(14.0 * 5.0), 1e-5);
    EXPECT_EQ(found.singular_values[1], 0.0F);
    EXPECT_NEAR(found.components[0], 1 / std::sqrt(5.0), 1e-6);
    EXPECT_NEAR(found.components[1], 2 / std::sqrt(5.0), 1e-6);
    EXPECT_EQ(std::vector<float>(found.components.begin() + 3, found.components.end()), (std::vector<float>{0, 0, 0}));
}

TEST(TruncatedSvd, repeats_itself_bit_by_bit)
{
    auto const matrix = make_sparse(100, 70);

    auto const first = truncated_svd(matrix.view(), 12, 9);
    auto const second = truncated_svd(matrix.view(), 12, 9);

    EXPECT_EQ(first.components, second.components);
    EXPECT_EQ(first.singular_values, second.singular_values);
}

TEST(TruncatedSvd, refuses_an_empty_matrix)
{
    Sparse const matrix{0, {0, 0}, {}, {}};

    EXPECT_THROW(truncated_svd(matrix.view(), 2, 1), Error);
}

TEST(Project, normalises_rows_and_keeps_empty_rows_zero)
{
    Projection projection;
    projection.columns = 2;
    projection.dim = 2;
    projection.components = {1, 0, 0, 1};
    Sparse const matrix{2, {0, 2, 2}, {0, 1}, {3, 4}};

    auto const rows = project(matrix.view(), projection, true);

    EXPECT_EQ(rows, (std::vector<float>{0.6F, 0.8F, 0, 0}));
}

}  // namespace
}  // namespace ablatrix::search
