#include "jobs/ecg/stages/confident_learning.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <numeric>
#include <vector>

namespace ablatrix::ecg {
namespace {

std::vector<std::uint64_t> rising(std::size_t n)
{
    std::vector<std::uint64_t> out(n);
    std::iota(out.begin(), out.end(), std::uint64_t{0});
    return out;
}

std::vector<std::int64_t> places_of_ones(std::vector<std::uint8_t> const& flags)
{
    std::vector<std::int64_t> out;
    for (std::size_t i = 0; i < flags.size(); ++i) {
        if (flags[i] != 0) out.push_back(static_cast<std::int64_t>(i));
    }
    return out;
}

// Second implementation: cleanlab, on random and on real cross-validated probabilities.
TEST(ConfidentLearning, flags_what_cleanlab_flags)
{
    std::ifstream file(ABLATRIX_SOURCE_DIR "/tests/parity/cleanlab.json");
    auto const fixture = nlohmann::json::parse(file);
    ASSERT_EQ(fixture["cases"].size(), 7U);
    for (auto const& expected : fixture["cases"]) {
        SCOPED_TRACE(expected["name"].get<std::string>());
        std::vector<double> const probabilities = expected["probabilities"];
        std::vector<std::int32_t> const labels = expected["labels"];

        auto const found = confident_learning(probabilities, labels, expected["classes"], rising(labels.size()));

        std::vector<double> const thresholds = expected["thresholds"];
        for (std::size_t c = 0; c < thresholds.size(); ++c)
            EXPECT_NEAR(found.thresholds[c], thresholds[c], 1e-12);
        EXPECT_EQ(found.confident_joint, expected["confident_joint"].get<std::vector<std::int64_t>>());
        EXPECT_EQ(found.prune_counts, expected["prune_counts"].get<std::vector<std::int64_t>>());
        EXPECT_EQ(places_of_ones(found.flagged), expected["flagged"].get<std::vector<std::int64_t>>());
    }
}

TEST(ConfidentLearning, ranks_flagged_rows_first_and_as_cleanlab_does)
{
    std::ifstream file(ABLATRIX_SOURCE_DIR "/tests/parity/cleanlab.json");
    auto const expected = nlohmann::json::parse(file)["cases"].back();
    std::vector<double> const probabilities = expected["probabilities"];
    std::vector<std::int32_t> const labels = expected["labels"];
    std::vector<std::size_t> const ranked = expected["flagged_by_self_confidence"];
    auto const found = confident_learning(probabilities, labels, expected["classes"], rising(labels.size()));

    auto const score = confident_learning_scores(probabilities, labels, expected["classes"], found.flagged);

    for (std::size_t place = 0; place + 1 < ranked.size(); ++place) {
        EXPECT_GE(score[ranked[place]], score[ranked[place + 1]]) << "place " << place;
    }
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (found.flagged[i] != 0) continue;
        EXPECT_LT(score[i], score[ranked.back()]) << "row " << i;
    }
}

TEST(ConfidentLearning, settles_ties_at_the_cut_by_their_key)
{
    // Class 0: three sure rows and four equal doubtful ones; class 1: four sure rows. By hand: thresholds (9/14, 0.9),
    // the doubtful rows are confident of nothing (0.45, 0.55), one row of class 0 is confidently 1.
    std::vector<double> const p{.9, .1, .9, .1, .9, .1, .45, .55, .45, .55, .45, .55, .05, .95, .1, .9, .1, .9, .1, .9};
    std::vector<std::int32_t> const labels{0, 0, 0, 0, 0, 0, 0, 1, 1, 1};
    std::vector<std::uint64_t> const tie_key{0, 0, 0, 9, 3, 5, 0, 0, 0, 0};

    auto const found = confident_learning(p, labels, 2, tie_key);

    // Row 0 of the joint (3, 1) scaled to the 7 rows of class 0 is (5.25, 1.75): two rows go, the sure one and one of
    // the three equal ones, that with the smallest key.
    EXPECT_EQ(found.confident_joint, (std::vector<std::int64_t>{5, 2, 0, 3}));
    EXPECT_EQ(places_of_ones(found.flagged), (std::vector<std::int64_t>{4, 6}));
}

TEST(ConfidentLearning, gives_equal_rows_equal_scores)
{
    std::vector<double> const p{.2, .8, .3, .7, .3, .7, .9, .1};
    std::vector<std::int32_t> const labels{1, 1, 1, 1};
    std::vector<std::uint8_t> const flagged{0, 0, 0, 1};

    auto const score = confident_learning_scores(p, labels, 2, flagged);

    EXPECT_EQ(score, (std::vector<double>{0, 0.5, 0.5, 1}));  // ranks 1, 2.5, 2.5, 4 of 4
}

}  // namespace
}  // namespace ablatrix::ecg
