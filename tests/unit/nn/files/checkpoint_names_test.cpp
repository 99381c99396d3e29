#include "detail/checkpoint_names.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "safetensors_bytes.hpp"

namespace ablatrix::nn::detail {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A file of one-byte floats, those ending in ! of another value, and integers for names ending in :I8.
class File
{
  public:
    explicit File(std::vector<std::string> const& names)
    {
        std::string header = "{";
        std::string data;
        for (std::string name : names) {
            std::string const type = name.ends_with(":I8") ? "I8" : "F8_E4M3";
            if (type == "I8") name.resize(name.size() - 3);
            char const value = name.ends_with('!') ? 'x' : 'v';
            if (value == 'x') name.pop_back();
            auto const at = std::to_string(data.size());
            header += (data.empty() ? "\"" : ",\"") + name + R"(":{"dtype":")" + type +
                      R"(","shape":[1],"data_offsets":[)" + at + "," + std::to_string(data.size() + 1) + "]}";
            data += value;
        }
        bytes_ = file_of(header + "}", data);
    }
    Safetensors tensors() const { return Safetensors::parse(bytes_of(bytes_), "weights"); }

  private:
    std::string bytes_;
};

EncoderConfig config_of(Family family)
{
    EncoderConfig out;
    out.family = family;
    return out;
}

/// Names left over after a model with parameters \p backbone and \p head has taken its own; "-name" for those not
/// there.
std::vector<std::string> left_over(Family family, std::vector<std::string> const& file,
                                   std::vector<std::string> const& backbone, std::vector<std::string> const& head = {})
{
    File const bytes(file);
    auto const tensors = bytes.tensors();
    auto const config = config_of(family);
    CheckpointNames names(tensors, config, backbone);
    std::vector<std::string> out;
    for (auto const& name : backbone)
        if (!names.take(name, Part::backbone)) out.push_back("-" + names.name_of(name, Part::backbone));
    for (auto const& name : head)
        if (!names.take(name, Part::head)) out.push_back("-" + names.name_of(name, Part::head));
    for (auto const& name : names.unexpected())
        out.push_back(name);
    return out;
}

}  // namespace

TEST(CheckpointNames, are_found_with_the_prefix_and_without)
{
    EXPECT_THAT(left_over(Family::bert, {"bert.a", "bert.b"}, {"a", "b"}), IsEmpty());
    EXPECT_THAT(left_over(Family::bert, {"a", "b"}, {"a", "b"}), IsEmpty());
    EXPECT_THAT(left_over(Family::bart, {"model.a", "model.b"}, {"a", "b"}), IsEmpty());
    EXPECT_THAT(left_over(Family::deberta_v2, {"deberta.a"}, {"a"}), IsEmpty());
    EXPECT_THAT(left_over(Family::electra, {"electra.a"}, {"a"}), IsEmpty());
    EXPECT_THAT(left_over(Family::roberta, {"bert.a"}, {"a"}), ElementsAre("-a", "bert.a"));
}

TEST(CheckpointNames, are_all_with_the_prefix_or_all_without)
{
    EXPECT_THAT(left_over(Family::bert, {"bert.a", "bert.b", "c"}, {"a", "b", "c"}), ElementsAre("-bert.c", "c"));
    EXPECT_THAT(left_over(Family::bert, {"a", "b", "bert.c"}, {"a", "b", "c"}), ElementsAre("-c", "bert.c"));
}

TEST(CheckpointNames, of_heads_stand_at_the_top_but_berts_pooler_with_the_encoder)
{
    EXPECT_THAT(left_over(Family::bert, {"bert.a", "bert.pooler.dense.bias", "classifier.bias"}, {"a"},
                          {"pooler.dense.bias", "classifier.bias"}),
                IsEmpty());
    EXPECT_THAT(left_over(Family::bert, {"a", "pooler.dense.bias"}, {"a"}, {"pooler.dense.bias", "classifier.bias"}),
                ElementsAre("-classifier.bias"));
    EXPECT_THAT(left_over(Family::deberta_v2, {"deberta.a", "pooler.dense.bias"}, {"a"}, {"pooler.dense.bias"}),
                IsEmpty());
    EXPECT_THAT(left_over(Family::deberta_v2, {"deberta.a", "deberta.pooler.dense.bias"}, {"a"}, {"pooler.dense.bias"}),
                ElementsAre("-pooler.dense.bias"));
}

