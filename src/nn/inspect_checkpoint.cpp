#include <ablatrix/nn/encoder.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/parallel.hpp>
#include <ablatrix/nn/safetensors.hpp>

#include "detail/checkpoint_files.hpp"
#include "detail/checkpoint_names.hpp"
#include "detail/file_mapping.hpp"
#include "detail/sentence_layout.hpp"

namespace ablatrix::nn {

namespace fs = std::filesystem;

namespace {

/// Part of the definition of a content hash: files are hashed in pieces of this size.
constexpr std::size_t piece_bytes = std::size_t{16} << 20;
constexpr std::size_t most_threads = 8;

base::Fingerprint hash_of(std::span<std::byte const> bytes)
{
    std::vector<base::Fingerprint> pieces((bytes.size() + piece_bytes - 1) / piece_bytes);
    auto const threads = std::min<std::size_t>(most_threads, std::max(1U, std::thread::hardware_concurrency()));
    base::parallel_for(pieces.size(), static_cast<int>(threads), [&](std::size_t i) {
        std::size_t const begin = i * piece_bytes;
        pieces[i] = base::fingerprint_of(bytes.subspan(begin, std::min(piece_bytes, bytes.size() - begin)));
    });
    base::Hasher hasher;
    hasher.add(static_cast<std::uint64_t>(bytes.size()));
    for (auto const& piece : pieces)
        hasher.add(piece);
    return hasher.finish();
}

/// Everything that changes what the model computes: names and bytes of its files.
std::string content_of(fs::path const& folder, detail::SentenceLayout const& layout, Safetensors const& weights)
{
    base::Hasher hasher;
    auto const add = [&](std::string const& name, fs::path const& file) {
        hasher.add(name).add(hash_of(detail::FileMapping(file).bytes()));
    };
    add("config.json", layout.encoder / "config.json");
    for (fs::path const& file : weights.files())
        add(file.filename().string(), file);
    for (std::string const& name : detail::tokenizer_files(layout.encoder))
        add(name, layout.encoder / name);
    auto const pooling = detail::pooling_files(folder);
    std::set<std::string> names(pooling.begin(), pooling.end());
    names.insert(layout.files.begin(), layout.files.end());
    for (std::string const& name : names)
        add(name, folder / name);
    return hasher.finish().text();
}

std::string describe_tokenizer(fs::path const& folder)
{
    if (detail::tokenizer_files(folder).empty()) return "none";
    auto const tokenizer = text::Tokenizer::load(folder);
    return tokenizer.model_name() + ", " + std::to_string(tokenizer.vocabulary_size()) + " tokens";
}

}  // namespace

CheckpointInfo inspect_checkpoint(fs::path const& folder)
{
    CheckpointInfo out;
    auto const layout = detail::read_sentence_layout(folder);
    out.config = read_encoder_config(layout.encoder);
    auto const weights = Safetensors::open(layout.encoder);
    out.content = content_of(folder, layout, weights);
    out.parameters = detail::parameter_count(weights, out.config.family);
    out.heads = detail::heads_of(weights, out.config.family);
    std::map<std::string, std::int64_t> types;
    for (auto const& [name, view] : weights.tensors()) {
        ++types[std::string{name_of(view.type)}];
        out.bytes += view.bytes.size();
    }
    out.types.assign(types.begin(), types.end());
    out.tokenizer = describe_tokenizer(layout.encoder);
    return out;
}

std::string checkpoint_content(fs::path const& folder)
{
    auto const layout = detail::read_sentence_layout(folder);
    read_encoder_config(layout.encoder);  // tells what is missing
    return content_of(folder, layout, Safetensors::open(layout.encoder));
}

}  // namespace ablatrix::nn
