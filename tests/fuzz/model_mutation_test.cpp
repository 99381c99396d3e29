#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ablatrix/base/error.hpp>
#include <ablatrix/nn/encoder_config.hpp>
#include <ablatrix/nn/safetensors.hpp>
#include <ablatrix/text/tokenizer.hpp>

#include "fuzz/entries.hpp"
#include "fuzz/mutate.hpp"

namespace ablatrix::fuzz {

namespace {

void report(std::uint64_t index, std::string const& input)
{
    ADD_FAILURE() << "mutation " << index << " of " << input.size() << " bytes: " << testing::PrintToString(input);
}

std::string safetensors(std::string const& header, std::string const& data)
{
    std::uint64_t const length = header.size();
    std::string out(sizeof length, '\0');
    std::memcpy(out.data(), &length, sizeof length);
    return out + header + data;
}

std::vector<std::string> safetensors_seeds()
{
    return {
        safetensors(R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},)"
                    R"("b":{"dtype":"I64","shape":[],"data_offsets":[8,16]},"c":{"dtype":"BF16","shape":[0,3],)"
                    R"("data_offsets":[16,16]}}   )",
                    "0123456789abcdef"),
        safetensors("{}", ""),
        safetensors(R"({"x":{"dtype":"U8","shape":[2],"data_offsets":[2,4]},"y":{"dtype":"BOOL","shape":[2],)"
                    R"("data_offsets":[0,2]}})",
                    "abcd"),
    };
}

std::vector<std::string> index_seeds()
{
    return {
        R"({"metadata":{"total_size":12},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"x.safetensors"}})",
        R"({"weight_map":{}})",
    };
}

std::vector<std::string> config_seeds()
{
    return {
        R"({"architectures":["BertModel"],"model_type":"bert","hidden_size":384,"num_hidden_layers":6,"vocab_size":100,)"
        R"("num_attention_heads":12,"hidden_act":"gelu","layer_norm_eps":1e-12,"classifier_dropout":null})",
        R"({"model_type":"roberta","id2label":{"0":"a","1":"b","2":"c"},"label2id":{"a":0},"pad_token_id":1})",
        R"({"model_type":"deberta-v2","pos_att_type":"p2c|c2p","relative_attention":true,"position_buckets":256,)"
        R"("norm_rel_ebd":"layer_norm","conv_kernel_size":3,"hidden_size":24})",
        R"({"model_type":"bart","d_model":32,"encoder_attention_heads":4,"decoder_attention_heads":4,"num_labels":3})",
        R"({"model_type":"electra","embedding_size":16,"position_embedding_type":"absolute"})",
    };
}

std::vector<std::string> tokenizer_seeds()
{
    return {
        R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":1,"content":"[MASK]","special":true,)"
        R"("single_word":false,"lstrip":true,"rstrip":false,"normalized":false}],"normalizer":{"type":"BertNormalizer",)"
        R"("clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},"pre_tokenizer":)"
        R"({"type":"BertPreTokenizer"},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":)"
        R"({"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A","type_id":0}},)"
        R"({"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]}}},)"
        R"("decoder":{"type":"WordPiece","prefix":"##","cleanup":true},"model":{"type":"WordPiece","unk_token":"[UNK]",)"
        R"("continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[MASK]":1,"[CLS]":2,)"
        R"("h":3,"##e":4,"##llo":5,"caf":6,"##f":7,"1":8,"##2":9,",":10,"!":11}}})",
        R"({"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true,)"
        R"("trim_offsets":true,"use_regex":true},"post_processor":{"type":"RobertaProcessing","sep":["</s>",2],)"
        R"("cls":["<s>",0],"trim_offsets":true,"add_prefix_space":true},"decoder":{"type":"ByteLevel"},)"
        R"("model":{"type":"BPE","unk_token":null,"ignore_merges":false,"vocab":{"<s>":0,"h":1,"</s>":2,"e":3,"l":4,)"
        R"("he":5,"ll":6,"hell":7,"o":8},"merges":["h e","l l","he ll"]}})",
        R"({"normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":" {2,}"},)"
        R"("content":" "}]},"pre_tokenizer":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always",)"
        R"("split":true},"decoder":{"type":"Metaspace","replacement":"\u2581","prepend_scheme":"always"},)"
        R"("model":{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0.0],["\u2581",-2.5],)"
        R"(["a",-3],["ca",-3.5],["\u2581H",-4]]}})",
        R"({"added_tokens":[{"id":5,"content":"<s>","special":true}],"normalizer":{"type":"Strip"},"pre_tokenizer":)"
        R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\s+"},"behavior":"Isolated"},)"
        R"({"type":"Metaspace","prepend_scheme":"first"}]},"model":{"type":"BPE","unk_token":"<unk>","vocab":)"
        R"({"<unk>":0,"\u2581":1,"H":2,"\u2581H":3,"c":4},"merges":["\u2581 H"]}})",
    };
}

}  // namespace

TEST(ModelMutations, bytes_are_a_safetensors_file_or_an_error)
{
    auto const seeds = safetensors_seeds();
    for_each_mutation(
        seeds, 20000, "safetensors", [](std::string const& text) { check_safetensors(as_bytes(text)); }, report);
}

TEST(ModelMutations, text_is_an_index_of_shards_or_an_error)
{
    auto const seeds = index_seeds();
    for_each_mutation(seeds, 20000, "shard-index", check_shard_index, report);
}

TEST(ModelMutations, text_is_the_config_of_an_encoder_or_an_error)
{
    auto const seeds = config_seeds();
    for_each_mutation(seeds, 20000, "encoder-config", check_encoder_config, report);
}

TEST(ModelMutations, text_is_a_tokenizer_or_an_error)
{
    auto const seeds = tokenizer_seeds();
    for_each_mutation(seeds, 5000, "tokenizer", check_tokenizer, report);
}

TEST(ModelMutations, every_prefix_of_a_safetensors_file_is_refused)
{
    std::string const whole = safetensors_seeds().front();
    EXPECT_NO_THROW(nn::Safetensors::parse(as_bytes(whole), "whole"));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        std::string const part = whole.substr(0, size);
        EXPECT_THROW(nn::Safetensors::parse(as_bytes(part), "part"), Error) << size << " bytes";
    }
}

TEST(ModelMutations, start_from_files_that_are_whole)
{
    for (auto const& seed : config_seeds())
        EXPECT_NO_THROW(nn::parse_encoder_config(seed, "seed")) << seed;
    for (auto const& seed : tokenizer_seeds())
        EXPECT_NO_THROW(text::Tokenizer::parse(seed, "seed")) << seed;
}

}  // namespace ablatrix::fuzz
