#include "detail/checkpoint_files.hpp"

#include <initializer_list>
#include <utility>

#include <nlohmann/json.hpp>

namespace ablatrix::nn::detail {

namespace fs = std::filesystem;

namespace {

std::vector<std::string> existing(fs::path const& folder, std::initializer_list<char const*> sorted_names)
{
    std::vector<std::string> out;
    for (char const* name : sorted_names)
        if (fs::is_regular_file(folder / name)) out.emplace_back(name);
    return out;
}

}  // namespace

std::vector<std::string> tokenizer_files(fs::path const& folder)
{
    return existing(folder, {"added_tokens.json", "merges.txt", "sentencepiece.bpe.model", "special_tokens_map.json",
                             "spiece.model", "spm.model", "tokenizer.json", "tokenizer.model", "tokenizer_config.json",
                             "vocab.json", "vocab.txt"});
}

std::vector<std::string> pooling_files(fs::path const& folder)
{
    return existing(folder, {"1_Pooling/config.json", "modules.json", "sentence_bert_config.json"});
}

std::string classifier_architecture(Family family)
{
    switch (family) {
        case Family::roberta:
            return "RobertaForSequenceClassification";
        case Family::electra:
            return "ElectraForSequenceClassification";
        case Family::deberta_v2:
            return "DebertaV2ForSequenceClassification";
        case Family::bart:
            return "BartForSequenceClassification";
        default:
            return "BertForSequenceClassification";
    }
}

std::string classifier_config_json(EncoderConfig const& config)
{
    auto out = nlohmann::ordered_json::parse(config.json);
    out["architectures"] = {classifier_architecture(config.family)};
    auto names = nlohmann::ordered_json::object();
    auto numbers = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < config.labels.size(); ++i) {
        names[std::to_string(i)] = config.labels[i];
        numbers[config.labels[i]] = i;
    }
    out["num_labels"] = config.labels.size();
    out["id2label"] = std::move(names);
    out["label2id"] = std::move(numbers);
    out["problem_type"] = "single_label_classification";
    out["torch_dtype"] = "float32";
    if (out.contains("dtype")) out["dtype"] = "float32";  // how newer files spell it
    return out.dump(2) + "\n";
}

}  // namespace ablatrix::nn::detail
