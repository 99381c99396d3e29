#include <ablatrix/nn/text_classifier.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "detail/device.hpp"
#include "support/temporary_folder.hpp"

// Agreement with transformers is the matter of parity/.

namespace ablatrix::nn {
namespace {

std::filesystem::path model(char const* name)
{
    return std::filesystem::path(ABLATRIX_SOURCE_DIR) / "tests/parity/models" / name;
}

std::vector<std::string> const texts{"the film is great .", "a", "the camera has a broken lens and a noisy shutter"};

TextClassifier fresh(FineTuneSeed seed)
{
    return TextClassifier::with_new_head(model("tiny-embedder"), {"no", "yes", "maybe"}, seed, {});
}

template <typename Call>
std::string error_of(Call const& call)
{
    try {
        call();
    }
    catch (Error const& error) {
        return error.what();
    }
    return "no error";
}

TEST(TextClassifier, DrawsANewHeadBySeedAndFold)
{
    auto const logits = fresh({42, 1}).classify(texts, {}, 0).logits;
    EXPECT_EQ(logits.size(), texts.size() * 3);
    EXPECT_EQ(fresh({42, 1}).classify(texts, {}, 0).logits, logits);
    EXPECT_NE(fresh({42, 2}).classify(texts, {}, 0).logits, logits);
    EXPECT_NE(fresh({43, 1}).classify(texts, {}, 0).logits, logits);
    EXPECT_EQ(fresh({42, 1}).config().labels, (std::vector<std::string>{"no", "yes", "maybe"}));
}

TEST(TextClassifier, GivesFeaturesOfTheFirstTokenWhenAsked)
{
    auto const classifier = fresh({});
    EXPECT_TRUE(classifier.classify(texts, {}, 0).features.empty());
    EXPECT_EQ(classifier.classify(texts, {}, 0, true).features.size(), texts.size() * 32);
    // They are the encoder's: another head has the same.
    EXPECT_EQ(classifier.classify(texts, {}, 0, true).features, fresh({1, 1}).classify(texts, {}, 0, true).features);
}

TEST(TextClassifier, CountsRowsThatAreCut)
{
    auto const classifier = fresh({});
    EXPECT_EQ(classifier.classify(texts, {}, 0).truncated, 0u);
    EXPECT_EQ(classifier.classify(texts, {}, 7).truncated, 1u);
    EXPECT_EQ(classifier.classify(texts, {}, 6).truncated, 2u);
    auto trained = fresh({});
    FineTuneOptions options;
    options.max_length = 7;
    options.warmup_ratio = 0;
    EXPECT_EQ(trained.fine_tune(texts, {}, std::vector<std::int32_t>{0, 1, 2}, {}, options, {}).truncated, 1u);
}

TEST(TextClassifier, ClassifiesARowAsItDoesAlone)
{
    auto const classifier = fresh({});
    auto const together = classifier.classify(texts, {}, 0).logits;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const alone = classifier.classify(std::vector{texts[i]}, {}, 0).logits;
        for (std::size_t c = 0; c < 3; ++c)
            EXPECT_NEAR(alone[c], together[3 * i + c], 1e-6);
    }
    EXPECT_TRUE(classifier.classify({}, {}, 0).logits.empty());
}

TEST(TextClassifier, ReadsBothTextsOfAPair)
{
    auto const classifier = fresh({});
    auto const second = std::vector<std::string>(texts.size(), "boring");
    auto const pairs = classifier.classify(texts, second, 0).logits;
    EXPECT_NE(pairs, classifier.classify(texts, {}, 0).logits);
    EXPECT_NE(pairs, classifier.classify(second, texts, 0).logits);
}

TEST(TextClassifier, IsTheSameAfterSavingAndLoading)
{
    auto classifier = fresh({42, 1});
    FineTuneOptions options;
    options.warmup_ratio = 0;
    options.learning_rate = 1e-3;
    classifier.fine_tune(texts, {}, std::vector<std::int32_t>{0, 1, 2}, {}, options, {});
    test::TemporaryFolder const folder;
    classifier.save(folder.path() / "saved");
    auto const again = TextClassifier::load(folder.path() / "saved", {});
    EXPECT_EQ(again.classify(texts, {}, 0).logits, classifier.classify(texts, {}, 0).logits);
    EXPECT_EQ(again.config().labels, classifier.config().labels);
}

TEST(TextClassifier, TrainsAnewWhereConfigJsonHasChanged)
{
    test::TemporaryFolder const folder;
    auto const checkpoint = folder.path() / "checkpoint";
    std::filesystem::copy(model("tiny-classifier"), checkpoint);
    std::int64_t first_step = 0;
    auto const train = [&](bool killed) {
        auto classifier = TextClassifier::with_new_head(checkpoint, {"no", "yes", "maybe"}, {}, {});
        FineTuneOptions options;
        options.batch = 1;
        FineTuneRun run{.unfinished = folder.path() / "state", .save_every_s = 0};
        first_step = 0;
        run.progress = [&](FineTuneProgress const& at) {
            if (first_step == 0) first_step = at.step;
            if (killed && at.step == 2) throw Error("killed");
        };
        classifier.fine_tune(texts, {}, std::vector<std::int32_t>{0, 1, 2}, {}, options, {}, run);
    };
    EXPECT_THROW(train(true), Error);
    auto config = read_encoder_config(checkpoint).json;
    std::string_view const rate = R"("hidden_dropout_prob": 0.1)";
    ASSERT_NE(config.find(rate), std::string::npos);
    std::ofstream(checkpoint / "config.json")
        << config.replace(config.find(rate), rate.size(), R"("hidden_dropout_prob": 0.2)");
    train(false);
    EXPECT_EQ(first_step, 1);
}

TEST(TextClassifier, RefusesWhatIsNotThere)
{
    EXPECT_THAT(error_of([] { TextClassifier::load(model("tiny-embedder"), {}); }), testing::HasSubstr("classifier"));
    EXPECT_THAT(error_of([] { TextClassifier::with_new_head(model("tiny-embedder"), {"one"}, {}, {}); }),
                testing::HasSubstr("two labels"));
    EXPECT_THAT(error_of([] { TextClassifier::load(model("tiny-classifier"), {.device = "gpu"}); }),
                testing::HasSubstr("unknown device 'gpu'"));
    EXPECT_THAT(error_of([] { TextClassifier::load(model("tiny-classifier"), {.device = "cuda:99"}); }),
                testing::HasSubstr("cuda:99"));
    EXPECT_THROW(TextClassifier::load("nowhere", {}), Error);
}

/// A copy of \p name in \p folder, with another text in the place of \p before in \p file.
std::filesystem::path changed(test::TemporaryFolder const& folder, char const* name, char const* file,
                              std::string const& before, std::string const& after)
{
    auto const made = folder.path() / "changed";
    std::filesystem::copy(model(name), made, std::filesystem::copy_options::recursive);
    std::stringstream text;
    text << std::ifstream(made / file).rdbuf();
    std::ofstream(made / file) << std::regex_replace(text.str(), std::regex(before), after);
    return made;
}

TEST(TextClassifier, RefusesHeadsThatTellNoOneClass)
{
    for (auto const& [key, added, message] : std::vector<std::array<std::string, 3>>{
             {"model_type", R"("problem_type": "multi_label_classification")",
              "is multi_label_classification, so its head"},
             {"model_type", R"("problem_type": "regression")", "problem_type is regression, so"},
             {"model_type", R"("problem_type": "single_label_classification")", "no error"},
             {"id2label", R"("num_labels": 1)", "names one label, so its head"}})
    {
        test::TemporaryFolder const folder;
        bool const label = key == "id2label";
        auto const made = changed(folder, "tiny-classifier", "config.json", "\"" + key + "\"",
                                  added + ", \"" + (label ? "x" : key) + "\"");
        EXPECT_THAT(error_of([&] { TextClassifier::load(made, {}); }), testing::HasSubstr(message));
        EXPECT_NO_THROW(TextClassifier::with_new_head(made, {"no", "yes"}, {}, {}));
    }
}

TEST(TextClassifier, RefusesTokenTypesThatTheModelHasNoRowFor)
{
    test::TemporaryFolder const folder;
    auto const made = changed(folder, "tiny-classifier", "tokenizer.json", "\"type_id\": 1", "\"type_id\": 2");
    auto const classifier = TextClassifier::load(made, {});
    EXPECT_NO_THROW(classifier.classify(texts, {}, 0));
    EXPECT_THAT(error_of([&] { classifier.classify(texts, texts, 0); }),
                testing::HasSubstr("tokens of type 2, the model has 2 types"));
    EXPECT_NO_THROW(TextClassifier::load(model("tiny-classifier"), {}).classify(texts, texts, 0));

    EncoderConfig config;
    text::TokenRows tokens;
    tokens.type = {0, 1, 0};
    config.family = Family::roberta;
    config.types = 2;
    EXPECT_THAT(error_of([&] { detail::check_types(tokens, "here", config); }), testing::HasSubstr("has 1 type."));
    config.family = Family::deberta_v2;
    config.types = 0;
    EXPECT_NO_THROW(detail::check_types(tokens, "here", config)) << "no type is looked at";
}

TEST(TextClassifier, ReadsTheEncoderThatModulesName)
{
    test::TemporaryFolder const folder;
    auto const root = folder.path() / "sentences";
    std::filesystem::create_directory(root);
    std::filesystem::copy(model("tiny-classifier"), root / "0_Transformer", std::filesystem::copy_options::recursive);
    std::ofstream(root / "modules.json") << R"([{"type": "a.Transformer", "path": "0_Transformer"}])";
    EXPECT_EQ(TextClassifier::load(root, {}).classify(texts, {}, 0).logits,
              TextClassifier::load(model("tiny-classifier"), {}).classify(texts, {}, 0).logits);
    EXPECT_NO_THROW(TextClassifier::with_new_head(root, {"no", "yes"}, {}, {}).save(folder.path() / "saved"));
    EXPECT_NO_THROW(TextClassifier::load(folder.path() / "saved", {}));
}

TEST(TextClassifier, RefusesATokenizerOfAnotherVocabulary)
{
    test::TemporaryFolder const folder;
    auto const made = folder.path() / "mixed";
    std::filesystem::create_directory(made);
    for (auto const* name : {"config.json", "model.safetensors"})
        std::filesystem::copy(model("bert-tiny") / name, made / name);  // 200 rows in the embedding table
    std::filesystem::copy(model("tiny-classifier") / "tokenizer.json", made / "tokenizer.json");
    EXPECT_THAT(error_of([&] { TextClassifier::load(made, {}); }), testing::HasSubstr("the embedding table 200 rows"));
}

}  // namespace
}  // namespace ablatrix::nn
