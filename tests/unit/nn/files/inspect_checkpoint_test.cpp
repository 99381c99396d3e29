#include <cstdlib>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/nn/encoder.hpp>

#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {

namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string sentence_modules(std::string const& transformer, std::string const& pooling)
{
    return R"([{"type": "a.Transformer", "path": ")" + transformer + R"("}, {"type": "a.Pooling", "path": ")" +
           pooling + "\"}]";
}

class Inspected : public testing::Test
{
  protected:
    Inspected()
    {
        write("config.json", R"({"model_type": "bert", "architectures": ["BertModel"]})");
        write("model.safetensors",
              file_of(R"({"embeddings.x":{"dtype":"F32","shape":[3],"data_offsets":[0,12]},)"
                      R"("pooler.dense.bias":{"dtype":"F16","shape":[2,1],"data_offsets":[12,16]},)"
                      R"("embeddings.position_ids":{"dtype":"I64","shape":[1],"data_offsets":[16,24]}})",
                      "0123456789abcdefghijklmn"));
    }
    void write(std::string const& name, std::string const& text) const
    {
        fs::create_directories((folder() / name).parent_path());
        write_file(folder() / name, text);
    }
    fs::path const& folder() const { return folder_.path(); }

  private:
    test::TemporaryFolder folder_;
};

}  // namespace

TEST_F(Inspected, checkpoint_tells_its_config_parameters_types_heads_and_size)
{
    auto const info = inspect_checkpoint(folder());
    EXPECT_EQ(info.config.architecture, "BertModel");
    EXPECT_EQ(info.parameters, 5);
    EXPECT_THAT(info.types, ElementsAre(Pair("F16", 1), Pair("F32", 1), Pair("I64", 1)));
    EXPECT_THAT(info.heads, ElementsAre("pooler"));
    EXPECT_EQ(info.bytes, 24U);
    EXPECT_EQ(info.tokenizer, "none");
    EXPECT_EQ(info.content, checkpoint_content(folder()));
    EXPECT_EQ(info.content.size(), 32U);
}

TEST_F(Inspected, content_changes_with_every_file_that_the_model_is_made_of_and_with_no_other)
{
    std::set<std::string> seen{checkpoint_content(folder())};
    auto const is_new = [&] { return seen.insert(checkpoint_content(folder())).second; };
    write("README.md", "hello");
    EXPECT_FALSE(is_new());
    for (std::string const name : {"vocab.txt", "tokenizer.json", "tokenizer_config.json", "spm.model",
                                   "1_Pooling/config.json", "sentence_bert_config.json"})
    {
        write(name, "first");
        EXPECT_TRUE(is_new()) << name;
        write(name, "other");
        EXPECT_TRUE(is_new()) << name;
    }
    write("sentence_bert_config.json", "{}");
    write("tokenizer_config.json", "{}");
    EXPECT_TRUE(is_new());
    for (std::string const pooling : {"1_Pooling", "2_Pooling"}) {
        for (std::string const mode : {"mean", "cls"}) {
            write(pooling + "/config.json", R"({"pooling_mode": ")" + mode + "\"}");
            write("modules.json", sentence_modules("", pooling));
            EXPECT_TRUE(is_new()) << pooling << mode;
        }
    }
    write("config.json", R"({"model_type": "bert"})");
    EXPECT_TRUE(is_new());
    auto weights = read_file(folder() / "model.safetensors");
    weights.back() ^= 1;
    write("model.safetensors", weights);
    EXPECT_TRUE(is_new());
}

TEST_F(Inspected, content_and_config_are_those_of_the_encoder_that_the_modules_name)
{
    for (std::string const name : {"0_Transformer", "1_Pooling"})
        fs::create_directories(folder() / name);
    fs::copy(folder() / "config.json", folder() / "0_Transformer");
    fs::copy(folder() / "model.safetensors", folder() / "0_Transformer");
    write("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
    write("modules.json", sentence_modules("0_Transformer", "1_Pooling"));
    auto const before = checkpoint_content(folder());
    for (std::string const name : {"config.json", "model.safetensors"})
        fs::remove(folder() / name);
    EXPECT_EQ(inspect_checkpoint(folder()).config.architecture, "BertModel");
    EXPECT_EQ(inspect_checkpoint(folder()).content, before);

    auto weights = read_file(folder() / "0_Transformer/model.safetensors");
    weights.back() ^= 1;
    write("0_Transformer/model.safetensors", weights);
    std::set<std::string> seen{before, checkpoint_content(folder())};
    for (std::string const name : {"vocab.txt", "sentence_distilbert_config.json"}) {
        write("0_Transformer/" + name, "{}");
        seen.insert(checkpoint_content(folder()));
    }
    EXPECT_EQ(seen.size(), 4U);
}

TEST_F(Inspected, content_is_the_same_wherever_the_folder_lies)
{
    test::TemporaryFolder const other;
    fs::copy(folder(), other.path(), fs::copy_options::recursive);
    EXPECT_EQ(checkpoint_content(folder()), checkpoint_content(other.path()));
}

TEST_F(Inspected, content_covers_files_beyond_one_piece)
{
    // 2 pieces of 16 MiB and one byte: a change in the last byte, and pieces swapped, must show.
    std::string const piece(std::size_t{16} << 20, 'p');
    auto const content_with = [&](std::string const& text) {
        write("vocab.txt", text);
        return checkpoint_content(folder());
    };
    std::set<std::string> const contents{content_with(piece + "A" + piece), content_with(piece + "B" + piece),
                                         content_with(piece + piece + "A"), content_with(piece + piece)};
    EXPECT_EQ(contents.size(), 4U);
}

TEST_F(Inspected, checkpoint_needs_config_and_weights)
{
    fs::remove(folder() / "model.safetensors");
    EXPECT_THAT(message_of([&] { inspect_checkpoint(folder()); }), HasSubstr("neither model.safetensors nor"));
    EXPECT_THAT(message_of([&] { checkpoint_content(folder()); }), HasSubstr("neither model.safetensors nor"));
    fs::remove(folder() / "config.json");
    EXPECT_THAT(message_of([&] { inspect_checkpoint(folder()); }), HasSubstr("holds no config.json"));
    EXPECT_THAT(message_of([&] { checkpoint_content(folder()); }), HasSubstr("holds no config.json"));
}

TEST(RealCheckpoint, of_MiniLM_has_the_published_number_of_parameters)
{
    char const* const models = std::getenv("ABLATRIX_MODELS");
    auto const folder = (models != nullptr ? fs::path(models) : fs::path(ABLATRIX_SOURCE_DIR) / "models") / "minilm";
    if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there: scripts/fetch-model.sh minilm";
    auto const info = inspect_checkpoint(folder);
    EXPECT_EQ(info.parameters, 22'713'216);
    EXPECT_THAT(info.heads, ElementsAre("pooler"));
    EXPECT_EQ(info.tokenizer, "WordPiece, 30522 tokens");
    EXPECT_EQ(info.config.layers, 6);
}

}  // namespace ablatrix::nn
