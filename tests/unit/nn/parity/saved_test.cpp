// What this program saves is what it loaded, and transformers reads it.

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <ablatrix/nn/text_classifier.hpp>

#include "detail/backbone.hpp"
#include "detail/checkpoint.hpp"
#include "fixture.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {
namespace {

constexpr char const* classifiers[] = {"bert-tiny",        "roberta-tiny",     "electra-tiny",
                                       "deberta-tiny-a",   "deberta-tiny-b",   "deberta-tiny-c",
                                       "deberta-tiny-p2c", "deberta-tiny-c2p", "bart-tiny"};

void load_and_save(std::string const& name, std::filesystem::path const& out)
{
    auto const folder = test::fixture_folder(name);
    auto const config = read_encoder_config(folder);
    auto const backbone = detail::make_backbone(config, Precision::fp32);
    auto const head = detail::make_classifier_head(config, static_cast<std::int64_t>(config.labels.size()));
    detail::load_checkpoint(Safetensors::open(folder), config, *backbone, head.get());
    detail::save_classifier(out, config, *backbone, *head, folder);
}

TEST(SavedModels, hold_every_tensor_of_the_file_bit_for_bit)
{
    for (std::string const name : classifiers) {
        ablatrix::test::TemporaryFolder const folder;
        load_and_save(name, folder.path());
        auto const saved = Safetensors::open(folder.path());
        auto const original = Safetensors::open(test::fixture_folder(name));
        ASSERT_EQ(saved.tensors().size(), original.tensors().size()) << name;
        for (auto const& [key, view] : original.tensors()) {
            ASSERT_TRUE(saved.tensors().contains(key)) << name << ' ' << key;
            auto const& copy = saved.tensors().at(key);
            EXPECT_EQ(copy.shape, view.shape) << name << ' ' << key;
            EXPECT_TRUE(std::ranges::equal(copy.bytes, view.bytes)) << name << ' ' << key;
        }
    }
}

/// Fine-tunes tiny-classifier a little and writes the logits of some texts beside it.
void save_fine_tuned(std::filesystem::path const& out)
{
    test::Fixture const fixture("tiny-classifier");
    auto const texts = fixture.cases.at("training_texts").get<std::vector<std::string>>();
    auto const labels = fixture.cases.at("training_labels").get<std::vector<std::int32_t>>();
    auto model = TextClassifier::with_new_head(fixture.folder, {"bad", "good"}, {}, {});
    FineTuneOptions options;
    options.learning_rate = 1e-3;
    options.batch = 4;
    model.fine_tune(texts, {}, labels, {}, options, {});
    model.save(out);
    auto const logits = model.classify(texts, {}, 64).logits;
    auto rows = nlohmann::json::array();
    for (std::size_t i = 0; i < texts.size(); ++i)
        rows.push_back({logits[2 * i], logits[2 * i + 1]});
    std::ofstream(out / "logits.json") << nlohmann::json{{"texts", texts}, {"logits", rows}};
}

TEST(SavedModels, are_read_by_transformers_with_the_same_logits)
{
    char const* const python = std::getenv("ABLATRIX_PARITY_PYTHON");
    if (python == nullptr) GTEST_SKIP() << "no Python with transformers (set ABLATRIX_PARITY_PYTHON)";
    ablatrix::test::TemporaryFolder const folder;
    for (std::string const name : classifiers)
        load_and_save(name, folder.path() / name);
    save_fine_tuned(folder.path() / "fine-tuned");
    auto const command = std::string(python) + " -B " + ABLATRIX_SOURCE_DIR + "/tests/parity/check_saved_models.py " +
                         folder.path().string();
    EXPECT_EQ(std::system(command.c_str()), 0);
}

}  // namespace
}  // namespace ablatrix::nn
