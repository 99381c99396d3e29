#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "tests/unit/ecg/baselines/stage_run.hpp"

namespace ablatrix::ecg {
namespace {

TEST(KnnBaseline, is_the_share_of_neighbours_with_another_label)
{
    base::Bundle neighbours;
    neighbours.put("index", std::vector<std::int32_t>{1, 2, 3, 0, 2, -1, 1, -1, -1, -1, -1, -1}, {4, 3});
    auto const labels = test::make_labels({0, 0, 1, 1}, {0, 0, 1, 1}, 2);
    plan::Params params;
    params.set("name", "input_knn");

    auto const found = test::run(knn_baseline_stage(), params, {{"neighbours", &neighbours}, {"labels", &labels}});

    // Row 3 has no neighbour: it gets the share of the other class, 2 of 4.
    auto const score = test::values<double>(found, "score/input_knn");
    EXPECT_DOUBLE_EQ(score[0], 2.0 / 3.0);
    EXPECT_DOUBLE_EQ(score[1], 0.5);
    EXPECT_DOUBLE_EQ(score[2], 1.0);
    EXPECT_DOUBLE_EQ(score[3], 0.5);
}

/// What NRG reads, with probabilities in and out of sample that differ.
struct NrgInputs
{
    base::Bundle dynamics, crossval, labels;
};

NrgInputs make_nrg_inputs(std::int64_t n)
{
    base::Stream stream(6, "nrg_test");
    std::vector<float> features, in_sample, out_of_sample;
    std::vector<std::int32_t> y;
    for (std::int64_t i = 0; i < n; ++i) {
        auto const label = static_cast<std::int32_t>(stream.below(2));
        y.push_back(stream.uniform() < 0.15 ? 1 - label : label);
        for (int d = 0; d < 6; ++d)
            features.push_back(static_cast<float>(stream.normal() + (d == label ? 2 : 0)));
        for (auto* probs : {&in_sample, &out_of_sample}) {
            auto const p = static_cast<float>(stream.uniform());
            probs->insert(probs->end(), {p, 1 - p});
        }
    }
    NrgInputs out;
    out.dynamics.put("features", features, {n, 6});
    out.dynamics.put("probs", in_sample, {n, 2});
    out.crossval.put("probs", out_of_sample, {n, 2});
    out.labels = test::make_labels(y, y, 2);
    return out;
}

double likeness(NrgInputs const& in, base::Bundle const& probs, std::size_t i, std::size_t j)
{
    auto const f = in.dynamics.get<float>("features");
    auto const p = probs.get<float>("probs");
    double dot = 0, norm_i = 0, norm_j = 0;
    for (std::size_t d = 0; d < 6; ++d) {
        dot += double{f[6 * i + d]} * f[6 * j + d];
        norm_i += double{f[6 * i + d]} * f[6 * i + d];
        norm_j += double{f[6 * j + d]} * f[6 * j + d];
    }
    double const agreement = double{p[2 * i]} * p[2 * j] + double{p[2 * i + 1]} * p[2 * j + 1];
    return std::max(0.0, dot / std::sqrt(norm_i * norm_j)) * agreement;
}

/// The definitions of ecg.md 6, one pair at a time.
std::vector<double> nrg_by_hand(NrgInputs const& in, bool original)
{
    auto const y = in.labels.get<std::int32_t>("observed");
    auto const n = y.size();
    std::vector<std::vector<double>> relation(n, std::vector<double>(n));
    std::vector<double> s(n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
            double const k = likeness(in, original ? in.dynamics : in.crossval, i, j);
            double const strength = k <= 0.03 ? 0 : original ? std::pow(k, 4) : k;
            relation[i][j] = y[i] == y[j] ? strength : -strength;
            s[i] += relation[i][j];
        }
    }
    double largest = 0;
    for (double const value : s)
        largest = std::max(largest, std::abs(value));
    std::vector<double> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        double refined = s[i];
        for (std::size_t j = 0; j < n; ++j) {
            if (s[j] / largest < -0.05) refined -= 2 * relation[i][j];
        }
        out[i] = original ? -refined : -s[i] / largest;
    }
    return out;
}

class Nrg : public testing::TestWithParam<std::string>
{};

TEST_P(Nrg, agrees_with_the_sum_over_all_pairs)
{
    auto const in = make_nrg_inputs(300);  // more than one block of rows
    plan::Params params;
    params.set("mode", GetParam());
    test::Inputs const inputs{{"dynamics", &in.dynamics}, {"crossval", &in.crossval}, {"labels", &in.labels}};

    auto const found = test::run(nrg_baseline_stage(), params, inputs);

    auto const expected = nrg_by_hand(in, GetParam() == "original");
    auto const score = found.get<double>("score/nrg");
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(score[i], expected[i], 1e-3) << "row " << i;
    EXPECT_EQ(found, test::run(nrg_baseline_stage(), params, inputs, 3));
}

