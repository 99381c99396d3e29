#include <ablatrix/nn/safetensors.hpp>

#include <cstring>
#include <deque>
#include <system_error>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/file_mapping.hpp"
#include "detail/safetensors_header.hpp"
#include "detail/strict_json.hpp"
#include "detail/whole_file.hpp"

namespace ablatrix::nn {

namespace fs = std::filesystem;

struct Safetensors::Impl
{
    std::deque<detail::FileMapping> mappings;  // they never move
    std::map<std::string, TensorView, std::less<>> tensors;
    std::map<std::string, std::string> metadata;
    std::vector<fs::path> files;
};

namespace {

constexpr std::string_view single_name = "model.safetensors";
constexpr std::string_view index_name = "model.safetensors.index.json";
constexpr std::uint64_t longest_index = 100'000'000;
constexpr std::size_t length_bytes = sizeof(std::uint64_t);

/// The tensors of \p bytes, a whole file.
void add_tensors(std::span<std::byte const> bytes, std::string const& file, Safetensors::Impl& out)
{
    std::uint64_t length = 0;
    if (bytes.size() >= length_bytes) std::memcpy(&length, bytes.data(), length_bytes);
    if (bytes.size() < length_bytes || length > bytes.size() - length_bytes)
        throw DataError(file, 0,
                        "is no safetensors file or was cut off (" + base::human_bytes(bytes.size()) +
                            " are fewer than its header announces). Fetch it again");
    if (length > detail::longest_safetensors_header)
        throw DataError(file, 0,
                        "announces a header of " + base::human_bytes(length) + ", more than 100 MB. Fetch it again");
    auto const rest = bytes.subspan(length_bytes);
    std::string_view const json{reinterpret_cast<char const*>(rest.data()), static_cast<std::size_t>(length)};
    if (!json.starts_with('{')) throw DataError(file, 0, "is no safetensors file: its header does not start with '{'");
    auto const data = rest.subspan(static_cast<std::size_t>(length));
    auto header = detail::parse_safetensors_header(json, data.size(), file);
    for (auto& [name, entry] : header.entries) {
        TensorView view{entry.type, std::move(entry.shape), data.subspan(entry.begin, entry.end - entry.begin)};
        out.tensors.emplace(name, std::move(view));
    }
    out.metadata.merge(header.metadata);
}

void open_file(fs::path const& file, Safetensors::Impl& out)
{
    out.files.push_back(file);
    add_tensors(out.mappings.emplace_back(file).bytes(), file.string(), out);
}

/// One shard, all of whose tensors the index must map to it.
void open_shard(fs::path const& file, std::map<std::string, std::string> const& index, Safetensors::Impl& out)
{
    Safetensors::Impl shard;
    add_tensors(out.mappings.emplace_back(file).bytes(), file.string(), shard);
    for (auto const& [name, view] : shard.tensors) {
        auto const mapped = index.find(name);
        if (mapped == index.end() || mapped->second != file.filename())
            throw DataError(file.string(), 0,
                            "holds tensor " + detail::shown(name) +
                                ", which the index does not look for there. Fetch all files of the checkpoint again");
    }
    out.tensors.merge(shard.tensors);
    out.metadata.merge(shard.metadata);
    out.files.push_back(file);
}

void open_shards(fs::path const& index_file, Safetensors::Impl& out)
{
    auto const index =
        detail::parse_shard_index(detail::read_whole_file(index_file, longest_index), index_file.string());
    std::map<std::string, std::string> shards;  // file -> a tensor in it
    for (auto const& [name, file] : index)
        shards.emplace(file, name);
    for (auto const& [file, name] : shards)
        open_shard(index_file.parent_path() / file, index, out);
    for (auto const& [name, file] : index)
        if (!out.tensors.contains(name))
            throw DataError(index_file.string(), 0,
                            "maps tensor " + detail::shown(name) + " to " + file +
                                ", which does not hold it. Fetch all files of the checkpoint again");
}

bool is_pickle(fs::path const& name)
{
    return name == "pytorch_model.bin" || name == "pytorch_model.bin.index.json" || name.extension() == ".bin" ||
           name.extension() == ".pt" || name.extension() == ".pth";
}

[[noreturn]] void refuse_pickle(fs::path const& file)
{
    throw DataError(
        file.string(), 0,
        "is a pickle, which may run anything and is not read. Convert it once, shards as well, in its folder:\n"
        "  python3 -c 'import glob, torch, safetensors.torch as s; s.save_file({k: v.clone().contiguous() for f in "
        "glob.glob(\"pytorch_model*.bin\") for k, v in torch.load(f, map_location=\"cpu\", "
        "weights_only=True).items()}, \"model.safetensors\", metadata={\"format\": \"pt\"})'");
}

/// The file of a folder that says where the weights are.
fs::path weights_of(fs::path const& folder)
{
    std::error_code ignored;
    for (auto const name : {single_name, index_name})
        if (fs::exists(folder / name, ignored)) return folder / name;
    for (auto const name : {"pytorch_model.bin", "pytorch_model.bin.index.json"})
        if (fs::exists(folder / name, ignored)) refuse_pickle(folder / name);
    throw DataError(
        folder.string(), 0,
        "holds neither model.safetensors nor model.safetensors.index.json. Give the folder of a checkpoint");
}

}  // namespace

Safetensors::Safetensors(std::shared_ptr<Impl const> impl) : impl_(std::move(impl)) {}

Safetensors Safetensors::open(fs::path const& path)
{
    std::error_code ignored;
    fs::path const file = fs::is_directory(path, ignored) ? weights_of(path) : path;
    if (is_pickle(file.filename())) refuse_pickle(file);
    auto impl = std::make_shared<Impl>();
    if (file.filename().string().ends_with(".index.json"))
        open_shards(file, *impl);
    else
        open_file(file, *impl);
    return Safetensors{std::move(impl)};
}

Safetensors Safetensors::parse(std::span<std::byte const> bytes, std::string const& file_name)
{
    auto impl = std::make_shared<Impl>();
    add_tensors(bytes, file_name, *impl);
    return Safetensors{std::move(impl)};
}

std::map<std::string, TensorView, std::less<>> const& Safetensors::tensors() const
{
    return impl_->tensors;
}

std::map<std::string, std::string> const& Safetensors::metadata() const
{
    return impl_->metadata;
}

std::vector<fs::path> const& Safetensors::files() const
{
    return impl_->files;
}

}  // namespace ablatrix::nn
