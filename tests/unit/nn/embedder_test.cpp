#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/nn/encoder.hpp>

#include "detail/pooling.hpp"
#include "detail/sentence_layout.hpp"
#include "packed_rows.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {
namespace {

std::filesystem::path const model = std::filesystem::path(ABLATRIX_SOURCE_DIR) / "tests/parity/models/tiny-embedder";

Embedder embedder(int threads = 1, int max_length = 0)
{
    Compute compute;
    compute.threads = threads;
    return Embedder::load(model, compute, max_length);
}

/// Enough texts for several batches, of many lengths; one is empty.
std::vector<std::string> sample_texts()
{
    std::vector<std::string> out{""};
    for (int i = 0; i < 200; ++i) {
        std::string text;
        for (int w = 0; w <= i % 23; ++w)
            text += std::string(w == 0 ? "" : " ") + static_cast<char>('a' + (i * 7 + w * 3) % 26);
        out.push_back(text);
    }
    return out;
}

TEST(Embedder, gives_a_text_the_same_bits_alone_in_any_order_and_for_any_number_of_threads)
{
    auto texts = sample_texts();
    auto const one = embedder();
    auto const width = static_cast<std::size_t>(one.dim());
    auto const all = one.embed(texts);
    EXPECT_EQ(all, one.embed(texts));
    EXPECT_EQ(all, embedder(2).embed(texts));
    for (std::size_t const i : {0, 1, 77, 200}) {
        auto const alone = one.embed(std::span(texts).subspan(i, 1));
        EXPECT_TRUE(std::equal(alone.begin(), alone.end(), all.begin() + static_cast<std::ptrdiff_t>(i * width))) << i;
    }
    std::ranges::reverse(texts);
    auto const reversed = one.embed(texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const from = reversed.begin() + static_cast<std::ptrdiff_t>((texts.size() - 1 - i) * width);
        ASSERT_TRUE(std::equal(from, from + static_cast<std::ptrdiff_t>(width),
                               all.begin() + static_cast<std::ptrdiff_t>(i * width)));
    }
}

TEST(Embedder, vectors_have_length_one_and_progress_counts_texts)
{
    auto const texts = sample_texts();
    std::vector<std::size_t> seen;
    auto const one = embedder();
    auto const vectors = one.embed(texts, [&](std::size_t done) { seen.push_back(done); });
    auto const length = at::tensor(vectors).view({static_cast<std::int64_t>(texts.size()), -1}).norm(2, {1});
    EXPECT_LT((length - 1).abs().max().item<double>(), 1e-6);
    EXPECT_TRUE(std::ranges::is_sorted(seen));
    EXPECT_EQ(seen.back(), texts.size());
    EXPECT_TRUE(one.embed({}).empty());
}

TEST(Embedder, cuts_texts_at_its_longest_row)
{
    std::string const text = "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r";
    std::vector<std::string> const texts{text, text + " s t u v w x y z a b c d e"};
    auto const cut = embedder(1, 20).embed(texts);
    auto const width = static_cast<std::ptrdiff_t>(cut.size() / 2);
    EXPECT_TRUE(std::equal(cut.begin(), cut.begin() + width, cut.begin() + width));
    EXPECT_THROW(embedder(1, 100000), DataError);
    EXPECT_EQ(read_embed_options(model).max_length, embedder().options().max_length);
}

TEST(Embedder, refuses_token_types_that_the_model_has_no_row_for)
{
    test::TemporaryFolder const folder;
    auto const made = folder.path() / "made";
    std::filesystem::copy(model, made, std::filesystem::copy_options::recursive);
    std::stringstream text;
    text << std::ifstream(made / "tokenizer.json").rdbuf();
    std::ofstream(made / "tokenizer.json")
        << std::regex_replace(text.str(), std::regex("\"type_id\": 0"), "\"type_id\": 2");
    EXPECT_THROW(Embedder::load(made, {}).embed(std::vector<std::string>{"a b"}), DataError);
}

TEST(Pooling, follows_the_definitions_and_gives_zeros_for_a_row_without_tokens)
{
    auto const batch = detail::whole_batch(detail::random_rows({2, 0, 3}, 9));
    auto const hidden = at::tensor({1.0F, -4.0F, 3.0F, -2.0F, 0.0F, -9.0F, 6.0F, -3.0F, 3.0F, -6.0F}).view({5, 2});
    auto const rows = [&](Pooling pooling) { return detail::pool(hidden, batch, pooling); };
    EXPECT_TRUE(rows(Pooling::mean).allclose(at::tensor({2.0F, -3.0F, 0.0F, 0.0F, 3.0F, -6.0F}).view({3, 2})));
    EXPECT_TRUE(rows(Pooling::cls).equal(at::tensor({1.0F, -4.0F, 0.0F, 0.0F, 0.0F, -9.0F}).view({3, 2})));
    EXPECT_TRUE(rows(Pooling::max).equal(at::tensor({3.0F, -2.0F, 0.0F, 0.0F, 6.0F, -3.0F}).view({3, 2})));
    EXPECT_TRUE(detail::unit_rows(rows(Pooling::mean))[1].eq(0).all().item<bool>());
}

class Layout : public testing::Test
{
  protected:
    void write(std::string const& name, std::string const& text)
    {
        auto const file = folder.path() / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
    void modules(std::string const& extra, std::string const& transformer = "")
    {
        write("modules.json", R"([{"idx": 0, "name": "0", "path": ")" + transformer +
                                  R"(", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})" +
                                  extra + "]");
    }
    EmbedOptions options() { return detail::read_sentence_layout(folder.path()).options; }

    std::string refusal()
    {
        try {
            options();
        }
        catch (DataError const& error) {
            return error.what();
        }
        return "no error";
    }

    test::TemporaryFolder folder;
};

