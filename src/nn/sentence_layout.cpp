#include "detail/sentence_layout.hpp"

#include <optional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>

#include "detail/config_reader.hpp"
#include "detail/strict_json.hpp"
#include "detail/whole_file.hpp"

namespace ablatrix::nn::detail {
namespace {

constexpr std::size_t largest_file = 1 << 20;

ConfigReader read_object(std::filesystem::path const& file)
{
    return ConfigReader(read_whole_file(file, largest_file), file.string());
}

/// The last part of a Python class name.
std::string class_of(std::string const& type)
{
    return type.substr(type.rfind('.') + 1);
}

struct Module
{
    std::string type;
    std::filesystem::path folder;
};

std::vector<Module> read_modules(std::filesystem::path const& folder)
{
    auto const file = (folder / "modules.json").string();
    auto const list = nlohmann::json::parse(read_whole_file(file, largest_file), nullptr, /*allow_exceptions=*/false);
    auto const is_text = [](nlohmann::json const& entry, char const* key) {
        return entry.contains(key) && entry[key].is_string();
    };
    if (!list.is_array()) throw DataError(file, 0, "is not a JSON list. Fetch the checkpoint again");
    std::vector<Module> out;
    for (auto const& entry : list) {
        if (!entry.is_object() || !is_text(entry, "type") || !is_text(entry, "path")) {
            throw DataError(file, 0, "a module without type or path. Fetch the checkpoint again");
        }
        std::filesystem::path const path = entry["path"].get<std::string>();
        // Modules lie side by side below the folder: a path that leads elsewhere is nobody's mistake.
        if (path.is_absolute() || path.lexically_normal().string().starts_with("..")) {
            throw DataError(file, 0,
                            "path " + shown(path.string()) + " leads out of the folder. Fetch the checkpoint again");
        }
        out.push_back({class_of(entry["type"].get<std::string>()), folder / path});
    }
    return out;
}

Pooling read_pooling(std::filesystem::path const& folder)
{
    auto const reader = read_object(folder / "config.json");
    std::pair<char const*, std::optional<Pooling>> const modes[] = {
        {"pooling_mode_cls_token", Pooling::cls},           {"pooling_mode_mean_tokens", Pooling::mean},
        {"pooling_mode_max_tokens", Pooling::max},          {"pooling_mode_mean_sqrt_len_tokens", std::nullopt},
        {"pooling_mode_weightedmean_tokens", std::nullopt}, {"pooling_mode_lasttoken", std::nullopt},
    };
    std::optional<Pooling> out;
    for (auto const& [key, mode] : modes) {
        if (!reader.flag(key, false)) continue;
        if (!mode) reader.refuse(key, "is not supported", "Use a model with mean, cls or max pooling");
        if (out) reader.refuse(key, "is on beside another pooling", "Use a model with one pooling");
        out = mode;
    }
    if (!out) reader.refuse("pooling_mode_mean_tokens", "and all others are off", "Use a model that pools its tokens");
    return *out;
}

void read_transformer(std::filesystem::path const& folder, EmbedOptions& options)
{
    auto const file = folder / "sentence_bert_config.json";
    if (!std::filesystem::exists(file)) return;
    auto const reader = read_object(file);
    options.max_length = static_cast<int>(reader.integer("max_seq_length", 0, 0, 1 << 20));
    reader.only("do_lower_case", false, "lower-casing in front of the tokenizer");
}

void refuse_default_prompt(std::filesystem::path const& folder)
{
    auto const file = folder / "config_sentence_transformers.json";
    if (!std::filesystem::exists(file)) return;
    auto const reader = read_object(file);
    if (reader.find("default_prompt_name") != nullptr) {
        reader.refuse("default_prompt_name", "is set",
                      "Use a model without a default prompt, or put it into the texts");
    }
}

}  // namespace

SentenceLayout read_sentence_layout(std::filesystem::path const& folder)
{
    SentenceLayout out{folder, {}};
    if (!std::filesystem::exists(folder / "modules.json")) return out;
    refuse_default_prompt(folder);
    out.options.normalize = false;
    for (auto const& module : read_modules(folder)) {
        if (module.type == "Transformer") {
            out.encoder = module.folder;
            read_transformer(module.folder, out.options);
        }
        else if (module.type == "Pooling")
            out.options.pooling = read_pooling(module.folder);
        else if (module.type == "Normalize")
            out.options.normalize = true;
        else {
            throw DataError((folder / "modules.json").string(), 0,
                            "module " + shown(module.type) +
                                " is not supported. Use a model of Transformer, Pooling and Normalize");
        }
    }
    return out;
}

}  // namespace ablatrix::nn::detail
