#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"
#include "tests/unit/ecg/run_graph.hpp"

namespace ablatrix::ecg {
namespace {

using test::run_stage;
using testing::ElementsAre;

plan::Params graph_params(std::int64_t k, double s_min)
{
    return plan::Params{}
        .set("array", "vectors")
        .set("k", k)
        .set("s_min", s_min)
        .set("tau", 0.07)
        .set("mutual", false)
        .set("k_outlier", std::int64_t{2})
        .set("exclude_identical", "none");
}

base::Bundle embedding_of(std::vector<std::vector<float>> const& rows)
{
    std::vector<float> flat;
    for (auto const& row : rows)
        flat.insert(flat.end(), row.begin(), row.end());
    base::Bundle bundle;
    bundle.put("vectors", std::move(flat),
               {static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(rows[0].size())});
    return bundle;
}

/// Row 0 has similarities 0.9, 0.8 and 0.7 to rows 1, 2 and 3.
base::Bundle three_neighbours()
{
    auto const rest = [](float s) { return std::sqrt(1 - s * s); };
    return embedding_of({{1, 0, 0, 0}, {0.9F, rest(0.9F), 0, 0}, {0.8F, 0, rest(0.8F), 0}, {0.7F, 0, 0, rest(0.7F)}});
}

base::Bundle reliability_of(std::vector<double> values)
{
    base::Bundle bundle;
    bundle.put("reliability", std::move(values));
    return bundle;
}

base::Bundle labels_of(std::vector<std::int32_t> observed, int classes)
{
    base::Bundle bundle;
    bundle.put("observed", std::move(observed));
    bundle.put_scalar("classes", classes);
    return bundle;
}

/// Neighbours and, from them, edges; all arrays in one bundle.
base::Bundle graph_of(plan::Params const& params, std::map<std::string, base::Bundle const*, std::less<>> inputs,
                      int threads = 1)
{
    auto const neighbours = run_stage(neighbours_stage(), params, inputs, threads);
    inputs.emplace("neighbours", &neighbours);
    auto graph = run_stage(graph_stage(), params, inputs, threads);
    graph.put("outlier", copy_of(neighbours.get<double>("outlier")));
    graph.put_scalar("duplicate_share", neighbours.scalar("duplicate_share"));
    return graph;
}

std::vector<double> first_weights(base::Bundle const& graph, std::size_t k)
{
    auto const weight = graph.get<double>("weight");
    return {weight.begin(), weight.begin() + static_cast<std::ptrdiff_t>(k)};
}

TEST(Graph, edge_weights_are_the_published_example)
{
    // ecg.md 5.1: s = (0.9, 0.8, 0.7), tau = 0.07.
    auto const embedding = three_neighbours();
    auto const graph = graph_of(graph_params(3, 0.35), {{"embedding", &embedding}});
    EXPECT_THAT(graph.get<std::int32_t>("index").first(3), ElementsAre(1, 2, 3));
    EXPECT_THAT(first_weights(graph, 3),
                ElementsAre(testing::DoubleNear(0.77096, 2e-5), testing::DoubleNear(0.18476, 2e-5),
                            testing::DoubleNear(0.04428, 2e-5)));
    EXPECT_NEAR(graph.get<double>("outlier")[0], 1 - 0.85, 1e-6);  // k_outlier = 2
}

TEST(Graph, a_neighbours_reliability_scales_its_weight)
{
    auto const embedding = three_neighbours();
    auto const reliability = reliability_of({1, 0.5, 1, 1});
    auto const graph = graph_of(graph_params(3, 0.35), {{"embedding", &embedding}, {"reliability", &reliability}});
    EXPECT_THAT(first_weights(graph, 3),
                ElementsAre(testing::DoubleNear(0.62729, 2e-5), testing::DoubleNear(0.30066, 2e-5),
                            testing::DoubleNear(0.07205, 2e-5)));
}

TEST(Graph, a_sharp_temperature_keeps_the_only_trusted_edge)
{
    // exp((0.7 - 0.9) / 0.0002) is zero in double precision; the untrusted neighbours must not set the scale.
    auto const embedding = three_neighbours();
    auto const reliability = reliability_of({1, 0, 0, 1});
    auto params = graph_params(3, 0);
    params.set("tau", 0.0002);
    auto const graph = graph_of(params, {{"embedding", &embedding}, {"reliability", &reliability}});
    EXPECT_THAT(first_weights(graph, 3), ElementsAre(0, 0, 1));
}

TEST(Graph, edges_below_the_threshold_are_dropped)
{
    auto const embedding = three_neighbours();
    auto const graph = graph_of(graph_params(3, 0.75), {{"embedding", &embedding}});
    auto const weights = first_weights(graph, 3);
    EXPECT_EQ(weights[2], 0);
    EXPECT_NEAR(weights[0] + weights[1], 1, 1e-12);
}

TEST(Graph, mutual_edges_are_those_in_both_lists)
{
    // On a line 0 and 1 are each other's nearest; 2's nearest is 1, whose nearest is 0.
    auto const angle = [](float a) { return std::vector<float>{std::cos(a), std::sin(a)}; };
    auto const embedding = embedding_of({angle(0), angle(0.1F), angle(0.3F)});
    auto params = graph_params(1, 0);
    params.set("mutual", true).set("k_outlier", std::int64_t{1});
    auto const graph = graph_of(params, {{"embedding", &embedding}});
    EXPECT_THAT(graph.get<double>("weight"), ElementsAre(1, 1, 0));
    EXPECT_NEAR(graph.get<double>("outlier")[2], 1 - std::cos(0.2), 1e-6);  // from unmasked similarities
}

TEST(Graph, identical_rows_list_each_other_but_never_themselves)
{
    auto const embedding = embedding_of({{1, 0}, {1, 0}, {0, 1}});
    auto const graph = graph_of(graph_params(2, 0), {{"embedding", &embedding}});
    EXPECT_THAT(graph.get<std::int32_t>("index"), ElementsAre(1, 2, 0, 2, 0, 1));
}

TEST(Graph, identical_texts_can_be_left_out)
{
    auto const embedding = embedding_of({{1, 0}, {1, 0}, {0.6F, 0.8F}, {0, 1}});
    base::Bundle text;
    text.put("text", std::vector<std::string>{"same", "same", "other", "third"});
    auto params = graph_params(1, 0);
    params.set("exclude_identical", "same_text");
    auto const graph = graph_of(params, {{"embedding", &embedding}, {"text", &text}});
    EXPECT_THAT(graph.get<std::int32_t>("index"), ElementsAre(2, 2, 3, 2));
    EXPECT_DOUBLE_EQ(graph.scalar("duplicate_share"), 0.5);
}

TEST(Graph, a_row_without_a_vector_neither_asks_nor_answers)
{
    auto const embedding = embedding_of({{1, 0}, {0, 0}, {0.6F, 0.8F}});
    auto const graph = graph_of(graph_params(2, -1), {{"embedding", &embedding}});
    EXPECT_THAT(graph.get<std::int32_t>("index"), ElementsAre(2, -1, -1, -1, 0, -1));
    EXPECT_DOUBLE_EQ(graph.get<double>("outlier")[1], 1);
}

TEST(Graph, does_not_depend_on_the_number_of_threads)
{
    std::vector<std::vector<float>> rows;
    base::Stream stream(3, "rows");
    for (int i = 0; i < 200; ++i) {
        rows.push_back({});
        for (int d = 0; d < 8; ++d)
            rows.back().push_back(static_cast<float>(stream.normal()));
    }
    auto const embedding = embedding_of(rows);
    EXPECT_EQ(graph_of(graph_params(10, 0), {{"embedding", &embedding}}, 1),
              graph_of(graph_params(10, 0), {{"embedding", &embedding}}, 3));
}

/// Row 0's neighbours with the labels that \p others give.
double surprise(std::vector<std::int32_t> const& labels, int classes)
{
    auto const embedding = three_neighbours();
    auto const graph = graph_of(graph_params(3, 0), {{"embedding", &embedding}});
    auto const observed = labels_of(labels, classes);
    auto const signal = run_stage(neighbourhood_stage(), plan::Params{}.set("epsilon", 1e-3),
                                  {{"graph", &graph}, {"labels", &observed}});
    EXPECT_NEAR(signal.get<double>("confidence")[0], 0.9, 1e-6);
    return signal.get<double>("score")[0];
}

TEST(Neighbourhood, surprise_takes_its_published_values)
{
    // ecg.md 5.1, golden values.
    EXPECT_NEAR(surprise({0, 0, 0, 0}, 2), 0.000999, 5e-7);
    EXPECT_NEAR(surprise({0, 0, 0, 0}, 3), 0.001996, 1e-6);
    EXPECT_NEAR(surprise({0, 1, 1, 1}, 2), 6.9098, 5e-5);
    EXPECT_NEAR(surprise({0, 1, 1, 1}, 3), 6.9108, 5e-5);
}

TEST(Neighbourhood, a_row_without_edges_gets_the_surprise_of_its_class)
{
    auto const embedding = three_neighbours();
    auto const graph = graph_of(graph_params(3, 0.999), {{"embedding", &embedding}});
    auto const observed = labels_of({0, 1, 1, 1}, 2);
    auto const signal = run_stage(neighbourhood_stage(), plan::Params{}.set("epsilon", 1e-3),
                                  {{"graph", &graph}, {"labels", &observed}});
    EXPECT_NEAR(signal.get<double>("score")[0], -std::log(0.25), 1e-8);
    EXPECT_NEAR(signal.get<double>("score")[1], -std::log(0.75), 1e-8);
    EXPECT_THAT(signal.get<double>("confidence"), testing::Each(0.0));
    EXPECT_THAT(signal.get<std::uint8_t>("isolated"), testing::Each(1));
    EXPECT_DOUBLE_EQ(signal.scalar("isolated_rows"), 4);
}

TEST(Neighbourhood, rounding_does_not_rank_rows_whose_neighbours_agree)
{
    // 0.7 + 0.2 + 0.1 is a little less than 1 in double precision.
    base::Bundle graph;
    graph.put("index", std::vector<std::int32_t>{1, 2, 3, 0, -1, -1, 0, 1, 3, 0, 1, -1}, {4, 3});
    graph.put("similarity", std::vector<float>(12, 0.5F), {4, 3});
    graph.put("weight", std::vector<double>{0.7, 0.2, 0.1, 1, 0, 0, 0.5, 0.25, 0.25, 0.5, 0.5, 0}, {4, 3});
    auto const labels = labels_of({1, 1, 1, 1}, 2);
    auto const signal =
        run_stage(neighbourhood_stage(), plan::Params{}.set("epsilon", 1e-3), {{"graph", &graph}, {"labels", &labels}});
    EXPECT_THAT(signal.get<double>("score"), testing::Each(signal.get<double>("score")[1]));
}

}  // namespace
}  // namespace ablatrix::ecg
