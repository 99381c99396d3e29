#include "model_text.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>

namespace ablatrix::app {
namespace {

/// 22713216 -> "22,713,216"
std::string with_commas(std::int64_t value)
{
    auto text = std::to_string(value);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string_view name_of(nn::Pooling pooling)
{
    switch (pooling) {
        case nn::Pooling::mean:
            return "mean";
        case nn::Pooling::cls:
            return "cls";
        case nn::Pooling::max:
            return "max";
    }
    return "";
}

std::string shape_of(nn::EncoderConfig const& config)
{
    auto const stack = [](std::int64_t layers, std::int64_t heads, std::int64_t ffn) {
        return std::to_string(layers) + " layers, " + std::to_string(heads) + " heads, feed-forward " +
               std::to_string(ffn);
    };
    auto text = "width " + std::to_string(config.hidden) + ", " + stack(config.layers, config.heads, config.ffn);
    if (config.embedding != config.hidden) text += ", embeddings " + std::to_string(config.embedding);
    if (config.decoder_layers > 0)
        text += "; decoder " + stack(config.decoder_layers, config.decoder_heads, config.decoder_ffn);
    return text;
}

std::string types_of(nn::CheckpointInfo const& about)
{
    std::vector<std::string> parts;
    for (auto const& [type, tensors] : about.types)
        parts.push_back(type + " (" + std::to_string(tensors) + (tensors == 1 ? " tensor)" : " tensors)"));
    return base::join(parts, ", ");
}

/// Members of a JSON object in the order of writing.
class Object
{
  public:
    void text(std::string_view key, std::string_view value)
    {
        member(key);
        base::append_quoted(out_, value);
    }
    void raw(std::string_view key, std::string const& value)
    {
        member(key);
        out_ += value;
    }
    void integer(std::string_view key, std::int64_t value) { raw(key, std::to_string(value)); }
    void texts(std::string_view key, std::vector<std::string> const& values)
    {
        member(key);
        out_ += '[';
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (i > 0) out_ += ',';
            base::append_quoted(out_, values[i]);
        }
        out_ += ']';
    }
    std::string finish() const { return out_ + '}'; }

  private:
    void member(std::string_view key)
    {
        if (out_.size() > 1) out_ += ',';
        base::append_quoted(out_, key);
        out_ += ':';
    }
    std::string out_ = "{";
};

}  // namespace

std::string model_table(std::filesystem::path const& folder, nn::CheckpointInfo const& about,
                        nn::EmbedOptions const& options)
{
    auto const& config = about.config;
    std::string out = folder.string() + '\n';
    auto const add = [&](std::string name, std::string const& value) {
        if (value.empty()) return;
        name.resize(14, ' ');
        out += "  " + name + value + '\n';
    };
    bool const classifies = std::find(about.heads.begin(), about.heads.end(), "classifier") != about.heads.end();
    auto const architecture = config.architecture.empty() ? "" : " (" + config.architecture + ")";
    add("family", std::string{nn::name_of(config.family)} + architecture);
    add("shape", shape_of(config));
    add("vocabulary", with_commas(config.vocabulary));
    add("parameters", with_commas(about.parameters));
    add("weights", base::human_bytes(about.bytes) + ", " + types_of(about));
    add("heads", about.heads.empty() ? "none" : base::join(about.heads, ", "));
    if (classifies) add("labels", base::join(config.labels, ", "));
    add("tokenizer", about.tokenizer);
    add("longest row", std::to_string(config.longest_row()) + " tokens");
    add("embeds as", std::string{name_of(options.pooling)} + " over tokens" +
                         (options.normalize ? ", length 1" : ", as it is") + ", rows cut at " +
                         std::to_string(options.max_length) + " tokens");
    add("content", about.content);
    return out;
}

std::string model_json(std::filesystem::path const& folder, nn::CheckpointInfo const& about,
                       nn::EmbedOptions const& options)
{
    auto const& config = about.config;
    Object types;
    for (auto const& [type, tensors] : about.types)
        types.integer(type, tensors);
    Object embedding;
    embedding.text("pooling", name_of(options.pooling));
    embedding.raw("normalize", options.normalize ? "true" : "false");
    embedding.integer("max_length", options.max_length);

    Object out;
    out.text("folder", folder.string());
    out.text("family", nn::name_of(config.family));
    out.text("architecture", config.architecture);
    out.integer("hidden", config.hidden);
    out.integer("embedding", config.embedding);
    out.integer("layers", config.layers);
    out.integer("heads_per_layer", config.heads);
    out.integer("feed_forward", config.ffn);
    out.integer("decoder_layers", config.decoder_layers);
    out.integer("vocabulary", config.vocabulary);
    out.integer("positions", config.positions);
    out.integer("longest_row", config.longest_row());
    out.integer("parameters", about.parameters);
    out.integer("bytes", static_cast<std::int64_t>(about.bytes));
    out.raw("tensors_by_type", types.finish());
    out.texts("heads", about.heads);
    out.texts("labels", config.labels);
    out.text("tokenizer", about.tokenizer);
    out.raw("embeds_as", embedding.finish());
    out.text("content", about.content);
    return out.finish() + '\n';
}

}  // namespace ablatrix::app