TEST_F(Layout, without_modules_is_the_normalised_mean)
{
    auto const layout = detail::read_sentence_layout(folder.path());
    EXPECT_EQ(layout.encoder, folder.path());
    EXPECT_EQ(layout.options.pooling, Pooling::mean);
    EXPECT_TRUE(layout.options.normalize);
}

TEST_F(Layout, reads_pooling_length_and_place_of_the_encoder)
{
    modules("", "0_Transformer");
    write("1_Pooling/config.json", R"({"word_embedding_dimension": 8, "pooling_mode_cls_token": true})");
    write("0_Transformer/sentence_bert_config.json", R"({"max_seq_length": 75, "do_lower_case": false})");
    auto const layout = detail::read_sentence_layout(folder.path());
    EXPECT_EQ(layout.encoder, folder.path() / "0_Transformer");
    EXPECT_EQ(layout.options.pooling, Pooling::cls);
    EXPECT_EQ(layout.options.max_length, 75);
    EXPECT_FALSE(layout.options.normalize);
}

TEST_F(Layout, reads_what_newer_and_older_versions_write)
{
    modules("");
    write("1_Pooling/config.json", R"({"embedding_dimension": 8, "pooling_mode": "max", "include_prompt": true})");
    write("sentence_bert_config.json", R"({"transformer_task": "feature-extraction"})");
    EXPECT_EQ(options().pooling, Pooling::max);
    EXPECT_EQ(options().max_length, 0);
    write("tokenizer_config.json", R"({"model_max_length": 256})");
    EXPECT_EQ(options().max_length, 256);
    write("tokenizer_config.json", R"({"model_max_length": 1000000000000000019884624838656})");
    EXPECT_EQ(options().max_length, 0);
    write("sentence_roberta_config.json", R"({"max_seq_length": 64})");
    EXPECT_EQ(options().max_length, 0) << "another file comes first";
    std::filesystem::remove(folder.path() / "sentence_bert_config.json");
    EXPECT_EQ(options().max_length, 64);
    EXPECT_EQ(detail::read_sentence_layout(folder.path()).files,
              (std::vector<std::string>{"modules.json", "sentence_roberta_config.json", "1_Pooling/config.json"}));
}

TEST_F(Layout, needs_a_transformer_and_a_pooling)
{
    write("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
    std::string const transformer = R"({"path": "here", "type": "a.Transformer"})";
    for (auto const& [list, missing] : {std::pair<std::string, std::string>{"", "Transformer"},
                                        {transformer, "Pooling"},
                                        {R"({"path": "1_Pooling", "type": "a.Pooling"})", "Transformer"}})
    {
        write("modules.json", "[" + list + "]");
        EXPECT_THAT(refusal(), testing::HasSubstr("modules.json: names no " + missing)) << list;
    }
    write("modules.json", "[" + transformer + "]");
    EXPECT_EQ(detail::encoder_folder(folder.path()), folder.path() / "here");
}

TEST_F(Layout, of_a_cross_encoder_is_the_normalised_mean)
{
    write("modules.json", R"([{"path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}])");
    write("sentence_bert_config.json", R"({"transformer_task": "sequence-classification"})");
    EXPECT_TRUE(options().normalize);
    EXPECT_EQ(options().pooling, Pooling::mean);
    write("sentence_bert_config.json", R"({"transformer_task": "feature-extraction"})");
    EXPECT_THAT(refusal(), testing::HasSubstr("names no Pooling"));
}

TEST_F(Layout, says_what_it_cannot_do)
{
    modules("");
    write("1_Pooling/config.json", R"({"pooling_mode": ["cls", "mean"]})");
    EXPECT_THAT(refusal(), testing::HasSubstr("pooling_mode is"));
    write("1_Pooling/config.json", R"({"pooling_mode": "lasttoken"})");
    EXPECT_THAT(refusal(), testing::HasSubstr("pooling_mode is \"lasttoken\". Use a model with mean"));
    write("1_Pooling/config.json", R"({"pooling_mode": "mean"})");
    write("sentence_distilbert_config.json", R"({"do_lower_case": true})");
    EXPECT_THAT(refusal(), testing::HasSubstr("do_lower_case is true. Texts are not lower-cased in front"));
}

TEST_F(Layout, refuses_what_would_change_the_vectors)
{
    write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true})");
    modules(R"(, {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})");
    EXPECT_THROW(options(), DataError);
    modules("", "../elsewhere");
    EXPECT_THROW(options(), DataError);
    modules("");
    EXPECT_NO_THROW(options());
    write("sentence_bert_config.json", R"({"max_seq_length": 75, "do_lower_case": true})");
    EXPECT_THROW(options(), DataError);
    write("sentence_bert_config.json", "{}");
    write("config_sentence_transformers.json", R"({"default_prompt_name": "query"})");
    EXPECT_THROW(options(), DataError);
    write("config_sentence_transformers.json", R"({"default_prompt_name": null})");
    write("1_Pooling/config.json", R"({"pooling_mode_lasttoken": true})");
    EXPECT_THROW(options(), DataError);
    write("1_Pooling/config.json", R"({"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true})");
    EXPECT_THROW(options(), DataError);
    write("modules.json", "[{}]");
    EXPECT_THROW(options(), DataError);
}

}  // namespace
}  // namespace ablatrix::nn
