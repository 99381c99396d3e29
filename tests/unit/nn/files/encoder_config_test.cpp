#include <ablatrix/nn/encoder_config.hpp>

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "detail/checkpoint_files.hpp"
#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace ablatrix::nn {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

EncoderConfig parse(std::string const& text)
{
    return parse_encoder_config(text, "config.json");
}

/// The config of \p type with \p more keys: "\"a\": 1, ..."
EncoderConfig config(std::string const& type, std::string const& more = "\"x\": 0")
{
    return parse("{\"model_type\": \"" + type + "\", " + more + "}");
}

std::string refusal(std::string const& type, std::string const& more)
{
    return message_of([&] { config(type, more); });
}

}  // namespace

// Values of the following five: models.md 1.2, which follows the configuration classes of transformers.
TEST(EncoderConfig, gives_absent_keys_of_bert_their_defaults)
{
    auto const c = config("bert");
    EXPECT_EQ(c.family, Family::bert);
    EXPECT_EQ(c.vocabulary, 30522);
    EXPECT_EQ(c.hidden, 768);
    EXPECT_EQ(c.embedding, 768);
    EXPECT_EQ(c.layers, 12);
    EXPECT_EQ(c.heads, 12);
    EXPECT_EQ(c.ffn, 3072);
    EXPECT_EQ(c.positions, 512);
    EXPECT_EQ(c.longest_row(), 512);
    EXPECT_EQ(c.types, 2);
    EXPECT_EQ(c.activation, Activation::gelu);
    EXPECT_EQ(c.hidden_dropout, 0.1);
    EXPECT_EQ(c.attention_dropout, 0.1);
    EXPECT_EQ(c.classifier_dropout, 0.1);
    EXPECT_EQ(c.norm_epsilon, 1e-12);
    EXPECT_EQ(c.init_std, 0.02);
    EXPECT_EQ(c.pad, 0);
    EXPECT_EQ(c.decoder_layers, 0);
    EXPECT_THAT(c.labels, ElementsAre("LABEL_0", "LABEL_1"));
}

TEST(EncoderConfig, gives_absent_keys_of_roberta_their_defaults_and_two_rows_no_position)
{
    auto const c = config("roberta");
    EXPECT_EQ(c.vocabulary, 50265);
    EXPECT_EQ(c.positions, 512);
    EXPECT_EQ(c.types, 2);
    EXPECT_EQ(c.norm_epsilon, 1e-12);
    EXPECT_EQ(c.pad, 1);
    EXPECT_EQ(c.bos, 0);
    EXPECT_EQ(c.eos, 2);
    auto const base =
        config("roberta", R"("max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-05)");
    EXPECT_EQ(base.positions, 514);
    EXPECT_EQ(base.longest_row(), 512);
    EXPECT_EQ(base.types, 1);
    EXPECT_EQ(base.norm_epsilon, 1e-5);
    EXPECT_THAT(refusal("roberta", R"("max_position_embeddings": 2)"), HasSubstr("max_position_embeddings leaves no"));
}

TEST(EncoderConfig, gives_absent_keys_of_electra_their_defaults)
{
    auto const c = config("electra");
    EXPECT_EQ(c.vocabulary, 30522);
    EXPECT_EQ(c.hidden, 256);
    EXPECT_EQ(c.embedding, 128);
    EXPECT_EQ(c.layers, 12);
    EXPECT_EQ(c.heads, 4);
    EXPECT_EQ(c.ffn, 1024);
    EXPECT_EQ(c.norm_epsilon, 1e-12);
}

