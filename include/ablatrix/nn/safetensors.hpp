#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ablatrix::nn {

enum class DType
{
    f64,
    f32,
    f16,
    bf16,
    f8_e4m3,
    f8_e5m2,
    i64,
    i32,
    i16,
    i8,
    u8,
    boolean
};
std::size_t item_size(DType type);
std::string_view name_of(DType type);  ///< as safetensors spells it: "F32"

struct TensorView
{
    DType type = DType::f32;
    std::vector<std::int64_t> shape;
    std::span<std::byte const> bytes;  ///< row-major, inside the mapping; not necessarily aligned to the item size
};

/// The tensors of a checkpoint: one safetensors file, or the shards that an index names. Files are mapped, not read.
/// Copies share the mapping; views live as long as any copy.
class Safetensors
{
  public:
    /// A .safetensors file, a .safetensors.index.json, or a folder with either.
    /// \throws DataError naming file and tensor: header of a stranger (sizes, duplicate keys, overlaps, holes, unknown
    ///         types), truncated file, index that names a path or a missing tensor, and pytorch_model.bin (with advice)
    static Safetensors open(std::filesystem::path const& path);
    /// Checks and reads a header without a file (\p bytes must outlive the result); what the fuzz target calls.
    static Safetensors parse(std::span<std::byte const> bytes, std::string const& file_name);

    std::map<std::string, TensorView, std::less<>> const& tensors() const;
    std::map<std::string, std::string> const& metadata() const;
    std::vector<std::filesystem::path> const& files() const;

    struct Impl;
    explicit Safetensors(std::shared_ptr<Impl const> impl);

  private:
    std::shared_ptr<Impl const> impl_;
};

/// Writes what `safetensors` and transformers load: metadata {"format": "pt"}, tensors by item size then name, header
/// padded to 8 bytes; temporary name, fsync, rename. More than \p shard_bytes goes into shards and an index.
/// \throws Error naming the file when it cannot be written
void write_safetensors(std::filesystem::path const& folder,
                       std::map<std::string, TensorView, std::less<>> const& tensors,
                       std::uint64_t shard_bytes = 5'000'000'000);

}  // namespace ablatrix::nn
