#include <ablatrix/nn/safetensors.hpp>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <system_error>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>

#include "detail/safetensors_file.hpp"
#include "detail/whole_file.hpp"

namespace ablatrix::nn {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view single_name = "model.safetensors";
constexpr std::string_view index_name = "model.safetensors.index.json";
constexpr std::size_t header_alignment = 8;

using Metadata = std::map<std::string, std::string>;

/// What says to transformers that tensors are laid out as PyTorch's.
Metadata const of_weights{{"format", "pt"}};

struct Named
{
    std::string_view name;
    TensorView const* tensor;
};
using Shard = std::vector<Named>;

bool fits_its_shape(TensorView const& tensor)
{
    std::uint64_t bytes = item_size(tensor.type);
    for (std::int64_t const size : tensor.shape)
        bytes *= static_cast<std::uint64_t>(size);
    return bytes == tensor.bytes.size();
}

/// Wide items first: then every tensor is aligned to its items, whatever the sizes.
Shard in_order(std::map<std::string, TensorView, std::less<>> const& tensors)
{
    Shard out;
    for (auto const& [name, tensor] : tensors) {
        ABLATRIX_EXPECT(fits_its_shape(tensor) && name != "__metadata__");
        out.push_back({name, &tensor});
    }
    std::ranges::stable_sort(out, std::greater{}, [](Named const& named) { return item_size(named.tensor->type); });
    return out;
}

/// Shards of at most \p limit bytes, a larger tensor alone.
std::vector<Shard> split(Shard const& all, std::uint64_t limit)
{
    std::vector<Shard> out(1);
    std::uint64_t filled = 0;
    for (Named const& named : all) {
        std::uint64_t const bytes = named.tensor->bytes.size();
        if (!out.back().empty() && filled + bytes > limit) {
            out.emplace_back();
            filled = 0;
        }
        out.back().push_back(named);
        filled += bytes;
    }
    return out;
}

std::string metadata_json(Metadata const& metadata)
{
    std::string out = "{";
    for (auto const& [key, value] : metadata) {
        if (out.size() > 1) out += ',';
        base::append_quoted(out, key);
        out += ':';
        base::append_quoted(out, value);
    }
    return out + '}';
}

std::string header_of(Shard const& shard, Metadata const& metadata)
{
    std::string out = R"({"__metadata__":)" + metadata_json(metadata);
    std::uint64_t at = 0;
    for (auto const& [name, tensor] : shard) {
        out += ',';
        base::append_quoted(out, name);
        out += R"(:{"dtype":")" + std::string{name_of(tensor->type)} + R"(","shape":[)";
        for (std::size_t i = 0; i < tensor->shape.size(); ++i)
            out += (i == 0 ? "" : ",") + std::to_string(tensor->shape[i]);
        std::uint64_t const end = at + tensor->bytes.size();
        out += R"(],"data_offsets":[)" + std::to_string(at) + "," + std::to_string(end) + "]}";
        at = end;
    }
    out += '}';
    out.append((header_alignment - out.size() % header_alignment) % header_alignment, ' ');
    return out;
}

void write_shard(fs::path const& file, Shard const& shard, Metadata const& metadata)
{
    std::string const header = header_of(shard, metadata);
    std::uint64_t const length = header.size();
    std::vector<std::span<std::byte const>> pieces{std::as_bytes(std::span{&length, 1}),
                                                   std::as_bytes(std::span{header.data(), header.size()})};
    for (auto const& [name, tensor] : shard)
        pieces.push_back(tensor->bytes);
    detail::write_whole_file(file, pieces);
}

std::string shard_name(std::size_t number, std::size_t count)
{
    char name[64];
    std::snprintf(name, sizeof name, "model-%05zu-of-%05zu.safetensors", number, count);
    return name;
}

void write_index(fs::path const& file, std::map<std::string_view, std::string> const& places, std::uint64_t total)
{
    std::string out =
        "{\n  \"metadata\": {\n    \"total_size\": " + std::to_string(total) + "\n  },\n  \"weight_map\": {";
    std::string_view separator = "\n    ";
    for (auto const& [name, shard] : places) {
        out += separator;
        base::append_quoted(out, name);
        out += ": ";
        base::append_quoted(out, shard);
        separator = ",\n    ";
    }
    detail::write_whole_file(file, out + "\n  }\n}\n");
}

void write_shards(fs::path const& folder, std::vector<Shard> const& shards)
{
    std::map<std::string_view, std::string> places;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < shards.size(); ++i) {
        std::string const name = shard_name(i + 1, shards.size());
        write_shard(folder / name, shards[i], of_weights);
        for (auto const& [tensor_name, tensor] : shards[i]) {
            places.emplace(tensor_name, name);
            total += tensor->bytes.size();
        }
    }
    write_index(folder / index_name, places, total);
}

}  // namespace

void detail::write_safetensors_file(fs::path const& file, std::map<std::string, TensorView, std::less<>> const& tensors,
                                    std::map<std::string, std::string> const& metadata)
{
    write_shard(file, in_order(tensors), metadata);
}

void write_safetensors(fs::path const& folder, std::map<std::string, TensorView, std::less<>> const& tensors,
                       std::uint64_t shard_bytes)
{
    auto const shards = split(in_order(tensors), shard_bytes);
    // Readers look for the single file first: what an earlier save left must not stand in the way of this one.
    std::error_code ignored;
    if (shards.size() == 1) {
        write_shard(folder / single_name, shards.front(), of_weights);
        fs::remove(folder / index_name, ignored);
    }
    else {
        write_shards(folder, shards);
        fs::remove(folder / single_name, ignored);
    }
}

}  // namespace ablatrix::nn