TEST(EncoderConfig, gives_absent_keys_of_deberta_their_defaults)
{
    auto const c = config("deberta-v2");
    EXPECT_EQ(c.vocabulary, 128100);
    EXPECT_EQ(c.hidden, 1536);
    EXPECT_EQ(c.layers, 24);
    EXPECT_EQ(c.heads, 24);
    EXPECT_EQ(c.ffn, 6144);
    EXPECT_EQ(c.types, 0);
    EXPECT_EQ(c.norm_epsilon, 1e-7);
    EXPECT_EQ(c.classifier_dropout, 0.1);
    EXPECT_FALSE(c.deberta.relative_attention);
    EXPECT_TRUE(c.deberta.position_biased_input);
    EXPECT_FALSE(c.deberta.c2p);
    EXPECT_FALSE(c.deberta.p2c);
    EXPECT_FALSE(c.deberta.share_key);
    EXPECT_FALSE(c.deberta.norm_relative);
    EXPECT_EQ(c.deberta.buckets, -1);
    EXPECT_EQ(c.deberta.max_relative, 512);
    EXPECT_EQ(c.deberta.conv_kernel, 0);
    EXPECT_EQ(c.deberta.conv_groups, 1);
    EXPECT_EQ(c.deberta.conv_activation, Activation::tanh);
    EXPECT_EQ(c.deberta.pooler_activation, Activation::gelu);
    EXPECT_EQ(c.deberta.pooler_dropout, 0);
}

TEST(EncoderConfig, gives_absent_keys_of_bart_their_defaults)
{
    auto const c = config("bart");
    EXPECT_EQ(c.vocabulary, 50265);
    EXPECT_EQ(c.hidden, 1024);
    EXPECT_EQ(c.layers, 12);
    EXPECT_EQ(c.decoder_layers, 12);
    EXPECT_EQ(c.heads, 16);
    EXPECT_EQ(c.decoder_heads, 16);
    EXPECT_EQ(c.ffn, 4096);
    EXPECT_EQ(c.decoder_ffn, 4096);
    EXPECT_EQ(c.positions, 1024);
    EXPECT_EQ(c.longest_row(), 1024);
    EXPECT_EQ(c.hidden_dropout, 0.1);
    EXPECT_EQ(c.attention_dropout, 0);
    EXPECT_EQ(c.activation_dropout, 0);
    EXPECT_EQ(c.classifier_dropout, 0);
    EXPECT_EQ(c.norm_epsilon, 1e-5);
    EXPECT_EQ(c.pad, 1);
    EXPECT_EQ(c.bos, 0);
    EXPECT_EQ(c.eos, 2);
    EXPECT_EQ(c.decoder_start, 2);
    EXPECT_FALSE(c.scale_embedding);
    EXPECT_EQ(c.labels.size(), 3U);
    EXPECT_EQ(config("bart", R"("classif_dropout": 0.25)").classifier_dropout, 0.25);
    EXPECT_EQ(config("bart", R"("classif_dropout": 0.25, "classifier_dropout": 0.5)").classifier_dropout, 0.5);
}

TEST(EncoderConfig, reads_the_keys_of_a_deberta_v3_file)
{
    auto const keys =
        std::string(R"("relative_attention": true, "position_biased_input": false, "position_buckets": 256,
        "max_relative_positions": -1, "share_att_key": true, "norm_rel_ebd": "layer_norm", "hidden_size": 768,
        "num_attention_heads": 12, "pooler_dropout": 0, "pooler_hidden_act": "gelu", "pos_att_type": )");
    for (std::string const types : {R"("p2c|c2p")", R"(["p2c", "c2p"])", R"("c2p | p2c")"}) {
        auto const own = config("deberta-v2", keys + types).deberta;
        EXPECT_TRUE(own.c2p && own.p2c) << types;
        EXPECT_TRUE(own.relative_attention && !own.position_biased_input && own.share_key && own.norm_relative);
        EXPECT_EQ(own.buckets, 256);
        EXPECT_EQ(own.max_relative, 512);
    }
    auto const one = config("deberta-v2", keys + R"("p2c")").deberta;
    EXPECT_TRUE(one.p2c && !one.c2p);
    EXPECT_EQ(config("deberta-v2", R"("cls_dropout": 0.3)").classifier_dropout, 0.3);
}

TEST(EncoderConfig, falls_back_to_the_hidden_dropout_for_a_classifier_without_its_own)
{
    EXPECT_EQ(config("bert", R"("hidden_dropout_prob": 0.2)").classifier_dropout, 0.2);
    EXPECT_EQ(config("bert", R"("hidden_dropout_prob": 0.2, "classifier_dropout": null)").classifier_dropout, 0.2);
    EXPECT_EQ(config("bert", R"("hidden_dropout_prob": 0.2, "classifier_dropout": 0)").classifier_dropout, 0);
}

