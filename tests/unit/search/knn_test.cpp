#include <ablatrix/search/knn.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace ablatrix::search {
namespace {

std::vector<float> random_vectors(std::int64_t n, std::int64_t dim, bool unit)
{
    base::Stream stream(7, "knn_test");
    std::vector<float> out(static_cast<std::size_t>(n * dim));
    for (auto& value : out)
        value = static_cast<float>(stream.normal());
    if (!unit) return out;
    for (std::int64_t i = 0; i < n; ++i) {
        double square = 0;
        for (std::int64_t d = 0; d < dim; ++d)
            square += std::pow(out[static_cast<std::size_t>(i * dim + d)], 2.0);
        for (std::int64_t d = 0; d < dim; ++d)
            out[static_cast<std::size_t>(i * dim + d)] /= static_cast<float>(std::sqrt(square));
    }
    return out;
}

/// Second implementation: every pair in long double, then a full sort.
std::vector<std::int32_t> sorted_others(std::vector<float> const& vectors, std::int64_t dim, std::int64_t i,
                                        Metric metric)
{
    auto const n = static_cast<std::int64_t>(vectors.size()) / dim;
    std::vector<std::pair<long double, std::int32_t>> order;
    for (std::int64_t j = 0; j < n; ++j) {
        if (j == i) continue;
        long double value = 0;
        for (std::int64_t d = 0; d < dim; ++d) {
            long double const a = vectors[static_cast<std::size_t>(i * dim + d)];
            long double const b = vectors[static_cast<std::size_t>(j * dim + d)];
            value += metric == Metric::inner_product ? -a * b : (a - b) * (a - b);
        }
        order.emplace_back(value, static_cast<std::int32_t>(j));
    }
    std::sort(order.begin(), order.end());
    std::vector<std::int32_t> out;
    for (auto const& entry : order)
        out.push_back(entry.second);
    return out;
}

class NearestByMetric : public testing::TestWithParam<Metric>
{};

TEST_P(NearestByMetric, agrees_with_comparing_every_pair)
{
    std::int64_t const n = 1500, dim = 19, k = 7;  // more than one block, a dimension no vector width divides
    auto const vectors = random_vectors(n, dim, GetParam() == Metric::inner_product);

    auto const found = nearest(vectors, dim, k, GetParam(), {}, {}, 2);

    for (std::int64_t i = 0; i < n; i += 37) {
        auto expected = sorted_others(vectors, dim, i, GetParam());
        expected.resize(static_cast<std::size_t>(k));
        auto const begin = found.index.begin() + i * k;
        EXPECT_EQ(std::vector<std::int32_t>(begin, begin + k), expected) << "row " << i;
    }
}

INSTANTIATE_TEST_SUITE_P(Metrics, NearestByMetric, testing::Values(Metric::inner_product, Metric::euclidean));

TEST(Nearest, does_not_depend_on_threads)
{
    auto const vectors = random_vectors(3000, 32, true);

    auto const one = nearest(vectors, 32, 15, Metric::inner_product, {}, {}, 1);
    auto const four = nearest(vectors, 32, 15, Metric::inner_product, {}, {}, 4);

    EXPECT_EQ(one.index, four.index);
    EXPECT_EQ(one.similarity, four.similarity);
}

TEST(Nearest, lists_a_twin_but_never_the_row_itself)
{
    std::vector<float> const vectors{1, 0, 0, 1, 1, 0, 0.6F, 0.8F};  // rows 0 and 2 are equal

    auto const found = nearest(vectors, 2, 2, Metric::inner_product, {}, {}, 1);

    EXPECT_EQ(found.index, (std::vector<std::int32_t>{2, 3, 3, 0, 0, 3, 1, 0}));
    EXPECT_FLOAT_EQ(found.similarity[0], 1.0F);
    EXPECT_FLOAT_EQ(found.similarity[1], 0.6F);
}

TEST(Nearest, breaks_ties_by_the_smaller_index_among_hundreds_of_equal_rows)
{
    std::int64_t const n = 1200;
    std::vector<float> vectors;
    for (std::int64_t i = 0; i < n; ++i)
        vectors.insert(vectors.end(), {0.6F, 0.8F});

    auto const found = nearest(vectors, 2, 3, Metric::inner_product, {}, {}, 2);

    EXPECT_EQ(std::vector<std::int32_t>(found.index.begin(), found.index.begin() + 9),
              (std::vector<std::int32_t>{1, 2, 3, 0, 2, 3, 0, 1, 3}));
    EXPECT_EQ(std::vector<std::int32_t>(found.index.end() - 3, found.index.end()),
              (std::vector<std::int32_t>{0, 1, 2}));
}

TEST(Nearest, gives_squared_distances_in_ascending_order)
{
    std::vector<float> const vectors{0, 1, 3, 7};

    auto const found = nearest(vectors, 1, 3, Metric::euclidean, {}, {}, 1);

    EXPECT_EQ(std::vector<float>(found.similarity.begin(), found.similarity.begin() + 3),
              (std::vector<float>{1, 9, 49}));
    EXPECT_EQ(std::vector<std::int32_t>(found.index.begin() + 6, found.index.begin() + 9),
              (std::vector<std::int32_t>{1, 0, 3}));
}

TEST(Nearest, leaves_invalid_rows_out_on_both_sides)
{
    std::vector<float> const vectors{1, 0, 1, 0, 0.6F, 0.8F, 0, 1};
    std::vector<std::uint8_t> const valid{1, 0, 1, 1};

    auto const found = nearest(vectors, 2, 3, Metric::inner_product, valid, {}, 1);

    EXPECT_EQ(found.index, (std::vector<std::int32_t>{2, 3, -1, -1, -1, -1, 3, 0, -1, 2, 0, -1}));
}

TEST(Nearest, skips_the_askers_group_and_goes_on_until_k_others_are_found)
{
    std::int64_t const n = 100;  // rows 0..79 are one group, nearer to each other than to any other row
    std::vector<float> vectors;
    std::vector<std::int64_t> group;
    for (std::int64_t i = 0; i < n; ++i) {
        vectors.push_back(i < 80 ? 0.001F * static_cast<float>(i) : static_cast<float>(i));
        group.push_back(i < 80 ? -1 : i);
    }

    auto const found = nearest(vectors, 1, 2, Metric::euclidean, {}, group, 1);

    EXPECT_EQ(found.index[0], 80);
    EXPECT_EQ(found.index[1], 81);
    EXPECT_EQ(found.index[2 * 80], 81);
    EXPECT_EQ(found.index[2 * 80 + 1], 82);
}

TEST(Nearest, pads_with_minus_one_when_the_group_is_nearly_everything)
{
    std::vector<float> const vectors{0, 1, 2, 3};
    std::vector<std::int64_t> const group{5, 5, 5, 6};

    auto const found = nearest(vectors, 1, 2, Metric::euclidean, {}, group, 1);

    EXPECT_EQ(found.index, (std::vector<std::int32_t>{3, -1, 3, -1, 3, -1, 2, 1}));
}

TEST(Nearest, refuses_as_many_neighbours_as_rows)
{
    std::vector<float> const vectors{0, 1, 2};

    EXPECT_THROW(nearest(vectors, 1, 3, Metric::euclidean, {}, {}, 1), Error);
    EXPECT_THROW(nearest(vectors, 1, 0, Metric::euclidean, {}, {}, 1), Error);
}

TEST(Nearest, refuses_vectors_that_are_not_finite)
{
    std::vector<float> const vectors{0, std::numeric_limits<float>::quiet_NaN(), 2};

    EXPECT_THROW(nearest(vectors, 1, 1, Metric::euclidean, {}, {}, 1), Error);
}

}  // namespace
}  // namespace ablatrix::search
