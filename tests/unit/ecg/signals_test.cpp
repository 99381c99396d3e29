#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "jobs/ecg/canonical_string.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"
#include "jobs/ecg/stop_words.hpp"
#include "tests/unit/ecg/run_graph.hpp"

namespace ablatrix::ecg {
namespace {

using test::run_stage;
using testing::DoubleNear;
using testing::Each;
using testing::ElementsAre;

TEST(MidRanks, average_ties_and_span_the_unit_interval)
{
    // Ranks 1, 2.5, 2.5, 4 of four values.
    EXPECT_THAT(mid_ranks(std::vector<double>{-1, 5, 5, 9}), ElementsAre(0, 0.5, 0.5, 1));
    EXPECT_THAT(mid_ranks(std::vector<double>{3, 3, 3}), Each(0.5));
    EXPECT_THAT(mid_ranks(std::vector<double>{3}), ElementsAre(0));
}

TEST(CanonicalString, forms_are_those_of_the_specification)
{
    ExplanationParts const parts{"POSITIVE", {"warm", "kind"}, "It glows.", "Say cold."};
    EXPECT_EQ(canonical_string(Canonical::k1, parts),
              "Evidence: warm; kind | Rationale: It glows. | Counterfactual: Say cold.");
    EXPECT_EQ(canonical_string(Canonical::k2, parts), "Evidence: warm; kind | Rationale: It glows.");
    EXPECT_EQ(canonical_string(Canonical::k3, parts), "warm; kind. It glows.");
    EXPECT_EQ(canonical_string(Canonical::k4, parts), "POSITIVE warm, kind It glows.");
    EXPECT_EQ(canonical_string(Canonical::k5, parts), "It glows.");
    EXPECT_EQ(canonical_string(Canonical::k1, {"", {}, "", ""}), "Evidence:  | Rationale: ");
    EXPECT_EQ(canonical_string(Canonical::k4, {"", {}, "", ""}), "UNKNOWN");
    EXPECT_EQ(canonical_string(Canonical::k5, {"", {}, "", ""}), "unknown");
}

/// One row, M samples.
struct Sample
{
    std::int32_t label;
    std::string evidence;
    std::vector<float> rationale;
    bool parsed = true;
};

base::Bundle reliability_of(std::vector<Sample> const& samples)
{
    std::vector<std::int32_t> label;
    std::vector<std::uint8_t> parsed;
    std::vector<std::string> evidence;
    std::vector<float> rationale;
    for (auto const& sample : samples) {
        label.push_back(sample.label);
        parsed.push_back(sample.parsed ? 1 : 0);
        evidence.push_back(sample.evidence);
        rationale.insert(rationale.end(), sample.rationale.begin(), sample.rationale.end());
    }
    auto const m = static_cast<std::int64_t>(samples.size());
    base::Bundle explanations, embedding;
    explanations.put("pred_label", label, {m, 1});
    explanations.put("parse_success", parsed, {m, 1});
    explanations.put("evidence", evidence, {m, 1});
    embedding.put("rationale_vectors", rationale, {m, 1, 2});
    return run_stage(reliability_stage(), {}, {{"explanations", &explanations}, {"embedding", &embedding}});
}

TEST(Reliability, is_the_mean_of_three_agreements)
{
    // By hand: labels 1, 1, 0 agree in 2/3. Evidence {a,b}, {A}, {c}: Jaccard 1/2, 0, 0, mean 1/6. Rationales along x,
    // x and y: cosine 1, 0, 0, mean 1/3. Reliability (2/3 + 1/6 + 1/3) / 3 = 7/18.
    auto const out = reliability_of({{1,
                                      "a\x1f"
                                      "b",
                                      {1, 0}},
                                     {1, "A", {2, 0}},
                                     {0, "c", {0, 1}}});
    EXPECT_DOUBLE_EQ(out.get<double>("label_agreement")[0], 2.0 / 3);
    EXPECT_DOUBLE_EQ(out.get<double>("evidence_jaccard")[0], 1.0 / 6);
    EXPECT_DOUBLE_EQ(out.get<double>("rationale_similarity")[0], 1.0 / 3);
    EXPECT_DOUBLE_EQ(out.get<double>("reliability")[0], 7.0 / 18);
    EXPECT_EQ(out.get<std::int32_t>("dominant_label")[0], 1);
}

TEST(Reliability, failed_samples_never_agree)
{
    Sample const failed{-1, "", {0, 0}, false};
    EXPECT_EQ(reliability_of({failed, failed, failed}).get<double>("reliability")[0], 0);
    EXPECT_EQ(reliability_of({failed}).get<double>("reliability")[0], 0);
    Sample const good{0, "a", {1, 0}};
    EXPECT_EQ(reliability_of({failed, good, good}).get<double>("reliability")[0], 0);  // the primary failed
    // Primary and one sample agree fully, one failed: (2/3 + 1/3 + 1/3) / 3 = 4/9.
    EXPECT_DOUBLE_EQ(reliability_of({good, good, failed}).get<double>("reliability")[0], 4.0 / 9);
}

TEST(Reliability, of_a_single_successful_sample_is_one)
{
    EXPECT_EQ(reliability_of({{0, "a", {1, 0}}}).get<double>("reliability")[0], 1);
}

TEST(Stability, is_what_reliability_lacks)
{
    base::Bundle reliability;
    reliability.put("reliability", std::vector<double>{0.25, 1});
    auto const signal = run_stage(stability_stage(), {}, {{"reliability", &reliability}});
    EXPECT_THAT(signal.get<double>("score"), ElementsAre(0.75, 0));
    EXPECT_THAT(signal.get<double>("confidence"), ElementsAre(0.25, 1));
}

TEST(Dynamics, is_minus_the_mean_margin_over_epochs)
{
    base::Bundle dynamics;
    dynamics.put("train_margin", std::vector<float>{1, -2, 3, -4}, {2, 2});
    auto const signal = run_stage(dynamics_stage(), {}, {{"dynamics", &dynamics}});
    EXPECT_THAT(signal.get<double>("score"), ElementsAre(-2, 3));
    EXPECT_THAT(signal.get<double>("confidence"), ElementsAre(DoubleNear(2.0 / 3, 1e-12), 1));
}

base::Bundle artifact_signal(std::string const& mode, std::vector<std::string> const& evidence,
                             std::vector<std::string> const& texts, std::vector<std::int32_t> const& observed)
{
    base::Bundle explanations, labels, text;
    explanations.put("evidence", evidence);
    labels.put("observed", observed);
    labels.put_scalar("classes", 2);
    text.put("text", texts);
    auto const params =
        plan::Params{}.set("mode", mode).set("tokens", std::vector<std::string>{"<lbl_pos>", "<lbl_neg>"});
    return run_stage(artifact_stage(), params, {{"explanations", &explanations}, {"labels", &labels}, {"text", &text}});
}

TEST(Artifact, counts_known_tokens_in_the_evidence)
{
    std::vector<std::string> const evidence{"warm\x1f<lbl_pos>", "warm", "", "<LBL_NEG>"};
    std::vector<std::string> const texts(4, "x y");
    EXPECT_THAT(artifact_signal("synthetic", evidence, texts, {0, 1, 0, 1}).get<double>("score"),
                ElementsAre(DoubleNear(0.5, 1e-6), 0, 0, DoubleNear(1, 2e-6)));
    EXPECT_THAT(artifact_signal("binary", evidence, texts, {0, 1, 0, 1}).get<double>("score"), ElementsAre(1, 0, 0, 1));
}

TEST(Artifact, counting_tokens_needs_no_labels)
{
    base::Bundle explanations;  // two samples of two rows
    explanations.put("evidence", std::vector<std::string>{"<lbl_pos>", "warm", "warm", "<lbl_pos>"}, {2, 2});
    auto const params =
        plan::Params{}.set("mode", "binary").set("tokens", std::vector<std::string>{"<lbl_pos>", "<lbl_neg>"});
    auto const signal = run_stage(artifact_stage(), params, {{"explanations", &explanations}});
    EXPECT_THAT(signal.get<double>("score"), ElementsAre(1, 0));
}

TEST(Artifact, pmi_finds_words_that_go_with_a_label)
{
    // By hand: n = 4, vocabulary {glow, dusk}; "glow" in both rows of class 1 and none of class 0.
    // PMI(glow, 1) = ln(((2+1)/(2+2)) / ((2+1)/(4+2))) = ln 1.5; stop-words count for nothing.
    auto const signal =
        artifact_signal("pmi", {"glow", "dusk", "glow", "the"}, {"glow", "dusk", "the glow", "dusk"}, {1, 0, 1, 0});
    EXPECT_THAT(signal.get<double>("score"),
                ElementsAre(DoubleNear(std::log(1.5), 1e-9), DoubleNear(std::log(1.5), 1e-9),
                            DoubleNear(std::log(1.5), 1e-9), 0));
}

TEST(StopWords, are_function_words)
{
    EXPECT_TRUE(is_stop_word("the"));
    EXPECT_TRUE(is_stop_word("your"));
    EXPECT_FALSE(is_stop_word("film"));
}

base::Bundle signal(std::vector<double> score, std::vector<double> confidence)
{
    base::Bundle bundle;
    bundle.put("score", std::move(score));
    bundle.put("confidence", std::move(confidence));
    return bundle;
}

TEST(Combine, weighs_mid_ranks_by_weight_or_by_confidence)
{
    // By hand. Ranks of a: 0, .5, 1; of b: 1, .5, 0. Confidences of a over their largest: 1, .5, 0 (-1 counts as 0); of
    // b 1.
    auto const a = signal({1, 2, 3}, {4, 2, -1});
    auto const b = signal({9, 8, 7}, {1, 1, 1});
    auto const out =
        run_stage(combine_stage(), plan::Params{}.set("weight.a", 0.3).set("weight.b", 0.1), {{"a", &a}, {"b", &b}});
    EXPECT_THAT(out.get<double>("score/ecg_fixed"),
                ElementsAre(DoubleNear(0.1, 1e-12), DoubleNear(0.2, 1e-12), DoubleNear(0.3, 1e-12)));
    EXPECT_THAT(out.get<double>("score/ecg_adaptive"),
                ElementsAre(DoubleNear(0.5, 1e-7), DoubleNear(0.5, 1e-7), DoubleNear(0, 1e-7)));
}

TEST(Combine, a_constant_signal_changes_nothing)
{
    auto const a = signal({1, 2, 3}, {0.5, 0.5, 0.5});
    auto const constant = signal({7, 7, 7}, {1, 1, 1});
    auto const params = plan::Params{}.set("weight.a", 0.3).set("weight.constant", 0.15);
    auto const with = run_stage(combine_stage(), params, {{"a", &a}, {"constant", &constant}});
    auto const without = run_stage(combine_stage(), params, {{"a", &a}});
    EXPECT_EQ(with.scalar("constant_signals"), 1);
    for (std::string const name : {"score/ecg_fixed", "score/ecg_adaptive"}) {
        EXPECT_THAT(with.get<double>(name), testing::ElementsAreArray(without.get<double>(name)));
    }
}

TEST(Combine, permuting_rows_permutes_scores)
{
    auto const forward = signal({4, 4, 1, 2}, {1, 2, 3, 4});
    auto const backward = signal({2, 1, 4, 4}, {4, 3, 2, 1});
    auto const params = plan::Params{}.set("weight.s", 0.3);
    auto const a = run_stage(combine_stage(), params, {{"s", &forward}});
    auto const b = run_stage(combine_stage(), params, {{"s", &backward}});
    auto reversed = copy_of(b.get<double>("score/ecg_adaptive"));
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_THAT(a.get<double>("score/ecg_adaptive"), testing::ElementsAreArray(reversed));
}

TEST(Mismatch, is_confident_disagreement_and_unknown_is_a_half)
{
    base::Bundle explanations, labels;
    explanations.put("pred_label", std::vector<std::int32_t>{1, 1, -1});
    explanations.put("confidence", std::vector<double>{80, 80, 0});
    labels.put("observed", std::vector<std::int32_t>{0, 1, 1});
    auto const out = run_stage(mismatch_baseline_stage(), {}, {{"explanations", &explanations}, {"labels", &labels}});
    EXPECT_THAT(out.get<double>("score/label_mismatch"), ElementsAre(0.8, 0, 0.5));
}

TEST(MarkerOracle, sees_markers_only)
{
    base::Bundle text;
    text.put("text", std::vector<std::string>{"fine <lbl_pos>", "lbl_pos", "dull"});
    auto const params = plan::Params{}.set("tokens", std::vector<std::string>{"<lbl_pos>"});
    auto const out = run_stage(marker_oracle_stage(), params, {{"text", &text}});
    EXPECT_THAT(out.get<double>("score/marker_oracle"), ElementsAre(1, 0, 0));
}

}  // namespace
}  // namespace ablatrix::ecg