TEST(EncoderConfig, knows_activations_by_all_their_names)
{
    for (auto const& [name, activation] :
         std::vector<std::pair<std::string, Activation>>{{"gelu", Activation::gelu},
                                                         {"gelu_new", Activation::gelu_tanh},
                                                         {"gelu_pytorch_tanh", Activation::gelu_tanh},
                                                         {"silu", Activation::silu},
                                                         {"swish", Activation::silu},
                                                         {"relu", Activation::relu},
                                                         {"tanh", Activation::tanh}})
        EXPECT_EQ(config("bert", "\"hidden_act\": \"" + name + "\"").activation, activation) << name;
}

TEST(EncoderConfig, refuses_values_that_make_another_architecture)
{
    struct Case
    {
        std::string type, keys, message;
    };
    for (auto const& [type, keys, message] : std::vector<Case>{
             {"gpt2", "\"x\": 0", "config.json: model_type is \"gpt2\". Known are bert"},
             {"bert", R"("hidden_act": "mish")", "hidden_act is \"mish\". Known are gelu"},
             {"bert", R"("position_embedding_type": "relative_key")", "position_embedding_type is \"relative_key\""},
             {"roberta", R"("is_decoder": true)", "is_decoder is true"},
             {"electra", R"("add_cross_attention": true)", "add_cross_attention is true"},
             {"bert", R"("pruned_heads": {"0": [1]})", "pruned_heads is not empty"},
             {"bert", R"("type_vocab_size": 0)", "type_vocab_size is 0"},
             {"deberta-v2", R"("pos_att_type": "p2p")", "pos_att_type names \"p2p\". Known are c2p and p2c"},
             {"deberta-v2", R"("pos_att_type": [1])", "pos_att_type is \"[1]\""},
             {"deberta-v2", R"("norm_rel_ebd": "rms")", "norm_rel_ebd names \"rms\""},
             {"deberta-v2", R"("conv_act": "mish")", "conv_act is \"mish\""},
             {"deberta-v2", R"("pooler_hidden_act": "mish")", "pooler_hidden_act is \"mish\""},
             {"deberta-v2", R"("conv_kernel_size": 4)", "conv_kernel_size is even"},
             {"deberta-v2", R"("conv_groups": 7)", "conv_groups does not divide"},
             {"deberta-v2", R"("attention_head_size": 32)", "attention_head_size is not"},
             {"deberta-v2", R"("pooler_hidden_size": 768)", "pooler_hidden_size is not hidden_size"},
             {"deberta-v2", R"("position_buckets": 1022)", "position_buckets is 1022"},
             {"bart", R"("activation_function": "mish")", "activation_function is \"mish\""},
             {"bart", R"("normalize_before": true)", "normalize_before is true"},
             {"bart", R"("normalize_embedding": false)", "normalize_embedding is false"},
             {"bart", R"("add_final_layer_norm": true)", "add_final_layer_norm is true"},
             {"bart", R"("static_position_embeddings": true)", "static_position_embeddings is true"},
             {"bart", R"("tie_word_embeddings": false)", "tie_word_embeddings is false"},
             {"bart", R"("encoder_layerdrop": 0.1)", "encoder_layerdrop is not 0"},
             {"bart", R"("eos_token_id": -1)", "eos_token_id is negative"},
         })
        EXPECT_THAT(refusal(type, keys), HasSubstr(message)) << keys;
    EXPECT_THAT(message_of([] { parse("{}"); }), HasSubstr("model_type is missing"));
}

