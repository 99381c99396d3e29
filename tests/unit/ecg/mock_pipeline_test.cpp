#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/random.hpp>

#include "jobs/ecg/stages/stages.hpp"
#include "tests/unit/ecg/run_graph.hpp"

/// The reference's quick check without models (ecg.md 12.5): what signals would look like, combined and measured.
namespace ablatrix::ecg {
namespace {

using test::run_stage;

constexpr std::int64_t rows = 500;
constexpr std::int64_t dim = 384;

struct Mock
{
    base::Bundle labels, explanations, reliability, embedding, dynamics, nli, artifact;
};

Mock make_mock(std::uint64_t seed)
{
    base::Stream stream(seed, "mock");
    std::vector<std::int32_t> clean, observed, predicted;
    std::vector<std::uint8_t> noisy;
    std::vector<double> trust, confidence, nli, nli_confidence;
    std::vector<float> margin, vectors;
    for (std::int64_t i = 0; i < rows; ++i) {
        auto const label = static_cast<std::int32_t>(stream.below(2));
        auto const is_noisy = stream.uniform() < 0.1;
        clean.push_back(label);
        observed.push_back(is_noisy ? 1 - label : label);
        noisy.push_back(is_noisy ? 1 : 0);
        trust.push_back(is_noisy ? 0.3 + 0.3 * stream.uniform() : 0.7 + 0.3 * stream.uniform());
        confidence.push_back(static_cast<double>((is_noisy ? 30 : 70) + stream.below(30)));
        predicted.push_back(is_noisy && stream.below(2) == 1 ? 1 - observed.back() : observed.back());
        margin.push_back(static_cast<float>(0.5 * stream.normal() - (is_noisy ? 1 : 0)));
        nli.push_back(0.3 * stream.normal() + (is_noisy ? 0.5 : 0));
        nli_confidence.push_back(std::abs(nli.back()));
        for (std::int64_t d = 0; d < dim; ++d)
            vectors.push_back(static_cast<float>(stream.normal()));
    }
    Mock mock;
    mock.labels.put("clean", clean);
    mock.labels.put("observed", observed);
    mock.labels.put("is_noisy", noisy);
    mock.labels.put_scalar("classes", 2);
    mock.explanations.put("pred_label", predicted);
    mock.explanations.put("confidence", confidence);
    mock.reliability.put("reliability", trust);
    mock.embedding.put("vectors", vectors, {rows, dim});
    mock.dynamics.put("train_margin", margin, {1, rows});
    mock.nli.put("score", nli);
    mock.nli.put("confidence", nli_confidence);
    mock.artifact.put("score", std::vector<double>(rows, 0.0));
    mock.artifact.put("confidence", std::vector<double>(rows, 1.0));
    return mock;
}

double auroc_of(base::Bundle const& scores, base::Bundle const& labels, std::string const& method)
{
    return run_stage(detection_metrics_stage(), {}, {{"scores", &scores}, {"labels", &labels}})
        .get<double>("metrics/score/" + method)[0];
}

TEST(MockPipeline, adaptive_combination_beats_its_floor_and_random_is_random)
{
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        auto const mock = make_mock(seed);
        auto const neighbours = run_stage(neighbours_stage(),
                                          plan::Params{}
                                              .set("array", "vectors")
                                              .set("k", std::int64_t{15})
                                              .set("k_outlier", std::int64_t{5})
                                              .set("exclude_identical", "none"),
                                          {{"embedding", &mock.embedding}});
        auto const graph =
            run_stage(graph_stage(), plan::Params{}.set("s_min", 0.0).set("tau", 0.07).set("mutual", false),
                      {{"neighbours", &neighbours}, {"reliability", &mock.reliability}});
        auto const neighbourhood = run_stage(neighbourhood_stage(), plan::Params{}.set("epsilon", 1e-3),
                                             {{"graph", &graph}, {"labels", &mock.labels}});
        auto const stability = run_stage(stability_stage(), {}, {{"reliability", &mock.reliability}});
        auto const dynamics = run_stage(dynamics_stage(), {}, {{"dynamics", &mock.dynamics}});
        plan::Params weights;
        weights.set("weight.neighbourhood", 0.3).set("weight.nli", 0.3).set("weight.artifact", 0.15);
        weights.set("weight.stability", 0.15).set("weight.dynamics", 0.1);
        auto const combined = run_stage(combine_stage(), weights,
                                        {{"neighbourhood", &neighbourhood},
                                         {"nli", &mock.nli},
                                         {"artifact", &mock.artifact},
                                         {"stability", &stability},
                                         {"dynamics", &dynamics}});
        auto const mismatch =
            run_stage(mismatch_baseline_stage(), {}, {{"explanations", &mock.explanations}, {"labels", &mock.labels}});
        base::Bundle rows;
        rows.put("row", std::vector<std::int64_t>(mock.labels.get<std::int32_t>("observed").size()));
        auto const random = run_stage(random_baseline_stage(),
                                      plan::Params{}.set("seed", static_cast<std::int64_t>(seed)), {{"rows", &rows}});
        // ecg.md 12.6 item 15; the specification's own simulation over 12 seeds gave adaptive .85 to .94, fixed .89 to
        // .96 and mismatch .68 to .84.
        EXPECT_GT(auroc_of(combined, mock.labels, "ecg_adaptive"), 0.8) << seed;
        EXPECT_GT(auroc_of(combined, mock.labels, "ecg_fixed"), 0.85) << seed;
        EXPECT_NEAR(auroc_of(mismatch, mock.labels, "label_mismatch"), 0.76, 0.12) << seed;
        EXPECT_NEAR(auroc_of(random, mock.labels, "random"), 0.5, 0.12) << seed;
    }
}

}  // namespace
}  // namespace ablatrix::ecg
