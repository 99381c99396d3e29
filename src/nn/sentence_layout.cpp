#include "detail/sentence_layout.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include <ablatrix/base/error.hpp>

#include "detail/config_reader.hpp"
#include "detail/strict_json.hpp"
#include "detail/whole_file.hpp"

namespace ablatrix::nn::detail {
namespace {

constexpr std::size_t largest_file = 16 << 20;
/// A longer row is as good as none: tokenizers without a limit say 1e30.
constexpr std::int64_t longest_limit = 1 << 20;

/// What sentence-transformers called the file of its Transformer module, in the order in which it looks for it.
constexpr std::array<char const*, 7> transformer_files{
    "sentence_bert_config.json",      "sentence_roberta_config.json", "sentence_distilbert_config.json",
    "sentence_camembert_config.json", "sentence_albert_config.json",  "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json"};

constexpr char const* modules_name = "modules.json";
constexpr char const* supported = ". Use a model of Transformer, Pooling and Normalize";

bool has_modules(std::filesystem::path const& folder)
{
    return std::filesystem::exists(folder / modules_name);
}

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
    std::filesystem::path path;  ///< below the folder of modules.json
};

std::vector<Module> read_modules(std::filesystem::path const& folder)
{
    auto const file = (folder / modules_name).string();
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
        out.push_back({class_of(entry["type"].get<std::string>()), path});
    }
    return out;
}

Module const& module_of(std::vector<Module> const& modules, std::string const& type,
                        std::filesystem::path const& folder)
{
    auto const found = std::ranges::find(modules, type, &Module::type);
    if (found == modules.end()) throw DataError((folder / modules_name).string(), 0, "names no " + type + supported);
    return *found;
}

/// One key, which replaced a flag for every mode.
Pooling named_pooling(ConfigReader const& reader)
{
    std::string const mode = reader.text("pooling_mode", {});
    for (auto const& [name, pooling] :
         {std::pair<std::string_view, Pooling>{"mean", Pooling::mean}, {"cls", Pooling::cls}, {"max", Pooling::max}})
        if (mode == name) return pooling;
    reader.refuse("pooling_mode", "is " + shown(mode), "Use a model with mean, cls or max pooling");
}

Pooling read_pooling(std::filesystem::path const& file)
{
    auto const reader = read_object(file);
    if (reader.find("pooling_mode") != nullptr) return named_pooling(reader);
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

/// The limit of the tokenizer, or 0.
int tokenizer_limit(std::filesystem::path const& folder)
{
    auto const file = folder / "tokenizer_config.json";
    if (!std::filesystem::exists(file)) return 0;
    double const limit = read_object(file).real("model_max_length", 0, 0, std::numeric_limits<double>::max());
    return limit > static_cast<double>(longest_limit) ? 0 : static_cast<int>(limit);
}

void read_transformer(std::filesystem::path const& folder, Module const& module, SentenceLayout& out)
{
    out.encoder = folder / module.path;
    for (auto const* name : transformer_files) {
        if (!std::filesystem::exists(out.encoder / name)) continue;
        auto const reader = read_object(out.encoder / name);
        out.files.push_back((module.path / name).lexically_normal().generic_string());
        out.options.max_length = static_cast<int>(reader.integer("max_seq_length", 0, 0, longest_limit));
        reader.only("do_lower_case", false, "Texts are not lower-cased in front of the tokenizer here.");
        break;
    }
    if (out.options.max_length == 0) out.options.max_length = tokenizer_limit(out.encoder);
}

/// Cross-encoders are classifiers, saved with a list of their Transformer alone.
bool is_cross_encoder(std::filesystem::path const& folder, std::vector<Module> const& modules)
{
    if (modules.size() != 1 || modules.front().type != "Transformer") return false;
    auto const file = folder / modules.front().path / transformer_files.front();
    return std::filesystem::exists(file) && read_object(file).text("transformer_task", {}) == "sequence-classification";
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
    if (!has_modules(folder)) return out;
    out.files.emplace_back(modules_name);
    auto const modules = read_modules(folder);
    if (is_cross_encoder(folder, modules)) {
        out.encoder = folder / modules.front().path;
        return out;
    }
    refuse_default_prompt(folder);
    out.options.normalize = false;
    for (auto const& module : modules) {
        if (module.type == "Transformer")
            read_transformer(folder, module, out);
        else if (module.type == "Pooling") {
            auto const file = (module.path / "config.json").lexically_normal();
            out.options.pooling = read_pooling(folder / file);
            out.files.push_back(file.generic_string());
        }
        else if (module.type == "Normalize")
            out.options.normalize = true;
        else {
            throw DataError((folder / modules_name).string(), 0,
                            "module " + shown(module.type) + " is not supported" + supported);
        }
    }
    for (auto const* needed : {"Transformer", "Pooling"})
        module_of(modules, needed, folder);
    return out;
}

std::filesystem::path encoder_folder(std::filesystem::path const& folder)
{
    if (!has_modules(folder)) return folder;
    return folder / module_of(read_modules(folder), "Transformer", folder).path;
}

}  // namespace ablatrix::nn::detail