TEST(EncoderConfig, refuses_sizes_that_are_no_sizes)
{
    EXPECT_THAT(refusal("bert", R"("hidden_size": 0)"), HasSubstr("hidden_size is 0. It must lie between 1 and"));
    EXPECT_THAT(refusal("bert", R"("hidden_size": 384.0)"), HasSubstr("must be a whole number"));
    EXPECT_THAT(refusal("bert", R"("hidden_size": "384")"), HasSubstr("must be a whole number"));
    EXPECT_THAT(refusal("bert", R"("vocab_size": 18446744073709551615)"), HasSubstr("must lie between"));
    EXPECT_THAT(refusal("bert", R"("vocab_size": 99999999999999999999)"), HasSubstr("must be a whole number"));
    EXPECT_THAT(refusal("bert", R"("vocab_size": 1e999)"), HasSubstr("too large"));
    EXPECT_THAT(refusal("bert", R"("num_attention_heads": 7)"), HasSubstr("does not divide the width 768"));
    EXPECT_THAT(refusal("bart", R"("encoder_attention_heads": 7)"), HasSubstr("encoder_attention_heads is 7"));
    EXPECT_THAT(refusal("bart", R"("decoder_attention_heads": 7)"), HasSubstr("decoder_attention_heads"));
    EXPECT_THAT(refusal("bert", R"("hidden_dropout_prob": 1.5)"), HasSubstr("must lie between 0 and 1"));
    EXPECT_THAT(refusal("bert", R"("pad_token_id": 30522)"), HasSubstr("pad_token_id is 30522"));
    EXPECT_THAT(refusal("bert", R"("is_decoder": 0)"), HasSubstr("must be true or false"));
    EXPECT_THAT(refusal("bert", R"("hidden_act": 3)"), HasSubstr("must be a text"));
}

TEST(EncoderConfig, refuses_rates_that_leave_nothing)
{
    for (auto const& [type, key] :
         std::vector<std::pair<std::string, std::string>>{{"bert", "hidden_dropout_prob"},
                                                          {"bert", "attention_probs_dropout_prob"},
                                                          {"electra", "classifier_dropout"},
                                                          {"deberta-v2", "cls_dropout"},
                                                          {"deberta-v2", "pooler_dropout"},
                                                          {"bart", "dropout"},
                                                          {"bart", "attention_dropout"},
                                                          {"bart", "activation_dropout"},
                                                          {"bart", "classif_dropout"},
                                                          {"bart", "classifier_dropout"}})
        for (std::string const rate : {"1", "0.9999999999"})
            EXPECT_THAT(refusal(type, "\"" + key + "\": " + rate),
                        HasSubstr(key + " is " + rate + ". Nothing would be left"));
    EXPECT_EQ(config("bert", R"("hidden_dropout_prob": 0.999)").hidden_dropout, 0.999);
}

TEST(EncoderConfig, refuses_more_layers_than_dropout_can_number)
{
    EXPECT_EQ(config("bert", R"("num_hidden_layers": 256)").layers, 256);
    EXPECT_THAT(refusal("bert", R"("num_hidden_layers": 257)"), HasSubstr("num_hidden_layers is 257"));
    auto const c = config("bart", R"("encoder_layers": 128, "decoder_layers": 128)");
    EXPECT_EQ(c.layers + c.decoder_layers, 256);
    EXPECT_THAT(refusal("bart", R"("encoder_layers": 129)"), HasSubstr("encoder_layers is 129"));
    EXPECT_THAT(refusal("bart", R"("decoder_layers": 129)"), HasSubstr("decoder_layers is 129"));
}

TEST(EncoderConfig, refuses_defaults_that_do_not_fit_the_other_keys)
{
    EXPECT_THAT(refusal("roberta", R"("vocab_size": 1)"),
                HasSubstr("pad_token_id is missing, and its default 1 does not fit. It must lie between 0 and 0"));
    EXPECT_THAT(refusal("bart", R"("vocab_size": 2)"),
                HasSubstr("decoder_start_token_id is missing, and its default 2 does not fit"));
    EXPECT_THAT(refusal("bert", R"("hidden_size": 8)"),
                HasSubstr("num_attention_heads is missing, and its default 12 does not fit"));
}

TEST(EncoderConfig, reads_what_kind_of_problem_the_head_was_trained_for)
{
    EXPECT_EQ(config("bert").problem_type, "");
    EXPECT_EQ(config("bert", R"("problem_type": null)").problem_type, "");
    EXPECT_EQ(config("bert", R"("problem_type": "regression")").problem_type, "regression");
    EXPECT_THAT(refusal("bert", R"("problem_type": 1)"), HasSubstr("problem_type is \"1\". It must be a text"));
}

