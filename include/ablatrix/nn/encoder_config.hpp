#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::nn {

enum class Family
{
    bert,
    roberta,
    electra,
    deberta_v2,
    bart
};
enum class Activation
{
    gelu,
    gelu_tanh,
    silu,
    relu,
    tanh
};

/// config.json of an encoder, with the defaults of its family for absent keys (models.md 1.2).
struct EncoderConfig
{
    Family family = Family::bert;
    std::int64_t vocabulary = 0, hidden = 0, embedding = 0;  ///< embedding: width of the tables (ELECTRA), else hidden
    std::int64_t layers = 0, heads = 0, ffn = 0;             ///< BART: of the encoder
    std::int64_t decoder_layers = 0, decoder_heads = 0, decoder_ffn = 0;
    std::int64_t positions = 0;  ///< rows of the position table as the file says it (RoBERTa: two of them unusable)
    std::int64_t types = 0;
    Activation activation = Activation::gelu;
    double hidden_dropout = 0.1, attention_dropout = 0.1, activation_dropout = 0, classifier_dropout = 0.1;
    double norm_epsilon = 1e-12;
    double init_std = 0.02;
    std::int64_t pad = 0, bos = -1, eos = -1, decoder_start = -1;
    bool scale_embedding = false;
    struct Disentangled  ///< DeBERTa
    {
        bool relative_attention = false, position_biased_input = true, c2p = false, p2c = false, share_key = false;
        bool norm_relative = false;
        std::int64_t buckets = -1;      ///< below 1: off
        std::int64_t max_relative = 0;  ///< as the file says it, or positions
        std::int64_t conv_kernel = 0, conv_groups = 1;
        Activation conv_activation = Activation::tanh, pooler_activation = Activation::gelu;
        double pooler_dropout = 0;
    } deberta;
    std::vector<std::string> labels;  ///< id2label in order; LABEL_0, LABEL_1 when the file has none
    std::string architecture;         ///< first of "architectures", "" when absent
    std::string problem_type;         ///< "single_label_classification", "" when absent
    std::string json;                 ///< the file as it was: unknown keys survive saving

    /// Longest row of tokens that the positions allow.
    std::int64_t longest_row() const;
};

/// A key that is absent or null means what it means to the family.
/// \throws DataError naming file and key: unknown model_type, a value that changes the architecture and is not
///         understood, sizes that do not fit each other
EncoderConfig parse_encoder_config(std::string_view json, std::string const& file_name);
EncoderConfig read_encoder_config(std::filesystem::path const& folder);
std::string_view name_of(Family family);  ///< "bert", "deberta-v2"

}  // namespace ablatrix::nn