INSTANTIATE_TEST_SUITE_P(Modes, Nrg, testing::Values("reference", "original"));

/// The definition of ecg.md 6 with a full sort of the distances.
std::vector<double> wann_by_hand(std::vector<float> const& x, std::vector<std::int32_t> const& y, std::int32_t classes)
{
    auto const n = y.size();
    std::vector<std::vector<std::size_t>> near(n);
    std::vector<std::size_t> k(n, 51);
    for (std::size_t i = 0; i < n; ++i) {
        std::vector<std::pair<double, std::size_t>> order;
        for (std::size_t j = 0; j < n; ++j) {
            if (j != i)
                order.emplace_back(std::pow(x[2 * i] - x[2 * j], 2) + std::pow(x[2 * i + 1] - x[2 * j + 1], 2), j);
        }
        std::sort(order.begin(), order.end());
        for (auto const& entry : order)
            near[i].push_back(entry.second);
        for (std::size_t candidate = 49; candidate >= 11; candidate -= 2) {
            std::int32_t majority = 0;
            std::ptrdiff_t most = -1;
            for (std::int32_t c = 0; c < classes; ++c) {
                auto const votes =
                    std::count_if(near[i].begin(), near[i].begin() + static_cast<std::ptrdiff_t>(candidate),
                                  [&](std::size_t j) { return y[j] == c; });
                if (votes > most) {
                    most = votes;
                    majority = c;
                }
            }
            if (majority == y[i]) k[i] = candidate;
        }
    }
    std::vector<double> out(n);
    for (std::size_t i = 0; i < n; ++i) {
        double same = 0, all = 0;
        for (std::size_t place = 0; place < k[i]; ++place) {
            auto const j = near[i][place];
            all += 1.0 / static_cast<double>(k[j]);
            if (y[j] == y[i]) same += 1.0 / static_cast<double>(k[j]);
        }
        out[i] = 1 - same / all;
    }
    return out;
}

TEST(Wann, agrees_with_a_full_sort)
{
    base::Stream stream(8, "wann_test");
    std::vector<float> x;
    std::vector<std::int32_t> y;
    for (int i = 0; i < 150; ++i) {
        auto const label = static_cast<std::int32_t>(stream.below(3));
        y.push_back(stream.uniform() < 0.2 ? (label + 1) % 3 : label);
        x.push_back(static_cast<float>(stream.normal() + 1.5 * label));
        x.push_back(static_cast<float>(stream.normal()));
    }
    base::Bundle embedding;
    embedding.put("vectors", x, {150, 2});
    auto const labels = test::make_labels(y, y, 3);

    auto const found = test::run(wann_baseline_stage(), {}, {{"embedding", &embedding}, {"labels", &labels}}, 2);

    auto const expected = wann_by_hand(x, y, 3);
    auto const score = found.get<double>("score/wann");
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_NEAR(score[i], expected[i], 1e-12) << "row " << i;
}

TEST(Wann, rows_without_known_words_are_nobodys_neighbours)
{
    // Two directions, one a class, and 60 zero vectors of class 1. These would be nearer to every unit vector (squared
    // distance 1) than the other direction is (2), and would find each other.
    std::vector<float> x;
    std::vector<std::int32_t> y;
    for (int i = 0; i < 160; ++i) {
        auto const label = i < 100 ? i % 2 : 1;
        x.insert(x.end(), {i < 100 && label == 0 ? 1.0F : 0.0F, i < 100 && label == 1 ? 1.0F : 0.0F});
        y.push_back(label);
    }
    y[0] = 1;  // the one wrong label
    base::Bundle embedding;
    embedding.put("vectors", x, {160, 2});
    auto const labels = test::make_labels(y, y, 2);

    auto const found = test::run(wann_baseline_stage(), {}, {{"embedding", &embedding}, {"labels", &labels}});

    auto const score = found.get<double>("score/wann");
    // The other 49 of its direction contradict row 0; to fill 51 come two of the other direction.
    EXPECT_DOUBLE_EQ(score[0], 49.0 / 51);
    EXPECT_LT(score[2], 0.1);
    EXPECT_DOUBLE_EQ(score[159], 49.0 / 160);  // no neighbours: the share of the other class
}

TEST(Wann, refuses_fewer_rows_than_it_looks_at)
{
    base::Bundle embedding;
    embedding.put("vectors", std::vector<float>(51), {51, 1});
    auto const labels = test::make_labels(std::vector<std::int32_t>(51), std::vector<std::int32_t>(51), 2);

    EXPECT_THROW(test::run(wann_baseline_stage(), {}, {{"embedding", &embedding}, {"labels", &labels}}), Error);
}

}  // namespace
}  // namespace ablatrix::ecg