TEST(CheckpointNames, of_old_files_are_understood)
{
    EXPECT_THAT(left_over(Family::bert, {"bert.x.LayerNorm.gamma", "bert.x.LayerNorm.beta"},
                          {"x.LayerNorm.weight", "x.LayerNorm.bias"}),
                IsEmpty());
    EXPECT_THAT(message_of([] {
                    left_over(Family::bert, {"n.gamma", "n.weight"}, {"n.weight"});
                }),
                HasSubstr("two names of one tensor"));
}

TEST(CheckpointNames, that_mean_nothing_to_the_family_are_passed_over)
{
    EXPECT_THAT(
        left_over(Family::bert, {"bert.a", "cls.predictions.bias", "bert.pooler.dense.bias", "qa_outputs.bias"}, {"a"}),
        IsEmpty());
    EXPECT_THAT(left_over(Family::roberta, {"roberta.a", "lm_head.bias", "roberta.pooler.dense.bias"}, {"a"}),
                IsEmpty());
    EXPECT_THAT(
        left_over(Family::electra, {"electra.a", "discriminator_predictions.x", "generator_predictions.x"}, {"a"}),
        IsEmpty());
    EXPECT_THAT(left_over(Family::deberta_v2,
                          {"deberta.a", "lm_predictions.x", "mask_predictions.x", "cls.x",
                           "deberta.embeddings.position_embeddings.weight"},
                          {"a"}),
                IsEmpty());
    EXPECT_THAT(
        left_over(Family::bart, {"model.a", "final_logits_bias", "model.encoder.version", "lm_head.weight"}, {"a"}),
        IsEmpty());
    EXPECT_THAT(left_over(Family::bert, {"a", "embeddings.position_ids:I8"}, {"a"}), IsEmpty());
}

TEST(CheckpointNames, that_only_another_family_passes_over_are_unexpected)
{
    EXPECT_THAT(
        left_over(Family::bert,
                  {"a", "lm_predictions.x", "encoder.version", "final_logits_bias", "discriminator_predictions.x"},
                  {"a"}),
        ElementsAre("discriminator_predictions.x", "encoder.version", "final_logits_bias", "lm_predictions.x"));
    EXPECT_THAT(left_over(Family::bert, {"a", "encoder.layer.9.x"}, {"a"}), ElementsAre("encoder.layer.9.x"));
}

TEST(CheckpointNames, of_barts_table_are_three_and_must_agree)
{
    for (std::string const name : {"shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"}) {
        EXPECT_THAT(left_over(Family::bart, {"model.a", "model." + name}, {"a", "shared.weight"}), IsEmpty()) << name;
        EXPECT_THAT(left_over(Family::bart, {"a", name}, {"a", "shared.weight"}), IsEmpty()) << name;
    }
    EXPECT_THAT(left_over(Family::bart, {"shared.weight", "encoder.embed_tokens.weight"}, {"shared.weight"}),
                IsEmpty());
    EXPECT_THAT(message_of([] {
                    left_over(Family::bart, {"shared.weight", "encoder.embed_tokens.weight!"}, {"shared.weight"});
                }),
                HasSubstr("\"shared.weight\" and \"encoder.embed_tokens.weight\" differ"));
    EXPECT_THAT(left_over(Family::bert, {"encoder.embed_tokens.weight"}, {"shared.weight"}),
                ElementsAre("-shared.weight", "encoder.embed_tokens.weight"));
}

TEST(CheckpointHeads, are_told_by_their_names)
{
    EXPECT_THAT(heads_of(File({"bert.pooler.dense.bias", "classifier.bias", "bert.a"}).tensors(), Family::bert),
                ElementsAre("classifier", "pooler"));
    EXPECT_THAT(heads_of(File({"electra.a", "qa_outputs.bias"}).tensors(), Family::electra), ElementsAre("span QA"));
    EXPECT_THAT(heads_of(File({"lm_head.bias", "roberta.a"}).tensors(), Family::roberta), ElementsAre("masked LM"));
    EXPECT_THAT(heads_of(File({"a"}).tensors(), Family::bert), IsEmpty());
}

TEST(CheckpointParameters, are_floating_and_count_a_shared_table_once)
{
    EXPECT_EQ(parameter_count(File({"a", "b", "ids:I8"}).tensors(), Family::bert), 2);
    File const bart({"model.a", "model.shared.weight", "model.encoder.embed_tokens.weight"});
    EXPECT_EQ(parameter_count(bart.tensors(), Family::bart), 2);
}

}  // namespace ablatrix::nn::detail
