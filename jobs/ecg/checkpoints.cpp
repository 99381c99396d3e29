#include "jobs/ecg/checkpoints.hpp"

#include <iterator>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/text/tokenizer.hpp>

#include "jobs/ecg/paths.hpp"

namespace ablatrix::ecg {
namespace {

constexpr char const* way_out =
    "scripts/fetch-model.sh gets one. Paths are taken from the experiment file's folder, then from the working "
    "directory";

Checkpoint read(std::filesystem::path const& folder)
{
    auto const about = nn::inspect_checkpoint(folder);
    if (about.tokenizer == "none") {
        throw DataError(folder.string(), 0, "the checkpoint has no tokenizer. Put tokenizer.json beside its weights");
    }
    Checkpoint checkpoint;
    checkpoint.folder = std::filesystem::absolute(folder);
    checkpoint.content = about.content;
    checkpoint.embedding = nn::read_embed_options(folder);
    checkpoint.longest_row = about.config.longest_row();
    std::vector<std::string> const blank{""};
    auto const tokenizer = text::Tokenizer::load(folder);
    checkpoint.row_specials = std::ssize(tokenizer.encode(blank).id);
    checkpoint.pair_specials = std::ssize(tokenizer.encode_pairs(blank, blank).id);
    return checkpoint;
}

/// \p key is the limit, \p model_key what to look at where the limit is the default; \p specials are tokens that hold
/// no text.
void check_length(std::int64_t wanted, std::int64_t specials, Checkpoint const& checkpoint, std::string const& key,
                  std::string const& model_key, config::Node const& node)
{
    auto const fail = [&](std::string const& problem, std::string const& way_out) {
        auto const mark = mark_at(node, key);
        throw config::ConfigError(key + " is " + std::to_string(wanted) + " but " + problem,
                                  mark.line > 0 ? mark : mark_at(node, model_key), key, way_out);
    };
    if (wanted > checkpoint.longest_row) {
        fail("the checkpoint has positions for " + std::to_string(checkpoint.longest_row) + " tokens only",
             "Take at most that many");
    }
    if (wanted <= specials) {
        fail(std::to_string(specials) + " of a row's tokens are special ones, which leaves none of the text",
             "Take more");
    }
}

}  // namespace

Checkpoint Checkpoints::open(std::string const& model, std::string const& key, config::Node const& node,
                             std::filesystem::path const& base)
{
    auto const folder = resolve_path(model, key, node, base, way_out);
    if (!std::filesystem::is_directory(folder)) {
        throw config::ConfigError("'" + folder.string() + "' is a file", mark_at(node, key), key,
                                  "Name the folder that holds config.json, model.safetensors and the tokenizer");
    }
    auto const found = by_folder_.find(folder);
    if (found != by_folder_.end()) return found->second;
    try {
        return by_folder_.emplace(folder, read(folder)).first->second;
    }
    catch (Error const& error) {
        throw config::ConfigError(std::string{"this model cannot be used: "} + error.what(), mark_at(node, key), key);
    }
}

Checkpoint Checkpoints::embedder(EmbedderParameters const& embedder, config::Node const& node,
                                 std::filesystem::path const& base)
{
    auto checkpoint = open(embedder.model, "embedder.model", node, base);
    // Embedders read pairs as one text.
    if (embedder.max_length > 0) {
        check_length(embedder.max_length, checkpoint.row_specials, checkpoint, "embedder.max_length", "embedder.model",
                     node);
        checkpoint.embedding.max_length = static_cast<int>(embedder.max_length);
    }
    return checkpoint;
}

Checkpoint Checkpoints::classifier(Parameters const& p, bool pairs, config::Node const& node,
                                   std::filesystem::path const& base)
{
    bool const own = !p.classifier.model.empty();
    std::string const key = own ? "classifier.model" : "embedder.model";
    auto checkpoint = open(own ? p.classifier.model : p.embedder.model, key, node, base);
    check_length(p.classifier.max_length, pairs ? checkpoint.pair_specials : checkpoint.row_specials, checkpoint,
                 "classifier.max_length", key, node);
    return checkpoint;
}

}  // namespace ablatrix::ecg
