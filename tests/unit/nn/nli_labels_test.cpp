#include <ablatrix/nn/nli_labels.hpp>

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include <ablatrix/base/error.hpp>

namespace ablatrix::nn {
namespace {

std::string error_of(std::vector<std::string> const& labels)
{
    try {
        nli_labels(labels, "config.json");
    }
    catch (DataError const& error) {
        return error.what();
    }
    return {};
}

TEST(NliLabels, AreFoundByNameInAnyOrderAndCase)
{
    std::vector<std::string> const contradiction_first{"CONTRADICTION", "NEUTRAL", "ENTAILMENT"};
    NliLabels const a = nli_labels(contradiction_first, "config.json");
    EXPECT_EQ(a.entailment, 2u);
    EXPECT_EQ(a.neutral, 1u);
    EXPECT_EQ(a.contradiction, 0u);
    std::vector<std::string> const entailment_first{"entailment", "neutral", "contradiction"};
    NliLabels const b = nli_labels(entailment_first, "config.json");
    EXPECT_EQ(b.entailment, 0u);
    EXPECT_EQ(b.neutral, 1u);
    EXPECT_EQ(b.contradiction, 2u);
}

TEST(NliLabels, AreNeverGuessedFromNumbers)
{
    EXPECT_THAT(error_of({"LABEL_0", "LABEL_1", "LABEL_2"}),
                testing::AllOf(testing::HasSubstr("config.json"), testing::HasSubstr("LABEL_0, LABEL_1, LABEL_2"),
                               testing::HasSubstr("id2label")));
}

TEST(NliLabels, AreRefusedUnlessEachIsThereOnce)
{
    EXPECT_THAT(error_of({"entailment", "not_entailment"}), testing::HasSubstr("more than one label says 'entail'"));
    EXPECT_THAT(error_of({"entailment", "contradiction"}), testing::HasSubstr("no label says 'neutral'"));
    EXPECT_THAT(error_of({"entailment", "neutral", "contradiction", "other"}), testing::HasSubstr("three classes"));
}

}  // namespace
}  // namespace ablatrix::nn
