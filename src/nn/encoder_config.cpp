#include <ablatrix/nn/encoder_config.hpp>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/config_reader.hpp"
#include "detail/strict_json.hpp"
#include "detail/whole_file.hpp"

namespace ablatrix::nn {

namespace {

using detail::ConfigReader;

// Sizes beyond any model: what a stranger's file claims must not be allocated.
constexpr std::int64_t most_rows = 1 << 24;
constexpr std::int64_t most_width = 1 << 16;
constexpr std::int64_t most_ffn = 1 << 20;
constexpr std::int64_t most_layers = 256;  // dropout numbers them in one byte, BART's decoder behind its encoder
constexpr std::int64_t most_labels = 100'000;
constexpr std::size_t longest_config = 16 << 20;

constexpr std::array<std::pair<std::string_view, Family>, 5> families{{{"bert", Family::bert},
                                                                       {"roberta", Family::roberta},
                                                                       {"electra", Family::electra},
                                                                       {"deberta-v2", Family::deberta_v2},
                                                                       {"bart", Family::bart}}};

/// What a file of the BERT kin means when it does not say (models.md 1.2).
struct Absent
{
    std::int64_t vocabulary, hidden, layers, heads, ffn, types;
    double norm_epsilon;
    std::int64_t pad, bos, eos;
};

Absent absent_of(Family family)
{
    switch (family) {
        case Family::roberta:
            return {50265, 768, 12, 12, 3072, 2, 1e-12, 1, 0, 2};
        case Family::electra:
            return {30522, 256, 12, 4, 1024, 2, 1e-12, 0, -1, -1};
        case Family::deberta_v2:
            return {128100, 1536, 24, 24, 6144, 0, 1e-7, 0, -1, -1};
        default:
            return {30522, 768, 12, 12, 3072, 2, 1e-12, 0, -1, -1};
    }
}

Family family_of(ConfigReader const& file)
{
    std::string const name = file.text("model_type", {});
    for (auto const& [known, family] : families)
        if (known == name) return family;
    file.refuse("model_type", name.empty() ? "is missing" : "is " + detail::shown(name),
                "Known are bert, roberta, electra, deberta-v2 and bart");
}

void read_special_tokens(ConfigReader const& file, Absent const& absent, EncoderConfig& out)
{
    out.pad = file.integer("pad_token_id", absent.pad, 0, out.vocabulary - 1);
    out.bos = file.integer("bos_token_id", absent.bos, -1, most_rows);
    out.eos = file.integer("eos_token_id", absent.eos, -1, most_rows);
}

/// Keys that BERT, RoBERTa, ELECTRA and DeBERTa share.
void read_common(ConfigReader const& file, EncoderConfig& out)
{
    Absent const absent = absent_of(out.family);
    out.vocabulary = file.integer("vocab_size", absent.vocabulary, 1, most_rows);
    out.hidden = file.integer("hidden_size", absent.hidden, 1, most_width);
    out.embedding = out.hidden;
    out.layers = file.integer("num_hidden_layers", absent.layers, 1, most_layers);
    out.heads = file.integer("num_attention_heads", absent.heads, 1, out.hidden);
    out.ffn = file.integer("intermediate_size", absent.ffn, 1, most_ffn);
    out.positions = file.integer("max_position_embeddings", 512, 1, most_rows);
    out.types = file.integer("type_vocab_size", absent.types, 0, 256);
    out.activation = file.activation("hidden_act", Activation::gelu);
    out.hidden_dropout = file.rate("hidden_dropout_prob", 0.1);
    out.attention_dropout = file.rate("attention_probs_dropout_prob", 0.1);
    out.norm_epsilon = file.real("layer_norm_eps", absent.norm_epsilon, 0, 1);
    out.init_std = file.real("initializer_range", 0.02, 0, 10);
    read_special_tokens(file, absent, out);
    file.only("is_decoder", false, "Decoders are not read here.");
    file.only("add_cross_attention", false, "Decoders are not read here.");
    if (auto const* const pruned = file.find("pruned_heads"); pruned != nullptr && !pruned->empty())
        file.refuse("pruned_heads", "is not empty", "Models with heads cut out are not read: use another checkpoint");
}

void read_bert_kin(ConfigReader const& file, EncoderConfig& out)
{
    read_common(file, out);
    if (out.types < 1) file.refuse("type_vocab_size", "is 0", "This family has at least one type");
    if (out.family == Family::electra) out.embedding = file.integer("embedding_size", 128, 1, most_width);
    out.classifier_dropout = file.rate("classifier_dropout", out.hidden_dropout);
    std::string const kind = file.text("position_embedding_type", "absolute");
    if (kind != "absolute")
        file.refuse("position_embedding_type", "is " + detail::shown(kind),
                    "Only absolute positions are read: use another checkpoint");
    if (out.longest_row() < 1)
        file.refuse("max_position_embeddings", "leaves no position after the padding", "Check pad_token_id");
}

/// "p2c|c2p" or ["p2c", "c2p"].
std::vector<std::string> attention_types(ConfigReader const& file)
{
    auto const* const value = file.find("pos_att_type");
    if (value == nullptr) return {};
    if (value->is_string()) {
        auto const text = value->get<std::string>();
        return text.empty() ? std::vector<std::string>{} : base::split(text, '|');
    }
    std::vector<std::string> out;
    bool const is_list = value->is_array() && std::ranges::all_of(*value, [](auto const& v) { return v.is_string(); });
    if (!is_list) file.refuse("pos_att_type", "is " + detail::shown(value->dump()), "It must be a list of texts");
    for (auto const& type : *value)
        out.push_back(type.get<std::string>());
    return out;
}

void read_attention_types(ConfigReader const& file, EncoderConfig::Disentangled& out)
{
    for (std::string const& type : attention_types(file)) {
        auto const name = base::trim(type);
        if (name == "c2p")
            out.c2p = true;
        else if (name == "p2c")
            out.p2c = true;
        else
            file.refuse("pos_att_type", "names " + detail::shown(name), "Known are c2p and p2c");
    }
}

void read_convolution(ConfigReader const& file, std::int64_t hidden, EncoderConfig::Disentangled& out)
{
    out.conv_kernel = file.integer("conv_kernel_size", 0, 0, 255);
    out.conv_groups = file.integer("conv_groups", 1, 1, hidden);
    out.conv_activation = file.activation("conv_act", Activation::tanh);
    if (out.conv_kernel > 0 && out.conv_kernel % 2 == 0)
        file.refuse("conv_kernel_size", "is even", "Rows would change their length: use an odd size");
    if (hidden % out.conv_groups != 0) file.refuse("conv_groups", "does not divide hidden_size", "Check both");
}

bool norm_of_relative(ConfigReader const& file)
{
    bool found = false;
    for (std::string const& part : base::split(file.text("norm_rel_ebd", "none"), '|')) {
        auto const name = base::trim(part);
        if (name != "layer_norm" && name != "none" && !name.empty())
            file.refuse("norm_rel_ebd", "names " + detail::shown(name), "Known are none and layer_norm");
        found = found || name == "layer_norm";
    }
    return found;
}

void read_deberta(ConfigReader const& file, EncoderConfig& out)
{
    read_common(file, out);
    out.embedding = file.integer("embedding_size", out.hidden, 1, most_width);
    out.classifier_dropout = file.rate("cls_dropout", out.hidden_dropout);
    auto& own = out.deberta;
    own.relative_attention = file.flag("relative_attention", false);
    own.position_biased_input = file.flag("position_biased_input", true);
    read_attention_types(file, own);
    own.share_key = file.flag("share_att_key", false);
    own.norm_relative = norm_of_relative(file);
    own.buckets = file.integer("position_buckets", -1, -1, most_rows);
    own.max_relative = file.integer("max_relative_positions", -1, -1, most_rows);
    if (own.max_relative < 1) own.max_relative = out.positions;
    // Beyond the middle, buckets grow with the logarithm of a distance between it and the largest one.
    if (own.buckets == 1 || (own.buckets > 1 && own.buckets / 2 >= own.max_relative - 1))
        file.refuse("position_buckets", "is " + std::to_string(own.buckets),
                    "It must be at least 2, and half of it less than max_relative_positions - 1");
    read_convolution(file, out.hidden, own);
    own.pooler_activation = file.activation("pooler_hidden_act", Activation::gelu);
    own.pooler_dropout = file.rate("pooler_dropout", 0);
    if (file.integer("pooler_hidden_size", out.hidden, 1, most_width) != out.hidden)
        file.refuse("pooler_hidden_size", "is not hidden_size", "Use another checkpoint");
    if (file.integer("attention_head_size", out.hidden / out.heads, 1, most_width) != out.hidden / out.heads)
        file.refuse("attention_head_size", "is not hidden_size / num_attention_heads", "Use another checkpoint");
}

void read_bart(ConfigReader const& file, EncoderConfig& out)
{
    out.vocabulary = file.integer("vocab_size", 50265, 1, most_rows);
    out.hidden = out.embedding = file.integer("d_model", 1024, 1, most_width);
    out.layers = file.integer("encoder_layers", 12, 1, most_layers / 2);
    out.heads = file.integer("encoder_attention_heads", 16, 1, out.hidden);
    out.ffn = file.integer("encoder_ffn_dim", 4096, 1, most_ffn);
    out.decoder_layers = file.integer("decoder_layers", 12, 1, most_layers / 2);
    out.decoder_heads = file.integer("decoder_attention_heads", 16, 1, out.hidden);
    out.decoder_ffn = file.integer("decoder_ffn_dim", 4096, 1, most_ffn);
    out.positions = file.integer("max_position_embeddings", 1024, 1, most_rows);
    out.activation = file.activation("activation_function", Activation::gelu);
    out.hidden_dropout = file.rate("dropout", 0.1);
    out.attention_dropout = file.rate("attention_dropout", 0);
    out.activation_dropout = file.rate("activation_dropout", 0);
    out.classifier_dropout = file.rate("classifier_dropout", file.rate("classif_dropout", 0));
    out.norm_epsilon = 1e-5;
    out.init_std = file.real("init_std", 0.02, 0, 10);
    out.scale_embedding = file.flag("scale_embedding", false);
    read_special_tokens(file, {.pad = 1, .bos = 0, .eos = 2}, out);
    out.decoder_start = file.integer("decoder_start_token_id", 2, 0, out.vocabulary - 1);
    if (out.eos < 0)
        file.refuse("eos_token_id", "is negative", "BART reads the state of the last end-of-sequence token");
    if (out.hidden % out.decoder_heads != 0)
        file.refuse("decoder_attention_heads", "does not divide d_model", "Check both");
    // Kin of BART with other norms and positions once shared its model_type.
    file.only("normalize_before", false, "Norms before the layers are not BART's.");
    file.only("add_final_layer_norm", false, "A final norm is not BART's.");
    file.only("normalize_embedding", true, "BART normalises its embeddings.");
    file.only("static_position_embeddings", false, "BART's positions are learned.");
    file.only("tie_word_embeddings", true, "BART's encoder and decoder share one table.");
    for (char const* key : {"encoder_layerdrop", "decoder_layerdrop"})
        if (file.real(key, 0, 0, 1) != 0)
            file.refuse(key, "is not 0", "Layers are never skipped here: set it to 0, which changes training alone");
}

std::vector<std::string> numbered_labels(std::int64_t count)
{
    std::vector<std::string> out;
    for (std::int64_t i = 0; i < count; ++i)
        out.push_back("LABEL_" + std::to_string(i));
    return out;
}

std::vector<std::string> read_labels(ConfigReader const& file, Family family)
{
    bool const counted = file.find("num_labels") != nullptr;
    std::int64_t const count = file.integer("num_labels", family == Family::bart ? 3 : 2, 1, most_labels);
    auto const* const names = file.find("id2label");
    if (names == nullptr) return numbered_labels(count);
    if (!names->is_object() || names->empty() || names->size() > most_labels)
        file.refuse("id2label", "is not an object of names", "It must map \"0\", \"1\", ... to names");
    std::vector<std::string> out;
    for (std::size_t i = 0; i < names->size(); ++i) {
        auto const name = names->find(std::to_string(i));
        if (name == names->end() || !name->is_string())
            file.refuse("id2label", "has no name under \"" + std::to_string(i) + "\"",
                        "It must map \"0\", \"1\", ... without gaps");
        out.push_back(name->get<std::string>());
    }
    if (counted && count != static_cast<std::int64_t>(out.size()))
        file.refuse("num_labels", "is " + std::to_string(count) + ", but id2label names " + std::to_string(out.size()),
                    "Remove the wrong one");
    return out;
}

std::string read_architecture(ConfigReader const& file)
{
    auto const* const names = file.find("architectures");
    if (names == nullptr || (names->is_array() && names->empty())) return {};
    if (!names->is_array() || !names->front().is_string())
        file.refuse("architectures", "is " + detail::shown(names->dump()), "It must be a list of texts");
    return names->front().get<std::string>();
}

}  // namespace

std::int64_t EncoderConfig::longest_row() const
{
    // RoBERTa counts positions from the one after the padding's.
    return family == Family::roberta ? positions - pad - 1 : positions;
}

EncoderConfig parse_encoder_config(std::string_view json, std::string const& file_name)
{
    ConfigReader const file(json, file_name);
    EncoderConfig out;
    out.json = json;
    out.family = family_of(file);
    if (out.family == Family::bart)
        read_bart(file, out);
    else if (out.family == Family::deberta_v2)
        read_deberta(file, out);
    else
        read_bert_kin(file, out);
    if (out.hidden % out.heads != 0)
        file.refuse(out.family == Family::bart ? "encoder_attention_heads" : "num_attention_heads",
                    "is " + std::to_string(out.heads) + " and does not divide the width " + std::to_string(out.hidden),
                    "Check both");
    out.labels = read_labels(file, out.family);
    out.architecture = read_architecture(file);
    out.problem_type = file.text("problem_type", {});
    return out;
}

EncoderConfig read_encoder_config(std::filesystem::path const& folder)
{
    auto const file = folder / "config.json";
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        throw DataError(folder.string(), 0, "holds no config.json. Give the folder of a checkpoint");
    return parse_encoder_config(detail::read_whole_file(file, longest_config), file.string());
}

std::string_view name_of(Family family)
{
    return std::ranges::find(families, family, &std::pair<std::string_view, Family>::second)->first;
}

}  // namespace ablatrix::nn