TEST(EncoderConfig, reads_labels_in_the_order_of_their_numbers)
{
    EXPECT_THAT(config("bert", R"("num_labels": 1)").labels, ElementsAre("LABEL_0"));
    EXPECT_THAT(config("roberta", R"("_num_labels": 3, "id2label": {"2": "E", "0": "C", "1": "N"})").labels,
                ElementsAre("C", "N", "E"));
    std::string eleven;
    for (int i = 0; i < 11; ++i)
        eleven += (i == 0 ? "\"" : ", \"") + std::to_string(i) + "\": \"l" + std::to_string(i) + "\"";
    EXPECT_EQ(config("bert", "\"id2label\": {" + eleven + "}").labels.at(10), "l10");
    EXPECT_THAT(refusal("bert", R"("id2label": {"1": "a"})"), HasSubstr("no name under \"0\""));
    EXPECT_THAT(refusal("bert", R"("id2label": {"0": 1})"), HasSubstr("no name under \"0\""));
    EXPECT_THAT(refusal("bert", R"("id2label": {})"), HasSubstr("id2label is not"));
    EXPECT_THAT(refusal("bert", R"("num_labels": 3, "id2label": {"0": "a", "1": "b"})"),
                HasSubstr("num_labels is 3, but id2label names 2"));
}

TEST(EncoderConfig, refuses_text_that_is_no_config)
{
    EXPECT_THAT(message_of([] { parse("[1]"); }), HasSubstr("config.json: is not a JSON object"));
    EXPECT_THAT(message_of([] { parse("{\"a\": "); }), HasSubstr("not valid JSON at byte"));
    EXPECT_THAT(message_of([] { parse("{\"a\": \"\xff\"}"); }), HasSubstr("not valid JSON at byte"));
    std::string const deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_THAT(message_of([&] { parse("{\"a\": " + deep + "}"); }), HasSubstr("nests deeper than 64 levels"));
    test::TemporaryFolder const folder;
    EXPECT_THAT(message_of([&] { read_encoder_config(folder.path()); }), HasSubstr("holds no config.json"));
}

TEST(EncoderConfig, keeps_the_text_and_the_first_architecture)
{
    test::TemporaryFolder const folder;
    std::string const text = R"({"architectures": ["BertModel", "X"], "model_type": "bert", "zzz": [1, {"a": null}]})";
    write_file(folder.path() / "config.json", text);
    auto const c = read_encoder_config(folder.path());
    EXPECT_EQ(c.json, text);
    EXPECT_EQ(c.architecture, "BertModel");
    EXPECT_EQ(config("bert").architecture, "");
    EXPECT_EQ(config("bert", R"("architectures": null)").architecture, "");
    EXPECT_THAT(refusal("bert", R"("architectures": "BertModel")"), HasSubstr("must be a list of texts"));
}

TEST(ClassifierConfig, keeps_unknown_keys_and_says_labels_type_and_class)
{
    auto c = parse(R"({"zzz": {"k": [1, 2]}, "model_type": "roberta", "dtype": "bfloat16", "architectures": ["X"],
                       "num_labels": 2})");
    c.labels = {"negative", "neutral", "positive"};
    auto const written = nlohmann::json::parse(detail::classifier_config_json(c));
    auto const expected = nlohmann::json::parse(R"({"zzz": {"k": [1, 2]}, "model_type": "roberta",
        "architectures": ["RobertaForSequenceClassification"], "num_labels": 3,
        "id2label": {"0": "negative", "1": "neutral", "2": "positive"},
        "label2id": {"negative": 0, "neutral": 1, "positive": 2},
        "problem_type": "single_label_classification", "torch_dtype": "float32", "dtype": "float32"})");
    EXPECT_EQ(written, expected);
    EXPECT_EQ(parse(detail::classifier_config_json(c)).labels, c.labels);
    EXPECT_FALSE(nlohmann::json::parse(detail::classifier_config_json(config("bert"))).contains("dtype"));
}

TEST(ClassifierConfig, names_the_class_of_every_family)
{
    EXPECT_EQ(detail::classifier_architecture(Family::bert), "BertForSequenceClassification");
    EXPECT_EQ(detail::classifier_architecture(Family::electra), "ElectraForSequenceClassification");
    EXPECT_EQ(detail::classifier_architecture(Family::deberta_v2), "DebertaV2ForSequenceClassification");
    EXPECT_EQ(detail::classifier_architecture(Family::bart), "BartForSequenceClassification");
    EXPECT_EQ(name_of(Family::deberta_v2), "deberta-v2");
    EXPECT_EQ(name_of(Family::bart), "bart");
}

}  // namespace ablatrix::nn
